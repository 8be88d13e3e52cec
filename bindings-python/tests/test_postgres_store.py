"""PostgreSQL stores on a real server: over psycopg's pool and connection, jointly, through outages and crowds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg_pool
import pytest
from histories import histories, play
from hypothesis import given, settings
from operations import begin, complete, get, servers

from once_again import ConfigError, InProgressError, StoreUnavailableError
from once_again.stores import MemoryStore, PostgresStore
from once_again.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operations import Servers


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with servers("postgres") as running:
        yield running


@pytest.fixture(scope="module")
def url(running: Servers) -> str:
    return str(running.of("postgres")["url"])


@pytest.fixture(scope="module")
def pool(url: str) -> Iterator[psycopg_pool.ConnectionPool[Any]]:
    with psycopg_pool.ConnectionPool(url, min_size=1, max_size=20) as pool:
        yield pool


@pytest.fixture
def store(pool: psycopg_pool.ConnectionPool[Any]) -> PostgresStore:
    store = PostgresStore(pool)
    store.ensure_schema()
    return store


_keys = iter(range(1, 1_000_000))


@pytest.mark.parametrize("partition", ["none", "monthly"])
def test_it_answers_as_the_memory_store_does(pool: psycopg_pool.ConnectionPool[Any], partition: Any) -> None:
    clock = VirtualClock(wall_now=1_795_000_000.0)
    store = PostgresStore(pool, table=f"history_{partition}", partition=partition, cleanup_interval=86_400, clock=clock)
    store.ensure_schema()

    @given(history=histories)
    @settings(max_examples=25, deadline=None)
    def check(history: list[tuple[int, dict[str, Any]]]) -> None:
        memory = MemoryStore(max_bytes=2**30, cleanup_interval=86_400, clock=clock)
        for op, heard in play(history, next(_keys), clock):
            reply, expected = store.apply(op), memory.apply(op)
            # What was swept is each store's own affair.
            assert op["op"] == "sweep" or reply == expected, op
            heard(reply)

    check()


def test_a_connection_keeps_outcomes_byte_for_byte(store: PostgresStore, url: str) -> None:
    with psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        store, key = PostgresStore(connection), next(_keys)
        epoch = store.apply(begin(key, 1))["epoch"]
        assert store.apply(complete(key, 1, epoch, bytes(range(256)))) == {"reply": "completed"}
        assert store.apply(begin(key, 2))["payload"] == bytes(range(256))


def test_the_pools_connections_stay_as_they_were(store: PostgresStore, pool: psycopg_pool.ConnectionPool[Any]) -> None:
    assert store.apply(get(0)) == {"reply": "notFound"}
    with pytest.raises(StoreUnavailableError):
        PostgresStore(pool, table="nowhere").apply(get(0))
    with pool.connection() as connection:
        assert not connection.autocommit


@pytest.mark.parametrize("over", ["a pool", "a connection"])
def test_a_key_raced_by_a_thousand_threads_is_acquired_once(store: PostgresStore, url: str, over: str) -> None:
    if over == "a pool":
        replies = raced(store)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            replies = raced(PostgresStore(connection))
    assert (replies.count("acquired"), replies.count("busy")) == (1, 999)


def raced(store: PostgresStore) -> list[str]:
    start, replies, key = threading.Event(), [], next(_keys)

    def call(caller: int) -> None:
        start.wait()
        replies.append(store.apply(begin(key, caller))["reply"])

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(1_000)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    return replies


def test_what_has_expired_is_swept_by_later_calls(pool: psycopg_pool.ConnectionPool[Any]) -> None:
    clock = VirtualClock(wall_now=1_795_000_000.0)
    store = PostgresStore(pool, table="swept", cleanup_interval=60.0, clock=clock)
    store.ensure_schema()
    for key in range(10):
        store.apply(begin(key, 1, retention=1_000_000, lease=1_000_000))

    def count() -> int:
        with pool.connection() as connection:
            row = connection.execute("SELECT count(*) FROM swept").fetchone()
            return int(row[0]) if row else -1

    clock.advance(59.0)
    store.apply(get(0))
    assert count() == 10
    clock.advance(1.0)
    store.apply(get(0))
    assert count() == 0


class TestJointly:
    """Effect and record in one transaction."""

    @pytest.fixture
    def shop(self, store: PostgresStore, url: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(url) as connection:
            connection.execute("DROP TABLE IF EXISTS orders")
            connection.execute("CREATE TABLE orders (id text)")
            connection.commit()
            yield connection

    def orders(self, shop: psycopg.Connection[Any]) -> int:
        count: int = shop.execute("SELECT count(*) FROM orders").fetchone()[0]  # type: ignore[index]
        return count

    def test_both_are_committed(self, store: PostgresStore, shop: psycopg.Connection[Any]) -> None:
        key = next(_keys)
        epoch = store.apply(begin(key, 1))["epoch"]
        with shop.transaction():
            shop.execute("INSERT INTO orders VALUES ('a')")
            assert store.complete_in(shop, complete(key, 1, epoch, b"done")) == {"reply": "completed"}
        assert (self.orders(shop), store.apply(begin(key, 2))["payload"]) == (1, b"done")

    def test_both_are_rolled_back(self, store: PostgresStore, shop: psycopg.Connection[Any]) -> None:
        key = next(_keys)
        epoch = store.apply(begin(key, 1))["epoch"]
        with pytest.raises(ZeroDivisionError), shop.transaction():  # noqa: PT012
            shop.execute("INSERT INTO orders VALUES ('a')")
            store.complete_in(shop, complete(key, 1, epoch, b"done"))
            raise ZeroDivisionError
        assert (self.orders(shop), store.apply(begin(key, 2))["reply"]) == (0, "busy")

    def test_a_lost_claim_rolls_the_effect_back(self, store: PostgresStore, shop: psycopg.Connection[Any]) -> None:
        key = next(_keys)
        epoch = store.apply(begin(key, 1))["epoch"]
        store.apply({"op": "abandon", "key": f"{key:064x}", "owner": f"{1:032x}", "epoch": epoch})
        assert store.apply(begin(key, 2, maxTakeovers=5, onOrphan="reexecute"))["reply"] == "acquired"
        with pytest.raises(InProgressError), shop.transaction():  # noqa: PT012
            shop.execute("INSERT INTO orders VALUES ('a')")
            store.complete_in(shop, complete(key, 1, epoch, b"done"))
        assert self.orders(shop) == 0

    def test_without_a_transaction_it_is_refused(self, store: PostgresStore, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            with pytest.raises(ConfigError, match="connection: got one without an open transaction"):
                store.complete_in(connection, complete(1, 1, 1, b""))
            with pytest.raises(ConfigError, match="connection: got an object of type str"):
                store.complete_in("shop", complete(1, 1, 1, b""))  # type: ignore[arg-type]


def test_a_store_does_not_join_a_transaction_on_its_own_connection(store: PostgresStore, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        own = PostgresStore(connection)
        with (
            connection.transaction(),
            pytest.raises(StoreUnavailableError, match="a transaction is open on the store's"),
        ):
            own.apply(get(0))
        assert own.apply(get(0)) == {"reply": "notFound"}


def test_without_its_schema_it_says_what_to_do(pool: psycopg_pool.ConnectionPool[Any]) -> None:
    store = PostgresStore(pool, table="missing")
    for op in (begin(1, 1), get(1)):
        with pytest.raises(StoreUnavailableError, match=r"run ensure_schema\(\) of the store first"):
            store.apply(op)
    with pytest.raises(
        ConfigError, match="table: got missing, expected a table with schema 1, as ensure_schema makes it"
    ):
        store.check()
    store.ensure_schema()
    assert (store.check(), store.apply(get(1))) == ([], {"reply": "notFound"})


def failure(store: PostgresStore) -> StoreUnavailableError | None:
    """A process that serves a connection may outlive the server's first process for a moment."""
    try:
        store.apply(get(1))
    except StoreUnavailableError as error:
        return error
    return None


