"""Retries as the retry policy standards name them: `RetryPolicy` and `with_retry`."""

from __future__ import annotations

from ._callables import awaited
from ._options import callable_of, one_config
from ._plan import Plan
from .config import RetryConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from typing_extensions import Unpack

    from ._types import F, RetryOptions

    R = TypeVar("R")


class RetryPolicy:
    """How one service's calls are retried.

    Fields come from the given `RetryConfig` and ``options``, then from the environment (``RETRY_MAX_ATTEMPTS``,
    ``RETRY_INITIAL_DELAY``, ``RETRY_MAX_DELAY``), then from the level ``default`` of the retry policy
    standards: 3 attempts, 0.1 s doubling up to 10 s, ± 10 %.

    Raises:
        ConfigError: a field is unknown, out of range or of the wrong type, or a variable is malformed.
    """

    __slots__ = ("_plan",)

    def __init__(self, given: RetryConfig | None = None, /, **options: Unpack[RetryOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        one_config(settings, "config", given)
        self._plan = Plan((RetryConfig.from_env(), RetryConfig.level("default")), settings)

    @property
    def effective(self) -> dict[str, Any]:
        """Every field with the value that applies, in seconds."""
        return dict(self._plan.fields)

    @property
    def warnings(self) -> list[str]:
        """What was accepted although it has no effect."""
        return self._plan.policy.warnings

    async def execute_with_retry(
        self,
        operation: Callable[[], Awaitable[R]],
        service_name: str | None = None,
        operation_name: str | None = None,
    ) -> R:
        """Calls ``operation`` until it succeeds or the policy gives up. One that is not async is called as it is.

        Raises:
            MaxRetriesExceeded: from the last failure, when attempts or time ran out.
            Exception: the operation's own, when it is not one to retry.
        """
        from ._retry_async import wrap

        async def attempt() -> Any:
            return await awaited(operation())

        callable_of("operation", operation)
        names = self._plan.names(operation, service_name, operation_name)
        result: R = await wrap(attempt, self._plan, names)()
        return result

    def wrap(self, function: F) -> F:
        """``function``, a method or an async function under this policy."""
        decorated: F = self._plan.decorate(function)
        return decorated

    def __repr__(self) -> str:
        return f"<RetryPolicy {self.effective}>"


def with_retry(retry_config: RetryConfig | None = None, **options: Unpack[RetryOptions]) -> Callable[[F], F]:
    """Decorates a function, a method or an async function with a `RetryPolicy` of these arguments.

    ``retry_on`` takes exception types, their names, kinds of failure, or a function that says whether to
    retry; ``service_name`` and ``operation_name`` appear in hooks, log lines and metrics, the latter in errors too."""
    return RetryPolicy(retry_config, **options).wrap
