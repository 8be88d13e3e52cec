"""Alarms that ring in daemon threads. One thread waits for all of them: most are called off, and none of those may cost
a thread of its own.
"""

from __future__ import annotations

import os
import threading
from heapq import heapify, heappop, heappush

from ._clock import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Alarm:
    __slots__ = ("at", "callback")

    def __init__(self, at: float, callback: Callable[[], object] | None) -> None:
        self.at = at
        self.callback = callback

    def __lt__(self, other: _Alarm) -> bool:
        return self.at < other.at


class Alarms:
    """Calls functions at their times, each in a thread of its own: none keeps another waiting."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._waiting: list[_Alarm] = []
        self._called_off = 0
        self._runs = False

    def call_in(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls ``callback`` after ``seconds``; answers what prevents it."""
        alarm = _Alarm(self._now() + seconds, callback)
        with self._changed:
            heappush(self._waiting, alarm)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._wait, name="once_again alarms", daemon=True).start()
            elif self._waiting[0] is alarm:
                self._changed.notify()

        def call_off() -> None:
            with self._changed:
                if alarm.callback is not None:
                    alarm.callback = None
                    self._called_off += 1
                    self._clean_up()

        return call_off

    def _clean_up(self) -> None:
        """Forgets what was called off, once that is most of what waits."""
        if self._called_off > 64 and self._called_off * 2 > len(self._waiting):
            self._waiting = [alarm for alarm in self._waiting if alarm.callback is not None]
            heapify(self._waiting)
            self._called_off = 0

    def _wait(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                left = self._waiting[0].at - self._now()
                if left > 0:
                    self._changed.wait(min(left, threading.TIMEOUT_MAX))
                    continue
                alarm = heappop(self._waiting)
                callback, alarm.callback = alarm.callback, None
                if callback is None:
                    self._called_off -= 1
                    continue
            threading.Thread(target=callback, daemon=True).start()


def _anew() -> None:
    """The alarms of the machine's clock; in a forked child, where no thread lives on, new ones."""
    global system_alarms
    system_alarms = Alarms(monotonic)


system_alarms: Alarms
_anew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_anew)
