"""Every error this package raises. Code, status and advice come from the one table in core.

The fields of an error are its ``args``: building one costs no Python call (an open breaker may reject
millions of calls), and every error can be pickled.
"""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from .events import FailedAttempt


class OnceAgainError(Exception):
    """The base of every error of this package."""

    code: ClassVar[str]
    """The stable public name, the same in every language."""
    status_code: ClassVar[int]
    """The HTTP status a server would answer with."""
    retryable: ClassVar[bool]
    """Whether the same call may succeed later."""
    suggested_actions: ClassVar[tuple[str, ...]]
    """What whoever reads this error can do about it."""

    def __init_subclass__(cls) -> None:
        if "code" in cls.__dict__:
            cls.status_code, cls.retryable, actions = _core.describe_code(cls.code)
            cls.suggested_actions = tuple(actions)


class ConfigError(OnceAgainError, ValueError):
    """A configuration that never became a value."""

    code = "CONFIG_INVALID"

    @property
    def field(self) -> str:
        """The field as the caller wrote it."""
        field: str = self.args[0]
        return field

    @property
    def value(self) -> str:
        """What was given, rendered short."""
        value: str = self.args[1]
        return value

    @property
    def expected(self) -> str:
        """What is allowed, with unit and range."""
        expected: str = self.args[2]
        return expected

    def __str__(self) -> str:
        return f"{self.field}: got {self.value}, expected {self.expected}"


class MaxRetriesExceeded(OnceAgainError):  # noqa: N818 (the name of the kernel tasks)
    """The call was given up after retries. ``__cause__`` is the last failure."""

    code = "RETRY_EXHAUSTED"

    @property
    def operation(self) -> str:
        """The operation's name."""
        operation: str = self.args[0]
        return operation

    @property
    def attempts(self) -> int:
        """How many attempts were made, the first included."""
        attempts: int = self.args[1]
        return attempts

    @property
    def elapsed(self) -> float:
        """Seconds from the start of the call to its last failure."""
        elapsed: float = self.args[2]
        return elapsed

    @property
    def reason(self) -> str:
        """Why it was given up: ``exhausted``, ``deadline``, ``retry_after_too_long``, ``kind_limit`` or
        ``budget``."""
        reason: str = self.args[3]
        return reason

    @property
    def history(self) -> tuple[FailedAttempt, ...]:
        """The failed attempts, the first one first; of more than 1 000, the last 1 000."""
        history: tuple[FailedAttempt, ...] = self.args[4]
        return history

    def __str__(self) -> str:
        tried = "1 attempt" if self.attempts == 1 else f"{self.attempts} attempts"
        last = type(self.history[-1].error).__name__ if self.history else "unknown"
        return f"{self.operation} gave up ({self.reason}) after {tried} in {self.elapsed:.3f} s; last failure: {last}"


class AttemptTimeoutError(OnceAgainError, TimeoutError):
    """An attempt was cancelled because it took longer than its limit."""

    code = "TIMEOUT_ERROR"

    @property
    def limit(self) -> float:
        """The limit in seconds."""
        limit: float = self.args[0]
        return limit

    def __str__(self) -> str:
        return f"the attempt took longer than {self.limit:g} s"


class CircuitOpenError(OnceAgainError):
    """A circuit breaker did not let the call through."""

    code = "CIRCUIT_BREAKER_OPEN"

    @property
    def breaker(self) -> str:
        """The breaker's name."""
        breaker: str = self.args[0]
        return breaker

    @property
    def state(self) -> str:
        """The breaker's state: ``OPEN``, ``HALF_OPEN`` (all probes are out) or ``FORCED_OPEN``."""
        state: str = self.args[1]
        return state

    @property
    def retry_after(self) -> float:
        """Seconds until the breaker may let a call through."""
        retry_after: float = self.args[2]
        return retry_after

    def __str__(self) -> str:
        wait = f"; it may let a call through in {self.retry_after:.3f} s" if self.retry_after else ""
        return f"circuit breaker {self.breaker!r} is {self.state}{wait}"


class FingerprintError(OnceAgainError, ValueError):
    """A value that has no JSON form of its own, and so no fingerprint."""

    code = "CONFIG_INVALID"

    @property
    def pointer(self) -> str:
        """Where it stands, as a JSON Pointer; empty for the value itself."""
        pointer: str = self.args[0]
        return pointer

    @property
    def problem(self) -> str:
        """What is wrong with it, and what to do instead."""
        problem: str = self.args[1]
        return problem

    def __str__(self) -> str:
        return f"at {self.pointer!r}: {self.problem}" if self.pointer else self.problem


class IdempotencyError(OnceAgainError):
    """The base of what can be wrong with an idempotent call."""


class KeyInvalidError(IdempotencyError, ValueError):
    """An idempotency key is missing or malformed. The message never shows the key."""

    code = "IDEMPOTENCY_KEY_INVALID"

    def __str__(self) -> str:
        got, expected = self.args
        return f"got {got}, expected {expected}"


class KeyReusedError(IdempotencyError):
    """The key was used with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __str__(self) -> str:
        return "this key was used with another request"


class OutcomeUnknownError(IdempotencyError):
    """An earlier run under this key was cut off, and whether it took effect is not known. It is not run again."""

    code = "IDEMPOTENCY_OUTCOME_UNKNOWN"


class NotReplayableError(IdempotencyError):
    """The call was made, but what it returned was not kept. It is not run again."""

    code = "IDEMPOTENCY_NOT_REPLAYABLE"


class ReplayedError(IdempotencyError):
    """What an earlier call raised and was kept, where this process has no built-in exception of that name."""

    code = "IDEMPOTENCY_NOT_REPLAYABLE"

    @property
    def name(self) -> str:
        """The name of the exception's class."""
        name: str = self.args[0]
        return name

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.args[1]}"


class InProgressError(IdempotencyError):
    """The caller holds no claim on this key: it never had one, or lost it to another."""

    code = "IDEMPOTENCY_IN_PROGRESS"


class StoreFullError(IdempotencyError):
    """The store holds as many live records as it may."""

    code = "STORE_FULL"

    @property
    def retry_after(self) -> float:
        """Seconds until the first of them expires."""
        retry_after: float = self.args[0]
        return retry_after

    def __str__(self) -> str:
        return f"every record is alive and none may be dropped; one expires in {self.retry_after:.3f} s"


class StoreUnavailableError(IdempotencyError):
    """The store cannot be reached, or answers what no store answers."""

    code = "STORE_UNAVAILABLE"


def is_circuit_breaker_error(error: BaseException) -> bool:
    """Whether a circuit breaker refused the call, so that nothing was sent."""
    return isinstance(error, CircuitOpenError)
