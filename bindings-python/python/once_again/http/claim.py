"""What the handler of a guarded request may ask about its run."""

from __future__ import annotations

import json

from once_again.idempotency.context import complete_jointly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Event as AsyncioEvent
    from collections.abc import Mapping
    from threading import Event as ThreadEvent
    from typing import Any

    from once_again import _core

    from .run import AsyncHttpRun, HttpRun


class RequestIdempotency:
    """A handler's claim on its key."""

    __slots__ = ("_run", "_store", "attempt", "epoch", "key", "signal")

    def __init__(self, run: HttpRun | AsyncHttpRun, step: _core.Step, store: Any) -> None:
        self._run = run
        self._store = store
        self.key: str = run.core.shown_key
        """The key as the client sent it, or ``derived:`` and a digest."""
        self.attempt = step.attempts
        """1 for the first run of this key; more when an earlier owner died or failed."""
        self.epoch = step.epoch
        """Grows with every claim of this key: a fence for systems that can check one."""
        self.signal: AsyncioEvent | ThreadEvent = run.signal
        """An event that is set when the handler must stop: its claim cannot be kept, or ``handler_timeout`` has passed.
        Of asyncio under ASGI, of threading under WSGI."""

    def child_key(self, step: str, ordinal: int = 0) -> str:
        """The idempotency key that a step of this handler sends onwards: the same each time the step runs again."""
        key: str = self._run.core.child_key(step, ordinal)
        return key

    def complete_in(
        self, connection: Any, body: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Records an answer inside **your** transaction on ``connection``, so that the effect and its record are
        committed together. Send the same answer afterwards. To be awaited with a store that answers later.

        Args:
            connection: One with an open transaction, to the store's own database.
            body: Bytes and text are kept as they are; anything else is kept as JSON; none is an empty body.
            status: The answer's status.
            headers: Its headers.

        Raises:
            InProgressError: another owner has taken over; let it roll the transaction back.
            ConfigError: the store has no transactions, or none is open.
        """
        content, kind = _encoded(body)
        lines = list((headers or {}).items())
        if kind is not None and not any(name.lower() == "content-type" for name, _ in lines):
            lines.append(("content-type", kind))
        return complete_jointly(self._store, connection, self._run.core.completion(status, lines, content))


def _encoded(body: Any) -> tuple[bytes, str | None]:
    if body is None:
        return b"", None
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body), None
    if isinstance(body, str):
        return body.encode(), None
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(), "application/json"
