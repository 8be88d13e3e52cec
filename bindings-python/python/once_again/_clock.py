"""The clock and the draws: the only places where this package looks at the world."""

from __future__ import annotations

import time

from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ._types import Clock, Random


# Not imported with the package: asyncio alone would take three times as long as all the rest.


async def _sleep_in_loop(seconds: float) -> None:
    from asyncio import sleep

    await sleep(seconds)


def _call_in_loop(seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
    from asyncio import get_running_loop

    return get_running_loop().call_later(seconds, callback).cancel


def _call_in_daemon(seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
    from . import _alarms

    return _alarms.system_alarms.call_in(seconds, callback)


monotonic: Callable[[], float] = time.monotonic
"""The machine's own, whatever a test has put in the place of `system_clock`'s: its threads wait in its time."""


class SystemClock:
    """The machine's own clocks.

    Its functions are instance attributes, so that ``once_again.testing`` can put a virtual clock in their
    place for everything that was decorated without a ``clock`` of its own."""

    __slots__ = ("async_sleep", "call_in_thread", "call_later", "now", "sleep", "wall_now")

    now: Callable[[], float]
    wall_now: Callable[[], float]
    sleep: Callable[[float], None]
    async_sleep: Callable[[float], Awaitable[None]]
    call_later: Callable[[float, Callable[[], object]], Callable[[], None]]
    call_in_thread: Callable[[float, Callable[[], object]], Callable[[], None]]

    def __init__(self) -> None:
        self.now = time.monotonic
        self.wall_now = time.time
        self.sleep = time.sleep
        self.async_sleep = _sleep_in_loop
        self.call_later = _call_in_loop
        self.call_in_thread = _call_in_daemon


class SystemRandom:
    """The ``random`` module's shared generator, imported at the first draw: most programs never make one."""

    __slots__ = ("getrandbits",)

    getrandbits: Callable[[int], int]

    def __init__(self) -> None:
        self.getrandbits = self._first

    def _first(self, k: int) -> int:
        import random

        self.getrandbits = random.getrandbits
        return random.getrandbits(k)


def clock_of(given: Any) -> Clock | SystemClock:
    """The clock that was given, else the machine's."""
    return _with_methods("clock", given, ("now", "wall_now", "sleep", "async_sleep")) or system_clock


def call_in_thread(clock: Any, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
    """Calls ``callback`` in a daemon thread after ``seconds`` of ``clock``; answers what prevents it."""
    own: Any = getattr(clock, "call_in_thread", None)
    if own is not None:
        stop: Callable[[], object] = own(seconds, callback)
        return stop
    called_off: list[bool] = []

    def wait() -> None:
        clock.sleep(seconds)
        if not called_off:
            callback()

    from threading import Thread

    Thread(target=wait, daemon=True).start()
    return lambda: called_off.append(True)


def random_of(given: Any) -> Random | SystemRandom:
    """The generator that was given, else the ``random`` module's."""
    return _with_methods("random", given, ("getrandbits",)) or system_random


def _with_methods(field: str, given: Any, methods: tuple[str, ...]) -> Any:
    if given is not None and not all(callable(getattr(given, method, None)) for method in methods):
        expected = "an object with " + ", ".join(f"{method}()" for method in methods)
        raise ConfigError(field, f"an object of type {type(given).__name__}", expected)
    return given


system_clock = SystemClock()
system_random = SystemRandom()
