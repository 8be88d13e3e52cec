"""SQLite stores: as the memory store answers, shared by threads and processes, joint with a user's transaction."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from histories import histories, play
from hypothesis import given, settings
from operations import begin, complete, get

from once_again import ConfigError, InProgressError, StoreUnavailableError, idempotent
from once_again.stores import MemoryStore, SqliteStore
from once_again.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from once_again.stores import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "records.db") as store:
        yield store


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories") / "records.db"


_runs = iter(range(1_000_000))


@given(history=histories)
@settings(max_examples=40, deadline=None)
def test_it_answers_as_the_memory_store_does(file: Path, history: list[tuple[int, dict[str, Any]]]) -> None:
    clock = VirtualClock()
    memory = MemoryStore(max_bytes=2**30, cleanup_interval=86_400, clock=clock)
    with SqliteStore(file, cleanup_interval=86_400, clock=clock) as store:
        for op, heard in play(history, next(_runs), clock):
            reply, expected = store.apply(op), memory.apply(op)
            # What was swept is each store's own affair.
            assert op["op"] == "sweep" or reply == expected, op
            heard(reply)


@pytest.mark.parametrize("shared", [True, False], ids=["one store", "a store each"])
def test_a_key_raced_by_a_thousand_threads_is_acquired_once(tmp_path: Path, shared: bool) -> None:
    file = tmp_path / "records.db"
    stores = [SqliteStore(file) for _ in range(1 if shared else 8)]
    replies = raced(stores, 1_000)
    assert (replies.count("acquired"), replies.count("busy")) == (1, 999)
    for store in stores:
        store.close()


def raced(stores: list[SqliteStore], callers: int) -> list[str]:
    start, replies = threading.Event(), []

    def call(caller: int) -> None:
        start.wait()
        replies.append(stores[caller % len(stores)].apply(begin(1, caller))["reply"])

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    return replies


def test_processes_that_start_at_once_share_one_file(tmp_path: Path) -> None:
    program = """
import sys
from once_again.stores import SqliteStore
print(SqliteStore(sys.argv[1]).apply(eval(sys.argv[2]))["reply"])
"""
    args = [sys.executable, "-c", program, str(tmp_path / "records.db")]
    running = [
        subprocess.Popen([*args, repr(begin(1, owner))], stdout=subprocess.PIPE, text=True) for owner in range(8)
    ]
    replies = sorted(process.communicate()[0].strip() for process in running)
    assert replies == ["acquired", *["busy"] * 7]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_forked_child_opens_the_file_anew(tmp_path: Path) -> None:
    program = f"""
import os, sys
from once_again.stores import SqliteStore
store = SqliteStore(sys.argv[1])
if os.fork() == 0:
    store.apply({begin(1, 1)!r})
    os._exit(0)
