"""Fingerprints of Python values; the form of every kind of value is pinned down by the vectors."""

from __future__ import annotations

import collections
import enum
import hashlib
import json
import os
import struct
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from once_again import ConfigError, FingerprintError, OnceAgainError, fingerprint

REPOSITORY = Path(__file__).parents[2]
TESTDATA = Path(os.environ.get("ONCE_AGAIN_TESTDATA", REPOSITORY / ".." / "shared" / "testdata"))
published = pytest.mark.skipif(not TESTDATA.is_dir(), reason=f"no published test data at {TESTDATA}")


def of_canonical(text: bytes) -> str:
    """The fingerprint of a value whose canonical form is ``text``."""
    return f"jcs:{hashlib.sha256(b'oa1' + bytes(1) + b'jcs' + bytes(5) + text).hexdigest()}"


def test_a_dict_has_the_fingerprint_of_its_json_text() -> None:
    payment = {"amount": 1.0, "to": "Zoë 😂", "tags": ["a", None, True], "nested": {"b": 2, "a": -0.0}}
    expected = of_canonical('{"amount":1,"nested":{"a":0,"b":2},"tags":["a",null,true],"to":"Zoë 😂"}'.encode())
    assert fingerprint(payment) == expected
    assert fingerprint(json.dumps(payment).encode()) == expected


def test_classes_derived_from_jsons_own_are_written_as_json_writes_them() -> None:
    class Colour(str, enum.Enum):
        RED = "red"

    class Level(enum.IntEnum):
        HIGH = 3

    class Shouting(int):
        def __repr__(self) -> str:
            return "loud!"

        __str__ = __repr__

    class Point(tuple[int, ...]):
        pass

    class Amount(float):
        pass

    value = collections.OrderedDict(z=Colour.RED, y=Level.HIGH, x=Shouting(10**20), w=Point((1,)), v=Amount(1.5))
    assert fingerprint(value) == of_canonical(b'{"v":1.5,"w":[1],"x":100000000000000000000,"y":3,"z":"red"}')


def test_integers_of_any_size_are_exact() -> None:
    assert fingerprint(2**53 + 1) != fingerprint(2**53)
    assert fingerprint(2**53) == fingerprint(float(2**53)) == of_canonical(b"9007199254740992")
    # Beyond what a double says, the exact decimal: its digits without trailing zeros, and an exponent.
    assert fingerprint(2**53 + 1) == of_canonical(b"9007199254740993e0")
    assert fingerprint(-(2**63) - 1) == fingerprint(b"-9223372036854775809")
    assert fingerprint(10**4000 + 1) == fingerprint(str(10**4000 + 1).encode())


@pytest.mark.parametrize(
    ("value", "pointer", "problem"),
    [
        (float("nan"), "", "NaN"),
        ({"a": [1, float("inf")]}, "/a/1", "infinit"),
        ({"a/b": {"m~n": b"x"}}, "/a~1b/m~0n", "a value of type bytes has no JSON form of its own: decode it"),
        ([date(2024, 1, 1)], "/0", "a value of type date"),
        ([datetime(2024, 1, 1)], "/0", "pass its isoformat(), or a number"),
        ([timedelta(1)], "/0", "a value of type timedelta"),
        (
            {"price": Decimal("1.10")},
            "/price",
            "a value of type Decimal has no JSON form of its own: pass it as a string",
        ),
        ({"tags": {1, 2}}, "/tags", "a value of type set has no JSON form of its own: pass it as a sorted list"),
        ({"o": object()}, "/o", "a value of type object has no JSON form of its own: pass what json.dumps would write"),
        ({"a": {1: 2}}, "/a", "a key of type int; JSON's keys are strings"),
        ({None: 2}, "", "a key of type NoneType"),
        (["\ud800"], "/0", "surrogate"),
        ({"\udfff": 1}, "", "surrogate"),
        ([10**5000], "/0", "an integer of too many digits"),
    ],
    ids=[
        "NaN",
        "infinity",
        "bytes",
        "a date",
        "a datetime",
        "a timedelta",
        "a decimal",
        "a set",
        "an object",
        "a number as a key",
        "None as a key",
        "half a surrogate pair",
        "half a pair in a key",
        "too many digits",
    ],
)
def test_what_json_has_no_form_for_is_refused_where_it_stands(value: Any, pointer: str, problem: str) -> None:
    with pytest.raises(FingerprintError) as raised:
        fingerprint(value)
    assert raised.value.pointer == pointer
    assert problem in raised.value.problem
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, OnceAgainError)


