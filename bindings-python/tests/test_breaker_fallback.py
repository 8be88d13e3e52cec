"""What a rejected call gets instead of its error."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from tripping import fail, trip

from once_again import CircuitBreaker, CircuitOpenError, ConfigError, FallbackEvent, Queued, QueuedCall, Rejection
from once_again.testing import VirtualClock


def cached(clock: VirtualClock | None = None) -> CircuitBreaker:
    return CircuitBreaker(failure_threshold=1, fallback_strategy="CACHE", clock=clock)


def test_a_rejected_call_gets_the_last_good_value_of_its_own_key() -> None:
    heard: list[FallbackEvent] = []
    breaker = cached()
    breaker.on("fallback", heard.append)
    prices = {"a": 1, "b": 2}

    @breaker.keyed(lambda product: product)
    def price(product: str) -> int:
        return prices[product]

    assert [price("a"), price("b")] == [1, 2]
    prices["a"] = 3
    assert price("a") == 3
    trip(breaker, 1)
    prices.clear()
    assert [price("a"), price("b")] == [3, 2]
    assert heard == [
        FallbackEvent("default", "CACHE", True, "a"),
        FallbackEvent("default", "CACHE", True, "b"),
    ]
    with pytest.raises(CircuitOpenError):
        price("c")


def test_none_and_false_are_values_too() -> None:
    breaker = cached()
    assert breaker.execute(lambda: None, key="none") is None
    assert breaker.execute(lambda: False, key="false") is False
    trip(breaker, 1)
    assert breaker.execute(fail, key="none") is None
    assert breaker.execute(lambda: True, key="false") is False


def test_a_call_without_a_key_is_not_kept() -> None:
    breaker = cached()
    assert breaker.call(int) == 0
    assert breaker.keyed(lambda: None)(lambda: 0)() == 0
    trip(breaker, 1)
    for call in (breaker(lambda: 0), breaker.keyed(lambda: None)(lambda: 0)):
        with pytest.raises(CircuitOpenError):
            call()


def test_a_value_is_served_for_five_minutes_and_no_longer() -> None:
    clock = VirtualClock()
    breaker = CircuitBreaker(failure_threshold=1, recovery_timeout=3600, fallback_strategy="CACHE", clock=clock)
    breaker.execute(lambda: "old", key="k")
    trip(breaker, 1)
    clock.advance(300.0)
    assert breaker.execute(fail, key="k") == "old"
    clock.advance(0.000_001)
    with pytest.raises(CircuitOpenError):
        breaker.execute(fail, key="k")


def test_a_thousand_values_are_kept_and_the_oldest_makes_room() -> None:
    breaker = cached()
    for number in range(1_000):
        breaker.execute(lambda number=number: number, key=str(number))
    breaker.execute(lambda: "again", key="0")
    breaker.execute(lambda: 1_000, key="1000")
    trip(breaker, 1)
    assert breaker.execute(fail, key="0") == "again"
    assert breaker.execute(fail, key="2") == 2
    assert breaker.execute(fail, key="1000") == 1_000
    with pytest.raises(CircuitOpenError):
        breaker.execute(fail, key="1")


def test_an_async_function_is_cached_like_any_other() -> None:
    breaker = cached()

    @breaker.keyed("k")
    async def answer(value: str) -> str:
        if value == "fail":
            raise ConnectionError
        return value

    async def main() -> list[str]:
        good = await answer("good")
        with pytest.raises(ConnectionError):
            await answer("fail")
        return [good, await answer("later")]

    assert asyncio.run(main()) == ["good", "good"]


def test_a_key_that_cannot_be_told_is_the_callers_error_and_counts_nowhere() -> None:
    breaker = cached()
    with pytest.raises(KeyError):
        breaker.keyed(lambda order: order["id"])(lambda order: order)({})
    assert breaker.state == "CLOSED"


def test_a_key_is_a_string_or_a_function() -> None:
    with pytest.raises(ConfigError, match="key: got an object of type int, expected a string, or a function"):
        cached().keyed(3)(lambda: 0)  # type: ignore[arg-type]


def test_a_queue_takes_the_call_and_can_make_it_later() -> None:
    clock, queue = VirtualClock(), list[QueuedCall]()
    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="QUEUE", queue=queue.append, clock=clock)
    made: list[str] = []

    @breaker.keyed(lambda order: f"order {order}")
    def send(order: str) -> int:
        made.append(order)
        return len(made)

    trip(breaker, 1)
    queued: Any = send("A-1")
    assert isinstance(queued, Queued)
    assert uuid.UUID(queued.id).version == 4
    assert [(call.id, call.key) for call in queue] == [(queued.id, "order A-1")]
    with pytest.raises(CircuitOpenError):
        queue[0].run()
    assert made == []
    clock.advance(30.0)
    assert queue[0].run() == 1
    assert made == ["A-1"]


def test_an_async_queue_is_awaited() -> None:
    queue: asyncio.Queue[QueuedCall] = asyncio.Queue(maxsize=1)
    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="QUEUE", queue=queue.put)

    @breaker
    async def send() -> str:
        raise ConnectionError

    async def main() -> None:
        with pytest.raises(ConnectionError):
            await send()
        queued: Any = await send()
        call = queue.get_nowait()
        assert call.id == queued.id
        with pytest.raises(CircuitOpenError):
            await call.run()

    asyncio.run(main())


def test_a_queue_that_refuses_says_so_to_the_caller() -> None:
    breaker = CircuitBreaker(
        failure_threshold=1, fallback_strategy="QUEUE", queue=lambda call: fail(OSError("the disk is full"))
    )
    trip(breaker, 1)
    with pytest.raises(OSError, match="the disk is full"):
        breaker.call(int)


def test_an_async_fallback_is_refused_where_nobody_would_await_it() -> None:
    async def elsewhere(given: object) -> None: ...

    for fields in ({"fallback": elsewhere}, {"queue": elsewhere}):
        (field,) = fields
        breaker = CircuitBreaker(fallback_strategy=field.upper(), **fields)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=f"{field}: got an async function, expected a function that is not async"):
            breaker(fail)


def test_a_rejection_inside_the_call_is_the_dependencys_failure_not_this_breakers() -> None:
    inner = CircuitBreaker(failure_threshold=1, name="inner")
    outer = CircuitBreaker(failure_threshold=1, fallback_strategy="FALLBACK", fallback=lambda error: error.breaker)
    trip(inner, 1)
    with pytest.raises(CircuitOpenError) as raised:
        outer.call(inner.call, fail)
    assert raised.value.breaker == "inner"
    assert outer.call(inner.call, fail) == "default"


def test_a_rejection_with_a_fallback_is_a_rejection_all_the_same() -> None:
    heard: list[Rejection] = []
    breaker = CircuitBreaker(
        failure_threshold=1, fallback_strategy="FALLBACK", fallback=lambda error: 0, clock=VirtualClock()
    )
    breaker.on("reject", heard.append)
    trip(breaker, 1)
    assert breaker.call(int) == 0
    assert heard == [Rejection("default", "OPEN", 30.0)]
    assert breaker.stats()["rejected"] == 1


def test_a_with_block_cannot_be_replaced() -> None:
    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="FALLBACK", fallback=lambda error: 0)
    trip(breaker, 1)
    with pytest.raises(CircuitOpenError), breaker:
        raise AssertionError


def test_a_key_of_the_wrong_type_is_found_before_the_call_is_made() -> None:
    made: list[int] = []
    price = cached().keyed(lambda product: [product])(made.append)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="key: got an object of type list"):
        price(1)
    assert made == []


def test_a_key_that_nobody_would_await_is_refused() -> None:
    async def key(product: str) -> str:
        return product

    with pytest.raises(ConfigError, match=r"key: .*not async"):
        cached().keyed(key)(lambda product: 1)  # type: ignore[arg-type]
