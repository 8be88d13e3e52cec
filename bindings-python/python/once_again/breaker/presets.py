"""Breakers with a name: ``CircuitBreaker("resilience4j")``, and the one that was given nothing.

The names are core's: ``threshold`` and ``rate``, and the defaults of ``resilience4j``, ``gobreaker``, ``opossum``,
``cockatiel``, ``polly`` and ``hystrix``.
"""

from __future__ import annotations

from once_again import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def DefaultCircuitBreakerConfig() -> dict[str, Any]:  # noqa: N802 (its name in every language)
    """What a breaker that was given nothing goes by, in the names and units of `CircuitBreaker`'s fields: 5 failures
    within 60 s, 30 s of rest, 3 probes (the shape of the Q ecosystem). Every call answers a new dictionary."""
    fields: dict[str, Any] = _core.complete_breaker(None)
    return fields
