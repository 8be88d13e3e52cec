"""What a configuration means, and how a bad one is refused."""

from __future__ import annotations

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from once_again import (
    CircuitBreaker,
    ConfigError,
    OnceAgainError,
    RetryConfig,
    RetryPolicy,
    RetryPolicyManager,
    load_policies,
    retry_kernel_task,
)


def test_unset_fields_read_as_those_of_the_kernel_tasks() -> None:
    config = RetryConfig()
    assert (config.max_attempts, config.initial_delay, config.max_delay) == (3, 1.0, 30.0)
    assert (config.exponential_base, config.jitter) == (2.0, False)
    assert config.fields() == {}


def test_set_fields_are_remembered() -> None:
    config = RetryConfig(max_attempts=5, initial_delay=timedelta(milliseconds=100), jitter=True)
    assert config.fields() == {"max_attempts": 5, "initial_delay": 0.1, "jitter": "deviation"}
    assert (config.jitter, config.jitter_factor) == (True, 0.1)
    assert repr(config) == "RetryConfig(max_attempts=5, initial_delay=0.1, jitter='deviation')"


def test_one_level_of_the_standards_table_can_be_spread_into_it() -> None:
    level = {
        "max_attempts": 2,
        "initial_delay": 0.5,
        "max_delay": 15.0,
        "exponential_base": 2,
        "jitter": True,
        "jitter_factor": 0.05,
        "slot_count": 5,
        "slot_width": 0.2,
        "coordination_enabled": True,
        "idempotency_ttl": 7200,
    }
    assert RetryPolicy(RetryConfig(**level)).effective == RetryPolicy(RetryConfig.level("conservative")).effective  # type: ignore[arg-type]


def test_levels_of_a_mapping_extend_one_another() -> None:
    tree = {
        "retry_policies": {
            "default": {"max_attempts": 3, "initial_delay": 0.1},
            "patient": {"extends": "default", "max_attempts": 9},
        }
    }
    config = RetryConfig.from_mapping(tree, "patient")
    assert (config.max_attempts, config.initial_delay) == (9, 0.1)
    with pytest.raises(ConfigError, match="one of default, patient"):
        RetryConfig.from_mapping(tree, "hasty")


def test_all_levels_of_a_mapping_can_be_had_at_once() -> None:
    tree = {
        "retry_policies": {
            "default": {"max_attempts": 3, "initial_delay": 0.1},
            "patient": {"extends": "default", "max_attempts": 9},
            "payments": {"extends": "q.conservative"},
        }
    }
    policies = load_policies(tree)
    assert list(policies) == ["default", "patient", "payments"]
    assert policies["patient"] == RetryConfig.from_mapping(tree, "patient")
    assert (policies["payments"].max_attempts, policies["payments"].initial_delay) == (2, 1.0)
    with pytest.raises(ConfigError, match="got a → b → a, expected a level that does not extend itself"):
        load_policies({"a": {"extends": "b"}, "b": {"extends": "a"}})


def test_a_mapping_in_camel_case_has_milliseconds() -> None:
    camel = {"default": {"initialDelay": 250, "maxDelay": 500}}
    assert load_policies(camel) == {"default": RetryConfig(initial_delay=0.25, max_delay=0.5)}
    assert RetryConfig.from_mapping(camel, "default").initial_delay == 0.25
    with pytest.raises(ConfigError, match="snake_case means seconds, camelCase milliseconds"):
        load_policies({"a": {"initial_delay": 1}, "b": {"initialDelay": 1}})


def test_a_copy_with_other_fields_leaves_the_first_alone() -> None:
    config = RetryConfig(max_attempts=5)
    assert config.replace(max_attempts=6, max_delay=9.0) == RetryConfig(max_attempts=6, max_delay=9.0)
    assert config == RetryConfig(max_attempts=5) != RetryConfig()
    assert copy.deepcopy(config) is config


