//! The one table of errors: a stable number, a public name, the HTTP status, whether a retry may help, and what to do.
//!
//! Hosts build their own exception classes from a [`Code`] and fields; core never throws. The first nine names are those
//! of the Q ecosystem's `ErrorCodes`.

use core::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $status:literal, $retryable:literal, [$($action:literal),*];)*) => {
        /// What went wrong, in one word that never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code { $($(#[$doc])* $variant = $number,)* }

        impl Code {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The public name, as users see it in `error.code`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            /// The HTTP status a server answers with, or that a client's error carries.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status,)* } }

            /// Whether the same call may succeed later.
            #[must_use]
            pub const fn retryable(self) -> bool { match self { $(Self::$variant => $retryable,)* } }

            /// What a developer who reads this error can do about it.
            #[must_use]
            pub const fn suggested_actions(self) -> &'static [&'static str] { match self { $(Self::$variant => &[$($action),*],)* } }

            /// The code with this public name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> { match name { $($name => Some(Self::$variant),)* _ => None } }

            /// The code with this number (`OA_0001` is 1).
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> { match number { $($number => Some(Self::$variant),)* _ => None } }
        }
    };
}

codes! {
    /// Authentication failed.
    QlockAuthFail = 1, "QLOCK_AUTH_FAIL", 401, false, ["Sign in again or refresh the token."];
    /// Consent was not given.
    QonsentDenied = 2, "QONSENT_DENIED", 403, false, ["Ask the user for consent; a retry will not help."];
    /// The identity is not valid.
    SquidIdentityInvalid = 3, "SQUID_IDENTITY_INVALID", 401, false, ["Check the x-squid-id header."];
    /// The service cannot answer now.
    ServiceUnavailable = 4, "SERVICE_UNAVAILABLE", 503, true, ["Retry after the time in Retry-After, or after a backoff."];
    /// Too many requests.
    RateLimitExceeded = 5, "RATE_LIMIT_EXCEEDED", 429, true, ["Wait for Retry-After.", "Send fewer requests at once."];
    /// No answer in time.
    TimeoutError = 6, "TIMEOUT_ERROR", 504, true, ["Retry with the same idempotency key: the first try may have worked."];
    /// The circuit breaker is open.
    CircuitBreakerOpen = 7, "CIRCUIT_BREAKER_OPEN", 503, false, ["Wait for retryAfter; the breaker then lets a probe through.", "Check the health of the dependency."];
    /// Not enough money.
    InsufficientFunds = 8, "INSUFFICIENT_FUNDS", 402, false, ["Add funds; a retry will not help."];
    /// Something this call depends on is missing.
    DependencyMissing = 9, "DEPENDENCY_MISSING", 424, false, ["Create what the call depends on first."];
    /// Every attempt failed, or the deadline came first.
    RetryExhausted = 10, "RETRY_EXHAUSTED", 503, false, ["Look at `cause` for the last failure.", "Check the dependency; raise maxAttempts or the total time-out only if it recovers slowly."];
    /// The idempotency key is missing or malformed.
    IdempotencyKeyInvalid = 11, "IDEMPOTENCY_KEY_INVALID", 400, false, ["Send exactly one Idempotency-Key of 1 to 255 visible ASCII characters."];
    /// The key was used with another request.
    IdempotencyKeyReused = 12, "IDEMPOTENCY_KEY_REUSED", 422, false, ["Use a new key for a new request, or send the first request again unchanged."];
    /// The first request with this key is still running.
    IdempotencyInProgress = 13, "IDEMPOTENCY_IN_PROGRESS", 409, true, ["Send the same request again after Retry-After to get its answer."];
    /// Whether the first request took effect is not known.
    IdempotencyOutcomeUnknown = 14, "IDEMPOTENCY_OUTCOME_UNKNOWN", 409, false, ["Check by other means whether the effect happened, then resolve the record."];
    /// The request ran, but its answer was not kept.
    IdempotencyNotReplayable = 15, "IDEMPOTENCY_NOT_REPLAYABLE", 409, false, ["The effect happened; read its result by other means."];
    /// The store cannot be reached.
    StoreUnavailable = 16, "STORE_UNAVAILABLE", 503, true, ["Check the store; nothing was run, so a retry is safe."];
    /// The memory store is full of live records.
    StoreFull = 17, "STORE_FULL", 503, true, ["Raise maxRecords, shorten the time to live, or use a shared store."];
    /// The caller gave up.
    Cancelled = 18, "CANCELLED", 499, false, [];
    /// The configuration is not valid.
    ConfigInvalid = 19, "CONFIG_INVALID", 500, false, ["Correct the named field."];
    /// The WebAssembly module is not loaded yet.
    NotReady = 20, "NOT_READY", 500, false, ["Await init() once before using synchronous classes."];
    /// The service refused a request for a reason that has no code of its own here.
    RequestRefused = 21, "REQUEST_REFUSED", 400, false, ["Read what the service answered, and correct the request."];
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A configuration that never became a value: which field, what was given, what is allowed.
///
/// `field` and the unit in `expected` are those the user wrote, not core's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field as the user wrote it, with its path (`circuitBreaker.recoveryTimeout`).
    pub field: String,
    /// What was given, rendered short.
    pub value: String,
    /// What is allowed, with unit and range.
    pub expected: String,
}

impl ConfigError {
    /// A new error.
    pub fn new(field: impl Into<String>, value: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { field: field.into(), value: value.into(), expected: expected.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: got {}, expected {}", self.field, self.value, self.expected)
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_find_their_code() {
        for &code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(code));
            assert_eq!(Code::from_number(code as u16), Some(code));
        }
        assert_eq!(Code::from_name("NOPE"), None);
    }

    #[test]
    fn only_what_may_pass_is_retryable_among_the_seed_codes() {
        let retryable: Vec<_> = Code::ALL[..9].iter().filter(|c| c.retryable()).map(|c| c.name()).collect();
        assert_eq!(retryable, ["SERVICE_UNAVAILABLE", "RATE_LIMIT_EXCEEDED", "TIMEOUT_ERROR"]);
    }

    #[test]
    fn a_config_error_names_field_value_and_range() {
        let error = ConfigError::new("baseDelay", "-5", "milliseconds from 0 to 31536000000");
        assert_eq!(error.to_string(), "baseDelay: got -5, expected milliseconds from 0 to 31536000000");
    }
}
