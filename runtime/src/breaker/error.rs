//! What a caller gets when no call was made.

use super::State;
use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

/// The breaker let no call through.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitOpenError {
    /// The breaker's name ("default").
    pub name: Arc<str>,
    /// Where it stands: open, half-open with every probe taken, or held open by hand.
    pub state: State,
    /// How long until an open breaker lets a probe through; zero where no time is known.
    pub retry_after: Duration,
}

impl fmt::Display for CircuitOpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit breaker {} is {}", self.name, self.state.name())?;
        if self.retry_after.is_zero() { Ok(()) } else { write!(f, "; retry after {:?}", self.retry_after) }
    }
}

impl Error for CircuitOpenError {}

/// [`io::ErrorKind::Other`], with this error inside.
impl From<CircuitOpenError> for io::Error {
    fn from(open: CircuitOpenError) -> Self {
        Self::other(open)
    }
}

/// How a call through a breaker failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// It was not made.
    Open(CircuitOpenError),
    /// It was made and returned this error.
    Failed(E),
}

impl<E> CallError<E> {
    /// Whether the breaker let no call through.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// The call's own error; an open breaker becomes one. Works as it stands for `std::io::Error`,
    /// `anyhow::Error` and `Box<dyn Error + Send + Sync>`.
    #[must_use]
    pub fn into_error(self) -> E
    where
        E: From<CircuitOpenError>,
    {
        match self {
            Self::Open(open) => open.into(),
            Self::Failed(error) => error,
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// A failed call reads like its own error, so its source is that one's source. An open breaker is its own source, for without
/// it nobody could tell who has lost the type.
impl<E: Error + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(open) => Some(open),
            Self::Failed(error) => source_of(error),
        }
    }
}

/// The source of an error that reads like `error`: that one's source, unless it is a breaker's rejection itself.
pub(crate) fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    rejection(error).map_or_else(|| error.source(), |open| Some(open))
}

/// Whether a circuit breaker rejected the call, so that nothing was sent. Looks through an error's
/// [sources](Error::source) and into what an [`io::Error`] wraps.
///
/// ```
/// use once_again::{Breaker, is_circuit_breaker_error};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = Breaker::builder().name("ledger").build()?;
/// let _maintenance = breaker.isolate();
/// let error: Box<dyn std::error::Error> =
///     breaker.call(|| async { Ok::<_, std::io::Error>(()) }).await.unwrap_err().into();
/// assert!(is_circuit_breaker_error(&*error));
/// # Ok(()) }
/// ```
#[must_use]
pub fn is_circuit_breaker_error(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |&error| error.source()).any(|error| rejection(error).is_some())
}

/// The rejection that this very error is, or that it wraps as an [`io::Error`], whose sources begin below what it wraps.
fn rejection<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CircuitOpenError> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => rejection(wrapped),
        None => error.downcast_ref(),
    }
}