def test_a_killed_server_is_unavailable_until_it_is_back() -> None:
    with servers("postgres") as running:
        url = running.of("postgres")["url"]
        with psycopg_pool.ConnectionPool(url, min_size=1, timeout=1.0, reconnect_timeout=60.0) as pool:
            store = PostgresStore(pool)
            store.ensure_schema()
            assert store.apply(begin(1, 1))["reply"] == "acquired"
            running.do("kill", "postgres")
            while (refused := failure(store)) is None:
                pass
            assert "did not do what it was asked" in str(refused)
            running.do("start", "postgres")
            pool.wait(30.0)
            assert store.apply(begin(2, 1))["reply"] == "acquired"
            assert store.apply(begin(1, 2))["reply"] == "busy"


def test_a_store_from_the_environment_closes_its_pool(
    monkeypatch: pytest.MonkeyPatch, store: PostgresStore, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with PostgresStore.from_env() as own:
        assert own.apply(get(0)) == {"reply": "notFound"}
    with pytest.raises(StoreUnavailableError, match="the store was closed"):
        own.apply(get(0))
    assert own._pool.closed


def test_without_an_address_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ConfigError, match="DATABASE_URL: got no environment variable, expected an address such as"):
        PostgresStore.from_env()


def test_what_is_no_client_is_refused(url: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(ConfigError, match="got a connection with autocommit=False"):
        PostgresStore(connection)
    for client in (None, object(), url):
        with pytest.raises(ConfigError, match=r"client: got an object of type \w+, expected a pool of psycopg_pool"):
            PostgresStore(client)  # type: ignore[arg-type]


def test_a_bad_setting_is_refused(pool: psycopg_pool.ConnectionPool[Any]) -> None:
    with pytest.raises(ConfigError, match='table: got "a b", expected 1 to 40 letters, digits and underscores'):
        PostgresStore(pool, table="a b")
    with pytest.raises(ConfigError, match="cleanup_interval: got 0"):
        PostgresStore(pool, cleanup_interval=0)
