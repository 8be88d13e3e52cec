"""What a rejected call gets instead of its error: the caller's answer, an old value, or a place in a queue."""

from __future__ import annotations

import os
from _thread import allocate_lock

from once_again import _core
from once_again._callables import awaited, is_async
from once_again._options import wrong
from once_again.errors import ConfigError

from .guard import guarded, guarded_async
from .queued import Queued, QueuedCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from once_again.errors import CircuitOpenError

    from .gate import Gate

    R = TypeVar("R")
    # A call's key, or how to tell it from the call's arguments.
    Key = str | Callable[..., str | None] | None
    KeyOf = Callable[[tuple[Any, ...], dict[str, Any]], str | None]


class _Rejected:
    """A call that was not made."""

    __slots__ = ("error", "gate", "key", "run")

    def __init__(self, gate: Gate, error: CircuitOpenError, key: str | None, run: Callable[[], Any]) -> None:
        self.gate = gate
        self.error = error
        self.key = key
        self.run = run


class Fallback:
    """Stands in for rejected calls."""

    field: str | None = None
    """Which function of the caller's it needs."""

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        self.function = function

    def answer(self, call: _Rejected) -> Any:
        """What the caller gets; raises the call's error when there is nothing better."""
        raise call.error

    async def answer_async(self, call: _Rejected) -> Any:
        """As `answer`, where the caller's function may give something to await."""
        return await awaited(self.answer(call))

    def keep(self, key: str | None, value: object) -> None:
        """Sees the value of every call that succeeded."""


class Answered(Fallback):
    """The caller's own function answers."""

    field = "fallback"

    def answer(self, call: _Rejected) -> Any:
        assert self.function is not None, "core has refused a strategy without its function"
        call.gate.fell_back("FALLBACK", False, call.key)
        return self.function(call.error)


class Cached(Fallback):
    """The last good value of the same key answers."""

    def __init__(self, most: int, longest: float, now: Callable[[], float]) -> None:
        super().__init__()
        self._most = most
        self._longest = longest
        self._now = now
        # The value kept last comes last. The lock is held for the dictionary's sake, never while a call is made.
        self._values: dict[str, tuple[object, float]] = {}
        self._lock = allocate_lock()

    def answer(self, call: _Rejected) -> Any:
        kept = None if call.key is None else self._values.get(call.key)
        if kept is None or self._now() - kept[1] > self._longest:
            raise call.error
        call.gate.fell_back("CACHE", True, call.key)
        return kept[0]

    def keep(self, key: str | None, value: object) -> None:
        if key is None:
            return
        with self._lock:
            self._values.pop(key, None)
            if len(self._values) >= self._most:
                del self._values[next(iter(self._values))]
            self._values[key] = (value, self._now())


class Queue(Fallback):
    """The caller's queue takes the call."""

    field = "queue"

    def answer(self, call: _Rejected) -> Any:
        queued = self._queued(call)
        self._hand_over(queued)
        call.gate.fell_back("QUEUE", False, call.key)
        return Queued(queued.id)

    async def answer_async(self, call: _Rejected) -> Any:
        queued = self._queued(call)
        await awaited(self._hand_over(queued))
        call.gate.fell_back("QUEUE", False, call.key)
        return Queued(queued.id)

    def _queued(self, call: _Rejected) -> QueuedCall:
        return QueuedCall(_core.generate_key(os.urandom(16)), call.key, call.run)

    def _hand_over(self, queued: QueuedCall) -> Any:
        assert self.function is not None, "core has refused a strategy without its function"
        return self.function(queued)


def fallback_of(gate: Gate, fallback: Callable[..., Any] | None, queue: Callable[..., Any] | None) -> Fallback | None:
    """The fallback of a valid configuration; none where a rejected call gets its error."""
    match gate.core.fallback_strategy:
        case "FALLBACK":
            return Answered(fallback)
        case "CACHE":
            return Cached(*gate.core.cached, gate.clock.now)
        case "QUEUE":
            return Queue(queue)
    return None


def caught(gate: Gate, fallback: Fallback, target: Callable[..., R], key: Key = None) -> Callable[..., R]:
    """``target`` behind ``gate``, with ``fallback`` for whoever is rejected.

    Raises:
        ConfigError: the fallback's function is async, and ``target`` is not: nobody would await it.
    """
    if fallback.field is not None and is_async(fallback.function):
        expected = "a function that is not async: the call it stands in for is not"
        raise ConfigError(fallback.field, "an async function", expected)
    key_of = _key_of(key)
    # Whoever takes the call out of a queue wants to know if it cannot be made yet, so there it has no fallback.
    bare = guarded(gate, target)

    def answer(error: CircuitOpenError, call: tuple[Any, ...], _: object) -> R:
        key, args, kwargs = call
        answered: R = fallback.answer(_Rejected(gate, error, key, lambda: bare(*args, **kwargs)))
        return answered

    def make(key: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        value = target(*args, **kwargs)
        if hasattr(value, "__await__"):
            return kept(key, value)  # type: ignore[return-value]  # what is awaited in its place
        fallback.keep(key, value)
        return value

    async def kept(key: str | None, value: Awaitable[R]) -> R:
        result = await value
        fallback.keep(key, result)
        return result

    guard = guarded(gate, make, answer)

    def caught(*args: Any, **kwargs: Any) -> R:
        return guard(key_of(args, kwargs), args, kwargs)

    return caught


def caught_async(
    gate: Gate, fallback: Fallback, target: Callable[..., Awaitable[R]], key: Key = None
) -> Callable[..., Awaitable[R]]:
    """As `caught`, for a function that answers something to await."""
    key_of = _key_of(key)
    bare = guarded_async(gate, target)

    async def answer(error: CircuitOpenError, call: tuple[Any, ...], _: object) -> R:
        key, args, kwargs = call
        answered: R = await fallback.answer_async(_Rejected(gate, error, key, lambda: bare(*args, **kwargs)))
        return answered

    async def make(key: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        value = await target(*args, **kwargs)
        fallback.keep(key, value)
        return value

    guard = guarded_async(gate, make, answer)

    async def caught(*args: Any, **kwargs: Any) -> R:
        return await guard(key_of(args, kwargs), args, kwargs)

    return caught


def _key_of(key: Key) -> KeyOf:
    if key is None or isinstance(key, str):
        return lambda *_: key
    if not callable(key) or is_async(key):
        expected = "a string, or a function of the call that is not async"
        raise wrong("key", key, expected)

    def key_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
        # Found out before the call: what is wrong with its key must not hide that it succeeded.
        answered = key(*args, **kwargs)
        if answered is not None and not isinstance(answered, str):
            raise wrong("key", answered, "a string, or None for a call that is not kept")
        return answered

    return key_of
