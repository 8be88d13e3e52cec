"""What importing the package costs, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import once_again


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, check=True, text=True
    ).stdout.strip()


def test_importing_starts_no_thread() -> None:
    assert run("import threading, once_again; print(threading.active_count())") == "1"


def test_importing_brings_in_nothing_heavy() -> None:
    heavy = {"asyncio", "inspect", "logging", "json", "random", "typing", "uuid", "datetime", "dataclasses"}
    loaded = run("import sys; before = set(sys.modules); import once_again; print(*(set(sys.modules) - before))")
    assert not heavy & set(loaded.split())


def test_every_public_name_is_there() -> None:
    assert [name for name in once_again.__all__ if not hasattr(once_again, name)] == []
    assert sorted(once_again.__all__) == once_again.__all__
