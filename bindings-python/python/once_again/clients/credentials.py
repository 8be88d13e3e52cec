"""New credentials for requests that were answered with a 401: got once for all calls that need them at a time."""

from __future__ import annotations

from _thread import allocate_lock

from once_again._callables import awaited
from once_again._options import wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any


class Credentials:
    """Those of a client that blocks."""

    __slots__ = ("_headers", "_lock", "refresh", "turn")

    turn: int
    """Grows with each refresh. A call whose turn is over need not refresh: another one did since it began."""

    def __init__(self, refresh: Callable[[], Any]) -> None:
        self.refresh = refresh
        self._headers: dict[str, str] = {}
        self._lock = allocate_lock()
        self.turn = 0

    def renewed(self, turn: int) -> dict[str, str]:
        """The headers to send, for a call that began in ``turn``. Raises what the caller's function raises."""
        with self._lock:
            if turn == self.turn:
                self._headers = _headers(self.refresh())
                self.turn += 1
            return self._headers


class AsyncCredentials:
    """Those of a client that awaits, on as many event loops as it is used on."""

    __slots__ = ("_headers", "_lock", "_running", "_task", "refresh", "turn")

    def __init__(self, refresh: Callable[[], Any]) -> None:
        self.refresh = refresh
        self._headers: dict[str, str] = {}
        # Held only while nothing is awaited.
        self._lock = allocate_lock()
        self._running: Future[None] | None = None
        # The loop itself holds its tasks weakly.
        self._task: Task[None] | None = None
        self.turn = 0

    async def renewed(self, turn: int) -> dict[str, str]:
        """As `Credentials.renewed`."""
        from asyncio import shield, wrap_future

        while (running := self._refresh(turn)) is not None:
            # Cancelled with one caller, it would be lost to the others.
            await shield(wrap_future(running))
        return self._headers

    def _refresh(self, turn: int) -> Future[None] | None:
        """The refresh that a call of ``turn`` waits for, if it needs one. It runs on the loop of whoever was first."""
        from asyncio import ensure_future
        from concurrent.futures import Future

        with self._lock:
            if turn != self.turn:
                return None
            if self._running is None:
                self._running = Future()
                self._task = ensure_future(self._renew(self._running))
            return self._running

    async def _renew(self, running: Future[None]) -> None:
        try:
            headers = _headers(await awaited(self.refresh()))
        except BaseException as error:
            with self._lock:
                self._running = None
            if isinstance(error, Exception):
                running.set_exception(error)
                return
            # That loop was ended: whoever waits on another begins anew.
            running.set_result(None)
            raise
        with self._lock:
            self._headers = headers
            self.turn += 1
            self._running = None
        running.set_result(None)


def _headers(answer: Any) -> dict[str, str]:
    if answer is None:
        return {}  # a cookie carries them
    if isinstance(answer, str):
        return {"Authorization": answer}
    if not hasattr(answer, "keys"):
        raise wrong("refresh_auth", answer, "a mapping of headers, the text of Authorization, or None")
    return {str(name): str(answer[name]) for name in answer}
