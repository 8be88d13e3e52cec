"""A breaker that shares its state, over stores that answer what a test wants; `tests/shared_breaker` has real ones."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tripping import fail, trip

from once_again import BreakerNotice, CircuitBreaker, CircuitOpenError, ConfigError, StateChange, retrying
from once_again.testing import VirtualClock

CLOSED = "0 0 0 0 0 0 0 0 0"
"""No record."""
OPEN = "0 7 1 20000000 655360000000 0 0 0 0"
"""Epoch 7, open for another 20 s, the next time for 10 s."""
DUE = "0 7 1 0 655360000000 0 0 0 0"
GRANTED = "0 8 2 0 655360000000 0 0 0 1"
"""Epoch 8, half-open: probe 0, the only one in flight."""


class Store:
    """Answers every script with `answer`; raises it when it is an error. Holds answers back while `slow`."""

    def __init__(self, answer: str | Exception = CLOSED) -> None:
        self.answer = answer
        self.asked: list[list[str]] = []
        self.go = threading.Event()
        self.go.set()

    def run(self, script: str, keys: list[str], args: list[str]) -> bytes:
        assert keys == ["once-again:breaker:1:ledger"]
        self.asked.append(args)
        answer = self.answer
        self.go.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer.encode()


class LoopStore(Store):
    """The same, for asyncio."""

    async def run(self, script: str, keys: list[str], args: list[str]) -> bytes:  # type: ignore[override]
        return super().run(script, keys, args)


def arrive() -> None:
    """Until every request that was sent has been answered."""
    for thread in threading.enumerate():
        if thread.name == "once-again-redis":
            thread.join(10)


def breaker(store: Any, clock: VirtualClock, **fields: Any) -> tuple[CircuitBreaker, list[object]]:
    made = CircuitBreaker(
        name="ledger", failure_threshold=2, recovery_timeout=10.0, clock=clock, shared=store, **fields
    )
    heard: list[object] = []
    for event in ("state_change", "attached", "detached"):
        made.on(event, heard.append)  # type: ignore[call-overload]
    return made, heard


def opened(store: Store, clock: VirtualClock) -> tuple[CircuitBreaker, list[object]]:
    """One that has heard that all are open, and whose wait is over."""
    store.answer = OPEN
    made, heard = breaker(store, clock)
    made.call(int)
    arrive()
    assert made.state == "OPEN"
    clock.advance(20.0)
    heard.clear()
    return made, heard


def test_a_shared_breaker_needs_a_name_and_a_client() -> None:
    with pytest.raises(ConfigError, match="name: got nothing"):
        CircuitBreaker(shared=Store())
    with pytest.raises(ConfigError, match=r"shared: got an object of type int, expected a client of redis-py"):
        CircuitBreaker(name="ledger", shared=7)


def test_a_closed_breaker_asks_once_a_second_and_waits_for_nobody() -> None:
    store, clock = Store(), VirtualClock()
    store.go.clear()
    made, _ = breaker(store, clock)
    for _ in range(10):
        assert made.call(int) == 0
    store.go.set()
    arrive()
    assert made.attached
    assert len(store.asked) == 1
    clock.advance(0.999)
    made.call(int)
    assert len(store.asked) == 1
    clock.advance(0.001)
    made.call(int)
    arrive()
    assert len(store.asked) == 2


def test_it_opens_when_another_process_has_opened() -> None:
    store, clock = Store(), VirtualClock()
    made, heard = breaker(store, clock)
    made.call(int)
    arrive()
    store.answer = OPEN
    clock.advance(1.0)
    assert made.call(int) == 0
    arrive()
    with pytest.raises(CircuitOpenError) as raised:
        made.call(int)
    assert raised.value.retry_after == 20.0
    assert heard == [BreakerNotice("ledger"), StateChange("ledger", "CLOSED", "OPEN")]


def test_it_tells_the_others_when_it_opens() -> None:
    store, clock = Store(), VirtualClock()
    made, _ = breaker(store, clock)
    made.call(int)
    arrive()
    trip(made, 2)
    arrive()
    # By its own clock's 10 s and the next wait of 10 s; kept for the longest wait, the lease, and an hour.
    assert store.asked[-1] == ["0", "0", "1", "10000000", "655360000000", "3960000"]


def test_a_probe_is_made_when_redis_grants_it() -> None:
    store, clock = Store(), VirtualClock()
    made, heard = opened(store, clock)
    store.answer = GRANTED
    assert made.call(int) == 0
    arrive()
    assert made.state == "HALF_OPEN"
    assert heard == [StateChange("ledger", "OPEN", "HALF_OPEN")]
    assert store.asked[-1] == ["0", "8", "0", "success"]


def test_a_probe_is_not_made_when_redis_refuses_it() -> None:
    store, clock = Store(), VirtualClock()
    made, _ = opened(store, clock)
    store.answer = "-1 8 2 0 655360000000 0 0 0 3"
    with pytest.raises(CircuitOpenError) as raised:
        made.call(int)
    assert raised.value.state == "HALF_OPEN"


def test_a_claim_that_takes_too_long_is_decided_alone_and_its_late_probe_given_back() -> None:
    store, clock = Store(), VirtualClock()
    made, heard = opened(store, clock)
    store.answer = GRANTED
    store.go.clear()
    assert made.call(int) == 0
    assert made.state == "HALF_OPEN"
    assert not made.attached
    assert [type(event).__name__ for event in heard] == ["StateChange", "Detachment"]
    store.go.set()
    arrive()
    clock.advance(1.0)
    store.answer = GRANTED
    made.call(int)
    arrive()
    assert ["0", "8", "0", "nothing"] in store.asked


def test_without_redis_it_goes_on_alone_and_says_so_once() -> None:
    store, clock = Store(ConnectionError("refused")), VirtualClock()
    made, heard = breaker(store, clock)
    for _ in range(5):
        assert made.call(int) == 0
        arrive()
        clock.advance(1.0)
    assert [type(event).__name__ for event in heard] == ["Detachment"]
    assert str(heard[0].error) == "refused"  # type: ignore[attr-defined]
    assert len(store.asked) == 5
    trip(made, 2)
    assert made.state == "OPEN"
    clock.advance(10.0)
    assert made.call(int) == 0, "its own probe"
    store.answer = CLOSED
    clock.advance(1.0)
    made.call(int)
    arrive()
    assert made.attached


def test_an_answer_that_is_none_is_a_store_that_is_away() -> None:
    store, clock = Store("OK"), VirtualClock()
    made, heard = breaker(store, clock)
    made.call(int)
    arrive()
    assert [type(event).__name__ for event in heard] == ["Detachment"]


def test_a_store_of_asyncio_is_asked_on_the_loop() -> None:
    async def main() -> None:
        store, clock = LoopStore(OPEN), VirtualClock()
        made, heard = breaker(store, clock)

        async def call() -> int:
            return 7

        assert await made.call(call) == 7
        await asyncio.sleep(0)
        assert (made.attached, made.state) == (True, "OPEN")
        clock.advance(20.0)
        store.answer = GRANTED
        async with made:
            pass
        await asyncio.sleep(0)
        assert store.asked[-1] == ["0", "8", "0", "success"]
        assert heard[-1] == StateChange("ledger", "OPEN", "HALF_OPEN")

    asyncio.run(main())


def test_a_loop_of_attempts_on_asyncio_waits_for_its_probe() -> None:
    async def main() -> None:
        store, clock = LoopStore(OPEN), VirtualClock()
        made, _ = breaker(store, clock)
        made.call(int)
        await asyncio.sleep(0)
        clock.advance(20.0)
        store.answer = GRANTED
        async for attempt in retrying(breaker=made, clock=clock):
            with attempt:
                assert made.state == "HALF_OPEN"
        await asyncio.sleep(0)
        assert store.asked[-1] == ["0", "8", "0", "success"]

    asyncio.run(main())


def test_who_cannot_wait_on_a_loop_gets_the_probe_asked_for_by_the_one_before() -> None:
    async def main() -> None:
        store, clock = LoopStore(OPEN), VirtualClock()
        made, _ = breaker(store, clock)
        made.call(int)
        await asyncio.sleep(0)
        clock.advance(20.0)
        store.answer = GRANTED
        with pytest.raises(CircuitOpenError):
            made.admit()
        await asyncio.sleep(0)
        permit = made.admit()
        assert made.settle(permit, "success") == "counted"
        await asyncio.sleep(0)
        assert [args[3] for args in store.asked[-2:]] == ["hold", "success"]

    asyncio.run(main())


def test_a_caller_who_is_cancelled_while_it_waits_gives_its_probe_back() -> None:
    class Slow(LoopStore):
        def __init__(self) -> None:
            super().__init__(OPEN)
            self.granted = asyncio.Event()

        async def run(self, script: str, keys: list[str], args: list[str]) -> bytes:  # type: ignore[override]
            answer = await super().run(script, keys, args)
            if answer == GRANTED.encode():
                await self.granted.wait()
            return answer

    async def main() -> None:
        store, clock = Slow(), VirtualClock()
        made, _ = breaker(store, clock)
        made.call(int)
        await asyncio.sleep(0)
        clock.advance(20.0)
        store.answer = GRANTED

        async def call() -> None:
            fail()

        waiting = asyncio.ensure_future(made.call(call))
        for _ in range(5):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        store.answer = CLOSED
        store.granted.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert ["0", "8", "0", "nothing"] in store.asked
        assert made.state == "HALF_OPEN"

    asyncio.run(main())
