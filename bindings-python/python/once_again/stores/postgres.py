"""Records in PostgreSQL: shared, durable, and joint with the user's own transaction.

The rules run in PostgreSQL, as core's functions; this carries them over the user's own client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from once_again import _core
from once_again._clock import clock_of
from once_again.errors import InProgressError

from .dialect import AsyncCarrier, Carrier, Dialect
from .postgres_async import async_send_in, async_send_over, is_awaited
from .postgres_client import pool_from_env, send_in, send_over
from .sweeps import SWEEP, Sweeps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Mapping
    from typing import Literal, Protocol, TypeAlias

    from psycopg import AsyncConnection, Connection
    from psycopg_pool import AsyncConnectionPool, ConnectionPool
    from typing_extensions import Self

    from once_again._types import Clock, Seconds

    class Asyncpg(Protocol):
        """A pool or a connection of asyncpg, which has no types of its own."""

        def fetchrow(self, query: str, *args: Any) -> Awaitable[Any]: ...

    Blocking: TypeAlias = ConnectionPool[Any] | Connection[Any]
    Awaited: TypeAlias = AsyncConnectionPool[Any] | AsyncConnection[Any] | Asyncpg

C_co = TypeVar("C_co", covariant=True)


class PostgresStore(Generic[C_co]):
    """Records in PostgreSQL 12 or later, over psycopg 3.2 or later, or asyncpg. A replay is one round trip, a first run
    two. Over a client of asyncio every method answers a coroutine.

    Call `ensure_schema` once before, at start or when deploying. The client stays yours: `close` does not close it. A
    pool connects again after an outage; a connection does not. What has expired is taken away by later calls, so there
    is no thread.

    Example::

        with psycopg.connect(url) as connection:  # commits, or rolls back when the claim was lost
            connection.execute("INSERT INTO orders VALUES (%s)", (order,))
            store.complete_in(connection, op)

    Args:
        client: A ``psycopg_pool.ConnectionPool``, a `psycopg.Connection` with ``autocommit=True``, their namesakes for
            asyncio, or a pool of asyncpg.
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
        client: C_co,
        *,
        table: str | None = None,
        schema: str | None = None,
        partition: Literal["none", "monthly"] | None = None,
        cleanup_interval: Seconds | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._dialect = Dialect("postgres", {"table": table, "schema": schema, "partition": partition}, clock)
        self._carrier: Carrier | AsyncCarrier = (
            AsyncCarrier(self._dialect, async_send_over(client))
            if is_awaited(client)
            else Carrier(self._dialect, send_over(client))
        )
        self._clock = clock_of(clock)
        self._sweeps = Sweeps(_core.cleanup_interval(cleanup_interval), self._clock.wall_now())
        self._pool: Any = None

    @classmethod
    def from_env(cls, **options: Any) -> PostgresStore[ConnectionPool[Any]]:
        """A store at ``DATABASE_URL``, over a ``psycopg_pool.ConnectionPool`` of its own, which `close` closes.

        Takes the same options.

        Raises:
            ConfigError: there is no such variable, psycopg_pool is not installed, or an option is out of range.
        """
        pool = pool_from_env()
        try:
            store = PostgresStore(pool, **options)
        except BaseException:
            pool.close()
            raise
        store._pool = pool
        return store

    @overload
    def ensure_schema(self: PostgresStore[Blocking]) -> None: ...
    @overload
    def ensure_schema(self: PostgresStore[Awaited]) -> Coroutine[Any, Any, None]: ...
    def ensure_schema(self) -> Any:
        """Makes table, indexes and functions, or brings them up to date.

        Harmless to repeat, also by several processes at once.

        Raises:
            StoreUnavailableError: PostgreSQL did not do it.
        """
        return self._carrier.install()

    @overload
    def apply(self: PostgresStore[Blocking], op: Mapping[str, Any], /) -> dict[str, Any]: ...
    @overload
    def apply(self: PostgresStore[Awaited], op: Mapping[str, Any], /) -> Coroutine[Any, Any, dict[str, Any]]: ...
    def apply(self, op: Mapping[str, Any], /) -> Any:
        """Does one operation atomically.

        Raises:
            ConfigError: ``op`` is none.
            StoreUnavailableError: PostgreSQL did not do it, or the store was closed.
        """
        carrier, now = self._carrier, self._clock.wall_now()
        if now < self._sweeps.at:
            return carrier.apply(op)
        self._sweeps.begins(now)
        if isinstance(carrier, AsyncCarrier):
            return _swept(carrier, op)
        carrier.apply(SWEEP)
        return carrier.apply(op)

    @overload
    def complete_in(
        self: PostgresStore[Blocking], connection: Connection[Any], op: Mapping[str, Any], /
    ) -> dict[str, Any]: ...
    @overload
    def complete_in(
        self: PostgresStore[Awaited], connection: AsyncConnection[Any] | Asyncpg, op: Mapping[str, Any], /
    ) -> Coroutine[Any, Any, dict[str, Any]]: ...
    def complete_in(self, connection: Any, op: Mapping[str, Any], /) -> Any:
        """Does one operation inside the transaction that is open on ``connection``, to the same database: its effect is
        committed or rolled back with whatever else that transaction writes. It should be READ COMMITTED.

        Raises:
            ConfigError: ``op`` is none, or no transaction is open.
            InProgressError: the claim was lost to another; the transaction must be rolled back.
            StoreUnavailableError: PostgreSQL did not do it.
        """
        if isinstance(self._carrier, AsyncCarrier):
            return _kept_later(self._carrier.apply(op, async_send_in(connection)))
        return _kept(self._carrier.apply(op, send_in(connection)))

    @overload
    def check(self: PostgresStore[Blocking]) -> list[str]: ...
    @overload
    def check(self: PostgresStore[Awaited]) -> Coroutine[Any, Any, list[str]]: ...
    def check(self) -> Any:
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


async def _swept(carrier: AsyncCarrier, op: Mapping[str, Any]) -> dict[str, Any]:
    await carrier.apply(SWEEP)
    return await carrier.apply(op)


def _kept(reply: dict[str, Any]) -> dict[str, Any]:
    if reply["reply"] == "lost":
        raise InProgressError("the claim on this key was lost to another: roll back")
    return reply


async def _kept_later(reply: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return _kept(await reply)
