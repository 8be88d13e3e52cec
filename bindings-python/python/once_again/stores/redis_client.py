"""The Redis clients of Python, seen as two: one blocks and one is awaited, and both run a script byte for byte."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from once_again._callables import is_async
from once_again.errors import ConfigError

if TYPE_CHECKING:
    from .dialect import AsyncSend, Send

# An option of redis-py's commands: strings in the answer are bytes, also where the client decodes.
_AS_BYTES = {"NEVER_DECODE": True}

# For a client that nobody has configured: less than redis-py's own, which may keep a caller waiting for a minute.
_PATIENCE = 2.0


def is_awaited(client: Any) -> bool:
    """Whether this is a client of ``redis.asyncio``.

    Raises:
        ConfigError: it is no client of redis-py.
    """
    execute = getattr(client, "execute_command", None)
    if not callable(execute):
        expected = "a client of redis-py, such as redis.Redis or redis.asyncio.Redis"
        raise ConfigError("client", f"an object of type {type(client).__name__}", expected)
    return is_async(execute)


def send_over(client: Any) -> Send:
    """Runs scripts over a client that blocks: one round trip, two when the server does not know the script yet.

    Core's first argument is a script's only key.
    """

    def send(script: str, args: list[Any]) -> Any:
        try:
            return client.execute_command("EVALSHA", _digest(script), 1, *args, **_AS_BYTES)
        except Exception as error:
            if not _is_unknown(error):
                raise
        return client.execute_command("EVAL", script, 1, *args, **_AS_BYTES)

    return send


def async_send_over(client: Any) -> AsyncSend:
    """The same over a client that is awaited."""

    async def send(script: str, args: list[Any]) -> Any:
        try:
            return await client.execute_command("EVALSHA", _digest(script), 1, *args, **_AS_BYTES)
        except Exception as error:
            if not _is_unknown(error):
                raise
        return await client.execute_command("EVAL", script, 1, *args, **_AS_BYTES)

    return send


def client_from_env(awaited: bool) -> Any:
    """A client for ``REDIS_URL``, whose own parameters (``?socket_timeout=5``) go before ours."""
    url = os.environ.get("REDIS_URL")
    if not url:
        raise ConfigError("REDIS_URL", "no environment variable", "an address such as redis://localhost:6379")
    try:
        import redis
        import redis.asyncio
    except ImportError as missing:
        raise ConfigError("from_env", "no client", "the package redis installed") from missing
    # Once more, because a connection of the pool may have been open since before the server restarted.
    again: Any
    if awaited:
        again = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 1)
        return redis.asyncio.Redis.from_url(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=again
        )
    again = redis.retry.Retry(redis.backoff.NoBackoff(), 1)
    return redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=again)


def _is_unknown(error: Exception) -> bool:
    """A server that was restarted, or took over, knows no script; it learns one by running it."""
    return any(base.__name__ == "NoScriptError" for base in type(error).__mro__)


@lru_cache(maxsize=32)
def _digest(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
