"""The request as the application receives it, after its body was read for the fingerprint."""

from __future__ import annotations

from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from .capture import Capture

    Receive = Callable[[], Awaitable[dict[str, Any]]]


class Request:
    """What the client sends, in messages: read once, delivered again.

    The handler runs to its end when the client goes away, so it does not hear of that before it has answered, unless
    its answer is one that is passed on as it comes: a stream that nobody reads must end.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: deque[dict[str, Any]] = deque()
        self._whole = False
        self.disconnected = False
        self.capture: Capture | None = None
        """What becomes of the answer; none while the request is not guarded."""

    async def body(self, limit: int) -> bytes:
        """The body; of one longer than ``limit`` only the beginning, which is longer too."""
        size = 0
        while not self._whole and size <= limit:
            message = await self._next()
            self._read.append(message)
            size += len(message.get("body", b""))
        return b"".join(message.get("body", b"") for message in self._read)

    async def __call__(self) -> dict[str, Any]:
        if self._read:
            return self._read.popleft()
        if not self._whole or self.capture is None:
            return await self._next()
        await self.capture.passing.wait()
        return {"type": "http.disconnect"} if self.capture.gone else await self._receive()

    async def _next(self) -> dict[str, Any]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._whole = self.disconnected = True
        elif not message.get("more_body", False):
            self._whole = True
        return message
