"""Plays `breaker.*.json`: a script of calls against a `CircuitBreaker`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from once_again import BreakerNotice, CircuitBreaker, CircuitOpenError, ConfigError, Isolation, Permit, StateChange
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


def shown(heard: StateChange | BreakerNotice) -> str:
    return "would_open" if isinstance(heard, BreakerNotice) else f"{heard.from_state}>{heard.to_state}"


def play(given: Script) -> Script:
    """Plays the script twice: each call in two halves, and each in one. Both must answer the same."""
    answers = []
    for whole in (False, True):
        try:
            player = Player(read(given["config"], DURATIONS.__contains__), whole)
        except ConfigError as error:
            return {"error": {"field": error.field, "expected": error.expected}}
        answers.append([player.play(event) for event in given["events"]])
    assert answers[0] == answers[1], "a call in two halves and in one"
    return {"replies": answers[0]}


class DownError(Exception):
    """A call's failure."""


def refusal(rejected: CircuitOpenError) -> str:
    return f"rejected {rejected.state} {to_micros(rejected.retry_after)}"


class BreakerClock(ScriptClock):
    """Rings for a health check when the script says so."""

    ring: Callable[[], object] | None = None

    def call_in_thread(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        self.ring = callback

        def call_off() -> None:
            self.ring = None

        return call_off


class Player:
    def __init__(self, config: dict[str, Any], whole: bool) -> None:
        self.whole = whole
        self.clock = BreakerClock()
        self.random = ScriptRandom(MIDDLE)
        self.heard: list[StateChange | BreakerNotice] = []
        self.permits: dict[str, Permit] = {}
        self.isolations: list[Isolation] = []
        self.healthy = False
        self.config = config
        self.open(None)

    def open(self, snapshot: dict[str, Any] | None) -> None:
        own: dict[str, Any] = {"health_check": {"probe": lambda: self.healthy}, "snapshot": snapshot}
        self.breaker = CircuitBreaker(
            self.config,
            clock=self.clock,
            random=self.random,
            on_state_change=self.heard.append,
            **{field: value for field, value in own.items() if field not in self.config},
        )
        self.breaker.on("would_open", self.heard.append)

    def play(self, event: dict[str, Any]) -> str:
        reply = ""
        for n in range(event.get("times", 1)):
            self.clock.at = event["at"] + n * event.get("every", 0)
            self.random.draws = [event.get("draw", MIDDLE)]
            self.heard.clear()
            reply = " ".join([self.once(event), *map(shown, self.heard)])
        return reply

    def once(self, event: dict[str, Any]) -> str:
        match event["do"]:
            case "state":
                return self.breaker.state
            case "admit":
                return self.admit(event["as"])
            case "settle":
                return self.breaker.settle(self.permits[event["permit"]], event["outcome"])
            # Who abandons a call settles it by hand, and what is ignored is the caller's own `is_failure`.
            case "call" if self.whole and event["outcome"] in ("success", "failure"):
                return self.call(event)
            case "call":
                rejected = self.admit("call")
                if rejected != "admitted":
                    return rejected
                self.heard.clear()
                self.clock.at += event.get("took", 0)
                return self.breaker.settle(self.permits["call"], event["outcome"])
            case "isolate":
                self.isolations.append(self.breaker.isolate())
                return "done"
            case "release":
                if self.isolations:
                    self.isolations.pop().release()
                return "done"
            case "reset":
                self.breaker.reset()
                return "done"
            case "mode":
                {"NORMAL": self.breaker.enable, "DISABLED": self.breaker.disable, "METRICS_ONLY": self.breaker.monitor}[
                    event["mode"]
                ]()
                return "done"
            case "health":
                self.healthy = event["ok"]
                if self.clock.ring is not None:
                    self.clock.ring()
                return "done"
            case "restart":
                left = json.loads(json.dumps(self.breaker.snapshot()))
                self.clock.at = event["clock"]
                self.isolations.clear()
                self.open(left)
                return self.breaker.state
        raise AssertionError(f"no such event: {event}")

    def call(self, event: dict[str, Any]) -> str:
        """A call through the breaker, which tells what became of the result by events only."""
        verdicts = ["counted"]
        stop = self.breaker.on("stale", lambda _: verdicts.append("stale"))

        def scripted() -> None:
            self.heard.clear()
            self.clock.at += event.get("took", 0)
            if event["outcome"] == "failure":
                raise DownError

        try:
            self.breaker.call(scripted)
        except DownError:
            pass
        except CircuitOpenError as rejected:
            return refusal(rejected)
        finally:
            stop()
        return verdicts[-1]

    def admit(self, name: str) -> str:
        try:
            self.permits[name] = self.breaker.admit()
        except CircuitOpenError as rejected:
            return refusal(rejected)
        return "admitted"
