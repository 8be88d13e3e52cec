//! Between the standard library's times and core's whole microseconds.

use once_again_core::time::{Micros, Tick, Timestamp};
use std::time::{Duration, Instant, SystemTime};

/// Rounded up: a wait must not become shorter, and what is more than nothing must not become nothing.
pub(crate) fn micros(duration: Duration) -> Micros {
    let whole = duration.as_micros() + u128::from(!duration.subsec_nanos().is_multiple_of(1_000));
    Micros::new(u64::try_from(whole).unwrap_or(u64::MAX))
}

pub(crate) fn duration(micros: Micros) -> Duration {
    Duration::from_micros(micros.get())
}

/// `now` on a clock that began at `origin`.
pub(crate) fn tick(origin: Instant, now: Instant) -> Tick {
    let since = now.saturating_duration_since(origin).as_micros();
    Tick::new(u64::try_from(since).unwrap_or(u64::MAX))
}

pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_shortened() {
        assert_eq!(micros(Duration::from_nanos(1)), Micros::new(1));
        assert_eq!(micros(Duration::from_micros(2)), Micros::new(2));
        assert_eq!(micros(Duration::MAX), Micros::MAX);
        assert_eq!(duration(Micros::new(1_500_000)), Duration::from_millis(1_500));
    }

    #[test]
    fn a_clock_before_its_origin_or_the_epoch_stands_at_zero() {
        let origin = crate::Clock::now(&crate::TokioClock);
        assert_eq!(tick(origin + Duration::from_secs(1), origin), Tick::ZERO);
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), Timestamp::ZERO);
    }
}
