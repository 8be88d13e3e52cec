"""What plays a vector file's scripts through the public package: one module per core module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Script = dict[str, Any]


class ScriptClock:
    """A clock that shows what the script says; it may go back. Whole microseconds, shown as seconds."""

    def __init__(self) -> None:
        self.at = 0

    def now(self) -> float:
        return self.at / 1e6

    def wall_now(self) -> float:
        return self.at / 1e6

    def sleep(self, seconds: float) -> None:
        self.at += to_micros(seconds)

    async def async_sleep(self, seconds: float) -> None:
        self.at += to_micros(seconds)


class ScriptRandom:
    """Draws that the script wrote down, each one once; the last one again when they are used up."""

    def __init__(self, *draws: int) -> None:
        self.draws = list(draws)

    def getrandbits(self, k: int) -> int:
        assert k == 32
        return self.draws.pop(0) if len(self.draws) > 1 else self.draws[0]


def to_micros(seconds: float) -> int:
    """Exact for every time that a script can write."""
    return round(seconds * 1e6)


def read(value: Any, durations: Callable[[str], bool], path: str = "") -> Any:
    """A vector's value as Python writes it: durations in seconds, `{"$number": "NaN"}` as a float."""
    match value:
        case {"$number": text}:
            return float(text)
        case dict():
            return {name: read(item, durations, f"{path}{name}.") for name, item in value.items()}
        case list():
            return [read(item, durations, path) for item in value]
        case bool():
            return value
        case int() | float() if durations(path.rstrip(".")):
            return value / 1e6
    return value
