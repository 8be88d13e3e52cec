"""Operations on one record, as tests of stores write them, and servers for those stores."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVERS = Path(__file__).parents[2] / "tests" / "servers" / "main.mjs"


def begin(key: int, owner: int, **fields: Any) -> dict[str, Any]:
    return {
        "op": "begin",
        "key": f"{key:064x}",
        "owner": f"{owner:032x}",
        "fingerprint": f"jcs:{0:064x}",
        "lease": 60_000_000,
        "retention": 3_600_000_000,
        **fields,
    }


def complete(key: int, owner: int, epoch: int, outcome: bytes) -> dict[str, Any]:
    fields = {"key": f"{key:064x}", "owner": f"{owner:032x}", "epoch": epoch, "retention": 3_600_000_000}
    return {"op": "complete", **fields, "payload": outcome}


def get(key: int) -> dict[str, Any]:
    return {"op": "get", "key": f"{key:064x}"}


class Servers:
    """Servers of this machine, started by the program that all languages share; gone with this process."""

    def __init__(self, *names: str) -> None:
        self._program = subprocess.Popen(
            ["node", str(_SERVERS), *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._started = self._line()

    def of(self, name: str) -> dict[str, Any]:
        """Where a server listens. Skips the test, saying why, where this machine cannot run it."""
        started: dict[str, Any] = self._started[name]
        if why := started.get("missing"):
            pytest.skip(f"{name}: {why}")
        return started

    def do(self, what: str, name: str) -> None:
        """``kill`` ends a server as a crash does, ``start`` starts it again over the same files."""
        assert self._program.stdin is not None
        self._program.stdin.write(f"{what} {name}\n")
        self._program.stdin.flush()
        assert self._line() == {"done": f"{what} {name}"}

    def stop(self) -> None:
        self._program.communicate()

    def _line(self) -> dict[str, Any]:
        assert self._program.stdout is not None
        line: dict[str, Any] = json.loads(self._program.stdout.readline())
        return line


@contextmanager
def servers(*names: str) -> Iterator[Servers]:
    running = Servers(*names)
    try:
        yield running
    finally:
        running.stop()
