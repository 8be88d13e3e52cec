"""`CircuitBreaker`: keeps calls away from a dependency that fails."""

from __future__ import annotations

from once_again import _core, errors
from once_again._callables import decorate, hook_of, is_async
from once_again._classify import matcher
from once_again._clock import clock_of, random_of
from once_again._options import callable_of, field, fields_of, text, wrong

from . import block
from .gate import Gate
from .guard import guarded, guarded_async
from .manual import Isolation
from .permit import OUTCOMES, Permit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType
    from typing import Any, Literal, ParamSpec, TypeVar, overload

    from typing_extensions import Self, Unpack

    from once_again._types import BreakerFields, Clock, ErrorTest, Random
    from once_again.events import BreakerNotice, Detachment, FallbackEvent, Rejection, StateChange

    from .fallback import Fallback, Key
    from .permit import Outcome

    P = ParamSpec("P")
    R = TypeVar("R")
    F = TypeVar("F", bound=Callable[..., Any])
    Stop = Callable[[], None]


class CircuitBreaker:
    """Stops calling a dependency that fails, and finds out when it works again.

    Given nothing, it opens at 5 failures within 60 s for 30 s, then lets 3 probes through; all of them close
    it, one failure opens it again (the shape of the Q ecosystem). `CircuitBreaker.rate` decides by the share
    of failed calls.

    It is a decorator, a context manager (``with`` and ``async with``), or `call`; `admit` and `settle` are its two
    halves. Threads and tasks share it freely, and no lock is held during a call.

    Args:
        config: The fields below as a mapping, or the name of a preset.
        excluded: Exception types that say nothing about the dependency (a validation error, for instance),
            or a function that answers whether an error does not count. Cancellation counts in half-open only.
        is_failure: Whether an error that is not ``excluded`` speaks against the dependency; default: all do.
        on_state_change: Called with a `StateChange` after each one; `on` knows more events.
        snapshot: What `snapshot` of an earlier process gave, to go on from; see `restore`.
        shared: A client of redis-py or ``redis.asyncio``, or anything with ``run(script, keys, args)``: breakers of the
            same ``name``, in whatever process and language, then open, probe and close together. A closed one never
            waits for Redis; while Redis is away this one goes on alone (`attached`).
        clock: Times in seconds; default the machine's.
        random: Draws; default the ``random`` module.
        fields: ``failure_threshold`` (1 to 1 000 000), ``recovery_timeout``, ``monitoring_window`` (seconds),
            ``half_open_max_calls`` (1 to 32), ``consecutive_failures``, ``name``, or those of the rate shape.
            ``fallback_strategy`` says what a rejected call gets: a `CircuitOpenError` (``REJECT``, the default), what
            ``fallback(error)`` answers (``FALLBACK``), the last good value of the same ``key``, at most 5 minutes old,
            of at most 1 000 keys (``CACHE``), or a `Queued` after ``queue(call)`` took the call (``QUEUE``). A ``with``
            block cannot be replaced: there a rejection raises under every strategy.
            ``health_check={"probe": f, "interval": 30.0, "timeout": 5.0}`` calls ``f`` every so often while the breaker
            is open; unless it raises, answers ``False`` or takes longer, the next call is a probe already. It may be
            async, and never keeps a process alive.

    Raises:
        ConfigError: a field is unknown, out of range or of the wrong type.
    """

    __slots__ = ("__weakref__", "_fallback", "_gate")

    def __init__(
        self,
        config: Mapping[str, Any] | str | None = None,
        /,
        *,
        excluded: ErrorTest = (),
        is_failure: Callable[[Exception], object] | None = None,
        on_state_change: Callable[[StateChange], object] | None = None,
        snapshot: Mapping[str, Any] | None = None,
        shared: Any = None,
        clock: Clock | None = None,
        random: Random | None = None,
        **fields: Unpack[BreakerFields],
    ) -> None:
        given = fields_of("config", config, fields)
        test, judge = matcher("excluded", excluded), hook_of("is_failure", is_failure)
        self._gate = gate = Gate(given, test, judge, clock_of(clock), random_of(random), snapshot)
        self._fallback: Fallback | None = None
        if gate.core.fallback_strategy != "REJECT":
            from .fallback import fallback_of

            self._fallback = fallback_of(gate, field(given, "fallback"), field(given, "queue"))
        if (listener := hook_of("on_state_change", on_state_change)) is not None:
            gate.listeners.add("state_change", listener)
        if shared is not None:
            gate.share(shared)
        if gate.core.health_check is not None:
            from .health import HealthCheck

            gate.health = HealthCheck(gate, field(field(given, "health_check"), "probe"), *gate.core.health_check)
            gate.health.follow()

    @classmethod
    def rate(cls, **fields: Any) -> Self:
        """A breaker that opens when half of at least 20 calls within 30 s failed; every field can be
        changed."""
        return cls({"preset": "rate"}, **fields)

    @classmethod
    def preset(cls, name: str, /, **fields: Any) -> Self:
        """A breaker with the defaults of another library (``resilience4j``, ``gobreaker``, ``opossum``, ``cockatiel``,
        ``polly``, ``hystrix``) or of a shape (``threshold``, ``rate``); every field of its shape can be changed.

        Raises:
            ConfigError: the preset is unknown, or a field is not of its shape.
        """
        return cls(text("preset", name), **fields)

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

    @property
    def attached(self) -> bool:
        """Whether its state is shared now: it has a store, which has answered the last request."""
        return self._gate.shared is not None and self._gate.shared.attached

    @staticmethod
    def is_circuit_breaker_error(error: BaseException) -> bool:
        """Whether ``error`` is the rejection of a breaker, this one or another."""
        return errors.is_circuit_breaker_error(error)

    def stats(self) -> dict[str, int]:
        """What has been counted.

        In the window ``calls`` (without a rate rule failures only), ``failures`` and ``slow_calls``;
        ``consecutive_failures``, where that rule is on; ``probes`` in flight; and so far ``rejected`` calls, ``stale``
        results, and how often it ``opened``.
        """
        return self._gate.core.counters(self._gate.clock.now())

    def to_prometheus(self) -> str:
        """Its numbers in the text format of Prometheus: ``circuit_breaker_state{name,state}``,
        ``circuit_breaker_transitions_total{name,from,to}`` and ``circuit_breaker_rejections_total{name}``."""
        return _core.breakers_to_prometheus([(self.name, self._gate.core)])

    def isolate(self) -> Isolation:
        """Holds the breaker open (``FORCED_OPEN``) until what this answers is released, or its ``with`` block ends.

        Isolations are counted: the last release lets calls through again, with nothing remembered.
        """
        return Isolation(self._gate)

    def disable(self) -> None:
        """Turns the breaker off: every call passes, nothing is recorded."""
        self._set_mode("DISABLED")

    def monitor(self) -> None:
        """Turns the breaker into an observer: every call passes, and ``would_open`` tells when it would have opened."""
        self._set_mode("METRICS_ONLY")

    def enable(self) -> None:
        """Turns the breaker on again after `disable` or `monitor`: closed, with nothing remembered."""
        self._set_mode("NORMAL")

    def _set_mode(self, mode: str) -> None:
        if (change := self._gate.core.set_mode(mode)) is not None:
            self._gate.changed(change)

    def health(self, ok: bool) -> None:
        """Tells how a health check of your own went. A good one lets the next caller of an open breaker through as a
        probe at once, a bad one changes nothing."""
        self._gate.core.health(ok, self._gate.clock.now())

    def reset(self) -> None:
        """Begins anew: on, closed, with nothing remembered; results of calls under way count nowhere.

        Isolations stay, and it takes effect with the last release.
        """
        if (change := self._gate.core.reset()) is not None:
            self._gate.changed(change)

    def snapshot(self) -> dict[str, Any]:
        """The breaker's memory as plain data for JSON, to outlive the process; every time in it is relative to now.

        Probes and isolations are not in it, since those who hold them do not outlive the process.
        """
        import json

        data: dict[str, Any] = json.loads(self._gate.core.snapshot(self._gate.clock.now()))
        return data

    @classmethod
    def restore(
        cls, snapshot: Mapping[str, Any], config: Mapping[str, Any] | str | None = None, /, **options: Any
    ) -> Self:
        """A breaker that goes on where ``snapshot`` stopped. ``config`` and ``options`` are those of the constructor.

        What was half-open is open, and due; a window of another shape or length is not carried over.

        Raises:
            ConfigError: as the constructor; or ``snapshot`` is none of `snapshot`'s.
        """
        if snapshot is None:
            raise errors.ConfigError("snapshot", "None", "what `snapshot` answered")
        return cls(config, snapshot=snapshot, **options)

    if TYPE_CHECKING:

        @overload
        def on(self, event: Literal["state_change"], listener: Callable[[StateChange], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["reject"], listener: Callable[[Rejection], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["would_open"], listener: Callable[[BreakerNotice], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["stale"], listener: Callable[[BreakerNotice], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["fallback"], listener: Callable[[FallbackEvent], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["attached"], listener: Callable[[BreakerNotice], object]) -> Stop: ...
        @overload
        def on(self, event: Literal["detached"], listener: Callable[[Detachment], object]) -> Stop: ...

    def on(self, event: str, listener: Callable[[Any], object]) -> Stop:
        """Calls ``listener`` at each such event, in the thread that brought it about; answers how to stop.

        What a listener raises is logged, and hides nothing.
        """
        return self._gate.listeners.add(event, listener)

    def __call__(self, function: F) -> F:
        """Decorates a function, a method or an async function."""
        return self._decorate(function, None)

    def keyed(self, key: str | Callable[..., str | None]) -> Callable[[F], F]:
        """Decorates as ``@breaker`` does, and says which calls are the same, for ``CACHE`` and ``QUEUE``.

        ``key`` is a string, or a function of the call's own arguments. A call without a key is not kept.
        """
        return lambda function: self._decorate(function, key)

    def _decorate(self, function: F, key: Key) -> F:
        def guard(target: Callable[..., R]) -> Callable[..., R]:
            return self.guard(target, key=key)

        def guard_async(target: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
            return self.guard_async(target, key=key)

        decorated: F = decorate(function, guard, guard_async, "circuit breaker")
        return decorated

    def execute(self, function: Callable[[], R], /, *, key: str | None = None) -> R:
        """As `call`, for a function without arguments; ``key`` says which calls are the same."""
        guard: Callable[..., Any] = self.guard_async if is_async(callable_of("function", function)) else self.guard
        result: R = guard(function, key=key)()
        return result

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Calls ``function`` if the breaker lets it; with an async function, answers what to await.

        Raises:
            CircuitOpenError: the call was rejected.
        """
        guard: Callable[..., Any] = self.guard_async if is_async(callable_of("function", function)) else self.guard
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
            raise errors.ConfigError("outcome", repr(outcome), "one of " + ", ".join(OUTCOMES))
        if not isinstance(permit, Permit):
            raise wrong("permit", permit, "what `admit` answered")
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
        permit = await self._gate.admit_async()
        block.begin(self._gate, permit)
        return permit

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def guard(self, target: Callable[..., R], *, key: Key = None) -> Callable[..., R]:
        """``target`` with this breaker in front, as a bare function: `@breaker` keeps name and signature
        too."""
        if self._fallback is None:
            return guarded(self._gate, target)
        from .fallback import caught

        return caught(self._gate, self._fallback, target, key)

    def guard_async(self, target: Callable[..., Awaitable[R]], *, key: Key = None) -> Callable[..., Awaitable[R]]:
        """As `guard`, for a function that answers something to await."""
        if self._fallback is None:
            return guarded_async(self._gate, target)
        from .fallback import caught_async

        return caught_async(self._gate, self._fallback, target, key)

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state}>"
