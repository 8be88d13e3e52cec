"""The same payment service in FastAPI, over the same store and the same ledger as the one in Express.

Usage::

    python server.py <records: redis://… or postgres://…> <ledger: a file or postgres://…> [--naive]
"""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from typing import Any

import redis.asyncio
import uvicorn
from fastapi import FastAPI, Request
from ledger import Payment, PostgresLedger, Receipt, SqliteLedger

from once_again.asgi import IdempotencyMiddleware
from once_again.stores import PostgresStore, RedisStore

records, place, *mode = sys.argv[1:]
joint = records == place
app = FastAPI()


async def card_network() -> None:
    """Takes its time: this is where a kill hurts most."""
    await asyncio.sleep(random.uniform(0.005, 0.045))


@app.post("/payments", status_code=201)
async def pay(payment: Payment, request: Request) -> Receipt:
    await card_network()
    receipt = await charge(request.app.state.ledger, payment, getattr(request.state, "once_again", None))
    await card_network()
    return receipt


async def charge(ledger: Any, payment: Payment, claim: Any) -> Receipt:
    if claim is None:
        return await ledger.charge(payment)
    if not joint:
        return await ledger.charge(payment, claim.key)
    return await ledger.jointly(payment, lambda db, receipt: claim.complete_in(db, receipt, status=201))


async def open_store(ledger: Any) -> Any:
    if records.startswith("redis:"):
        return RedisStore(redis.asyncio.Redis.from_url(records))
    store = PostgresStore(ledger.pool)
    await store.ensure_schema()
    return store


async def main() -> None:
    ledger = await (PostgresLedger if place.startswith("postgres:") else SqliteLedger).open(place)
    app.state.ledger = ledger
    if not mode:
        app.add_middleware(IdempotencyMiddleware, store=await open_store(ledger), lease=3.0)
    listening = socket.create_server(("127.0.0.1", 0))
    # Whoever connects before it serves waits in the socket's queue.
    print(f"listening on {listening.getsockname()[1]}", flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).serve([listening])


asyncio.run(main())
