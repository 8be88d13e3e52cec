//! How a call ends that has no result.

use crate::time::duration;
use once_again_core::error::{Code, ConfigError};
use once_again_core::idempotency::key::KeyError;
use once_again_core::idempotency::machine::Refusal;
use serde::Deserialize;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// How a call ends that has no result; `E` is the action's own error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyError<E = Infallible> {
    /// The action ran and failed, or one of its hooks did.
    Action(E),
    /// The action failed before, and that was kept.
    Replayed(ReplayedError),
    /// The action did not run, and there is no result to tell of.
    Refused {
        /// Which of the table of all errors: [`Code::IdempotencyKeyReused`], [`Code::IdempotencyInProgress`],
        /// [`Code::IdempotencyOutcomeUnknown`], [`Code::IdempotencyNotReplayable`], [`Code::StoreUnavailable`] or
        /// [`Code::StoreFull`].
        code: Code,
        /// One sentence for whoever reads it.
        detail: &'static str,
        /// When to come back.
        retry_after: Option<Duration>,
    },
    /// The call's key is none.
    Key(ConfigError),
    /// The configuration is not valid, the input cannot be written as JSON, or the tokio runtime has no timers.
    Config(ConfigError),
    /// The result that is kept is not one of this action's: what was wrong with its JSON.
    Result(String),
}

/// An error that another run of the call ended with, in this language or another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReplayedError {
    /// Its class, where it had one.
    pub name: String,
    /// What it said.
    pub message: String,
}

impl<E> IdempotencyError<E> {
    /// Its place in the table of all errors; `None` for errors of the action's.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Action(_) | Self::Replayed(_) | Self::Result(_) => None,
            Self::Refused { code, .. } => Some(*code),
            Self::Key(_) => Some(KeyError::CODE),
            Self::Config(_) => Some(Code::ConfigInvalid),
        }
    }

    /// The action's own error, if it is one.
    #[must_use]
    pub fn into_action(self) -> Option<E> {
        if let Self::Action(error) = self { Some(error) } else { None }
    }
}

impl<E> From<Refusal> for IdempotencyError<E> {
    fn from(Refusal { code, retry_after, detail }: Refusal) -> Self {
        Self::Refused { code, detail, retry_after: retry_after.map(duration) }
    }
}

impl<E: fmt::Display> fmt::Display for IdempotencyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(error) => error.fmt(f),
            Self::Replayed(error) => error.fmt(f),
            Self::Refused { detail, .. } => f.write_str(detail),
            Self::Key(error) | Self::Config(error) => error.fmt(f),
            Self::Result(why) => write!(f, "the result that is kept is not one of this action: {why}"),
        }
    }
}

/// Whatever the action fails with: a `String` or a boxed error, which are no [`Error`]s themselves, as well.
impl<E: fmt::Debug + fmt::Display> Error for IdempotencyError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Replayed(error) => Some(error),
            Self::Key(error) | Self::Config(error) => Some(error),
            Self::Action(_) | Self::Refused { .. } | Self::Result(_) => None,
        }
    }
}

impl fmt::Display for ReplayedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ReplayedError {}