os.wait()
print(store.apply({begin(1, 2)!r})["reply"])
"""
    args = [sys.executable, "-c", program, str(tmp_path / "records.db")]
    assert subprocess.run(args, stdout=subprocess.PIPE, text=True, check=True).stdout == "busy\n"


def test_what_a_closed_store_has_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    file = str(tmp_path / "records.db")
    with SqliteStore(file) as store:
        store.apply(complete(1, 1, store.apply(begin(1, 1))["epoch"], bytes(range(256))))
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.apply(get(1))
    with SqliteStore(file) as store:
        assert store.apply(begin(1, 2))["payload"] == bytes(range(256))


def test_a_file_that_it_opens_is_durable(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "records.db")
    settings = {
        name: store._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    store.close()


def test_what_has_expired_is_swept_by_later_calls(tmp_path: Path) -> None:
    clock, file = VirtualClock(), tmp_path / "records.db"
    store = SqliteStore(file, cleanup_interval=60.0, clock=clock)
    for key in range(10):
        store.apply(begin(key, 1, retention=1_000_000, lease=1_000_000))
    with closing(sqlite3.connect(file)) as connection:
        count = connection.execute
        clock.advance(59.0)
        store.apply(get(0))
        assert count("SELECT count(*) FROM once_again_records").fetchone() == (10,)
        clock.advance(1.0)
        store.apply(get(0))
        assert count("SELECT count(*) FROM once_again_records").fetchone() == (0,)
    store.close()


class TestJointly:
    """Effect and record in one transaction."""

    @pytest.fixture
    def shop(self, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(tmp_path / "records.db")) as connection:
            connection.execute("CREATE TABLE orders (id TEXT)")
            connection.commit()
            yield connection

    def orders(self, shop: sqlite3.Connection) -> int:
        count: int = shop.execute("SELECT count(*) FROM orders").fetchone()[0]
        return count

    def test_both_are_committed(self, store: SqliteStore, shop: sqlite3.Connection) -> None:
        epoch = store.apply(begin(1, 1))["epoch"]
        with shop:
            shop.execute("INSERT INTO orders VALUES ('a')")
            assert store.complete_in(shop, complete(1, 1, epoch, b"done")) == {"reply": "completed"}
        assert (self.orders(shop), store.apply(begin(1, 2))["payload"]) == (1, b"done")

    def test_both_are_rolled_back(self, store: SqliteStore, shop: sqlite3.Connection) -> None:
        epoch = store.apply(begin(1, 1))["epoch"]
        with pytest.raises(ZeroDivisionError), shop:  # noqa: PT012
            shop.execute("INSERT INTO orders VALUES ('a')")
            store.complete_in(shop, complete(1, 1, epoch, b"done"))
            raise ZeroDivisionError
        assert (self.orders(shop), store.apply(begin(1, 2))["reply"]) == (0, "busy")

    def test_a_lost_claim_rolls_the_effect_back(self, tmp_path: Path, shop: sqlite3.Connection) -> None:
        clock = VirtualClock()
        store = SqliteStore(tmp_path / "records.db", clock=clock)
        epoch = store.apply(begin(1, 1, maxTakeovers=5, onOrphan="reexecute"))["epoch"]
        clock.advance(61.0)
        assert store.apply(begin(1, 2, maxTakeovers=5, onOrphan="reexecute"))["reply"] == "acquired"
        with pytest.raises(InProgressError), shop:  # noqa: PT012
            shop.execute("INSERT INTO orders VALUES ('a')")
            store.complete_in(shop, complete(1, 1, epoch, b"done"))
        assert self.orders(shop) == 0
        store.close()

    def test_a_function_that_runs_once_books_its_effect_and_its_result_together(
        self, store: SqliteStore, shop: sqlite3.Connection
    ) -> None:
        @idempotent(name="order", store=store, key="order", with_context=True)
        def place(order: str, fails: bool = False, *, context: Any = None) -> str:
            with shop:
                shop.execute("INSERT INTO orders VALUES (?)", (order,))
                receipt = f"receipt of {order}"
                context.complete_in(shop, receipt)
                if fails:
                    raise ZeroDivisionError
            return receipt

        with pytest.raises(ZeroDivisionError):
            place("o-1", fails=True)
        assert self.orders(shop) == 0
        assert [place("o-2"), place("o-2")] == ["receipt of o-2"] * 2
        assert self.orders(shop) == 1

    def test_without_a_transaction_it_is_refused(self, store: SqliteStore, shop: sqlite3.Connection) -> None:
        with pytest.raises(ConfigError, match="connection: got one without an open transaction"):
            store.complete_in(shop, complete(1, 1, 1, b""))


class TestAConnectionOfTheUsers:
    """Its settings, its rows and its end stay the user's."""

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(tmp_path / "records.db", check_same_thread=False, timeout=0)) as connection:
            yield connection

    def test_is_used_and_left_open(self, connection: sqlite3.Connection) -> None:
        connection.row_factory, connection.text_factory = sqlite3.Row, bytes
        with SqliteStore(connection) as store:
            store.apply(complete(1, 1, store.apply(begin(1, 1))["epoch"], b"\x00\xff"))
            assert store.apply(begin(1, 2))["payload"] == b"\x00\xff"
        assert connection.execute("SELECT state FROM once_again_records").fetchone()["state"] == b"completed"

    def test_is_not_joined_by_the_store_while_a_transaction_is_open_on_it(self, connection: sqlite3.Connection) -> None:
        store = SqliteStore(connection)
        connection.execute("BEGIN")
        with pytest.raises(StoreUnavailableError, match="a transaction is open on the store's own connection"):
            store.apply(get(1))
        connection.rollback()
        assert store.apply(get(1)) == {"reply": "notFound"}

    def test_that_finds_the_file_locked_is_unavailable_and_then_available(
        self, connection: sqlite3.Connection, tmp_path: Path
    ) -> None:
        store: Store = SqliteStore(connection)
        with closing(sqlite3.connect(tmp_path / "records.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreUnavailableError, match="locked"):
                store.apply(begin(1, 1))
        assert store.apply(begin(1, 1))["reply"] == "acquired"

    def test_that_is_bound_to_its_thread_is_refused(self, tmp_path: Path) -> None:
        expected = "expected a file's name, or a connection made with check_same_thread=False"
        with closing(sqlite3.connect(tmp_path / "records.db")) as bound, pytest.raises(ConfigError, match=expected):
            SqliteStore(bound)

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="sqlite3 has autocommit since Python 3.12")
    def test_that_always_has_a_transaction_open_is_refused(self, tmp_path: Path) -> None:
        options: dict[str, Any] = {"autocommit": False, "check_same_thread": False}
        expected = "database: got a connection with autocommit=False"
        with (
            closing(sqlite3.connect(tmp_path / "r.db", **options)) as bound,
            pytest.raises(ConfigError, match=expected),
        ):
            SqliteStore(bound)


def test_what_was_written_by_a_later_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    SqliteStore(file).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO once_again_schema (version) VALUES (9)")
    with pytest.raises(ConfigError, match="database: got a file whose records have schema 9"):
        SqliteStore(file)


def test_a_row_that_nobody_of_us_wrote_is_a_store_that_failed(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    with SqliteStore(file) as store, closing(sqlite3.connect(file)) as connection:
        store.apply(begin(1, 1))
        connection.execute("UPDATE once_again_records SET fingerprint = 'none'")
        connection.commit()
        with pytest.raises(StoreUnavailableError, match="fingerprint"):
            store.apply(get(1))
        assert store.apply(get(2)) == {"reply": "notFound"}


@pytest.mark.parametrize("database", [None, 5, b"records.db", object()], ids=["none", "a number", "bytes", "an object"])
def test_what_is_no_database_is_refused(database: Any) -> None:
    with pytest.raises(ConfigError, match=r"database: got an object of type \w+, expected a file's name, or a sqlite3"):
        SqliteStore(database)


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="unable to open"):
        SqliteStore(tmp_path / "no folder" / "records.db")


def test_a_bad_interval_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cleanup_interval: got 0, expected .* seconds from 0\.1 to 86400"):
        SqliteStore(":memory:", cleanup_interval=0)


def test_what_is_no_operation_is_refused(store: SqliteStore) -> None:
    with pytest.raises(ConfigError, match=r"op: got .*, expected an operation of a store"):
        store.apply({"op": "forget"})
    assert store.apply(get(1)) == {"reply": "notFound"}
