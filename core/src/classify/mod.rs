//! What kind of failure it was: one table for what Node, browsers, Python and Rust report, and for HTTP statuses.
//!
//! A host hands over [`Signals`], plain facts it read from the error it caught; it never decides. Order: the error's own
//! `kind` · cancellation · stable code · HTTP status · class names, most derived first · errno · "no answer came" ·
//! Unknown. Whether a kind is retried is the policy's decision ([`crate::retry::RetryPolicy::judge`]).

mod codes;
mod date;
pub mod http;
mod names;
pub mod retry_after;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

pub use http::HttpSignals;
pub(crate) use names::bare;

/// The nine kinds of the advanced retry. The numbers are fixed: they cross language boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A passing disturbance.
    Transient = 1,
    /// The same call fails the same way for ever: a programming error, a refusal.
    Permanent = 2,
    /// No answer in time.
    Timeout = 3,
    /// Too many requests; waits longer.
    RateLimit = 4,
    /// A circuit breaker is open.
    CircuitBreaker = 5,
    /// The connection could not be made or broke.
    Network = 6,
    /// The server failed: 5xx.
    Server = 7,
    /// The request was wrong: 4xx.
    Client = 8,
    /// Nothing in the table fits. Retried like [`Transient`](Self::Transient), and worth a warning.
    Unknown = 9,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 9] = [
        Self::Transient,
        Self::Permanent,
        Self::Timeout,
        Self::RateLimit,
        Self::CircuitBreaker,
        Self::Network,
        Self::Server,
        Self::Client,
        Self::Unknown,
    ];

    /// The names, in the order of their numbers.
    pub const NAMES: &'static [&'static str] = &[
        "Transient",
        "Permanent",
        "Timeout",
        "RateLimit",
        "CircuitBreaker",
        "Network",
        "Server",
        "Client",
        "Unknown",
    ];

    /// The name, as users write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize - 1]
    }

    /// The kind of this name, without regard to case and separators. The constants of the advanced retry
    /// (`ErrorTypeTransient`…) are names too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
        let plain = match plain.get(..9) {
            Some(prefix) if prefix.eq_ignore_ascii_case("ErrorType") => &plain[9..],
            _ => &plain,
        };
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(plain))
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= 9 { Some(Self::ALL[number as usize - 1]) } else { None }
    }

    /// Whether a policy that names no kinds retries this one.
    #[must_use]
    pub const fn retried_by_default(self) -> bool {
        matches!(
            self,
            Self::Transient | Self::Timeout | Self::RateLimit | Self::Network | Self::Server | Self::Unknown
        )
    }
}

/// Who caught the error: the same name means different things in different languages (`TypeError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// Node, Deno, Bun.
    Node,
    /// A browser page or worker.
    Browser,
    /// `CPython`.
    Python,
    /// Rust.
    Rust,
}

/// What a host can say about a failure. Everything but the host is optional.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signals<'a> {
    /// Who caught it.
    pub host: Host,
    /// The error's own `kind`; a valid one wins over everything.
    #[serde(default)]
    pub kind: Option<Cow<'a, str>>,
    /// A stable code: `ECONNRESET`, `UND_ERR_SOCKET`, `SERVICE_UNAVAILABLE`, an SQLSTATE, `io::ErrorKind`'s variant.
    #[serde(default)]
    pub code: Option<Cow<'a, str>>,
    /// The error's class names, most derived first; qualified ones (`requests.exceptions.Timeout`) are welcome.
    #[serde(default)]
    pub names: Vec<Cow<'a, str>>,
    /// The message of a `TypeError`, and of nothing else: browsers say only there that a fetch failed.
    #[serde(default)]
    pub message: Option<Cow<'a, str>>,
    /// The operating system's error number.
    #[serde(default)]
    pub errno: Option<i32>,
    /// The HTTP status.
    #[serde(default)]
    pub status: Option<u16>,
    /// The caller gave up: its signal fired, its task was cancelled.
    #[serde(default)]
    pub cancelled: bool,
    /// Present when the failed call was one HTTP request that would be sent again.
    #[serde(default)]
    pub http: Option<HttpSignals<'a>>,
}

impl Signals<'_> {
    /// No facts at all.
    #[must_use]
    pub const fn new(host: Host) -> Self {
        Self {
            host,
            kind: None,
            code: None,
            names: Vec::new(),
            message: None,
            errno: None,
            status: None,
            cancelled: false,
            http: None,
        }
    }
}

/// The kind of a failure.
#[must_use]
pub fn classify(signals: &Signals<'_>) -> Kind {
    signals
        .kind
        .as_deref()
        .and_then(Kind::from_name)
        .or_else(|| signals.cancelled.then_some(Kind::Permanent))
        .or_else(|| signals.code.as_deref().and_then(|code| codes::kind(signals.host, code)))
        .or_else(|| signals.status.and_then(|status| http::kind(status, signals.http.as_ref())))
        .or_else(|| names::kind(signals))
        .or_else(|| signals.errno.and_then(codes::kind_of_errno))
        .or_else(|| (signals.http.is_some() && signals.status.is_none()).then_some(Kind::Network))
        .unwrap_or(Kind::Unknown)
}
