"""What a store is, and how its operations and replies cross to core: a JSON text and at most one payload each way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from once_again.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping


class Store(Protocol):
    """A place where records live."""

    def apply(self, op: Mapping[str, Any], /) -> dict[str, Any]:
        """Does one operation atomically."""
        ...


class AsyncStore(Protocol):
    """A place where records live that answers to ``await``."""

    def apply(self, op: Mapping[str, Any], /) -> Coroutine[Any, Any, dict[str, Any]]:
        """Does one operation atomically."""
        ...


class IdempotencyStore(Protocol):
    """A plain store, as `simple_store` takes it. Any of the three may be async, too."""

    def get(self, key: str, /) -> Any:
        """What is kept under the key, or None."""
        ...

    def set(self, key: str, value: Any, ttl: int, /) -> Any:
        """Keeps a value that JSON can say for ``ttl`` seconds."""
        ...

    def delete(self, key: str, /) -> Any:
        """Forgets it."""
        ...


def op_text(op: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """An operation as core reads it.

    Raises:
        ConfigError: it is no mapping of what JSON can say.
    """
    try:
        fields = dict(op)
        payload = fields.pop("payload", None)
        return json.dumps(fields), payload
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError("op", f"an object of type {type(op).__name__}: {error}", "an operation of a store") from None


def reply_of(text: str, payload: bytes | None) -> dict[str, Any]:
    """A reply that core has written."""
    reply: dict[str, Any] = json.loads(text)
    if payload is not None:
        reply["payload"] = payload
    return reply
