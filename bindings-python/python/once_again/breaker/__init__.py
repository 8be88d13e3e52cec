"""The circuit breaker: asks core before a call, tells it afterwards, and holds no lock in between.

`breaker` is what users hold, `guard` one call through it, `gate` the questions to core and `events` who hears of the
answers, `permit` the right to make a call, `block` what a ``with`` statement must remember. `fallback` serves rejected
calls, `health` probes while the breaker is open, `manual` is an operator's hand, `registry` keeps one breaker per
dependency.
"""

from .breaker import CircuitBreaker
from .config import DefaultCircuitBreakerConfig
from .manual import Isolation
from .permit import Permit
from .queued import Queued, QueuedCall
from .registry import CircuitBreakerRegistry, Eviction

__all__ = [
    "CircuitBreaker",
    "CircuitBreakerRegistry",
    "DefaultCircuitBreakerConfig",
    "Eviction",
    "Isolation",
    "Permit",
    "Queued",
    "QueuedCall",
]
