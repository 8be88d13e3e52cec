//! The nine kinds of failure.

use serde::{Deserialize, Serialize};

/// The nine kinds of the advanced retry. The numbers are fixed: they cross language boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A passing disturbance.
    Transient = 1,
    /// The same call fails the same way for ever: a programming error, a refusal.
    Permanent = 2,
    /// No answer in time.
    Timeout = 3,
    /// Too many requests; waits longer.
    RateLimit = 4,
    /// A circuit breaker is open.
    CircuitBreaker = 5,
    /// The connection could not be made or broke.
    Network = 6,
    /// The server failed: 5xx.
    Server = 7,
    /// The request was wrong: 4xx.
    Client = 8,
    /// Nothing in the table fits. Retried like [`Transient`](Self::Transient), and worth a warning.
    Unknown = 9,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 9] = [
        Self::Transient,
        Self::Permanent,
        Self::Timeout,
        Self::RateLimit,
        Self::CircuitBreaker,
        Self::Network,
        Self::Server,
        Self::Client,
        Self::Unknown,
    ];

    /// The names, in the order of their numbers.
    pub const NAMES: &'static [&'static str] = &[
        "Transient",
        "Permanent",
        "Timeout",
        "RateLimit",
        "CircuitBreaker",
        "Network",
        "Server",
        "Client",
        "Unknown",
    ];

    /// The name, as users write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize - 1]
    }

    /// The kind of this name, without regard to case and separators. The constants of the advanced retry
    /// (`ErrorTypeTransient`…) are names too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
        let plain = match plain.get(..9) {
            Some(prefix) if prefix.eq_ignore_ascii_case("ErrorType") => &plain[9..],
            _ => &plain,
        };
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(plain))
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= 9 { Some(Self::ALL[number as usize - 1]) } else { None }
    }

    /// Whether a failure of this kind says something about the service and not about one request: what a breaker in an
    /// HTTP client counts.
    #[must_use]
    pub const fn speaks_against_service(self) -> bool {
        !matches!(self, Self::Permanent | Self::Client | Self::CircuitBreaker)
    }

    /// Whether a policy that names no kinds retries this one.
    #[must_use]
    pub const fn retried_by_default(self) -> bool {
        matches!(
            self,
            Self::Transient | Self::Timeout | Self::RateLimit | Self::Network | Self::Server | Self::Unknown
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_find_their_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(Kind::from_name(&format!("ErrorType{}", kind.name())), Some(kind));
            assert_eq!(Kind::from_number(kind as u8), Some(kind));
        }
        assert_eq!(Kind::from_name("rate_limit"), Some(Kind::RateLimit));
        for nothing in ["", "ErrorType", "Errors", "TimeoutError", "éééééééééé"] {
            assert_eq!(Kind::from_name(nothing), None, "{nothing}");
        }
        assert_eq!((Kind::from_number(0), Kind::from_number(10)), (None, None));
    }
}
