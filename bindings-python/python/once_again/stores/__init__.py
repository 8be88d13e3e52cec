"""Where records live. What an operation on one means is core's decision; a store only carries it.

An operation is a mapping with ``op`` and the fields it has in every language (``key``, ``owner``, ``lease``…):
keys and owners in hexadecimal, times in microseconds, and its bytes, if it carries any, as ``payload``.
A reply has the same form.

`store` says what a store is, `given` what may stand for one, and `memory` is one; `simple` makes one of a plain
object; `sqlite` keeps records in a file, `redis` and `postgres` on a server, which `dialect` speaks to over
`redis_client`, `postgres_client` and `postgres_async`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .memory import MemoryStore
from .simple import simple_store
from .store import AsyncStore, IdempotencyStore, Store

if TYPE_CHECKING:
    from .postgres import PostgresStore
    from .redis import RedisStore
    from .sqlite import SqliteStore

__all__ = [
    "AsyncStore",
    "IdempotencyStore",
    "MemoryStore",
    "PostgresStore",
    "RedisStore",
    "SqliteStore",
    "Store",
    "simple_store",
]

# Whoever keeps records in memory need not import a database.
_LATER = {"PostgresStore": ".postgres", "RedisStore": ".redis", "SqliteStore": ".sqlite"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_LATER[name], __name__), name)
    return found
