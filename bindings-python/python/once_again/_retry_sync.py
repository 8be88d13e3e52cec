"""The loop around a plain function: calls, sleeps, calls again, as core says."""

from __future__ import annotations

from ._call import Call
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._plan import Names, Plan


def wrap(
    target: Callable[..., Any], plan: Plan, names: Names, later: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """``target`` under ``plan``. A first attempt that succeeds reads the clock once and asks nobody.

    ``later`` makes the attempts after the first, if they differ.

    Raises:
        ConfigError: the plan limits attempts, and nothing can interrupt a plain function.
    """
    refuse_attempt_timeout(plan, names[1])
    clock = plan.clock
    attempt = _guarded(target, plan)
    again = attempt if later is None else _guarded(later, plan)
    # Whether somebody hears of every call: not known before the first one, when a program has imported all it uses.
    watched = True
    deposit = plan.deposit_on_begin

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal watched
        started = clock.now()
        if watched and (watched := plan.is_watched()):
            return _watched(attempt, again, args, kwargs, Call(plan, names, started))
        if deposit is not None:
            deposit()
        try:
            return attempt(*args, **kwargs)
        except Exception as caught:
            failure = caught
        # Outside the `except`: an error of a later attempt must not carry this one as its context.
        try:
            return _again(again, args, kwargs, Call(plan, names, started), failure)
        finally:
            del failure  # its traceback holds this frame

    return wrapper


def refuse_attempt_timeout(plan: Plan, name: str) -> None:
    """Nothing can interrupt what is not async."""
    if plan.attempt_timeout is not None:
        raise ConfigError(
            "attempt_timeout",
            f"{plan.attempt_timeout:g} on {name}, which is not async",
            "an async function: nothing can interrupt another; limit its own waits, or use total_timeout",
        )


def _guarded(attempt: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    return attempt if plan.breaker is None else plan.breaker.guard(attempt)


def _watched(
    attempt: Callable[..., Any],
    again: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    call: Call,
) -> Any:
    """The whole call, when somebody hears of it even if its first attempt succeeds."""
    call.begins()
    try:
        result = attempt(*args, **kwargs)
    except Exception as caught:
        failure = caught
    else:
        call.succeeded()
        return result
    try:
        return _again(again, args, kwargs, call, failure)
    finally:
        del failure, call


def _again(
    attempt: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    call: Call,
    failure: Exception,
) -> Any:
    try:
        while (delay := call.failed(failure)) is not None:
            if (delay or call.is_timed) and not call.wait(delay):
                break
            if call.is_heard:
                call.begins()
            try:
                result = attempt(*args, **kwargs)
            except Exception as caught:
                failure = caught
            else:
                call.succeeded()
                return result
        raise call.final
    finally:
        del failure, call
