//! What a client's error says about a refused request: one table from statuses and problem types to public codes.

use super::HttpSignals;
use crate::error::Code;
use std::borrow::Cow;

/// What is known of an answer with a status of 400 or more, or of none at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused<'a> {
    /// The HTTP status; `None`: no answer came.
    pub status: Option<u16>,
    /// Whether no answer came in time.
    pub timed_out: bool,
    /// The `type` of an `application/problem+json` answer.
    pub problem_type: Option<Cow<'a, str>>,
    /// The `code` of a JSON answer. One of the table in [`crate::error`] is believed; others are the service's own.
    pub code: Option<Cow<'a, str>>,
    /// Whether the answer said `Idempotent-Replayed: true`.
    pub replayed: bool,
}

/// The code of the error, and whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The public code.
    pub code: Code,
    /// As in the code's own row of the table, but a replayed answer stays what it is.
    pub retryable: bool,
}

/// What to call an answer. Order: the service's own code · the problem type · the status.
#[must_use]
pub fn name(refused: &Refused<'_>) -> Named {
    let own = refused.code.as_deref().and_then(Code::from_name);
    let by_type = || refused.problem_type.as_deref().map(HttpSignals::problem).and_then(problem);
    let code = own.or_else(by_type).unwrap_or_else(|| match refused.status {
        Some(status) => by_status(status),
        None if refused.timed_out => Code::TimeoutError,
        None => Code::ServiceUnavailable,
    });
    Named { code, retryable: code.retryable() && !refused.replayed }
}

/// The codes of our own problem types ([`crate::http::problem`]).
fn problem(word: &str) -> Option<Code> {
    Some(match word {
        "key-missing" | "key-invalid" => Code::IdempotencyKeyInvalid,
        "key-reused" => Code::IdempotencyKeyReused,
        "in-progress" => Code::IdempotencyInProgress,
        "outcome-unknown" => Code::IdempotencyOutcomeUnknown,
        "response-not-replayable" => Code::IdempotencyNotReplayable,
        "store-unavailable" => Code::StoreUnavailable,
        _ => return None,
    })
}

/// The statuses of the Q ecosystem's codes; a 401 is an authentication that failed unless the service says which.
fn by_status(status: u16) -> Code {
    match status {
        401 => Code::QlockAuthFail,
        402 => Code::InsufficientFunds,
        403 => Code::QonsentDenied,
        408 | 504 => Code::TimeoutError,
        424 => Code::DependencyMissing,
        429 => Code::RateLimitExceeded,
        // No later attempt changes what the service does not do.
        501 | 505 => Code::RequestRefused,
        // 421, misdirected, and 425, too early: not here or not now, which passes.
        421 | 425 | 500..=599 => Code::ServiceUnavailable,
        _ => Code::RequestRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16) -> &'static str {
        name(&Refused { status: Some(status), ..Refused::default() }).code.name()
    }

    #[test]
    fn a_service_that_names_a_code_of_the_table_is_believed() {
        let answer = |code: &'static str| Refused {
            status: Some(401),
            code: Some(code.into()),
            problem_type: Some("key-reused".into()),
            ..Refused::default()
        };
        assert_eq!(name(&answer("SQUID_IDENTITY_INVALID")).code, Code::SquidIdentityInvalid);
        assert_eq!(name(&answer("SOMETHING_ELSE")).code, Code::IdempotencyKeyReused);
    }

    #[test]
    fn problem_types_are_known_however_their_uri_begins() {
        for (uri, code) in [
            ("in-progress", Code::IdempotencyInProgress),
            ("https://example.com/problems/key-missing", Code::IdempotencyKeyInvalid),
            ("urn:problem:outcome-unknown", Code::IdempotencyOutcomeUnknown),
            ("https://example.com/errors#response-not-replayable", Code::IdempotencyNotReplayable),
            ("about:blank", Code::RequestRefused),
        ] {
            let refused = Refused { status: Some(409), problem_type: Some(uri.into()), ..Refused::default() };
            assert_eq!(name(&refused).code, code, "{uri}");
        }
    }

    #[test]
    fn each_status_has_its_code() {
        assert_eq!(
            [401, 402, 403, 424].map(code),
            ["QLOCK_AUTH_FAIL", "INSUFFICIENT_FUNDS", "QONSENT_DENIED", "DEPENDENCY_MISSING"]
        );
        assert_eq!([408, 504].map(code), ["TIMEOUT_ERROR"; 2]);
        assert_eq!(code(429), "RATE_LIMIT_EXCEEDED");
        assert_eq!([421, 425, 500, 502, 503, 599].map(code), ["SERVICE_UNAVAILABLE"; 6]);
        assert_eq!([400, 404, 409, 422, 501, 505].map(code), ["REQUEST_REFUSED"; 6]);
    }

    #[test]
    fn no_answer_is_a_time_out_or_a_service_that_is_away() {
        assert_eq!(name(&Refused::default()).code, Code::ServiceUnavailable);
        assert_eq!(name(&Refused { timed_out: true, ..Refused::default() }).code, Code::TimeoutError);
    }

    #[test]
    fn a_replayed_answer_stays_what_it_is() {
        let refused = Refused { status: Some(503), replayed: true, ..Refused::default() };
        assert_eq!(name(&refused), Named { code: Code::ServiceUnavailable, retryable: false });
    }
}
