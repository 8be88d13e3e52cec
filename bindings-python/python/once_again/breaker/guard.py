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
    # Answers a rejected call: its error, and the arguments it came with.
    Answer = Callable[[CircuitOpenError, tuple[Any, ...], dict[str, Any]], Any]


def guarded(gate: Gate, target: Callable[..., R], answer: Answer | None = None) -> Callable[..., R]:
    """``target`` behind ``gate``; without an ``answer``, a rejected call raises.

    When ``target`` answers something to await, so does the guarded call, and the breaker is told when that has ended.
    """
    published, clock, timed = gate.published, gate.clock, gate.core.timed
    admission, settle = gate.admission(), gate.settle

    def guarded(*args: Any, **kwargs: Any) -> R:
        epoch, kind, seq = published.closed, 0, 0
        if not epoch:
            epoch, kind, seq, state, retry_after, _ = admission()
            if not epoch:
                if answer is None:
                    raise CircuitOpenError(gate.name, state, retry_after)
                answered: R = answer(CircuitOpenError(gate.name, state, retry_after), args, kwargs)
                return answered
        started = clock.now() if timed else 0.0
        try:
            result = target(*args, **kwargs)
        except BaseException as error:
            settle((epoch, kind, seq), gate.outcome(error), started)
            raise
        if hasattr(result, "__await__"):
            # `lambda: fetch()` is no async function, but its call has not ended yet.
            return awaited(result, (epoch, kind, seq), started)  # type: ignore[return-value]
        if kind or epoch != published.closed or not published.quiet:
            settle((epoch, kind, seq), SUCCESS, started)
        return result

    async def awaited(result: Any, permit: tuple[int, int, int], started: float) -> Any:
        try:
            value = await result
        except BaseException as error:
            settle(permit, gate.outcome(error), started)
            raise
        settle(permit, SUCCESS, started)
        return value

    return guarded


def guarded_async(
    gate: Gate, target: Callable[..., Awaitable[R]], answer: Answer | None = None
) -> Callable[..., Awaitable[R]]:
    """As `guarded`, for a function that answers something to await; so does ``answer``."""
    published, clock, timed = gate.published, gate.clock, gate.core.timed
    admission, settle = gate.admission_async(), gate.settle

    async def guarded(*args: Any, **kwargs: Any) -> R:
        epoch, kind, seq = published.closed, 0, 0
        if not epoch:
            epoch, kind, seq, state, retry_after, _ = await admission()
            if not epoch:
                if answer is None:
                    raise CircuitOpenError(gate.name, state, retry_after)
                answered: R = await answer(CircuitOpenError(gate.name, state, retry_after), args, kwargs)
                return answered
        started = clock.now() if timed else 0.0
        try:
            result = await target(*args, **kwargs)
        except BaseException as error:
            settle((epoch, kind, seq), gate.outcome(error), started)
            raise
        if kind or epoch != published.closed or not published.quiet:
            settle((epoch, kind, seq), SUCCESS, started)
        return result

    return guarded
