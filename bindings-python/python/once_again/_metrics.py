"""The retry policy standards' metrics, in prometheus_client's default registry once the program has imported it."""

from __future__ import annotations

import sys
from _thread import allocate_lock

from . import _log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
# More operations than these are counted as one: names made at run time must not fill the memory.
_MOST_OPERATIONS = 1_000
_OTHER = "other"
# More attempts than these are counted as one.
_MOST_ATTEMPTS = 100

_lock = allocate_lock()
_metrics: RetryMetrics | None = None
_failed = False


class RetryMetrics:
    """Counters and a histogram, by service and operation."""

    def __init__(self, prometheus: Any) -> None:
        labels = ("service", "operation")
        counter = prometheus.Counter
        self._known: set[tuple[str, str]] = set()
        self._attempts = counter("retry_attempts_total", "Attempts that ended.", (*labels, "attempt"))
        self._success = counter("retry_success_total", "Calls that succeeded.", (*labels, "attempts_needed"))
        self._failure = counter("retry_failure_total", "Calls that were given up.", (*labels, "error_type"))
        self._unsaved = counter("retry_checkpoint_failures_total", "Checkpoints that could not be saved.", labels)
        self._dead = counter("dead_letters_total", "Calls that became dead letters.", ("operation",))
        self._duration = prometheus.Histogram(
            "retry_duration_seconds", "How long calls took, waits included.", labels, buckets=_BUCKETS
        )

    def attempt(self, service: str | None, operation: str, attempt: int) -> None:
        """One attempt ended."""
        self._attempts.labels(*self._labels(service, operation), _number(attempt)).inc()

    def success(self, service: str | None, operation: str, attempts: int, elapsed: float) -> None:
        """The call succeeded."""
        labels = self._labels(service, operation)
        self._success.labels(*labels, _number(attempts)).inc()
        self._duration.labels(*labels).observe(elapsed)

    def failure(self, service: str | None, operation: str, kind: str, elapsed: float) -> None:
        """The call was given up."""
        labels = self._labels(service, operation)
        self._failure.labels(*labels, kind).inc()
        self._duration.labels(*labels).observe(elapsed)

    def unsaved(self, service: str | None, operation: str) -> None:
        """A checkpoint could not be saved."""
        self._unsaved.labels(*self._labels(service, operation)).inc()

    def dead_letter(self, service: str | None, operation: str) -> None:
        """The call became a dead letter."""
        self._dead.labels(self._labels(service, operation)[1]).inc()

    def _labels(self, service: str | None, operation: str) -> tuple[str, str]:
        """The labels of an operation; an empty one is Prometheus' own word for none."""
        labels = (service or "", operation)
        if labels not in self._known:
            if len(self._known) >= _MOST_OPERATIONS:
                return (_OTHER, _OTHER)
            self._known.add(labels)
        return labels


def current() -> RetryMetrics | None:
    """The metrics, if the program imported prometheus_client."""
    if _metrics is not None:
        return _metrics
    prometheus = sys.modules.get("prometheus_client")
    # Another thread may be in the middle of importing it.
    return None if prometheus is None or not hasattr(prometheus, "Histogram") else _registered(prometheus)


def _registered(prometheus: Any) -> RetryMetrics | None:
    global _metrics, _failed
    with _lock:
        if _metrics is None and not _failed:
            try:
                _metrics = RetryMetrics(prometheus)
            except ValueError:
                # Somebody else's metrics have these names.
                _failed = True
                _log.complain(RetryMetrics)
    return _metrics


def _number(attempt: int) -> str:
    return str(attempt) if attempt <= _MOST_ATTEMPTS else _OTHER
