"""The memory store as Python uses it; its semantics are pinned down by the vectors."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from once_again import ConfigError
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock


def begin(key: int, owner: int, **fields: Any) -> dict[str, Any]:
    return {
        "op": "begin",
        "key": f"{key:064x}",
        "owner": f"{owner:032x}",
        "fingerprint": f"jcs:{0:064x}",
        "lease": 60_000_000,
        "retention": 3_600_000_000,
        **fields,
    }


def complete(key: int, owner: int, epoch: int, outcome: bytes) -> dict[str, Any]:
    fields = {"key": f"{key:064x}", "owner": f"{owner:032x}", "epoch": epoch, "retention": 3_600_000_000}
    return {"op": "complete", **fields, "payload": outcome}


def test_an_outcome_is_replayed_byte_for_byte() -> None:
    store = MemoryStore()
    epoch = store.apply(begin(1, 1))["epoch"]
    assert store.apply(complete(1, 1, epoch, bytes(range(256)))) == {"reply": "completed"}
    replay = store.apply(begin(1, 2))
    assert (replay["reply"], replay["payload"]) == ("replay", bytes(range(256)))
    assert store.stats()["completed"] == 1


def test_a_key_raced_by_a_thousand_callers_is_acquired_once() -> None:
    store = MemoryStore()
    start = threading.Barrier(20)

    def race(thread: int) -> list[str]:
        start.wait(timeout=10)
        return [store.apply(begin(1, thread * 50 + call))["reply"] for call in range(50)]

    with ThreadPoolExecutor(20) as pool:
        replies = [reply for replies in pool.map(race, range(20)) for reply in replies]
    assert sorted(set(replies)) == ["acquired", "busy"]
    assert replies.count("acquired") == 1


def test_what_has_expired_is_taken_away_by_later_calls() -> None:
    clock = VirtualClock()
    store = MemoryStore(cleanup_interval=60.0, clock=clock)
    for key in range(10):
        store.apply(begin(key, 1, retention=1_000_000, lease=1_000_000))
    clock.advance(59.0)
    store.apply({"op": "get", "key": f"{0:064x}"})
    assert store.stats()["records"] == 10
    clock.advance(1.0)
    store.apply({"op": "get", "key": f"{0:064x}"})
    assert (store.stats()["records"], store.stats()["expired"]) == (0, 10)


def test_a_full_store_refuses_or_lets_the_oldest_outcome_go() -> None:
    clock = VirtualClock()
    refusing = MemoryStore(max_records=1, clock=clock)
    refusing.apply(begin(1, 1))
    assert refusing.apply(begin(2, 1)) == {"reply": "full", "retryAfter": 3_600_000_000}
    evicting = MemoryStore(max_records=1, when_full="evictCompleted", clock=clock)
    evicting.apply(complete(1, 1, evicting.apply(begin(1, 1))["epoch"], b"x"))
    assert evicting.apply(begin(2, 1))["reply"] == "acquired"


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"max_records": 0}, "max_records: got 0, expected a whole number from 1 to 2147483647"),
        ({"max_bytes": 10}, "max_bytes: got 10, expected a whole number from 1024 to "),
        ({"when_full": "evict"}, 'when_full: got "evict", expected one of refuse, evictCompleted'),
        ({"cleanup_interval": 0}, "cleanup_interval: got 0, expected a number of seconds from 0.1 to 86400"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_bound_is_refused(bounds: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        MemoryStore(**bounds)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    "op",
    [
        {},
        {"op": "forget"},
        {"op": "get", "key": "zz"},
        {"op": "get", "key": f"{1:064x}", "payload": b"x"},
        {"op": "complete", "key": f"{1:064x}", "owner": f"{1:032x}", "epoch": 1, "retention": 1},
        {**begin(1, 1), "extra": 1},
    ],
    ids=["nothing", "an unknown name", "no key", "bytes too many", "bytes missing", "a field too many"],
)
def test_what_is_no_operation_is_refused(op: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"op: got .*, expected an operation of a store"):
        MemoryStore().apply(op)
