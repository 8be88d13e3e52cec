"""`RetryConfig`: the fields of a retry policy, of which it remembers those that were set."""

from __future__ import annotations

import os

from . import _core
from ._callables import hook_of
from ._classify import words
from ._clock import system_clock
from ._fields import ReadableFields
from ._options import plain, text, wrong
from .budget import budget_of
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from typing_extensions import Unpack

    from ._types import RetryFields

    Tests = list[tuple[str, Callable[[Exception], object]]]

# The fields that only Python can carry out, by every name they have, without case and `_` as core reads
# names.
_OURS = {
    "retryon": "retry_on",
    "retryableerrors": "retry_on",
    "neveron": "never_on",
    "permanenterrors": "never_on",
    "customconditions": "custom_conditions",
    "custombackoff": "custom_backoff",
    "deadletterhandler": "dead_letter_handler",
    "deadletterstore": "dead_letter_store",
    "budget": "budget",
    "logger": "logger",
}
# Known to core, which leaves them to the host: here they belong to a decorator, or are not there at all.
_ELSEWHERE = {
    "clock": "nothing here: it is an option of the decorator",
    "random": "nothing here: it is an option of the decorator",
    "instance": "nothing here: it is an option of the decorator",
}


class RetryConfig(ReadableFields):
    """How to retry: durations in seconds (or ``timedelta``), every field optional.

    Unset fields read as those of the kernel tasks (3 attempts, 1.0 s, at most 30.0 s, doubling, no jitter)
    and are filled by what uses the configuration: a kernel decorator from its own preset, `with_retry` and
    `RetryPolicy` from the environment and the retry policy standards' ``default``.

    Args:
        fields: ``max_attempts`` (all attempts, the first included), ``initial_delay``, ``max_delay``,
            ``exponential_base``, ``strategy``, ``jitter`` (a name, or true for ± ``jitter_factor``),
            ``attempt_timeout`` (async only), ``total_timeout`` (cuts off a running attempt only if it is async),
            ``max_retry_after``, ``retry_on``, ``never_on``, ``per_kind``… Every field has the names of all
            languages; two names of one field are refused.

    Raises:
        ConfigError: a field is unknown, out of range or of the wrong type.
    """

    # `spec` is what core read, `ours` what only Python can carry out: functions, by core's name of the field.
    __slots__ = ("ours", "spec", "tests")

    tests: dict[str, Tests]
    """What only Python can ask of an error: names it then has, and the tests, by core's name of the list."""

    def __init__(self, **fields: Unpack[RetryFields]) -> None:
        self.ours = {}
        self.tests = {}
        read: dict[str, Any] = {}
        for name, value in fields.items():
            if name == "on":
                # Short for `retry_on`, in this package only.
                if "retry_on" in fields:
                    raise ConfigError("on", "a list", "on or retry_on, not both: they are one field")
                name = "retry_on"
            if plain(name) in _ELSEWHERE and value is not None:
                raise wrong(name, value, _ELSEWHERE[plain(name)])
            field = _OURS.get(plain(name))
            if field == "budget" and value is not None and value is not False:
                # One budget for whatever is made of this configuration.
                rules: Any = value
                value = budget_of(rules, system_clock)
            if field == "dead_letter_store" and value is not None:
                from .dead_letter import queue_of

                # Likewise one queue, which counts for all of them.
                value = queue_of("dead_letter_store", value)
            if field in ("retry_on", "never_on") and value is not None:
                value, self.tests[field] = words(name, value)
            elif field is not None and value is not None:
                self.ours[field] = value
            read[name] = value
        self.spec = _core.RetrySpec(read)
        if self.ours:
            _check(self.ours)

    @classmethod
    def level(cls, name: str) -> RetryConfig:
        """A level of the retry policy standards: ``default``, ``aggressive`` or ``conservative``."""
        return cls.of_spec(_core.RetrySpec.preset(f"service.{text('name', name)}"))

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], name: str) -> RetryConfig:
        """The level ``name`` of a tree of levels (parsed YAML or JSON), with everything its ``extends``
        adds."""
        return cls.of_spec(_core.RetrySpec.level(mapping, text("name", name)))

    @classmethod
    def from_env(cls, variables: Mapping[str, str] | None = None) -> RetryConfig:
        """What ``RETRY_MAX_ATTEMPTS``, ``RETRY_INITIAL_DELAY`` and ``RETRY_MAX_DELAY`` (seconds) say.

        Raises:
            ConfigError: a malformed value; the error names the variable.
        """
        variables = os.environ if variables is None else variables
        ours = {name: value for name, value in variables.items() if name.startswith("RETRY_")}
        return cls.of_spec(_core.RetrySpec.environment(ours))

    @classmethod
    def preset(cls, name: str) -> RetryConfig:
        """A preset of any of the sources: ``kernel``, ``critical``, ``quick``, ``q.standard``, ``http``…"""
        return cls.of_spec(_core.RetrySpec.preset(text("preset", name)))

    @classmethod
    def of_spec(cls, spec: _core.RetrySpec) -> RetryConfig:
        """What core says, as a configuration."""
        config = cls()
        config.spec = spec
        return config

    def replace(self, **fields: Unpack[RetryFields]) -> RetryConfig:
        """A copy with these fields set."""
        return RetryConfig(**fields).over(self)

    def over(self, defaults: RetryConfig) -> RetryConfig:
        """This configuration, with what it leaves open taken from ``defaults``."""
        merged = self.of_spec(self.spec.filled_from(defaults.spec))
        merged.ours = {**defaults.ours, **self.ours}
        merged.tests = {**defaults.tests, **self.tests}
        return merged

    def validate(self) -> list[str]:
        """What was accepted although it has no effect: a ``jitter_factor`` beside ``jitter="full"``, for instance.

        Raises:
            ConfigError: fields that are each in range contradict one another.
        """
        return self.spec.policy().warnings

    def fields(self) -> dict[str, Any]:
        """The fields that were set, in Python's names and in seconds."""
        return self.spec.fields()

    def __copy__(self) -> RetryConfig:
        return self

    def __deepcopy__(self, memo: object) -> RetryConfig:
        # Never changed after construction, so a copy would be the same.
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RetryConfig):
            return NotImplemented
        return self.spec == other.spec and self.ours == other.ours and self.tests == other.tests

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        given = {**self.fields(), **self.ours}
        return f"RetryConfig({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _check(ours: dict[str, Any]) -> None:
    """Refuses what could not be called when it is needed, or would be called and not awaited."""
    hook_of("custom_backoff", ours.get("custom_backoff"))
    hook_of("dead_letter_handler", ours.get("dead_letter_handler"))
    for condition in ours.get("custom_conditions", ()):
        hook_of("custom_conditions", condition)
    logger = ours.get("logger")
    if logger is not None and not (hasattr(logger, "bind") or hasattr(logger, "isEnabledFor")):
        raise ConfigError("logger", f"an object of type {type(logger).__name__}", "a logger of logging or structlog")


def load_policies(mapping: Mapping[str, Any]) -> dict[str, RetryConfig]:
    """The levels of a parsed ``retry_policies:`` tree by name, with what they ``extend``: another level or a preset.

    Reading YAML is your library's part. A tree in snake_case has durations in seconds, as the retry policy standards
    write it; one in camelCase has milliseconds.

    Raises:
        ConfigError: a field is unknown or out of range, a level extends itself or nothing, or both spellings are used.
    """
    return {name: RetryConfig.of_spec(spec) for name, spec in _core.RetrySpec.levels(mapping)}
