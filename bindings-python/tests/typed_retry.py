"""Never run: what type checkers must make of retries. `test_types.py` has it checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typing_extensions import assert_type

from once_again import (
    CircuitBreaker,
    DeadLetter,
    DeadLetterQueue,
    DefaultRetryConfig,
    HTTPRetryConfig,
    JitterTypeFull,
    MemoryDeadLetterStore,
    RetryConfig,
    RetryManager,
    RetryManagerPool,
    RetryPolicy,
    StrategyFibonacciBackoff,
    SuccessEvent,
    load_policies,
    retry_kernel_task,
    retry_with_checkpoint,
    retrying,
    trace_id,
    with_retry,
)
from once_again.testing import inject_errors


def load(task_id: str) -> dict[str, int]:
    return {task_id: 1}


async def save(task_id: str, result: int) -> None: ...


@retry_with_checkpoint(
    config=RetryConfig(max_attempts=5, initial_delay=2.0), checkpoint_loader=load, checkpoint_saver=save, resume=True
)
async def resumed(task_id: str, checkpoint_state: dict[str, int] | None = None) -> int:
    return len(checkpoint_state or task_id)


class Task:
    @retry_with_checkpoint(RetryConfig(), checkpoint_loader=load)
    def method(self, task_id: str, *, checkpoint_state: object = None) -> str:
        return task_id

    @classmethod
    @retry_kernel_task
    def inside(cls, number: int) -> Task:
        return cls()

    @with_retry(service_name="lake")
    async def later(self, *numbers: int, **named: str) -> list[int]:
        return [*numbers]


def on_success(event: SuccessEvent) -> None:
    assert_type(event.attempts, int)
    assert_type(event.elapsed, float)


async def work(attempt: int) -> bytes:
    return bytes(attempt)


async def uses() -> None:
    assert_type(await resumed("a"), int)
    assert_type(await resumed("a", checkpoint_state={}), int)
    assert_type(Task().method("a"), str)
    assert_type(Task.inside(1), Task)
    assert_type(await Task().later(1, 2, fast="yes"), list[int])

    for attempt in retrying(max_attempts=3, on_success=on_success):
        with attempt:
            assert_type(attempt.number, int)
    async for attempt in retrying(RetryPolicy(max_attempts=3)):
        with attempt as entered:
            assert_type(entered.number, int)

    manager = RetryManager(HTTPRetryConfig(base_delay=0.2), CircuitBreaker(), None, reraise=True)
    assert_type(await manager.execute(work, name="work", key="k", payload={"a": 1}), bytes)
    assert_type(manager.execute(lambda: 5), int)
    assert_type(RetryManagerPool().get_manager("database").config.base_delay, float)

    config = DefaultRetryConfig(strategy=StrategyFibonacciBackoff, jitter_type=JitterTypeFull)
    assert_type(config.timeout, float | None)
    assert_type(config.tags, dict[str, str])
    assert_type(load_policies({"default": {"max_attempts": 3}}), dict[str, RetryConfig])

    letters = DeadLetterQueue(MemoryDeadLetterStore(max_letters=5), handlers={"pay": lambda letter: letter.payload})
    RetryConfig(dead_letter_store=letters, dead_letter_handler=buried)
    assert_type(letters.list(), list[DeadLetter])
    assert_type(letters.list()[0].error, dict[str, str])
    assert_type(trace_id.get(), str | None)
    assert_type(await inject_errors(work, [OSError, ValueError()])(1), bytes)


def buried(operation: str, error: Exception, attempts: int, metadata: dict[str, Any]) -> None: ...


async def wrong() -> None:
    await resumed(1)  # type: ignore[arg-type]
    Task().method("a", 1)  # type: ignore[call-arg]
    retrying(max_atempts=3)  # type: ignore[call-arg]
    retry_with_checkpoint(checkpoint_loader=3)  # type: ignore[arg-type]
    RetryConfig(strategy="warp")  # type: ignore[arg-type]
    DefaultRetryConfig(retries=3)  # type: ignore[call-arg]
    number: Callable[[], str] = RetryManager().execute(lambda: 5)  # type: ignore[assignment]
    number()
