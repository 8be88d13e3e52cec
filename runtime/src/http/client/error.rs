//! Why a call has no answer.

use super::answer::Failed;
use crate::retry::{Failure, RetryError, Stop};
use once_again_core::classify::answer::{Refused, name};
use once_again_core::error::{Code, ConfigError};
use std::fmt;

/// Why a call has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Nothing was sent: the request cannot be built, or its body could not be read.
    Request(reqwest::Error),
    /// Nothing was sent: the breaker of its origin cannot be made.
    Config(ConfigError),
    /// No attempt was answered, or none could be made.
    NoAnswer(NoAnswer),
}

/// A call whose last attempt was not answered.
pub struct NoAnswer {
    pub(super) why: RetryError<Failed>,
}

/// An address may hold secrets, and errors end up in logs: without user and password, query and fragment it still says who
/// was asked for what.
pub(super) fn without_secrets(mut error: reqwest::Error) -> reqwest::Error {
    if let Some(url) = error.url_mut() {
        url.set_query(None);
        url.set_fragment(None);
        // An address that can have neither has none.
        let _ = (url.set_username(""), url.set_password(None));
    }
    error
}

impl Error {
    pub(super) fn request(error: reqwest::Error) -> Self {
        Self::Request(without_secrets(error))
    }

    /// The error in one word, the same in every language.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Request(_) => Code::RequestRefused,
            Self::Config(_) => Code::ConfigInvalid,
            Self::NoAnswer(no) => no.code(),
        }
    }

    /// The attempts that were made.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        match self {
            Self::Request(_) | Self::Config(_) => 0,
            Self::NoAnswer(no) => no.why.attempts(),
        }
    }
}

impl NoAnswer {
    /// `CIRCUIT_BREAKER_OPEN`, `TIMEOUT_ERROR`, or `SERVICE_UNAVAILABLE`.
    #[must_use]
    pub fn code(&self) -> Code {
        if self.why.is_circuit_open() {
            return Code::CircuitBreakerOpen;
        }
        let timed_out = match self.why.last() {
            Failure::TimedOut(_) => true,
            Failure::Error(failed) => failed.error().is_some_and(reqwest::Error::is_timeout),
            Failure::CircuitOpen(_) => false,
        };
        name(&Refused { timed_out, ..Refused::default() }).code
    }

    /// Why no further attempt was made.
    #[must_use]
    pub const fn reason(&self) -> Stop {
        self.why.reason()
    }

    /// The attempts that were made.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.why.attempts()
    }

    /// What reqwest said of the last attempt, the address without its query; `None` if it ran out of time, or the breaker let none through.
    #[must_use]
    pub fn error(&self) -> Option<&reqwest::Error> {
        self.why.error().and_then(Failed::error)
    }
}

impl fmt::Debug for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::NoAnswer(no) => no.why.fmt(f),
        }
    }
}

/// Stands for what it holds, so its source is that one's source.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => error.source(),
            Self::Config(_) => None,
            Self::NoAnswer(no) => no.why.source(),
        }
    }
}
