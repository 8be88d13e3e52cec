"""`IdempotencyManager` of the Q ecosystem: recognises duplicates and remembers responses where there is no middleware.

Example::

    manager = IdempotencyManager()
    fingerprint = manager.create_request_fingerprint("POST", "/payments", {}, body)
    check = manager.check_duplicate(key, fingerprint)
    if check.is_duplicate:
        return check.record.response
    manager.store_response(key, response := pay(body))
"""

from __future__ import annotations

import os
from _thread import allocate_lock

from once_again import _core
from once_again._clock import clock_of
from once_again.errors import ConfigError, InProgressError, KeyReusedError, StoreFullError, StoreUnavailableError
from once_again.events import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from once_again._types import Clock, Seconds
    from once_again.stores import IdempotencyStore, Store


class IdempotencyRecord(Fields):
    """What is known about a key."""

    __slots__ = ("created_at", "fingerprint", "key", "response", "state")

    def __init__(
        self, key: str, fingerprint: str, state: str, response: Any = None, created_at: float | None = None
    ) -> None:
        self.key = key
        self.fingerprint = fingerprint
        self.state = state
        """``inProgress``, ``completed`` or ``unknown``."""
        self.response = response
        """The stored response, once there is one."""
        self.created_at = created_at
        """When the first call came, in seconds since the Unix epoch; none while it runs elsewhere."""


class DuplicateCheck(Fields):
    """The answer of `IdempotencyManager.check_duplicate`."""

    __slots__ = ("is_duplicate", "record")

    def __init__(self, is_duplicate: bool, record: IdempotencyRecord) -> None:
        self.is_duplicate = is_duplicate
        self.record = record


class _Claim:
    __slots__ = ("epoch", "owner", "record_key", "since")

    def __init__(self, record_key: str, owner: str, epoch: int, since: float) -> None:
        self.record_key = record_key
        self.owner = owner
        self.epoch = epoch
        self.since = since


