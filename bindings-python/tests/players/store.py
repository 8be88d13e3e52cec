"""Plays `store*.json`: operations on a `MemoryStore`, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plain import Plain, PlainIfAbsent

from once_again.stores import MemoryStore, simple_store
from players import Script, ScriptClock, read


def play(given: Script) -> Script:
    clock = ScriptClock()
    store = MemoryStore(clock=clock, **read(given.get("config", {}), lambda path: path == "cleanup_interval"))
    return {"replies": [Reply(reply) for reply in replies(given, store, clock)]}


def play_others(given: Script) -> Script:
    """What must be indistinguishable from a memory store: a plain object, which forgets by the ``ttl`` it was given, so
    that its sweep has nothing to count."""
    answer = play(given)
    clock = ScriptClock()
    for plain in (Plain(), PlainIfAbsent()):
        theirs = list(replies(given, simple_store(plain, clock), clock))
        assert list(map(comparable, theirs)) == list(map(comparable, answer["replies"]))
    return answer


def comparable(reply: Any) -> Any:
    return "swept" if reply["reply"] == "swept" else dict(reply)


def replies(given: Script, store: Any, clock: ScriptClock) -> Iterator[Any]:
    for event in given["events"]:
        clock.at = event["at"]
        op = spelled_out(event["op"])
        if "payload" in event:
            op["payload"] = bytes.fromhex(spelled_out(event["payload"]))
        yield store.apply(op)


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
