"""The clients of psycopg 3, as far as a store uses them: a pool, or one connection."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from once_again.errors import ConfigError, StoreUnavailableError

if TYPE_CHECKING:
    from .dialect import Send

_EXPECTED = "a psycopg_pool.ConnectionPool, or a psycopg.Connection with autocommit=True"

# Functions, table or schema are not there.
_MISSING = ("42883", "42P01", "3F000")

_IDLE = 0


def send_over(client: Any) -> Send:
    """Runs statements over ``client``, each for itself and in one round trip.

    Raises:
        ConfigError: it is no client of psycopg, or one that cannot be used so.
    """
    if _is_a(client, "psycopg", "Connection"):
        if not client.autocommit:
            raise ConfigError("client", "a connection with autocommit=False", _EXPECTED)
        return _over_connection(client)
    if not _is_a(client, "psycopg_pool", "ConnectionPool"):
        raise ConfigError("client", f"an object of type {type(client).__name__}", _EXPECTED)
    return _over_pool(client)


def send_in(connection: Any) -> Send:
    """Runs statements inside the transaction that is open on ``connection``.

    Raises:
        ConfigError: it is none, or there is no such transaction.
    """
    if not _is_a(connection, "psycopg", "Connection"):
        raise ConfigError("connection", f"an object of type {type(connection).__name__}", "a psycopg.Connection")
    # Without autocommit the next statement opens one.
    if connection.autocommit and connection.info.transaction_status == _IDLE:
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


def _is_a(client: Any, package: str, name: str) -> bool:
    """Whether it is of this class, asked without an import: the package may not be there."""
    return any(base.__name__ == name and base.__module__.startswith(package) for base in type(client).__mro__)


def _over_connection(connection: Any) -> Send:
    def send(text: str, args: list[Any]) -> Any:
        # A renewal that finds the caller's transaction open on this very connection must not become part of it.
        if not connection.closed and connection.info.transaction_status != _IDLE:
            raise StoreUnavailableError("a transaction is open on the store's own connection: give it a pool")
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
    from psycopg import Error, RawCursor
    from psycopg.rows import tuple_row

    with RawCursor(connection, row_factory=tuple_row) as cursor:
        try:
            cursor.execute(text, args or None)
        except Error as error:
            if error.sqlstate in _MISSING:
                raise StoreUnavailableError(f"run store.ensure_schema() first: {error}") from error
            raise
        return cursor.fetchone() if cursor.description else None
