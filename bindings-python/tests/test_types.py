"""The types users see: strict checkers agree with what is said of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

USAGE = sorted(Path(__file__).parent.glob("typed_*.py"))
PYRIGHT = Path(__file__).parents[2] / "node_modules" / "pyright" / "index.js"


def test_mypy_understands_the_package(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    arguments = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "--config-file", "", *map(str, USAGE)]
    checked = subprocess.run([sys.executable, "-m", "mypy", *arguments], capture_output=True, text=True, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)


@pytest.mark.skipif(not PYRIGHT.exists() or shutil.which("node") is None, reason="pyright or node is not installed")
def test_pyright_understands_the_package() -> None:
    arguments = ["--pythonpath", sys.executable, "--project", str(Path(__file__).parents[1])]
    checked = subprocess.run(["node", str(PYRIGHT), *arguments], capture_output=True, text=True, check=False)
    assert (checked.stdout, checked.returncode) == ("0 errors, 0 warnings, 0 informations\n", 0)
