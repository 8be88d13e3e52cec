//! What is known about an error. Facts are collected here; what they mean is core's to say.

use super::{Failure, Kind, TimedOut};
use crate::breaker::CircuitOpenError;
use crate::time::micros;
use once_again_core::classify::retry_after::{self, Hints};
use once_again_core::classify::{Host, HttpSignals, Signals};
use once_again_core::time::{Micros, Timestamp};
use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::io;
use std::time::Duration;

/// What there is to know about a failure: everything is optional, and core draws the conclusions.
///
/// [`Retry::classify`](super::Retry::classify) takes a function that reads them off an error. A [`Kind`] alone is enough:
///
/// ```
/// use once_again::{Facts, Kind};
/// use std::time::Duration;
///
/// enum PayError { Declined, Busy { retry_after: Duration }, Status(u16) }
///
/// fn facts(error: &PayError) -> Facts {
///     match error {
///         PayError::Declined => Kind::Permanent.into(),
///         PayError::Busy { retry_after } => Facts::from(Kind::RateLimit).retry_after(*retry_after),
///         PayError::Status(status) => Facts::new().status(*status),
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Facts {
    kind: Option<Kind>,
    code: Option<Cow<'static, str>>,
    names: Vec<Cow<'static, str>>,
    errno: Option<i32>,
    status: Option<u16>,
    http: Option<HttpSignals<'static>>,
    asked: Option<Micros>,
    /// Lines of a response's header that may say when to come again.
    lines: Vec<(String, String)>,
}

impl Facts {
    /// Nothing is known: the failure is of [`Kind::Unknown`], which is retried unless the policy says otherwise.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A stable code: `"ECONNRESET"`, `"SERVICE_UNAVAILABLE"`, an SQLSTATE, a variant of [`io::ErrorKind`].
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The name of the error's type, for the lists of a policy.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.names.push(name.into());
        self
    }

    /// The operating system's error number.
    #[must_use]
    pub fn errno(mut self, errno: i32) -> Self {
        self.errno = Some(errno);
        self
    }

    /// An HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The failed call was one HTTP request of this method (in capitals). One that is neither idempotent by its method nor
    /// carries an idempotency key is then not sent twice.
    #[must_use]
    pub fn request(mut self, method: impl Into<Cow<'static, str>>, has_idempotency_key: bool) -> Self {
        self.http = Some(HttpSignals {
            method: method.into(),
            has_key: has_idempotency_key,
            ..HttpSignals::default()
        });
        self
    }

    /// [`request`](Self::request), with all that is known of the exchange.
    #[cfg(feature = "reqwest")]
    pub(crate) fn exchange(mut self, http: HttpSignals<'static>) -> Self {
        self.http = Some(http);
        self
    }

    /// How long the server asked to wait: the retry comes no earlier.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.asked = Some(micros(wait));
        self
    }

    /// A response header. `Retry-After`, `RateLimit` and their relatives say how long to wait; others are ignored.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if Hints::reads(name) {
            self.lines.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(super) fn signals(&self) -> Signals<'_> {
        Signals {
            kind: self.kind.map(|kind| kind.name().into()),
            code: self.code.as_deref().map(Into::into),
            names: self.names.iter().map(|name| Cow::Borrowed(&**name)).collect(),
            errno: self.errno,
            status: self.status,
            http: self.http.clone(),
            ..Signals::new(Host::Rust)
        }
    }

    pub(super) fn asked(&self, now: impl FnOnce() -> Timestamp) -> Option<Micros> {
        let read = || {
            let lines = self.lines.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            retry_after::read(&Hints::of(lines), now())
        };
        self.asked.or_else(|| if self.lines.is_empty() { None } else { read() })
    }
}

impl From<Kind> for Facts {
    fn from(kind: Kind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }
}

/// Nothing is known, or the kind.
impl From<Option<Kind>> for Facts {
    fn from(kind: Option<Kind>) -> Self {
        Self { kind, ..Self::default() }
    }
}

/// What an error says through its [sources](Error::source): the first of them that is known (an [`io::Error`], a time-out
/// of tokio or of ours, an open breaker) is what the failure was.
///
/// ```
/// # use once_again::{Retry, RetryPolicy, RetryError};
/// # #[derive(Debug)] struct AppError(std::io::Error);
/// # impl std::fmt::Display for AppError { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) } }
/// # impl std::error::Error for AppError { fn source(&self) -> Option<&(dyn std::error::Error + 'static)> { Some(&self.0) } }
/// let retry = Retry::new(RetryPolicy::http()).classify(|error: &AppError| once_again::chain(error));
/// ```
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> Facts {
    let mut error = Some(error);
    while let Some(current) = error {
        if let Some(facts) = of_error(current) {
            return facts;
        }
        error = current.source();
    }
    Facts::new()
}

fn of_error(error: &(dyn Error + 'static)) -> Option<Facts> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(of_io(error));
    }
    if error.is::<tokio::time::error::Elapsed>() {
        return Some(Facts::new().name("Elapsed"));
    }
    if let Some(open) = error.downcast_ref::<CircuitOpenError>() {
        return Some(of_open(open));
    }
    error.is::<TimedOut>().then(of_timeout)
}

/// The error kind's name is a code of core's table; an error of no kind still has a number.
fn of_io(error: &io::Error) -> Facts {
    // An error that somebody wrapped says more than "other".
    if error.kind() == io::ErrorKind::Other
        && let Some(inner) = error.get_ref()
    {
        return chain(inner);
    }
    let facts = Facts::new().code(format!("{:?}", error.kind()));
    match error.raw_os_error() {
        Some(errno) => facts.errno(errno),
        None => facts,
    }
}

fn of_open(open: &CircuitOpenError) -> Facts {
    let facts = Facts::new().code("CIRCUIT_BREAKER_OPEN");
    if open.retry_after.is_zero() { facts } else { facts.retry_after(open.retry_after) }
}

fn of_timeout() -> Facts {
    Facts::new().code("TIMEOUT_ERROR")
}

/// What can be known of an error of any type: whether it is an [`io::Error`], a time-out, or a box with one of them inside.
pub(crate) fn of_any<E: 'static>(error: &E) -> Facts {
    let error: &dyn Any = error;
    let as_error: Option<&(dyn Error + 'static)> = None
        .or_else(|| error.downcast_ref::<io::Error>().map(|e| e as _))
        .or_else(|| error.downcast_ref::<tokio::time::error::Elapsed>().map(|e| e as _))
        .or_else(|| error.downcast_ref::<TimedOut>().map(|e| e as _))
        .or_else(|| error.downcast_ref::<CircuitOpenError>().map(|e| e as _))
        .or_else(|| error.downcast_ref::<Box<dyn Error + Send + Sync>>().map(|e| &**e as _))
        .or_else(|| error.downcast_ref::<Box<dyn Error + Send>>().map(|e| &**e as _))
        .or_else(|| error.downcast_ref::<Box<dyn Error>>().map(|e| &**e as _));
    as_error.map(chain).unwrap_or_default()
}

/// The facts of a failure, the operation's own errors seen through `classify`.
pub(super) fn of_failure<E>(failure: &Failure<E>, classify: &dyn Fn(&E) -> Facts) -> Facts {
    match failure {
        Failure::Error(error) => classify(error),
        Failure::TimedOut(_) => of_timeout(),
        Failure::CircuitOpen(open) => of_open(open),
    }
}
