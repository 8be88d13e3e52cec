"""Retries for kernel tasks: decorators that work bare, with arguments, and on async functions.

Example::

    @retry_kernel_task
    async def execute(task_id): ...


    @retry_critical_task(on=(OSError,), total_timeout=60.0)
    def save(task): ...
"""

from __future__ import annotations

from ._plan import Plan
from .checkpoint import retry_with_checkpoint
from .config import RetryConfig
from .errors import MaxRetriesExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._types import RetryDecorator

__all__ = [
    "MaxRetriesExceeded",
    "RetryConfig",
    "retry_critical_task",
    "retry_kernel_task",
    "retry_quick_task",
    "retry_with_checkpoint",
]

_DOC = """Retries a kernel task: {0}, doubling, without jitter.

Works bare and with arguments, on functions, methods and async functions; a generator is refused.

Args:
    options: The fields of `RetryConfig` (or ``config=``), and ``on`` (exception types, names, kinds of
        failure, or a function), ``breaker``, ``reraise``, ``on_success``, ``on_retry``, ``on_give_up``,
        ``service_name``, ``clock``, ``random``.

Raises:
    ConfigError: an option is unknown, out of range or of the wrong type.
    MaxRetriesExceeded: by the decorated function, from its last failure, when attempts or time ran out.
        A failure that is not one to retry comes out as it is, and so does every cancellation.
"""


def _decorator(name: str, preset: str, summary: str) -> RetryDecorator:
    def decorator(function: Any = None, /, **options: Any) -> Any:
        decorate = Plan((RetryConfig.preset(preset),), options).decorate
        return decorate if function is None else decorate(function)

    decorator.__name__ = decorator.__qualname__ = name
    decorator.__doc__ = _DOC.format(summary)
    return decorator


retry_kernel_task = _decorator("retry_kernel_task", "kernel", "3 attempts, 1 s to 30 s apart")
retry_critical_task = _decorator("retry_critical_task", "critical", "5 attempts, 2 s to 60 s apart")
retry_quick_task = _decorator("retry_quick_task", "quick", "3 attempts, 0.5 s to 5 s apart")
