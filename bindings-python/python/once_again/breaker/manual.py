"""An operator's hand on a breaker."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .gate import Gate


class Isolation:
    """Holds a breaker open until it is released; from `CircuitBreaker.isolate`. Each is released once, and the breaker
    is free when all are."""

    __slots__ = ("_held",)

    def __init__(self, gate: Gate) -> None:
        if (change := gate.core.isolate()) is not None:
            gate.changed(change)
        # Popped by whoever releases: of two threads, one gets it.
        self._held = [gate]

    def release(self) -> None:
        """Lets go; the last isolation to do so lets calls through again. A second time changes nothing."""
        try:
            gate = self._held.pop()
        except IndexError:
            return
        if (change := gate.core.release()) is not None:
            gate.changed(change)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
