//! How a call ends that did not succeed.

use super::{Failure, Kind, Stop, TimedOut};
use crate::breaker::CircuitOpenError;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A call that did not succeed: its last failure, why no further attempt was made, and what went before.
///
/// When the failure was not one to retry ([`Stop::NotRetryable`]), this error reads like the failure itself; otherwise it
/// says how much was tried, and the failure is its [source](Error::source). [`into_error`](Self::into_error) gives the
/// operation's own error type back, for callers who want nothing else.
pub struct RetryError<E>(Box<Parts<E>>);

pub(super) struct Parts<E> {
    pub(super) name: Option<Arc<str>>,
    pub(super) reason: Stop,
    pub(super) kind: Kind,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) history: Vec<Arc<Failure<E>>>,
    pub(super) last: Failure<E>,
}

impl<E> RetryError<E> {
    pub(super) fn new(parts: Parts<E>) -> Self {
        Self(Box::new(parts))
    }

    /// Why no further attempt was made.
    #[must_use]
    pub const fn reason(&self) -> Stop {
        self.0.reason
    }

    /// What kind of failure the last one was.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    /// How many attempts were made.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waits included. Where no time limit and no hook asks for the clock, it starts when the
    /// first attempt first waits or fails.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The failures before the last one, oldest first; the latest 1 000 of them.
    #[must_use]
    pub fn history(&self) -> &[Arc<Failure<E>>] {
        &self.0.history
    }

    /// The last failure.
    #[must_use]
    pub const fn last(&self) -> &Failure<E> {
        &self.0.last
    }

    /// The operation's own error, if the last failure was one.
    #[must_use]
    pub const fn error(&self) -> Option<&E> {
        self.0.last.error()
    }

    /// The last failure, untouched.
    #[must_use]
    pub fn into_last(self) -> Failure<E> {
        self.0.last
    }

    /// The operation's own error; a time-out or an open breaker becomes one. Works as it stands for `std::io::Error`, `anyhow::Error`
    /// and `Box<dyn Error + Send + Sync>`:
    ///
    /// ```
    /// # use once_again::{Retry, RetryError, RetryPolicy};
    /// # async fn fetch() -> Result<String, Box<dyn std::error::Error + Send + Sync>> { Ok(String::new()) }
    /// # async fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// let body = Retry::new(RetryPolicy::http()).run(|_| fetch()).await.map_err(RetryError::into_error)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_error(self) -> E
    where
        E: From<TimedOut> + From<CircuitOpenError>,
    {
        match self.0.last {
            Failure::Error(error) => error,
            Failure::TimedOut(timed_out) => timed_out.into(),
            Failure::CircuitOpen(open) => open.into(),
        }
    }

    /// Whether a breaker ended the call.
    #[must_use]
    pub const fn is_circuit_open(&self) -> bool {
        matches!(self.0.last, Failure::CircuitOpen(_))
    }
}

impl<E: fmt::Debug> fmt::Debug for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { name, reason, kind, attempts, elapsed, history, last } = &*self.0;
        f.debug_struct("RetryError")
            .field("name", name)
            .field("reason", reason)
            .field("kind", kind)
            .field("attempts", attempts)
            .field("elapsed", elapsed)
            .field("last", last)
            .field("history", history)
            .finish()
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { name, reason, attempts, elapsed, last, .. } = &*self.0;
        let why = match reason {
            Stop::NotRetryable => return last.fmt(f),
            Stop::Exhausted => "every attempt failed",
            Stop::Deadline => "no time is left for another attempt",
            Stop::RetryAfterTooLong => "the server asked for a longer wait than the policy allows",
            Stop::KindLimit => "failures of this kind have a limit of their own",
            Stop::Budget => "the budget that calls share has no retry left",
        };
        if let Some(name) = name {
            write!(f, "{name}: ")?;
        }
        let plural = if *attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {attempts} attempt{plural} in {elapsed:.1?}: {why}")
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if self.0.reason.gives_up() { Some(&self.0.last) } else { self.0.last.source() }
    }
}
