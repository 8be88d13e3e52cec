"""When a store takes away what has expired: within its own calls, so that there is no thread."""

from __future__ import annotations

from typing import Any

# At most so many records in one sweep, so that no single call pays for all of them.
SWEEP: dict[str, Any] = {"op": "sweep", "limit": 1_000}


class Sweeps:
    """The sweeps of one store, each an interval after the one before. Times are seconds."""

    __slots__ = ("_interval", "at")

    def __init__(self, interval: float, now: float) -> None:
        self._interval = interval
        self.at = now + interval
        """When the next one is due."""

    def begins(self, now: float) -> None:
        """One begins, at the latest before anybody else looks whether it is due."""
        self.at = now + self._interval
