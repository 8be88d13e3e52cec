"""Retries of a block of code: `retrying`.

Example::

    for attempt in retrying(max_attempts=5):
        with attempt:
            print(attempt.number)
            response = fetch()

    async for attempt in retrying(RetryPolicy(total_timeout=60.0)):
        with attempt:
            response = await fetch()
"""

from __future__ import annotations

from ._call import Call
from ._options import one_config
from ._plan import Plan
from .config import RetryConfig
from .errors import AttemptTimeoutError, CircuitOpenError, ConfigError
from .retry import RetryPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from ._limit import Limit
    from ._types import RetryOptions

__all__ = ["Attempt", "Retrying", "retrying"]


def retrying(given: RetryPolicy | RetryConfig | None = None, /, **options: Unpack[RetryOptions]) -> Retrying:
    """The attempts of a block of code, each to be made in a ``with`` block of its own.

    The loop ends after the first block that raises nothing. A failure that ends the call comes out of its block, and
    out of the loop, as it comes out of a decorated function. The same object may be iterated any number of times, by
    threads and tasks at once; each loop is a call of its own.

    Args:
        given: A policy, to be used as it is; or fields, of which those left open are as in `retry_kernel_task`.
        options: As of `retry_kernel_task`, when no policy was given.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type; or ``attempt_timeout`` is set and
            the loop is not ``async for``: nothing can interrupt a plain one.
        MaxRetriesExceeded: by a ``with`` block, from the last failure, when attempts or time ran out.
    """
    if isinstance(given, RetryPolicy):
        if options:
            raise ConfigError(next(iter(options)), "an option beside a policy", "nothing: give it to the policy")
        return Retrying(given._plan)
    settings: dict[str, Any] = dict(options)
    one_config(settings, "config", given)
    return Retrying(Plan((RetryConfig.preset("kernel"),), settings))


class Retrying:
    """What `retrying` answers: iterate over it with ``for`` or ``async for``."""

    __slots__ = ("_plan",)

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __iter__(self) -> Iterator[Attempt]:
        from ._retry_sync import refuse_attempt_timeout

        refuse_attempt_timeout(self._plan, "a block of `for`")
        return _Loop(self._plan)

    def __aiter__(self) -> AsyncIterator[Attempt]:
        return _AsyncLoop(self._plan)


class Attempt:
    """One attempt, as a context manager for one ``with`` block."""

    __slots__ = ("_attempts", "number")

    number: int
    """Its number, from 1."""

    def __init__(self, attempts: _Attempts, number: int) -> None:
        self._attempts = attempts
        self.number = number

    def __enter__(self) -> Self:
        self._attempts.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return self._attempts.leave(error, traceback)


class _Attempts:
    """The attempts of one loop, which are one call."""

    __slots__ = ("_call", "_delay", "_is_out", "_limit", "_plan", "_started")

    _call: Call | None
    """None once the call has ended."""
    _is_out: bool
    """Whether an attempt was handed out and has not ended."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._started = plan.clock.now()
        self._call = Call(plan, plan.names(retrying), self._started)
        self._delay = 0.0
        self._is_out = False
        self._limit: Limit | None = None

    def enter(self) -> None:
        """The block of an attempt begins."""

    def leave(self, error: BaseException | None, traceback: TracebackType | None) -> bool:
        """The block has ended: whether what it raised is swallowed, because another attempt follows.

        Raises:
            Exception: what the call ends with, if that is not what the block raised.
        """
        self._is_out = False
        failure = error
        final: Exception | None = None
        try:
            if self._limit is not None and self._limit.has_cut_off(error):
                failure = AttemptTimeoutError(self._limit.seconds)
                failure.__cause__ = error
            if (breaker := self._plan.breaker) is not None:
                breaker.__exit__(None if failure is None else type(failure), failure, traceback)
            if not isinstance(failure, Exception):
                call, self._call = self._call, None
                if failure is None and call is not None:
                    call.succeeded()
                return False
            if (final := self._failed(failure)) is None:
                return True
            if final is error:
                return False
            raise final
        finally:
            del error, failure, final  # their tracebacks hold this frame

    def _due(self) -> Call | None:
        """The call, if another attempt follows in it."""
        if self._is_out:
            raise RuntimeError("each attempt of `retrying` is made in a `with` block of its own")
        return self._call

    def _attempt(self, call: Call) -> Attempt:
        """The next attempt, which the breaker has let through."""
        self._is_out = True
        return Attempt(self, call.attempt)

    def _rejected(self, rejection: CircuitOpenError) -> None:
        """The breaker let no attempt through: raises what the call ends with, unless another attempt follows."""
        final = self._failed(rejection)
        try:
            if final is rejection:
                raise rejection
            if final is not None:
                raise final from rejection
        finally:
            del final, rejection  # their tracebacks hold this frame

    def _failed(self, failure: Exception) -> Exception | None:
        """What the call ends with; none when another attempt follows."""
        call = self._call
        assert call is not None, "the call has not ended"
        delay = call.failed(failure)
        if delay is not None:
            self._delay = delay
            return None
        return self._ended()

    def _ended(self) -> Exception:
        """What the call ends with."""
        call, self._call = self._call, None
        assert call is not None, "the call has not ended"
        return call.final


class _Loop(_Attempts):
    """A loop that blocks its thread between attempts."""

    __slots__ = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Attempt:
        while (call := self._due()) is not None:
            if call.attempt > 1 and not call.wait(self._delay):
                del call  # what it ends with will hold this frame
                raise self._ended()
            call.begins()
            if (breaker := self._plan.breaker) is not None:
                try:
                    breaker.__enter__()
                except CircuitOpenError as rejection:
                    self._rejected(rejection)
                    continue
            return self._attempt(call)
        raise StopIteration


class _AsyncLoop(_Attempts):
    """A loop that suspends its task between attempts, and cuts off an attempt at its limit."""

    __slots__ = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Attempt:
        while (call := self._due()) is not None:
            if call.attempt > 1 and not await call.async_wait(self._delay):
                del call  # what it ends with will hold this frame
                raise self._ended()
            call.begins()
            if (breaker := self._plan.breaker) is not None:
                try:
                    # A shared breaker's store may have to be waited for.
                    await breaker.__aenter__()
                except CircuitOpenError as rejection:
                    self._rejected(rejection)
                    continue
            return self._attempt(call)
        raise StopAsyncIteration

    def enter(self) -> None:
        limit = self._plan.policy.time_left(self._started, self._plan.clock.now())
        if limit is None:
            return
        from ._limit import Limit

        self._limit = Limit(limit, self._plan.clock)
