"""What hooks are told, and what an exhausted call remembers."""

from __future__ import annotations


class Fields:
    """Shows its slots, and is equal to another of its class with the same values."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class FailedAttempt(Fields):
    """One failed attempt of a call that was given up."""

    __slots__ = ("attempt", "delay", "elapsed", "error", "kind")

    def __init__(
        self,
        attempt: int,
        error: Exception,
        kind: str,
        delay: float | None,
        elapsed: float,
    ) -> None:
        self.attempt = attempt
        """Its number, from 1."""
        self.error = error
        """What it raised."""
        self.kind = kind
        """What kind of failure that was: ``Network``, ``Timeout``, ``Unknown``…"""
        self.delay = delay
        """Seconds waited after it; none after the last."""
        self.elapsed = elapsed
        """Seconds from the start of the call to this failure."""


class RetryEvent(Fields):
    """An attempt failed, and another follows (``delay``) or none (``reason``)."""

    __slots__ = (
        "attempt",
        "delay",
        "elapsed",
        "error",
        "kind",
        "operation",
        "reason",
        "service",
    )

    def __init__(
        self,
        operation: str,
        service: str | None,
        attempt: int,
        error: Exception,
        kind: str,
        delay: float | None,
        elapsed: float,
        reason: str | None,
    ) -> None:
        self.operation = operation
        self.service = service
        self.attempt = attempt
        """The attempt that failed, from 1."""
        self.error = error
        self.kind = kind
        self.delay = delay
        """Seconds until the next attempt; none when there is none."""
        self.elapsed = elapsed
        """Seconds from the start of the call to this failure."""
        self.reason = reason
        """Why the call was given up: ``not_retryable``, ``exhausted``, ``deadline``…; none before a retry."""


class SuccessEvent(Fields):
    """A call succeeded, at its first attempt or a later one."""

    __slots__ = ("attempts", "elapsed", "operation", "service")

    def __init__(self, operation: str, service: str | None, attempts: int, elapsed: float) -> None:
        self.operation = operation
        self.service = service
        self.attempts = attempts
        """How many attempts it took, the successful one included."""
        self.elapsed = elapsed
        """Seconds from the start of the call to its success."""


class StateChange(Fields):
    """A circuit breaker went from one state to another."""

    __slots__ = ("breaker", "from_state", "to_state")

    def __init__(self, breaker: str, from_state: str, to_state: str) -> None:
        self.breaker = breaker
        """Its name."""
        self.from_state = from_state
        """``CLOSED``, ``OPEN``, ``HALF_OPEN``…"""
        self.to_state = to_state


class Rejection(Fields):
    """A circuit breaker did not let a call through."""

    __slots__ = ("breaker", "retry_after", "state")

    def __init__(self, breaker: str, state: str, retry_after: float) -> None:
        self.breaker = breaker
        """Its name."""
        self.state = state
        """``OPEN``, ``HALF_OPEN`` (all probes are out) or ``FORCED_OPEN``."""
        self.retry_after = retry_after
        """Seconds until it may let a call through; 0 where that is not known."""


class BreakerNotice(Fields):
    """Something happened to a circuit breaker of this name."""

    __slots__ = ("breaker",)

    def __init__(self, breaker: str) -> None:
        self.breaker = breaker
        """Its name."""


class Detachment(Fields):
    """The Redis that a circuit breaker shares its state in does not answer: it goes on alone. Told once each time."""

    __slots__ = ("breaker", "error")

    def __init__(self, breaker: str, error: Exception | None) -> None:
        self.breaker = breaker
        """Its name."""
        self.error = error
        """What the client raised, or a ``TimeoutError``."""


class FallbackEvent(Fields):
    """A rejected call got something else instead of an error."""

    __slots__ = ("breaker", "key", "stale", "strategy")

    def __init__(self, breaker: str, strategy: str, stale: bool, key: str | None) -> None:
        self.breaker = breaker
        """The breaker's name."""
        self.strategy = strategy
        """``CACHE``, ``FALLBACK`` or ``QUEUE``."""
        self.stale = stale
        """Whether the value is an old one."""
        self.key = key
        """The key of the call, if it has one."""


class IdempotencyNotice(Fields):
    """An operation runs without a record, or the record of its answer is not confirmed: a repetition may run again."""

    __slots__ = ("key", "reason")

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        """Of a request the key as the client sent it, or ``derived:`` and a digest; of a function the digest that its
        call is filed under."""
        self.reason = reason
        """``store unavailable``, ``store full``; ``not confirmed in time``, ``not confirmed``, ``claim lost``."""
