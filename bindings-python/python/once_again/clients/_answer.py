"""What a call of `IdempotentHttpClient` comes to."""

from __future__ import annotations

from once_again import _core
from once_again.errors import OnceAgainError
from once_again.events import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class HttpAnswer(Fields):
    """An answer below 400."""

    __slots__ = ("attempts", "data", "from_cache", "headers", "replayed", "status")

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        data: Any,
        replayed: bool = False,
        attempts: int = 1,
        from_cache: bool = False,
    ) -> None:
        self.status = status
        self.headers = headers
        """By name in lower case; lines of one name are joined by commas."""
        self.data = data
        """Of JSON the value, else the text; none where there is no body."""
        self.replayed = replayed
        """Whether the server answered what it had answered before."""
        self.attempts = attempts
        """How often the request was sent; 0 when it was not."""
        self.from_cache = from_cache
        """Whether the client's own records answered."""


class HttpError(OnceAgainError):
    """A request that was refused, or never answered. ``__cause__`` is httpx's error where no answer came."""

    code = "REQUEST_REFUSED"

    def __init__(
        self, code: str, retryable: bool, status_code: int | None, answer: HttpAnswer | None, timestamp: float
    ) -> None:
        super().__init__(code, retryable, status_code, answer, timestamp)
        status, _, actions = _core.describe_code(code)
        self.code = code  # type: ignore[misc]
        self.status_code = status if status_code is None else status_code  # type: ignore[misc]
        self.retryable = retryable  # type: ignore[misc]
        self.suggested_actions = tuple(actions)  # type: ignore[misc]
        self.answer = answer
        """What the service said, if it said anything."""
        self.timestamp = timestamp
        """When it was given up, in seconds since the Unix epoch."""

    @property
    def request_id(self) -> str | None:
        """The ``x-request-id`` of the answer."""
        return None if self.answer is None else self.answer.headers.get("x-request-id")

    def __str__(self) -> str:
        return f"{self.code}: " + ("no answer came" if self.answer is None else f"HTTP {self.status_code}")
