"""Records in an SQLite file: durable, shared by the processes of one machine.

The rules are core's; this reads the row, asks, and writes the answer, inside one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from once_again import _core
from once_again._clock import clock_of
from once_again.errors import ConfigError, InProgressError, StoreUnavailableError

from .store import op_text, reply_of
from .sweeps import SWEEP, Sweeps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Self

    from once_again._types import Clock, Seconds

_dialect = _core.SqliteDialect()

# Connections that a forked child was born with. SQLite wants them neither used nor closed there.
_inherited: list[sqlite3.Connection] = []


class SqliteStore:
    """Records in an SQLite file, shared by threads and by the processes of one machine, also those in Node.

    Given a file's name it opens a connection of its own (WAL, ``synchronous = FULL``, ``busy_timeout``). Given a
    connection it uses that with your settings; nobody else may use it meanwhile, and it must not be bound to one thread
    (``check_same_thread=False``), because renewals come from another. What has expired is taken away by later calls, so
    there is no thread.

    Example::

        with sqlite3.connect("shop.db") as connection:  # commits, or rolls back when the claim was lost
            connection.execute("INSERT INTO orders VALUES (?)", (order,))
            store.complete_in(connection, op)

    Args:
        database: A file's name, or a connection.
        cleanup_interval: Seconds between two sweeps; default five minutes.
        clock: Times in seconds; default the machine's.

    Raises:
        ConfigError: an argument is of the wrong type or out of range, or a later version has written the file.
        StoreUnavailableError: the file cannot be opened.
    """

    def __init__(
        self,
        database: str | os.PathLike[str] | sqlite3.Connection,
        *,
        cleanup_interval: Seconds | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock_of(clock)
        self._sweeps = Sweeps(_core.cleanup_interval(cleanup_interval), self._clock.wall_now())
        self._file = None if isinstance(database, sqlite3.Connection) else _file_name(database)
        self._connection = self._open() if self._file is not None else _usable(database)
        self._lock = Lock()
        self._process = os.getpid()
        self._closed = False
        try:
            _migrate(self._connection)
        except BaseException:
            self.close()
            raise

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation in a transaction of its own.

        Raises:
            ConfigError: ``op`` is none.
            StoreUnavailableError: SQLite did not do it, the store was closed, or its connection has a transaction open.
        """
        self._after_fork()
        now = self._clock.wall_now()
        with self._lock, _reached():
            if self._closed:
                raise StoreUnavailableError("the SQLite store was closed")
            # A renewal that finds the caller's transaction open on this very connection must not become part of it.
            if self._connection.in_transaction:
                raise StoreUnavailableError("a transaction is open on the store's own connection")
            if now >= self._sweeps.at:
                self._sweeps.begins(now)
                self._do(SWEEP, now)
            return self._do(op, now)

    def complete_in(self, connection: sqlite3.Connection, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation inside the transaction that is open on ``connection``, to the same file: its effect is
        committed or rolled back with whatever else that transaction writes.

        Raises:
            ConfigError: ``op`` is none, or no transaction is open.
            InProgressError: the claim was lost to another; the transaction must be rolled back.
            StoreUnavailableError: SQLite did not do it.
        """
        if not isinstance(connection, sqlite3.Connection):
            raise ConfigError("connection", _described(connection), "a sqlite3.Connection")
        if not connection.in_transaction:
            raise ConfigError("connection", "one without an open transaction", "a call between BEGIN and COMMIT")
        with _reached():
            reply = _step(connection, op, self._clock.wall_now())
        if reply["reply"] == "lost":
            raise InProgressError("the claim on this key was lost to another: roll back")
        return reply

    def close(self) -> None:
        """Closes the connection, if this store has opened it."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, op: Mapping[str, Any], now: float) -> dict[str, Any]:
        with _transaction(self._connection):
            return _step(self._connection, op, now)

    def _open(self) -> sqlite3.Connection:
        with _reached():
            connection = sqlite3.connect(self._file or "", isolation_level=None, check_same_thread=False)
            try:
                for pragma in _dialect.open:
                    connection.execute(pragma)
            except BaseException:
                connection.close()
                raise
            return connection

    def _after_fork(self) -> None:
        """A child opens the file anew, under a lock that no thread of its parent's holds."""
        if self._process == os.getpid() or self._file is None:
            return
        _inherited.append(self._connection)
        self._lock = Lock()
        self._connection = self._open()
        self._process = os.getpid()


def _step(connection: sqlite3.Connection, op: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Looks the row up, lets core decide, and writes what it decided."""
    step = _core.SqliteStep(*op_text(op), now)
    commands, reply, payload = step.decide(_run(connection, *step.look_up()).fetchone())
    for command in commands:
        _run(connection, *command)
    return reply_of(reply, payload)


def _migrate(connection: sqlite3.Connection) -> None:
    with _reached():
        _run(connection, _dialect.version_table)
        with _transaction(connection):
            (found,) = _run(connection, _dialect.version).fetchone()
            for command in _dialect.migrate(found):
                _run(connection, *command)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    _run(connection, _dialect.begin)
    try:
        yield
        _run(connection, "COMMIT")
    except BaseException:
        # Some errors have ended the transaction already.
        if connection.in_transaction:
            _run(connection, "ROLLBACK")
        raise


def _run(connection: sqlite3.Connection, sql: str, args: tuple[Any, ...] | list[Any] = ()) -> sqlite3.Cursor:
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, args)


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"SQLite did not do what it was asked: {error}") from error


def _file_name(database: object) -> str:
    if not isinstance(database, (str, os.PathLike)) or not isinstance(name := os.fspath(database), str):
        raise ConfigError("database", _described(database), "a file's name, or a sqlite3.Connection")
    return name


def _usable(connection: Any) -> sqlite3.Connection:
    """The connection, if any thread may use it and a transaction of ours can begin and end on it."""
    if getattr(connection, "autocommit", None) is False:
        expected = "a file's name, or a connection with autocommit=True or the default of sqlite3"
        raise ConfigError("database", "a connection with autocommit=False", expected)
    refused: list[Exception] = []

    def elsewhere() -> None:
        try:
            connection.cursor().close()
        except sqlite3.ProgrammingError as error:
            refused.append(error)

    thread = Thread(target=elsewhere, daemon=True)
    thread.start()
    thread.join()
    if refused:
        expected = "a file's name, or a connection made with check_same_thread=False"
        raise ConfigError("database", f"a connection that cannot be used: {refused[0]}", expected)
    return connection  # type: ignore[no-any-return]


def _described(value: object) -> str:
    return f"an object of type {type(value).__name__}"
