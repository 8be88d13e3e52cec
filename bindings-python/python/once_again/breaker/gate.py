"""A breaker's gate: the two questions it asks core, and who hears of the answers.

A closed breaker is not even asked: core publishes the epoch in which everyone may call, and whether a success
would change anything. So a call that succeeds while all is well costs two attribute reads.
"""

from __future__ import annotations

from once_again import _core, _log
from once_again.errors import CircuitOpenError
from once_again.events import StateChange

from .permit import ABANDONED, FAILURE, IGNORED, SUCCESS, Permit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from once_again._clock import SystemClock, SystemRandom
    from once_again._types import Clock, Random


class Published:
    """What core publishes of a breaker; see `_core.Breaker`. Apart from the gate, which holds core: Python's collector
    does not see through core's object."""

    __slots__ = ("closed", "quiet")

    closed: int
    quiet: bool


class Gate:
    """One breaker's way to core."""

    __slots__ = ("_excluded", "_random", "clock", "core", "listeners", "name", "published")

    def __init__(
        self,
        fields: Mapping[str, Any],
        excluded: Callable[[BaseException], object],
        clock: Clock | SystemClock,
        random: Random | SystemRandom,
    ) -> None:
        self.published = Published()
        self.core = _core.Breaker(fields, self.published)
        self.name = self.core.name or "default"
        self.clock = clock
        self.listeners: tuple[Callable[[StateChange], object], ...] = ()
        self._excluded = excluded
        self._random = random

    def admit(self) -> Permit:
        """A permit for one call.

        Raises:
            CircuitOpenError: the call must not be made.
        """
        now = self.clock.now()
        if epoch := self.published.closed:
            return Permit((epoch, 0, 0), now)
        epoch, kind, seq, state, retry_after, change = self.core.admit(now)
        if change is not None:
            self.tell(change)
        if not epoch:
            raise CircuitOpenError(self.name, state, retry_after)
        return Permit((epoch, kind, seq), now)

    def settle(
        self,
        permit: tuple[int, int, int],
        outcome: int,
        started: float,
        duration: float | None = None,
    ) -> str:
        """Tells how the call of a permit ended, and answers what became of that."""
        now = self.clock.now()
        took = now - started if duration is None else duration
        verdict, change = self.core.settle(*permit, outcome, took, now, self._random.getrandbits(32))
        if change is not None:
            self.tell(change)
        return verdict

    def outcome(self, error: BaseException | None) -> int:
        """How a call that ended with ``error`` counts."""
        if error is None:
            return SUCCESS
        try:
            if self._excluded(error):
                return IGNORED
        except Exception:
            _log.complain(self._excluded)
        # What is no Exception ends the call without a result: cancellation, an interrupt, the program's exit.
        return FAILURE if isinstance(error, Exception) else ABANDONED

    def tell(self, change: tuple[str, str]) -> None:
        """Tells everybody of a change of state."""
        if (logger := _log.listening(_log.INFO, None)) is not None:
            fields = {"event": "breaker_state_change", "breaker": self.name, "from": change[0], "to": change[1]}
            _log.write(logger, _log.INFO, self.clock.wall_now(), fields)
        for listener in self.listeners:
            _log.quietly(listener, StateChange(self.name, *change))
