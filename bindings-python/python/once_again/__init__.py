"""Retries, circuit breakers and idempotency from one decision core: the same answer in every language."""

from ._core import core_version, fingerprint
from ._trace import trace_id
from .attempts import Attempt, Retrying, retrying
from .breaker import CircuitBreaker, DefaultCircuitBreakerConfig, Isolation, Permit, Queued, QueuedCall
from .config import RetryConfig
from .errors import (
    AttemptTimeoutError,
    CircuitOpenError,
    ConfigError,
    FingerprintError,
    IdempotencyError,
    InProgressError,
    KeyInvalidError,
    KeyReusedError,
    MaxRetriesExceeded,
    OnceAgainError,
    StoreFullError,
    StoreUnavailableError,
    is_circuit_breaker_error,
)
from .events import (
    BreakerNotice,
    FailedAttempt,
    FallbackEvent,
    Rejection,
    RetryEvent,
    StateChange,
    SuccessEvent,
)
from .idempotency import DuplicateCheck, IdempotencyManager, IdempotencyRecord
from .policies import RetryPolicyManager
from .retry import RetryPolicy, with_retry
from .retry_decorator import retry_critical_task, retry_kernel_task, retry_quick_task, retry_with_checkpoint

__all__ = [
    "Attempt",
    "AttemptTimeoutError",
    "BreakerNotice",
    "CircuitBreaker",
    "CircuitOpenError",
    "ConfigError",
    "DefaultCircuitBreakerConfig",
    "DuplicateCheck",
    "FailedAttempt",
    "FallbackEvent",
    "FingerprintError",
    "IdempotencyError",
    "IdempotencyManager",
    "IdempotencyRecord",
    "InProgressError",
    "Isolation",
    "KeyInvalidError",
    "KeyReusedError",
    "MaxRetriesExceeded",
    "OnceAgainError",
    "Permit",
    "Queued",
    "QueuedCall",
    "Rejection",
    "RetryConfig",
    "RetryEvent",
    "RetryPolicy",
    "RetryPolicyManager",
    "Retrying",
    "StateChange",
    "StoreFullError",
    "StoreUnavailableError",
    "SuccessEvent",
    "core_version",
    "fingerprint",
    "is_circuit_breaker_error",
    "retry_critical_task",
    "retry_kernel_task",
    "retry_quick_task",
    "retry_with_checkpoint",
    "retrying",
    "trace_id",
    "with_retry",
]
