"""What a call of `IdempotentHttpClient` comes to."""

from __future__ import annotations

import json

from once_again import _core
from once_again.errors import OnceAgainError
from once_again.events import Fields

from .exchange import is_replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Received:
    """An answer that was read to its end."""

    __slots__ = ("attempts", "content", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], content: bytes, attempts: int) -> None:
        self.status = status
        self.headers = headers
        self.content = content
        self.attempts = attempts

    @property
    def data(self) -> Any:
        """As the media type says."""
        if not self.content:
            return None
        media_type = self.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
        if media_type.startswith("application/") and media_type.endswith(("/json", "+json")):
            try:
                return json.loads(self.content)
            except (ValueError, RecursionError):
                return self._text()  # it says that it is JSON, and is not
        if media_type.startswith("text/") or media_type.endswith(("/xml", "+xml")):
            return self._text()
        return self.content

    def answer(self, how: str = "sent") -> HttpAnswer:
        """As the caller sees it, who ``sent`` it, ``joined`` another call, or gets what is on ``record``."""
        attempts = self.attempts if how == "sent" else 0
        return HttpAnswer(self.status, self.headers, self.data, is_replay(self.headers), attempts, how == "record")

    def _text(self) -> str:
        return self.content.decode(errors="replace")


class HttpAnswer(Fields):
    """An answer below 400."""

    __slots__ = ("attempts", "data", "fallback", "from_cache", "headers", "replayed", "status")

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        data: Any,
        replayed: bool,
        attempts: int,
        from_cache: bool,
        fallback: str | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        """By name in lower case; lines of one name are joined by commas."""
        self.data = data
        """Of JSON the value, of text the text, of anything else the bytes; none where there is no body."""
        self.replayed = replayed
        """Whether the service answered from its record of an earlier request."""
        self.attempts = attempts
        """How often this call sent its request."""
        self.from_cache = from_cache
        """Whether the client's own records answered."""
        self.fallback = fallback
        """The strategy of the breaker that answered in the service's place (``CACHE``, ``FALLBACK``, ``QUEUE``)."""


class HttpError(OnceAgainError):
    """A request that was refused, or never answered. ``__cause__`` is httpx's error where no answer came."""

    code = "REQUEST_REFUSED"

    def __init__(self, code: str, retryable: bool, answer: HttpAnswer | None, attempts: int, timestamp: float) -> None:
        super().__init__(code, retryable, answer, attempts, timestamp)
        status, _, actions = _core.describe_code(code)
        self.code = code  # type: ignore[misc]
        self.status_code = status if answer is None else answer.status  # type: ignore[misc]
        self.retryable = retryable  # type: ignore[misc]
        self.suggested_actions = tuple(actions)  # type: ignore[misc]
        self.answer = answer
        """What the service said, if it said anything."""
        self.attempts = attempts
        """How often the request was sent."""
        self.timestamp = timestamp
        """When it was given up, in seconds since the Unix epoch."""

    @property
    def request_id(self) -> str | None:
        """The ``x-request-id`` of the answer."""
        return None if self.answer is None else self.answer.headers.get("x-request-id")

    def __str__(self) -> str:
        return f"{self.code}: " + ("no answer came" if self.answer is None else f"HTTP {self.status_code}")
