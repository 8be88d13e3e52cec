"""The same in Python as ``worker.mjs``, which says what it is told and what it tells."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import Any

from once_again import OnceAgainError, idempotent
from once_again.stores import PostgresStore, RedisStore, SqliteStore

told: dict[str, Any] = json.loads(sys.argv[1])
client, place, mode = told["client"], told["place"], told["mode"]
draws = Random(told["seed"])
logging.disable()  # pools log each attempt to reach a server that is away


def tell(at: str, **fields: Any) -> None:
    # One write: the lines of two threads do not mix.
    line = json.dumps({"at": at, "when": time.time() * 1_000, **fields})
    os.write(1, f"{line}\n".encode())


def pause() -> float:
    return draws.random() * told["pause"] / 1_000


def write(effect: str, key: str, epoch: int) -> None:
    file = os.open(told["ledger"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (json.dumps({"effect": effect, "key": key, "epoch": epoch}) + "\n").encode())
    os.fsync(file)
    os.close(file)


def receipt_of(key: str, context: Any) -> dict[str, Any]:
    tell("claimed", key=key, epoch=context.epoch, attempt=context.attempt)
    return {"key": key, "epoch": context.epoch, "attempt": context.attempt, "by": os.getpid()}


def begin(key: str, context: Any) -> None:
    write("begun", key, context.epoch)
    tell("begun", key=key, epoch=context.epoch)


def end(key: str, context: Any) -> None:
    write("done", key, context.epoch)
    tell("done", key=key, epoch=context.epoch)


def two_phase(key: str, *, context: Any) -> dict[str, Any]:
    receipt = receipt_of(key, context)
    time.sleep(pause())
    begin(key, context)
    time.sleep(pause())
    end(key, context)
    time.sleep(pause())
    return receipt


async def two_phase_async(key: str, *, context: Any) -> dict[str, Any]:
    receipt = receipt_of(key, context)
    await asyncio.sleep(pause())
    begin(key, context)
    await asyncio.sleep(pause())
    end(key, context)
    await asyncio.sleep(pause())
    return receipt


def book(connection: Any, insert: str, receipt: dict[str, Any], context: Any) -> None:
    key, epoch = receipt["key"], receipt["epoch"]
    connection.execute(insert, (key, epoch, receipt["attempt"]))
    tell("begun", key=key, epoch=epoch)
    time.sleep(pause())
    context.complete_in(connection, receipt)
    tell("done", key=key, epoch=epoch)
    time.sleep(pause())


def joint(key: str, *, context: Any) -> dict[str, Any]:
    receipt = receipt_of(key, context)
    if client == "sqlite3":
        with closing(sqlite3.connect(place, timeout=5)) as connection, connection:
            book(connection, "INSERT INTO effects VALUES (?, ?, ?)", receipt, context)
    else:
        with pool.connection() as connection:
            book(connection, "INSERT INTO effects VALUES (%s, %s, %s)", receipt, context)
    return receipt


async def joint_async(key: str, *, context: Any) -> dict[str, Any]:
    receipt = receipt_of(key, context)
    epoch = receipt["epoch"]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO effects VALUES ($1, $2, $3)", key, epoch, receipt["attempt"])
        tell("begun", key=key, epoch=epoch)
        await asyncio.sleep(pause())
        await context.complete_in(connection, receipt)
        tell("done", key=key, epoch=epoch)
        await asyncio.sleep(pause())
    return receipt


pool: Any = None


async def opened() -> Any:
    """The store, over a client as an application would make it."""
    global pool
    if client == "sqlite3":
        return SqliteStore(place)
    if client.startswith("redis-py"):
        import redis.asyncio
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # By default redis-py tries ten times, five seconds each, before a caller hears that the server is away.
        limits: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 1)}
        if client == "redis-py, cluster":
            nodes = [redis.cluster.ClusterNode("127.0.0.1", port) for port in place]
            return RedisStore(redis.RedisCluster(startup_nodes=nodes, **limits))
        kind = redis.asyncio.Redis if client == "redis-py, asyncio" else redis.Redis
        return RedisStore(kind.from_url(place, **limits))
    if client == "asyncpg":
        import asyncpg

        pool = await asyncpg.create_pool(place, min_size=1, max_size=20)
    else:
        import psycopg_pool

        pool = psycopg_pool.ConnectionPool(
            place, min_size=1, max_size=20, timeout=told["storeTimeout"] / 1_000, open=True
        )
    return PostgresStore(pool)


def failed(call: int, key: str, error: Exception) -> None:
    code, status = getattr(error, "code", None), getattr(error, "status_code", None)
    known = isinstance(error, OnceAgainError)
    tell("failed", call=call, key=key, code=code if known else type(error).__name__, status=status)


def ended(call: int, key: str, result: Any) -> None:
    replayed, confirmed = result.is_replay, result.confirmed
    tell("ended", call=call, key=key, output=result.output, isReplay=replayed, confirmed=confirmed)


def answer(line: str, charge: Any) -> None:
    call, key = json.loads(line).values()
    tell("calling", call=call, key=key)
    time.sleep(pause())
    try:
        ended(call, key, charge.execute(key))
    except Exception as error:
        failed(call, key, error)


async def answer_async(line: str, charge: Any) -> None:
    call, key = json.loads(line).values()
    tell("calling", call=call, key=key)
    await asyncio.sleep(pause())
    try:
        ended(call, key, await charge.execute(key))
    except Exception as error:
        failed(call, key, error)


async def main() -> None:
    store = await opened()
    later = client in ("redis-py, asyncio", "asyncpg")
    work = (joint_async if later else joint) if mode == "joint" else (two_phase_async if later else two_phase)
    wait = told["conflict"]
    charge = idempotent(
        name="charge",
        store=store,
        key="key",
        with_context=True,
        lease=told["lease"] / 1_000,
        conflict=wait if isinstance(wait, str) else {"wait": wait["wait"] / 1_000},
        store_timeout=told["storeTimeout"] / 1_000,
        max_takeovers=1_000,
        profile="at_most_once" if mode == "at_most_once" else "default",
    )(work)
    tell("ready")
    loop = asyncio.get_running_loop()
    tasks = set()
    with ThreadPoolExecutor(200) as threads:
        while line := await loop.run_in_executor(threads, sys.stdin.readline):
            if inspect.iscoroutinefunction(work):
                tasks.add(loop.create_task(answer_async(line, charge)))
            else:
                threads.submit(answer, line, charge)
        os._exit(0)


asyncio.run(main())
