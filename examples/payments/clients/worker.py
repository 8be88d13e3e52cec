"""The Python client: an HTTP client that sends a payment under one key until it is answered for good.

Usage::

    python worker.py <base url> <payments> <in flight> [--naive]
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import httpx

from once_again.clients import ClientFactory

base, count, in_flight, *mode = sys.argv[1:]
client = ClientFactory.create_http_client(
    base_url=base,
    retry_policy={"max_attempts": 20, "initial_delay": 0.1, "max_delay": 2.0, "total_timeout": 60.0, "jitter": True},
)
plain = httpx.Client(base_url=base, timeout=10.0)
printing = Lock()


def protected_pay(payment: dict) -> dict:
    answer = client.post("/payments", payment, {"Idempotency-Key": f"payment-{payment['payment']}"})
    return {"receipt": answer.data["receipt"], "replayed": answer.replayed}


def naive_pay(payment: dict) -> dict:
    """What most code bases have: try again until it works."""
    for attempt in range(1, 21):
        try:
            response = plain.post("/payments", json=payment)
            response.raise_for_status()
            return {"receipt": response.json()["receipt"], "replayed": False}
        except httpx.HTTPError:
            if attempt == 20:
                raise
            time.sleep(min(0.1 * 2**attempt, 2.0))
    raise AssertionError("unreachable")


def run(payment: dict) -> None:
    result = {"client": "python", "payment": payment["payment"]}
    try:
        result |= {"ok": True, **(naive_pay if mode else protected_pay)(payment)}
    except Exception as error:  # reported, and counted as given up
        result |= {"ok": False, "error": repr(error)}
    with printing:
        print(json.dumps(result), flush=True)


payments = [
    {"payment": f"python-{i + 1}", "client": "python", "amount": 100 + i, "currency": "EUR"} for i in range(int(count))
]
with ThreadPoolExecutor(int(in_flight)) as pool:
    list(pool.map(run, payments))
