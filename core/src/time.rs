//! Time as an argument: core is told what time it is and never looks.
//!
//! Everything is whole microseconds in a `u64` that stays below 2^53, so that it crosses into JavaScript as an exact
//! number. All sums saturate.

use crate::json::{Json, JsonError, Read};
use serde::{Deserialize, Deserializer, Serialize};

/// The largest instant or duration: 2^53 − 1 microseconds, about 285 years.
pub const MAX_MICROS: u64 = (1 << 53) - 1;

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Micros(u64);

/// A reading of a monotonic clock with an arbitrary origin: what retries, breakers and budgets are decided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Tick(u64);

/// Wall-clock time since the Unix epoch: what records, retention and logs carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Micros {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest length of time.
    pub const MAX: Self = Self(MAX_MICROS);

    /// `micros` microseconds, cut at [`MAX_MICROS`].
    #[must_use]
    pub const fn new(micros: u64) -> Self {
        Self(if micros > MAX_MICROS { MAX_MICROS } else { micros })
    }

    /// `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::new(millis.saturating_mul(1_000))
    }

    /// `secs` seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::new(secs.saturating_mul(1_000_000))
    }

    /// The number of microseconds.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether this is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, cut at [`MAX_MICROS`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self::new(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

macro_rules! instant {
    ($name:ident) => {
        impl $name {
            /// The origin.
            pub const ZERO: Self = Self(0);
            /// The last instant there is; a deadline that never comes.
            pub const MAX: Self = Self(MAX_MICROS);

            /// `micros` microseconds after the origin, cut at [`MAX_MICROS`].
            #[must_use]
            pub const fn new(micros: u64) -> Self {
                Self(if micros > MAX_MICROS { MAX_MICROS } else { micros })
            }

            /// Microseconds since the origin.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// This instant moved later by `span`, saturating.
            #[must_use]
            pub const fn plus(self, span: Micros) -> Self {
                Self::new(self.0.saturating_add(span.0))
            }

            /// This instant moved earlier by `span`, not before the origin.
            #[must_use]
            pub const fn minus(self, span: Micros) -> Self {
                Self(self.0.saturating_sub(span.0))
            }

            /// The time from `earlier` to this instant; zero when `earlier` is the later one.
            #[must_use]
            pub const fn since(self, earlier: Self) -> Micros {
                Micros(self.0.saturating_sub(earlier.0))
            }
        }
    };
}

instant!(Tick);
instant!(Timestamp);

/// Written as a plain number of microseconds; read the same way, and cut at [`MAX_MICROS`] as everywhere.
macro_rules! from_number {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                u64::deserialize(deserializer).map(Self::new)
            }
        }

        impl Read<'_> for $name {
            fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
                u64::read(json).map(Self::new)
            }
        }
    )*};
}

from_number!(Micros, Tick, Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_below_two_to_the_53() {
        assert_eq!(Tick::new(u64::MAX).get(), MAX_MICROS);
        assert_eq!(Tick::MAX.plus(Micros::from_secs(1)), Tick::MAX);
        assert_eq!(Micros::from_secs(u64::MAX), Micros::MAX);
        assert_eq!(Timestamp::new(5).minus(Micros::new(9)), Timestamp::ZERO);
    }

    #[test]
    fn instants_and_spans_are_plain_numbers_in_json() {
        assert_eq!(crate::json::to_string(&Micros::from_millis(5)), "5000");
        assert_eq!(crate::json::from_str("18446744073709551615"), Ok(Timestamp::MAX));
        assert!(crate::json::from_str::<Tick>("-1").is_err());
        assert_eq!(crate::json::read("18446744073709551615"), Ok(Timestamp::MAX));
        assert!(crate::json::read::<Tick>("-1").is_err());
    }

    #[test]
    fn the_time_since_a_later_instant_is_zero() {
        assert_eq!(Tick::new(3).since(Tick::new(10)), Micros::ZERO);
        assert_eq!(Tick::new(10).since(Tick::new(3)), Micros::new(7));
    }
}
