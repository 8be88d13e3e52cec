"""Reading a `RetryConfig`: its fields under every name they have in Python."""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ReadableFields:
    """The fields of a configuration; those left open read as the kernel tasks' (3 attempts, 1.0 s to 30.0 s)."""

    __slots__ = ()

    spec: _core.RetrySpec
    ours: dict[str, Any]

    @property
    def max_attempts(self) -> int:
        """All attempts, the first included."""
        attempts: int = self._read("max_attempts")
        return attempts

    @property
    def strategy(self) -> str:
        """How the delay grows: ``fixed``, ``exponential``, ``linear``, ``fibonacci``, ``schedule`` or ``custom``."""
        strategy: str = self._read("strategy")
        return strategy

    @property
    def initial_delay(self) -> float:
        """Seconds before the first retry."""
        return float(self._read("initial_delay"))

    @property
    def max_delay(self) -> float:
        """The longest delay in seconds."""
        return float(self._read("max_delay"))

    @property
    def exponential_base(self) -> float:
        """By what the delay is multiplied from retry to retry."""
        return float(self._read("exponential_base"))

    @property
    def jitter(self) -> bool | str:
        """How delays are spread: ``False``, ``True`` (± `jitter_factor`), or another jitter's name."""
        return {"none": False, "deviation": True}.get(self.jitter_type, self.jitter_type)

    @property
    def jitter_type(self) -> str:
        """How delays are spread: ``none``, ``full``, ``equal``, ``decorrelated`` or ``deviation``."""
        name: str = self._read("jitter")
        return name

    @property
    def jitter_factor(self) -> float:
        """The fraction by which a delay varies with jitter ``deviation``."""
        return float(self._read("jitter_factor"))

    @property
    def attempt_timeout(self) -> float | None:
        """The limit of each attempt in seconds."""
        return self._seconds("attempt_timeout")

    @property
    def total_timeout(self) -> float | None:
        """The limit of the whole call in seconds."""
        return self._seconds("total_timeout")

    @property
    def max_retry_after(self) -> float:
        """The longest ``Retry-After`` that is waited for, in seconds."""
        return float(self._read("max_retry_after"))

    @property
    def retryable_errors(self) -> list[str] | None:
        """Kinds, codes and class names that alone are retried; none: what the table of kinds says."""
        listed: list[str] | None = self._read("retry_on")
        return listed

    @property
    def permanent_errors(self) -> list[str] | None:
        """Kinds, codes and class names that are never retried."""
        listed: list[str] | None = self._read("never_on")
        return listed

    @property
    def retryable_status_codes(self) -> list[int] | None:
        """HTTP statuses that alone are retried; none: what the table of statuses says."""
        listed: list[int] | None = self._read("retryable_status_codes")
        return listed

    @property
    def custom_conditions(self) -> tuple[Callable[[Exception, int], object], ...]:
        """Functions of an error and its attempt that must all agree to a retry."""
        return tuple(self.ours.get("custom_conditions", ()))

    @property
    def custom_backoff(self) -> Callable[[int, float], float] | None:
        """What computes delays with strategy ``custom``."""
        return self.ours.get("custom_backoff")

    @property
    def operation_name(self) -> str | None:
        """What the operation is called, if the configuration says so."""
        name: str | None = self._read("operation_name")
        return name

    @property
    def operation_type(self) -> str | None:
        """What type of operation it is, if the configuration says so."""
        name: str | None = self._read("operation_type")
        return name

    @property
    def tags(self) -> dict[str, str]:
        """What goes into dead letters, and ``service`` into log lines and metrics too."""
        tags: dict[str, str] = self._read("tags") or {}
        return tags

    @property
    def enable_circuit_breaker(self) -> bool:
        """Whether a breaker that is given is used."""
        return self._read("enable_circuit_breaker") is not False

    @property
    def enable_dead_letter(self) -> bool:
        """Whether a call that was given up becomes a dead letter."""
        return self._read("enable_dead_letter") is not False

    @property
    def dead_letter_handler(self) -> Callable[..., object] | None:
        """Who is told of dead letters."""
        return self.ours.get("dead_letter_handler")

    @property
    def dead_letter_store(self) -> Any:
        """Where dead letters are kept."""
        return self.ours.get("dead_letter_store")

    @property
    def enable_metrics(self) -> bool:
        """Whether calls are counted for Prometheus, if the program uses it."""
        return self._read("enable_metrics") is not False

    @property
    def enable_logging(self) -> bool:
        """Whether events are logged."""
        return self._read("enable_logging") is not False

    @property
    def log_level(self) -> str:
        """The least important event that is logged: ``debug``, ``info``, ``warning`` or ``error``."""
        level: str = self._read("log_level") or "info"
        return level

    @property
    def slot_count(self) -> int | None:
        """Into how many slots retries are spread."""
        count: int | None = self._read("slot_count")
        return count

    @property
    def slot_width(self) -> float | None:
        """How long a slot is, in seconds."""
        return self._seconds("slot_width")

    @property
    def coordination_enabled(self) -> bool:
        """Whether retries wait for their slot."""
        return self._read("coordination_enabled") is True

    @property
    def idempotency_ttl(self) -> float | None:
        """How long the key of the call is remembered, in seconds."""
        return self._seconds("idempotency_ttl")

    # The names of the advanced retry and the Q ecosystem.
    base_delay = initial_delay
    multiplier = exponential_base
    backoff_multiplier = exponential_base
    jitter_max_deviation = jitter_factor
    timeout = total_timeout

    def _seconds(self, field: str) -> float | None:
        value = self._read(field)
        return None if value is None else float(value)

    def _read(self, field: str) -> Any:
        filled = self.spec.filled_from(_core.RetrySpec.preset("kernel"))
        return filled.policy().fields().get(field)
