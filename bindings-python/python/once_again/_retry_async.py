"""The loop around a coroutine function: awaits, sleeps, awaits again, as core says.

For asyncio only: trio has timers and cancellation of its own.
"""

from __future__ import annotations

from ._call import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ._plan import Names, Plan


def wrap(target: Callable[..., Awaitable[Any]], plan: Plan, names: Names) -> Callable[..., Awaitable[Any]]:
    """``target`` under ``plan``. A first attempt that succeeds reads the clock once and asks nobody."""
    if plan.is_limited():
        return _wrap_limited(target, plan, names)
    clock = plan.clock
    attempt = target if plan.breaker is None else plan.breaker.guard_async(target)

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = clock.now()
        try:
            return await attempt(*args, **kwargs)
        except Exception as caught:
            failure = caught
        # Outside the `except`: an error of a later attempt must not carry this one as its context.
        try:
            return await _again(attempt, args, kwargs, Call(plan, names, started), failure)
        finally:
            del failure  # its traceback holds this frame

    return wrapper


def _wrap_limited(target: Callable[..., Awaitable[Any]], plan: Plan, names: Names) -> Callable[..., Awaitable[Any]]:
    """As `wrap`, with every attempt cut off at its own limit or the whole call's, whichever comes first."""
    from ._limit import within

    clock, policy = plan.clock, plan.policy

    async def limited(started: float, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        limit = policy.time_left(started, clock.now())
        assert limit is not None, "the plan is limited"
        return await within(limit, clock, target(*args, **kwargs))

    # Inside the breaker: an attempt that was cut off is a failure to it.
    attempt = limited if plan.breaker is None else plan.breaker.guard_async(limited)

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        started = clock.now()
        limited_args = (started, args, kwargs)
        try:
            return await attempt(*limited_args)
        except Exception as caught:
            failure = caught
        try:
            return await _again(attempt, limited_args, {}, Call(plan, names, started), failure)
        finally:
            del failure

    return wrapper


async def _again(
    attempt: Callable[..., Awaitable[Any]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    call: Call,
    failure: Exception,
) -> Any:
    clock = call.plan.clock
    try:
        while (delay := call.failed(failure)) is not None:
            if delay:
                await clock.async_sleep(delay)
            try:
                result = await attempt(*args, **kwargs)
            except Exception as caught:
                failure = caught
            else:
                call.succeeded()
                return result
        raise call.final
    finally:
        del failure, call
