"""A breaker's gate: the two questions it asks core, and who hears of the answers.

A closed breaker is not even asked: core publishes the epoch in which everyone may call, and whether a success
would change anything. So a call that succeeds while all is well costs two attribute reads.
"""

from __future__ import annotations

from once_again import _core, _log
from once_again.errors import CircuitOpenError, ConfigError
from once_again.events import BreakerNotice, Detachment, FallbackEvent, Rejection, StateChange

from .events import Listeners
from .permit import ABANDONED, FAILURE, IGNORED, SUCCESS, Permit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from once_again._clock import SystemClock, SystemRandom
    from once_again._types import Clock, Random

    from .health import HealthCheck
    from .shared import Shared

    # The numbers of a permit, of which the first is nothing when the call must not be made; the state, after how many
    # seconds to come back, and from what state to what the breaker went.
    Admission = tuple[Any, int, int, str, Any, tuple[str, str] | None]


class Published:
    """What core publishes of a breaker; see `_core.Breaker`. Apart from the gate, which holds core: Python's collector
    does not see through core's object."""

    __slots__ = ("closed", "quiet")

    closed: int
    quiet: bool


class Gate:
    """One breaker's way to core, and from there to its listeners."""

    __slots__ = (
        "__weakref__",
        "_excluded",
        "_is_failure",
        "_random",
        "_settle",
        "ask",
        "ask_async",
        "clock",
        "core",
        "health",
        "listeners",
        "name",
        "published",
        "shared",
    )

    def __init__(
        self,
        fields: Mapping[str, Any],
        excluded: Callable[[BaseException], object],
        is_failure: Callable[[Exception], object] | None,
        clock: Clock | SystemClock,
        random: Random | SystemRandom,
        snapshot: Mapping[str, Any] | None,
    ) -> None:
        self.published = Published()
        self.core = _core.Breaker(fields, self.published, _text(snapshot), clock.now())
        self.ask: Callable[[float], Admission] = self.core.admit
        self.ask_async: Callable[[float], Admission] = self.core.admit
        self._settle: Callable[..., tuple[str, tuple[str, str] | None, bool]] = self.core.settle
        self.shared: Shared | None = None
        self.name = self.core.name or "default"
        self.clock = clock
        self.listeners = Listeners()
        self.health: HealthCheck | None = None
        self._excluded = excluded
        self._is_failure = is_failure
        self._random = random

    def share(self, client: Any) -> None:
        """From now on, others of the same name decide together with this one."""
        from .shared import Shared

        self.shared = shared = Shared(self, client)
        self.ask, self.ask_async, self._settle = shared.ask, shared.ask_async, shared.settle

    def draw(self) -> int:
        """32 random bits."""
        return self._random.getrandbits(32)

    def admit(self) -> Permit:
        """A permit for one call.

        Raises:
            CircuitOpenError: the call must not be made.
        """
        now = self.clock.now()
        if epoch := self.published.closed:
            return Permit((epoch, 0, 0), now)
        return self._permit(now, self.admission()())

    async def admit_async(self) -> Permit:
        """As `admit`; a shared breaker's store may have to be waited for."""
        now = self.clock.now()
        if epoch := self.published.closed:
            return Permit((epoch, 0, 0), now)
        return self._permit(now, await self.admission_async()())

    def admission(self) -> Callable[[], Admission]:
        """What asks for a call of a breaker that is not closed, and tells everybody what follows."""
        ask, now, shared, listeners = self.ask, self.clock.now, self.shared, self.listeners
        changed, rejected = self.changed, self.rejected

        def admission() -> Admission:
            answer = ask(now())
            if (change := answer[5]) is not None:
                changed(change)
            if answer[0] is None and shared is not None:
                answer = (*shared.claim(answer[4]), None)
            if not answer[0] and listeners.reject:
                rejected(answer[3], answer[4])
            return answer

        return admission

    def admission_async(self) -> Callable[[], Awaitable[Admission]]:
        """As `admission`; a shared breaker's store may have to be waited for."""
        ask, now, shared, listeners = self.ask_async, self.clock.now, self.shared, self.listeners
        changed, rejected = self.changed, self.rejected

        async def admission() -> Admission:
            answer = ask(now())
            if (change := answer[5]) is not None:
                changed(change)
            if answer[0] is None and shared is not None:
                answer = (*await shared.claim_async(answer[4]), None)
            if not answer[0] and listeners.reject:
                rejected(answer[3], answer[4])
            return answer

        return admission

    def _permit(self, now: float, admission: Admission) -> Permit:
        epoch, kind, seq, state, retry_after, _ = admission
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
        verdict, change, would_open = self._settle(*permit, outcome, took, now, self.draw())
        if change is not None:
            self.changed(change)
        if would_open:
            self._write("breaker_would_open")
            self._tell(self.listeners.would_open, BreakerNotice(self.name))
        if verdict == "stale" and self.listeners.stale:
            self._tell(self.listeners.stale, BreakerNotice(self.name))
        return verdict

    def outcome(self, error: BaseException | None) -> int:
        """How a call that ended with ``error`` counts."""
        if error is None:
            return SUCCESS
        asked: Callable[..., object] = self._excluded
        try:
            if asked(error):
                return IGNORED
            # What is no Exception ends the call without a result: cancellation, an interrupt, the program's exit.
            if not isinstance(error, Exception):
                return ABANDONED
            if self._is_failure is not None:
                asked = self._is_failure
                return FAILURE if asked(error) else IGNORED
        except Exception:
            # Who cannot say that an error is harmless must not make it so.
            _log.complain(asked)
        return FAILURE if isinstance(error, Exception) else ABANDONED

    def changed(self, change: tuple[str, str]) -> None:
        """Tells everybody of a change of state."""
        if self.health is not None:
            self.health.follow()
        self._write("breaker_state_change", {"from": change[0], "to": change[1]})
        self._tell(self.listeners.state_change, StateChange(self.name, *change))

    def connected(self, attached: bool, error: Exception | None) -> None:
        """Tells everybody that the store of a shared breaker answers, or does not."""
        if attached:
            self._write("breaker_attached")
            self._tell(self.listeners.attached, BreakerNotice(self.name))
        else:
            self._write("breaker_detached", {"error": str(error)})
            self._tell(self.listeners.detached, Detachment(self.name, error))

    def rejected(self, state: str, retry_after: float) -> None:
        """Tells everybody of a call that was not made."""
        self._tell(self.listeners.reject, Rejection(self.name, state, retry_after))

    def fell_back(self, strategy: str, stale: bool, key: str | None) -> None:
        """Tells everybody what a rejected call got instead of its error."""
        self._tell(self.listeners.fallback, FallbackEvent(self.name, strategy, stale, key))

    def _tell(self, listeners: tuple[Callable[[Any], object], ...], event: object) -> None:
        for listener in listeners:
            _log.quietly(listener, event)

    def _write(self, event: str, facts: dict[str, str] | None = None) -> None:
        if (logger := _log.listening(_log.INFO, None)) is not None:
            fields = {"event": event, "breaker": self.name, **(facts or {})}
            _log.write(logger, _log.INFO, self.clock.wall_now(), fields)


def _text(snapshot: Mapping[str, Any] | None) -> str | None:
    if snapshot is None:
        return None
    import json

    try:
        return json.dumps(snapshot)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError("snapshot", f"something that is no JSON: {error}", "what `snapshot` answered") from None
