"""An orders service: however often a client sends an order, it is placed once.

The order and the record of its answer share one SQLite file, and are committed together.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from typing import Annotated, Any

import uvicorn
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request

from once_again.asgi import IdempotencyMiddleware
from once_again.stores import SqliteStore

DATABASE = os.environ.get("DATABASE", "orders.db")
PORT = int(os.environ.get("PORT", "3000"))


def connect() -> sqlite3.Connection:
    return sqlite3.connect(DATABASE, timeout=5.0)


def customer_of(x_customer: Annotated[str | None, Header()] = None) -> str:
    """Who asks. A real service verifies a token here, or in a middleware around the one below."""
    if x_customer is None:
        raise HTTPException(401, "X-Customer is missing")
    return x_customer


Customer = Annotated[str, Depends(customer_of)]
app = FastAPI()


@app.post("/orders", status_code=201)
def order(request: Request, customer: Customer, item: Annotated[str, Body(embed=True)]) -> dict[str, Any]:
    with closing(connect()) as db, db:
        placed = db.execute("INSERT INTO orders (customer, item) VALUES (?, ?)", (customer, item))
        answer = {"order": placed.lastrowid, "item": item}
        request.state.once_again.complete_in(db, answer, status=201)  # with the row, or not at all
    return answer


@app.get("/orders")
def orders(customer: Customer) -> list[dict[str, Any]]:
    with closing(connect()) as db:
        rows = db.execute("SELECT id, item FROM orders WHERE customer = ?", (customer,)).fetchall()
    return [{"order": number, "item": item} for number, item in rows]


def main() -> None:
    with SqliteStore(DATABASE) as store, closing(connect()) as db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, item TEXT NOT NULL)"
        )
        app.add_middleware(
            IdempotencyMiddleware,
            store=store,
            missing_key="require",
            ttl=86_400,
            # An order key of one customer is nothing to another.
            principal=lambda scope: dict(scope["headers"]).get(b"x-customer"),
        )
        with socket.create_server(("127.0.0.1", PORT)) as listening:
            print(f"listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
            uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


if __name__ == "__main__":
    main()
