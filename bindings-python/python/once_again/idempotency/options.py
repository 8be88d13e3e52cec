"""What a user of idempotent functions reads: the result of a call, and what the hooks are told besides."""

from __future__ import annotations

from once_again.events import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class IdempotentResult(Fields):
    """What a call came to."""

    __slots__ = ("confirmed", "is_replay", "key", "output")

    def __init__(self, output: Any, is_replay: bool, confirmed: bool, key: str) -> None:
        self.output = output
        self.is_replay = is_replay
        """The function did not run: this is what it returned to an earlier call."""
        self.confirmed = confirmed
        """Whether the store has confirmed the record."""
        self.key = key
        """The digest the record is filed under, 64 hexadecimal digits."""


class RetryContext:
    """What ``is_safe_to_retry`` and ``merge_results`` are told besides."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        """The arguments of the call that found a finished run."""
        self.kwargs = kwargs
        """Those given by name."""
