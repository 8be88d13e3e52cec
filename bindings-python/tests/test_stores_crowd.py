"""Functions that run once over each shared store, called by a thousand threads or tasks at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import psycopg_pool
import pytest
import redis
import redis.asyncio
from operations import Servers, servers
from redis.backoff import NoBackoff
from redis.retry import Retry

from once_again import StoreUnavailableError, idempotent
from once_again.stores import PostgresStore, RedisStore, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:once_again. Redis forgets its latest records:RuntimeWarning")

CALLERS = 1_000
ONCE = Retry(NoBackoff(), 1)


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with servers("redis", "postgres") as running:
        yield running


@pytest.fixture(params=["sqlite", "redis", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A store that answers threads."""
    running = request.getfixturevalue("running")
    if request.param == "sqlite":
        with SqliteStore(tmp_path / "records.db") as store:
            yield store
    elif request.param == "redis":
        pool = redis.BlockingConnectionPool.from_url(running.of("redis")["url"], max_connections=50, timeout=60)
        yield RedisStore(redis.Redis(connection_pool=pool), prefix="crowd:")
        pool.disconnect()
    else:
        with psycopg_pool.ConnectionPool(running.of("postgres")["url"], min_size=20, timeout=60) as connections:
            crowded = PostgresStore(connections)
            crowded.ensure_schema()
            yield crowded


def test_a_thousand_threads_with_one_key_run_the_function_once(store: Any) -> None:
    runs: list[int] = []
    receipts: list[Any] = []
    start = threading.Event()

    @idempotent(name="charge", store=store, key="order", store_timeout=60.0)
    def charge(order: str) -> dict[str, Any]:
        runs.append(1)
        return {"order": order, "receipt": len(runs)}

    def call() -> None:
        start.wait()
        receipts.append(charge("o-1"))

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    assert (len(runs), receipts) == (1, [{"order": "o-1", "receipt": 1}] * CALLERS)


def test_a_thousand_tasks_with_one_key_run_the_function_once(running: Servers) -> None:
    url = running.of("redis")["url"]

    async def crowd() -> tuple[int, list[Any]]:
        runs: list[int] = []
        pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=50, timeout=60)
        async with redis.asyncio.Redis(connection_pool=pool) as client:

            @idempotent(name="charge", store=RedisStore(client, prefix="tasks:"), key="order", store_timeout=60.0)
            async def charge(order: str) -> dict[str, Any]:
                runs.append(1)
                await asyncio.sleep(0)
                return {"order": order, "receipt": len(runs)}

            receipts = await asyncio.gather(*[charge("o-1") for _ in range(CALLERS)])
        await pool.disconnect()
        return len(runs), receipts

    assert asyncio.run(crowd()) == (1, [{"order": "o-1", "receipt": 1}] * CALLERS)


def test_while_its_store_is_away_a_function_does_not_run() -> None:
    runs: list[str] = []
    with servers("redis") as running, redis.Redis.from_url(running.of("redis")["url"], retry=ONCE) as client:

        @idempotent(name="charge", store=RedisStore(client), key="order")
        def charge(order: str) -> str:
            runs.append(order)
            return f"receipt of {order}"

        assert charge("before") == "receipt of before"
        running.do("kill", "redis")
        with pytest.raises(StoreUnavailableError):
            charge("during")
        running.do("start", "redis")
        assert charge("during") == "receipt of during"
        assert runs == ["before", "during"]
