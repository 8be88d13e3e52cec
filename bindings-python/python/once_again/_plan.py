"""What a decorator was told, made ready for calls: core's policy, and what only Python can carry out."""

from __future__ import annotations

from . import _core, _log, _metrics
from ._callables import decorate, hook_of, operation_name
from ._classify import Classifier
from ._clock import clock_of, random_of
from ._instance import instance_name
from .breaker import CircuitBreaker
from .budget import RetryBudget, budget_of, deposits_of
from .config import RetryConfig
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger
    from typing import Any

    from ._clock import SystemClock, SystemRandom
    from ._types import Clock, Random
    from .dead_letter import DeadLetterQueue
    from .events import RetryEvent, SuccessEvent

    Names = tuple[str | None, str]


# What is said once of slots.
_SLOTS = "slots without coordinator"


class Plan:
    """One decorator's settings. They never change, so any number of functions, threads and calls share it.

    Args:
        sources: Where fields come from, the strongest first, after what ``options`` give.
        options: The fields of `RetryConfig`, and the options of this process listed below.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    __slots__ = (
        "_instance",
        "_service",
        "attempt_timeout",
        "backoff",
        "breaker",
        "budget",
        "classifier",
        "clock",
        "conditions",
        "config",
        "consults",
        "dead_letter",
        "deposit_on_begin",
        "deposit_on_success",
        "drawn",
        "fields",
        "initial_delay",
        "is_timed",
        "letters",
        "log_level",
        "log_messages",
        "logger",
        "metered",
        "on_give_up",
        "on_retry",
        "on_success",
        "policy",
        "random",
        "reraise",
        "said",
        "spreads",
        "warned",
    )

    config: RetryConfig
    policy: _core.RetryPolicy
    fields: dict[str, Any]
    classifier: Classifier
    clock: Clock | SystemClock
    random: Random | SystemRandom
    breaker: CircuitBreaker | None
    budget: RetryBudget | None
    conditions: tuple[Callable[[Exception, int], object], ...]
    backoff: Callable[[int, float], float] | None
    consults: bool
    """Whether functions of the caller's own have a say in what follows a failure."""
    is_timed: bool
    """Whether a call as a whole has a limit."""
    dead_letter: Callable[..., object] | None
    on_retry: Callable[[RetryEvent], object] | None
    on_give_up: Callable[[RetryEvent], object] | None
    on_success: Callable[[SuccessEvent], object] | None
    letters: DeadLetterQueue | None
    said: dict[str, Any]
    """What the caller said of one call, for its dead letter: ``key``, ``payload``, ``metadata``."""
    warned: set[str]
    """Operations whose unknown errors were warned of, and what else is said once."""

    def __init__(self, sources: Iterable[RetryConfig], options: dict[str, Any]) -> None:
        fields = dict(options)
        given = fields.pop("config", None)
        self.breaker = _option(fields, "breaker", CircuitBreaker)
        self.reraise = bool(_option(fields, "reraise", bool))
        self._service: str | None = _option(fields, "service_name", str)
        self._instance: str | None = _option(fields, "instance", str)
        budget = fields.pop("budget", None)
        self.clock = clock_of(fields.pop("clock", None))
        self.random = random_of(fields.pop("random", None))
        self.on_retry = hook_of("on_retry", fields.pop("on_retry", None))
        self.on_give_up = hook_of("on_give_up", fields.pop("on_give_up", None))
        self.on_success = hook_of("on_success", fields.pop("on_success", None))

        config = RetryConfig(**fields)
        for weaker in (given, *sources):
            if isinstance(weaker, RetryConfig):
                config = config.over(weaker)
            elif weaker is not None:
                raise ConfigError(
                    "config",
                    f"an object of type {type(weaker).__name__}",
                    "a RetryConfig",
                )
        self.config = config
        self.budget = budget_of(config.ours.get("budget") if budget is None else budget, self.clock)
        self.deposit_on_begin, self.deposit_on_success = deposits_of(self.budget)
        self.policy = config.spec.policy()
        self.fields = self.policy.fields()
        tests = [test for tests in config.tests.values() for test in tests]
        self.classifier = Classifier(self.policy, tests, self.clock)
        self.drawn: bool = self.policy.drawn
        self.attempt_timeout: float | None = self.fields.get("attempt_timeout")
        self.initial_delay: float = self.fields["initial_delay"]
        self.conditions = tuple(config.ours.get("custom_conditions", ()))
        self.backoff = config.ours.get("custom_backoff")
        self.consults = bool(self.conditions) or self.backoff is not None
        self.is_timed = "total_timeout" in self.fields
        self.dead_letter = config.ours.get("dead_letter_handler")
        self.letters = config.ours.get("dead_letter_store")
        self.said = {}
        if self.fields.get("enable_circuit_breaker") is False:
            self.breaker = None
        self.logger: Logger | None = config.ours.get("logger")
        self.log_messages: bool = self.fields.get("log_messages", False)
        self.log_level = _log.LEVELS[self.fields.get("log_level", "info")]
        if self.fields.get("enable_logging") is False:
            self.log_level = _log.NEVER
        self.metered = self.fields.get("enable_metrics") is not False
        self.warned = set()
        self.spreads = self.fields.get("coordination_enabled") is True

    def saying(self, **said: Any) -> Plan:
        """This plan for one call, of which the caller said this."""
        given = {name: value for name, value in said.items() if value is not None}
        return self._changed("said", given) if given else self

    def without_attempt_limit(self) -> Plan:
        """This plan for what nothing can interrupt."""
        return self._changed("attempt_timeout", None)

    def is_limited(self) -> bool:
        """Whether an attempt may have to be cut off."""
        return self.attempt_timeout is not None or self.is_timed

    def is_watched(self) -> bool:
        """Whether somebody wants to hear of calls whose first attempt succeeds."""
        return (
            self.on_success is not None
            or self.deposit_on_success is not None
            or (self.metered and _metrics.current() is not None)
            or self.log_level <= _log.DEBUG
        )

    def slot(self, service: str | None, operation: str) -> int:
        """The slot that this caller's retries start in, where they are spread over slots."""
        if _SLOTS not in self.warned:
            self.warned.add(_SLOTS)
            self._tell_of_slots(service, operation)
        return self.policy.slot(service or "", operation, self._instance or instance_name()) or 0

    def _tell_of_slots(self, service: str | None, operation: str) -> None:
        if self.log_level <= _log.INFO and (logger := _log.listening(_log.INFO, self.logger)) is not None:
            fields = {"event": "slots_without_coordinator", "service": service, "operation": operation}
            _log.write(logger, _log.INFO, self.clock.wall_now(), fields)

    def decorate(self, function: Any) -> Any:
        """``function``, a method or an async function under this plan."""
        names = self.names(function)

        def wrap(target: Callable[..., Any]) -> Callable[..., Any]:
            from ._retry_sync import wrap

            return wrap(target, self, names)

        def wrap_async(target: Callable[..., Any]) -> Callable[..., Any]:
            from ._retry_async import wrap

            return wrap(target, self, names)

        return decorate(function, wrap, wrap_async, "function")

    def _changed(self, name: str, value: Any) -> Plan:
        plan = object.__new__(Plan)
        for slot in self.__slots__:
            setattr(plan, slot, getattr(self, slot))
        setattr(plan, name, value)
        return plan

    def names(self, function: Any, service: str | None = None, operation: str | None = None) -> Names:
        """What errors, hooks and log lines call the service and the operation."""
        service = service or self._service or self.fields.get("tags", {}).get("service")
        return service, operation or self.fields.get("operation_name") or operation_name(function)


def _option(fields: dict[str, Any], name: str, of: type) -> Any:
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, of):
        raise ConfigError(name, f"an object of type {type(value).__name__}", f"a {of.__name__}")
    return value
