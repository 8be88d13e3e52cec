"""The idempotency manager of the Q ecosystem."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from once_again import (
    ConfigError,
    FingerprintError,
    IdempotencyManager,
    InProgressError,
    KeyInvalidError,
    KeyReusedError,
    StoreFullError,
    StoreUnavailableError,
    fingerprint,
)
from once_again.testing import VirtualClock

ONE = fingerprint({"amount": 1})
TWO = fingerprint({"amount": 2})


def test_the_first_call_runs_and_every_later_one_gets_its_response() -> None:
    manager = IdempotencyManager(clock=VirtualClock(wall_now=1_000.0))
    first = manager.check_duplicate("k", ONE)
    assert (first.is_duplicate, first.record.state, first.record.created_at) == (False, "inProgress", 1_000.0)
    running = manager.check_duplicate("k", ONE)
    assert (running.is_duplicate, running.record.state, running.record.response) == (True, "inProgress", None)
    manager.store_response("k", {"id": 7, "lines": [1.5, None, "ü"]})
    done = manager.check_duplicate("k", ONE)
    assert (done.is_duplicate, done.record.state) == (True, "completed")
    assert (done.record.response, done.record.created_at) == ({"id": 7, "lines": [1.5, None, "ü"]}, 1_000.0)
    assert manager.get_stats() == {"total_operations": 3, "duplicates": 2, "duplicate_rate": 2 / 3, "active": 0}


@pytest.mark.parametrize("response", [None, 0, "", [], False])
def test_falsy_responses_come_back_as_they_were(response: object) -> None:
    manager = IdempotencyManager()
    manager.check_duplicate("k", ONE)
    manager.store_response("k", response)
    assert manager.check_duplicate("k", ONE).record.response == response


def test_a_key_with_another_fingerprint_is_refused() -> None:
    manager = IdempotencyManager()
    manager.check_duplicate("k", ONE)
    with pytest.raises(KeyReusedError) as raised:
        manager.check_duplicate("k", TWO)
    assert (raised.value.code, raised.value.status_code) == ("IDEMPOTENCY_KEY_REUSED", 422)


def test_a_record_is_kept_for_its_time_and_not_a_microsecond_longer() -> None:
    clock = VirtualClock()
    manager = IdempotencyManager(default_ttl=60.0, clock=clock)
    manager.check_duplicate("k", ONE)
    clock.advance(59.999_999)
    assert manager.check_duplicate("k", ONE).is_duplicate
    clock.advance(0.000_001)
    assert not manager.check_duplicate("k", TWO).is_duplicate
    assert manager.get_stats()["active"] == 1


def test_a_released_key_runs_again() -> None:
    manager = IdempotencyManager()
    manager.check_duplicate("k", ONE)
    manager.release("k")
    assert not manager.check_duplicate("k", TWO).is_duplicate


def test_looking_claims_nothing() -> None:
    manager = IdempotencyManager(clock=VirtualClock(wall_now=5.0))
    assert manager.peek("k") is None
    manager.check_duplicate("k", ONE)
    manager.store_response("k", [1])
    seen = manager.peek("k")
    assert seen is not None
    assert (seen.state, seen.response, seen.fingerprint, seen.created_at) == ("completed", [1], ONE, 5.0)


def test_a_full_manager_refuses_and_drops_nothing() -> None:
    manager = IdempotencyManager(max_records=2, default_ttl=60.0, clock=VirtualClock())
    manager.check_duplicate("a", ONE)
    manager.check_duplicate("b", ONE)
    manager.store_response("b", 1)
    with pytest.raises(StoreFullError) as raised:
        manager.check_duplicate("c", ONE)
    assert (raised.value.status_code, raised.value.retry_after) == (503, 60.0)
    assert manager.check_duplicate("b", ONE).record.response == 1


def test_without_a_claim_nothing_is_stored() -> None:
    manager = IdempotencyManager()
    with pytest.raises(InProgressError, match="call check_duplicate first"):
        manager.store_response("k", 1)
    with pytest.raises(InProgressError, match="call check_duplicate first"):
        manager.release("k")


def test_a_claim_that_was_lost_stores_nothing() -> None:
    clock = VirtualClock()
    manager = IdempotencyManager(default_ttl=60.0, clock=clock)
    manager.check_duplicate("k", ONE)
    clock.advance(61.0)
    with pytest.raises(InProgressError, match="lost before its response came"):
        manager.store_response("k", 1)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "got an empty key"),
        ("k" * 256, "got 256 characters"),
        ("a b", "got a character U\\+0020 at position 2"),
        ("é", "got a character U\\+00E9 at position 1"),
        ("a\ud83d", "got a character U\\+FFFD at position 2"),
    ],
    ids=["empty", "too long", "a blank", "not ASCII", "half a pair"],
)
def test_what_is_no_key_is_refused_without_showing_it(key: str, message: str) -> None:
    with pytest.raises(
        KeyInvalidError, match=f"^{message}, expected one key of 1 to 255 visible ASCII characters$"
    ) as raised:
        IdempotencyManager().check_duplicate(key, ONE)
    assert (raised.value.code, raised.value.status_code) == ("IDEMPOTENCY_KEY_INVALID", 400)


def test_what_is_no_fingerprint_is_refused() -> None:
    with pytest.raises(ConfigError, match="fingerprint: got a string of 3 characters"):
        IdempotencyManager().check_duplicate("k", "abc")


def test_generated_keys_are_random_uuids() -> None:
    manager = IdempotencyManager()
    keys = {manager.generate_idempotency_key() for _ in range(100)}
    assert len(keys) == 100
    assert {uuid.UUID(key).version for key in keys} == {4}


def test_a_fingerprint_covers_method_url_body_and_the_chosen_headers() -> None:
    manager = IdempotencyManager(fingerprint_headers=["x-squid-id"])
    taken = manager.create_request_fingerprint(
        "POST", "/pay?dry=1", {"X-Squid-Id": "7", "date": "now"}, {"b": 1, "a": 2}
    )
    assert taken == fingerprint(
        {"a": 2, "b": 1}, method="POST", path="/pay", query="dry=1", headers={"x-squid-id": "7"}
    )
    assert taken != manager.create_request_fingerprint("POST", "/pay?dry=1", {"x-squid-id": "8"}, {"a": 2, "b": 1})
    bodiless = IdempotencyManager(include_body_in_fingerprint=False)
    assert bodiless.create_request_fingerprint("POST", "/", {}, {"a": 1}) == bodiless.create_request_fingerprint(
        "POST", "/"
    )
    with pytest.raises(FingerprintError):
        manager.create_request_fingerprint("POST", "/", {}, {"at": object()})


def test_of_a_thousand_callers_with_one_key_one_runs() -> None:
    manager = IdempotencyManager()
    start = threading.Barrier(20)

    def race(_: int) -> int:
        start.wait(timeout=10)
        return sum(not manager.check_duplicate("k", ONE).is_duplicate for _ in range(50))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(race, range(20))) == 1
    assert manager.get_stats() == {
        "total_operations": 1_000,
        "duplicates": 999,
        "duplicate_rate": 0.999,
        "active": 1,
    }


def test_a_store_of_the_users_own_is_asked() -> None:
    class Broken:
        def apply(self, op: Any, /) -> dict[str, Any]:
            return {"reply": "renewed"}

    with pytest.raises(StoreUnavailableError, match="the store answered renewed to begin"):
        IdempotencyManager(store=Broken()).check_duplicate("k", ONE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"default_ttl": 0}, "default_ttl: got 0, expected a number of seconds"),
        ({"max_records": 0.5}, "max_records: got 0.5, expected a whole number"),
        ({"fingerprint_headers": ["a b"]}, 'fingerprint_headers: got "a b", expected header names'),
        ({"include_body_in_fingerprint": 1}, "include_body_in_fingerprint: got 1, expected true or false"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_option_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        IdempotencyManager(**options)
    assert str(raised.value).startswith(message)
