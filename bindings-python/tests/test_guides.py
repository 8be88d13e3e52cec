"""The code of the guides as it stands, run against a server on this machine, and over a real Redis if it wants one."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_client import ask
from fastapi import FastAPI, Request
from pydantic import BaseModel
from scripted import Story, server

from once_again.asgi import IdempotencyMiddleware
from once_again.stores import SqliteStore

Script = Callable[..., Story]
ROOT = Path(__file__).parents[2]
SERVERS = ROOT / "tests" / "servers" / "main.mjs"
PAID = {"do": "effect", "status": 201, "headers": {"Content-Type": "application/json"}, "body": '{"id": "p1"}'}
TEA = {"item": "tea"}


class Order(BaseModel):
    item: str


def code_of(guide: str) -> list[str]:
    """The pieces of Python in a guide, in order."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / guide).read_text(), re.DOTALL | re.MULTILINE)


def run(code: str, **given: Any) -> dict[str, Any]:
    """Runs code, with the names that the guide leaves to its reader; answers all names that there are then."""
    names: dict[str, Any] = {"__name__": "guide", **given}
    outcome = eval(compile(code, "guide", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)
    return names


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    with server() as script:
        yield script


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    with subprocess.Popen(
        [node, SERVERS, "redis"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as servers:
        assert servers.stdin is not None
        assert servers.stdout is not None
        made = json.loads(servers.stdout.readline())["redis"]
        if "missing" in made:
            servers.stdin.close()
            pytest.skip(made["missing"])
        yield made["url"]
        servers.stdin.close()


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[Any]:
    from redis import Redis

    with Redis.from_url(redis_url) as client:
        client.flushall()
        client.config_set("appendonly", "yes")
        yield client


def orders_of(app: Any) -> list[tuple[int, Any, str | None]]:
    """What an application answers to an order, to the same again, and to another."""

    async def main() -> list[tuple[int, Any, str | None]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
            answers = [await client.post("/orders", json=TEA, headers={"Idempotency-Key": key}) for key in "aab"]
        return [(one.status_code, one.json(), one.headers.get("idempotent-replayed")) for one in answers]

    return asyncio.run(main())


def test_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (decorated,) = code_of("README.md")
    run(decorated)
    assert capsys.readouterr().out == "charged A-1\ntask 7 done\n"


def test_the_application_in_fastapi_creates_an_order_once_per_key(redis_client: Any) -> None:
    placed: list[int] = []

    async def place(order: Order, attempt: int) -> dict[str, Any]:
        placed.append(attempt)
        return {"order": len(placed), "item": order.item}

    fastapi, *_ = code_of("docs/python-http.md")
    app = run(fastapi, redis=redis_client, Order=Order, Receipt=dict[str, Any], place=place)["app"]
    first, second = {"order": 1, "item": "tea"}, {"order": 2, "item": "tea"}
    assert orders_of(app) == [(201, first, None), (201, first, "true"), (201, second, None)]
    assert placed == [1, 1]


def test_the_application_in_flask_creates_an_order_once_per_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    placed: list[int] = []

    def place(order: dict[str, Any], attempt: int) -> dict[str, Any]:
        placed.append(attempt)
        return {"order": len(placed), **order}

    _, flask, *_ = code_of("docs/python-http.md")
    client = run(flask, place=place)["app"].test_client()
    answers = [client.post("/orders", json=TEA, headers={"Idempotency-Key": key}) for key in "aab"]
    assert [(one.status_code, one.json["order"], one.headers.get("Idempotent-Replayed")) for one in answers] == [
        (201, 1, None),
        (201, 1, "true"),
        (201, 2, None),
    ]
    assert placed == [1, 1]


def test_an_order_and_its_record_are_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("shop.db") as db:
        db.execute("CREATE TABLE orders (item TEXT)")

    def book(db: sqlite3.Connection, order: Order) -> dict[str, Any]:
        return {"order": db.execute("INSERT INTO orders VALUES (?)", (order.item,)).lastrowid}

    _, _, joint, _ = code_of("docs/python-http.md")
    app = FastAPI()
    app.add_middleware(IdempotencyMiddleware, store=SqliteStore("shop.db"))
    run(joint, app=app, Order=Order, Request=Request, book=book, sqlite3=sqlite3)
    assert orders_of(app) == [(201, {"order": 1}, None), (201, {"order": 1}, "true"), (201, {"order": 2}, None)]
    assert sqlite3.connect("shop.db").execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_the_counters_of_an_application_tell_of_its_repetitions() -> None:
    *_, counted = code_of("docs/python-http.md")
    shown = run(counted)
    shown["app"].post("/orders")(lambda: "ordered")
    assert [asyncio.run(ask(shown["app"], root_path="")).status for _ in range(2)] == [200, 200]
    assert shown["counters"].stats().duplicate_rate == 0.5


def test_a_function_runs_once_and_its_result_says_so() -> None:
    charged: list[Any] = []

    def charge_card(order: dict[str, str]) -> dict[str, int]:
        charged.append(order)
        return {"receipt": len(charged)}

    (function,) = code_of("docs/idempotent.md")
    order = {"id": "A-1"}
    names = run(function, order=order, charge_card=charge_card)
    assert charged == [order]
    assert names["charge"].execute(order).is_replay


def test_a_function_over_redis_runs_once(redis_url: str, redis_client: Any) -> None:
    over_redis, _ = code_of("docs/stores.md")
    charge = run(over_redis.replace("redis://localhost", redis_url))["charge"]
    charge({"id": "A-1"})
    assert charge.execute({"id": "A-1"}).is_replay
    assert len(redis_client.keys("idempotency:*")) == 1


def test_a_payment_by_httpx_is_sent_again_under_one_key(script: Script) -> None:
    paying, *_ = code_of("docs/python-clients.md")
    story = script({"do": "resetAfter"}, PAID)
    answer = run(paying.replace("https://api.example.com", story.url))["answer"]
    assert (answer.status_code, answer.extensions["attempts"]) == (201, 2)
    assert list(story.log()["effects"].values()) == [1]


def test_new_credentials_are_fetched_after_a_401(script: Script) -> None:
    _, refreshing, *_ = code_of("docs/python-clients.md")
    story = script({"do": "answer", "status": 401}, PAID)

    async def fetch_token() -> str:
        return "new"

    client = run(refreshing, httpx=httpx, fetch_token=fetch_token)["client"]
    assert asyncio.run(client.post(story.url)).status_code == 201
    assert story.seen("authorization") == [None, "Bearer new"]


def test_a_payment_by_aiohttp_is_sent_again_under_one_key(script: Script) -> None:
    _, _, paying, *_ = code_of("docs/python-clients.md")
    story = script({"do": "resetAfter"}, PAID)
    path = story.url.removeprefix(story.origin)
    ours = paying.replace("https://api.example.com", story.origin).replace("/payments", f"{path}/payments")
    assert run(ours)["receipt"] == {"id": "p1"}
    assert list(story.log()["effects"].values()) == [1]


def test_the_clients_of_the_q_ecosystem_tell_a_payment_and_a_refusal(
    script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, paying, awaiting = code_of("docs/python-clients.md")
    story = script({"do": "answer", "status": 503}, PAID)
    run(paying.replace("https://api.example.com", story.url), order_id="order-1")
    assert capsys.readouterr().out == "201 {'id': 'p1'} False 2\n"
    assert story.seen("x-squid-id") == ["user123", "user123"]

    refusing = script({"do": "answer", "status": 402})
    run(paying.replace("https://api.example.com", refusing.url), order_id="order-1")
    assert capsys.readouterr().out.startswith("INSUFFICIENT_FUNDS 402 False ('Add funds")

    story = script(PAID)
    names = run(awaiting.replace("https://api.example.com", story.url), order_id="order-1")
    assert names["answer"].data == {"id": "p1"}
    assert story.seen("idempotency-key") == ["order-1"]
