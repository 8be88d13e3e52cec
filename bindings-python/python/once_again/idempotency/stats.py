"""Counts of what was done under keys, and who hears of what an operator should."""

from __future__ import annotations

from _thread import allocate_lock

from once_again import _log
from once_again._callables import hook_of
from once_again.errors import ConfigError
from once_again.events import Fields, IdempotencyNotice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from once_again import _core
    from once_again._clock import SystemClock
    from once_again._types import Clock

OPTIONS = ("counters", "on_unprotected", "on_lost_completion")


class IdempotencyStats(Fields):
    """What was done under keys so far. Rates and averages are 0 while there is nothing to divide."""

    __slots__ = (
        "active",
        "average_processing_time",
        "cache_hit_rate",
        "duplicate_rate",
        "duplicates",
        "lost_completions",
        "total_operations",
        "unprotected",
    )

    def __init__(
        self,
        total_operations: int,
        duplicates: int,
        hits: int,
        processing: float,
        active: int,
        unprotected: int,
        lost_completions: int,
    ) -> None:
        total = total_operations or 1
        self.total_operations = total_operations
        """Operations that have ended, however they did."""
        self.duplicates = duplicates
        """Operations that had been begun before: answered from a record, or refused as theirs had no answer to give."""
        self.duplicate_rate = duplicates / total
        """Of all operations, from 0 to 1."""
        self.cache_hit_rate = hits / total
        """Operations that were answered from a record, of all: from 0 to 1."""
        self.average_processing_time = processing / total
        """Seconds from the claim to the answer, waits included. What a record in this process's own memory answers at
        once counts as 0."""
        self.active = active
        """Operations under way."""
        self.unprotected = unprotected
        """Operations that ran without a record, because the store was away or full and the options let them. A
        repetition runs again."""
        self.lost_completions = lost_completions
        """Operations whose answer left before, or without, the confirmation that it is recorded. A repetition may run
        again."""


class IdempotencyCounters:
    """Where operations are counted: given as ``counters=`` to as many middlewares and functions as are to be counted
    together. Threads share it freely, with a GIL or without: a lock guards it, twice for an operation."""

    __slots__ = (
        "_at_once",
        "_begun",
        "_duplicates",
        "_ended",
        "_hits",
        "_lock",
        "_lost",
        "_processing",
        "_unprotected",
    )

    def __init__(self) -> None:
        self._lock = allocate_lock()
        # Whole operations that were replays; what else is counted does not hold them.
        self._at_once = 0
        self._begun = self._ended = self._duplicates = self._hits = self._unprotected = self._lost = 0
        self._processing = 0.0

    def stats(self) -> IdempotencyStats:
        """The counts so far."""
        with self._lock:
            return IdempotencyStats(
                self._ended + self._at_once,
                self._duplicates + self._at_once,
                self._hits + self._at_once,
                self._processing,
                self._begun - self._ended,
                self._unprotected,
                self._lost,
            )


class Watch:
    """Counts the operations of one middleware or function, and tells of those that an operator should hear of."""

    __slots__ = ("_clock", "_on_lost", "_on_unprotected", "counters")

    def __init__(self, options: Mapping[str, Any], clock: Clock | SystemClock) -> None:
        """
        Raises:
            ConfigError: one of `OPTIONS` is of the wrong type.
        """
        given = options.get("counters")
        if given is not None and not isinstance(given, IdempotencyCounters):
            raise ConfigError("counters", f"an object of type {type(given).__name__}", "IdempotencyCounters()")
        self.counters = IdempotencyCounters() if given is None else given
        self._on_unprotected = hook_of("on_unprotected", options.get("on_unprotected"))
        self._on_lost = hook_of("on_lost_completion", options.get("on_lost_completion"))
        self._clock = clock

    def begun(self) -> float:
        """An operation has begun; answers when."""
        counters = self.counters
        with counters._lock:
            counters._begun += 1
        return self._clock.now()

    def ended(self, began: float) -> None:
        """The answer of the operation that began then may leave, or nobody waits for it any more."""
        counters, took = self.counters, self._clock.now() - began
        with counters._lock:
            counters._ended += 1
            counters._processing += took

    def met(self, step: _core.Step) -> None:
        """A claim that was not granted: the answer is a replay or a refusal."""
        if step.duplicate:
            counters, hit = self.counters, step.action == "replay"
            with counters._lock:
                counters._duplicates += 1
                counters._hits += hit

    def replayed_at_once(self) -> None:
        """A whole operation: its claim was answered with what an earlier one came to."""
        counters = self.counters
        with counters._lock:
            counters._at_once += 1

    def answered_at_once(self, step: _core.Step) -> None:
        """A whole operation: its claim was answered with ``step``."""
        if step.action == "replay":
            self.replayed_at_once()
            return
        self.met(step)
        with self.counters._lock:
            self.counters._begun += 1
            self.counters._ended += 1

    def unprotected(self, key: str, reason: str) -> None:
        """The work runs without a record."""
        with self.counters._lock:
            self.counters._unprotected += 1
        self._tell(_log.WARNING, "unprotected", self._on_unprotected, IdempotencyNotice(key, reason))

    def lost(self, key: str, reason: str) -> None:
        """The answer leaves without the confirmation that it is recorded."""
        with self.counters._lock:
            self.counters._lost += 1
        self._tell(_log.ERROR, "lost_completion", self._on_lost, IdempotencyNotice(key, reason))

    def _tell(
        self, level: int, event: str, hook: Callable[[IdempotencyNotice], object] | None, notice: IdempotencyNotice
    ) -> None:
        if (logger := _log.listening(level, None)) is not None:
            # Without the key: it may say who pays for what.
            fields = {"event": event, "reason": notice.reason}
            _log.quietly(_log.write, logger, level, self._clock.wall_now(), fields)
        if hook is not None:
            _log.quietly(hook, notice)
