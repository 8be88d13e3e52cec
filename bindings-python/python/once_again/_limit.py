"""A time limit on one asyncio attempt, as ``asyncio.timeout`` sets it, on every supported Python."""

from __future__ import annotations

import asyncio

from .errors import AttemptTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from ._clock import SystemClock
    from ._types import Clock

    R = TypeVar("R")


async def within(seconds: float, clock: Clock | SystemClock, work: Awaitable[R]) -> R:
    """Awaits ``work`` in the current task and cancels it after ``seconds``.

    Raises:
        AttemptTimeoutError: the limit came first. A cancellation from outside is passed on as it is, also
            when both come at once.
    """
    limit = Limit(seconds, clock)
    try:
        result = await work
    except BaseException as error:
        if limit.has_cut_off(error):
            raise AttemptTimeoutError(seconds) from error
        raise
    limit.has_cut_off(None)
    return result


class Limit:
    """The limit of what the current task does from now on, until it asks `has_cut_off`."""

    __slots__ = ("_before", "_fired", "_stop", "_task", "seconds")

    def __init__(self, seconds: float, clock: Clock | SystemClock) -> None:
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit needs an asyncio task; trio and anyio's trio backend are not supported")
        self.seconds = seconds
        self._task = task
        # Before 3.11 a task does not count its cancellations: the limit then wins when both arrive at once.
        self._before: int = getattr(task, "cancelling", int)()
        self._fired = False
        self._stop = start_timer(seconds, clock, self._fire)

    def has_cut_off(self, error: BaseException | None) -> bool:
        """Whether the work, which ended with ``error``, was cancelled by this limit. Ends the limit."""
        self._stop()
        if not self._fired:
            return False
        others: int = getattr(self._task, "uncancel", int)()
        return others <= self._before and isinstance(error, asyncio.CancelledError)

    def _fire(self) -> None:
        self._fired = True
        self._task.cancel()


def start_timer(seconds: float, clock: Clock | SystemClock, fire: Callable[[], None]) -> Callable[[], object]:
    """Calls ``fire`` after ``seconds`` of ``clock``; answers what prevents it."""
    call_later = getattr(clock, "call_later", None)
    if call_later is not None:
        stop: Callable[[], object] = call_later(seconds, fire)
        return stop

    async def wait() -> None:
        await clock.async_sleep(seconds)
        fire()

    return asyncio.get_running_loop().create_task(wait()).cancel
