"""PostgreSQL stores over clients of asyncio, on a real server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
import psycopg_pool
import pytest
from histories import histories, play
from hypothesis import given, settings
from operations import begin, complete, get, servers

from once_again import ConfigError, InProgressError, StoreUnavailableError, idempotent
from once_again.stores import MemoryStore, PostgresStore
from once_again.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with servers("postgres") as running:
        yield str(running.of("postgres")["url"])


@pytest.fixture(params=["psycopg's pool", "psycopg's connection", "asyncpg"])
def run(request: pytest.FixtureRequest, url: str) -> Callable[..., Any]:
    """Runs a test on a loop of its own, with a client."""

    def run(test: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        async def go() -> Any:
            async with client_of(request.param, url) as client:
                await PostgresStore(client).ensure_schema()
                return await test(client)

        return asyncio.run(go())

    return run


@asynccontextmanager
async def client_of(kind: str, url: str) -> AsyncIterator[Any]:
    if kind == "asyncpg":
        async with asyncpg.create_pool(url, min_size=1, max_size=20) as pool:
            yield pool
    elif kind == "psycopg's pool":
        async with psycopg_pool.AsyncConnectionPool(url, min_size=1, max_size=20, open=False) as connections:
            yield connections
    else:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            yield connection


@asynccontextmanager
async def shop_of(client: Any, url: str) -> AsyncIterator[tuple[Any, Callable[[str], Any]]]:
    """A connection of the client's kind for effects, and what runs a statement on it."""
    connection: Any
    if isinstance(client, asyncpg.Pool):
        async with client.acquire() as connection:
            yield connection, connection.fetchval
    else:
        async with await psycopg.AsyncConnection.connect(url) as connection:

            async def first(statement: str) -> Any:
                cursor = await connection.execute(statement)
                return (await cursor.fetchone())[0] if cursor.description else None

            yield connection, first
            await connection.rollback()


_keys = iter(range(1, 1_000_000))


def test_it_answers_as_the_memory_store_does(run: Callable[..., Any]) -> None:
    clock = VirtualClock(wall_now=1_795_000_000.0)
    played: list[list[tuple[int, dict[str, Any]]]] = []

    @given(history=histories)
    @settings(max_examples=15, deadline=None)
    def collect(history: list[tuple[int, dict[str, Any]]]) -> None:
        played.append(history)

    collect()

    async def check(client: Any) -> None:
        store = PostgresStore(client, cleanup_interval=86_400, clock=clock)
        for history in played:
            memory = MemoryStore(max_bytes=2**30, cleanup_interval=86_400, clock=clock)
            for op, heard in play(history, next(_keys) + 0x1000, clock):
                reply, expected = await store.apply(op), memory.apply(op)
                # What was swept is each store's own affair.
                assert op["op"] == "sweep" or reply == expected, op
                heard(reply)

    run(check)


def test_of_a_thousand_tasks_with_one_key_one_runs(run: Callable[..., Any]) -> None:
    key = next(_keys)

    async def race(client: Any) -> list[str]:
        store = PostgresStore(client)
        replies = await asyncio.gather(*[store.apply(begin(key, caller)) for caller in range(1_000)])
        return [reply["reply"] for reply in replies]

    replies = run(race)
    assert (replies.count("acquired"), replies.count("busy")) == (1, 999)


def test_an_idempotent_function_replays_what_it_returned(run: Callable[..., Any]) -> None:
    order = f"o-{next(_keys)}"

    async def call(client: Any) -> list[Any]:
        runs: list[int] = []

        @idempotent(name="charge", store=PostgresStore(client), key="order")
        async def charge(order: str) -> int:
            runs.append(1)
            return len(runs)

        return [await charge(order), await charge(order), len(runs)]

    assert run(call) == [1, 1, 1]


def test_effect_and_record_are_one(run: Callable[..., Any], url: str) -> None:
    async def pay(client: Any) -> None:
        store, lost, kept = PostgresStore(client), next(_keys), next(_keys)
        async with shop_of(client, url) as (shop, first):
            await first("CREATE TABLE IF NOT EXISTS orders (id text)")
            await first("DELETE FROM orders")
            if isinstance(shop, psycopg.AsyncConnection):
                await shop.commit()
            epoch = (await store.apply(begin(lost, 1)))["epoch"]
            await store.apply({"op": "abandon", "key": f"{lost:064x}", "owner": f"{1:032x}", "epoch": epoch})
            assert (await store.apply(begin(lost, 2, maxTakeovers=5, onOrphan="reexecute")))["reply"] == "acquired"
            with pytest.raises(InProgressError):  # noqa: PT012
                async with shop.transaction():
                    await first("INSERT INTO orders VALUES ('lost')")
                    await store.complete_in(shop, complete(lost, 1, epoch, b"done"))
            epoch = (await store.apply(begin(kept, 1)))["epoch"]
            async with shop.transaction():
                await first("INSERT INTO orders VALUES ('kept')")
                assert await store.complete_in(shop, complete(kept, 1, epoch, b"done")) == {"reply": "completed"}
            assert await first("SELECT string_agg(id, ',') FROM orders") == "kept"
            assert (await store.apply(begin(kept, 2)))["payload"] == b"done"

    run(pay)


def test_what_has_expired_is_swept_by_later_calls(run: Callable[..., Any], url: str) -> None:
    async def sweep(client: Any) -> None:
        clock = VirtualClock(wall_now=1_795_000_000.0)
        store = PostgresStore(client, table="swept_later", cleanup_interval=60.0, clock=clock)
        await store.ensure_schema()
        for key in range(10):
            await store.apply(begin(key, 1, retention=1_000_000, lease=1_000_000))
        clock.advance(60.0)
        assert await store.apply(get(0)) == {"reply": "notFound"}
        async with shop_of(client, url) as (_, first):
            assert await first("SELECT count(*) FROM swept_later") == 0

    run(sweep)


def test_without_its_schema_it_says_what_to_do(run: Callable[..., Any]) -> None:
    async def ask(client: Any) -> None:
        store = PostgresStore(client, table="missing_later")
        for op in (begin(1, 1), get(1)):
            with pytest.raises(StoreUnavailableError, match=r"run ensure_schema\(\) of the store first"):
                await store.apply(op)
        with pytest.raises(ConfigError, match="table: got missing_later"):
            await store.check()
        assert await PostgresStore(client).check() == []

    run(ask)


def test_a_connection_without_a_transaction_is_refused(run: Callable[..., Any], url: str) -> None:
    async def refuse(client: Any) -> None:
        store = PostgresStore(client)
        async with shop_of(client, url) as (shop, _):
            if isinstance(shop, psycopg.AsyncConnection):
                await shop.set_autocommit(True)
            with pytest.raises(ConfigError, match="connection: got one without an open transaction"):
                await store.complete_in(shop, complete(1, 1, 1, b""))
        with pytest.raises(ConfigError, match="connection: got an object of type str"):
            await store.complete_in("shop", complete(1, 1, 1, b""))  # type: ignore[call-overload]

    run(refuse)


def test_a_connection_that_opens_transactions_by_itself_is_refused(url: str) -> None:
    async def refuse() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            with pytest.raises(ConfigError, match="client: got a connection with autocommit=False"):
                PostgresStore(connection)

    asyncio.run(refuse())
