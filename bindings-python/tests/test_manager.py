"""The advanced retry's surface: managers, their pool, configurations and constants."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flaky import failing

import once_again
from once_again import (
    CircuitBreaker,
    CircuitOpenError,
    ConfigError,
    DatabaseRetryConfig,
    DeadLetterQueue,
    DefaultRetryConfig,
    ErrorTypeNetwork,
    ErrorTypeTransient,
    HTTPRetryConfig,
    JitterTypeEqual,
    JitterTypeNone,
    MaxRetriesExceeded,
    RetryConfig,
    RetryEvent,
    RetryManager,
    RetryManagerPool,
    S3RetryConfig,
    StrategyExponentialBackoff,
    cache_retry_config,
    default_retry_config,
    is_circuit_breaker_error,
    retry_kernel_task,
)
from once_again.testing import VirtualClock, no_sleep


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_a_manager_retries_functions_and_tells_those_that_ask_their_attempt(sleeps: list[float]) -> None:
    def operation(attempt: int) -> str:
        if attempt < 3:
            raise Exception("temporary failure")
        return f"attempt {attempt}"

    config = DefaultRetryConfig(max_attempts=3, base_delay=0.1, jitter_type=JitterTypeNone)
    with RetryManager(config) as manager:
        assert manager.execute(operation) == "attempt 3"
        assert manager.execute(failing(1)) == "done"
    assert sleeps == [0.1, 0.2, 0.1]


def test_a_manager_awaits_async_functions() -> None:
    async def operation(attempt: int) -> int:
        await asyncio.sleep(0)
        if attempt < 2:
            raise ConnectionError
        return attempt

    assert asyncio.run(RetryManager(attempt_timeout=5.0).execute(operation)) == 2


def test_it_tells_the_attempt_only_to_what_cannot_be_called_without() -> None:
    class Task:
        def __call__(self) -> str:
            return "object"

        def method(self) -> str:
            return "method"

        def told(self, attempt: int) -> str:
            return f"told {attempt}"

        @retry_kernel_task
        def decorated(self, attempt: int) -> str:
            return f"decorated {attempt}"

    def two(prefix: str, attempt: int) -> str:
        return f"{prefix} {attempt}"

    def default(attempt: int = 7) -> str:
        return f"default {attempt}"

    operations: list[Any] = [Task(), Task().method, Task().told, Task().decorated, functools.partial(two, "p"), default]
    operations += [functools.partial(two, "p", 9), list]
    answers = [RetryManager().execute(operation) for operation in operations]
    assert answers == ["object", "method", "told 1", "decorated 1", "p 1", "default 7", "p 9", []]


def test_a_breaker_is_asked_and_told_once_per_attempt() -> None:
    breaker = CircuitBreaker(failure_threshold=2)
    manager = RetryManager(HTTPRetryConfig(), breaker)
    with pytest.raises(CircuitOpenError):
        manager.execute(failing(9))
    assert breaker.is_open()
    with pytest.raises(CircuitOpenError) as raised:
        manager.execute(failing(9))
    assert is_circuit_breaker_error(raised.value)
    spared = CircuitBreaker(failure_threshold=1)
    assert RetryManager(cache_retry_config(), spared).execute(failing(1)) == "done"
    assert spared.state == "CLOSED"


def test_an_operation_may_be_named_per_call() -> None:
    with pytest.raises(MaxRetriesExceeded, match="pay gave up"):
        RetryManager().execute(failing(9), name="pay")
    with pytest.raises(MaxRetriesExceeded, match="default gave up"):
        RetryManager().execute(failing(9))


def test_the_limit_of_an_attempt_is_for_async_functions() -> None:
    assert RetryManagerPool().get_manager("s3").execute(failing(1)) == "done"

    async def hangs() -> None:
        await asyncio.Event().wait()

    with pytest.raises(MaxRetriesExceeded):
        asyncio.run(RetryManager(max_attempts=2, attempt_timeout=0.001).execute(hangs))


@pytest.mark.parametrize(
    ("name", "attempts", "base", "total", "errors"),
    [
        ("database", 3, 0.1, 300.0, ["Transient", "Timeout", "Network"]),
        ("http", 5, 0.2, 300.0, ["Transient", "Timeout", "Network", "Server", "RateLimit"]),
        ("s3", 4, 0.5, 900.0, ["Transient", "Timeout", "Network", "Server", "RateLimit"]),
        ("cache", 2, 0.05, 300.0, ["Transient", "Timeout", "Network"]),
        ("default", 3, 0.1, 300.0, ["Transient", "Timeout", "Network"]),
        ("unknown", 3, 0.1, 300.0, ["Transient", "Timeout", "Network"]),
    ],
)
def test_a_pool_has_a_manager_for_every_type_of_operation(
    name: str, attempts: int, base: float, total: float, errors: list[str]
) -> None:
    pool = RetryManagerPool()
    manager = pool.get_manager(name)
    config = manager.config
    assert pool.get_manager(name) is manager
    assert (config.max_attempts, config.base_delay, config.timeout) == (attempts, base, total)
    assert config.retryable_errors == errors
    assert config.operation_type == ("unknown" if name == "default" else name)
    pool.close()
    assert len(pool) == 0


def test_threads_that_ask_at_once_get_one_manager_and_a_pool_is_bounded() -> None:
    with RetryManagerPool() as pool, ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(pool.get_manager, ["lake"] * 200)))) == 1
        for number in range(1_200):
            pool.get_manager(f"type {number}")
        assert len(pool) == 1_000
        assert pool.get_manager("type 1199").config.operation_type == "type 1199"


def test_what_all_managers_of_a_pool_share_is_given_to_the_pool(sleeps: list[float]) -> None:
    heard: list[RetryEvent] = []
    letters = DeadLetterQueue()
    clock = VirtualClock()
    pool = RetryManagerPool(
        clock=clock,
        on_give_up=heard.append,
        dead_letter_store=letters,
        budget={"capacity": 1, "ratio": 0, "reserve_per_second": 0},
        max_attempts=2,
        tags={"service": "lake"},
    )
    for name in ("database", "http"):
        with pytest.raises(MaxRetriesExceeded):
            pool.get_manager(name).execute(failing(9), name=name)
    # One token for both.
    assert [(event.operation, event.attempt, event.reason) for event in heard] == [
        ("database", 2, "exhausted"),
        ("http", 1, "budget"),
    ]
    assert [letter.tags for letter in letters.list()] == [{"service": "lake"}] * 2
    assert (pool.get_manager("http").config.max_attempts, pool.get_manager("http").config.initial_delay) == (2, 0.2)
    assert (len(clock.sleeps), sleeps) == (1, [])


def test_fields_that_all_managers_of_a_pool_share_may_be_a_configuration() -> None:
    pool = RetryManagerPool(config=RetryConfig(max_attempts=9), initial_delay=0.3)
    config = pool.get_manager("s3").config
    assert (config.max_attempts, config.initial_delay, config.operation_type) == (9, 0.3, "s3")


def test_the_default_configuration_is_the_table_of_the_advanced_retry() -> None:
    config = default_retry_config()
    assert config == DefaultRetryConfig()
    read = {name: getattr(config, name) for name in dir(config) if not name.startswith("_")}
    table = {
        "max_attempts": 3,
        "base_delay": 0.1,
        "max_delay": 30.0,
        "timeout": 300.0,
        "strategy": StrategyExponentialBackoff,
        "multiplier": 2.0,
        "jitter_type": "full",
        "jitter_max_deviation": 0.1,
        "enable_circuit_breaker": True,
        "permanent_errors": ["Permanent", "Client"],
        "custom_conditions": (),
        "custom_backoff": None,
        "enable_dead_letter": True,
        "dead_letter_handler": None,
        "enable_metrics": True,
        "enable_logging": True,
        "log_level": "info",
        "operation_name": "default",
        "operation_type": "unknown",
        "tags": {},
    }
    assert {name: read[name] for name in table} == table


def test_every_field_of_a_configuration_can_be_changed_and_read() -> None:
    def backoff(attempt: int, base: float) -> float:
        return base

    def agrees(error: Exception, attempt: int) -> bool:
        return attempt < 3

    config = DatabaseRetryConfig(
        attempt_timeout=2.0,
        jitter_type=JitterTypeEqual,
        retryable_errors=[ErrorTypeTransient, ErrorTypeNetwork],
        retryable_status_codes=[503],
        custom_conditions=[agrees],
        custom_backoff=backoff,
        dead_letter_handler=print,
        enable_metrics=False,
        log_level="debug",
        tags={"service": "user_service"},
        slot_count=5,
        slot_width=0.2,
        coordination_enabled=True,
        idempotency_ttl=60.0,
    )
    assert (config.attempt_timeout, config.total_timeout, config.jitter_type) == (2.0, 300.0, "equal")
    assert (config.jitter, S3RetryConfig().jitter, RetryConfig(jitter=True).jitter) == ("equal", "full", True)
    assert (config.retryable_errors, config.retryable_status_codes) == (["Transient", "Network"], [503])
    assert (config.custom_conditions, config.custom_backoff) == ((agrees,), backoff)
    assert (config.dead_letter_handler, config.dead_letter_store) == (print, None)
    assert (config.enable_metrics, config.enable_logging, config.log_level) == (False, True, "debug")
    assert (config.tags, config.operation_name) == ({"service": "user_service"}, "default")
    assert (config.slot_count, config.slot_width, config.coordination_enabled) == (5, 0.2, True)
    assert (config.idempotency_ttl, config.max_retry_after) == (60.0, 60.0)
    assert (RetryConfig().operation_name, RetryConfig().slot_width, RetryConfig().tags) == (None, None, {})


def test_the_tag_service_is_the_service_of_its_events() -> None:
    heard: list[Any] = []
    RetryManager(tags={"service": "lake"}, on_success=heard.append).execute(failing(0))
    assert heard[0].service == "lake"


def test_the_constants_are_the_strings_that_fields_take() -> None:
    named = {name: getattr(once_again, name) for name in once_again.__all__}
    strategies = [named[name] for name in named if name.startswith("Strategy")]
    for strategy in strategies:
        RetryConfig(strategy=strategy, custom_backoff=lambda attempt, base: base)
    for name, value in named.items():
        if name.startswith("JitterType"):
            assert RetryConfig(jitter_type=value).jitter_type == value
        if name.startswith("ErrorType"):
            assert RetryConfig(retryable_errors=[value]).retryable_errors == [name.removeprefix("ErrorType")]
    assert len(strategies) == 5


def test_what_makes_no_manager_is_refused() -> None:
    makers: list[tuple[Callable[[], object], str]] = [
        (lambda: RetryManager(breaker=3), "breaker: got an object of type int, expected a CircuitBreaker"),  # type: ignore[arg-type]
        (lambda: RetryManager(3), "config: got an object of type int, expected a RetryConfig"),  # type: ignore[arg-type]
        (lambda: RetryManagerPool(config=3), "config: got an object of type int, expected a RetryConfig"),  # type: ignore[arg-type]
        (
            lambda: RetryManagerPool(max_attempts=0),
            "max_attempts: got 0, expected a whole number from 1 to 10000000",
        ),
        (lambda: RetryManagerPool().get_manager(3), "operation_type: got an object of type int, expected a string"),  # type: ignore[arg-type]
    ]
    for make, message in makers:
        with pytest.raises(ConfigError) as raised:
            make()
        assert str(raised.value) == message
