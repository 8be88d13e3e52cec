"""Functions that fail by plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def failing(times: int, error: Exception | None = None, result: Any = "done") -> Callable[[], Any]:
    """A function that fails so many times before it answers."""
    left = times

    def flaky() -> Any:
        nonlocal left
        if left:
            left -= 1
            raise error or ConnectionError("refused")
        return result

    return flaky
