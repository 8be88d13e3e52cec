"""The active health check of an open breaker."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest
from tripping import trip

from once_again import CircuitBreaker
from once_again.testing import VirtualClock


class Lake:
    """A dependency that counts how often it is asked how it is."""

    def __init__(self, clock: VirtualClock, takes: float = 0.0) -> None:
        self.clock = clock
        self.takes = takes
        self.asked: list[float] = []
        self.answer: Any = ConnectionError()

    def ping(self) -> Any:
        self.asked.append(self.clock.now())
        self.clock.advance(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def aping(self) -> Any:
        self.asked.append(self.clock.now())
        await self.clock.async_sleep(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def probed(clock: VirtualClock, probe: Any, **check: float) -> CircuitBreaker:
    return CircuitBreaker(
        failure_threshold=1,
        recovery_timeout=3600,
        half_open_max_calls=1,
        health_check={"probe": probe, **check},  # type: ignore[typeddict-item]
        clock=clock,
    )


def test_an_open_breaker_is_probed_every_thirty_seconds_until_it_is_well() -> None:
    clock = VirtualClock()
    lake = Lake(clock)
    breaker = probed(clock, lake.ping)
    clock.advance(100.0)
    assert lake.asked == []
    trip(breaker, 1)
    clock.advance(60.0)
    assert lake.asked == [130.0, 160.0]
    lake.answer = None
    clock.advance(30.0)
    assert breaker.state == "OPEN"
    assert breaker.call(int) == 0
    assert breaker.state == "CLOSED"
    clock.advance(3600.0)
    assert lake.asked == [130.0, 160.0, 190.0]


def test_false_is_no_good_answer_and_neither_is_a_late_one() -> None:
    clock = VirtualClock()
    lake = Lake(clock)
    breaker = probed(clock, lake.ping, interval=10.0, timeout=2.0)
    trip(breaker, 1)
    lake.answer = False
    clock.advance(10.0)
    assert breaker.stats()["rejected"] == 0
    with pytest.raises(Exception, match="OPEN"):
        breaker.call(int)
    lake.answer, lake.takes = True, 2.000_001
    clock.advance(10.0)
    with pytest.raises(Exception, match="OPEN"):
        breaker.call(int)
    lake.takes = 2.0
    clock.advance(20.0)
    assert breaker.call(int) == 0


def test_an_async_probe_runs_on_the_loop_and_is_cut_off_at_its_limit() -> None:
    async def main(clock: VirtualClock) -> None:
        lake = Lake(clock, takes=1_000.0)
        breaker = probed(clock, lake.aping)
        lake.answer = None
        trip(breaker, 1)
        await clock.async_sleep(67.0)
        # Each is cut off after 5 s, and the next comes 30 s after that.
        assert lake.asked == [30.0, 65.0]
        lake.takes = 4.0
        await clock.async_sleep(44.0)
        assert lake.asked == [30.0, 65.0, 100.0]
        assert breaker.call(int) == 0
        await clock.async_sleep(3600.0)
        assert len(lake.asked) == 3

    asyncio.run(main(VirtualClock()))


def test_an_async_probe_without_a_loop_gets_one_of_its_own() -> None:
    async def healthy() -> None:
        asyncio.get_running_loop()

    clock = VirtualClock()
    breaker = probed(clock, healthy)
    trip(breaker, 1)
    clock.advance(30.0)
    assert breaker.call(int) == 0


def test_a_breaker_that_opens_again_is_probed_again() -> None:
    clock = VirtualClock()
    lake = Lake(clock)
    breaker = probed(clock, lake.ping)
    trip(breaker, 1)
    lake.answer = None
    clock.advance(30.0)
    trip(breaker, 1)
    assert breaker.state == "OPEN"
    lake.answer = ConnectionError()
    clock.advance(30.0)
    assert lake.asked == [30.0, 60.0]


def test_one_probe_is_under_way_at_a_time_though_the_breaker_opens_again_meanwhile() -> None:
    clock = VirtualClock()
    under_way: list[int] = []
    most: list[int] = []

    def slow() -> None:
        under_way.append(1)
        most.append(len(under_way))
        if len(most) == 1:
            # It closes, opens again, and the time for another probe comes, all during the first.
            clock.advance(3600.0)
            assert breaker.call(int) == 0
            trip(breaker, 1)
            clock.advance(45.0)
        under_way.pop()

    breaker = probed(clock, slow)
    trip(breaker, 1)
    clock.advance(30.0)
    assert most == [1]
    assert breaker.state == "OPEN"
    clock.advance(30.0)
    assert most == [1, 1]
    assert breaker.call(int) == 0


def test_a_restored_open_breaker_is_probed() -> None:
    clock = VirtualClock()
    lake = Lake(clock)
    left = probed(clock, lake.ping)
    trip(left, 1)
    later = VirtualClock(now=7.0)
    lake = Lake(later)
    breaker = CircuitBreaker.restore(
        left.snapshot(), failure_threshold=1, recovery_timeout=3600, health_check={"probe": lake.ping}, clock=later
    )
    later.advance(30.0)
    assert lake.asked == [37.0]
    assert breaker.state == "OPEN"


def test_a_breaker_that_is_probed_can_be_collected() -> None:
    clock = VirtualClock()
    lake = Lake(clock)
    breaker = probed(clock, lake.ping)
    trip(breaker, 1)
    gone = weakref.ref(breaker)
    del breaker
    gc.collect()
    assert gone() is None
    clock.advance(3600.0)
    assert lake.asked == []


def test_a_health_check_keeps_no_process_alive() -> None:
    program = """
from once_again import CircuitBreaker
breaker = CircuitBreaker(failure_threshold=1, health_check={"probe": print})
try:
    breaker.call(lambda: 1 / 0)
except ZeroDivisionError:
    print(breaker.state)
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr, done.returncode) == ("OPEN\n", "", 0)


def test_on_the_machines_clock_a_probe_runs_beside_another_that_hangs() -> None:
    rung, hang = threading.Event(), threading.Event()
    breakers = [
        CircuitBreaker(failure_threshold=1, health_check={"probe": probe, "interval": 0.001})
        for probe in (hang.wait, rung.set)
    ]
    for breaker in breakers:
        trip(breaker, 1)
    assert rung.wait(30)
    hang.set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_probes_run_in_a_forked_child_too() -> None:
    program = """
import os, threading
from once_again import CircuitBreaker

def opened(interval):
    rung = threading.Event()
    breaker = CircuitBreaker(failure_threshold=1, health_check={"probe": rung.set, "interval": interval})
    try:
        breaker.call(lambda: 1 / 0)
    except ZeroDivisionError:
        return breaker, rung

kept = opened(60)
child = os.fork()
if child == 0:
    kept = opened(0.001)
    os._exit(0 if kept[1].wait(30) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr
