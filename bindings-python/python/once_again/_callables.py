"""What a decorator was put on: a function, an async one, a method, or something it must refuse."""

from __future__ import annotations

import sys

from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# The flags of a code object, from the data model's reference. `inspect` says the same, but importing it is
# dearer than importing this whole package.
_GENERATOR = 0x20
_COROUTINE = 0x80
_ASYNC_GENERATOR = 0x200


def decorate(target: Any, wrap: Callable[..., Any], wrap_async: Callable[..., Any], what: str) -> Any:
    """``target`` wrapped by the one that fits it, with its name, doc, signature and ``__wrapped__``.

    Raises:
        ConfigError: ``target`` is a generator, a class, or nothing that can be called.
    """
    if isinstance(target, (staticmethod, classmethod)):
        return type(target)(decorate(target.__func__, wrap, wrap_async, what))
    if isinstance(target, type) or not callable(target):
        raise ConfigError(what, _name(target), "a function or a method")
    flags = _flags(target)
    if flags & (_GENERATOR | _ASYNC_GENERATOR):
        raise ConfigError(
            what,
            f"the generator function {_name(target)}",
            "a function that returns: what a generator already yielded cannot be taken back; "
            "decorate the function that does one step instead",
        )
    wrapper = (wrap_async if flags & _COROUTINE else wrap)(target)
    # Not imported with the package, as `inspect` is not; whoever decorates has mostly done so already.
    from functools import update_wrapper

    return update_wrapper(wrapper, target)


def is_async(target: Any) -> bool:
    """Whether calling ``target`` makes a coroutine."""
    return bool(_flags(target) & _COROUTINE)


def takes_argument(target: Any) -> bool:
    """Whether ``target`` cannot be called without a positional argument."""
    given = 0
    if (functools := sys.modules.get("functools")) is not None:
        while isinstance(target, functools.partial):
            given += len(target.args) + len(target.keywords)
            target = target.func
    while (wrapped := getattr(target, "__wrapped__", None)) is not None:
        given += getattr(target, "__self__", None) is not None
        target = wrapped
    if not hasattr(target, "__code__") and not hasattr(target, "__func__"):
        target = getattr(target, "__call__", None)  # noqa: B004 (the method itself is looked at)
    given += getattr(target, "__self__", None) is not None
    function = getattr(target, "__func__", target)
    code = getattr(function, "__code__", None)
    return code is not None and code.co_argcount - len(function.__defaults__ or ()) > given


async def awaited(answer: Any) -> Any:
    """What a function answered that may be async."""
    return await answer if hasattr(answer, "__await__") else answer


def hook_of(field: str, given: Any) -> Any:
    """The hook that was given, if any.

    Raises:
        ConfigError: it cannot be called, or nobody would await it.
    """
    if given is not None and (not callable(given) or is_async(given)):
        raise ConfigError(field, f"an object of type {type(given).__name__}", "a function that is not async")
    return given


def operation_name(target: Any) -> str:
    """What the operation is called in errors, hooks and logs when nobody named it."""
    target = _whole(target)
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    return str(name)


def _flags(target: Any) -> int:
    target = _whole(target)
    code = getattr(target, "__code__", None)
    if code is None:
        # An object with a `__call__` of its own.
        code = getattr(type(target).__call__, "__code__", None)
    flags = getattr(code, "co_flags", 0)
    if not flags & _COROUTINE and (inspect := sys.modules.get("inspect")) is not None:
        # A function can be marked as one that returns a coroutine, by `inspect` only.
        flags |= _COROUTINE if inspect.iscoroutinefunction(target) else 0
    return int(flags)


def _whole(target: Any) -> Any:
    """The function behind a ``functools.partial``."""
    if (functools := sys.modules.get("functools")) is not None:
        while isinstance(target, functools.partial):
            target = target.func
    return target


def _name(target: Any) -> str:
    return str(getattr(target, "__qualname__", None) or f"an object of type {type(target).__qualname__}")
