"""Plays `store*.json`: operations on a `MemoryStore`, and what it answers."""

from __future__ import annotations

import re
from typing import Any

from once_again.stores import MemoryStore
from players import Script, ScriptClock, read


def play(given: Script) -> Script:
    clock = ScriptClock()
    store = MemoryStore(clock=clock, **read(given.get("config", {}), lambda path: path == "cleanup_interval"))
    replies = []
    for event in given["events"]:
        clock.at = event["at"]
        op = spelled_out(event["op"])
        if "payload" in event:
            op["payload"] = bytes.fromhex(spelled_out(event["payload"]))
        replies.append(Reply(store.apply(op)))
    return {"replies": replies}


def spelled_out(value: Any) -> Any:
    """``a1*32`` is ``a1``, 32 times."""
    if isinstance(value, dict):
        return {name: spelled_out(item) for name, item in value.items()}
    if isinstance(value, str):
        return re.sub(r"([0-9a-f]{2})\*(\d+)", lambda found: found[1] * int(found[2]), value)
    return value


class Reply(dict[str, Any]):
    """A reply, equal to any part of it; null stands for what is not there, and a found record's bytes are free."""

    def __eq__(self, part: object) -> bool:
        return isinstance(part, dict) and all(self.holds(name, spelled_out(value)) for name, value in part.items())

    def holds(self, name: str, expected: Any) -> bool:
        found = self.get(name)
        if isinstance(found, dict):
            return all(found.get(field) == value for field, value in expected.items())
        return bool((found.hex() if isinstance(found, bytes) else found) == expected)

    __hash__ = None
