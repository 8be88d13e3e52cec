"""What holds for every policy, whatever it says, in each of the three forms of a retry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from once_again import MaxRetriesExceeded, RetryBudget, RetryConfig, retry_kernel_task, retrying
from once_again.testing import VirtualClock

# Each example may run an event loop, on a machine that is busy.
modest = settings(deadline=None, max_examples=60)

# Nobody reads what thousands of calls would log.
QUIET: dict[str, Any] = {"enable_logging": False}
MICROS = st.integers(0, 10_000_000)


def decorated(attempt: Callable[[], Any], **options: Any) -> Any:
    return retry_kernel_task(**QUIET, **options)(attempt)()


def decorated_async(attempt: Callable[[], Any], **options: Any) -> Any:
    @retry_kernel_task(**QUIET, **options)
    async def task() -> Any:
        return attempt()

    return asyncio.run(task())


def in_a_loop(attempt: Callable[[], Any], **options: Any) -> Any:
    for each in retrying(**QUIET, **options):
        with each:
            return attempt()
    raise AssertionError("the loop ended without a result")


def in_an_async_loop(attempt: Callable[[], Any], **options: Any) -> Any:
    async def task() -> Any:
        async for each in retrying(**QUIET, **options):
            with each:
                return attempt()
        raise AssertionError("the loop ended without a result")

    return asyncio.run(task())


FORMS = [decorated, decorated_async, in_a_loop, in_an_async_loop]
form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)


class Draws:
    """The draws of one call."""

    def __init__(self, draws: list[int]) -> None:
        self.draws = draws

    def getrandbits(self, k: int) -> int:
        return self.draws.pop() if self.draws else (1 << k) - 1


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    initial = draw(MICROS)
    return {
        "max_attempts": draw(st.integers(1, 12)),
        "strategy": draw(st.sampled_from(["fixed", "exponential", "linear", "fibonacci"])),
        "initial_delay": initial / 1e6,
        "max_delay": (initial + draw(MICROS)) / 1e6,
        "exponential_base": draw(st.floats(1.0, 1_000.0)),
        "jitter": draw(st.sampled_from(["none", "full", "equal", "decorrelated", "deviation"])),
        "jitter_factor": draw(st.floats(0.0, 1.0)),
        "random": Draws(draw(st.lists(st.integers(0, 2**32 - 1), max_size=12))),
    }


class Failing:
    """Attempts that take their time and fail, on a clock of their own that hears of every sleep."""

    def __init__(self, takes: list[int], error: Callable[[], Exception] = ConnectionError) -> None:
        self.clock = VirtualClock()
        self.takes = takes
        self.error = error
        self.made = 0

    def __call__(self) -> None:
        takes = self.takes[min(self.made, len(self.takes) - 1)]
        self.made += 1
        self.clock.advance(takes / 1e6)
        raise self.error()

    def run(self, form: Callable[..., Any], **options: Any) -> str:
        """Why the call was given up."""
        try:
            form(self, clock=self.clock, **options)
        except MaxRetriesExceeded as exceeded:
            assert exceeded.attempts == self.made == len(exceeded.history)
            return exceeded.reason
        except Exception:
            return "not_retryable"
        raise AssertionError("it cannot succeed")


@form
@modest
@given(policy=policies())
def test_no_delay_leaves_its_range_and_no_attempt_is_made_too_many(form: Any, policy: dict[str, Any]) -> None:
    task = Failing([0])
    reason = task.run(form, **policy)
    assert all(0.0 < slept <= policy["max_delay"] for slept in task.clock.sleeps)
    assert task.made == policy["max_attempts"]
    assert len(task.clock.sleeps) < policy["max_attempts"]
    assert reason == ("exhausted" if policy["max_attempts"] > 1 else "not_retryable")


@form
@modest
@given(policy=policies(), takes=st.lists(MICROS, min_size=1, max_size=12), total=st.integers(1, 30_000_000))
def test_no_sleep_passes_the_total_time_out(form: Any, policy: dict[str, Any], takes: list[int], total: int) -> None:
    woken: list[float] = []

    class Watched(Failing):
        def __call__(self) -> None:
            woken.append(self.clock.now())
            super().__call__()

    Watched(takes).run(form, **policy, total_timeout=total / 1e6)
    assert all(at < total / 1e6 for at in woken)


class Oversleeping(VirtualClock):
    """Wakes everybody late, each time by what the next of these says, in microseconds."""

    def __init__(self, late: list[int]) -> None:
        super().__init__()
        self.late = list(late)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.advance(self.late.pop() / 1e6 if self.late else 0)

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


@form
@modest
@given(policy=policies(), late=st.lists(MICROS, max_size=12), total=st.integers(1, 30_000_000))
def test_no_attempt_begins_after_the_total_time_out_however_late_a_sleep_ends(
    form: Any, policy: dict[str, Any], late: list[int], total: int
) -> None:
    begun: list[float] = []

    class Watched(Failing):
        def __call__(self) -> None:
            begun.append(self.clock.now())
            super().__call__()

    task = Watched([0])
    task.clock = Oversleeping(late)
    budget = RetryBudget(capacity=100, ratio=0, reserve_per_second=0)
    reason = task.run(form, **policy, total_timeout=total / 1e6, budget=budget)
    assert all(at < total / 1e6 for at in begun)
    # What was paid for a retry that never began was given back.
    assert budget.stats()["retries"] - budget.stats()["returned"] == task.made - 1
    assert reason == "deadline" or task.made == policy["max_attempts"]


@form
@modest
@given(policy=policies(), asked=st.floats(0.0, 60.0))
def test_what_a_server_asks_for_is_never_undercut(form: Any, policy: dict[str, Any], asked: float) -> None:
    class Throttled(Exception):
        status_code = 429
        retry_after = asked

    task = Failing([0], Throttled)
    task.run(form, **policy)
    # Core counts whole microseconds.
    assert all(slept >= asked - 1e-6 for slept in task.clock.sleeps)
    assert len(task.clock.sleeps) == policy["max_attempts"] - 1 or asked < 1e-6


@form
@modest
@given(attempts=st.integers(1, 12), jitter=st.sampled_from(["none", "full", "equal", "decorrelated", "deviation"]))
def test_a_zero_delay_never_sleeps(form: Any, attempts: int, jitter: str) -> None:
    task = Failing([0])
    task.run(form, max_attempts=attempts, initial_delay=0, max_delay=0, jitter=jitter)
    assert (task.clock.sleeps, task.made) == ([], attempts)


@form
@modest
@given(failures=st.integers(0, 5), stop=st.sampled_from([KeyboardInterrupt, GeneratorExit, asyncio.CancelledError]))
def test_what_is_no_failure_passes_at_its_first_occurrence(form: Any, failures: int, stop: type[BaseException]) -> None:
    raised = stop()
    made = 0

    def attempt() -> None:
        nonlocal made
        made += 1
        raise ConnectionError if made <= failures else raised

    with pytest.raises(stop) as seen:
        form(attempt, max_attempts=9, initial_delay=0)
    assert made == failures + 1
    # An event loop may make its own of a cancellation that ends its main task.
    assert seen.value is raised or (stop is asyncio.CancelledError and form in (decorated_async, in_an_async_loop))


@form
@modest
@given(failures=st.integers(0, 4), result=st.sampled_from([None, 0, 0.0, "", b"", (), False]))
def test_falsy_results_come_back_as_they_are(form: Any, failures: int, result: object) -> None:
    left = [ConnectionError()] * failures

    def attempt() -> object:
        if left:
            raise left.pop()
        return result

    assert form(attempt, max_attempts=5, initial_delay=0) is result


def test_ten_thousand_tasks_on_one_policy_never_mix_their_attempts() -> None:
    """Call n fails n % 4 times, each time with an error that bears its own number."""
    config = RetryConfig(initial_delay=0, max_attempts=3)

    def calls(number: int) -> Callable[[], Awaitable[int]]:
        left = [ConnectionError(number) for _ in range(number % 4)]

        async def call() -> int:
            await asyncio.sleep(0)
            if left:
                raise left.pop()
            return number

        return call

    @retry_kernel_task(config=config)
    async def task(call: Callable[[], Awaitable[int]]) -> int:
        return await call()

    async def run(number: int) -> int:
        try:
            return await task(calls(number))
        except MaxRetriesExceeded as exceeded:
            assert [failed.attempt for failed in exceeded.history] == [1, 2, 3]
            assert {failed.error.args for failed in exceeded.history} == {(number,)}
            return -number

    async def main() -> list[int]:
        return await asyncio.gather(*map(run, range(10_000)))

    assert asyncio.run(main()) == [-n if n % 4 == 3 else n for n in range(10_000)]
