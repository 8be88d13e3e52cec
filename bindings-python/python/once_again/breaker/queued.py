"""A call that was queued instead of made."""

from __future__ import annotations

from once_again.events import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Queued(Fields):
    """What a call answers when it was queued instead of made."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002 (its name in every language)
        self.id = id
        """A UUID, the same that the queue was given."""


class QueuedCall:
    """A rejected call, handed over to be made later."""

    __slots__ = ("_run", "id", "key")

    def __init__(self, id: str, key: str | None, run: Callable[[], Any]) -> None:  # noqa: A002
        self.id = id
        """A UUID."""
        self.key = key
        """The key it was made with, if any."""
        self._run = run

    def run(self) -> Any:
        """Makes the call, through the breaker; for an async function, answers what to await.

        Raises:
            CircuitOpenError: it still cannot be made.
        """
        return self._run()
