"""The loop around a plain function: calls, sleeps, calls again, as core says."""

from __future__ import annotations

from ._call import Call
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._plan import Names, Plan


def wrap(target: Callable[..., Any], plan: Plan, names: Names) -> Callable[..., Any]:
    """``target`` under ``plan``. A first attempt that succeeds reads the clock once and asks nobody.

    Raises:
        ConfigError: the plan limits attempts, and nothing can interrupt a plain function.
    """
    if plan.attempt_timeout is not None:
        raise ConfigError(
            "attempt_timeout",
            f"{plan.attempt_timeout:g} on {names[1]}, which is not async",
            "an async function: nothing can interrupt another; limit its own waits, or use total_timeout",
        )
    clock = plan.clock
    attempt = target if plan.breaker is None else plan.breaker.guard(target)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = clock.now()
        try:
            return attempt(*args, **kwargs)
        except Exception as caught:
            failure = caught
        # Outside the `except`: an error of a later attempt must not carry this one as its context.
        try:
            return _again(attempt, args, kwargs, Call(plan, names, started), failure)
        finally:
            del failure  # its traceback holds this frame

    return wrapper


def _again(
    attempt: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    call: Call,
    failure: Exception,
) -> Any:
    clock = call.plan.clock
    try:
        while (delay := call.failed(failure)) is not None:
            if delay:
                clock.sleep(delay)
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
