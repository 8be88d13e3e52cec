"""What a function that runs once returned, and what a repetition gets of it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from once_again import ConfigError, NotReplayableError, idempotent
from once_again.stores import MemoryStore


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", [], {}, "x", 2**60, [1, {"a": None}]])
def test_results_replay_as_they_were_falsy_ones_too(value: Any) -> None:
    runs: list[int] = []

    @idempotent(name="f")
    def f(order: int) -> Any:
        runs.append(order)
        return value

    for _ in range(3):
        result = f(1)
        assert (result, type(result)) == (value, type(value))
    assert runs == [1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_json_can_say_replays_equal(value: Any) -> None:
    f = idempotent(name="f")(lambda: value)
    assert repr(f()) == repr(value)
    assert repr(f()) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        *(sign * (2**bits + more) for bits in (53, 63, 64, 70) for more in (-1, 0, 1) for sign in (1, -1)),
        *(9.2e18, -1e19, 1.7976931348623157e308, 5e-324, -0.0, 1e16, 0.1),
        "\ud800",
        {"\udfff": ["\ud800"], "\u0000": "\u2028", '"\\': "é𝄞"},
        [{f"name {i}": i for i in range(40)}] * 3,
        {"": {"": [[], {}, [[]], None, True, False]}},
    ],
)
def test_what_only_a_careful_reader_keeps_replays_as_it_was(value: Any) -> None:
    f = idempotent(name="f")(lambda: value)
    assert repr(f()) == repr(f()) == repr(value)


def test_a_replay_is_a_value_of_its_own() -> None:
    f = idempotent(name="f")(lambda: {"lines": [{"sku": "a"}, {"sku": "a"}]})
    f()["lines"][0]["sku"] = "changed"
    replayed = f()
    replayed["lines"][0]["sku"] = "changed too"
    assert (replayed["lines"][1], f()) == ({"sku": "a"}, {"lines": [{"sku": "a"}, {"sku": "a"}]})


@pytest.mark.parametrize(
    "value", [(1, 2), {1: "one"}, date(2026, 1, 1), float("nan"), b"bytes", {"a": {1}}, type("S", (str,), {})("s")]
)
def test_a_result_that_json_would_change_is_not_replayed_and_not_run_again(value: Any) -> None:
    runs: list[int] = []

    @idempotent(name="f")
    def f() -> Any:
        runs.append(1)
        return value

    with pytest.warns(RuntimeWarning, match="'f' returned, a .*, would not come back equal from JSON"):
        assert f() is value
    with pytest.raises(NotReplayableError):
        f()
    assert runs == [1]


def test_a_warning_that_is_an_error_here_loses_no_result() -> None:
    f = idempotent(name="f")(lambda: (1, 2))
    assert f() == (1, 2)


def test_a_codec_says_what_json_cannot() -> None:
    class Dates:
        def encode(self, value: Any) -> str:
            return str(value.isoformat())

        def decode(self, text: str) -> Any:
            return date.fromisoformat(text)

    runs: list[int] = []

    @idempotent(name="f", codec=Dates())
    def f() -> date:
        runs.append(1)
        return date(2026, 1, 31)

    assert [f(), f()] == [date(2026, 1, 31)] * 2
    assert runs == [1]
    with pytest.raises(ConfigError, match="codec: got an object of type int"):
        idempotent(name="f", codec=3)(f)  # type: ignore[arg-type]


def test_results_need_not_be_kept_nor_be_too_large() -> None:
    for options in ({"cache_results": False}, {"result_caching": {"max_bytes": 3}}):
        f = idempotent(name="f", **options)(lambda: "four")  # type: ignore[arg-type]
        assert f() == "four"
        with pytest.raises(NotReplayableError):
            f()


class Torn(ValueError):
    @property
    def code(self) -> str:
        raise RuntimeError("no code")

    def __str__(self) -> str:
        raise RuntimeError("no text")


class _Refusing:
    """A codec that cannot write what was returned."""

    def encode(self, value: Any) -> str:
        raise TypeError("not this")

    def decode(self, text: str) -> Any:
        raise AssertionError("nothing was written")


def test_a_result_that_its_codec_cannot_write_is_returned_and_recorded_as_done() -> None:
    runs: list[int] = []

    @idempotent(name="f", codec=_Refusing())
    def f() -> int:
        runs.append(1)
        return 7

    with pytest.warns(RuntimeWarning, match="'f' returned, a int, cannot be written: TypeError, so it is recorded"):
        assert f() == 7
    with pytest.raises(NotReplayableError):
        f()
    assert runs == [1]


def test_what_a_codec_makes_that_is_no_text_is_recorded_as_done() -> None:
    class Bytes(_Refusing):
        def encode(self, value: Any) -> str:
            return b"7"  # type: ignore[return-value]

    @idempotent(name="f", codec=Bytes())
    async def f() -> int:
        return 7

    with pytest.warns(RuntimeWarning, match="was not made a text of by its codec"):
        assert asyncio.run(f()) == 7
    with pytest.raises(NotReplayableError):
        asyncio.run(f())


@pytest.mark.parametrize("is_async", [False, True])
def test_an_error_without_a_text_ends_its_run_all_the_same(is_async: bool) -> None:
    store = MemoryStore()

    @idempotent(name="f", store=store)
    def plain() -> None:
        raise Torn

    @idempotent(name="f", store=store)
    async def later() -> None:
        raise Torn

    with pytest.raises(Torn):
        asyncio.run(later()) if is_async else plain()
    assert store.stats()["inProgress"] == 0
