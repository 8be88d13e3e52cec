"""The scripts that every language plays, through the public package."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from players import action, breaker, budget, dead_letter, fingerprint, redirect, retry, store

VECTORS = Path(__file__).parents[2] / "tests" / "vectors"
FILES = [file for file in json.loads((VECTORS / "index.json").read_text())["files"] if "python" in file["hosts"]]


def answers(play: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    """A player that answers in the form of ``expect``."""

    def check(given: Any, expect: dict[str, Any]) -> None:
        answer = play(given)
        for name, expected in expect.items():
            if name == "error":
                # Its words stand in a case only where they are the same in every unit.
                assert {key: answer["error"].get(key) for key in expected} == expected
            else:
                assert answer[name] == expected

    return check


PLAYERS = {
    "time": answers(retry.play_call),
    "draw": answers(retry.play_call),
    "backoff": answers(retry.play_call),
    "jitter": answers(retry.play_call),
    "retry.machine": answers(retry.play_call),
    "slots": answers(retry.play_call),
    "budget": answers(budget.play),
    "retry.policy": answers(retry.play_policy),
    "retry.presets": answers(retry.play_preset),
    "retry.sources": answers(retry.play_source),
    "classify": answers(retry.play_classification),
    "classify.python": answers(retry.play_classification),
    "classify.retry_after": answers(retry.play_retry_after),
    "breaker.config": answers(breaker.play),
    "breaker.window": answers(breaker.play),
    "breaker.machine": answers(breaker.play),
    "breaker.presets": answers(breaker.play),
    "breaker.manual": answers(breaker.play),
    "dead_letter": answers(dead_letter.play),
    "http.redirect": answers(redirect.play),
    "idempotency.action": answers(action.play),
    "store": answers(store.play_others),
    "store.memory": answers(store.play),
    "fingerprint": fingerprint.check,
    "fingerprint.canonical": fingerprint.check,
    "fingerprint.number": fingerprint.check,
}


def cases(file: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / file["file"]).read_text())["cases"]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["file"])
def test_every_listed_case_is_there_to_be_played(file: dict[str, Any]) -> None:
    assert len(cases(file)) == file["cases"]


@pytest.mark.parametrize(
    ("module", "case"),
    [
        pytest.param(file["module"], case, id=f"{file['module']}: {case['name']}")
        for file in FILES
        for case in cases(file)
    ],
)
def test_a_case(module: str, case: dict[str, Any]) -> None:
    PLAYERS[module](case["given"], case["expect"])
