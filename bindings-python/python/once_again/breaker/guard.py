"""One call through a breaker: ask, call, tell."""

from __future__ import annotations

from once_again.errors import CircuitOpenError

from .permit import SUCCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from .gate import Gate

    R = TypeVar("R")
    Fallback = Callable[[CircuitOpenError], Any]


def guarded(gate: Gate, fallback: Fallback | None, target: Callable[..., R]) -> Callable[..., R]:
    """``target`` behind ``gate``."""
    published, clock, timed = gate.published, gate.clock, gate.core.timed
    admit, settle = gate.core.admit, gate.settle

    def guarded(*args: Any, **kwargs: Any) -> R:
        epoch, kind, seq = published.closed, 0, 0
        if not epoch:
            epoch, kind, seq, state, retry_after, change = admit(clock.now())
            if change is not None:
                gate.tell(change)
            if not epoch:
                if fallback is None:
                    raise CircuitOpenError(gate.name, state, retry_after)
                fallen: R = fallback(CircuitOpenError(gate.name, state, retry_after))
                return fallen
        started = clock.now() if timed else 0.0
        try:
            result = target(*args, **kwargs)
        except BaseException as error:
            settle((epoch, kind, seq), gate.outcome(error), started)
            raise
        if kind or not published.quiet:
            settle((epoch, kind, seq), SUCCESS, started)
        return result

    return guarded


def guarded_async(
    gate: Gate, fallback: Fallback | None, target: Callable[..., Awaitable[R]]
) -> Callable[..., Awaitable[R]]:
    """As `guarded`, for a function that answers something to await."""
    published, clock, timed = gate.published, gate.clock, gate.core.timed
    admit, settle = gate.core.admit, gate.settle

    async def guarded(*args: Any, **kwargs: Any) -> R:
        epoch, kind, seq = published.closed, 0, 0
        if not epoch:
            epoch, kind, seq, state, retry_after, change = admit(clock.now())
            if change is not None:
                gate.tell(change)
            if not epoch:
                if fallback is None:
                    raise CircuitOpenError(gate.name, state, retry_after)
                answer: Any = fallback(CircuitOpenError(gate.name, state, retry_after))
                fallen: R = await answer if hasattr(answer, "__await__") else answer
                return fallen
        started = clock.now() if timed else 0.0
        try:
            result = await target(*args, **kwargs)
        except BaseException as error:
            settle((epoch, kind, seq), gate.outcome(error), started)
            raise
        if kind or not published.quiet:
            settle((epoch, kind, seq), SUCCESS, started)
        return result

    return guarded
