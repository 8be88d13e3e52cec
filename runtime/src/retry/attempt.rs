//! One attempt: what an operation is told about it, and how it can fail.

use crate::breaker::{CircuitOpenError, source_of};
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What an operation is told about the attempt it makes.
#[derive(Debug)]
pub struct Attempt<E> {
    number: u32,
    previous: Option<Arc<Failure<E>>>,
}

impl<E> Attempt<E> {
    pub(super) const fn first() -> Self {
        Self { number: 1, previous: None }
    }

    pub(super) const fn after(previous: Arc<Failure<E>>, number: u32) -> Self {
        Self { number, previous: Some(previous) }
    }

    /// From 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// How the attempt before this one failed; `None` for the first.
    #[must_use]
    pub fn previous(&self) -> Option<&Failure<E>> {
        self.previous.as_deref()
    }
}

impl<E> Clone for Attempt<E> {
    fn clone(&self) -> Self {
        Self { number: self.number, previous: self.previous.clone() }
    }
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// The operation returned this error.
    Error(E),
    /// The attempt ran into a time limit and was dropped.
    TimedOut(TimedOut),
    /// The breaker let no call through, so none was made.
    CircuitOpen(CircuitOpenError),
}

impl<E> Failure<E> {
    /// The operation's own error.
    #[must_use]
    pub const fn error(&self) -> Option<&E> {
        match self {
            Self::Error(error) => Some(error),
            Self::TimedOut(_) | Self::CircuitOpen(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::TimedOut(timed_out) => timed_out.fmt(f),
            Self::CircuitOpen(open) => open.fmt(f),
        }
    }
}

/// Stands for the failure itself, so its source is that one's source.
impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Error(error) => source_of(error),
            Self::TimedOut(_) => None,
            Self::CircuitOpen(open) => Some(open),
        }
    }
}

/// A time limit ended an attempt, and the future that made it was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedOut {
    /// The limit that was reached: that of the attempt, or that of the whole call.
    pub limit: Duration,
    /// Whether it was the limit of the whole call.
    pub whole_call: bool,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.whole_call { "the call" } else { "the attempt" };
        write!(f, "{what} took longer than {:?}", self.limit)
    }
}

impl Error for TimedOut {}

/// [`io::ErrorKind::TimedOut`].
impl From<TimedOut> for io::Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::new(io::ErrorKind::TimedOut, timed_out)
    }
}
