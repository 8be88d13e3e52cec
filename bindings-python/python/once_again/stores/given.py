"""A store as a caller hands it over: one of ours, one of his own, or a plain object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from once_again._callables import is_async
from once_again.errors import ConfigError

if TYPE_CHECKING:
    from once_again._types import Clock

_warned = False


def as_store(given: Any, clock: Clock | None) -> Any:
    """The store as it is, or a plain object with ``get``, ``set`` and ``delete`` made one. Warns once that the latter
    guards one process only, unless it has ``set_if_absent``.

    Raises:
        ConfigError: it is neither, or the client that a store is made of.
    """
    if isinstance(given, type):
        # It has an apply, but is not a store before it is made one.
        raise ConfigError("store", f"the class {given.__name__}", f"a store: {given.__name__}(…)")
    if callable(getattr(given, "apply", None)):
        return given
    from .simple import is_simple, simple_store

    if not is_simple(given):
        expected = "a store: an object with apply(op), or with get, set and delete"
        raise ConfigError("store", f"an object of type {type(given).__name__}", expected)
    made = simple_store(given, clock)
    if not hasattr(given, "set_if_absent"):
        _warn_once()
    return made


def answers_later(store: Any) -> bool:
    """Whether a store's answers are to be awaited: its own `apply` says so, or what carries its operations."""
    carrier = getattr(store, "_carrier", None)
    return is_async(store.apply) or (carrier is not None and is_async(carrier.apply))


def _warn_once() -> None:
    global _warned
    if _warned:
        return
    _warned = True
    import warnings

    warnings.warn(
        "once_again: a plain store with get, set and delete guards a single process; "
        "use SqliteStore or a shared store for more",
        RuntimeWarning,
        stacklevel=4,
    )
