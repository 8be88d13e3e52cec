"""The active health check of an open breaker: one probe at a time, and never a reason for the process to stay."""

from __future__ import annotations

from _thread import allocate_lock
from weakref import ref

from once_again._callables import is_async

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable
    from typing import Any

    from once_again._clock import SystemClock
    from once_again._types import Clock

    from .gate import Gate


class _Alarm:
    """The next probe. A breaker that leaves its state drops it, and then it finds itself dropped."""

    __slots__ = ("call_off",)

    def __init__(self) -> None:
        self.call_off: Callable[[], object] = lambda: None


class HealthCheck:
    """Probes while the breaker is open.

    An async probe runs on the event loop in which the breaker opened. Any other runs in a daemon thread, an async one
    on a loop of its own there.
    """

    __slots__ = ("_alarm", "_gate", "_interval", "_limit", "_lock", "_probe", "_probing", "_task")

    def __init__(self, gate: Gate, probe: Callable[[], Any], interval: float, limit: float) -> None:
        # Weak: a breaker nobody uses any more stops being probed, and can be collected.
        self._gate = ref(gate)
        self._probe = probe
        self._interval = interval
        self._limit = limit
        self._lock = allocate_lock()
        self._alarm: _Alarm | None = None
        self._probing = False
        # The loop itself holds its tasks weakly.
        self._task: Task[None] | None = None

    def follow(self) -> None:
        """The breaker is in another state. The first probe comes one interval after it opened."""
        gate = self._gate()
        # Asked anew: of two threads that bring two changes, either may come first.
        alarm = _Alarm() if gate is not None and gate.core.state == "OPEN" else None
        with self._lock:
            dropped, self._alarm = self._alarm, alarm
        if dropped is not None:
            dropped.call_off()
        if alarm is not None and gate is not None:
            self._start(alarm, gate.clock)

    def _start(self, alarm: _Alarm, clock: Clock | SystemClock) -> None:
        alarm.call_off = self._on_loop(alarm, clock) or self._in_thread(alarm, clock)

    def _on_loop(self, alarm: _Alarm, clock: Clock | SystemClock) -> Callable[[], object] | None:
        """Rings on the running loop, if there is one and the probe is for it."""
        if not is_async(self._probe):
            return None
        from asyncio import get_running_loop

        try:
            loop = get_running_loop()
        except RuntimeError:
            return None
        from once_again._limit import start_timer

        def ring() -> None:
            if self._take(alarm):
                self._task = loop.create_task(self._check_on_loop(alarm))

        stop = start_timer(self._interval, clock, ring)

        def call_off() -> None:
            try:
                loop.call_soon_threadsafe(stop)
            except RuntimeError:
                pass  # the loop is closed, and its timers with it

        return call_off

    def _in_thread(self, alarm: _Alarm, clock: Clock | SystemClock) -> Callable[[], object]:
        def ring() -> None:
            if self._take(alarm):
                self._check_in_thread(alarm)

        from once_again._clock import call_in_thread

        return call_in_thread(clock, self._interval, ring)

    def _take(self, alarm: _Alarm) -> bool:
        """Whether this alarm's probe is to be run now."""
        gate = self._gate()
        with self._lock:
            if gate is None or self._alarm is not alarm:
                return False
            if self._probing:
                # The one under way sets the next when it has ended.
                self._alarm = None
                return False
            self._probing = True
            return True

    async def _check_on_loop(self, alarm: _Alarm) -> None:
        ok = False
        try:
            ok = await self._is_well()
        finally:
            self._checked(alarm, ok)

    def _check_in_thread(self, alarm: _Alarm) -> None:
        ok = False
        try:
            if is_async(self._probe):
                from asyncio import run

                ok = run(self._is_well())
            elif (gate := self._gate()) is not None:
                now = gate.clock.now
                del gate
                started = now()
                # Nothing can interrupt it, so one that took too long has only come too late.
                ok = self._probe() is not False and now() - started <= self._limit
        except Exception:
            pass
        finally:
            self._checked(alarm, ok)

    async def _is_well(self) -> bool:
        """What the async probe says within its time."""
        from once_again._limit import within

        gate = self._gate()
        if gate is None:
            return False
        clock = gate.clock
        del gate
        try:
            return await within(self._limit, clock, self._probe()) is not False
        except Exception:
            return False

    def _checked(self, alarm: _Alarm, ok: bool) -> None:
        """A probe has ended: core hears of it, and the next one is set while the breaker stays open."""
        gate = self._gate()
        with self._lock:
            self._probing = False
            current, waiting = self._alarm is alarm, self._alarm is not None
        if gate is None:
            return
        if current:
            gate.core.health(ok, gate.clock.now())
        if current or not waiting:
            self.follow()
