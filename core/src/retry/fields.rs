//! Every field of a retry configuration and all its names.

use crate::spec::{Names, Unit};

macro_rules! names {
    ($($name:literal),+) => { Names(&[$(($name, None)),+]) };
}

/// Per field: core's own name, the one shown in JavaScript, the one shown in Python, then the aliases of the Q ecosystem,
/// the kernel tasks, the advanced retry and the retry policy standards. Case and `_` do not matter, so `OperationName`
/// and `operation_name` are listed once.
pub(super) const FIELDS: &[Names] = &[
    names!("max_attempts", "maxAttempts", "max_attempts"),
    names!("strategy", "strategy", "strategy"),
    names!("base", "baseDelay", "initial_delay", "initialDelay", "base_delay"),
    names!("multiplier", "multiplier", "exponential_base", "backoffMultiplier"),
    names!("max_delay", "maxDelay", "max_delay"),
    names!("schedule", "schedule", "schedule"),
    names!("custom_backoff", "customBackoff", "custom_backoff"),
    names!("jitter", "jitterType", "jitter", "jitter_type"),
    names!("deviation", "jitterMaxDeviation", "jitter_factor"),
    names!("attempt_timeout", "attemptTimeout", "attempt_timeout"),
    names!("total_timeout", "timeout", "total_timeout", "totalTimeout"),
    names!("max_retry_after", "maxRetryAfter", "max_retry_after"),
    names!("retry_on", "retryableErrors", "retry_on"),
    names!("never_on", "permanentErrors", "never_on"),
    names!("retry_statuses", "retryableStatusCodes", "retryable_status_codes"),
    names!("per_kind", "perKind", "per_kind"),
    names!("custom_conditions", "customConditions", "custom_conditions"),
    names!("name", "operationName", "operation_name"),
    names!("type", "operationType", "operation_type"),
    names!("tags", "tags", "tags"),
    names!("enable_circuit_breaker", "enableCircuitBreaker", "enable_circuit_breaker"),
    names!("enable_dead_letter", "enableDeadLetter", "enable_dead_letter"),
    names!("enable_metrics", "enableMetrics", "enable_metrics"),
    names!("enable_logging", "enableLogging", "enable_logging"),
    names!("log_level", "logLevel", "log_level"),
    names!("log_messages", "logMessages", "log_messages"),
    names!("slot_count", "slotCount", "slot_count"),
    names!("slot_width", "slotWidth", "slot_width"),
    names!("coordination_enabled", "coordinationEnabled", "coordination_enabled"),
    names!("require_coordination", "requireCoordination", "require_coordination"),
    names!(
        "retention",
        "idempotencyTtl",
        "idempotency_ttl",
        "retention",
        "deduplication_window",
        "defaultTtl",
        "response_cache_ttl"
    ),
    // Things only the host understands: listed so that they are no unknown keys, and never looked into.
    names!("dead_letter_handler", "deadLetterHandler", "dead_letter_handler"),
    names!("budget", "budget", "budget"),
    names!("dead_letter_store", "deadLetterStore", "dead_letter_store"),
    names!("logger", "logger", "logger"),
    names!("clock", "clock", "clock"),
    names!("random", "random", "random"),
    names!("instance", "instance", "instance"),
];

/// The fields of one entry of `per_kind`.
pub(super) const KIND_FIELDS: &[Names] = &[
    names!("max_attempts", "maxAttempts", "max_attempts"),
    names!("strategy", "strategy", "strategy"),
    names!("base", "baseDelay", "initial_delay", "initialDelay", "base_delay"),
    names!("multiplier", "multiplier", "exponential_base", "backoffMultiplier"),
    names!("max_delay", "maxDelay", "max_delay"),
    names!("schedule", "schedule", "schedule"),
];

/// The name of a field in the language that writes durations in `unit`.
pub(super) fn shown(field: &'static str, unit: Unit) -> &'static str {
    let style = match unit {
        Unit::Micros => 0,
        Unit::Millis => 1,
        Unit::Seconds => 2,
    };
    FIELDS
        .iter()
        .find(|names| names.canonical() == field)
        .and_then(|names| names.0.get(style))
        .map_or(field, |(name, _)| name)
}