def test_fields_are_known_by_the_names_of_every_language() -> None:
    names: Any = {"maxAttempts": 4, "baseDelay": 2, "backoffMultiplier": 3}
    assert RetryConfig(**names) == RetryConfig(max_attempts=4, initial_delay=2.0, exponential_base=3.0)


NAN = float("nan")


async def later(*args: object) -> bool:
    raise AssertionError("nobody awaits it")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"initial_delay": -1}, "initial_delay: got -1, expected a number of seconds from 0 to 31536000"),
        ({"multiplier": NAN}, "multiplier: got NaN, expected a number from 0 to 1000"),
        ({"max_delay": float("inf")}, "max_delay: got Infinity, expected a number of seconds from 0 to 31536000"),
        ({"max_delay": 10**400}, "max_delay: got Infinity, expected a number of seconds from 0 to 31536000"),
        (
            {"strategy": "warp"},
            'strategy: got "warp", expected one of fixed, exponential, linear, fibonacci, schedule, custom',
        ),
        ({"max_attempts": "3"}, 'max_attempts: got "3", expected a whole number from 1 to 10000000'),
        ({"max_attempts": 2.5}, "max_attempts: got 2.5, expected a whole number from 1 to 10000000"),
        ({"max_attempts": True}, "max_attempts: got true, expected a whole number from 1 to 10000000"),
        ({"max_attempts": object()}, "max_attempts: got object, expected a whole number from 1 to 10000000"),
        ({"max_atempts": 3}, "max_atempts: got 3, expected a known field; the nearest is max_attempts"),
        (
            {"initial_delay": 1, "base_delay": 1},
            "base_delay: got 1, expected initial_delay or base_delay, not both: they are one field",
        ),
        ({"initial_delay": 9, "max_delay": 5}, "initial_delay: got 9 seconds, expected at most max_delay, 5 seconds"),
        ({"on": OSError, "retry_on": OSError}, "on: got a list, expected on or retry_on, not both: they are one field"),
        (
            {"on": KeyboardInterrupt},
            "retry_on: got builtins.KeyboardInterrupt, expected subclasses of Exception: "
            "cancellation and exits are never retried",
        ),
        (
            {"never_on": 5},
            "never_on: got 5, expected exception types, their names, kinds of failure, "
            "or a function, not async, that says yes or no",
        ),
        ({"retryable_status_codes": [99]}, "retryable_status_codes: got a list of 1, "),
        ({"custom_conditions": [1]}, "custom_conditions: got a list of 1, "),
        ({"custom_backoff": 1}, "custom_backoff: got 1, expected a function"),
        ({"on": later}, "retry_on: got an object of type function, expected exception types, their names, kinds of "),
        ({"retry_on": [OSError, later]}, "retry_on: got an object of type function, expected exception types, "),
        ({"never_on": later}, "never_on: got an object of type function, expected exception types, their names, "),
        (
            {"custom_conditions": [bool, later]},
            "custom_conditions: got an object of type function, expected a function ",
        ),
        ({"custom_backoff": later}, "custom_backoff: got an object of type function, expected a function that is not"),
        ({"dead_letter_handler": 3}, "dead_letter_handler: got an object of type int, expected a function that is not"),
        (
            {"dead_letter_handler": later},
            "dead_letter_handler: got an object of type function, expected a function that is not async",
        ),
        (
            {"logger": print},
            "logger: got an object of type builtin_function_or_method, expected a logger of logging or",
        ),
        ({"config": 3}, "config: got an object of type int, expected a RetryConfig"),
        ({"breaker": 3}, "breaker: got an object of type int, expected a CircuitBreaker"),
        ({"clock": 3}, "clock: got an object of type int, expected an object with now(), "),
        ({"random": 3}, "random: got an object of type int, expected an object with getrandbits()"),
        ({"on_retry": 3}, "on_retry: got an object of type int, expected a function that is not async"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_option_is_refused_with_field_value_and_range(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        retry_kernel_task(**fields)
    assert str(raised.value).startswith(message)
    assert isinstance(raised.value, ValueError)
    assert isinstance(raised.value, OnceAgainError)
    assert (raised.value.code, raised.value.status_code) == ("CONFIG_INVALID", 500)
    assert f"{raised.value.field}: got {raised.value.value}, expected {raised.value.expected}" == str(raised.value)


def test_what_is_accepted_without_effect_is_a_warning() -> None:
    ineffective = RetryConfig(jitter="full", jitter_factor=0.3)
    assert ineffective.validate() == ["jitter_factor has no effect: only jitter deviation reads it"]
    assert RetryPolicyManager.validate(ineffective) == ineffective.validate()
    assert RetryPolicyManager.validate(jitter="full", jitter_factor=0.3) == ineffective.validate()
    assert RetryPolicyManager.validate(ineffective, jitter="deviation") == []
    assert RetryPolicyManager.validate("http") == RetryConfig(jitter=True, jitter_factor=0.3).validate() == []
    with pytest.raises(ConfigError, match=r"max_delay, 0\.05 seconds"):
        RetryPolicyManager.validate(initial_delay=0.1, max_delay=0.05)
    with pytest.raises(ConfigError, match="max_attempts: got 0"):
        RetryPolicyManager.validate(max_attempts=0)


def test_a_configuration_may_be_the_policy_that_is_chosen() -> None:
    def backoff(attempt: int, base: float) -> float:
        return base

    own = RetryConfig(max_attempts=7, custom_backoff=backoff, on=callable)
    chosen = RetryPolicyManager.choose(retry_policy=own, criticality="CRITICAL", user_facing=True)
    assert (chosen.max_attempts, chosen.max_delay, chosen.total_timeout) == (7, 10.0, 10.0)
    assert (chosen.custom_backoff, chosen.tests, chosen.strategy) == (backoff, own.tests, "custom")
    patient = RetryPolicyManager.choose(retry_policy=RetryConfig(total_timeout=60.0), user_facing=True)
    assert patient.total_timeout == 60.0


def test_what_belongs_to_a_decorator_is_no_field() -> None:
    for field in ("clock", "random"):
        with pytest.raises(ConfigError, match=f"{field}: got an object of type object, expected nothing"):
            RetryConfig(**{field: object()})  # type: ignore[arg-type]


def test_an_environment_with_bytes_that_are_no_text_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "\udcff")
    monkeypatch.setenv("RETRY_MAX_ATTEMPTS", "7")
    assert RetryConfig.from_env().max_attempts == 7


def test_numbers_of_other_libraries_are_numbers() -> None:
    assert RetryConfig(initial_delay=Decimal("0.5")).initial_delay == 0.5  # type: ignore[arg-type]


def test_a_configuration_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["max_attempts"] = endless
    with pytest.raises(ConfigError, match="max_attempts"):
        RetryConfig(**endless)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"failure_threshold": 0}, "failure_threshold: got 0, expected a whole number from 1 to 1000000"),
        ({"recovery_timeout": -1}, "recovery_timeout: got -1, expected a number of seconds from 0 to 86400"),
        ({"fallback_strategy": "QUEUE"}, "queue: got nothing, expected a function, which QUEUE needs"),
        ({"queue": print}, "queue: got builtin_function_or_method, expected fallback_strategy QUEUE beside it"),
        ({"health_check": {}}, "health_check.probe: got nothing, expected a function"),
        ({"is_failure": 3}, "is_failure: got an object of type int, expected a function that is not async"),
        ({"snapshot": {}}, "snapshot: got "),
        ({"excluded": 3}, "excluded: got 3, expected exception types, or a function"),
        ({"excluded": (3,)}, "excluded: got 3, expected exception types, or a function"),
        ({"clock": 3}, "clock: got an object of type int, expected an object with now(), "),
        ({"on_state_change": 3}, "on_state_change: got an object of type int, expected a function"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_breaker_is_refused_with_field_value_and_range(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        CircuitBreaker(**fields)
    assert str(raised.value).startswith(message)
