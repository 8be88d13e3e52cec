"""Never run: what a type checker must make of code that uses the package. `test_types.py` has it checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from typing_extensions import assert_type

from once_again import (
    CircuitBreaker,
    IdempotencyStats,
    MaxRetriesExceeded,
    Rejection,
    RetryConfig,
    RetryEvent,
    RetryPolicy,
    StateChange,
    fingerprint,
    idempotent,
    retry_critical_task,
    retry_kernel_task,
    with_retry,
)
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock, no_sleep, virtual_clock

breaker = CircuitBreaker(failure_threshold=5, recovery_timeout=timedelta(seconds=30), excluded=(KeyError,))


@retry_kernel_task
def bare(task_id: str, *, fast: bool = False) -> int:
    return len(task_id)


@retry_critical_task(max_attempts=20, max_delay=2.0, on=(OSError, "RateLimit"), breaker=breaker, reraise=True)
async def with_arguments(task_id: str) -> bytes:
    return task_id.encode()


@with_retry(retry_config=RetryConfig(max_attempts=5, jitter=True), retry_on=(ValueError,), service_name="lake")
async def service_call() -> float:
    return 1.0


@idempotent(name="charge", key=lambda order: order["id"], ttl=timedelta(hours=2))
def charge(order: dict[str, str], *, by: str = "mail") -> int:
    return len(order)


@idempotent(name="acharge", conflict={"wait": 5.0}, store=MemoryStore())
async def acharge(order: str) -> bytes:
    return order.encode()


class Task:
    @idempotent(name="once")
    def once(self, number: int) -> str:
        return str(number)

    @retry_kernel_task
    def method(self, number: int) -> list[int]:
        return [number]

    @breaker
    async def guarded(self) -> str:
        return ""

    @retry_kernel_task(jitter="full", clock=VirtualClock(), random=Random())
    @staticmethod
    def static(number: int) -> int:
        return number


def on_retry(event: RetryEvent) -> None:
    assert_type(event.attempt, int)
    assert_type(event.delay, float | None)
    assert_type(event.error, Exception)


def on_change(change: StateChange) -> None:
    assert_type(change.to_state, str)


def on_rejection(rejection: Rejection) -> None:
    assert_type(rejection.retry_after, float)


async def uses() -> None:
    assert_type(bare("a", fast=True), int)
    assert_type(await with_arguments("a"), bytes)
    assert_type(await service_call(), float)
    assert_type(Task().method(1), list[int])
    assert_type(charge.stats(), IdempotencyStats)
    assert_type(acharge.stats().duplicates, int)
    assert_type(Task().once.stats().active, int)
    assert_type(await Task().guarded(), str)
    assert_type(Task.static(2), int)
    assert_type(breaker.call(bare, "a", fast=False), int)
    assert_type(charge({"id": "1"}, by="post"), int)
    assert_type(charge.execute({"id": "1"}).output, int)
    assert_type(charge.execute({"id": "1"}).is_replay, bool)
    assert_type(charge.with_key("k")({"id": "1"}), int)
    assert_type(await acharge("1"), bytes)
    assert_type((await acharge.execute("1")).output, bytes)
    assert_type(Task().once(1), str)
    assert_type(await breaker.call(with_arguments, "a"), bytes)
    assert_type(await RetryPolicy().execute_with_retry(operation=service_call, service_name="s"), float)
    assert_type(fingerprint({"a": 1}, method="POST", headers={"a": "b"}, exclude=["/b"]), str)
    retry_kernel_task(on_retry=on_retry, total_timeout=timedelta(minutes=1))
    CircuitBreaker.rate(on_state_change=on_change, minimum_calls=10)
    assert_type(breaker.execute(lambda: 1, key="k"), int)
    assert_type(breaker.keyed(lambda task_id: task_id)(bare)("a", fast=True), int)
    breaker.on("reject", on_rejection)
    breaker.on("state_change", on_change)()
    with breaker.isolate() as isolation:
        isolation.release()
    assert_type(CircuitBreaker.restore(breaker.snapshot(), name="lake"), CircuitBreaker)
    CircuitBreaker("hystrix", fallback_strategy="QUEUE", queue=lambda call: call.run())
    CircuitBreaker(health_check={"probe": dict, "interval": timedelta(minutes=1)})
    with no_sleep() as sleeps, virtual_clock() as clock:
        assert_type(sleeps, list[float])
        clock.advance(1.0)
    with breaker:
        pass
    async with breaker:
        pass
    try:
        bare("a")
    except MaxRetriesExceeded as exceeded:
        assert_type(exceeded.attempts, int)
        assert_type(exceeded.history[0].kind, str)


def wrong() -> None:
    charge("1")  # type: ignore[arg-type]
    Task().once("1")  # type: ignore[arg-type]
    idempotent(store=MemoryStore())  # type: ignore[call-arg]
    bare(1)  # type: ignore[arg-type]
    bare("a", slow=True)  # type: ignore[call-arg]
    retry_kernel_task(max_attempts="many")  # type: ignore[call-overload]
    retry_kernel_task(max_atempts=3)  # type: ignore[call-overload]
    with_retry(jitter="gaussian")  # type: ignore[arg-type]
    CircuitBreaker(failure_treshold=3)  # type: ignore[call-arg]
    breaker.call(bare, 1)  # type: ignore[arg-type]
    breaker.on("stale", on_rejection)  # type: ignore[call-overload]
    breaker.on("opened", print)  # type: ignore[call-overload]
    breaker.settle(breaker.admit(), "lost")  # type: ignore[arg-type]
    decorator: Callable[[int], int] = retry_kernel_task(bare)  # type: ignore[assignment]
    decorator(1)
