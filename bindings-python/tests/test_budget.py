"""Budgets: one for many calls, decorators, loops and threads."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from once_again import (
    CircuitBreaker,
    CircuitOpenError,
    ConfigError,
    MaxRetriesExceeded,
    RetryBudget,
    RetryConfig,
    RetryEvent,
    RetryPolicy,
    retry_kernel_task,
    retrying,
    with_retry,
)
from once_again.testing import VirtualClock, no_sleep

AT_ONCE: dict[str, Any] = {"initial_delay": 0.0, "max_delay": 0.0}


def two() -> RetryBudget:
    """Two tokens, and no more."""
    return RetryBudget(capacity=2, ratio=0, reserve_per_second=0)


class Down:
    """An operation that always fails, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        raise ConnectionError(f"call {self.calls}")


def attempts_of(call: Any) -> int:
    with pytest.raises(MaxRetriesExceeded) as raised:
        call()
    assert raised.value.reason in ("budget", "exhausted")
    return raised.value.attempts


def test_decorators_that_share_a_budget_share_its_tokens() -> None:
    budget, down = two(), Down()
    read = retry_kernel_task(max_attempts=5, budget=budget, **AT_ONCE)(down)
    write = with_retry(RetryConfig(max_attempts=5, jitter=False, **AT_ONCE), budget=budget, coordination_enabled=False)(
        down
    )
    assert attempts_of(read) == 3
    assert attempts_of(write) == 1
    assert down.calls == 4


def test_a_call_that_a_budget_ends_has_the_last_failure_as_its_cause() -> None:
    told: list[RetryEvent] = []
    task = retry_kernel_task(max_attempts=5, budget=two(), on_give_up=told.append, **AT_ONCE)(Down())
    with pytest.raises(MaxRetriesExceeded, match=r"gave up \(budget\) after 3 attempts") as raised:
        task()
    assert str(raised.value.__cause__) == "call 3"
    assert [event.reason for event in told] == ["budget"]


def test_a_minute_of_a_thousand_failing_calls_a_second_stays_within_the_bound() -> None:
    clock, down = VirtualClock(), Down()
    budget = RetryBudget(clock=clock)
    task = retry_kernel_task(max_attempts=5, budget=budget, clock=clock, **AT_ONCE)(down)
    for _ in range(60_000):
        with pytest.raises(MaxRetriesExceeded):
            task()
        clock.advance(0.001)
    # (1 + 0.2) · 60 000 calls + 10 · 60 s + 100; the last call comes a millisecond before the minute ends.
    assert down.calls == 72_699
    clock.advance(365 * 86_400)
    assert budget.tokens == 100
    patient = retry_kernel_task(max_attempts=1_000, budget=budget, clock=clock, **AT_ONCE)(Down())
    assert attempts_of(patient) == 101


def test_a_sleep_that_is_interrupted_gives_the_token_back() -> None:
    class Interrupting(VirtualClock):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    budget = two()
    task = retry_kernel_task(budget=budget, clock=Interrupting())(Down())
    with pytest.raises(KeyboardInterrupt):
        task()
    assert budget.stats() == {
        "tokens": 2.0, "capacity": 2.0, "deposits": 1, "retries": 1, "refused": 0, "returned": 1,
    }  # fmt: skip


def test_a_task_that_is_cancelled_in_its_sleep_gives_the_token_back() -> None:
    budget = two()

    @retry_kernel_task(initial_delay=30.0, budget=budget)
    async def down() -> None:
        raise ConnectionError

    async def main() -> None:
        task = asyncio.ensure_future(down())
        while budget.stats()["retries"] == 0:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert budget.tokens == 2


def test_a_retry_that_a_breaker_rejects_gives_its_token_back() -> None:
    budget = two()
    breaker = CircuitBreaker(failure_threshold=1)
    task = retry_kernel_task(budget=budget, breaker=breaker, **AT_ONCE)(Down())
    with pytest.raises(CircuitOpenError):
        task()
    assert budget.stats()["returned"] == 1
    assert budget.tokens == 2


def test_where_successes_deposit_each_call_that_succeeds_does() -> None:
    budget = RetryBudget("grpc", max_tokens=100)
    outcomes = iter([None, None, None, ConnectionError(), None])

    def attempt() -> None:
        if (outcome := next(outcomes, ConnectionError())) is not None:
            raise outcome

    async def async_attempt() -> None:
        attempt()

    retry_kernel_task(budget=budget)(attempt)()
    asyncio.run(retry_kernel_task(budget=budget)(async_attempt)())
    for block in retrying(budget=budget):
        with block:
            attempt()
    with no_sleep():
        retry_kernel_task(budget=budget)(attempt)()
        assert budget.stats()["deposits"] == 4
        assert attempts_of(retry_kernel_task(budget=budget)(attempt)) == 3
    assert budget.stats()["deposits"] == 4


def test_a_loop_takes_from_the_budget_and_gives_back() -> None:
    class Interrupting(VirtualClock):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    def loop() -> None:
        for attempt in retrying(budget=budget, clock=Interrupting()):
            with attempt:
                raise ConnectionError

    budget = two()
    with pytest.raises(KeyboardInterrupt):
        loop()
    assert (budget.stats()["deposits"], budget.tokens) == (1, 2)


def test_threads_lose_no_token_and_no_deposit() -> None:
    budget = RetryBudget(capacity=1_000, ratio=0, reserve_per_second=0)
    task = retry_kernel_task(max_attempts=3, budget=budget, **AT_ONCE)(Down())
    start = threading.Barrier(16)

    def run(_: int) -> int:
        start.wait()
        return sum(attempts_of(task) for _ in range(100))

    with ThreadPoolExecutor(16) as pool:
        attempts = sum(pool.map(run, range(16)))
    assert attempts == 1_600 + 1_000
    stats = budget.stats()
    assert (stats["tokens"], stats["deposits"], stats["retries"]) == (0, 1_600, 1_000)


def test_rules_make_a_budget_of_the_decorators_own_and_of_a_configurations_own() -> None:
    rules = {"capacity": 1, "ratio": 0, "reserve_per_second": 0}
    for _ in range(2):
        assert attempts_of(retry_kernel_task(max_attempts=5, budget=rules, **AT_ONCE)(Down())) == 2
    config = RetryConfig(max_attempts=5, budget=rules, **AT_ONCE)
    assert attempts_of(retry_kernel_task(config=config)(Down())) == 2
    assert attempts_of(RetryPolicy(config, coordination_enabled=False).wrap(Down())) == 1
    assert attempts_of(retry_kernel_task(config=config, budget=False)(Down())) == 5


def test_without_a_budget_retries_are_free() -> None:
    for budget in (None, False):
        assert attempts_of(retry_kernel_task(max_attempts=500, budget=budget, **AT_ONCE)(Down())) == 500


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        ({"ratio": -1}, "budget.ratio"),
        ({"preset": "envoy"}, "budget.preset"),
        ("envoy", "budget"),
        (7, "budget"),
        (object(), "budget"),
    ],
)
def test_what_is_wrong_with_the_option_is_named_with_its_path(budget: Any, field: str) -> None:
    for make in (lambda: retry_kernel_task(budget=budget), lambda: RetryConfig(budget=budget)):
        with pytest.raises(ConfigError) as raised:
            make()
        assert raised.value.field == field


def test_a_budget_shows_its_rules() -> None:
    budget = RetryBudget({"preset": "aws"}, name="s3")
    assert repr(budget) == "<RetryBudget 's3' 500 of 500>"
    assert budget.config["cost_per_kind"] == {"Timeout": 10}
