"""`CircuitBreaker`: keeps calls away from a dependency that fails."""

from __future__ import annotations

from once_again._callables import decorate, hook_of, is_async
from once_again._classify import matcher
from once_again._clock import clock_of, random_of
from once_again.errors import CircuitOpenError, ConfigError
from once_again.events import StateChange

from . import block
from .gate import Gate
from .guard import guarded, guarded_async
from .permit import OUTCOMES, Permit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType
    from typing import Any, ParamSpec, TypeVar

    from typing_extensions import Self, Unpack

    from once_again._types import BreakerFields, Clock, ErrorTest, Random

    from .permit import Outcome

    P = ParamSpec("P")
    R = TypeVar("R")
    F = TypeVar("F", bound=Callable[..., Any])


class CircuitBreaker:
    """Stops calling a dependency that fails, and finds out when it works again.

    Given nothing, it opens at 5 failures within 60 s for 30 s, then lets 3 probes through; all of them close
    it, one failure opens it again (the shape of the Q ecosystem). `CircuitBreaker.rate` decides by the share
    of failed calls.

    It is a decorator, a context manager (``with`` and ``async with``), or `call`. Threads and tasks share it
    freely.

    Args:
        config: The fields below as a mapping.
        excluded: Exception types that say nothing about the dependency (a validation error, for instance),
            or a function that answers whether an error does not count. Cancellation counts in half-open only.
        on_state_change: Called with a `StateChange` after each one.
        clock: Times in seconds; default the machine's.
        random: Draws; default the ``random`` module.
        fields: ``failure_threshold`` (1 to 1 000 000), ``recovery_timeout``, ``monitoring_window`` (seconds),
            ``half_open_max_calls`` (1 to 32), ``consecutive_failures``, ``name``, ``fallback_strategy``
            (``REJECT``, or ``FALLBACK`` with ``fallback=function(error)``), or those of the rate shape.

    Raises:
        ConfigError: a field is unknown, out of range or of the wrong type.
    """

    __slots__ = ("__weakref__", "_fallback", "_gate")

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        /,
        *,
        excluded: ErrorTest = (),
        on_state_change: Callable[[StateChange], object] | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        **fields: Unpack[BreakerFields],
    ) -> None:
        given: dict[str, Any] = {**(config or {}), **fields}
        self._gate = Gate(given, matcher("excluded", excluded), clock_of(clock), random_of(random))
        strategy = self._gate.core.fallback_strategy
        if strategy not in ("REJECT", "FALLBACK"):
            raise ConfigError("fallback_strategy", repr(strategy), "REJECT or FALLBACK")
        if given.get("health_check") is not None:
            raise ConfigError(
                "health_check",
                "a probe",
                "nothing: here the first call after the wait is the probe",
            )
        self._fallback: Callable[[CircuitOpenError], Any] | None = given.get("fallback")
        if (listener := hook_of("on_state_change", on_state_change)) is not None:
            self._gate.listeners = (listener,)

    @classmethod
    def rate(cls, **fields: Any) -> Self:
        """A breaker that opens when half of at least 20 calls within 30 s failed; every field can be
        changed."""
        return cls({"preset": "rate"}, **fields)

    @property
    def name(self) -> str:
        """The name in errors, events and log lines."""
        return self._gate.name

    @property
    def state(self) -> str:
        """``CLOSED``, ``OPEN``, ``HALF_OPEN``, ``FORCED_OPEN``, ``DISABLED`` or ``METRICS_ONLY``.

        An open breaker stays ``OPEN`` until the first call after its wait.
        """
        return self._gate.core.state

    def is_open(self) -> bool:
        """Whether it rejects calls until some time has passed or an operator lets go."""
        return self._gate.core.state in ("OPEN", "FORCED_OPEN")

    def counters(self) -> dict[str, int]:
        """What has been counted: calls, failures and slow calls in the window, rejected, stale, opened…"""
        return self._gate.core.counters(self._gate.clock.now())

    def add_listener(self, listener: Callable[[StateChange], object]) -> None:
        """Calls ``listener`` with a `StateChange` after each one, in the thread that caused it."""
        self._gate.listeners = (*self._gate.listeners, hook_of("listener", listener))

    def __call__(self, function: F) -> F:
        """Decorates a function, a method or an async function."""
        decorated: F = decorate(function, self.guard, self.guard_async, "circuit breaker")
        return decorated

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Calls ``function`` if the breaker lets it; with an async function, answers what to await.

        Raises:
            CircuitOpenError: the call was rejected.
        """
        guard: Callable[..., Any] = self.guard_async if is_async(function) else self.guard
        result: R = guard(function)(*args, **kwargs)
        return result

    def admit(self) -> Permit:
        """Asks for one call. Settle the permit when the call has ended, however it ended.

        Raises:
            CircuitOpenError: the call must not be made.
        """
        return self._gate.admit()

    def settle(self, permit: Permit, outcome: Outcome, duration: float | None = None) -> str:
        """Tells how a permitted call ended: ``counted``, ``stale`` (of an earlier epoch) or ``duplicate``.

        ``duration`` in seconds; default: the time since `admit`.
        """
        number = OUTCOMES.get(outcome)
        if number is None:
            raise ConfigError("outcome", repr(outcome), "one of " + ", ".join(OUTCOMES))
        if permit._is_used():
            return "duplicate"
        return self._gate.settle(permit._numbers, number, permit._started, duration)

    def __enter__(self) -> Permit:
        permit = self._gate.admit()
        block.begin(self._gate, permit)
        return permit

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        permit = block.end(self._gate)
        if not permit._is_used():
            self._gate.settle(permit._numbers, self._gate.outcome(error), permit._started)

    async def __aenter__(self) -> Permit:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def guard(self, target: Callable[..., R]) -> Callable[..., R]:
        """``target`` with this breaker in front, as a bare function: `@breaker` keeps name and signature
        too."""
        return guarded(self._gate, self._fallback, target)

    def guard_async(self, target: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
        """As `guard`, for a function that answers something to await."""
        return guarded_async(self._gate, self._fallback, target)

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state}>"
