//! Time comes in from outside, here as in core: this is the only file that reads a clock.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// What a [`Clock`] answers to "wake me": ready when the time has come.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where retries and breakers get their time from. [`TokioClock`] unless you say otherwise; tests have
/// [`VirtualClock`](crate::testing::VirtualClock).
pub trait Clock: Send + Sync + 'static {
    /// A reading of a monotonic clock.
    fn now(&self) -> Instant;

    /// The time of day, against which the dates in `Retry-After` are read.
    fn wall_now(&self) -> SystemTime;

    /// Ready after at least `duration`. Dropping it ends the sleep.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Ready when a time limit of `duration` is over. A sleep, unless a clock tells the two apart.
    fn limit(&self, duration: Duration) -> Sleep {
        self.sleep(duration)
    }

    /// Blocks this thread for at least `duration`: the sleep of [`Blocking`](crate::retry::Blocking).
    fn sleep_blocking(&self, duration: Duration);
}

/// A clock that is shared is a clock.
impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn wall_now(&self) -> SystemTime {
        (**self).wall_now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        (**self).sleep(duration)
    }

    fn limit(&self, duration: Duration) -> Sleep {
        (**self).limit(duration)
    }

    fn sleep_blocking(&self, duration: Duration) {
        (**self).sleep_blocking(duration);
    }
}

/// The clock and the timers of the tokio runtime a call runs on. Follows `tokio::time::pause`.
///
/// Sleeping needs a runtime with its timer enabled, as `#[tokio::main]` has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall_now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn sleep_blocking(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
