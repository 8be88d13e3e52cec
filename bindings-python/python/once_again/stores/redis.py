"""Records in Redis: shared by all processes that reach it, in every language.

The rules run in Redis, as core's Lua scripts; this carries them over the user's own client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .dialect import AsyncCarrier, Carrier, Dialect
from .redis_client import async_send_over, client_from_env, is_awaited, send_over

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Literal, TypeAlias

    from redis import Redis, RedisCluster
    from redis.asyncio import Redis as AsyncRedis
    from redis.asyncio import RedisCluster as AsyncRedisCluster
    from typing_extensions import Self

    from once_again._types import Clock

    Blocking: TypeAlias = Redis | RedisCluster
    Awaited: TypeAlias = AsyncRedis | AsyncRedisCluster

C_co = TypeVar("C_co", covariant=True)


class RedisStore(Generic[C_co]):
    """Records in Redis or Valkey, also as a Cluster, over a client of redis-py. A replay is one round trip, a first run
    two. Over a client of ``redis.asyncio`` every method answers a coroutine.

    Set ``maxmemory-policy noeviction``, and ``appendonly yes`` where a restart must lose nothing; a failover may lose
    the last writes in any case. The first operation warns (`RuntimeWarning`) of other settings. The client stays yours:
    `close` does not close it. How long a hung server keeps a caller waiting is the client's ``socket_timeout`` and
    ``retry``.

    Args:
        client: `redis.Redis`, `redis.RedisCluster`, or one of the same names in ``redis.asyncio``.
        prefix: What keys begin with, 1 to 200 bytes; default ``idempotency:``.
        clock: For tests: takes the place of the server's own clock, which otherwise decides what has expired.

    Raises:
        ConfigError: ``client`` is none, or ``prefix`` is out of range.
    """

    carries: Callable[..., Any]

    def __init__(self, client: C_co, *, prefix: str | None = None, clock: Clock | None = None) -> None:
        self._client = client
        self._owned = False
        self._awaited = is_awaited(client)
        self._dialect = Dialect("redis", {"prefix": prefix}, clock)
        self._carrier: Carrier | AsyncCarrier = (
            AsyncCarrier(self._dialect, async_send_over(client))
            if self._awaited
            else Carrier(self._dialect, send_over(client))
        )

    @overload
    @classmethod
    def from_env(
        cls, *, asyncio: Literal[False] = False, prefix: str | None = None, clock: Clock | None = None
    ) -> RedisStore[Redis]: ...
    @overload
    @classmethod
    def from_env(
        cls, *, asyncio: Literal[True], prefix: str | None = None, clock: Clock | None = None
    ) -> RedisStore[AsyncRedis]: ...
    @classmethod
    def from_env(
        cls, *, asyncio: bool = False, prefix: str | None = None, clock: Clock | None = None
    ) -> RedisStore[Any]:
        """A store at ``REDIS_URL``, over a client of its own, which `close` closes.

        Raises:
            ConfigError: there is no such variable, redis-py is not installed, or ``prefix`` is out of range.
        """
        store = RedisStore(client_from_env(asyncio), prefix=prefix, clock=clock)
        store._owned = True
        return store

    @overload
    def apply(self: RedisStore[Blocking], op: Mapping[str, Any], /) -> dict[str, Any]: ...
    @overload
    def apply(self: RedisStore[Awaited], op: Mapping[str, Any], /) -> Coroutine[Any, Any, dict[str, Any]]: ...
    def apply(self, op: Mapping[str, Any], /) -> Any:
        """Does one operation atomically.

        Raises:
            ConfigError: ``op`` is none.
            StoreUnavailableError: Redis did not do it, or the store was closed. The next call tries again.
        """
        return self._carrier.apply(op)

    @overload
    def check(self: RedisStore[Blocking]) -> list[str]: ...
    @overload
    def check(self: RedisStore[Awaited]) -> Coroutine[Any, Any, list[str]]: ...
    def check(self) -> Any:
        """What about the server's settings endangers records, in sentences.

        Raises:
            StoreUnavailableError: Redis could not be asked.
        """
        return self._carrier.check()

    @overload
    def close(self: RedisStore[Blocking]) -> None: ...
    @overload
    def close(self: RedisStore[Awaited]) -> Coroutine[Any, Any, None]: ...
    def close(self) -> Any:
        """Ends the store, and its client if the store has made it."""
        self._dialect.closed = True
        return self._aclose() if self._awaited else self._close()

    def _close(self) -> None:
        if self._owned:
            self._client.close()  # type: ignore[attr-defined]

    async def _aclose(self) -> None:
        if self._owned:
            await self._client.aclose()  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        return self

    def __exit__(self: RedisStore[Blocking], *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self: RedisStore[Awaited], *_: object) -> None:
        await self.close()


# Its `apply` only hands on to its carrier, so that a run may ask that one itself, without a text between them.
RedisStore.carries = RedisStore.apply
