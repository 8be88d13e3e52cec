"""A time limit on one asyncio attempt, as ``asyncio.timeout`` sets it, on every supported Python."""

from __future__ import annotations

import asyncio

from .errors import AttemptTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from ._clock import SystemClock
    from ._types import Clock

    R = TypeVar("R")


async def within(seconds: float, clock: Clock | SystemClock, work: Awaitable[R]) -> R:
    """Awaits ``work`` in the current task and cancels it after ``seconds``.

    Raises:
        AttemptTimeoutError: the limit came first. A cancellation from outside is passed on as it is, also
            when both come at once.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a time limit needs an asyncio task; trio and anyio's trio backend are not supported")
    # Before 3.11 a task does not count its cancellations: the limit then wins when both arrive at once.
    cancelling: Callable[[], int] = getattr(task, "cancelling", int)
    uncancel: Callable[[], int] = getattr(task, "uncancel", int)
    before = cancelling()
    fired = False

    def fire() -> None:
        nonlocal fired
        fired = True
        task.cancel()

    stop = _start_timer(seconds, clock, fire)
    try:
        result = await work
    except asyncio.CancelledError as cancelled:
        if fired and uncancel() <= before:
            raise AttemptTimeoutError(seconds) from cancelled
        raise
    except BaseException:
        if fired:
            uncancel()
        raise
    else:
        if fired:
            uncancel()
        return result
    finally:
        stop()


def _start_timer(seconds: float, clock: Clock | SystemClock, fire: Callable[[], None]) -> Callable[[], object]:
    """Calls ``fire`` after ``seconds`` of ``clock``; answers what prevents it."""
    call_later = getattr(clock, "call_later", None)
    if call_later is not None:
        stop: Callable[[], object] = call_later(seconds, fire)
        return stop

    async def wait() -> None:
        await clock.async_sleep(seconds)
        fire()

    return asyncio.get_running_loop().create_task(wait()).cancel
