"""One breaker per dependency, and never more than a bound."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tripping import trip

from once_again import CircuitBreaker, CircuitBreakerRegistry, ConfigError, Eviction


def test_each_name_has_one_breaker_made_when_it_is_first_asked_for() -> None:
    breakers = CircuitBreakerRegistry({"failure_threshold": 2})
    assert len(breakers) == 0
    lake = breakers.get("lake")
    assert breakers.get("lake") is lake
    assert breakers.get("sea") is not lake
    assert (lake.name, list(breakers), "sea" in breakers, "pond" in breakers) == ("lake", ["lake", "sea"], True, False)
    trip(lake, 2)
    assert [(name, breaker.state) for name, breaker in breakers.items()] == [("lake", "OPEN"), ("sea", "CLOSED")]


def test_a_breaker_is_made_by_its_key_or_by_a_presets_name() -> None:
    def options_of(name: str) -> dict[str, Any] | str | None:
        return {"payments": {"failure_threshold": 1, "name": "pay"}, "search": "cockatiel"}.get(name)

    breakers = CircuitBreakerRegistry(options_of)
    for name, shown, failures in (("payments", "pay", 1), ("search", "search", 5), ("other", "other", 5)):
        breaker = breakers.get(name)
        trip(breaker, failures - 1)
        assert (breaker.name, breaker.state) == (shown, "CLOSED")
        trip(breaker, 1)
        assert breaker.state == "OPEN"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com/orders?a=1#b", "https://api.example.com"),
        ("HTTPS://API.Example.com:443", "https://api.example.com"),
        ("http://user:secret@example.com:8080/", "http://example.com:8080"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]"),
        ("wss://b\u00fccher.example/", "wss://xn--bcher-kva.example"),
    ],
)
def test_urls_of_one_origin_share_a_breaker(url: str, origin: str) -> None:
    assert CircuitBreakerRegistry().for_url(url).name == origin


@pytest.mark.parametrize(
    "url", ["", "/orders", "example.com", "data:,a", "file:///etc/hosts", "http://a:port/", "http://"]
)
def test_a_url_without_an_origin_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"url: got .*, expected an absolute URL with an origin"):
        CircuitBreakerRegistry().for_url(url)


def test_a_full_registry_forgets_the_closed_one_asked_for_longest_ago() -> None:
    gone: list[Eviction] = []
    breakers = CircuitBreakerRegistry({"failure_threshold": 1}, max_breakers=3, on_evict=gone.append)
    trip(breakers.get("open"), 1)
    second = breakers.get("second")
    breakers.get("third")
    breakers.get("second")
    breakers.get("fourth")
    assert [(one.key, one.state) for one in gone] == [("third", "CLOSED")]
    assert list(breakers) == ["open", "second", "fourth"]
    assert breakers.get("second") is second


def test_when_none_is_closed_one_goes_all_the_same_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    breakers = CircuitBreakerRegistry({"failure_threshold": 1}, max_breakers=1)
    with caplog.at_level(logging.WARNING, "once_again"):
        for name in ("first", "second", "third"):
            trip(breakers.get(name), 1)
    assert list(breakers) == ["third"]
    assert [("breaker_forgotten" in line, "first" in line) for line in caplog.messages] == [(True, True)]


def test_a_breaker_that_was_removed_goes_on_for_those_who_hold_it() -> None:
    breakers = CircuitBreakerRegistry()
    held = breakers.get("lake")
    assert (breakers.remove("lake"), breakers.remove("lake")) == (True, False)
    assert held.call(int) == 0
    assert breakers.get("lake") is not held


def test_a_limit_out_of_its_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_breakers: got 0, expected a whole number from 1 to 1000000"):
        CircuitBreakerRegistry(max_breakers=0)
    with pytest.raises(ConfigError, match="failure_treshold"):
        CircuitBreakerRegistry({"failure_treshold": 1}).get("lake")


def test_all_of_them_are_one_text_for_prometheus() -> None:
    breakers = CircuitBreakerRegistry({"failure_threshold": 1})
    trip(breakers.get("lake"), 1)
    breakers.get("sea")
    text = breakers.to_prometheus()
    assert 'circuit_breaker_state{name="lake",state="OPEN"} 1' in text
    assert 'circuit_breaker_state{name="sea",state="CLOSED"} 1' in text
    assert text.count("# TYPE circuit_breaker_state gauge") == 1


def test_threads_that_ask_at_once_get_the_same_breaker() -> None:
    for _ in range(20):
        breakers, start = CircuitBreakerRegistry(), threading.Barrier(16, timeout=30)

        def ask(
            _: int, breakers: CircuitBreakerRegistry = breakers, start: threading.Barrier = start
        ) -> CircuitBreaker:
            start.wait()
            return breakers.get("lake")

        with ThreadPoolExecutor(16) as pool:
            assert len(set(map(id, pool.map(ask, range(16))))) == 1


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 4))
def test_it_keeps_the_ones_asked_for_last(names: list[int], most: int) -> None:
    breakers, expected = CircuitBreakerRegistry(max_breakers=most), list[str]()
    for name in map(str, names):
        breakers.get(name)
        expected = [*(other for other in expected if other != name), name][-most:]
        assert list(breakers) == expected
