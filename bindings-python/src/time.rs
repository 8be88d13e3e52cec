//! Seconds as Python counts them, in and out of core's microseconds.

use once_again_core::spec::Unit;
use once_again_core::time::{Micros, Tick, Timestamp};

/// A length of time. A clock or a function of the user's may answer anything: what is no time is none at all.
pub(crate) fn micros(seconds: f64) -> Micros {
    Unit::Seconds.to_micros(seconds).unwrap_or(if seconds > 0.0 { Micros::MAX } else { Micros::ZERO })
}

pub(crate) fn tick(seconds: f64) -> Tick {
    Tick::new(micros(seconds).get())
}

pub(crate) fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::new(micros(seconds).get())
}

pub(crate) fn seconds(micros: Micros) -> f64 {
    Unit::Seconds.of_micros(micros)
}
