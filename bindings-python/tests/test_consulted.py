"""Functions of the caller's own that have a say in what follows a failure, and calls that end in their sleep."""

from __future__ import annotations

import asyncio
import gc
import weakref
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest

from once_again import ConfigError, MaxRetriesExceeded, RetryConfig, RetryEvent, retry_kernel_task, retrying
from once_again.testing import VirtualClock, no_sleep


class Down:
    """An operation that always fails, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        raise ConnectionError(f"call {self.calls}")


def end_of(down: Any = None, **options: Any) -> MaxRetriesExceeded:
    with no_sleep(), pytest.raises(MaxRetriesExceeded) as raised:
        retry_kernel_task(**options)(down or Down())()
    return raised.value


def test_functions_are_asked_only_about_what_would_be_retried() -> None:
    asked: list[tuple[str, int]] = []

    def agrees(error: Exception, attempt: int) -> bool:
        asked.append(("condition", attempt))
        return True

    def backoff(attempt: int, base: float) -> float:
        asked.append(("backoff", attempt))
        return base * attempt

    assert end_of(max_attempts=3, custom_conditions=[agrees], custom_backoff=backoff).reason == "exhausted"
    assert asked == [("condition", 1), ("backoff", 1), ("condition", 2), ("backoff", 2)]
    asked.clear()
    with pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(Down(), custom_conditions=[agrees], total_timeout=0.5)()
    with pytest.raises(ConnectionError):
        retry_kernel_task(Down(), custom_conditions=[agrees], custom_backoff=backoff, never_on=ConnectionError)()
    assert asked == []


def test_a_veto_ends_the_call_before_a_backoff_is_asked() -> None:
    def backoff(attempt: int, base: float) -> float:
        raise AssertionError("not asked")

    with pytest.raises(ConnectionError, match="call 1"):
        retry_kernel_task(custom_conditions=[lambda error, attempt: False], custom_backoff=backoff)(Down())()


def test_to_be_asked_twice_leaves_the_state_of_the_call_as_it_was() -> None:
    # Decorrelated jitter remembers the delay before: without another question it is the same.
    def slept(**options: Any) -> list[float]:
        clock = VirtualClock()
        with pytest.raises(MaxRetriesExceeded):
            retry_kernel_task(max_attempts=6, jitter="decorrelated", clock=clock, random=Half(), **options)(Down())()
        return clock.sleeps

    class Half:
        def getrandbits(self, k: int) -> int:
            return 1 << (k - 1)

    asked_twice = slept(custom_conditions=[lambda error, attempt: True])
    assert asked_twice == slept()
    assert len(asked_twice) == 5


@pytest.mark.parametrize(
    ("answer", "shown"),
    [(-1, "-1"), (float("nan"), "nan"), ("1", "an object of type str"), (None, "an object of type NoneType")],
)
def test_a_backoff_that_answers_no_delay_is_an_error(answer: Any, shown: str) -> None:
    task = retry_kernel_task(custom_backoff=lambda attempt, base: answer)(Down())
    with pytest.raises(ConfigError) as raised:
        task()
    assert (
        str(raised.value)
        == f"custom_backoff: got {shown}, expected a function that gives a number of seconds, 0 or more"
    )
    assert str(raised.value.__context__) == "call 1"


def test_work_that_was_called_off_is_not_done_again() -> None:
    work: Future[None] = Future()
    work.cancel()
    calls = 0

    @retry_kernel_task
    def wait() -> None:
        nonlocal calls
        calls += 1
        work.result()

    with no_sleep(), pytest.raises(CancelledError):
        wait()
    assert calls == 1


def test_of_a_call_that_fails_for_very_long_the_last_failures_are_kept() -> None:
    down = Down()
    ended = end_of(down, max_attempts=1_200, initial_delay=0)
    assert (ended.attempts, down.calls) == (1_200, 1_200)
    assert [failed.attempt for failed in ended.history] == list(range(201, 1_201))
    assert [str(failed.error) for failed in ended.history[::999]] == ["call 201", "call 1200"]


class Late(VirtualClock):
    """Wakes everybody ten seconds late."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds + 10.0)

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


def decorated(down: Any, **options: Any) -> None:
    retry_kernel_task(**options)(down)()


def decorated_async(down: Any, **options: Any) -> None:
    @retry_kernel_task(**options)
    async def task() -> None:
        down()

    asyncio.run(task())


def in_a_loop(down: Any, **options: Any) -> None:
    for attempt in retrying(**options):
        with attempt:
            down()


def in_an_async_loop(down: Any, **options: Any) -> None:
    async def task() -> None:
        async for attempt in retrying(**options):
            with attempt:
                down()

    asyncio.run(task())


@pytest.mark.parametrize("run", [decorated, decorated_async, in_a_loop, in_an_async_loop])
def test_a_sleep_that_ends_too_late_ends_the_call(run: Any) -> None:
    down, told = Down(), []
    letters: list[Any] = []
    options: dict[str, Any] = {
        "config": RetryConfig(total_timeout=5.0, dead_letter_handler=lambda *said: letters.append(said[2])),
        "on_give_up": told.append,
        "clock": Late(),
    }
    with pytest.raises(MaxRetriesExceeded) as raised:
        run(down, **options)
    ended = raised.value
    assert (down.calls, ended.attempts, ended.reason, letters) == (1, 1, "deadline", [1])
    assert [(failed.attempt, failed.delay) for failed in ended.history] == [(1, None)]
    assert str(ended.__cause__) == "call 1"
    assert [type(event) for event in told] == [RetryEvent]
    assert (told[0].reason, told[0].delay) == ("deadline", None)
    with pytest.raises(ConnectionError, match="call 2"):
        run(down, **{**options, "clock": Late()}, reraise=True)


@pytest.mark.parametrize("run", [decorated, in_a_loop])
def test_nothing_keeps_the_failure_of_a_call_that_ended_in_its_sleep_alive(run: Any) -> None:
    class Failure(ConnectionError):
        pass

    alive: list[weakref.ref[Failure]] = []

    def down() -> None:
        failure = Failure()
        alive.append(weakref.ref(failure))
        try:
            raise failure
        finally:
            del failure

    gc.collect()
    gc.disable()
    try:
        with pytest.raises(MaxRetriesExceeded):
            run(down, total_timeout=5.0, clock=Late())
        assert [ref() for ref in alive] == [None]
    finally:
        gc.enable()
