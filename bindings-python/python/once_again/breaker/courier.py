"""How a shared breaker's requests get to Redis, over the user's own client."""

from __future__ import annotations

from _thread import allocate_lock

from once_again._callables import is_async
from once_again.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol

    from once_again._core import SharedRequest

    # Told the answer, or why there is none.
    Done = Callable[[str | None, Exception | None], object]

    class Courier(Protocol):
        """Runs scripts without making anybody wait."""

        blocks: bool
        """Whether a caller who is no coroutine can wait for the answer."""

        def carry(self, request: SharedRequest, done: Done) -> None:
            """Runs the request's script, and calls ``done`` once."""


# A server that takes connections and never answers must not gather threads.
_MOST_THREADS = 40


class ThreadCourier:
    """Over a client that blocks: each request in a daemon thread of its own. There is about one a second."""

    __slots__ = ("_lock", "_running", "_send", "blocks")

    def __init__(self, send: Callable[[str, list[Any]], Any]) -> None:
        self.blocks = True
        self._send = send
        self._running = 0
        self._lock = allocate_lock()

    def carry(self, request: SharedRequest, done: Done) -> None:
        from threading import Thread

        with self._lock:
            free = self._running < _MOST_THREADS
            self._running += free
        if not free:
            done(None, RuntimeError(f"{_MOST_THREADS} requests to Redis have not been answered"))
            return
        try:
            Thread(target=self._carry, args=(request, done), name="once-again-redis", daemon=True).start()
        except RuntimeError as error:  # the interpreter is shutting down
            self._left()
            done(None, error)

    def _carry(self, request: SharedRequest, done: Done) -> None:
        try:
            answer = _text(self._send(request.script, [request.key, *request.args]))
        except Exception as error:
            self._left()
            done(None, error)
        else:
            self._left()
            done(answer, None)

    def _left(self) -> None:
        with self._lock:
            self._running -= 1


class LoopCourier:
    """Over a client of asyncio: each request in a task of the running loop. Where none runs, Redis counts as away."""

    __slots__ = ("_send", "_tasks", "blocks")

    def __init__(self, send: Callable[[str, list[Any]], Awaitable[Any]]) -> None:
        self.blocks = False
        self._send = send
        # The loop itself holds its tasks weakly.
        self._tasks: set[Task[None]] = set()

    def carry(self, request: SharedRequest, done: Done) -> None:
        from asyncio import get_running_loop

        try:
            loop = get_running_loop()
        except RuntimeError as error:
            done(None, error)
            return
        task = loop.create_task(self._carry(request, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, request: SharedRequest, done: Done) -> None:
        try:
            answer = _text(await self._send(request.script, [request.key, *request.args]))
        except Exception as error:
            done(None, error)
        else:
            done(answer, None)


def courier_of(client: Any) -> Courier:
    """The courier over a client of redis-py, of its asyncio side, or anything with ``run(script, keys, args)``.

    Raises:
        ConfigError: it is none of these.
    """
    if callable(run := getattr(client, "run", None)):

        def send(script: str, args: list[str]) -> Any:
            return run(script, args[:1], args[1:])

        return LoopCourier(send) if is_async(run) else ThreadCourier(send)
    if not callable(getattr(client, "execute_command", None)):
        expected = "a client of redis-py or redis.asyncio, or an object with run(script, keys, args)"
        raise ConfigError("shared", f"an object of type {type(client).__name__}", expected)
    # Not imported with the package: only who shares a breaker has such a client.
    from once_again.stores.redis_client import async_send_over, is_awaited, send_over

    return LoopCourier(async_send_over(client)) if is_awaited(client) else ThreadCourier(send_over(client))


def _text(answer: Any) -> str:
    """Of redis-py bytes; another object may answer text."""
    return answer.decode() if isinstance(answer, bytes) else str(answer)
