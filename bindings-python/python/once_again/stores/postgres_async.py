"""The clients of asyncio for PostgreSQL, as far as a store uses them: psycopg's, and asyncpg's."""

from __future__ import annotations

from asyncio import Lock
from functools import partial
from typing import TYPE_CHECKING, Any

from once_again.errors import ConfigError

from .postgres_client import EXPECTED, IDLE, is_a, refuse_transaction, without_schema

if TYPE_CHECKING:
    from .dialect import AsyncSend


def is_awaited(client: Any) -> bool:
    """Whether this is a client of asyncio."""
    return (
        is_a(client, "psycopg_pool", "AsyncConnectionPool")
        or is_a(client, "psycopg", "AsyncConnection")
        or is_a(client, "asyncpg", "Pool")
    )


def async_send_over(client: Any) -> AsyncSend:
    """Runs statements over ``client``, each for itself and in one round trip.

    Raises:
        ConfigError: it is a connection that opens transactions by itself.
    """
    if is_a(client, "asyncpg", "Pool"):
        return _over_asyncpg(client)
    if is_a(client, "psycopg_pool", "AsyncConnectionPool"):
        return _over_pool(client)
    if not client.autocommit:
        raise ConfigError("client", "a connection with autocommit=False", EXPECTED)
    return _over_connection(client)


def async_send_in(connection: Any) -> AsyncSend:
    """Runs statements inside the transaction that is open on ``connection``.

    Raises:
        ConfigError: it is no connection, or there is no such transaction.
    """
    send: AsyncSend
    if is_a(connection, "psycopg", "AsyncConnection"):
        # Without autocommit the next statement opens one.
        opens = not connection.autocommit or connection.info.transaction_status != IDLE
        send = partial(_row, connection)
    elif callable(getattr(connection, "is_in_transaction", None)):
        opens, send = connection.is_in_transaction(), _over_asyncpg(connection)
    else:
        expected = "a psycopg.AsyncConnection, or a connection of asyncpg"
        raise ConfigError("connection", f"an object of type {type(connection).__name__}", expected)
    if not opens:
        raise ConfigError("connection", "one without an open transaction", "a call inside connection.transaction()")
    return send


def _over_asyncpg(client: Any) -> AsyncSend:
    async def send(text: str, args: list[Any]) -> Any:
        try:
            row = await client.fetchrow(text, *args)
        except Exception as error:
            raise without_schema(error) or error from error
        return None if row is None else tuple(row)

    return send


def _over_connection(connection: Any) -> AsyncSend:
    ours = Lock()

    async def send(text: str, args: list[Any]) -> Any:
        async with ours:
            refuse_transaction(connection)
            return await _row(connection, text, args)

    return send


def _over_pool(pool: Any) -> AsyncSend:
    async def send(text: str, args: list[Any]) -> Any:
        async with pool.connection() as connection:
            # psycopg would send BEGIN and COMMIT around it.
            before = connection.autocommit
            await connection.set_autocommit(True)
            try:
                return await _row(connection, text, args)
            finally:
                if not connection.closed:
                    await connection.set_autocommit(before)

    return send


async def _row(connection: Any, text: str, args: list[Any]) -> Any:
    from psycopg import AsyncRawCursor
    from psycopg.rows import tuple_row

    async with AsyncRawCursor(connection, row_factory=tuple_row) as cursor:
        try:
            await cursor.execute(text, args or None)
        except Exception as error:
            raise without_schema(error) or error from error
        return await cursor.fetchone() if cursor.description else None
