//! Refusals as RFC 9457 problem details, with the titles of draft-ietf-httpapi-idempotency-key-header.
//!
//! A problem's `type` is a relative reference of one word, such as `in-progress`: there is no page behind it. Clients
//! compare what follows the last `/`, `#` or `:`, so that a gateway may make it absolute. `code` is the public name in the
//! error table.

use super::headers::Header;
use crate::error::Code;
use crate::idempotency::key::KeyError;
use crate::idempotency::machine::Refusal;
use crate::json;
use crate::time::Micros;
use serde::Serialize;

/// An answer that refuses a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The headers, complete but for the length.
    pub headers: Vec<Header>,
    /// The body: JSON text, in UTF-8.
    pub body: String,
}

#[derive(Serialize)]
struct Details<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// One kind of problem: its type, its title (always the same for a type, as RFC 9457 asks) and what it says when the
/// occurrence has nothing of its own to say.
struct Kind {
    r#type: &'static str,
    title: &'static str,
    detail: &'static str,
}

const KEY_MISSING: Kind = Kind {
    r#type: "key-missing",
    title: "Idempotency-Key is missing",
    detail: "This operation is idempotent and it requires correct usage of Idempotency Key.",
};
const KEY_INVALID: Kind = Kind {
    r#type: "key-invalid",
    title: "Idempotency-Key is invalid",
    detail: "The key is not one key of 1 to 255 visible ASCII characters.",
};
const KEY_REUSED: Kind = Kind {
    r#type: "key-reused",
    title: "Idempotency-Key is already used",
    detail: "The key was used with another request. A new request needs a new key.",
};
const IN_PROGRESS: Kind = Kind {
    r#type: "in-progress",
    title: "A request is outstanding for this Idempotency-Key",
    detail: "The first request with this key is still being processed. Send the same request again later.",
};
const OUTCOME_UNKNOWN: Kind = Kind {
    r#type: "outcome-unknown",
    title: "The outcome of the first request is unknown",
    detail: "The first request with this key ended without a known outcome, and is not run again.",
};
const NOT_REPLAYABLE: Kind = Kind {
    r#type: "response-not-replayable",
    title: "The response was not kept",
    detail: "The request was processed, but its response was too large or a stream, and cannot be sent again.",
};
const STORE_UNAVAILABLE: Kind = Kind {
    r#type: "store-unavailable",
    title: "The idempotency store is unavailable",
    detail: "The request was not processed. It is safe to send it again.",
};

