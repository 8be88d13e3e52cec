"""The circuit breaker: asks core before a call, tells it afterwards, and holds no lock in between.

A closed breaker is not even asked: core publishes the epoch in which everyone may call, and whether a success
would change anything. So a call that succeeds while all is well costs two attribute reads.
"""

from __future__ import annotations

from contextvars import ContextVar

from . import _core, _log
from ._callables import decorate, hook_of, is_async
from ._classify import matcher
from ._clock import clock_of, random_of
from .errors import CircuitOpenError, ConfigError
from .events import StateChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType
    from typing import Any, Literal, ParamSpec, TypeVar

    from typing_extensions import Self, Unpack

    from ._types import BreakerFields, Clock, ErrorTest, Random

    P = ParamSpec("P")
    R = TypeVar("R")
    F = TypeVar("F", bound=Callable[..., Any])
    Outcome = Literal["success", "failure", "ignored", "abandoned"]

# Core's numbers for how a call ended.
_SUCCESS, _FAILURE, _IGNORED, _ABANDONED = range(4)
_OUTCOMES = {
    "success": _SUCCESS,
    "failure": _FAILURE,
    "ignored": _IGNORED,
    "abandoned": _ABANDONED,
}


class Permit:
    """The right to make one call, from `CircuitBreaker.admit`; settle it once, with
    `CircuitBreaker.settle`."""

    __slots__ = ("_numbers", "_started", "_uses")

    def __init__(self, numbers: tuple[int, int, int], started: float) -> None:
        self._numbers = numbers
        self._started = started
        # Core remembers which probes were settled; calls of a closed breaker are all alike to it. Popped by
        # whoever settles: of two threads, one gets it.
        self._uses = None if numbers[1] else [numbers]

    @property
    def epoch(self) -> int:
        """In which epoch of the breaker it was given; a result of another epoch changes nothing."""
        return self._numbers[0]

    def _is_used(self) -> bool:
        """Takes its single use; true when somebody else did."""
        if self._uses is None:
            return False
        try:
            self._uses.pop()
        except IndexError:
            return True
        return False


class _Gate:
    """What core publishes of a breaker; see `_core.Breaker`."""

    __slots__ = ("closed", "quiet")

    closed: int
    quiet: bool


class _Entry:
    """A `with` block of a breaker that has not ended, and the ones around it."""

    __slots__ = ("around", "breaker", "permit")

    def __init__(self, breaker: CircuitBreaker, permit: Permit, around: _Entry | None) -> None:
        self.breaker = breaker
        self.permit = permit
        self.around = around


