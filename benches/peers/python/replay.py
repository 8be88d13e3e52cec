"""Idempotent calls that are replayed, from memory and from Redis, beside AWS Lambda Powertools over the same."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.persistence.redis import RedisCachePersistenceLayer
from measure import Row

from once_again import idempotent
from once_again.stores import MemoryStore, RedisStore

SIZES = {"tiny": {"charged": True}, "1k": {"lines": [{"sku": f"SKU-{i}", "price": i * 1.25} for i in range(30)]}}


class InMemory(BasePersistenceLayer):
    """Powertools has no memory store; this is its documented interface over a dict."""

    def __init__(self) -> None:
        self.records: dict[str, DataRecord] = {}
        super().__init__()

    def _get_record(self, idempotency_key: str) -> DataRecord:
        try:
            return self.records[idempotency_key]
        except KeyError:
            raise IdempotencyItemNotFoundError from None

    def _put_record(self, data_record: DataRecord) -> None:
        known = self.records.get(data_record.idempotency_key)
        if known is not None and not known.is_expired:
            raise IdempotencyItemAlreadyExistsError(old_data_record=known)
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        self.records.pop(data_record.idempotency_key, None)


def _ours(store: Any, result: dict[str, Any]) -> Any:
    @idempotent(name="charge", store=store, key="order.id")
    def charge(order: dict[str, Any]) -> dict[str, Any]:
        return result if order else {}

    return lambda: charge({"id": "A-1", "amount": 12.5})


def _powertools(layer: BasePersistenceLayer, result: dict[str, Any]) -> Any:
    @idempotent_function(data_keyword_argument="order", persistence_store=layer, config=IdempotencyConfig("id"))
    def charge(order: dict[str, Any]) -> dict[str, Any]:
        return result if order else {}

    return lambda: charge(order={"id": "A-1", "amount": 12.5})


def memory_rows() -> list[Row]:
    goals = {"tiny": 0.15, "1k": 0.1}
    return [
        Row(
            f"py-replay-memory-{size}",
            f"idempotent call, replayed from memory, {len(json.dumps(result))} bytes",
            goals[size],
            _ours(MemoryStore(), result),
            {"powertools": _powertools(InMemory(), result)},
        )
        for size, result in SIZES.items()
    ]


@contextmanager
def redis_rows() -> Iterator[list[Row]]:
    """Rows over a redis-server of their own; none, and a word on stderr, where there is no redis-server."""
    if shutil.which("redis-server") is None:
        print("  py-replay-redis: skipped, no redis-server", file=sys.stderr)
        yield []
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
        server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        try:
            client = redis.Redis(port=port)
            for _ in range(200):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.01)
            result = SIZES["tiny"]
            # Powertools decodes its replies itself; ours leaves them as bytes.
            text = redis.Redis(port=port, decode_responses=True)
            yield [
                Row(
                    "py-replay-redis",
                    "idempotent call, replayed from Redis",
                    0.2,
                    _ours(RedisStore(client), result),
                    {"powertools": _powertools(RedisCachePersistenceLayer(client=text), result)},
                )
            ]
        finally:
            server.kill()
            server.wait()
