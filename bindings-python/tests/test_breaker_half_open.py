"""Many callers against one half-open breaker: never more probes than it allows."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tripping import trip

from once_again import CircuitBreaker, CircuitOpenError, retry_kernel_task
from once_again.testing import VirtualClock, no_sleep


class Probes:
    """Counts who is inside, and how many were at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.inside = 0
        self.most = 0
        self.all = 0

    def __enter__(self) -> None:
        with self._lock:
            self.inside += 1
            self.all += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.inside -= 1


def due(allowed: int) -> CircuitBreaker:
    """An open breaker whose wait is over."""
    clock = VirtualClock()
    breaker = CircuitBreaker(failure_threshold=1, half_open_max_calls=allowed, clock=clock)
    trip(breaker, 1)
    clock.advance(30.0)
    return breaker


@pytest.mark.parametrize("allowed", [1, 3])
def test_of_sixty_four_threads_no_more_become_probes_than_the_breaker_allows(allowed: int) -> None:
    for _ in range(20):
        breaker, probes = due(allowed), Probes()
        answers = ask_at_once(breaker, probes, 64)
        assert answers == ["HALF_OPEN"] * (64 - allowed) + ["made"] * allowed
        assert (probes.most, probes.all) == (allowed, allowed)
        assert breaker.state == "CLOSED"


def ask_at_once(breaker: CircuitBreaker, probes: Probes, callers: int) -> list[str]:
    """What each got. Who is let in stays in until everybody has been answered."""
    start, answered = threading.Barrier(callers, timeout=30), threading.Barrier(callers, timeout=30)

    @breaker
    def call() -> str:
        with probes:
            answered.wait()
            return "made"

    def ask(_: int) -> str:
        start.wait()
        try:
            return call()
        except CircuitOpenError as rejected:
            answered.wait()
            return rejected.state

    with ThreadPoolExecutor(callers) as pool:
        return sorted(pool.map(ask, range(callers)))


@pytest.mark.parametrize("allowed", [1, 3, 32])
def test_of_a_thousand_tasks_no_more_become_probes_than_the_breaker_allows(allowed: int) -> None:
    breaker, probes = due(allowed), Probes()

    @breaker
    async def call() -> str:
        with probes:
            await asyncio.sleep(0)
            return "made"

    async def main() -> list[object]:
        return await asyncio.gather(*(call() for _ in range(1_000)), return_exceptions=True)

    answers = asyncio.run(main())
    assert answers.count("made") == allowed
    assert sum(isinstance(answer, CircuitOpenError) for answer in answers) == 1_000 - allowed
    assert (probes.most, probes.all) == (allowed, allowed)
    assert breaker.state == "CLOSED"


def test_threads_and_tasks_in_blocks_share_the_same_places() -> None:
    breaker, probes = due(2), Probes()
    inside, leave = threading.Semaphore(0), threading.Event()

    def in_a_thread() -> None:
        with breaker, probes:
            inside.release()
            assert leave.wait(30)

    async def in_a_task() -> None:
        async with breaker:
            raise AssertionError("there are two places, and two threads in them")

    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(in_a_thread)
        for _ in range(2):
            assert inside.acquire(timeout=30)
        with pytest.raises(CircuitOpenError):
            asyncio.run(in_a_task())
        leave.set()
    assert probes.most == 2
    assert breaker.state == "CLOSED"


def test_an_open_breaker_ends_a_retry_at_once() -> None:
    """Its backoff is not slept: nothing would come of it."""
    breaker = CircuitBreaker(failure_threshold=2)
    calls: list[int] = []

    @retry_kernel_task(max_attempts=5, initial_delay=10.0, breaker=breaker)
    def task() -> None:
        calls.append(1)
        raise ConnectionError

    with no_sleep() as sleeps, pytest.raises(CircuitOpenError) as raised:
        task()
    # The second failure opened it, so that the third attempt was refused and none followed.
    assert len(calls) == 2
    assert sleeps == [10.0, 20.0]
    assert isinstance(raised.value.__cause__, ConnectionError)
    with no_sleep() as sleeps, pytest.raises(CircuitOpenError):
        task()
    assert (len(calls), sleeps) == (2, [])
