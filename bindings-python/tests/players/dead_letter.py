"""Plays `dead_letter.json`: which calls become dead letters, and how a box of them answers."""

from __future__ import annotations

import contextlib
from typing import Any

from once_again import DeadLetter, DeadLetterQueue, MemoryDeadLetterStore, retry_kernel_task
from players import Script, ScriptClock
from players.retry import configuration, error_of


def play(given: Script) -> Script:
    return {"replies": replies(given)} if "events" in given else {"letter": letter_of(given)}


def letter_of(given: Script) -> Script | None:
    """One call, and the letter it leaves."""
    clock, letters, made = ScriptClock(), DeadLetterQueue(), 0

    def attempt() -> None:
        nonlocal made
        script = given["attempts"][min(made, len(given["attempts"]) - 1)]
        made += 1
        if made == given.get("cancelled_in_attempt"):
            raise KeyboardInterrupt
        if script != "ok":
            clock.at += script.get("takes", 0)
            raise error_of(script)

    task = retry_kernel_task(
        **configuration(given["config"]),
        dead_letter_store=letters,
        custom_conditions=[lambda error, attempt: not given.get("veto")],
        clock=clock,
    )(attempt)
    with contextlib.suppress(Exception, KeyboardInterrupt):
        task()
    found = letters.list()
    assert len(found) <= 1
    return {"kind": found[0].error["kind"], "attempts": found[0].attempts} if found else None


def replies(given: Script) -> list[Any]:
    store = MemoryDeadLetterStore(**given["config"])
    return [reply(store, event) for event in given["events"]]


def reply(store: MemoryDeadLetterStore, event: Script) -> Any:
    match event["do"]:
        case "put":
            before = store.get(event["id"])
            said = {"id": event["id"], "attempts": event.get("attempts", 1)}
            if not store.put(DeadLetter(**{**dict.fromkeys(DeadLetter.__slots__), **said})):
                return "full"
            return "kept" if before is None else "replaced"
        case "get":
            found = store.get(event["id"])
            return None if found is None else [found.id, found.attempts]
        case "list":
            return [[letter.id, letter.attempts] for letter in store.list(event.get("limit"))]
        case "remove":
            return store.remove(event["id"])
        case "stats":
            return store.stats()
    raise AssertionError(f"no event {event['do']}")
