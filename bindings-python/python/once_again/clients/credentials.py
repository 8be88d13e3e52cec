"""New credentials for requests that were answered with a 401: got once for all calls that need them at a time."""

from __future__ import annotations

from _thread import allocate_lock

from once_again._callables import awaited
from once_again._options import wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable
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
    """Those of a client that awaits."""

    __slots__ = ("_headers", "_running", "refresh", "turn")

    def __init__(self, refresh: Callable[[], Any]) -> None:
        self.refresh = refresh
        self._headers: dict[str, str] = {}
        self._running: Future[None] | None = None
        self.turn = 0

    async def renewed(self, turn: int) -> dict[str, str]:
        """As `Credentials.renewed`."""
        if turn == self.turn:
            from asyncio import ensure_future, shield

            if self._running is None or self._running.done():
                self._running = ensure_future(self._renew())
            # Cancelled with one caller, it would be lost to the others.
            await shield(self._running)
        return self._headers

    async def _renew(self) -> None:
        self._headers = _headers(await awaited(self.refresh()))
        self.turn += 1


def _headers(answer: Any) -> dict[str, str]:
    if answer is None:
        return {}  # a cookie carries them
    if isinstance(answer, str):
        return {"Authorization": answer}
    if not hasattr(answer, "keys"):
        raise wrong("refresh_auth", answer, "a mapping of headers, the text of Authorization, or None")
    return {str(name): str(answer[name]) for name in answer}
