"""Retries of async functions, and what cancels them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from once_again import (
    AttemptTimeoutError,
    CircuitBreaker,
    ConfigError,
    MaxRetriesExceeded,
    RetryConfig,
    RetryPolicy,
    retry_kernel_task,
    with_retry,
)
from once_again.testing import VirtualClock, no_sleep, virtual_clock


def failing(times: int, error: Exception | None = None, result: Any = "done") -> Callable[[], Awaitable[Any]]:
    """An async function that fails so many times before it answers."""
    left = times

    async def flaky() -> Any:
        nonlocal left
        await asyncio.sleep(0)
        if left:
            left -= 1
            raise error or ConnectionError("refused")
        return result

    return flaky


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_a_coroutine_function_stays_one() -> None:
    decorated = retry_kernel_task(failing(0))
    assert inspect.iscoroutinefunction(decorated)
    assert run(decorated()) == "done"


def test_it_sleeps_in_the_loop_between_attempts() -> None:
    with no_sleep() as sleeps:
        assert run(retry_kernel_task(failing(2))()) == "done"
    assert sleeps == [1.0, 2.0]


@pytest.mark.parametrize("result", [None, 0, "", [], False])
def test_falsy_results_come_back_as_they_are(result: object) -> None:
    with no_sleep():
        assert run(retry_kernel_task(failing(1, result=result))()) is result


def test_async_methods_and_callable_objects_can_be_decorated() -> None:
    class Task:
        @retry_kernel_task
        async def method(self) -> Task:
            return self

        @retry_kernel_task
        @staticmethod
        async def static() -> int:
            return 1

        async def __call__(self) -> int:
            return 2

    task = Task()
    assert run(task.method()) is task
    assert run(Task.static()) == 1
    assert run(retry_kernel_task(task)()) == 2


def test_cancellation_of_an_attempt_passes_at_once() -> None:
    calls = 0

    @retry_kernel_task
    async def task() -> None:
        nonlocal calls
        calls += 1
        await asyncio.Event().wait()

    async def main() -> None:
        running = asyncio.create_task(task())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert running.cancelled()

    run(main())
    assert calls == 1


def test_cancellation_of_a_sleep_makes_no_further_attempt() -> None:
    calls = 0

    @retry_kernel_task(initial_delay=30.0)
    async def task() -> None:
        nonlocal calls
        calls += 1
        raise ConnectionError

    async def main() -> None:
        running = asyncio.create_task(task())
        while not calls:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run(main())
    assert calls == 1


def test_an_attempt_past_its_limit_is_cancelled_and_retried() -> None:
    ends: list[str] = []

    async def main(clock: VirtualClock) -> str:
        @retry_kernel_task(attempt_timeout=2.0)
        async def task() -> str:
            try:
                await clock.async_sleep(5.0 if len(ends) < 2 else 1.0)
            except asyncio.CancelledError:
                ends.append("cancelled")
                raise
            return "done"

        return await task()

    with virtual_clock() as clock:
        assert run(main(clock)) == "done"
    assert ends == ["cancelled", "cancelled"]
    # Two limits, the two delays, and the attempt that was quick enough.
    assert clock.now() == 2 + 1 + 2 + 2 + 1


def test_an_attempt_that_never_ends_in_time_is_a_timeout() -> None:
    async def main(clock: VirtualClock) -> None:
        @retry_kernel_task(attempt_timeout=2.0, max_attempts=2)
        async def task() -> None:
            await clock.async_sleep(5.0)

        await task()

    with virtual_clock() as clock, pytest.raises(MaxRetriesExceeded) as raised:
        run(main(clock))
    cause = raised.value.__cause__
    assert isinstance(cause, AttemptTimeoutError)
    assert isinstance(cause, TimeoutError)
    assert (cause.limit, str(cause)) == (2.0, "the attempt took longer than 2 s")
    assert [failed.kind for failed in raised.value.history] == ["Timeout", "Timeout"]


def test_the_deadline_cuts_off_a_running_attempt() -> None:
    async def main(clock: VirtualClock) -> None:
        @retry_kernel_task(total_timeout=4.0, max_attempts=9)
        async def task() -> None:
            await clock.async_sleep(2.5)
            raise ConnectionError

        await task()

    with virtual_clock() as clock, pytest.raises(MaxRetriesExceeded) as raised:
        run(main(clock))
    # 2.5 s of the first attempt, 1 s of delay, and the half second that was left.
    assert (clock.now(), raised.value.reason, raised.value.attempts) == (4.0, "deadline", 2)
    assert isinstance(raised.value.__cause__, AttemptTimeoutError)


def test_a_limit_works_on_the_real_clock_too() -> None:
    @retry_kernel_task(attempt_timeout=0.001, max_attempts=1)
    async def task() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AttemptTimeoutError):
        run(task())


def test_a_limit_works_on_a_clock_that_only_sleeps() -> None:
    class Sleeper:
        """The least that a clock must have."""

        def __init__(self, clock: VirtualClock) -> None:
            self.now, self.wall_now = clock.now, clock.wall_now
            self.sleep, self.async_sleep = clock.sleep, clock.async_sleep

    async def main() -> None:
        clock = Sleeper(VirtualClock())

        @retry_kernel_task(attempt_timeout=1.0, max_attempts=1, clock=clock)
        async def task() -> None:
            await clock.async_sleep(5.0)

        await task()

    with pytest.raises(AttemptTimeoutError):
        run(main())


def test_cancellation_from_outside_is_no_timeout() -> None:
    async def main() -> None:
        @retry_kernel_task(attempt_timeout=60.0)
        async def task() -> None:
            await asyncio.Event().wait()

        running = asyncio.create_task(task())
        await asyncio.sleep(0)
        running.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await running
        assert running.cancelled()

    run(main())


def test_after_a_limit_the_task_is_as_if_it_had_not_been_cancelled() -> None:
    async def main() -> None:
        @retry_kernel_task(attempt_timeout=0.001, max_attempts=1)
        async def task() -> None:
            await asyncio.Event().wait()

        with pytest.raises(AttemptTimeoutError):
            await task()
        current = asyncio.current_task()
        assert current is not None
        if hasattr(current, "cancelling"):
            assert current.cancelling() == 0
        await asyncio.sleep(0)

    run(main())


def test_an_error_of_the_attempt_itself_is_not_hidden_by_its_limit() -> None:
    with no_sleep(), pytest.raises(MaxRetriesExceeded) as raised:
        run(retry_kernel_task(attempt_timeout=60.0)(failing(9, ConnectionResetError()))())
    assert isinstance(raised.value.__cause__, ConnectionResetError)


def test_a_cut_off_attempt_is_a_failure_to_the_breaker() -> None:
    breaker = CircuitBreaker(failure_threshold=1)

    @retry_kernel_task(attempt_timeout=0.001, max_attempts=1, breaker=breaker)
    async def task() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AttemptTimeoutError):
        run(task())
    assert breaker.state == "OPEN"


def test_ten_thousand_tasks_on_one_policy_never_mix_their_attempts() -> None:
    @retry_kernel_task(initial_delay=0)
    async def task(number: int, left: list[None]) -> int:
        await asyncio.sleep(0)
        if left:
            left.pop()
            raise ConnectionError(number)
        return number

    async def one(number: int) -> int:
        try:
            return await task(number, [None] * (number % 4))
        except MaxRetriesExceeded as exceeded:
            assert {failed.error.args for failed in exceeded.history} == {(number,)}
            return -number

    async def main() -> list[int]:
        return await asyncio.gather(*(one(number) for number in range(10_000)))

    assert run(main()) == [-n if n % 4 == 3 else n for n in range(10_000)]


def test_the_first_clean_attempt_leaves_no_timer_behind() -> None:
    async def main() -> None:
        await retry_kernel_task(attempt_timeout=3600.0)(failing(0))()
        # asyncio.run would otherwise wait for the loop's timer; a task of ours would be reported as destroyed.
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_with_retry_starts_from_the_standards_default_level(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RETRY_MAX_ATTEMPTS", "RETRY_INITIAL_DELAY", "RETRY_MAX_DELAY"):
        monkeypatch.delenv(name, raising=False)

    level = RetryConfig(jitter=False, coordination_enabled=False)

    @with_retry(retry_config=level, retry_on=(KeyError,), service_name="lake")
    async def call() -> None:
        raise KeyError

    with no_sleep() as sleeps, pytest.raises(MaxRetriesExceeded):
        run(call())
    assert sleeps == [0.1, 0.2]


def test_the_environment_stands_between_arguments_and_the_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "4")
    monkeypatch.setenv("RETRY_INITIAL_DELAY", "0.5")
    monkeypatch.setenv("RETRY_MAX_DELAY", "20")
    effective = RetryPolicy(RetryConfig(initial_delay=0.25)).effective
    assert [effective[name] for name in ("max_attempts", "initial_delay", "max_delay")] == [4, 0.25, 20.0]
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "many")
    with pytest.raises(ConfigError, match='RETRY_MAX_ATTEMPTS: got "many"'):
        RetryPolicy()


def test_the_environment_does_not_touch_kernel_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "1")
    with no_sleep():
        assert run(retry_kernel_task(failing(2))()) == "done"


def test_a_policy_runs_an_operation_sync_or_async() -> None:
    policy = RetryPolicy(RetryConfig(max_attempts=3, jitter=False))
    left = [KeyError(), KeyError()]

    def plain() -> str:
        if left:
            raise left.pop()
        return "plain"

    with no_sleep():
        assert run(policy.execute_with_retry(operation=failing(2), service_name="s")) == "done"
        assert run(policy.execute_with_retry(operation=plain)) == "plain"  # type: ignore[arg-type]
        with pytest.raises(MaxRetriesExceeded) as raised:
            run(policy.execute_with_retry(failing(9), service_name="stream", operation_name="fetch"))
    assert raised.value.operation == "fetch"
