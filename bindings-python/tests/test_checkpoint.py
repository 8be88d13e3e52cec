"""Retries that go on from a checkpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from once_again import (
    CircuitBreaker,
    ConfigError,
    MaxRetriesExceeded,
    RetryConfig,
    retry_decorator,
    retry_with_checkpoint,
)
from once_again.testing import no_sleep


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_each_retry_is_given_the_checkpoint_of_that_moment() -> None:
    checkpoints = {"t1": 0}
    given: list[object] = []

    @retry_with_checkpoint(checkpoint_loader=lambda task_id: checkpoints[task_id])
    def task(task_id: str, checkpoint_state: Any = "fresh") -> str:
        given.append(checkpoint_state)
        checkpoints[task_id] += 10
        if len(given) < 3:
            raise ConnectionError
        return task_id

    assert task("t1") == "t1"
    assert given == ["fresh", 10, 20]


def test_with_resume_the_first_attempt_is_given_one_too() -> None:
    @retry_with_checkpoint(checkpoint_loader=lambda task_id: f"of {task_id}", resume=True)
    def task(task_id: str, checkpoint_state: Any = None) -> Any:
        return checkpoint_state

    assert task("t1") == "of t1"


def test_success_is_saved_once_with_the_calls_own_arguments() -> None:
    saved: list[Any] = []

    def save(*args: Any, **kwargs: Any) -> None:
        saved.append((args, kwargs))

    @retry_with_checkpoint(checkpoint_saver=save)
    def task(task_id: str, checkpoint_state: Any = None, *, fast: bool = False) -> None:
        assert checkpoint_state in (None, "mine")

    task("a")
    task(task_id="b", checkpoint_state="mine")
    task("c", "mine", fast=True)
    assert saved == [(("a", None), {}), (("b", None), {}), (("c", None), {"fast": True})]


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [(("a", "mine", 3), {}), (("a", "mine"), {"more": 3}), (("a",), {"checkpoint_state": "mine", "more": 3})],
    ids=["by position", "the last by name", "by name"],
)
def test_a_checkpoint_the_caller_gave_is_for_the_first_attempt(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    seen: list[Any] = []
    loaded: list[Any] = []

    def load(task_id: str, more: int) -> str:
        loaded.append((task_id, more))
        return "loaded"

    @retry_with_checkpoint(checkpoint_loader=load)
    def task(task_id: str, checkpoint_state: Any = None, more: int = 0) -> None:
        seen.append((task_id, checkpoint_state, more))
        if len(seen) < 2:
            raise ConnectionError

    task(*args, **kwargs)
    assert seen == [("a", "mine", 3), ("a", "loaded", 3)]
    assert loaded == [("a", 3)]


def test_an_async_task_may_load_and_save_either_way(sleeps: list[float]) -> None:
    saved: list[Any] = []
    states: list[Any] = []

    async def load(task_id: str) -> str:
        await asyncio.sleep(0)
        return f"of {task_id}"

    async def save(task_id: str, result: Any) -> None:
        await asyncio.sleep(0)
        saved.append((task_id, result))

    def task_of(**options: Any) -> Any:
        @retry_with_checkpoint(config=RetryConfig(max_attempts=5, initial_delay=2.0), **options)
        async def task(task_id: str, checkpoint_state: Any = None) -> int:
            states.append(checkpoint_state)
            if len(states) % 2:
                raise ConnectionError
            return 0

        return task

    assert asyncio.run(task_of(checkpoint_loader=load, checkpoint_saver=save)("t1")) == 0
    plain = task_of(checkpoint_loader=str.upper, checkpoint_saver=lambda *told: saved.append(told))
    assert asyncio.run(plain("t2")) == 0
    assert states == [None, "of t1", None, "T2"]
    assert saved == [("t1", 0), ("t2", 0)]
    assert sleeps == [2.0, 2.0]


def test_a_loader_that_fails_is_a_failed_attempt() -> None:
    calls = 0

    def load() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise TimeoutError("database")
        return "loaded"

    @retry_with_checkpoint(checkpoint_loader=load, reraise=False)
    def task(checkpoint_state: Any = None) -> Any:
        if checkpoint_state is None:
            raise ConnectionError
        return checkpoint_state

    assert task() == "loaded"
    calls = 0
    with pytest.raises(MaxRetriesExceeded) as raised:
        retry_with_checkpoint(checkpoint_loader=load, max_attempts=2)(task.__wrapped__)()  # type: ignore[attr-defined]
    assert [type(failed.error) for failed in raised.value.history] == [ConnectionError, TimeoutError]


def test_a_saver_that_fails_is_logged_and_the_result_returned(caplog: pytest.LogCaptureFixture) -> None:
    def save(task_id: str, result: Any) -> None:
        raise OSError("disk full")

    async def save_later(task_id: str, result: Any) -> None:
        raise OSError("disk full")

    @retry_with_checkpoint(checkpoint_saver=save, log_messages=True)
    def task(task_id: str, checkpoint_state: Any = None) -> str:
        return task_id

    @retry_with_checkpoint(checkpoint_saver=save_later)
    async def async_task(task_id: str, checkpoint_state: Any = None) -> str:
        return task_id

    assert task("t1") == "t1"
    assert asyncio.run(async_task("t2")) == "t2"
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["level"], line["event"], line["error"]) for line in lines] == [
        ("ERROR", "checkpoint_not_saved", "OSError: disk full"),
        ("ERROR", "checkpoint_not_saved", "OSError"),
    ]


def test_a_failed_call_saves_nothing() -> None:
    saved: list[Any] = []

    @retry_with_checkpoint(checkpoint_saver=lambda *told: saved.append(told))
    def task(checkpoint_state: Any = None) -> None:
        raise ConnectionError

    with pytest.raises(MaxRetriesExceeded):
        task()
    assert saved == []


def test_methods_load_and_save_by_their_self() -> None:
    class Worker:
        def __init__(self) -> None:
            self.saved: dict[str, Any] = {}

        def load(self, task_id: str) -> Any:
            return self.saved.get(task_id)

        def save(self, task_id: str, result: Any) -> None:
            self.saved[task_id] = result

        @retry_with_checkpoint(checkpoint_loader=load, checkpoint_saver=save, resume=True)
        def run(self, task_id: str, checkpoint_state: Any = None) -> int:
            return (checkpoint_state or 0) + 1

    worker = Worker()
    assert [worker.run("a"), worker.run("a"), worker.run("b")] == [1, 2, 1]


def test_attempts_with_a_checkpoint_go_through_the_breaker_too() -> None:
    breaker = CircuitBreaker(failure_threshold=9)

    @retry_with_checkpoint(checkpoint_loader=lambda: 1, breaker=breaker)
    def task(checkpoint_state: Any = None) -> None:
        raise ConnectionError

    with pytest.raises(MaxRetriesExceeded):
        task()
    assert breaker.stats()["failures"] == 3


def test_cancellation_while_loading_or_saving_passes() -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    @retry_with_checkpoint(checkpoint_loader=never, checkpoint_saver=never, resume=True)
    async def loading(checkpoint_state: Any = None) -> None:
        raise AssertionError("not reached")

    @retry_with_checkpoint(checkpoint_saver=never)
    async def saving(checkpoint_state: Any = None) -> None:
        return

    async def main() -> None:
        for task in (loading, saving):
            running = asyncio.create_task(task())
            await asyncio.sleep(0.0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    asyncio.run(main())


def by_position_only(checkpoint_state: Any = None, /) -> None: ...
def anything(**kwargs: Any) -> None: ...
async def awaits(*_: object) -> None: ...


@pytest.mark.parametrize(
    ("options", "function", "message"),
    [
        ({"checkpoint_loader": len}, len, "function: got len, expected a function with a parameter checkpoint_state"),
        ({"checkpoint_loader": len}, by_position_only, "function: got by_position_only, expected a function with"),
        ({"checkpoint_loader": len}, anything, "function: got anything, expected a function with"),
        ({"checkpoint_loader": 3}, print, "checkpoint_loader: got an object of type int, expected a function"),
        ({}, print, "checkpoint_loader: got no checkpoint_loader, expected a function that loads"),
        ({"checkpoint_saver": len, "resume": True}, print, "resume: got no checkpoint_loader, expected a function"),
        (
            {"checkpoint_loader": awaits},
            lambda checkpoint_state=None: None,
            "checkpoint_loader: got an async function, expected one that is not: nothing awaits it",
        ),
        (
            {"checkpoint_saver": awaits},
            lambda checkpoint_state=None: None,
            "checkpoint_saver: got an async function, expected one that is not: nothing awaits it",
        ),
    ],
    ids=["no parameter", "by position only", "any keyword", "no function", "neither", "resume", "loader", "saver"],
)
def test_what_cannot_work_is_refused_where_it_is_decorated(
    options: dict[str, Any], function: Any, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        retry_with_checkpoint(**options)(function)
    assert str(raised.value).startswith(message)


def test_it_stands_beside_the_other_decorators_of_the_kernel_tasks() -> None:
    assert retry_decorator.retry_with_checkpoint is retry_with_checkpoint
