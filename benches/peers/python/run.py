"""Prints the Python rows as one JSON list; ``benches/bench.mjs`` puts them beside the other languages'."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sys

import circuitbreaker
import edges
import hyx.retry
import opnieuw
import pybreaker
import retrying
import rfc8785
import stamina
import tenacity
from measure import Row, measure_row
from replay import memory_rows, redis_rows

import once_again

logging.disable(logging.CRITICAL)


def work() -> int:
    return 1


async def async_work() -> int:
    return 1


def fail() -> None:
    raise OSError("down")


def order(size: int) -> dict:
    """An order with as many lines as it takes: nested, unsorted keys, numbers, escapes, text beyond ASCII."""
    customer = {"name": 'Zoë "Z" Ångström', "id": 7, "email": "z@example.com"}
    value: dict = {"order": "A-1", "customer": customer, "lines": []}
    while len(json.dumps(value, separators=(",", ":"))) < size:
        i = len(value["lines"])
        value["lines"].append(
            {
                "sku": f"SKU-{i}",
                "quantity": i % 7,
                "price": i * 1.25,
                "note": "line\nbreak",
                "tags": ["new", "sale"],
                "active": True,
                "discount": None,
            }
        )
    return value


def sync_rows() -> list[Row]:
    fingerprints = [
        Row(
            f"py-fingerprint-{kb}k",
            f"fingerprint of a {kb} KB dict",
            0.25 if kb == 1 else 0.2,
            lambda body=body: once_again.fingerprint(body),
            {
                "json.dumps(sort_keys) + sha256": lambda body=body: hashlib.sha256(
                    json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
                ).hexdigest(),
                "rfc8785 + sha256": lambda body=body: hashlib.sha256(rfc8785.dumps(body)).hexdigest(),
            },
        )
        for kb in (1, 10, 100)
        for body in [order(kb * 1000)]
    ]
    return [
        Row(
            "py-retry-sync",
            "sync retry, first attempt succeeds",
            0.35,
            once_again.retry_kernel_task(work),
            {
                "opnieuw": opnieuw.retry(retry_on_exceptions=OSError)(work),
                "retrying": retrying.retry(stop_max_attempt_number=3)(work),
                "stamina": stamina.retry(on=OSError, attempts=3)(work),
                "tenacity": tenacity.retry(stop=tenacity.stop_after_attempt(3))(work),
            },
        ),
        Row(
            "py-retry-3",
            "three attempts, zero delay",
            0.12,
            third_time_lucky(once_again.retry_kernel_task(max_attempts=3, initial_delay=0.0)),
            # Its sleep of no time hands the processor to whoever waits for it.
            {
                "tenacity": third_time_lucky(
                    tenacity.retry(stop=tenacity.stop_after_attempt(3), sleep=lambda _seconds: None)
                )
            },
        ),
        Row(
            "py-breaker-closed",
            "closed breaker",
            0.6,
            once_again.CircuitBreaker()(work),
            {
                "circuitbreaker": circuitbreaker.CircuitBreaker(name="bench")(work),
                "pybreaker": pybreaker.CircuitBreaker()(work),
            },
        ),
        Row(
            "py-breaker-reject",
            "open breaker rejects",
            0.7,
            rejecting(
                once_again.CircuitBreaker(failure_threshold=5, recovery_timeout=3600.0), once_again.CircuitOpenError
            ),
            {
                "circuitbreaker": rejecting(
                    circuitbreaker.CircuitBreaker(failure_threshold=5, recovery_timeout=3600, name="open"),
                    circuitbreaker.CircuitBreakerError,
                ),
                "pybreaker": rejecting(
                    pybreaker.CircuitBreaker(fail_max=5, reset_timeout=3600), pybreaker.CircuitBreakerError
                ),
            },
        ),
        *fingerprints,
    ]


def third_time_lucky(decorator):
    """A decorated function whose first two attempts fail."""
    attempt = 0

    @decorator
    def flaky() -> int:
        nonlocal attempt
        attempt += 1
        if attempt % 3:
            raise OSError("down")
        return 1

    return flaky


def rejecting(breaker, error: type[Exception]):
    """A call to ``breaker`` after it tripped, its rejection swallowed."""
    failing = breaker(fail)
    for _ in range(10):
        try:
            failing()
        except (OSError, error):
            pass

    def call() -> None:
        try:
            failing()
        except error:
            pass

    return call


def async_rows() -> list[Row]:
    return [
        Row(
            "py-retry-async",
            "async retry, first attempt succeeds",
            0.45,
            once_again.retry_kernel_task(async_work),
            {
                "hyx": hyx.retry.retry(on=OSError, attempts=3)(async_work),
                "stamina": stamina.retry(on=OSError, attempts=3)(async_work),
                "tenacity": tenacity.retry(stop=tenacity.stop_after_attempt(3))(async_work),
            },
        ),
        *edges.rows(),
    ]


def main() -> None:
    loop = asyncio.new_event_loop()
    results = []
    with redis_rows() as over_redis:
        blocking = [*sync_rows(), *memory_rows(), *over_redis]
        for row, on in [*((row, None) for row in blocking), *((row, loop) for row in async_rows())]:
            print(f"  {row.id}", file=sys.stderr)
            results.append(measure_row(row, on))
    loop.close()
    print(json.dumps(results))


main()
