"""Takes fingerprints, and compares them with a SHA-256 over the layout that the expectation spells out."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from once_again import ConfigError, FingerprintError, fingerprint
from players import Script


def check(given: Script, expect: Script) -> None:
    for body in bodies(given):
        values: list[Any] = [body]
        if given.get("parsed"):
            values.append(json.loads(body))
        for value in values:
            if "error" in expect:
                refuse(value, given, expect["error"])
                continue
            taken = fingerprint(value, **options(given))
            assert taken == by_hand(expect, body)
            assert taken == expect.get("fingerprint", taken)


def refuse(value: Any, given: Script, error: str) -> None:
    with pytest.raises((ConfigError, FingerprintError)) as raised:
        fingerprint(value, **options(given))
    if isinstance(raised.value, ConfigError):
        assert raised.value.field == error
    else:
        assert error in str(raised.value)


def bodies(given: Script) -> list[bytes]:
    texts = given.get("texts", [given["text"]] if "text" in given else [])
    return [text.encode() for text in texts] or [bytes.fromhex(given["hex"])]


def options(given: Script) -> dict[str, Any]:
    names = ("method", "path", "query", "mediaType", "headers", "include", "exclude", "includeBody")
    return {re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", name): given[name] for name in names if name in given}


def by_hand(expect: Script, body: bytes) -> str:
    """``alg:hex`` of the layout, from the expectation alone."""
    parts = [part.encode() for part in expect.get("parts", [])]
    head = b"oa1\0" + expect["alg"].encode() + b"\0" + len(parts).to_bytes(4, "big")
    hashed = head + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    if "canonical" in expect:
        hashed += expect["canonical"].encode()
    else:
        hashed += bytes.fromhex(expect["hex"]) if "hex" in expect else body
    return f"{expect['alg']}:{hashlib.sha256(hashed).hexdigest()}"
