"""What a breaker does that was not told what to do."""

from __future__ import annotations

from once_again import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def DefaultCircuitBreakerConfig(preset: str = "threshold") -> dict[str, Any]:  # noqa: N802 (its name in every language)
    """Every field of a breaker that was given nothing, in the names and units of `CircuitBreaker`; of a preset, if one
    is named. A new dictionary at each call.

    Raises:
        ConfigError: the preset is unknown.
    """
    fields: dict[str, Any] = _core.complete_breaker({"preset": preset})
    return fields
