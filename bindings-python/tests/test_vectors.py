"""The scripts that every language plays, through the public package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from players import breaker

VECTORS = Path(__file__).parents[2] / "tests" / "vectors"
FILES = [file for file in json.loads((VECTORS / "index.json").read_text())["files"] if "python" in file["hosts"]]
PLAYERS = {"breaker": breaker.play}


def cases(file: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / file["file"]).read_text())["cases"]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["file"])
def test_every_listed_case_is_there_to_be_played(file: dict[str, Any]) -> None:
    assert len(cases(file)) == file["cases"]


@pytest.mark.parametrize(
    ("file", "case"),
    [pytest.param(file, case, id=f"{file['module']}: {case['name']}") for file in FILES for case in cases(file)],
)
def test_a_case(file: dict[str, Any], case: dict[str, Any]) -> None:
    answer = PLAYERS[file["module"].split(".")[0]](case["given"])
    # An error's words stand in a case only where they are the same in every unit.
    for name, expected in case["expect"].items():
        if name == "error":
            assert {key: answer["error"].get(key) for key in expected} == expected
        else:
            assert answer[name] == expected
