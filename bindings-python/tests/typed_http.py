"""Never run: what a type checker must make of code that mounts the middleware. `test_types.py` has it checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import redis
import redis.asyncio
from fastapi import FastAPI, Request
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware

from once_again import IdempotencyCounters, IdempotencyNotice
from once_again.asgi import IdempotencyMiddleware, RequestIdempotency
from once_again.stores import MemoryStore, RedisStore
from once_again.wsgi import IdempotencyMiddleware as WsgiMiddleware


async def principal(scope: Any) -> str | None:
    return None


def in_fastapi() -> FastAPI:
    app = FastAPI()
    app.add_middleware(
        IdempotencyMiddleware,
        store=RedisStore(redis.asyncio.Redis()),
        ttl=timedelta(days=1),
        conflict={"wait": 5.0},
        principal=principal,
        missing_key="require",
    )
    return app


def tell(notice: IdempotencyNotice) -> None:
    print(notice.key, notice.reason)


def counted(counters: IdempotencyCounters) -> float:
    app = FastAPI()
    app.add_middleware(IdempotencyMiddleware, counters=counters, on_unprotected=tell, on_lost_completion=tell)
    WsgiMiddleware(Flask("shop").wsgi_app, counters=counters).stats().lost_completions.bit_length()
    return counters.stats().average_processing_time


def in_starlette() -> Starlette:
    return Starlette(middleware=[Middleware(IdempotencyMiddleware, store=MemoryStore(), profile="at_most_once")])


def around_flask() -> WsgiMiddleware:
    return WsgiMiddleware(Flask("shop").wsgi_app, store=RedisStore(redis.Redis()), on_5xx="keep", lease=False)


def handler(request: Request) -> tuple[str, int, int]:
    claim: RequestIdempotency = request.state.once_again
    return claim.key, claim.attempt, claim.epoch


def wrong(app: Any) -> None:
    IdempotencyMiddleware(app, missing_key="perhaps")  # type: ignore[arg-type]
    IdempotencyMiddleware(app, ttls=3)  # type: ignore[call-arg]
