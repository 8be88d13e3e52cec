"""Retries that go on where the last attempt stopped (kernel tasks): `retry_with_checkpoint`.

Example::

    @retry_with_checkpoint(checkpoint_loader=db.load, checkpoint_saver=db.save)
    async def execute(task_id, checkpoint_state=None): ...
"""

from __future__ import annotations

import sys

from ._call import Call
from ._callables import awaited, decorate, is_async
from ._options import flag, one_config
from ._plan import Plan
from .config import RetryConfig
from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature
    from typing import Any

    from typing_extensions import Unpack

    from ._plan import Names
    from ._types import F, RetryOptions

    Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_STATE = "checkpoint_state"


def retry_with_checkpoint(
    given: RetryConfig | None = None,
    /,
    *,
    checkpoint_loader: Callable[..., object] | None = None,
    checkpoint_saver: Callable[..., object] | None = None,
    resume: bool = False,
    **options: Unpack[RetryOptions],
) -> Callable[[F], F]:
    """Retries a kernel task, which is given its last checkpoint as ``checkpoint_state`` from the second attempt on.

    Fields that are left open are those of `retry_kernel_task`: 3 attempts, 1 s to 30 s apart.

    Args:
        given: The fields of a policy, also to be given as ``config=``.
        checkpoint_loader: Called with the call's own arguments less ``checkpoint_state`` before every retry; what it
            answers is the ``checkpoint_state`` of that attempt. If it fails, so did the attempt.
        checkpoint_saver: Called after success with the same arguments and the result. If it fails, that is logged and
            counted, and the result still returned.
        resume: Load before the first attempt too.
        options: As of `retry_kernel_task`.

    Both functions may be async if the task is. Of a method, they are given ``self`` too.

    Raises:
        ConfigError: an option is wrong; neither function was given; the decorated one has no parameter
            ``checkpoint_state``; or an async function stands beside a task that cannot await it.
    """
    settings: dict[str, Any] = dict(options)
    one_config(settings, "config", given)
    for field, function in (("checkpoint_loader", checkpoint_loader), ("checkpoint_saver", checkpoint_saver)):
        if function is not None and not callable(function):
            raise ConfigError(field, f"an object of type {type(function).__name__}", "a function")
    flag("resume", resume)
    if checkpoint_loader is None and (checkpoint_saver is None or resume):
        field = "resume" if resume else "checkpoint_loader"
        raise ConfigError(field, "no checkpoint_loader", "a function that loads a checkpoint")
    plan = Plan((RetryConfig.preset("kernel"),), settings)

    def decorator(function: F) -> F:
        task = _Task(function, plan, checkpoint_loader, checkpoint_saver, resume)
        decorated: F = decorate(function, task.wrap, task.wrap_async, "function")
        return decorated

    return decorator


class _Task:
    """A decorated function and its checkpoints."""

    __slots__ = ("_at", "_load", "_names", "_plan", "_resume", "_save", "_signature")

    _at: int
    """Which positional argument the checkpoint is; beyond all of them when only its name says it."""
    _signature: Signature

    def __init__(
        self,
        function: Any,
        plan: Plan,
        load: Callable[..., Any] | None,
        save: Callable[..., Any] | None,
        resume: bool,
    ) -> None:
        self._plan, self._load, self._save, self._resume = plan, load, save, resume
        self._names: Names = plan.names(function)

    def wrap(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """A plain function with its checkpoints."""
        from ._retry_sync import wrap

        self._read_signature(target)
        load, save = self._load, self._save
        for field, function in (("checkpoint_loader", load), ("checkpoint_saver", save)):
            if function is not None and is_async(function):
                raise ConfigError(field, "an async function", f"one that is not: nothing awaits it in {self._names[1]}")

        def restored(*args: Any, **kwargs: Any) -> Any:
            own, named = self._own(args, kwargs)
            args, kwargs = self._with(load(*own, **named), args, kwargs)  # type: ignore[misc]
            return target(*args, **kwargs)

        later = target if load is None else restored
        retried = wrap(later if self._resume else target, self._plan, self._names, later)
        if save is None:
            return retried

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = retried(*args, **kwargs)
            try:
                own, named = self._bound(args, kwargs)
                save(*own, result, **named)
            except Exception as error:
                self._unsaved(error)
            return result

        return wrapper

    def wrap_async(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """An async function with its checkpoints."""
        from ._retry_async import wrap

        self._read_signature(target)
        load, save = self._load, self._save

        async def restored(*args: Any, **kwargs: Any) -> Any:
            own, named = self._own(args, kwargs)
            state = await awaited(load(*own, **named))  # type: ignore[misc]
            args, kwargs = self._with(state, args, kwargs)
            return await target(*args, **kwargs)

        later = target if load is None else restored
        retried = wrap(later if self._resume else target, self._plan, self._names, later)
        if save is None:
            return retried

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = await retried(*args, **kwargs)
            try:
                own, named = self._bound(args, kwargs)
                await awaited(save(*own, result, **named))
            except Exception as error:
                self._unsaved(error)
            return result

        return wrapper

    def _read_signature(self, target: Callable[..., Any]) -> None:
        # As dear as this whole package, so imported only here.
        from inspect import Parameter, signature

        self._signature = signature(target)
        parameters = self._signature.parameters
        kind = parameters[_STATE].kind if _STATE in parameters else None
        if kind not in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY):
            raise ConfigError("function", self._names[1], f"a function with a parameter {_STATE}, to be given by name")
        by_name = kind is Parameter.KEYWORD_ONLY
        self._at = sys.maxsize if by_name else list(parameters).index(_STATE)

    def _own(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """The call's own arguments: without a checkpoint."""
        return args[: self._at] + args[self._at + 1 :], {name: kwargs[name] for name in kwargs if name != _STATE}

    def _with(self, state: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """The arguments of an attempt that goes on from ``state``."""
        if len(args) > self._at:
            return (*args[: self._at], state, *args[self._at + 1 :]), kwargs
        return args, {**kwargs, _STATE: state}

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
        """The call's own arguments, by position as far as they can be: the result follows them."""
        bound = self._signature.bind(*args, **kwargs)
        bound.arguments.pop(_STATE, None)
        return bound.args, bound.kwargs

    def _unsaved(self, error: Exception) -> None:
        Call(self._plan, self._names, self._plan.clock.now()).unsaved(error)
