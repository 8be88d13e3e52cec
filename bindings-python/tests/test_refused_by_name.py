"""What is of the wrong type is refused where it is given, by the name of the option or argument."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tripping import trip

from once_again import (
    CircuitBreaker,
    CircuitBreakerRegistry,
    ConfigError,
    DeadLetterQueue,
    MemoryDeadLetterStore,
    RetryBudget,
    RetryConfig,
    RetryManager,
    RetryPolicy,
    RetryPolicyManager,
    idempotent,
    load_policies,
    retry_with_checkpoint,
    retrying,
    with_retry,
)
from once_again.stores import MemoryStore, SqliteStore

FIVE: Any = 5
CONFIG = RetryConfig(max_attempts=2)


def with_state(checkpoint_state: Any = None) -> None:
    """A task with a checkpoint."""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda: CircuitBreaker().settle(FIVE, "success"), "permit"),
        (lambda: CircuitBreaker().execute(FIVE), "function"),
        (lambda: CircuitBreaker().call(FIVE), "function"),
        (lambda: CircuitBreaker(FIVE), "config"),
        (lambda: CircuitBreaker.preset(FIVE), "preset"),
        (lambda: CircuitBreaker.restore(FIVE and None), "snapshot"),  # type: ignore[arg-type]
        (lambda: CircuitBreaker.restore({"a": {1}}), "snapshot"),
        (lambda: CircuitBreakerRegistry().for_url(FIVE), "url"),
        (lambda: CircuitBreakerRegistry().get(FIVE), "name"),
        (lambda: CircuitBreakerRegistry(lambda _: FIVE).get("a"), "breaker"),
        (lambda: RetryBudget(FIVE, ratio=0.1), "rules"),
        (lambda: RetryConfig.preset(FIVE), "preset"),
        (lambda: RetryConfig.level(FIVE), "name"),
        (lambda: RetryConfig(dead_letter_store=FIVE), "dead_letter_store"),
        (lambda: RetryPolicyManager.validate(FIVE), "given"),
        (lambda: RetryPolicy(CONFIG, config=CONFIG), "config"),
        (lambda: RetryManager(CONFIG, config=CONFIG), "config"),
        (lambda: retrying(CONFIG, config=CONFIG), "config"),
        (lambda: with_retry(CONFIG, config=CONFIG), "config"),
        (lambda: RetryManager().execute(FIVE), "operation"),
        (lambda: asyncio.run(RetryPolicy().execute_with_retry(FIVE)), "operation"),
        (lambda: retry_with_checkpoint(checkpoint_loader=int, resume="no")(with_state), "resume"),  # type: ignore[arg-type]
        (lambda: idempotent(name="f", with_context="no")(lambda context: 1), "with_context"),  # type: ignore[arg-type]
        (lambda: idempotent(name="f")(lambda: 1).with_key(FIVE), "key"),
        (lambda: DeadLetterQueue().list(-1), "limit"),
        (lambda: MemoryDeadLetterStore().list(-1), "limit"),
        (lambda: DeadLetterQueue().redrive(FIVE), "letter_id"),
        (lambda: load_policies({"api": {"max_attempts": 2, "dead_letter_store": "letters"}}), "api.dead_letter_store"),
    ],
)
def test_the_wrong_type_is_an_error_with_the_name_of_what_was_given(wrong: Callable[[], Any], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        wrong()
    assert raised.value.field == field


def test_a_breaker_reads_its_functions_in_every_spelling_that_core_reads() -> None:
    camel: Any = {"failureThreshold": 1, "fallbackStrategy": "FALLBACK", "Fallback": lambda error: "instead"}
    breaker = CircuitBreaker(camel)
    trip(breaker, 1)
    assert breaker.execute(lambda: "made") == "instead"
    probed: list[int] = []
    checked: Any = {"healthCheck": {"Probe": lambda: probed.append(1), "interval": 1.0}}
    assert CircuitBreaker(checked).state == "CLOSED"


def test_a_dead_letter_store_becomes_one_queue_for_everything_made_of_its_configuration() -> None:
    letters = MemoryDeadLetterStore()
    config = RetryConfig(max_attempts=1, dead_letter_store=letters)

    def fail() -> None:
        raise OSError("away")

    for manager in (RetryManager(config), RetryManager(config)):
        with pytest.raises(OSError, match="away"):
            manager.execute(fail)
    assert config.dead_letter_store.stats()["buried"] == 2
    assert letters.stats()["letters"] == 2


@pytest.mark.parametrize("op", [5, None, "x", {"op": "get", "key": {1}}])
def test_what_is_no_operation_is_refused_by_every_store(op: Any) -> None:
    store = SqliteStore(":memory:")
    for apply in (MemoryStore().apply, store.apply):
        with pytest.raises(ConfigError, match="op: got an object of type"):
            apply(op)
    store.close()


@pytest.mark.parametrize(
    "url", ["http://a b.example", "http://a%20b.example", "http://a.example:port", "http://", "/x"]
)
def test_a_url_without_an_origin_has_no_breaker(url: str) -> None:
    with pytest.raises(ConfigError, match="url: got"):
        CircuitBreakerRegistry().for_url(url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Bücher.example/x", "https://xn--bcher-kva.example"),
        ("https://faß.example:8443", "https://xn--fa-hia.example:8443"),
        ("http://[0:0::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_written_as_the_url_standard_does(url: str, origin: str) -> None:
    assert CircuitBreakerRegistry().for_url(url).name == origin
