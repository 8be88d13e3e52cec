//! What HTTP adds: which statuses pass, and which requests may be sent twice at all.

use super::Kind;
use std::borrow::Cow;

/// Facts about one HTTP exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as a host observed them")]
pub struct HttpSignals<'a> {
    /// The request's method, in capitals.
    pub method: Cow<'a, str>,
    /// Whether the request carries an idempotency key (and would carry the same one again).
    pub has_key: bool,
    /// Whether the answer said `Idempotent-Replayed: true`.
    pub replayed: bool,
    /// The `type` of an `application/problem+json` answer.
    pub problem_type: Option<Cow<'a, str>>,
    /// Whether the caller can get new credentials after a 401 (`refreshAuth`).
    pub can_refresh: bool,
    /// Whether a new connection was tried already: platforms that follow the fetch standard send a misdirected request
    /// again by themselves, so that a 421 which their caller sees is the second one.
    pub new_connection: bool,
}

impl HttpSignals<'_> {
    /// Whether sending the request again cannot do the work twice: its method is idempotent (RFC 9110, 9.2.2), or it
    /// carries an idempotency key.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.has_key || matches!(&*self.method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
    }

    /// Whether the answer says that the first request with this key is still running (the problem type of the
    /// Idempotency-Key draft, however its URI begins).
    #[must_use]
    pub fn in_progress(&self) -> bool {
        self.problem_type.as_deref().map(Self::problem) == Some("in-progress")
    }

    /// The last word of a problem type's URI, which is what names the problem: a gateway may make the rest absolute.
    pub(super) fn problem(uri: &str) -> &str {
        uri.rsplit(['/', '#', ':']).next().unwrap_or_default()
    }
}

/// The kind of an answer with this status; `None` for one that is no failure.
pub(super) fn kind(status: u16, http: Option<&HttpSignals<'_>>) -> Option<Kind> {
    Some(match status {
        408 => Kind::Timeout,
        409 if http.is_some_and(HttpSignals::in_progress) => Kind::Transient,
        // 421: this connection cannot answer for that origin. 425: too early for a request that could be replayed.
        421 | 425 => Kind::Transient,
        429 => Kind::RateLimit,
        400..=499 => Kind::Client,
        // Not implemented, HTTP version not supported: no later attempt changes that.
        501 | 505 => Kind::Permanent,
        500..=599 => Kind::Server,
        _ => return None,
    })
}