def test_nesting_is_bounded_and_a_loop_is_an_error() -> None:
    def nested(depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = [value]
        return value

    assert fingerprint(nested(128)) == of_canonical(b"[" * 128 + b"1" + b"]" * 128)
    with pytest.raises(FingerprintError) as raised:
        fingerprint(nested(129))
    assert raised.value.pointer == "/0" * 128
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(FingerprintError):
        fingerprint(endless)


def test_bytes_in_any_form_are_a_body() -> None:
    body = b'{"b": 1, "a": 2}'
    assert (
        fingerprint(body)
        == fingerprint(bytearray(body))
        == fingerprint(memoryview(body))
        == fingerprint({"a": 2, "b": 1})
    )
    assert fingerprint(body, media_type="text/plain").startswith("raw:")


def test_headers_are_a_mapping_or_pairs() -> None:
    taken = fingerprint({}, headers={"X-Squid-Id": "7", "x-subid": "8"})
    assert taken == fingerprint({}, headers=[("x-subid", "8"), ("x-squid-id", "7")])
    for bad in (7, ["ab", 3], {"a": 1}, [("a",)]):
        with pytest.raises(ConfigError, match=r"headers: got .*, expected a mapping of strings, or pairs of strings"):
            fingerprint({}, headers=bad)


def test_fields_are_left_out_or_kept_alone() -> None:
    body = {"id": 1, "at": "now", "items": [{"seen": 1, "n": 2}]}
    assert fingerprint(body, exclude=["/at", "/items/0/seen"]) == fingerprint({"id": 1, "items": [{"n": 2}]})
    assert fingerprint(body, include=["/id"]) == fingerprint({"id": 1})
    with pytest.raises(ConfigError, match='exclude: got "at"'):
        fingerprint(body, exclude=["at"])


def test_a_multipart_body_is_refused_because_its_boundary_is_random() -> None:
    with pytest.raises(FingerprintError, match="boundary is random"):
        fingerprint(b"--x", media_type="multipart/form-data; boundary=x")


@published
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_examples_of_rfc_8785(name: str) -> None:
    text = (TESTDATA / "jcs" / "input" / f"{name}.json").read_bytes()
    canonical = bytes.fromhex((TESTDATA / "jcs" / "outhex" / f"{name}.txt").read_text())
    if name != "values":
        # It holds 333333333.33333329, which no double says: two payments that differ there must not match.
        assert fingerprint(text) == of_canonical(canonical)
    assert fingerprint(json.loads(text)) == of_canonical(canonical)


@published
def test_ten_thousand_published_numbers() -> None:
    lines = (TESTDATA / "jcs" / "es6-numbers-10k.csv").read_text().split()
    assert len(lines) == 10_000
    for line in lines:
        bits, _, text = line.partition(",")
        number: float = struct.unpack(">d", bytes.fromhex(bits.rjust(16, "0")))[0]
        assert fingerprint(number) == of_canonical(text.encode()), line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(VALUES)
def test_any_value_has_the_fingerprint_of_the_text_that_json_writes(value: Any) -> None:
    assert fingerprint(value) == fingerprint(json.dumps(value).encode())


def test_records_that_look_alike_are_told_apart_by_their_values() -> None:
    """Dicts in a list are recognised by their keys; none may pass for another."""
    lines = [{"sku": f"A{n}", "on": n % 2 == 0, "lines": [{"z": n, "a": None}], "b": {}} for n in range(20)]
    assert fingerprint(lines) == fingerprint(json.dumps(lines).encode())
    # The same first key and width, then other keys; another order; one key more.
    odd = [*lines, {"sku": 1, "on": 2, "lines": 3, "c": 4}, {"sku": 1, "b": 2, "lines": 3, "on": 4}, *lines]
    odd += [{**lines[0], "more": 1}, dict(reversed(lines[3].items())), *lines]
    assert fingerprint(odd) == fingerprint(json.dumps(odd).encode())


def test_a_value_without_a_form_is_found_among_records_that_look_alike() -> None:
    lines: list[dict[str, Any]] = [{"sku": "A", "price/eur": 1, "tags": []} for _ in range(10)]
    lines[7]["price/eur"] = Decimal("1.10")
    with pytest.raises(FingerprintError) as raised:
        fingerprint({"lines": lines})
    assert raised.value.pointer == "/lines/7/price~1eur"
    with pytest.raises(FingerprintError, match="a key of type int"):
        fingerprint([{"a": 1, 2: 3} for _ in range(5)])
    with pytest.raises(FingerprintError, match="surrogate"):
        fingerprint([{"a": 1, "\udfff": 3} for _ in range(5)])


def test_what_is_left_out_is_left_out_of_each_record() -> None:
    lines = [{"sku": n, "at": n} for n in range(5)]
    kept = [line if n == 3 else {"sku": n} for n, line in enumerate(lines)]
    assert fingerprint(lines, exclude=[f"/{n}/at" for n in range(5) if n != 3]) == fingerprint(kept)


NAMES = st.sampled_from(["a", "b", "c", "\n", "é", "😂", "\ufb33", "a-long-name", "a-long-name-too"])


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=8), st.data())
def test_any_list_of_records_has_the_fingerprint_of_its_text(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    repeated = data.draw(st.lists(st.sampled_from(records or [{}]), max_size=12))
    assert fingerprint(repeated) == fingerprint(json.dumps(repeated).encode())
