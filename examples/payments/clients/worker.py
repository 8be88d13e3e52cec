"""The Python client: a worker function under @retry_kernel_task, with httpx.

One key per payment, the same in every attempt. Usage::

    python worker.py <base url> <payments> <in flight> [--naive]
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import httpx

from once_again import retry_kernel_task

base, count, in_flight, *mode = sys.argv[1:]
client = httpx.Client(base_url=base, timeout=10.0)
printing = Lock()


def send(payment: dict, headers: dict) -> dict:
    response = client.post("/payments", json=payment, headers=headers)
    response.raise_for_status()
    return {"receipt": response.json()["receipt"], "replayed": response.headers.get("x-idempotency-replay") == "true"}


def protected_pay(payment: dict) -> dict:
    attempts = 0

    @retry_kernel_task(max_attempts=20, initial_delay=0.1, max_delay=2.0, total_timeout=60.0, jitter=True)
    def pay() -> dict:
        nonlocal attempts
        attempts += 1
        return send(payment, {"idempotency-key": f"payment-{payment['payment']}"})

    return {**pay(), "attempts": attempts}


def naive_pay(payment: dict) -> dict:
    """What most code bases have: try again until it works."""
    for attempts in range(1, 21):
        try:
            return {**send(payment, {}), "attempts": attempts}
        except httpx.HTTPError:
            if attempts == 20:
                raise
            time.sleep(min(0.1 * 2**attempts, 2.0))
    raise AssertionError("unreachable")


def run(payment: dict) -> None:
    result = {"client": "python", "payment": payment["payment"]}
    try:
        result |= {"ok": True, **(naive_pay if mode else protected_pay)(payment)}
    except Exception as error:  # reported, and counted as given up
        result |= {"ok": False, "attempts": getattr(error, "attempts", 20), "error": repr(error)}
    with printing:
        print(json.dumps(result), flush=True)


payments = [
    {"payment": f"python-{i + 1}", "client": "python", "amount": 100 + i, "currency": "EUR"} for i in range(int(count))
]
with ThreadPoolExecutor(int(in_flight)) as pool:
    list(pool.map(run, payments))
