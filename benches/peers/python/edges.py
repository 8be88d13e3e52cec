"""Rows of the HTTP middleware: FastAPI asked in this process, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from fastapi import FastAPI
from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends.memory import MemoryBackend
from measure import Row

from once_again.asgi import IdempotencyMiddleware

BODY = b'{"item":"tea","amount":5}'


def rows() -> list[Row]:
    # The peer compares no bodies, and claims a key in two steps; one process and one loop forgive it that.
    guards = {
        "ours": (IdempotencyMiddleware, {}),
        "asgi-idempotency-header": (IdempotencyHeaderMiddleware, {"backend": MemoryBackend()}),
    }
    first = {name: asking(service(*guard), fresh_keys()) for name, guard in guards.items()}
    again = {name: asking(service(*guard), lambda: b"again") for name, guard in guards.items()}
    bare = asking(service(), fresh_keys())
    ours, replay = first.pop("ours"), again.pop("ours")
    return [
        Row("py-fastapi-first", "FastAPI, a request with a new key (the peer compares no bodies)", 1.5, ours, first),
        Row(
            "py-fastapi-replay", "FastAPI, a replay, beside the handler run again", 1.0, replay, {"no middleware": bare}
        ),
        Row("py-fastapi-replay-peer", "FastAPI, a replay (the peer compares no bodies)", 2.5, replay, again),
    ]


def service(*guard: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/orders", status_code=201)
    async def order(order: dict) -> dict:
        return {"order": 1, "item": order["item"]}

    if guard:
        app.add_middleware(guard[0], **guard[1])
    return app


def fresh_keys() -> Callable[[], bytes]:
    numbers = count()
    return lambda: b"key-%d" % next(numbers)


def asking(app: FastAPI, key: Callable[[], bytes]) -> Callable[[], Awaitable[None]]:
    """One request, answered whole."""
    hung_up = asyncio.Event()

    async def ask() -> None:
        parts = [BODY]
        answered: list[int] = []

        async def receive() -> dict[str, Any]:
            if not parts:
                await hung_up.wait()
            return {"type": "http.request", "body": parts.pop(), "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])

        headers = [(b"host", b"shop"), (b"content-type", b"application/json"), (b"idempotency-key", key())]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/orders",
            "raw_path": b"/orders",
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 4711),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
        if answered != [201]:
            raise RuntimeError(f"the service answered {answered}")

    return ask
