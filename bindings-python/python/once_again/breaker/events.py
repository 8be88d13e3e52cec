"""Who hears of what happens to a breaker."""

from __future__ import annotations

from _thread import allocate_lock

from once_again._callables import hook_of
from once_again.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from once_again.events import BreakerNotice, Detachment, FallbackEvent, Rejection, StateChange

EVENTS = ("state_change", "reject", "would_open", "stale", "fallback", "attached", "detached")


class Listeners:
    """One tuple of functions per event, replaced whole: whoever reads one needs no lock."""

    __slots__ = ("_lock", *EVENTS)

    state_change: tuple[Callable[[StateChange], object], ...]
    reject: tuple[Callable[[Rejection], object], ...]
    would_open: tuple[Callable[[BreakerNotice], object], ...]
    stale: tuple[Callable[[BreakerNotice], object], ...]
    fallback: tuple[Callable[[FallbackEvent], object], ...]
    attached: tuple[Callable[[BreakerNotice], object], ...]
    detached: tuple[Callable[[Detachment], object], ...]

    def __init__(self) -> None:
        self._lock = allocate_lock()
        for event in EVENTS:
            setattr(self, event, ())

    def add(self, event: str, listener: Callable[[Any], object]) -> Callable[[], None]:
        """Calls ``listener`` at each such event from now on; answers how to stop.

        Raises:
            ConfigError: there is no such event, or nobody would await the listener.
        """
        if event not in EVENTS:
            raise ConfigError("event", repr(event), "one of " + ", ".join(EVENTS))
        if hook_of("listener", listener) is None:
            raise ConfigError("listener", "None", "a function")
        with self._lock:
            setattr(self, event, (*getattr(self, event), listener))
        once = [listener]

        def stop() -> None:
            with self._lock:
                if once:
                    rest = list(getattr(self, event))
                    del rest[next(place for place, other in enumerate(rest) if other is once[0])]
                    setattr(self, event, tuple(rest))
                    once.clear()

        return stop
