"""The right to make one call, and how that call may end."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Outcome = Literal["success", "failure", "ignored", "abandoned"]

# Core's numbers for how a call ended.
SUCCESS, FAILURE, IGNORED, ABANDONED = range(4)
OUTCOMES = {"success": SUCCESS, "failure": FAILURE, "ignored": IGNORED, "abandoned": ABANDONED}


class Permit:
    """The right to make one call, from `CircuitBreaker.admit`; settle it once, with `CircuitBreaker.settle`."""

    __slots__ = ("_numbers", "_started", "_uses")

    def __init__(self, numbers: tuple[int, int, int], started: float) -> None:
        self._numbers = numbers
        self._started = started
        # Core remembers which probes were settled; calls of a closed breaker are all alike to it. Popped by
        # whoever settles: of two threads, one gets it.
        self._uses = None if numbers[1] else [numbers]

    @property
    def epoch(self) -> int:
        """In which epoch of the breaker it was given; a result of another epoch changes nothing."""
        return self._numbers[0]

    def _is_used(self) -> bool:
        """Takes its single use; true when somebody else did."""
        if self._uses is None:
            return False
        try:
            self._uses.pop()
        except IndexError:
            return True
        return False
