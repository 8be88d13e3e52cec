"""Records in the memory of this process."""

from __future__ import annotations

import json
from random import getrandbits
from typing import TYPE_CHECKING, Any

from once_again import _core
from once_again._clock import clock_of

from .store import op_text, reply_of
from .sweeps import SWEEP, Sweeps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from once_again._types import Clock, Seconds


class MemoryStore:
    """Records in the memory of this process: fast, bounded, gone with the process. Threads share it freely.

    When it is full it refuses new records and drops nothing that is alive. Expiry is exact without a timer; what has
    expired is taken away by later calls, so there is no thread.

    Args:
        max_records: At most so many records; default 10 000, unless ``max_bytes`` alone is given.
        max_bytes: At most about so many bytes; default 256 MiB.
        when_full: ``refuse`` (default), or ``evictCompleted``: the record that was completed first makes room.
        cleanup_interval: Seconds between two sweeps; default five minutes.
        clock: Times in seconds; default the machine's.

    Raises:
        ConfigError: a bound is out of range or of the wrong type.
    """

    blocks = False
    """An operation waits for nothing outside this process, so that an event loop may do it itself."""

    def __init__(
        self,
        *,
        max_records: int | None = None,
        max_bytes: int | None = None,
        when_full: Literal["refuse", "evictCompleted"] | None = None,
        cleanup_interval: Seconds | None = None,
        clock: Clock | None = None,
    ) -> None:
        bounds = {
            "max_records": max_records,
            "max_bytes": max_bytes,
            "when_full": when_full,
            "cleanup_interval": cleanup_interval,
        }
        self._core = _core.MemoryStore(bounds, getrandbits(64))
        self._clock = clock_of(clock)
        self._sweeps = Sweeps(self._core.cleanup_interval, self._clock.wall_now())

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation atomically.

        Raises:
            ConfigError: ``op`` is none.
        """
        return self._do(op, self._swept())

    def stats(self) -> dict[str, Any]:
        """What it holds: ``records``, ``inProgress``, ``completed``, ``bytes``; and ``evicted``, ``expired``,
        ``refused`` since it was made.
        """
        shown: dict[str, Any] = json.loads(self._core.stats())
        return shown

    def _swept(self) -> float:
        """The time, after a sweep if one is due."""
        now = self._clock.wall_now()
        if now >= self._sweeps.at:
            self._sweeps.begins(now)
            self._do(SWEEP, now)
        return now

    def _do(self, op: Mapping[str, Any], now: float) -> dict[str, Any]:
        return reply_of(*self._core.apply(*op_text(op), now))
