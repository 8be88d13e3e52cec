"""What is easily given to the middlewares by mistake is refused by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgi_client import ask

from once_again import ConfigError, asgi, wsgi
from once_again.stores import MemoryStore, SqliteStore

Maker = Callable[..., Any]
both = pytest.mark.parametrize("middleware", [asgi.IdempotencyMiddleware, wsgi.IdempotencyMiddleware])
SECOND = r"^store: got that of a guard this request has passed, expected one guard over each store"


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"ordered"})


def environ() -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/orders", "HTTP_IDEMPOTENCY_KEY": "k", "wsgi.input": None}


@both
@pytest.mark.parametrize("store", [MemoryStore, SqliteStore])
def test_a_class_in_the_stores_place_is_no_store(middleware: Maker, store: type) -> None:
    name = store.__name__
    with pytest.raises(ConfigError, match=rf"^store: got the class {name}, expected a store: {name}\(…\)$"):
        middleware(application, store=store)


def test_an_asgi_middleware_that_stands_twice_says_so_instead_of_waiting_for_itself() -> None:
    store = MemoryStore()
    once = asgi.IdempotencyMiddleware(application, store=store)
    with pytest.raises(ConfigError, match=SECOND):
        asyncio.run(ask(asgi.IdempotencyMiddleware(once, store=store)))
    apart = asgi.IdempotencyMiddleware(asgi.IdempotencyMiddleware(application))
    assert asyncio.run(ask(apart)).body == b"ordered"


def test_a_wsgi_middleware_that_stands_twice_says_so_instead_of_waiting_for_itself() -> None:
    def answers(environ: Any, start_response: Any) -> list[bytes]:
        start_response("201 Created", [])
        return [b"ordered"]

    def start(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        return lambda data: None

    store = MemoryStore()
    once = wsgi.IdempotencyMiddleware(answers, store=store)
    with pytest.raises(ConfigError, match=SECOND):
        b"".join(wsgi.IdempotencyMiddleware(once, store=store)(environ(), start))
    apart = wsgi.IdempotencyMiddleware(wsgi.IdempotencyMiddleware(answers))
    assert b"".join(apart(environ(), start)) == b"ordered"
