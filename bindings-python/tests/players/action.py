"""Plays `idempotency.action.json`: calls of a function that runs once, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from once_again import ConfigError, OnceAgainError, idempotent
from players import Script, ScriptClock


class StillClock(ScriptClock):
    """No time passes while a function runs, so no heartbeat is due."""

    def call_in_thread(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        return lambda: None


def play(given: Script) -> Script:
    clock = StillClock()
    call: dict[str, Any] = {}

    def work(_: object) -> Any:
        call["ran"] = True
        if "throws" in call:
            raise ValueError(call["throws"])
        return call["answer"]

    try:
        function: Any = idempotent(about=lambda about: about, clock=clock, **given["options"])(work)
    except ConfigError as error:
        return {"error": {"field": error.field}}
    seen = []
    for each in given["calls"]:
        call.clear()
        call.update(each)
        clock.at = each.get("at", 0)
        seen.append({"ran": False, **make(function, each), **({"ran": True} if "ran" in call else {})})
    return {"calls": [Part(one) for one in seen]}


def make(function: Any, call: dict[str, Any]) -> dict[str, Any]:
    keyed = function.with_key(call["key"]) if "key" in call else function
    try:
        result = keyed.execute(call["input"])
    except OnceAgainError as error:
        return {"error": error.code}
    except ValueError as error:
        return {"threw": str(error)}
    return {"output": result.output, "replay": result.is_replay, "key": result.key}


class Part(dict[str, Any]):
    """What one call came to, equal to any part of it."""

    def __eq__(self, part: object) -> bool:
        return isinstance(part, dict) and all(name in self and self[name] == value for name, value in part.items())

    __hash__ = None
