"""What a ``with`` statement of a breaker must remember between its beginning and its end."""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .gate import Gate
    from .permit import Permit


class _Block:
    """A block that has not ended, and the ones around it."""

    __slots__ = ("around", "gate", "permit")

    def __init__(self, gate: Gate, permit: Permit, around: _Block | None) -> None:
        self.gate = gate
        self.permit = permit
        self.around = around


# One variable for all breakers: a context keeps every variable that was ever set in it alive.
_innermost: ContextVar[_Block | None] = ContextVar("once_again.breaker", default=None)


def begin(gate: Gate, permit: Permit) -> None:
    """A block begins inside the others of this task or thread."""
    _innermost.set(_Block(gate, permit, _innermost.get()))


def end(gate: Gate) -> Permit:
    """Takes this breaker's innermost open block off the stack of its task or thread."""
    inner, block = [], _innermost.get()
    while block is not None and block.gate is not gate:
        inner.append(block)
        block = block.around
    if block is None:
        raise RuntimeError("a circuit breaker's `with` block must end in the task or thread that began it")
    rest = block.around
    # Blocks of generators may end before the ones they contain.
    for other in reversed(inner):
        rest = _Block(other.gate, other.permit, rest)
    _innermost.set(rest)
    return block.permit
