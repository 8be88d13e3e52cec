"""Plays `breaker.*.json`: a script of calls against a `CircuitBreaker`."""

from __future__ import annotations

from typing import Any

from once_again import CircuitBreaker, CircuitOpenError, ConfigError, Permit, StateChange
from players import Script, ScriptClock, ScriptRandom, read, to_micros

DURATIONS = {
    "recovery_timeout",
    "monitoring_window",
    "window",
    "window.time",
    "slow_call_duration",
    "open_wait",
    "open_wait.base",
    "open_wait.max",
    "probe_lease",
    "half_open_max_wait",
    "health_check.interval",
    "health_check.timeout",
}
MIDDLE = 1 << 31


def play(given: Script) -> Script:
    try:
        player = Player(read(given["config"], DURATIONS.__contains__))
    except ConfigError as error:
        return {"error": {"field": error.field, "expected": error.expected}}
    return {"replies": [player.play(event) for event in given["events"]]}


class Player:
    def __init__(self, config: dict[str, Any]) -> None:
        self.clock = ScriptClock()
        self.random = ScriptRandom(MIDDLE)
        self.changes: list[StateChange] = []
        self.permits: dict[str, Permit] = {}
        self.breaker = CircuitBreaker(config, clock=self.clock, random=self.random, on_state_change=self.changes.append)

    def play(self, event: dict[str, Any]) -> str:
        reply = ""
        for n in range(event.get("times", 1)):
            self.clock.at = event["at"] + n * event.get("every", 0)
            self.random.draws = [event.get("draw", MIDDLE)]
            self.changes.clear()
            reply = " ".join([self.once(event), *(f"{c.from_state}>{c.to_state}" for c in self.changes)])
        return reply

    def once(self, event: dict[str, Any]) -> str:
        match event["do"]:
            case "state":
                return self.breaker.state
            case "admit":
                return self.admit(event["as"])
            case "settle":
                return self.breaker.settle(self.permits[event["permit"]], event["outcome"])
            case "call":
                rejected = self.admit("call")
                if rejected != "admitted":
                    return rejected
                self.changes.clear()
                self.clock.at += event.get("took", 0)
                return self.breaker.settle(self.permits["call"], event["outcome"])
        raise AssertionError(f"no such event: {event}")

    def admit(self, name: str) -> str:
        try:
            self.permits[name] = self.breaker.admit()
        except CircuitOpenError as rejected:
            return f"rejected {rejected.state} {to_micros(rejected.retry_after)}"
        return "admitted"
