"""What the clients of this process have done so far."""

from __future__ import annotations

from collections import Counter
from threading import Lock

from once_again.errors import CircuitOpenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COMMON = 10
# Codes are few, but a caller's own functions may raise errors of any code.
_MOST_CODES = 1_000


class Stats:
    """Counts of operations. Rates and averages are 0 while there is nothing to divide; times are seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._by_attempt: Counter[int] = Counter()
        self._kinds: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()

    def retried(self, kind: str, seconds: float) -> None:
        """A failed attempt is followed by another after so many seconds."""
        with self._lock:
            self._counts["retries"] += 1
            self._times["waited"] += seconds  # type: ignore[assignment]
            self._kinds[kind] += 1

    def gave_up(self, kind: str) -> None:
        """An operation was given up."""
        with self._lock:
            self._kinds[kind] += 1

    def ended(self, attempts: int, elapsed: float, error: BaseException | None) -> None:
        """An operation has ended; without an ``error`` it succeeded."""
        with self._lock:
            self._counts["operations"] += 1
            self._counts["attempts"] += attempts
            self._times["elapsed"] += elapsed  # type: ignore[assignment]
            self._by_attempt[attempts] += 1
            if error is None:
                self._counts["succeeded"] += 1
                return
            self._counts["rejected"] += isinstance(error, CircuitOpenError)
            code = str(getattr(error, "code", "UNKNOWN"))
            if code in self._codes or len(self._codes) < _MOST_CODES:
                self._codes[code] += 1

    def began(self) -> None:
        """A keyed operation has begun."""
        with self._lock:
            self._counts["active"] += 1

    def settled(self, elapsed: float, duplicate: bool, hit: bool) -> None:
        """A keyed operation has ended."""
        with self._lock:
            self._counts["active"] -= 1
            self._counts["keyed"] += 1
            self._times["processing"] += elapsed  # type: ignore[assignment]
            self._counts["duplicates"] += duplicate
            self._counts["hits"] += hit

    def retries(self) -> dict[str, Any]:
        """What `ClientFactory.get_global_retry_stats` answers."""
        with self._lock:
            counts = self._counts
            operations = counts["operations"]
            return {
                "total_operations": operations,
                "successful_operations": counts["succeeded"],
                "failed_operations": operations - counts["succeeded"],
                "total_attempts": counts["attempts"],
                "success_rate": _per(counts["succeeded"], operations),
                "average_attempts": _per(counts["attempts"], operations),
                "average_duration": _per(self._times["elapsed"], operations),
                "average_backoff": _per(self._times["waited"], counts["retries"]),
                "by_attempt": dict(self._by_attempt),
                "by_error_type": dict(self._kinds),
                "most_common_errors": [
                    {"error": code, "count": count} for code, count in self._codes.most_common(_COMMON)
                ],
                "circuit_breaker_rejections": counts["rejected"],
            }

    def idempotency(self) -> dict[str, Any]:
        """What `ClientFactory.get_global_idempotency_stats` answers."""
        with self._lock:
            counts = self._counts
            keyed = counts["keyed"]
            return {
                "total_operations": keyed,
                "duplicates": counts["duplicates"],
                "duplicate_rate": _per(counts["duplicates"], keyed),
                "cache_hit_rate": _per(counts["hits"], keyed),
                "average_processing_time": _per(self._times["processing"], keyed),
                "active": counts["active"],
            }


def _per(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


global_stats = Stats()
"""Of all clients of this process."""
