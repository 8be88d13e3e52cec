"""A store of Python's for tests in other languages: ``store.py sqlite|redis|postgres PLACE``.

Reads operations, one JSON text a line with an ``id`` and its bytes as ``payload`` in base64, and answers replies of the
same form, many at once. A line ``{"id": …, "charge": order}`` calls a function that runs once; the answer says what it
returned and whether it ran.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from once_again import idempotent
from once_again.stores import PostgresStore, RedisStore, SqliteStore


def opened(kind: str, place: str) -> Any:
    if kind == "sqlite":
        return SqliteStore(place)
    if kind == "redis":
        import redis

        return RedisStore(redis.Redis.from_url(place))
    import psycopg_pool

    return PostgresStore(psycopg_pool.ConnectionPool(place, min_size=1, max_size=20, open=True))


store = opened(*sys.argv[1:])


@idempotent(name="charge", store=store, key="order.id")
def charge(order: dict[str, Any]) -> dict[str, Any]:
    return {"by": "python", "amount": order["amount"], "note": "für \u2603\x00"}


def charged(order: dict[str, Any]) -> dict[str, Any]:
    result = charge.execute(order)
    return {"output": result.output, "isReplay": result.is_replay}


def applied(op: dict[str, Any]) -> dict[str, Any]:
    if "payload" in op:
        op["payload"] = b64decode(op["payload"])
    reply: dict[str, Any] = store.apply(op)
    if "payload" in reply:
        reply["payload"] = b64encode(reply["payload"]).decode()
    return reply


def answer(line: str) -> None:
    request = json.loads(line)
    about = request.pop("id")
    done = charged(request["charge"]) if "charge" in request else applied(request)
    with printing:
        print(json.dumps({"id": about, **done}), flush=True)


printing = Lock()
with ThreadPoolExecutor(50) as threads:
    for told in [threads.submit(answer, line) for line in sys.stdin]:
        told.result()
