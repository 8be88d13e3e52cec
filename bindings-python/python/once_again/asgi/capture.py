"""Captures an answer while it is sent: whole answers up to a limit, so that they can be replayed.

The last bytes leave only after the outcome is recorded, because a client that has seen them will never ask again.
"""

from __future__ import annotations

from asyncio import Event

from once_again import _core
from once_again.http.run import Answered, marked, with_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from once_again.http.run import AsyncHttpRun, Headers

    Send = Callable[[dict[str, Any]], Awaitable[None]]


class Capture:
    """What the application sends, on its way to the client."""

    def __init__(self, send: Send, run: AsyncHttpRun, limit: int, protected: bool) -> None:
        self._send = send
        self._run = run
        self._limit = limit
        # An unprotected answer must not promise that it can be had again.
        self._protected = protected
        self._head: dict[str, Any] | None = None
        self._headers: Headers = []
        self._left = False
        self._chunks: list[bytes] = []
        self._size = 0
        self._seen = "kept"
        # The newest chunk, kept back so that the last one waits for the record.
        self._held = b""
        self._ended = False
        self.passing = Event()
        """Set once the application may hear of its client again: its answer is over, or is passed on as it comes, being
        a stream or larger than is kept."""
        self.gone = False
        """Nobody reads the answer any more."""

    async def send(self, message: dict[str, Any]) -> None:
        """As the application calls it."""
        match message["type"]:
            case "http.response.start":
                await self._start(message)
            case "http.response.body" if not self._ended:
                if self._head is None:
                    raise RuntimeError("the application sent a body before http.response.start")
                body = bytes(message.get("body", b""))
                if message.get("more_body", False):
                    await self._part(body)
                else:
                    await self._end(body)
                    self.passing.set()
            case _:
                await self._pass(message)

    def leave(self) -> None:
        """The server lets go of the request: its client is gone. The handler goes on."""
        self.gone = True
        if self._seen != "kept":
            self.passing.set()

    async def failed(self) -> None:
        """The application ended with an error, or without an answer."""
        if self._ended:
            return
        self._ended = True
        # A stream ends with its reader; the effect has happened.
        cut = self._left and self.gone and self._seen != "kept"
        await self._run.answered(self._answered(b"") if cut else Answered())

    def cut_off(self) -> None:
        """The application was cancelled: the server shuts down."""
        if self._ended:
            return
        self._ended = True
        if self._left and self._seen != "kept":
            self._run.answered_unheard(self._answered(b""))
        else:
            self._run.abandon()

    @property
    def ended(self) -> bool:
        """Whether the answer was whole, or its end is known."""
        return self._ended

    async def _start(self, message: dict[str, Any]) -> None:
        if self._head is not None:
            raise RuntimeError("the application sent http.response.start twice")
        self._head = message
        self._headers = _text(message.get("headers", ()))
        if self._protected:
            self._headers = marked(self._headers, self._run.core.first_answer(self._headers))
        if _core.is_stream_answer(message["status"], self._headers):
            self._pass_on("stream")
            await self._leave_head()

    async def _part(self, body: bytes) -> None:
        self._keep(body)
        if self._seen == "kept":
            if self._held and body:
                await self._leave(self._held)
            self._held = body or self._held
            return
        await self._leave(self._held + body)
        self._held = b""

    async def _end(self, body: bytes) -> None:
        self._keep(body)
        self._ended = True
        step = await self._run.answered(self._answered(b"".join(self._chunks)))
        if step.status is not None and not self._left:
            self._left = True
            for instead in ready(step.status, step.headers, step.payload or b""):
                await self._pass(instead)
            return
        if not self._left and step.status is None:
            self._headers = marked(self._headers, step.headers)
        await self._leave_head()
        await self._pass({"type": "http.response.body", "body": self._held + body, "more_body": False})

    def _answered(self, body: bytes) -> Answered:
        status = None if self._head is None else self._head["status"]
        return Answered(status, self._headers, self._seen, body)

    def _keep(self, body: bytes) -> None:
        if self._seen != "kept":
            return
        self._size += len(body)
        if self._size > self._limit:
            self._pass_on("tooLarge")
        elif body:
            self._chunks.append(body)

    def _pass_on(self, seen: str) -> None:
        self._seen = seen
        self._chunks.clear()
        self.passing.set()

    async def _leave(self, body: bytes) -> None:
        await self._leave_head()
        await self._pass({"type": "http.response.body", "body": body, "more_body": True})

    async def _leave_head(self) -> None:
        if not self._left and self._head is not None:
            self._left = True
            await self._pass({**self._head, "headers": _bytes(self._headers)})

    async def _pass(self, message: dict[str, Any]) -> None:
        if not self.gone:
            try:
                await self._send(message)
                return
            except OSError:
                # How a server says that its client is gone.
                self.gone = True
        if self._seen != "kept":
            raise OSError("the client went away")


def ready(status: int, headers: Headers, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """An answer that takes the handler's place."""
    head = {"type": "http.response.start", "status": status, "headers": _bytes(with_length(headers, body))}
    return head, {"type": "http.response.body", "body": body}


def _text(headers: Any) -> Headers:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _bytes(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
