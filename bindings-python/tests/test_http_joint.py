"""Joint mode over HTTP: an effect and its record in one SQLite transaction; and the real frameworks around it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from flask import Flask, request
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from once_again import InProgressError
from once_again.asgi import IdempotencyMiddleware
from once_again.stores import SqliteStore
from once_again.wsgi import IdempotencyMiddleware as WsgiMiddleware

KEYED = {"Idempotency-Key": "k"}


class Client:
    """A client of an ASGI application, without a network."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def post(self, path: str, headers: dict[str, str]) -> httpx.Response:
        async def post() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                return await client.post(path, headers=headers)

        return asyncio.run(post())


@pytest.fixture
def file(tmp_path: Any) -> str:
    name = str(tmp_path / "shop.db")
    with sqlite3.connect(name) as connection:
        connection.execute("CREATE TABLE orders (amount INTEGER)")
    connection.close()
    return name


def count(file: str) -> int:
    connection = sqlite3.connect(file)
    (rows,) = connection.execute("SELECT count(*) FROM orders").fetchone()
    connection.close()
    return int(rows)


def test_fastapi_records_an_order_and_its_answer_in_one_transaction(file: str) -> None:
    app = FastAPI()

    @app.post("/orders", status_code=201)
    def order(amount: int, request: Request) -> dict[str, int]:
        answer = {"amount": amount}
        connection = sqlite3.connect(file)
        try:
            with connection:
                connection.execute("INSERT INTO orders VALUES (?)", (amount,))
                request.state.once_again.complete_in(connection, answer, status=201)
        finally:
            connection.close()
        if amount == 13:
            raise RuntimeError("the process dies before it has answered")
        return answer

    with SqliteStore(file) as store:
        app.add_middleware(IdempotencyMiddleware, store=store)
        client = Client(app)
        answers = [client.post("/orders?amount=5", headers=KEYED) for _ in range(2)]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"amount": 5})] * 2
        assert count(file) == 1
        # Committed, though never answered: what was recorded stands.
        assert client.post("/orders?amount=13", headers={"Idempotency-Key": "l"}).status_code == 500
        again = client.post("/orders?amount=13", headers={"Idempotency-Key": "l"})
        assert (again.status_code, again.json(), count(file)) == (201, {"amount": 13}, 2)
        assert again.headers["content-type"] == "application/json"


def test_flask_rolls_an_order_back_whose_claim_is_lost(file: str) -> None:
    app = Flask("shop")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.post("/orders")
    def order() -> Any:
        claim = request.environ["once_again"]
        connection = sqlite3.connect(file)
        try:
            with connection:
                connection.execute("INSERT INTO orders VALUES (1)")
                if claim.attempt == 1:
                    # Another owner takes over.
                    connection.execute("UPDATE once_again_records SET epoch = epoch + 1")
                claim.complete_in(connection, "done")
        finally:
            connection.close()
        return "done"

    with SqliteStore(file) as store:
        app.wsgi_app = WsgiMiddleware(app.wsgi_app, store=store)  # type: ignore[method-assign]
        client = app.test_client()
        with pytest.raises(InProgressError):
            client.post("/orders", headers=KEYED)
        assert count(file) == 0


def test_starlettes_own_answers_are_captured_whole(tmp_path: Any) -> None:
    (tmp_path / "receipt.txt").write_text("receipt" * 100)
    runs: list[str] = []

    async def receipt(request: StarletteRequest) -> Response:
        runs.append("file")
        return FileResponse(tmp_path / "receipt.txt")

    async def lines(request: StarletteRequest) -> Response:
        runs.append("lines")
        return StreamingResponse(iter(["one\n", "two\n"]), media_type="text/plain")

    async def later(request: StarletteRequest) -> Response:
        from starlette.background import BackgroundTask

        return JSONResponse({}, background=BackgroundTask(runs.append, "background"))

    app = Starlette(
        routes=[Route(f"/{work.__name__}", work, methods=["POST"]) for work in (receipt, lines, later)],
        middleware=[Middleware(IdempotencyMiddleware)],
    )
    client = Client(app)
    for path, body in (("/receipt", "receipt" * 100), ("/lines", "one\ntwo\n"), ("/later", "{}")):
        answers = [client.post(path, headers={"Idempotency-Key": path}) for _ in range(2)]
        assert [answer.text for answer in answers] == [body, body]
    assert runs == ["file", "lines", "background"]


def test_what_fastapi_does_about_an_exception_is_the_answer() -> None:
    from fastapi import HTTPException

    app = FastAPI()
    runs: list[int] = []

    @app.post("/orders")
    def order() -> None:
        runs.append(1)
        raise HTTPException(404 if len(runs) > 1 else 503)

    app.add_middleware(IdempotencyMiddleware)
    client = Client(app)
    assert [client.post("/orders", headers=KEYED).status_code for _ in range(3)] == [503, 404, 404]
    assert len(runs) == 2
