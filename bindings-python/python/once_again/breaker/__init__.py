"""The circuit breaker: asks core before a call, tells it afterwards, and holds no lock in between.

`breaker` is what users hold, `guard` one call through it, `gate` the questions to core, `permit` the right to make a
call, `block` what a ``with`` statement must remember.
"""

from .breaker import CircuitBreaker
from .permit import Permit

__all__ = ["CircuitBreaker", "Permit"]
