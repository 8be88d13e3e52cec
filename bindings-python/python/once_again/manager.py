"""The advanced retry's surface: `RetryManager`, and a pool of them by type of operation.

Example::

    pool = RetryManagerPool()
    rows = pool.get_manager("database").execute(lambda: db.query(sql))
    page = await pool.get_manager("http").execute(fetch)
"""

from __future__ import annotations

from . import _core
from ._callables import is_async, takes_argument
from ._clock import clock_of
from ._options import callable_of, one_config
from ._plan import Plan
from .budget import budget_of
from .config import RetryConfig
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from logging import Logger
    from typing import Any, TypeVar

    from typing_extensions import Self, Unpack

    from ._types import RetryOptions, StructuredLogger
    from .breaker import CircuitBreaker

    R = TypeVar("R")

# What fills the configuration of a manager.
_DEFAULT = "default.config"
# More types of operations than this are names that somebody makes up.
_MOST_MANAGERS = 1_000


class RetryManager:
    """Retries operations under one policy. Any number of calls may run under it at once; each has a state of its own.

    Args:
        config: The fields of a policy; those left open are `default_retry_config`'s. Also ``config=``.
        breaker: Asked and told once per attempt, unless ``enable_circuit_breaker`` is false. Also ``breaker=``.
        logger: Where events go. Also ``logger=``.
        options: As of `retry_kernel_task`.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    __slots__ = ("_plain", "_plan")

    def __init__(
        self,
        config: RetryConfig | None = None,
        breaker: CircuitBreaker | None = None,
        logger: Logger | StructuredLogger | None = None,
        /,
        **options: Unpack[RetryOptions],
    ) -> None:
        settings: dict[str, Any] = dict(options)
        for name, value in (("config", config), ("breaker", breaker), ("logger", logger)):
            one_config(settings, name, value)
        self._plan = Plan((RetryConfig.preset(_DEFAULT),), settings)
        self._plain = self._plan.without_attempt_limit()

    @property
    def config(self) -> RetryConfig:
        """The policy in force, complete."""
        return self._plan.config

    @property
    def warnings(self) -> list[str]:
        """What was accepted although it has no effect."""
        return self._plan.policy.warnings

    def execute(
        self,
        operation: Callable[[], R] | Callable[[int], R],
        *,
        name: str | None = None,
        key: str | None = None,
        payload: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> R:
        """Calls ``operation`` until it succeeds or the policy gives up; with an async function, answers what to await.

        ``attempt_timeout`` is for async functions; a plain one cannot be interrupted, so give its client a limit.

        Args:
            operation: If it takes an argument, that is the number of the attempt, from 1.
            name: The operation's name in errors, hooks, log lines and metrics.
            key, payload, metadata: What a dead letter says of this call besides: its idempotency key, what it takes to
                run it again (plain JSON), and anything else.

        Raises:
            MaxRetriesExceeded: from the last failure, when attempts or time ran out.
            Exception: the operation's own, when it is not one to retry.
        """
        callable_of("operation", operation)
        attempt = _numbered(operation) if takes_argument(operation) else operation
        retry: Any
        if is_async(operation):
            from ._retry_async import wrap as retry

            plan = self._plan
        else:
            from ._retry_sync import wrap as retry

            plan = self._plain
        plan = plan.saying(key=key, payload=payload, metadata=metadata)
        result: R = retry(attempt, plan, plan.names(operation, None, name))()
        return result

    def close(self) -> None:
        """Does nothing: a manager holds no thread, no timer and no connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<RetryManager {self._plan.fields}>"


class RetryManagerPool:
    """One manager for each type of operation: ``database``, ``http``, ``s3`` and ``cache`` have policies of their own,
    every other name gets the advanced retry's ``default``.

    Args:
        logger: Where events of all of them go. Also ``logger=``.
        shared: What all of them have beside their own policy, as of `RetryManager`: hooks, a ``dead_letter_store``, a
            ``budget``, a ``clock``… Fields of a policy take the place of their own.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    __slots__ = ("_config", "_managers", "_shared")

    def __init__(self, logger: Logger | StructuredLogger | None = None, /, **shared: Unpack[RetryOptions]) -> None:
        options: dict[str, Any] = dict(shared)
        self._config: RetryConfig | None = options.pop("config", None)
        if not isinstance(self._config, (RetryConfig, type(None))):
            raise ConfigError("config", f"an object of type {type(self._config).__name__}", "a RetryConfig")
        if logger is not None:
            options["logger"] = logger
        if options.get("budget") is not None:
            # One for all, also when only its rules were given.
            options["budget"] = budget_of(options["budget"], clock_of(options.get("clock")))
        self._shared = options
        self._managers: dict[str, RetryManager] = {}
        # A wrong option is found here, not with the first call.
        self._make("default")

    def get_manager(self, operation_type: str) -> RetryManager:
        """The manager for this type of operation, the same one every time.

        The pool holds at most 1 000; beyond that a manager is made anew for each call.

        Raises:
            ConfigError: ``operation_type`` is no string.
        """
        if not isinstance(operation_type, str):
            raise ConfigError("operation_type", f"an object of type {type(operation_type).__name__}", "a string")
        manager = self._managers.get(operation_type)
        if manager is None:
            manager = self._make(operation_type)
            if len(self._managers) < _MOST_MANAGERS:
                # One step, so of two threads both get the same.
                manager = self._managers.setdefault(operation_type, manager)
        return manager

    def _make(self, operation_type: str) -> RetryManager:
        config = RetryConfig.of_spec(_core.RetrySpec.for_operation(operation_type))
        return RetryManager(config if self._config is None else self._config.over(config), **self._shared)

    def close(self) -> None:
        """Forgets its managers."""
        self._managers.clear()

    def __len__(self) -> int:
        return len(self._managers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _numbered(operation: Callable[..., R]) -> Callable[[], R]:
    made = 0

    def attempt() -> R:
        nonlocal made
        made += 1
        return operation(made)

    return attempt