# One variable for all breakers: a context keeps every variable that was ever set in it alive.
_entered: ContextVar[_Entry | None] = ContextVar("once_again.breaker", default=None)


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

    __slots__ = (
        "__weakref__",
        "_clock",
        "_core",
        "_excluded",
        "_fallback",
        "_gate",
        "_listeners",
        "_random",
        "name",
    )

    name: str
    """The name in errors, events and log lines."""

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
        self._gate = _Gate()
        self._core = _core.Breaker(given, self._gate)
        strategy = self._core.fallback_strategy
        if strategy not in ("REJECT", "FALLBACK"):
            raise ConfigError("fallback_strategy", repr(strategy), "REJECT or FALLBACK")
        if given.get("health_check") is not None:
            raise ConfigError(
                "health_check",
                "a probe",
                "nothing: here the first call after the wait is the probe",
            )
        self.name = self._core.name or "default"
        self._fallback: Callable[[CircuitOpenError], Any] | None = given.get("fallback")
        self._excluded = matcher("excluded", excluded)
        listener = hook_of("on_state_change", on_state_change)
        self._listeners = () if listener is None else (listener,)
        self._clock = clock_of(clock)
        self._random = random_of(random)

    @classmethod
    def rate(cls, **fields: Any) -> Self:
        """A breaker that opens when half of at least 20 calls within 30 s failed; every field can be
        changed."""
        return cls({"preset": "rate"}, **fields)

    @property
    def state(self) -> str:
        """``CLOSED``, ``OPEN``, ``HALF_OPEN``, ``FORCED_OPEN``, ``DISABLED`` or ``METRICS_ONLY``.

        An open breaker stays ``OPEN`` until the first call after its wait.
        """
        return self._core.state

    def is_open(self) -> bool:
        """Whether it rejects calls until some time has passed or an operator lets go."""
        return self._core.state in ("OPEN", "FORCED_OPEN")

    def counters(self) -> dict[str, int]:
        """What has been counted: calls, failures and slow calls in the window, rejected, stale, opened…"""
        return self._core.counters(self._clock.now())

    def add_listener(self, listener: Callable[[StateChange], object]) -> None:
        """Calls ``listener`` with a `StateChange` after each one, in the thread that caused it."""
        self._listeners = (*self._listeners, hook_of("listener", listener))

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
        now = self._clock.now()
        if epoch := self._gate.closed:
            return Permit((epoch, 0, 0), now)
        epoch, kind, seq, state, retry_after, change = self._core.admit(now)
        if change is not None:
            self._tell(change)
        if not epoch:
            raise CircuitOpenError(self.name, state, retry_after)
        return Permit((epoch, kind, seq), now)

    def settle(self, permit: Permit, outcome: Outcome, duration: float | None = None) -> str:
        """Tells how a permitted call ended: ``counted``, ``stale`` (of an earlier epoch) or ``duplicate``.

        ``duration`` in seconds; default: the time since `admit`.
        """
        number = _OUTCOMES.get(outcome)
        if number is None:
            raise ConfigError("outcome", repr(outcome), "one of " + ", ".join(_OUTCOMES))
        if permit._is_used():
            return "duplicate"
        return self._settle(permit._numbers, number, permit._started, duration)

    def __enter__(self) -> Permit:
        permit = self.admit()
        _entered.set(_Entry(self, permit, _entered.get()))
        return permit

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        permit = self._leave()
        if not permit._is_used():
            self._settle(permit._numbers, self._outcome(error), permit._started)

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
        gate, clock, timed = self._gate, self._clock, self._core.timed
        admit, fallback = self._core.admit, self._fallback

        def guarded(*args: Any, **kwargs: Any) -> R:
            epoch, kind, seq = gate.closed, 0, 0
            if not epoch:
                epoch, kind, seq, state, retry_after, change = admit(clock.now())
                if change is not None:
                    self._tell(change)
                if not epoch:
                    if fallback is None:
                        raise CircuitOpenError(self.name, state, retry_after)
                    fallen: R = fallback(CircuitOpenError(self.name, state, retry_after))
                    return fallen
            started = clock.now() if timed else 0.0
            try:
                result = target(*args, **kwargs)
            except BaseException as error:
                self._settle((epoch, kind, seq), self._outcome(error), started)
                raise
            if kind or not gate.quiet:
                self._settle((epoch, kind, seq), _SUCCESS, started)
            return result

        return guarded

    def guard_async(self, target: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
        """As `guard`, for a function that answers something to await."""
        gate, clock, timed = self._gate, self._clock, self._core.timed
        admit, fallback = self._core.admit, self._fallback

        async def guarded(*args: Any, **kwargs: Any) -> R:
            epoch, kind, seq = gate.closed, 0, 0
            if not epoch:
                epoch, kind, seq, state, retry_after, change = admit(clock.now())
                if change is not None:
                    self._tell(change)
                if not epoch:
                    if fallback is None:
                        raise CircuitOpenError(self.name, state, retry_after)
                    answer: Any = fallback(CircuitOpenError(self.name, state, retry_after))
                    fallen: R = await answer if hasattr(answer, "__await__") else answer
                    return fallen
            started = clock.now() if timed else 0.0
            try:
                result = await target(*args, **kwargs)
            except BaseException as error:
                self._settle((epoch, kind, seq), self._outcome(error), started)
                raise
            if kind or not gate.quiet:
                self._settle((epoch, kind, seq), _SUCCESS, started)
            return result

        return guarded

    def _outcome(self, error: BaseException | None) -> int:
        if error is None:
            return _SUCCESS
        try:
            if self._excluded(error):
                return _IGNORED
        except Exception:
            _log.complain(self._excluded)
        # What is no Exception ends the call without a result: cancellation, an interrupt, the program's exit.
        return _FAILURE if isinstance(error, Exception) else _ABANDONED

    def _settle(
        self,
        permit: tuple[int, int, int],
        outcome: int,
        started: float,
        duration: float | None = None,
    ) -> str:
        now = self._clock.now()
        took = now - started if duration is None else duration
        verdict, change = self._core.settle(*permit, outcome, took, now, self._random.getrandbits(32))
        if change is not None:
            self._tell(change)
        return verdict

    def _leave(self) -> Permit:
        """Takes this breaker's innermost open `with` block off the stack of its task or thread."""
        inner, entry = [], _entered.get()
        while entry is not None and entry.breaker is not self:
            inner.append(entry)
            entry = entry.around
        if entry is None:
            raise RuntimeError("a circuit breaker's `with` block must end in the task or thread that began it")
        rest = entry.around
        for other in reversed(inner):
            rest = _Entry(other.breaker, other.permit, rest)
        _entered.set(rest)
        return entry.permit

    def _tell(self, change: tuple[str, str]) -> None:
        if (logger := _log.listening(_log.INFO, None)) is not None:
            fields = {
                "event": "breaker_state_change",
                "breaker": self.name,
                "from": change[0],
                "to": change[1],
            }
            _log.write(logger, _log.INFO, self._clock.wall_now(), fields)
        for listener in self._listeners:
            _log.quietly(listener, StateChange(self.name, *change))

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.name!r} {self.state}>"
