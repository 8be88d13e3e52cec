"""Tests without waits.

Example::

    with no_sleep() as sleeps:
        flaky()
    assert sleeps == [1.0, 2.0]

    with virtual_clock() as clock:
        breaker_opens()
        clock.advance(30.0)
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

from ._callables import decorate
from ._clock import system_clock
from .errors import StoreUnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from ._types import F
    from .stores import MemoryStore

__all__ = ["MockStore", "VirtualClock", "inject_errors", "mock_store", "no_sleep", "virtual_clock"]

# How many turns of the event loop without a new sleeper it takes to believe that everybody sleeps.
_TURNS = 10


class VirtualClock:
    """A clock that moves only when somebody sleeps on it or says `advance`. Give it as ``clock=``.

    `sleep` moves it at once. Under asyncio it moves to the next sleeper's time when every task sleeps; real
    input and output take no time on it, so a task that waits for them may be overtaken."""

    def __init__(self, now: float = 0.0, wall_now: float = 1_700_000_000.0) -> None:
        # Whole microseconds, as core counts: a sum of floats would drift.
        self._now = round(now * 1e6)
        self._wall_offset = round(wall_now * 1e6) - self._now
        # When, in which order of asking, and what to call.
        self._alarms: list[tuple[int, int, Callable[[], object]]] = []
        self._count = 0
        self._turns = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.sleeps: list[float] = []
        """Every sleep that was asked for, in seconds."""

    def now(self) -> float:
        """Monotonic seconds."""
        return self._now / 1e6

    def wall_now(self) -> float:
        """Seconds since the Unix epoch."""
        return (self._now + self._wall_offset) / 1e6

    def sleep(self, seconds: float) -> None:
        """Moves the clock at once."""
        self.sleeps.append(seconds)
        self.advance(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Suspends the task until the clock has moved so far."""
        self.sleeps.append(seconds)
        awake = asyncio.Event()
        cancel = self.call_later(seconds, awake.set)
        try:
            await awake.wait()
        finally:
            cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls ``callback`` once the clock has moved so far, while an event loop runs; answers what prevents
        it."""
        loop = asyncio.get_running_loop()
        cancel = self.call_in_thread(seconds, callback)
        self._turns = _TURNS
        if self._loop is not loop:
            self._loop = loop
            loop.call_soon(self._turn)
        return cancel

    def call_in_thread(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Calls ``callback`` once the clock has moved so far, in the thread that moves it; answers what prevents
        it."""
        self._count += 1
        alarm = (self._now + round(seconds * 1e6), self._count, callback)
        self._alarms.append(alarm)

        def cancel() -> None:
            if alarm in self._alarms:
                self._alarms.remove(alarm)

        return cancel

    def advance(self, seconds: float) -> None:
        """Moves the clock, and wakes in their order those whose time has come."""
        self._move_to(self._now + round(seconds * 1e6))

    def _turn(self) -> None:
        """Runs in every turn of the event loop while there are alarms."""
        if self._turns:
            self._turns -= 1
        elif self._alarms:
            self._move_to(min(self._alarms)[0])
            self._turns = _TURNS
        if self._alarms and self._loop is not None:
            self._loop.call_soon(self._turn)
        else:
            self._loop = None

    def _move_to(self, now: int) -> None:
        while self._alarms and (alarm := min(self._alarms))[0] <= now:
            self._alarms.remove(alarm)
            self._now = max(self._now, alarm[0])
            alarm[2]()
        self._now = max(self._now, now)


@contextmanager
def virtual_clock(now: float = 0.0, wall_now: float = 1_700_000_000.0) -> Iterator[VirtualClock]:
    """Puts a `VirtualClock` in place of the machine's for everything that has no ``clock`` of its own.

    For the whole process, so not for tests that run beside others in threads.
    """
    clock = VirtualClock(now, wall_now)
    with _in_place(
        now=clock.now,
        wall_now=clock.wall_now,
        sleep=clock.sleep,
        async_sleep=clock.async_sleep,
        call_later=clock.call_later,
        call_in_thread=clock.call_in_thread,
    ):
        yield clock


@contextmanager
def no_sleep() -> Iterator[list[float]]:
    """Leaves out every wait between attempts, and lists them in seconds. Time itself goes on as it does.

    For the whole process, as `virtual_clock`.
    """
    sleeps: list[float] = []

    async def async_sleep(seconds: float) -> None:
        sleeps.append(seconds)
        await asyncio.sleep(0)

    with _in_place(sleep=sleeps.append, async_sleep=async_sleep):
        yield sleeps


def inject_errors(function: F, errors: Iterable[BaseException | type[BaseException]]) -> F:
    """``function``, but its first calls raise ``errors``, one after the other. Async if it is."""
    left = list(errors)

    def wrap(target: Callable[..., Any]) -> Callable[..., Any]:
        def flaky(*args: Any, **kwargs: Any) -> Any:
            if left:
                raise left.pop(0)
            return target(*args, **kwargs)

        return flaky

    def wrap_async(target: Callable[..., Any]) -> Callable[..., Any]:
        async def flaky(*args: Any, **kwargs: Any) -> Any:
            if left:
                raise left.pop(0)
            return await target(*args, **kwargs)

        return flaky

    injected: F = decorate(function, wrap, wrap_async, "function")
    return injected


class MockStore:
    """A memory store that a test looks into, and breaks. From `mock_store`."""

    blocks = False
    """An operation waits for nothing outside this process, so that an event loop may do it itself."""

    def __init__(self, memory: MemoryStore) -> None:
        self._memory = memory
        self._failures: list[tuple[Exception, bool]] = []
        self.operations: list[dict[str, Any]] = []
        """Every operation it was asked, also those that failed, the oldest first."""

    def fail(self, times: int = 1, error: Exception | None = None, *, applied: bool = False) -> None:
        """Lets the next ``times`` operations raise ``error`` (default: `StoreUnavailableError`).

        With ``applied`` they take effect all the same, and only their reply is lost."""
        told = StoreUnavailableError("the mock store was told to fail") if error is None else error
        self._failures += [(told, applied)] * times

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation atomically, or fails as it was told."""
        self.operations.append(dict(op))
        if not self._failures:
            return self._memory.apply(op)
        error, applied = self._failures.pop(0)
        if applied:
            self._memory.apply(op)
        raise error


def mock_store(**options: Any) -> MockStore:
    """A store for tests: it behaves as `once_again.stores.MemoryStore` of these options does, remembers what it was
    asked, and fails when told to."""
    from .stores import MemoryStore

    return MockStore(MemoryStore(**options))


@contextmanager
def _in_place(**replaced: object) -> Iterator[None]:
    before = {name: getattr(system_clock, name) for name in replaced}
    try:
        for name, function in replaced.items():
            setattr(system_clock, name, function)
        yield
    finally:
        for name, function in before.items():
            setattr(system_clock, name, function)
