"""The constants of the advanced retry, under its own names. Each is the string that the field takes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

StrategyFixedDelay: Final = "fixed"
StrategyExponentialBackoff: Final = "exponential"
StrategyLinearBackoff: Final = "linear"
StrategyFibonacciBackoff: Final = "fibonacci"
StrategyCustom: Final = "custom"
"""Beside ``custom_backoff``."""

JitterTypeNone: Final = "none"
JitterTypeFull: Final = "full"
JitterTypeEqual: Final = "equal"
JitterTypeDecorrelated: Final = "decorrelated"
JitterTypeDeviation: Final = "deviation"
"""Beside ``jitter_max_deviation``."""

ErrorTypeTransient: Final = "Transient"
ErrorTypePermanent: Final = "Permanent"
ErrorTypeTimeout: Final = "Timeout"
ErrorTypeRateLimit: Final = "RateLimit"
ErrorTypeCircuitBreaker: Final = "CircuitBreaker"
ErrorTypeNetwork: Final = "Network"
ErrorTypeServer: Final = "Server"
ErrorTypeClient: Final = "Client"
ErrorTypeUnknown: Final = "Unknown"
