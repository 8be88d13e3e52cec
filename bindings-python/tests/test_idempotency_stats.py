"""What is counted under keys, and who hears of work that a repetition may not find."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import ask, reply
from test_wsgi import ask as ask_wsgi

from once_again import (
    ConfigError,
    IdempotencyCounters,
    IdempotencyNotice,
    IdempotencyStats,
    InProgressError,
    KeyReusedError,
    asgi,
    idempotent,
    wsgi,
)
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock, mock_store

Work = Callable[[], object]


class Asgi:
    """The ASGI middleware, whose application does one piece of work."""

    def __init__(self, work: Work, clock: VirtualClock, **options: Any) -> None:
        self.clock = clock

        async def app(scope: Any, receive: Any, send: Any) -> None:
            work()
            await reply(send, 201)

        self.guarded = asgi.IdempotencyMiddleware(app, clock=clock, **options)

    def call(self, amount: int = 5, rest: float = 0.0) -> None:
        async def main() -> None:
            await ask(self.guarded, body=b"%d" % amount)
            await self.clock.async_sleep(rest)

        asyncio.run(main())

    def stats(self) -> IdempotencyStats:
        return self.guarded.stats()


class Wsgi:
    """The WSGI middleware likewise."""

    def __init__(self, work: Work, clock: VirtualClock, **options: Any) -> None:
        self.clock = clock

        def app(environ: Any, start_response: Any) -> list[bytes]:
            work()
            start_response("201 Created", [])
            return [b"ordered"]

        self.guarded = wsgi.IdempotencyMiddleware(app, clock=clock, **options)

    def call(self, amount: int = 5, rest: float = 0.0) -> None:
        ask_wsgi(self.guarded, b"%d" % amount)
        self.clock.advance(rest)

    def stats(self) -> IdempotencyStats:
        return self.guarded.stats()


class Function:
    """An idempotent function."""

    def __init__(self, work: Work, clock: VirtualClock, **options: Any) -> None:
        self.clock = clock

        @idempotent(name="order", key=lambda amount: "k", clock=clock, **options)
        def order(amount: int) -> None:
            work()

        self.order = order

    def call(self, amount: int = 5, rest: float = 0.0) -> None:
        try:
            self.order(amount)
            self.clock.advance(rest)
        except KeyReusedError:
            pass

    def stats(self) -> IdempotencyStats:
        return self.order.stats()


class AsyncFunction:
    """An async one."""

    def __init__(self, work: Work, clock: VirtualClock, **options: Any) -> None:
        self.clock = clock

        @idempotent(name="order", key=lambda amount: "k", clock=clock, **options)
        async def order(amount: int) -> None:
            work()

        self.order = order

    def call(self, amount: int = 5, rest: float = 0.0) -> None:
        async def main() -> None:
            await self.order(amount)
            await self.clock.async_sleep(rest)

        try:
            asyncio.run(main())
        except KeyReusedError:
            pass

    def stats(self) -> IdempotencyStats:
        return self.order.stats()


every_door = pytest.mark.parametrize("door", [Asgi, Wsgi, Function, AsyncFunction])


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    written = [json.loads(record.getMessage()) for record in caplog.records if record.name == "once_again"]
    return [{name: line[name] for name in ("level", "event", "reason")} for line in written]


@every_door
@pytest.mark.parametrize("make_store", [MemoryStore, mock_store])
def test_operations_repetitions_and_their_time_are_counted(door: Any, make_store: Any) -> None:
    clock = VirtualClock()
    guarded = door(lambda: clock.advance(2.0), clock, store=make_store(clock=clock))
    nothing = guarded.stats()
    assert (nothing.total_operations, nothing.duplicate_rate, nothing.average_processing_time) == (0, 0.0, 0.0)
    for amount in (5, 5, 5, 6):  # the last comes with other content: refused, and no repetition
        guarded.call(amount)
    stats = guarded.stats()
    assert (stats.total_operations, stats.duplicates, stats.active) == (4, 2, 0)
    assert (stats.duplicate_rate, stats.cache_hit_rate, stats.average_processing_time) == (0.5, 0.5, 0.5)
    assert (stats.unprotected, stats.lost_completions) == (0, 0)


@every_door
def test_work_without_a_record_is_counted_and_told_of(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    clock, told = VirtualClock(), list[IdempotencyNotice]()
    store = mock_store(clock=clock)
    guarded = door(lambda: None, clock, store=store, fail_open=True, on_unprotected=told.append)
    store.fail(times=1_000)
    guarded.call()
    stats = guarded.stats()
    assert (stats.unprotected, stats.lost_completions, stats.total_operations, stats.active) == (1, 0, 1, 0)
    [notice] = told
    assert notice.reason == "store unavailable"
    assert notice.key == "k" if door in (Asgi, Wsgi) else len(notice.key) == 64
    assert lines(caplog) == [{"level": "WARNING", "event": "unprotected", "reason": "store unavailable"}]


@every_door
def test_a_lost_completion_is_counted_once_and_told_of(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    clock, told = VirtualClock(), list[IdempotencyNotice]()
    store = mock_store(clock=clock)
    guarded = door(lambda: store.fail(times=1_000), clock, store=store, on_lost_completion=told.append)
    guarded.call(rest=120.0)  # past the end of the lease: what still tries gives up
    stats = guarded.stats()
    assert (stats.unprotected, stats.lost_completions, stats.total_operations, stats.active) == (0, 1, 1, 0)
    [notice] = told
    assert notice.reason == "not confirmed in time"
    assert notice.key == "k" if door in (Asgi, Wsgi) else len(notice.key) == 64
    assert lines(caplog) == [{"level": "ERROR", "event": "lost_completion", "reason": "not confirmed in time"}]


@every_door
def test_a_claim_that_another_owner_took_over_is_a_lost_completion(door: Any) -> None:
    clock, told = VirtualClock(), list[IdempotencyNotice]()
    store = mock_store(clock=clock)

    def lose() -> None:
        [begin] = store.operations
        epoch = store.apply(begin)["epoch"]
        store.apply({"op": "release", "key": begin["key"], "owner": begin["owner"], "epoch": epoch, "mode": "forget"})
        store.apply({**begin, "owner": "f" * 32})

    guarded = door(lose, clock, store=store, on_lost_completion=told.append)
    try:
        guarded.call()
    except InProgressError:
        assert door in (Function, AsyncFunction)
    assert [notice.reason for notice in told] == ["claim lost"]
    assert (guarded.stats().lost_completions, guarded.stats().active) == (1, 0)


@every_door
def test_an_observer_that_raises_harms_nothing(door: Any) -> None:
    def raises(notice: IdempotencyNotice) -> None:
        raise RuntimeError("observer")

    clock, runs = VirtualClock(), list[int]()
    store = mock_store(clock=clock)
    guarded = door(lambda: runs.append(1), clock, store=store, fail_open=True, on_unprotected=raises)
    store.fail(times=1_000)
    guarded.call()
    assert (runs, guarded.stats().unprotected) == ([1], 1)


@every_door
def test_work_that_fails_loses_no_completion_as_it_has_none(door: Any) -> None:
    clock = VirtualClock()
    store = mock_store(clock=clock)

    def fail() -> None:
        store.fail(times=1_000)
        raise ValueError("broken")

    guarded = door(fail, clock, store=store)
    with pytest.raises(ValueError, match="broken"):
        guarded.call()
    stats = guarded.stats()
    assert (stats.lost_completions, stats.total_operations, stats.active) == (0, 1, 0)


@pytest.mark.parametrize("make_store", [MemoryStore, mock_store])
def test_a_refusal_while_the_first_run_works_is_a_duplicate_and_no_hit(make_store: Any) -> None:
    seen: list[IdempotencyStats] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(guarded.stats())
        assert (await ask(guarded)).status == 409
        await reply(send, 201)

    guarded = asgi.IdempotencyMiddleware(app, store=make_store())
    asyncio.run(ask(guarded))
    assert [(stats.total_operations, stats.active) for stats in seen] == [(0, 1)]
    stats = guarded.stats()
    assert (stats.total_operations, stats.duplicates, stats.cache_hit_rate, stats.active) == (2, 1, 0.0, 0)


def test_a_cancelled_call_has_ended() -> None:
    @idempotent(name="hang", key=lambda: "k")
    async def hang() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        call = asyncio.ensure_future(hang())
        await asyncio.sleep(0)
        assert hang.stats().active == 1
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    asyncio.run(main())
    assert (hang.stats().active, hang.stats().total_operations) == (0, 1)


def test_those_who_are_given_the_same_counters_are_counted_together() -> None:
    from fastapi import FastAPI

    counters = IdempotencyCounters()
    app = FastAPI()
    app.add_middleware(asgi.IdempotencyMiddleware, counters=counters)

    @app.post("/orders")
    def order() -> str:
        charge()
        return "ordered"

    @idempotent(name="charge", counters=counters)
    def charge() -> None: ...

    for _ in range(2):
        assert asyncio.run(ask(app, root_path="")).status == 200
    assert (counters.stats().total_operations, counters.stats().duplicates) == (3, 1)
    assert charge.stats() == counters.stats()


def test_threads_lose_no_count() -> None:
    @idempotent(name="f", key=lambda key: key)
    def f(key: str) -> None: ...

    def work(name: int) -> None:
        for number in range(200):
            f(f"{name}-{number % 100}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = f.stats()
    assert (stats.total_operations, stats.duplicates, stats.active) == (1_600, 800, 0)


@pytest.mark.parametrize("name", ["counters", "on_unprotected", "on_lost_completion"])
@every_door
def test_what_cannot_count_or_hear_is_refused(door: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: got an object of type int, expected "):
        door(lambda: None, VirtualClock(), **{name: 3})


def test_a_switched_off_function_counts_nothing() -> None:
    @idempotent(name="f", enabled=False)
    def f() -> None: ...

    f()
    assert f.stats().total_operations == 0
