"""What users write about stores, read by type checkers only."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import psycopg_pool
import redis
import redis.asyncio
from typing_extensions import assert_type

from once_again import IdempotencyManager
from once_again.stores import AsyncStore, MemoryStore, PostgresStore, RedisStore, SqliteStore, Store


def a_file_or_a_connection(connection: sqlite3.Connection, op: dict[str, Any]) -> None:
    with SqliteStore("records.db", cleanup_interval=60.0) as store:
        assert_type(store, SqliteStore)
        assert_type(store.apply(op), dict[str, Any])
        assert_type(store.complete_in(connection, op), dict[str, Any])
    IdempotencyManager(store=SqliteStore(connection))


def redis_that_blocks(op: dict[str, Any]) -> None:
    store = RedisStore(redis.Redis(), prefix="shop:")
    assert_type(store.apply(op), dict[str, Any])
    assert_type(store.check(), list[str])
    IdempotencyManager(store=store)
    stores: list[Store] = [MemoryStore(), store, RedisStore(redis.RedisCluster.from_url("redis://localhost"))]
    for each in stores:
        each.apply(op)
    with RedisStore.from_env() as store:
        store.apply(op)


async def redis_that_is_awaited(op: dict[str, Any]) -> None:
    store = RedisStore(redis.asyncio.Redis())
    assert_type(await store.apply(op), dict[str, Any])
    assert_type(await store.check(), list[str])
    stores: list[AsyncStore] = [store, RedisStore(redis.asyncio.RedisCluster.from_url("redis://localhost"))]
    for each in stores:
        await each.apply(op)
    async with RedisStore.from_env(asyncio=True) as store:
        await store.apply(op)
    await store.close()


def postgres(url: str, op: dict[str, Any]) -> None:
    with psycopg_pool.ConnectionPool(url) as pool, PostgresStore(pool, partition="monthly") as store:
        store.ensure_schema()
        assert_type(store.apply(op), dict[str, Any])
        with pool.connection() as connection:
            assert_type(store.complete_in(connection, op), dict[str, Any])
    IdempotencyManager(store=PostgresStore(psycopg.connect(url, autocommit=True)))


async def postgres_that_is_awaited(url: str, op: dict[str, Any]) -> None:
    async with psycopg_pool.AsyncConnectionPool(url) as pool:
        store = PostgresStore(pool)
        await store.ensure_schema()
        assert_type(await store.apply(op), dict[str, Any])
        async with pool.connection() as connection:
            assert_type(await store.complete_in(connection, op), dict[str, Any])
        stores: list[AsyncStore] = [store]
        for each in stores:
            await each.apply(op)


def what_is_refused(op: dict[str, Any]) -> None:
    IdempotencyManager(store=RedisStore(redis.asyncio.Redis()))  # type: ignore[arg-type]
    SqliteStore(5)  # type: ignore[arg-type]
    RedisStore(redis.Redis(), prefx="shop:")  # type: ignore[call-arg]
