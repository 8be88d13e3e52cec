"""Plays calls that share a retry budget, and what its rules are."""

from __future__ import annotations

from typing import Any

from once_again import ConfigError, MaxRetriesExceeded, RetryBudget, RetryConfig, retry_kernel_task
from players import Script, ScriptClock, ScriptRandom, read
from players.retry import configuration, error_of


class CalledOff(BaseException):
    """What a caller raises in a sleep that it ends."""


class Cancelling(ScriptClock):
    """A clock whose sleeps are called off."""

    def sleep(self, seconds: float) -> None:
        raise CalledOff


def play(given: Script) -> Script:
    rules, events = read(given["rules"], lambda path: False), given.get("events")
    clock = ScriptClock()
    try:
        if events is None:
            return {"effective": effective(rules)}
        budget = RetryBudget(rules, clock=clock)
    except ConfigError as error:
        return {"error": {"field": error.field, "expected": error.expected}}
    replies = []
    for event in events:
        clock.at = event["at"]
        if event["do"] == "stats":
            stats = budget.stats()
            counts = " ".join(f"{name} {stats[name]}" for name in ("deposits", "retries", "refused", "returned"))
            replies.append(f"{decimal(stats['tokens'])}/{decimal(stats['capacity'])} {counts}")
        else:
            for _ in range(event.get("times", 1)):
                ended = call(event, budget)
            replies.append(f"{ended} {decimal(budget.tokens)}")
    return {"replies": replies}


def effective(rules: Any) -> dict[str, Any]:
    """The rules in force; true is something that only the option ``budget`` takes."""
    budget = RetryConfig(budget=True).ours["budget"] if rules is True else RetryBudget(rules)
    assert isinstance(budget, RetryBudget)
    return budget.config


def call(event: Script, budget: RetryBudget) -> str:
    cancelled = event.get("cancelled", False)
    clock = Cancelling() if cancelled else ScriptClock()
    clock.at = event["at"]
    config = {"max_attempts": 3, "base": 0, "max_delay": 0, "jitter": "none", **event.get("config", {})}
    attempts = event["attempts"]
    made = 0

    def attempt() -> None:
        nonlocal made
        script = attempts[min(made, len(attempts) - 1)]
        made += 1
        if script != "ok":
            raise error_of(script)

    task = retry_kernel_task(**configuration(config), budget=budget, clock=clock, random=ScriptRandom(0))(attempt)
    try:
        task()
        result = "ok"
    except CalledOff:
        result = "cancelled"
    except MaxRetriesExceeded as exceeded:
        result = exceeded.reason
    except Exception:
        result = "not_retryable"
    return f"{result} {made}"


def decimal(tokens: float) -> str:
    """To the millionth, without zeros at the end."""
    return f"{tokens:.6f}".rstrip("0").rstrip(".")
