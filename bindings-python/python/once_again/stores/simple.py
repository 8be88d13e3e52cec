"""Plain ``get``, ``set``, ``delete`` stores, as people have them. Core's step decides here, between a read and a write
that nothing joins: such a store guards one process.
"""

from __future__ import annotations

import binascii
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from once_again import _core
from once_again._callables import awaited, is_async
from once_again._clock import clock_of
from once_again.errors import ConfigError, StoreUnavailableError

from .store import op_text, reply_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from once_again._types import Clock

    from .store import IdempotencyStore

_OPERATIONS = ("get", "set", "delete")

# How often a first claim is tried that others keep coming before.
_TRIES = 3


def is_simple(store: Any) -> bool:
    """Whether it has what `simple_store` needs."""
    return all(callable(getattr(store, name, None)) for name in _OPERATIONS)


def simple_store(plain: IdempotencyStore, clock: Clock | None = None) -> SimpleStore | AsyncSimpleStore:
    """Makes a store of a plain object with ``get(key)``, ``set(key, value, ttl)`` and ``delete(key)``.

    A value is a mapping that JSON holds (``{"record": "…"}``), ``ttl`` is whole seconds, and ``get`` answers None where
    there is nothing. Operations on one key run one after the other in this process; two processes over the same data
    may both run a request, so production wants a real store. An object that also has ``set_if_absent(key, value,
    ttl)``, which answers whether it wrote, is asked that for a first claim: two processes then cannot both make it,
    though both may still take over what a third one left behind.

    Args:
        plain: The object. Where one of its functions is async, the store is awaited.
        clock: Times in seconds; default the machine's.

    Raises:
        ConfigError: a function is missing, or it is a client of Redis: `RedisStore` makes a real store of that.
    """
    if callable(getattr(plain, "execute_command", None)):
        # It has all three, but keeps no mappings, and what it takes third is no time to live.
        raise ConfigError("store", f"a client of Redis, {type(plain).__name__}", "a store: pass RedisStore(client)")
    if not is_simple(plain):
        expected = "an object with get(key), set(key, value, ttl) and delete(key)"
        raise ConfigError("store", f"an object of type {type(plain).__name__}", expected)
    later = any(is_async(getattr(plain, name)) for name in (*_OPERATIONS, "set_if_absent") if hasattr(plain, name))
    return AsyncSimpleStore(plain, clock) if later else SimpleStore(plain, clock)


class _Simple:
    def __init__(self, plain: Any, clock: Clock | None) -> None:
        self._plain = plain
        self._clock = clock_of(clock)
        self._set_if_absent = getattr(plain, "set_if_absent", None)

    def _step(self, op: Mapping[str, Any], value: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Which of its functions to call with what, if any, and what to answer then."""
        write, record, ttl, reply, payload = _core.store_step(*op_text(op), _record(value), self._clock.wall_now())
        answer, key = reply_of(reply, payload), op["key"]
        if write == "put":
            first = value is None and self._set_if_absent is not None
            kept = {"record": binascii.b2a_base64(record or b"", newline=False).decode()}
            return "set_if_absent" if first else "set", (key, kept, ttl), answer
        return ("delete", (key,), answer) if write == "delete" else ("", (), answer)


class SimpleStore(_Simple):
    """A plain object as a store; made by `simple_store`. Threads share it freely, if they may share the object."""

    def __init__(self, plain: Any, clock: Clock | None = None) -> None:
        super().__init__(plain, clock)
        self._guard = Lock()
        self._turns: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation, alone on its key.

        Raises:
            ConfigError: ``op`` is none.
            StoreUnavailableError: what lies under the key is no record.
        """
        if _is_sweep(op):
            return _swept()
        with self._guard:
            turn = self._turns.setdefault(str(op.get("key")), Lock())
        with turn:
            for _ in range(_TRIES):
                write, given, reply = self._step(op, self._plain.get(op.get("key")))
                wrote = getattr(self._plain, write)(*given) if write else None
                if write != "set_if_absent" or wrote:
                    return reply
        raise StoreUnavailableError(_CONTENDED)


class AsyncSimpleStore(_Simple):
    """As `SimpleStore`, awaited."""

    def __init__(self, plain: Any, clock: Clock | None = None) -> None:
        super().__init__(plain, clock)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """As `SimpleStore.apply`."""
        from asyncio import Lock

        if _is_sweep(op):
            return _swept()
        turn = self._turns.setdefault(str(op.get("key")), Lock())
        async with turn:
            for _ in range(_TRIES):
                write, given, reply = self._step(op, await awaited(self._plain.get(op.get("key"))))
                wrote = await awaited(getattr(self._plain, write)(*given)) if write else None
                if write != "set_if_absent" or wrote:
                    return reply
        raise StoreUnavailableError(_CONTENDED)


_CONTENDED = "set_if_absent finds a record where get finds none"


def _is_sweep(op: Mapping[str, Any]) -> bool:
    return op.get("op") == "sweep"


def _swept() -> dict[str, Any]:
    return {"reply": "swept", "count": 0}  # its own ``ttl`` does that


def _record(value: Any) -> bytes | None:
    if value is None:
        return None
    try:
        return binascii.a2b_base64(value["record"])
    except (TypeError, LookupError, ValueError):
        raise StoreUnavailableError("the store holds something else than a record under this key") from None
