"""The loop around the attempts of one logical request: sends, waits, sends the same again, as core says."""

from __future__ import annotations

from once_again._options import wrong
from once_again.errors import AttemptTimeoutError, CircuitOpenError

from .exchange import Exchange, HttpFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .exchange import Answered

    # Makes an error of this package one of the library's.
    Late = Callable[[Exception], Exception]


def send(exchange: Exchange, attempt: Callable[[float | None], Answered], late: Late) -> Any:
    """The response that leaves in the end: the first good one, or the last.

    ``attempt`` sends the request once, within so many seconds as far as the library can interrupt itself.

    Raises:
        Exception: the library's own, when no answer came.
        CircuitOpenError: the breaker rejected the request.
    """

    def once() -> Any:
        try:
            answered = attempt(exchange.begins())
        except Exception as error:
            outcome: Any = exchange.unanswered(error)
        else:
            outcome = exchange.outcome(answered)
        # To a breaker, a request that is itself at fault found a service that is well.
        if isinstance(outcome, HttpFailure) and exchange.counts(outcome):
            raise outcome
        return outcome

    guarded = once if exchange.breaker is None else exchange.breaker.guard(once, key=exchange.cache_key)
    call = exchange.call
    try:
        while True:
            call.begins()
            try:
                outcome = guarded()
            except (HttpFailure, CircuitOpenError) as caught:
                outcome = caught
            if not isinstance(outcome, (HttpFailure, CircuitOpenError)):
                call.succeeded()
                return outcome
            delay = call.failed(outcome)
            if delay is None or not call.wait(delay):
                return exchange.end(outcome, late)
            if exchange.wants_credentials() and not exchange.renew():
                return exchange.end(outcome, late)
    finally:
        outcome = None  # its traceback holds this frame


async def send_async(exchange: Exchange, attempt: Callable[[], Awaitable[Answered]], late: Late) -> Any:
    """As `send`, awaited; an attempt that takes too long is cancelled."""
    clock = exchange.settings.plan.clock

    async def limited() -> Answered:
        limit = exchange.begins()
        if limit is None:
            return await attempt()
        from once_again._limit import within

        return await within(limit, clock, attempt())

    async def once() -> Any:
        try:
            answered = await limited()
        except Exception as error:
            outcome: Any = exchange.unanswered(error)
        else:
            outcome = exchange.outcome(answered)
        if isinstance(outcome, HttpFailure) and exchange.counts(outcome):
            raise outcome
        return outcome

    guarded = once if exchange.breaker is None else exchange.breaker.guard_async(once, key=exchange.cache_key)
    call = exchange.call
    try:
        while True:
            call.begins()
            try:
                outcome = await guarded()
            except (HttpFailure, CircuitOpenError) as caught:
                outcome = caught
            if not isinstance(outcome, (HttpFailure, CircuitOpenError)):
                call.succeeded()
                return outcome
            delay = call.failed(outcome)
            if delay is None or not await call.async_wait(delay):
                return exchange.end(outcome, late)
            if exchange.wants_credentials() and not await exchange.renew_async():
                return exchange.end(outcome, late)
    finally:
        outcome = None


def response_of(answer: object, kind: type) -> Any:
    """The answer, which a breaker's fallback may have given.

    Raises:
        ConfigError: it is no response of the library.
    """
    if not isinstance(answer, kind):
        raise wrong("fallback", answer, f"what answers a {kind.__module__}.{kind.__qualname__}, as the client does")
    return answer


def is_late(error: Exception) -> bool:
    """Whether it is this package's own word for a time-out."""
    return isinstance(error, AttemptTimeoutError)
