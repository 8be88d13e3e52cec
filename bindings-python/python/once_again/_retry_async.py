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

    Attempt = Callable[..., Awaitable[Any]]


def wrap(target: Attempt, plan: Plan, names: Names, later: Attempt | None = None) -> Attempt:
    """``target`` under ``plan``. A first attempt that succeeds reads the clock once and asks nobody.

    ``later`` makes the attempts after the first, if they differ.
    """
    if plan.is_limited():
        return _wrap_limited(target, plan, names, later or target)
    clock = plan.clock
    attempt = _guarded(target, plan)
    again = attempt if later is None else _guarded(later, plan)
    # Whether somebody hears of every call: not known before the first one, when a program has imported all it uses.
    watched = True
    deposit = plan.deposit_on_begin

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal watched
        started = clock.now()
        if watched and (watched := plan.is_watched()):
            return await _watched(attempt, again, args, kwargs, Call(plan, names, started))
        if deposit is not None:
            deposit()
        try:
            return await attempt(*args, **kwargs)
        except Exception as caught:
            failure = caught
        # Outside the `except`: an error of a later attempt must not carry this one as its context.
        try:
            return await _again(again, args, kwargs, Call(plan, names, started), failure)
        finally:
            del failure  # its traceback holds this frame

    return wrapper


def _wrap_limited(target: Attempt, plan: Plan, names: Names, later: Attempt) -> Attempt:
    """As `wrap`, with every attempt cut off at its own limit or the whole call's, whichever comes first."""
    from ._limit import within

    clock, policy = plan.clock, plan.policy

    def limited(target: Attempt) -> Attempt:
        async def attempt(started: float, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            limit = policy.time_left(started, clock.now())
            assert limit is not None, "the plan is limited"
            return await within(limit, clock, target(*args, **kwargs))

        # Inside the breaker: an attempt that was cut off is a failure to it.
        return _guarded(attempt, plan)

    attempt = limited(target)
    again = limited(later)
    watched = True
    deposit = plan.deposit_on_begin

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        nonlocal watched
        started = clock.now()
        limited_args = (started, args, kwargs)
        if watched and (watched := plan.is_watched()):
            return await _watched(attempt, again, limited_args, {}, Call(plan, names, started))
        if deposit is not None:
            deposit()
        try:
            return await attempt(*limited_args)
        except Exception as caught:
            failure = caught
        try:
            return await _again(again, limited_args, {}, Call(plan, names, started), failure)
        finally:
            del failure

    return wrapper


def _guarded(attempt: Attempt, plan: Plan) -> Attempt:
    return attempt if plan.breaker is None else plan.breaker.guard_async(attempt)


async def _watched(attempt: Attempt, again: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any], call: Call) -> Any:
    """The whole call, when somebody hears of it even if its first attempt succeeds."""
    call.begins()
    try:
        result = await attempt(*args, **kwargs)
    except Exception as caught:
        failure = caught
    else:
        call.succeeded()
        return result
    try:
        return await _again(again, args, kwargs, call, failure)
    finally:
        del failure, call


async def _again(
    attempt: Attempt, args: tuple[Any, ...], kwargs: dict[str, Any], call: Call, failure: Exception
) -> Any:
    try:
        while (delay := call.failed(failure)) is not None:
            if (delay or call.is_timed) and not await call.async_wait(delay):
                break
            if call.is_heard:
                call.begins()
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
