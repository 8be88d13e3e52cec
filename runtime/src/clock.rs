//! Time comes in from outside, here as in core: this is the only file that reads a clock.

use once_again_core::error::ConfigError;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;

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

    /// Whether it can wake whoever sleeps here. Asked before anything happens that a later sleep is needed for.
    ///
    /// # Errors
    ///
    /// Sleeping would panic; the error says what is missing. Never, unless implemented.
    fn can_sleep(&self) -> Result<(), ConfigError> {
        Ok(())
    }
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

    fn can_sleep(&self) -> Result<(), ConfigError> {
        (**self).can_sleep()
    }
}

/// The clock and the timers of the tokio runtime a call runs on. Follows `tokio::time::pause`.
///
/// Sleeping needs a runtime with its timers enabled, as `#[tokio::main]` has it, and panics in another. What claims keys asks
/// [`can_sleep`](Clock::can_sleep) first, and answers with an error instead.
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

    fn can_sleep(&self) -> Result<(), ConfigError> {
        let expected = "one that was built with enable_time() or enable_all()";
        if Handle::try_current().is_err() {
            return Err(ConfigError::new("runtime", "a thread outside of tokio", expected));
        }
        // tokio tells of its timers in no other way.
        catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)))
            .map_err(|_| ConfigError::new("runtime", "a tokio runtime without timers", expected))
    }
}
