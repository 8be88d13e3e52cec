"""Plays calls that fail by script, policies and classifications."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from once_again import (
    ConfigError,
    MaxRetriesExceeded,
    RetryConfig,
    RetryEvent,
    RetryManagerPool,
    RetryPolicy,
    RetryPolicyManager,
    load_policies,
    retry_kernel_task,
)
from players import Script, ScriptClock, ScriptRandom, read, to_micros

DURATIONS = {
    "base",
    "max_delay",
    "schedule",
    "custom_backoff",
    "attempt_timeout",
    "total_timeout",
    "max_retry_after",
    "slot_width",
    "retention",
    "initial_delay",
    "idempotency_ttl",
}
OF_A_KIND = {"base", "max_delay", "schedule"}
# Where Python's own name of a field is not core's.
SHOWN = {
    "base": "initial_delay",
    "multiplier": "exponential_base",
    "deviation": "jitter_factor",
    "retry_statuses": "retryable_status_codes",
    "name": "operation_name",
    "type": "operation_type",
    "retention": "idempotency_ttl",
}


def is_duration(path: str) -> bool:
    *_, field = path.split(".")
    return field in (OF_A_KIND if path.startswith("per_kind.") else DURATIONS)


def configuration(given: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = read(given, is_duration)
    if "custom_backoff" in config and isinstance(config["custom_backoff"], list):
        answers = config["custom_backoff"]
        config["custom_backoff"] = lambda attempt, base: answers[min(attempt, len(answers)) - 1]
    return config


def play_call(given: Script) -> Script:
    clock, random = ScriptClock(), ScriptRandom(*given.get("draws", [0]))
    clock.at = given.get("start", 0)
    made, ended = 0, clock.at
    delays: list[int] = []
    errors: list[Exception] = []

    def attempt() -> str:
        nonlocal made, ended
        if made:
            delays.append(clock.at - ended)
        script = given["attempts"][min(made, len(given["attempts"]) - 1)]
        made += 1
        if script == "ok":
            return "ok"
        clock.at += script.get("takes", 0)
        ended = clock.at
        errors.append(error_of(script))
        raise errors[-1]

    conditions = [up_to(condition["up_to_attempt"]) for condition in given.get("conditions", [])]
    task = retry_kernel_task(
        **configuration(given["config"]),
        **caller(given),
        custom_conditions=conditions,
        clock=clock,
        random=random,
    )(attempt)
    try:
        result = task()
    except MaxRetriesExceeded as exceeded:
        assert exceeded.attempts == made
        result = exceeded.reason
    except Exception as error:
        assert error is errors[-1]
        result = "not_retryable"
    return {"delays": delays, "attempts": made, "result": result}


def caller(given: Script) -> Script:
    """Who calls, where a case says so."""
    names = {"service": "service_name", "operation": "operation_name", "instance": "instance"}
    return {option: given[name] for name, option in names.items() if name in given}


def up_to(last: int) -> Callable[[Exception, int], bool]:
    return lambda error, attempt: attempt <= last


def error_of(script: Script) -> Exception:
    """An error that carries what the script says, as errors do in Python."""
    cls: type[Exception] = Exception
    for name in reversed(script.get("names", ["ScriptedError"])):
        module, _, bare = name.rpartition(".")
        own = getattr(builtins, name, None)
        cls = own if isinstance(own, type) else type(bare, (cls,), {"__module__": module or __name__})
    error = cls()
    for name in ("kind", "code", "errno"):
        if name in script:
            setattr(error, name, script[name])
    if "status" in script or "headers" in script:
        error.response = SimpleNamespace(  # type: ignore[attr-defined]
            status_code=script.get("status"), headers=script.get("headers", {})
        )
    return error


def play_policy(given: Script) -> Script:
    try:
        config = RetryPolicyManager.create_custom(**configuration(given["config"]))
        policy = RetryPolicy(config)
    except ConfigError as error:
        return {"error": {"field": error.field}}
    return {"effective": effective(policy), "warnings": len(policy.warnings)}


def play_source(given: Script) -> Script:
    """A policy from a table of levels, from the environment, or from a pool."""
    try:
        if "levels" in given:
            config = load_policies(given["levels"])[given["level"]]
        elif "variables" in given:
            argument = RetryConfig(**configuration(given.get("config", {})))
            config = argument.over(RetryConfig.from_env(given["variables"]))
            if "preset" in given:
                config = config.over(RetryConfig.preset(given["preset"]))
        else:
            config = RetryManagerPool().get_manager(given["operation"]).config
        policy = RetryPolicy(config.over(RetryPolicyManager.STANDARD))
    except ConfigError as error:
        return {"error": {"field": error.field}}
    return {"effective": effective(policy)}


def play_preset(given: Script) -> Script:
    try:
        if "preset" in given:
            config = RetryConfig.preset(given["preset"])
        else:
            config = RetryPolicyManager.choose(**read(given["choose"], lambda path: is_duration(path[13:])))
    except ConfigError as error:
        return {"error": {"field": error.field}}
    shown = effective(RetryPolicy(config))
    named = ("q.conservative", "q.standard", "q.aggressive", "q.fast", "q.no_retry")
    total = {"total_timeout": config.fields()["total_timeout"]} if "total_timeout" in config.fields() else {}
    return {
        "effective": shown,
        "preset": next((name for name in named if RetryConfig.preset(name).replace(**total) == config), None),
        "total_timeout": shown.get("total_timeout"),
    }


class Effective(dict[str, Any]):
    """A complete policy in core's names and microseconds, equal to any part of it."""

    def __eq__(self, part: object) -> bool:
        return isinstance(part, dict) and {name: self.get(name) for name in part} == part

    __hash__ = None


def effective(policy: RetryPolicy) -> Effective:
    names = {shown: name for name, shown in SHOWN.items()}

    def core(fields: dict[str, Any], path: str = "") -> dict[str, Any]:
        return {names.get(name, name): value(item, path + names.get(name, name)) for name, item in fields.items()}

    def value(item: Any, path: str) -> Any:
        if isinstance(item, dict):
            return core(item, f"{path}.")
        if isinstance(item, list):
            return [value(each, path) for each in item]
        return to_micros(item) if is_duration(path) else item

    return Effective(core(policy.effective))


def play_classification(given: Script) -> Script:
    error = error_of(given)
    heard: list[RetryEvent] = []

    def attempt() -> None:
        raise error

    config = RetryPolicyManager.create_custom(initial_delay=0.0, max_delay=0.0, jitter=False)
    retried = retry_kernel_task(config=config, on_retry=heard.append, on_give_up=heard.append)
    with contextlib.suppress(Exception):
        retried(attempt)()
    return {"kind": heard[0].kind, "retried": heard[0].reason != "not_retryable"}


def play_retry_after(given: Script) -> Script:
    clock = ScriptClock()
    clock.at = given["now"]
    # A rate limit without a hint waits twice the delay of a microsecond, one with a hint of nothing just that.
    error = error_of({"kind": "RateLimit", "headers": given["headers"]})
    heard: list[RetryEvent] = []

    def attempt() -> None:
        raise error

    task = retry_kernel_task(
        max_attempts=2,
        initial_delay=1e-6,
        jitter=False,
        max_retry_after=365 * 86_400.0,
        on_retry=heard.append,
        clock=clock,
    )(attempt)
    with contextlib.suppress(MaxRetriesExceeded):
        task()
    assert heard[0].delay is not None
    wait = to_micros(heard[0].delay)
    return {"wait": {1: 0, 2: None}.get(wait, wait)}
