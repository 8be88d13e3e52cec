"""Retries of a block of code, in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flaky import failing

from once_again import (
    AttemptTimeoutError,
    CircuitBreaker,
    CircuitOpenError,
    ConfigError,
    MaxRetriesExceeded,
    RetryConfig,
    RetryEvent,
    RetryPolicy,
    SuccessEvent,
    retry_kernel_task,
    retrying,
)
from once_again.testing import no_sleep, virtual_clock


@pytest.fixture
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_a_block_is_repeated_until_it_raises_nothing(sleeps: list[float]) -> None:
    task, numbers = failing(2), []
    for attempt in retrying():
        with attempt:
            numbers.append(attempt.number)
            result = task()
    assert (result, numbers, sleeps) == ("done", [1, 2, 3], [1.0, 2.0])


def test_an_async_block_is_repeated_until_it_raises_nothing(sleeps: list[float]) -> None:
    task = failing(2)

    async def main() -> list[int]:
        numbers = []
        async for attempt in retrying(initial_delay=0.5):
            with attempt:
                await asyncio.sleep(0)
                numbers.append(attempt.number)
                task()
        return numbers

    assert asyncio.run(main()) == [1, 2, 3]
    assert sleeps == [0.5, 1.0]


def returned(task: Any, *given: Any, **options: Any) -> Any:
    for attempt in retrying(*given, **options):
        with attempt:
            return task()
    raise AssertionError("the loop ended without a result")


async def returned_later(task: Any, **options: Any) -> Any:
    async for attempt in retrying(**options):
        with attempt:
            return task()
    raise AssertionError("the loop ended without a result")


@pytest.mark.parametrize("result", [None, 0, "", [], False])
def test_a_block_may_return_whatever_it_likes(result: object, sleeps: list[float]) -> None:
    assert returned(failing(1, result=result)) is result
    assert asyncio.run(returned_later(failing(1, result=result))) is result


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, ConnectionError()),
        ({"max_attempts": 5, "initial_delay": 0.25}, ConnectionError()),
        ({"reraise": True}, ConnectionError()),
        ({"max_attempts": 1}, ConnectionError()),
        ({"total_timeout": 2.0}, ConnectionError()),
        ({"on": OSError}, ValueError()),
        ({}, TypeError()),
        ({"per_kind": {"Network": {"max_attempts": 2}}}, ConnectionError()),
    ],
    ids=["exhausted", "delays", "reraise", "single", "deadline", "not listed", "a bug", "a kind's own limit"],
)
def test_a_loop_ends_as_a_decorated_function_does(options: dict[str, Any], error: Exception) -> None:
    def ended(call: Any) -> tuple[Any, ...]:
        with virtual_clock() as clock, pytest.raises(Exception) as raised:  # noqa: PT011
            call()
        final = raised.value
        shown = (final.reason, final.attempts, final.history) if isinstance(final, MaxRetriesExceeded) else final
        return shown, final.__cause__, clock.sleeps

    decorated = ended(retry_kernel_task(operation_name="o", **options)(failing(99, error)))
    assert ended(lambda: returned(failing(99, error), operation_name="o", **options)) == decorated
    later = ended(lambda: asyncio.run(returned_later(failing(99, error), operation_name="o", **options)))
    assert later == decorated


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_no_failure_passes_untouched(stop: type[BaseException], sleeps: list[float]) -> None:
    calls = 0

    def task() -> None:
        nonlocal calls
        calls += 1
        raise stop

    with pytest.raises(stop):
        returned(task)
    assert (calls, sleeps) == (1, [])


def test_cancellation_ends_the_wait_between_two_attempts() -> None:
    calls = 0

    async def block() -> None:
        nonlocal calls
        async for attempt in retrying():
            with attempt:
                calls += 1
                raise ConnectionError

    async def main() -> None:
        running = asyncio.create_task(block())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert calls == 1


def test_a_policy_is_used_as_it_is_and_fields_fill_the_rest_from_the_kernel_tasks(sleeps: list[float]) -> None:
    with pytest.raises(MaxRetriesExceeded, match="after 4 attempts"):
        returned(failing(9), RetryPolicy(max_attempts=4, jitter=False, coordination_enabled=False))
    with pytest.raises(MaxRetriesExceeded, match="after 2 attempts"):
        returned(failing(9), RetryConfig(max_attempts=2))
    assert sleeps == [0.1, 0.2, 0.4, 1.0]
    with pytest.raises(ConfigError, match="max_attempts: got an option beside a policy, expected nothing"):
        retrying(RetryPolicy(), max_attempts=3)


def test_each_loop_is_a_call_of_its_own(sleeps: list[float]) -> None:
    policy = retrying(initial_delay=0, operation_name="block")

    def run(number: int) -> int:
        failures = number % 4
        try:
            for attempt in policy:
                with attempt:
                    if attempt.number <= failures:
                        raise ConnectionError(number)
                    assert attempt.number == failures + 1
        except MaxRetriesExceeded as exceeded:
            assert [failed.attempt for failed in exceeded.history] == [1, 2, 3]
            assert {failed.error.args for failed in exceeded.history} == {(number,)}
            return -number
        return number

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(run, range(10_000)))
    assert results == [-n if n % 4 == 3 else n for n in range(10_000)]


def test_hooks_hear_of_it(sleeps: list[float]) -> None:
    heard: list[Any] = []
    task = failing(1)
    with virtual_clock():
        for attempt in retrying(on_retry=heard.append, on_success=heard.append, service_name="lake"):
            with attempt:
                task()
    assert [type(event) for event in heard] == [RetryEvent, SuccessEvent]
    assert heard[1] == SuccessEvent("retrying", "lake", 2, 1.0)


def test_every_attempt_asks_and_tells_the_breaker(sleeps: list[float]) -> None:
    breaker = CircuitBreaker(failure_threshold=2, name="lake")
    with pytest.raises(CircuitOpenError) as raised:
        returned(failing(9, error := ConnectionError()), max_attempts=5, breaker=breaker)
    assert raised.value.__cause__ is error
    assert (breaker.state, breaker.stats()["failures"]) == ("OPEN", 2)


def test_an_open_breaker_is_waited_for_only_when_asked_for() -> None:
    with virtual_clock():
        breaker = CircuitBreaker(failure_threshold=1, recovery_timeout=2.0, half_open_max_calls=1)
        with pytest.raises(ConnectionError), breaker:
            raise ConnectionError
        for attempt in retrying(max_attempts=5, on="CircuitBreaker", breaker=breaker, jitter=False):
            with attempt:
                assert attempt.number > 1
        assert breaker.state == "CLOSED"


def test_an_attempt_is_cut_off_at_its_limit_and_made_again() -> None:
    async def main() -> list[int]:
        numbers = []
        async for attempt in retrying(attempt_timeout=5.0):
            with attempt:
                numbers.append(attempt.number)
                if attempt.number < 3:
                    await asyncio.Event().wait()
        return numbers

    with virtual_clock() as clock:
        assert asyncio.run(main()) == [1, 2, 3]
    assert clock.now() == 5.0 + 1.0 + 5.0 + 2.0


def test_the_last_attempt_cut_off_is_the_cause() -> None:
    async def main() -> None:
        async for attempt in retrying(total_timeout=3.0):
            with attempt:
                await asyncio.Event().wait()

    with virtual_clock(), pytest.raises(MaxRetriesExceeded) as raised:
        asyncio.run(main())
    assert raised.value.reason == "deadline"
    assert isinstance(raised.value.__cause__, AttemptTimeoutError)


def test_a_limit_on_a_plain_blocks_attempt_is_refused() -> None:
    with pytest.raises(ConfigError, match="attempt_timeout: got 2 on a block of `for`, which is not async"):
        iter(retrying(attempt_timeout=2.0))


def test_a_loop_whose_attempts_are_not_entered_does_not_run_for_ever() -> None:
    with pytest.raises(RuntimeError, match="`with` block of its own"):
        for _ in retrying():
            pass
