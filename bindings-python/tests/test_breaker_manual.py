"""What comes from outside the calls: isolations, modes, another process; and who hears of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from tripping import fail, trip

from once_again import (
    BreakerNotice,
    CircuitBreaker,
    CircuitOpenError,
    ConfigError,
    DefaultCircuitBreakerConfig,
    Rejection,
    StateChange,
    is_circuit_breaker_error,
)
from once_again.testing import VirtualClock


def test_an_isolation_holds_the_breaker_open_until_its_block_ends() -> None:
    breaker = CircuitBreaker()
    with breaker.isolate():
        assert (breaker.state, breaker.is_open()) == ("FORCED_OPEN", True)
        with pytest.raises(CircuitOpenError) as raised:
            breaker.call(int)
        assert (raised.value.state, raised.value.retry_after) == ("FORCED_OPEN", 0.0)
    assert (breaker.state, breaker.is_open()) == ("CLOSED", False)


def test_isolations_are_counted_and_each_is_released_once() -> None:
    breaker = CircuitBreaker()
    first, second = breaker.isolate(), breaker.isolate()
    first.release()
    first.release()
    assert breaker.state == "FORCED_OPEN"
    second.release()
    assert breaker.state == "CLOSED"


def test_an_isolation_released_by_many_threads_is_released_once() -> None:
    breaker = CircuitBreaker()
    held, contested = breaker.isolate(), breaker.isolate()
    with ThreadPoolExecutor(16) as pool:
        for _ in range(200):
            pool.submit(contested.release)
    assert breaker.state == "FORCED_OPEN"
    held.release()
    assert breaker.state == "CLOSED"


def test_a_disabled_breaker_never_rejects() -> None:
    breaker = CircuitBreaker(failure_threshold=1)
    trip(breaker, 1)
    breaker.disable()
    trip(breaker, 10)
    assert breaker.state == "DISABLED"
    breaker.enable()
    trip(breaker, 1)
    assert breaker.state == "OPEN"


def test_a_breaker_that_only_watches_says_once_that_it_would_have_opened() -> None:
    heard: list[BreakerNotice] = []
    breaker = CircuitBreaker(name="lake", failure_threshold=2)
    breaker.on("would_open", heard.append)
    breaker.monitor()
    trip(breaker, 4)
    assert heard == [BreakerNotice("lake")]
    assert breaker.state == "METRICS_ONLY"


def test_rejections_and_late_results_are_told() -> None:
    rejected: list[Rejection] = []
    stale: list[BreakerNotice] = []
    breaker = CircuitBreaker(name="lake", failure_threshold=1, clock=VirtualClock())
    breaker.on("reject", rejected.append)
    breaker.on("stale", stale.append)
    late = breaker.admit()
    trip(breaker, 1)
    for call in (lambda: breaker.call(int), breaker.admit, breaker.__enter__, breaker(lambda: 0)):
        with pytest.raises(CircuitOpenError):
            call()
    assert rejected == [Rejection("lake", "OPEN", 30.0)] * 4
    assert breaker.settle(late, "failure") == "stale"
    assert stale == [BreakerNotice("lake")]


def test_a_listener_that_was_stopped_hears_nothing_more() -> None:
    heard: list[StateChange] = []
    breaker = CircuitBreaker(failure_threshold=1)
    first, second = breaker.on("state_change", heard.append), breaker.on("state_change", heard.append)
    first()
    first()
    trip(breaker, 1)
    assert len(heard) == 1
    second()
    breaker.disable()
    assert len(heard) == 1


def test_a_listener_to_nothing_is_refused() -> None:
    breaker = CircuitBreaker()
    with pytest.raises(ConfigError, match="event: got 'opened', expected one of state_change, reject, "):
        breaker.on("opened", print)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="listener: got an object of type int, expected a function"):
        breaker.on("stale", 3)  # type: ignore[call-overload]


def test_only_errors_that_are_failures_count() -> None:
    breaker = CircuitBreaker(failure_threshold=1, is_failure=lambda error: "mine" not in str(error))
    with pytest.raises(ValueError, match="mine"):
        breaker.call(fail, ValueError("mine"))
    assert breaker.state == "CLOSED"
    trip(breaker, 1)
    assert breaker.state == "OPEN"


def test_a_breaker_goes_on_in_the_next_process_where_it_stopped() -> None:
    clock = VirtualClock(now=1_000.0)
    breaker = CircuitBreaker(failure_threshold=2, clock=clock)
    trip(breaker, 2)
    clock.advance(10.0)
    left = json.loads(json.dumps(breaker.snapshot()))
    later = VirtualClock(now=3.0)
    restored = CircuitBreaker.restore(left, {"failure_threshold": 2}, clock=later, name="lake")
    assert (restored.state, restored.name) == ("OPEN", "lake")
    with pytest.raises(CircuitOpenError) as raised:
        restored.call(int)
    assert raised.value.retry_after == 20.0
    later.advance(20.0)
    assert restored.call(int) == 0


def test_what_is_no_snapshot_is_refused() -> None:
    for left in ({}, {"version": 1}, {**CircuitBreaker().snapshot(), "epoch": -1}):
        with pytest.raises(ConfigError, match=r"snapshot: got .*, expected what a breaker's snapshot"):
            CircuitBreaker.restore(left)
    with pytest.raises(ConfigError, match=r"snapshot\.version: got 2, expected 1"):
        CircuitBreaker.restore({**CircuitBreaker().snapshot(), "version": 2})


def test_a_rejection_is_told_from_other_errors() -> None:
    breaker = CircuitBreaker()
    with breaker.isolate(), pytest.raises(CircuitOpenError) as raised:
        breaker.call(int)
    assert CircuitBreaker.is_circuit_breaker_error(raised.value)
    assert is_circuit_breaker_error(raised.value)
    assert not breaker.is_circuit_breaker_error(ConnectionError())


def test_a_reset_breaker_begins_anew() -> None:
    breaker = CircuitBreaker(failure_threshold=1)
    late = breaker.admit()
    trip(breaker, 1)
    breaker.reset()
    assert breaker.state == "CLOSED"
    assert breaker.settle(late, "failure") == "stale"
    assert breaker.state == "CLOSED"


def test_a_breaker_given_nothing_is_the_default_configuration() -> None:
    config = DefaultCircuitBreakerConfig()
    assert config == {
        "failure_threshold": 5,
        "recovery_timeout": 30,
        "monitoring_window": 60,
        "half_open_max_calls": 3,
        "fallback_strategy": "REJECT",
    }
    config["failure_threshold"] = 1
    assert DefaultCircuitBreakerConfig()["failure_threshold"] == 5
    breaker = CircuitBreaker(config)
    trip(breaker, 1)
    assert breaker.state == "OPEN"


def test_a_preset_is_asked_for_by_its_name() -> None:
    breaker = CircuitBreaker.preset("cockatiel", name="lake")
    trip(breaker, 4)
    assert (breaker.name, breaker.state) == ("lake", "CLOSED")
    trip(breaker, 1)
    assert breaker.state == "OPEN"
    with pytest.raises(ConfigError, match="preset: got "):
        CircuitBreaker("polyy")


def test_its_numbers_are_text_for_prometheus() -> None:
    breaker = CircuitBreaker(name="lake", failure_threshold=1)
    trip(breaker, 1)
    for _ in range(2):
        with pytest.raises(CircuitOpenError):
            breaker.call(int)
    lines = breaker.to_prometheus().splitlines()
    assert 'circuit_breaker_state{name="lake",state="OPEN"} 1' in lines
    assert 'circuit_breaker_state{name="lake",state="CLOSED"} 0' in lines
    assert 'circuit_breaker_transitions_total{name="lake",from="CLOSED",to="OPEN"} 1' in lines
    assert 'circuit_breaker_rejections_total{name="lake"} 2' in lines
    assert "# TYPE circuit_breaker_rejections_total counter" in lines


def test_a_success_of_an_earlier_epoch_is_stale_whichever_way_the_call_was_made() -> None:
    clock = VirtualClock()
    breaker = CircuitBreaker(failure_threshold=1, recovery_timeout=1.0, half_open_max_calls=1, clock=clock)

    def outlived() -> str:
        trip(breaker, 1)
        clock.advance(1.0)
        assert breaker.call(lambda: "probe") == "probe"
        assert breaker.state == "CLOSED"
        return "late"

    assert breaker.call(outlived) == "late"
    assert breaker.stats()["stale"] == 1
    assert breaker.state == "CLOSED"
