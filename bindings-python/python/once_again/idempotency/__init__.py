"""Idempotency: `idempotent` functions that run once, and the `IdempotencyManager` of the Q ecosystem.

`idempotent` is what users call and `options` what they read; `arguments` finds out what a call is about, `call` makes
it, and `run` carries core's machine from the claim to the recorded result (`call_async`, `run_async`: the same,
awaited); `result` writes results down and reads them again, `context` is what the function may ask about its run;
`stats` counts them.
"""

from .idempotent import idempotent
from .manager import DuplicateCheck, IdempotencyManager, IdempotencyRecord
from .options import IdempotentResult, RetryContext
from .stats import IdempotencyCounters, IdempotencyStats

__all__ = [
    "DuplicateCheck",
    "IdempotencyCounters",
    "IdempotencyManager",
    "IdempotencyRecord",
    "IdempotencyStats",
    "IdempotentResult",
    "RetryContext",
    "idempotent",
]
