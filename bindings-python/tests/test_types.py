"""The types users see: a strict checker agrees with what is said of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy is not installed")


def test_a_strict_type_checker_understands_the_package(tmp_path: Path) -> None:
    usage = Path(__file__).with_name("typed_usage.py")
    arguments = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "--config-file", "", str(usage)]
    checked = subprocess.run([sys.executable, "-m", "mypy", *arguments], capture_output=True, text=True, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)