/// The problem of a code. An empty `detail` is filled from the table; `retry_after` goes out in whole seconds, rounded
/// up, at least 1, and is 1 second for problems that pass by themselves.
#[must_use]
pub fn of(code: Code, detail: &str, retry_after: Option<Micros>) -> Problem {
    let kind = match code {
        Code::IdempotencyKeyInvalid => &KEY_INVALID,
        Code::IdempotencyKeyReused => &KEY_REUSED,
        Code::IdempotencyInProgress => &IN_PROGRESS,
        Code::IdempotencyOutcomeUnknown => &OUTCOME_UNKNOWN,
        Code::IdempotencyNotReplayable => &NOT_REPLAYABLE,
        Code::StoreUnavailable | Code::StoreFull => &STORE_UNAVAILABLE,
        // RFC 9457, 4.2.1: nothing to say beyond the status.
        other => &Kind { r#type: "about:blank", title: reason(other.status()), detail: "" },
    };
    build(kind, code, detail, retry_after)
}

/// No key where one is required.
#[must_use]
pub fn key_missing(header: &str) -> Problem {
    build(&KEY_MISSING, KeyError::CODE, &format!("This operation requires the header {header}."), None)
}

/// A malformed key; the detail names the header, what was got and what is allowed, but never the key.
#[must_use]
pub fn key_invalid(header: &str, error: &KeyError) -> Problem {
    build(&KEY_INVALID, KeyError::CODE, &error.at(header).to_string(), None)
}

/// A body of which no fingerprint can be taken, under a key that promises one.
#[must_use]
pub fn no_fingerprint() -> Problem {
    let detail = "A multipart body differs with every request and cannot be compared under an idempotency key. Send \
                  another media type; or let the server name the form fields that count, or leave out the body.";
    about_blank(415, "Unsupported Media Type", detail)
}

/// A body that is longer than the server reads, under a key that promises that it is compared.
#[must_use]
pub fn body_too_large() -> Problem {
    let detail = "The body is longer than the server reads to compare it under an idempotency key.";
    about_blank(413, "Content Too Large", detail)
}

/// A body that did not arrive whole.
#[must_use]
pub fn body_unreadable() -> Problem {
    about_blank(400, "Bad Request", "The body could not be read to its end; nothing was run.")
}

fn about_blank(status: u16, title: &'static str, detail: &'static str) -> Problem {
    problem(status, &Kind { r#type: "about:blank", title, detail }, detail, None, None)
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        of(refusal.code, refusal.detail, refusal.retry_after)
    }
}

fn build(kind: &Kind, code: Code, detail: &str, retry_after: Option<Micros>) -> Problem {
    let detail = if detail.is_empty() { kind.detail } else { detail };
    let retry_after = retry_after.or(code.retryable().then_some(Micros::ZERO));
    problem(code.status(), kind, detail, Some(code), retry_after)
}

fn problem(
    status: u16,
    kind: &Kind,
    detail: &str,
    code: Option<Code>,
    retry_after: Option<Micros>,
) -> Problem {
    let details =
        Details { r#type: kind.r#type, title: kind.title, status, detail, code: code.map(Code::name) };
    let mut headers: Vec<Header> = vec![
        ("Content-Type".into(), "application/problem+json".into()),
        ("Cache-Control".into(), "no-store".into()),
    ];
    if let Some(wait) = retry_after {
        headers.push(("Retry-After".into(), wait.get().div_ceil(1_000_000).max(1).to_string()));
    }
    Problem { status, headers, body: json::to_string(&details) }
}

/// The reason phrase of the statuses in the error table (RFC 9110, 15).
const fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        424 => "Failed Dependency",
        429 => "Too Many Requests",
        499 => "Client Closed Request",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::key::parse;
    use crate::spec::Value;

    fn header<'a>(problem: &'a Problem, name: &str) -> Option<&'a str> {
        problem.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn member(problem: &Problem, name: &str) -> Option<Value> {
        let Ok(Value::Map(members)) = json::parse(problem.body.as_bytes()) else { return None };
        members.into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Statuses and types of the table of errors; the titles of the draft where it has one.
    #[test]
    fn every_refusal_has_its_status_type_and_title() {
        for (code, status, r#type, title) in [
            (Code::IdempotencyKeyInvalid, 400, "key-invalid", "Idempotency-Key is invalid"),
            (Code::IdempotencyKeyReused, 422, "key-reused", "Idempotency-Key is already used"),
            (
                Code::IdempotencyInProgress,
                409,
                "in-progress",
                "A request is outstanding for this Idempotency-Key",
            ),
            (
                Code::IdempotencyOutcomeUnknown,
                409,
                "outcome-unknown",
                "The outcome of the first request is unknown",
            ),
            (Code::IdempotencyNotReplayable, 409, "response-not-replayable", "The response was not kept"),
            (Code::StoreUnavailable, 503, "store-unavailable", "The idempotency store is unavailable"),
            (Code::StoreFull, 503, "store-unavailable", "The idempotency store is unavailable"),
            (Code::TimeoutError, 504, "about:blank", "Gateway Timeout"),
        ] {
            let problem = of(code, "", None);
            assert_eq!(problem.status, status, "{code}");
            assert_eq!(member(&problem, "status"), Some(Value::Number(status.into())), "{code}");
            assert_eq!(member(&problem, "type"), Some(Value::Text(r#type.into())), "{code}");
            assert_eq!(member(&problem, "title"), Some(Value::Text(title.into())), "{code}");
            assert_eq!(member(&problem, "code"), Some(Value::Text(code.name().into())), "{code}");
            assert_eq!(header(&problem, "Content-Type"), Some("application/problem+json"), "{code}");
            assert_eq!(header(&problem, "Cache-Control"), Some("no-store"), "{code}");
        }
    }

    #[test]
    fn a_problem_reads_as_rfc_9457_has_it() {
        assert_eq!(
            key_missing("Idempotency-Key").body,
            concat!(
                r#"{"type":"key-missing","title":"Idempotency-Key is missing","status":400,"#,
                r#""detail":"This operation requires the header Idempotency-Key.","code":"IDEMPOTENCY_KEY_INVALID"}"#
            )
        );
        assert_eq!(
            of(Code::QonsentDenied, "", None).body,
            r#"{"type":"about:blank","title":"Forbidden","status":403,"code":"QONSENT_DENIED"}"#
        );
    }

    #[test]
    fn a_malformed_key_is_described_and_not_shown() {
        let error = parse(&["sécret"]).unwrap_err();
        assert_eq!(
            member(&key_invalid("X-Request-Key", &error), "detail"),
            Some(Value::Text(
                "X-Request-Key: got a character U+00E9 at position 2, expected one key of 1 to 255 visible ASCII characters"
                    .into()
            ))
        );
    }

    #[test]
    fn retry_after_is_whole_seconds_and_never_too_early() {
        for (wait, shown) in [
            (Some(Micros::ZERO), "1"),
            (Some(Micros::from_millis(1_000)), "1"),
            (Some(Micros::from_millis(1_001)), "2"),
            (Some(Micros::from_secs(86_400)), "86400"),
            (None, "1"),
        ] {
            assert_eq!(header(&of(Code::StoreFull, "", wait), "Retry-After"), Some(shown));
        }
        assert_eq!(header(&of(Code::IdempotencyKeyReused, "", None), "Retry-After"), None);
    }

    #[test]
    fn a_refusal_of_the_machine_keeps_its_own_words() {
        let refusal =
            Refusal { code: Code::StoreFull, retry_after: Some(Micros::from_secs(7)), detail: "No room." };
        let problem = Problem::from(&refusal);
        assert_eq!(member(&problem, "detail"), Some(Value::Text("No room.".into())));
        assert_eq!(header(&problem, "Retry-After"), Some("7"));
    }
}
