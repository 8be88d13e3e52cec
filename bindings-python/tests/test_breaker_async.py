"""What looks like a plain function and answers something to await: the breaker hears of its end, not of its start."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from once_again import CircuitBreaker, CircuitOpenError
from once_again.testing import VirtualClock


async def fetch() -> str:
    await asyncio.sleep(0)
    raise ConnectionError("down")


@functools.wraps(fetch)
def traced() -> Coroutine[Any, Any, str]:
    return fetch()


FORMS: dict[str, Callable[[CircuitBreaker], Any]] = {
    "execute": lambda breaker: breaker.execute(lambda: fetch()),
    "call": lambda breaker: breaker.call(traced),
    "decorated": lambda breaker: breaker(traced)(),
    "keyed": lambda breaker: breaker.keyed("k")(traced)(),
    "a task": lambda breaker: breaker.call(lambda: asyncio.ensure_future(fetch())),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_async_call_behind_a_plain_function_trips_the_breaker_when_it_fails(form: str) -> None:
    async def main() -> None:
        breaker = CircuitBreaker(failure_threshold=3)
        for _ in range(3):
            with pytest.raises(ConnectionError):
                await FORMS[form](breaker)
        assert breaker.state == "OPEN"
        with pytest.raises(CircuitOpenError):
            await FORMS[form](breaker)

    asyncio.run(main())


def test_a_probe_counts_when_it_has_been_awaited() -> None:
    async def main() -> None:
        clock = VirtualClock()
        breaker = CircuitBreaker(failure_threshold=1, recovery_timeout=1.0, half_open_max_calls=1, clock=clock)
        with pytest.raises(ConnectionError):
            await breaker.call(traced)
        clock.advance(1.0)

        async def answer() -> str:
            return "up"

        probe: Any = breaker.call(lambda: answer())
        assert breaker.state == "HALF_OPEN"
        assert await probe == "up"
        assert breaker.state == "CLOSED"

    asyncio.run(main())


def test_what_a_cached_call_was_awaited_to_is_what_is_kept() -> None:
    async def main() -> None:
        breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="CACHE")
        answers = iter(["fresh"])

        async def ask() -> str:
            for answer in answers:
                return answer
            raise ConnectionError("down")

        cached = breaker.keyed("k")(lambda: ask())
        assert await cached() == "fresh"
        with pytest.raises(ConnectionError):
            await cached()
        assert breaker.state == "OPEN"
        assert cached() == "fresh"

    asyncio.run(main())
