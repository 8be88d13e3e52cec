"""A call of an async idempotent function: as `call`, awaited."""

from __future__ import annotations

from once_again._callables import awaited

from .options import IdempotentResult, RetryContext
from .result import ended, error_text
from .run_async import AsyncRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from once_again import _core

    from .idempotent import _Action

    # The object a method belongs to, if any, and the arguments.
    Args = tuple[tuple[Any, ...], tuple[Any, ...]]


async def call(action: _Action, args: Args, kwargs: dict[str, Any], key: str | None) -> Any:
    """What the call came to."""
    memory = action.host.memory
    if memory is None or not action.replays:
        return (await execute(action, args, kwargs, key)).output
    # Nothing is made for a run before it is known that there is one.
    core, begun = action.claim_in(memory, args[1], kwargs, key)
    if core is None:
        return begun
    result = await _carried(action, AsyncRun(core, action.host), begun, args, kwargs)
    return result.output


async def execute(action: _Action, args: Args, kwargs: dict[str, Any], key: str | None) -> IdempotentResult:
    """What the call came to, and how."""
    carrier = action.host.carrier
    if carrier is not None and action.core.enabled:
        core, step = action.claim_over(carrier, args[1], kwargs, key)
        return await _carried(action, AsyncRun(core, action.host), step, args, kwargs)
    return await _carried(action, AsyncRun(action.claim(args[1], kwargs, key), action.host), None, args, kwargs)


async def _carried(
    action: _Action, run: AsyncRun, first: _core.Step | None, args: Args, kwargs: dict[str, Any]
) -> IdempotentResult:
    """Carries a run to its end, from its first step if that has been asked for already."""
    receiver, given = args
    filed = run.core.key

    async def make(step: _core.Step | None) -> Any:
        return await action.target(*receiver, *given, **action.context(run, step, kwargs))

    if not action.core.enabled:
        return IdempotentResult(await make(None), False, False, filed)
    step = await run.begin() if first is None else await run.go_on(first)
    if step.action in ("execute", "unprotected"):
        return await _recorded(action, run, make, step, given, kwargs)
    previous = ended(step, action.codec)
    context = RetryContext(given, kwargs)
    if action.is_safe_to_retry is None or not await awaited(
        action.is_safe_to_retry(action.arguments.about(given, kwargs), previous, context)
    ):
        return IdempotentResult(previous, True, True, filed)
    current = await make(None)
    merge = action.merge_results
    merged = current if merge is None else await awaited(merge(previous, current, context))
    return IdempotentResult(merged, False, True, filed)


async def _recorded(
    action: _Action, run: AsyncRun, make: Any, step: _core.Step, given: tuple[Any, ...], kwargs: dict[str, Any]
) -> IdempotentResult:
    """Makes the call and records its end."""
    try:
        output = await make(step)
        text = action.text(output)
    except Exception as error:
        await run.end(error_text(error), threw=True)
        raise
    except BaseException:
        # Cancelled, it did not fail: whether it had an effect is for the next claim to find out.
        run.abandon()
        raise
    settled = await run.end(text, threw=False)
    confirmed = settled.action == "settled" and settled.how != "uncertain" and step.action == "execute"
    if settled.how not in (None, "uncertain"):
        previous = ended(settled, action.codec)
        merge = action.merge_results
        output = previous if merge is None else await awaited(merge(previous, output, RetryContext(given, kwargs)))
    return IdempotentResult(output, False, confirmed, run.core.key)
