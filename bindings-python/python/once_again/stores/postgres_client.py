"""The clients of psycopg 3 that block, as far as a store uses them: a pool, or one connection."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any

from once_again.errors import ConfigError, StoreUnavailableError

if TYPE_CHECKING:
    from .dialect import Send

EXPECTED = (
    "a pool of psycopg_pool, a connection of psycopg with autocommit=True, or a pool of asyncpg, which has been awaited"
)

# Functions, table or schema are not there.
_MISSING = ("42883", "42P01", "3F000")

IDLE = 0


def send_over(client: Any) -> Send:
    """Runs statements over ``client``, each for itself and in one round trip.

    Raises:
        ConfigError: it is no client of psycopg, or one that cannot be used so.
    """
    if is_a(client, "psycopg", "Connection"):
        if not client.autocommit:
            raise ConfigError("client", "a connection with autocommit=False", EXPECTED)
        return _over_connection(client)
    if not is_a(client, "psycopg_pool", "ConnectionPool"):
        raise ConfigError("client", f"an object of type {type(client).__name__}", EXPECTED)
    return _over_pool(client)


def send_in(connection: Any) -> Send:
    """Runs statements inside the transaction that is open on ``connection``.

    Raises:
        ConfigError: it is none, or there is no such transaction.
    """
    if not is_a(connection, "psycopg", "Connection"):
        raise ConfigError("connection", f"an object of type {type(connection).__name__}", "a psycopg.Connection")
    # Without autocommit the next statement opens one.
    if connection.autocommit and connection.info.transaction_status == IDLE:
        raise ConfigError("connection", "one without an open transaction", "a call inside connection.transaction()")
    return lambda text, args: _row(connection, text, args)


def pool_from_env() -> Any:
    """A pool for ``DATABASE_URL``."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        expected = "an address such as postgresql://user@localhost:5432/database"
        raise ConfigError("DATABASE_URL", "no environment variable", expected)
    try:
        from psycopg_pool import ConnectionPool
    except ImportError as missing:
        raise ConfigError("from_env", "no pool", "the packages psycopg and psycopg_pool installed") from missing
    return ConnectionPool(url, min_size=1, max_size=10, open=True, kwargs={"autocommit": True})


def is_a(client: Any, package: str, name: str) -> bool:
    """Whether it is of this class, asked without an import: the package may not be there."""
    return any(base.__name__ == name and base.__module__.startswith(package) for base in type(client).__mro__)


def without_schema(error: Exception) -> StoreUnavailableError | None:
    """What an operator must hear when it is the schema that is missing."""
    if getattr(error, "sqlstate", None) not in _MISSING:
        return None
    return StoreUnavailableError(f"run ensure_schema() of the store first: {error}")


def refuse_transaction(connection: Any) -> None:
    """A renewal that finds the caller's transaction open on this very connection must not become part of it."""
    if not connection.closed and connection.info.transaction_status != IDLE:
        raise StoreUnavailableError("a transaction is open on the store's own connection: give it a pool")


def _over_connection(connection: Any) -> Send:
    ours = Lock()

    def send(text: str, args: list[Any]) -> Any:
        with ours:
            refuse_transaction(connection)
            return _row(connection, text, args)

    return send


def _over_pool(pool: Any) -> Send:
    def send(text: str, args: list[Any]) -> Any:
        with pool.connection() as connection:
            # psycopg would send BEGIN and COMMIT around it.
            before, connection.autocommit = connection.autocommit, True
            try:
                return _row(connection, text, args)
            finally:
                if not connection.closed:
                    connection.autocommit = before

    return send


def _row(connection: Any, text: str, args: list[Any]) -> Any:
    from psycopg import RawCursor
    from psycopg.rows import tuple_row

    with RawCursor(connection, row_factory=tuple_row) as cursor:
        try:
            cursor.execute(text, args or None)
        except Exception as error:
            raise without_schema(error) or error from error
        return cursor.fetchone() if cursor.description else None
