"""What the function of an idempotent call may ask about its run."""

from __future__ import annotations

import json

from once_again.errors import ConfigError, InProgressError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from once_again import _core

    from .run import Run
    from .run_async import AsyncRun


class IdempotentContext:
    """What a function with a parameter ``context`` learns about its run, with ``with_context=True``."""

    __slots__ = ("_run", "_text_of", "attempt", "checkpoint", "epoch")

    def __init__(self, run: Run | AsyncRun, step: _core.Step | None, text_of: Callable[[Any], str | None]) -> None:
        self._run = run
        self._text_of = text_of
        self.attempt = 1 if step is None else step.attempts or 1
        """1 for the first run under this key."""
        self.epoch = 0 if step is None else step.epoch
        """Grows with every claim on this key: a fencing token for whatever is written elsewhere. 0 without a record."""
        self.checkpoint = None if step is None else step.payload
        """What an earlier run saved before it was cut off."""

    @property
    def stopping(self) -> bool:
        """Whether the work must stop: its claim cannot be kept, or ``handler_timeout`` has passed."""
        return self._run.stopping()

    def save_checkpoint(self, data: bytes) -> None:
        """Leaves bytes for whoever runs next, should this run not end."""
        self._run.checkpoint(data)

    def child_key(self, step: str, ordinal: int = 0) -> str:
        """The idempotency key that a step of this work sends onwards: the same each time the step runs again."""
        key: str = self._run.core.child_key(step, ordinal)
        return key

    def complete_in(self, connection: Any, value: Any) -> Any:
        """Records ``value`` as the result inside the transaction that is open on ``connection``, so that effect and
        record are one; to be returned afterwards. To be awaited where the store answers later.

        Raises:
            InProgressError: the claim is lost; the transaction must be rolled back.
            ConfigError: the store has no transactions.
        """
        return complete_jointly(self._run.host.store, connection, self._run.core.completion(self._text_of(value)))


def complete_jointly(store: Any, connection: Any, completion: tuple[str, bytes | None] | None) -> Any:
    """Does the operation ``completion`` inside the transaction that is open on ``connection``. To be awaited where the
    store answers later.

    Raises:
        InProgressError: the claim is lost; the transaction must be rolled back.
        ConfigError: the store has no transactions.
    """
    complete = getattr(store, "complete_in", None)
    if complete is None:
        raise ConfigError("store", type(store).__name__, "a store with transactions")
    if completion is None:
        raise InProgressError(_LOST)
    text, payload = completion
    reply = complete(connection, {**json.loads(text), "payload": payload})
    return _checked_later(reply) if hasattr(reply, "__await__") else _checked(reply)


_LOST = "this run holds its claim no longer; roll back"


def _checked(reply: Any) -> None:
    if reply.get("reply") != "completed":
        raise InProgressError(_LOST)


async def _checked_later(reply: Any) -> None:
    _checked(await reply)
