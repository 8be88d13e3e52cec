"""What can be decorated, and what a decorated function still is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from flaky import failing

from once_again import ConfigError, retry_kernel_task
from once_again.testing import no_sleep


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_methods_keep_their_self_and_class() -> None:
    class Task:
        calls = 0

        @retry_kernel_task
        def method(self, value: int) -> tuple[object, int]:
            Task.calls += 1
            if Task.calls < 2:
                raise ConnectionError
            return self, value

        @retry_kernel_task
        @classmethod
        def of_class(cls) -> type:
            return cls

        @classmethod
        @retry_kernel_task
        def inner(cls) -> type:
            return cls

        @retry_kernel_task(max_attempts=2)
        @staticmethod
        def static(value: int) -> int:
            return value

    task = Task()
    assert task.method(3) == (task, 3)
    assert Task.of_class() is task.of_class() is Task.inner() is Task
    assert Task.static(4) == task.static(4) == 4


def test_a_decorated_function_keeps_its_name_doc_and_signature() -> None:
    def original(task_id: str, *, fast: bool = False) -> int:
        """What it does."""
        return len(task_id) + fast

    decorated = retry_kernel_task(original)
    assert decorated.__wrapped__ is original  # type: ignore[attr-defined]
    assert (decorated.__name__, decorated.__doc__) == ("original", "What it does.")
    assert decorated.__qualname__ == original.__qualname__
    assert inspect.signature(decorated) == inspect.signature(original)
    assert decorated("abc", fast=True) == 4


def test_partials_and_callable_objects_can_be_decorated() -> None:
    class Callable_:  # noqa: N801
        def __call__(self, a: int, b: int) -> int:
            return a + b

    assert retry_kernel_task(functools.partial(Callable_(), 1))(2) == 3
    assert retry_kernel_task(max)(1, 2) == 2


def test_a_generator_is_refused_where_it_is_decorated() -> None:
    def generator() -> Iterator[int]:
        yield 1

    async def async_generator() -> Any:
        yield 1

    for refused in (generator, async_generator):
        with pytest.raises(ConfigError, match="what a generator already yielded cannot be taken back"):
            retry_kernel_task(refused)


@pytest.mark.parametrize("target", [int, 3, "task"])
def test_what_is_no_function_is_refused(target: Any) -> None:
    with pytest.raises(ConfigError, match="expected a function or a method"):
        retry_kernel_task()(target)


def test_a_time_limit_on_a_plain_functions_attempt_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"attempt_timeout: got 2 on .*flaky, which is not async"):
        retry_kernel_task(attempt_timeout=2.0)(failing(0))
