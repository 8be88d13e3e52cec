"""What several breaker tests do: fail, and open a breaker."""

from __future__ import annotations

import pytest

from once_again import CircuitBreaker


def fail(error: BaseException | None = None) -> None:
    raise error or ConnectionError


def trip(breaker: CircuitBreaker, times: int = 5) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionError):
            breaker.call(fail)
