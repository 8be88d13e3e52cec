"""Records in PostgreSQL: shared, durable, and joint with the user's own transaction.

The rules run in PostgreSQL, as core's functions; this carries them over the user's own client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from once_again import _core
from once_again._clock import clock_of
from once_again.errors import InProgressError

from .dialect import Carrier, Dialect
from .postgres_client import pool_from_env, send_in, send_over
from .store import SWEPT_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from psycopg import Connection
    from psycopg_pool import ConnectionPool
    from typing_extensions import Self

    from once_again._types import Clock, Seconds


class PostgresStore:
    """Records in PostgreSQL 12 or later, over psycopg 3.2 or later. A replay is one round trip, a first run two.

    Call `ensure_schema` once before, at start or when deploying. The client stays yours: `close` does not close it. A
    pool connects again after an outage; a connection does not. What has expired is taken away by later calls, so there
    is no thread.

    Example::

        with psycopg.connect(url) as connection:  # commits, or rolls back when the claim was lost
            connection.execute("INSERT INTO orders VALUES (%s)", (order,))
            store.complete_in(connection, op)

    Args:
        client: A ``psycopg_pool.ConnectionPool``, or a `psycopg.Connection` with ``autocommit=True``.
        table: The table's name: 1 to 40 letters, digits and underscores; default ``idempotency_keys``.
        schema: The schema it is in; default where the connection's search path leads.
        partition: ``monthly``: one partition a month, dropped whole. Takes effect when `ensure_schema` makes the table.
        cleanup_interval: Seconds between two sweeps; default five minutes.
        clock: For tests: takes the place of the server's own clock, which otherwise decides what has expired.

    Raises:
        ConfigError: an argument is of the wrong type or out of range.
    """

    def __init__(
        self,
        client: ConnectionPool[Any] | Connection[Any],
        *,
        table: str | None = None,
        schema: str | None = None,
        partition: Literal["none", "monthly"] | None = None,
        cleanup_interval: Seconds | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._dialect = Dialect("postgres", {"table": table, "schema": schema, "partition": partition}, clock)
        self._carrier = Carrier(self._dialect, send_over(client))
        self._clock = clock_of(clock)
        self._interval = _core.cleanup_interval(cleanup_interval)
        self._next_sweep = self._clock.wall_now() + self._interval
        self._pool: Any = None

    @classmethod
    def from_env(cls, **options: Any) -> PostgresStore:
        """A store at ``DATABASE_URL``, over a pool of its own, which `close` closes. Takes the same options.

        Raises:
            ConfigError: there is no such variable, psycopg_pool is not installed, or an option is out of range.
        """
        pool = pool_from_env()
        try:
            store = cls(pool, **options)
        except BaseException:
            pool.close()
            raise
        store._pool = pool
        return store

    def ensure_schema(self) -> None:
        """Makes table, indexes and functions, or brings them up to date.

        Harmless to repeat, also by several processes at once.

        Raises:
            StoreUnavailableError: PostgreSQL did not do it.
        """
        self._carrier.install()

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation atomically.

        Raises:
            ConfigError: ``op`` is none.
            StoreUnavailableError: PostgreSQL did not do it, or the store was closed.
        """
        now = self._clock.wall_now()
        if now >= self._next_sweep:
            self._next_sweep = now + self._interval
            self._carrier.apply({"op": "sweep", "limit": SWEPT_AT_ONCE})
        return self._carrier.apply(op)

    def complete_in(self, connection: Connection[Any], op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation inside the transaction that is open on ``connection``, to the same database: its effect is
        committed or rolled back with whatever else that transaction writes. It should be READ COMMITTED.

        Raises:
            ConfigError: ``op`` is none, or no transaction is open.
            InProgressError: the claim was lost to another; the transaction must be rolled back.
            StoreUnavailableError: PostgreSQL did not do it.
        """
        reply = self._carrier.apply(op, send_in(connection))
        if reply["reply"] == "lost":
            raise InProgressError("the claim on this key was lost to another: roll back")
        return reply

    def check(self) -> list[str]:
        """What about the server endangers records, in sentences.

        Raises:
            ConfigError: the schema is not there.
            StoreUnavailableError: PostgreSQL could not be asked.
        """
        return self._carrier.check()

    def close(self) -> None:
        """Ends the store, and its pool if the store has made it."""
        self._dialect.closed = True
        if self._pool is not None:
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