class IdempotencyManager:
    """Claims keys, remembers the responses of finished calls, and recognises a duplicate. Threads share it freely.

    Args:
        default_ttl: Seconds that a record is kept; default 24 hours.
        max_records: At most so many at once; default 10 000. A full manager refuses new work and drops no live record.
        cleanup_interval: Seconds between two sweeps of what has expired; default five minutes.
        include_body_in_fingerprint: Whether the body is part of a fingerprint; default true.
        fingerprint_headers: Headers that are part of a fingerprint; default none.
        store: Where records live; default: in memory, bounded by ``max_records``. A plain object with ``get``, ``set``
            and ``delete`` is made one (`simple_store`).
        clock: Times in seconds; default the machine's.

    Raises:
        ConfigError: an option is out of range or of the wrong type.
    """

    def __init__(
        self,
        *,
        default_ttl: Seconds | None = None,
        max_records: int | None = None,
        cleanup_interval: Seconds | None = None,
        include_body_in_fingerprint: bool | None = None,
        fingerprint_headers: Sequence[str] | None = None,
        store: Store | IdempotencyStore | None = None,
        clock: Clock | None = None,
    ) -> None:
        options = {
            "default_ttl": default_ttl,
            "max_records": max_records,
            "cleanup_interval": cleanup_interval,
            "include_body_in_fingerprint": include_body_in_fingerprint,
            "fingerprint_headers": fingerprint_headers,
        }
        self._retention, records, interval, self._include_body, self._headers = _core.manager_settings(options)
        self._clock = clock_of(clock)
        if store is None:
            from once_again.stores import MemoryStore

            store = MemoryStore(max_records=records, cleanup_interval=interval, clock=clock)
        else:
            store = _given(store, clock)
        self._store = store
        # By the caller's key, in the order of their age. The lock guards this and the counters, never the store.
        self._claims: dict[str, _Claim] = {}
        self._lock = allocate_lock()
        self._operations = 0
        self._duplicates = 0

    def generate_idempotency_key(self) -> str:
        """A new random key: a version 4 UUID."""
        return _core.generate_key(os.urandom(16))

    def create_request_fingerprint(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> str:
        """The fingerprint of a request: equal for equal content, whatever the order of its keys.

        Raises:
            FingerprintError: the body holds what JSON has no form for.
        """
        path, _, query = url.partition("?")
        selected = {name: value for name, value in (headers or {}).items() if name.lower() in self._headers}
        return _core.fingerprint(
            body, method=method, path=path, query=query, headers=selected, include_body=self._include_body
        )

    def check_duplicate(self, key: str, fingerprint: str) -> DuplicateCheck:
        """Claims ``key``.

        The first call answers ``is_duplicate=False``, and the claim is the caller's until `store_response` or
        `release`; every later call within ``default_ttl`` answers ``is_duplicate=True``.

        Raises:
            KeyInvalidError: the key is not 1 to 255 visible ASCII characters.
            KeyReusedError: the key came with another fingerprint.
            StoreFullError: ``max_records`` records are alive.
        """
        record_key = _core.record_key("", "", key)
        owner = os.urandom(16).hex()
        begin = {
            "op": "begin",
            "key": record_key,
            "owner": owner,
            "fingerprint": _core.check_fingerprint(fingerprint),
            "retention": self._retention,
            "onOrphan": "fail",
            "maxTakeovers": 0,
        }
        reply = self._store.apply(begin)
        now = self._clock.wall_now()
        if reply["reply"] == "acquired":
            with self._lock:
                self._operations += 1
                self._forget_expired(now)
                self._claims[key] = _Claim(record_key, owner, reply["epoch"], now)
            return DuplicateCheck(False, IdempotencyRecord(key, fingerprint, "inProgress", created_at=now))
        record = _duplicate(key, fingerprint, reply)
        with self._lock:
            self._operations += 1
            self._duplicates += 1
        return DuplicateCheck(True, record)

    def store_response(self, key: str, response: Any) -> None:
        """Records the response of a call that `check_duplicate` let run; what JSON has a form for is kept.

        Raises:
            InProgressError: this manager holds no claim on the key, or lost it.
        """
        import json

        outcome = _core.encode_result(json.dumps(response, allow_nan=False))
        reply = self._apply_to_claim(key, {"op": "complete", "retention": self._retention, "payload": outcome})
        if reply["reply"] != "completed":
            raise InProgressError("the claim on this key was lost before its response came")

    def release(self, key: str) -> None:
        """Gives the claim up: the next call with this key runs.

        Raises:
            InProgressError: this manager holds no claim on the key.
        """
        self._apply_to_claim(key, {"op": "release", "mode": "forget"})

    def peek(self, key: str) -> IdempotencyRecord | None:
        """What is known about ``key``, without claiming it."""
        reply = self._store.apply({"op": "get", "key": _core.record_key("", "", key)})
        if reply["reply"] != "found":
            return None
        state, fingerprint, created_at, response = _core.describe_record(reply["payload"])
        return IdempotencyRecord(key, fingerprint, state, _parsed(response), created_at)

    def get_stats(self) -> dict[str, float]:
        """``total_operations``, ``duplicates``, ``duplicate_rate`` (0 when nothing was asked), ``active`` claims."""
        with self._lock:
            total, duplicates = self._operations, self._duplicates
            rate = duplicates / total if total else 0.0
            return {
                "total_operations": total,
                "duplicates": duplicates,
                "duplicate_rate": rate,
                "active": len(self._claims),
            }

    def _apply_to_claim(self, key: str, op: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            claim = self._claims.get(key)
        if claim is None:
            raise InProgressError("no claim on this key: call check_duplicate first, on this manager")
        reply = self._store.apply({**op, "key": claim.record_key, "owner": claim.owner, "epoch": claim.epoch})
        with self._lock:
            if self._claims.get(key) is claim:
                del self._claims[key]
        return reply

    def _forget_expired(self, now: float) -> None:
        while self._claims:
            key, claim = next(iter(self._claims.items()))
            if claim.since + self._retention / 1e6 > now:
                break
            del self._claims[key]


def _given(store: Any, clock: Clock | None) -> Store:
    from once_again.stores.given import answers_later, as_store

    known: Store = as_store(store, clock)
    if answers_later(known):
        raise ConfigError(
            "store", f"{type(known).__name__}, whose answers are to be awaited", "a store that answers at once"
        )
    return known


def _duplicate(key: str, fingerprint: str, reply: dict[str, Any]) -> IdempotencyRecord:
    match reply["reply"]:
        case "replay":
            response = _parsed(_core.decode_result(reply["payload"]))
            return IdempotencyRecord(key, fingerprint, "completed", response, reply["created"] / 1e6)
        case "busy":
            return IdempotencyRecord(key, fingerprint, "inProgress")
        case "outcomeUnknown":
            return IdempotencyRecord(key, fingerprint, "unknown")
        case "mismatch":
            raise KeyReusedError
        case "full":
            raise StoreFullError(reply["retryAfter"] / 1e6)
    raise StoreUnavailableError(f"the store answered {reply['reply']} to begin")


def _parsed(text: str | None) -> Any:
    import json

    return None if text is None else json.loads(text)
