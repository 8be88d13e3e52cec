//! What an attempt gave: an answer that may be worth another attempt, or none.

use super::error::without_secrets;
use super::redirect::Unanswered;
use crate::breaker::Outcome;
use crate::idempotency::IdempotencyKey;
use crate::retry::{Facts, Kind, RetryPolicy, chain};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use once_again_core::classify::HttpSignals;
use once_again_core::classify::answer::{Refused, name};
use once_again_core::error::Code;
use once_again_core::http::headers::REPLAYED;
use once_again_core::json;
use once_again_core::spec::Value;
use reqwest::{Response, ResponseBuilderExt};
use std::fmt;
use std::sync::Mutex;

/// How an answer came about: an extension of every response of an
/// [`IdempotentHttpClient`](super::IdempotentHttpClient).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The attempts that were made, those that found the first request still running included.
    pub attempts: u32,
    /// Whether the server says that it has given this answer before.
    pub replayed: bool,
    /// The key that the request carried.
    pub key: Option<IdempotencyKey>,
}

/// An attempt that failed.
pub struct Failed {
    pub(super) facts: Facts,
    what: What,
    /// Whether it says something about the service, and not about one request.
    counts: bool,
}

enum What {
    /// An answer with a status of 400 or more. Only its owner looks into it.
    Answer(u16, Mutex<Option<Response>>),
    Error(reqwest::Error),
    /// A redirect that leads nowhere.
    Broken(&'static str),
}

/// What makes a request repeatable, as core wants to know it.
#[derive(Clone)]
pub(super) struct About {
    pub(super) method: String,
    pub(super) has_key: bool,
    pub(super) can_refresh: bool,
}

impl About {
    fn signals(&self) -> HttpSignals<'static> {
        HttpSignals {
            method: self.method.clone().into(),
            has_key: self.has_key,
            can_refresh: self.can_refresh,
            ..HttpSignals::default()
        }
    }
}

impl Failed {
    /// An attempt without a whole answer.
    pub(super) fn unanswered(about: &About, policy: &RetryPolicy, why: Unanswered) -> Self {
        let (facts, what) = match why {
            // The same request will fail in the same way.
            Unanswered::Broken(why) => (Kind::Permanent.into(), What::Broken(why)),
            Unanswered::Error(error) => (facts(&error), What::Error(without_secrets(error))),
        };
        Self::new(facts.exchange(about.signals()), policy, what)
    }

    /// An answer that is no success; `body` is all of it.
    pub(super) fn answered(about: &About, policy: &RetryPolicy, response: Response, body: &[u8]) -> Self {
        let status = response.status().as_u16();
        let Said { problem_type, code } = Said::by(response.headers(), body);
        let signals = HttpSignals {
            replayed: is_replayed(response.headers()),
            problem_type: problem_type.map(Into::into),
            ..about.signals()
        };
        let refused = Refused {
            status: Some(status),
            problem_type: signals.problem_type.clone(),
            code: code.map(Into::into),
            replayed: signals.replayed,
            ..Refused::default()
        };
        // Under this name the lists of a policy may have it, as in the other languages' clients.
        let mut facts = Facts::new().status(status).code(name(&refused).code.name());
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                facts = facts.header(name.as_str(), value);
            }
        }
        Self::new(facts.exchange(signals), policy, What::Answer(status, Mutex::new(Some(response))))
    }

    fn new(facts: Facts, policy: &RetryPolicy, what: What) -> Self {
        let counts = policy.judge(&facts).speaks_against_service();
        Self { facts, what, counts }
    }

    /// How a breaker counts it. A service that refuses one request has not failed, nor shown that it serves others.
    pub(super) const fn counted(&self) -> Outcome {
        if self.counts { Outcome::Failure } else { Outcome::Ignored }
    }

    /// The status of its answer; `None` if there was none.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self.what {
            What::Answer(status, _) => Some(status),
            What::Error(_) | What::Broken(_) => None,
        }
    }

    /// What reqwest said, if there was no answer.
    #[must_use]
    pub const fn error(&self) -> Option<&reqwest::Error> {
        match &self.what {
            What::Error(error) => Some(error),
            What::Answer(..) | What::Broken(_) => None,
        }
    }

    /// Its answer.
    pub(super) fn take(&self) -> Option<Response> {
        match &self.what {
            What::Answer(_, response) => response.lock().ok()?.take(),
            What::Error(_) | What::Broken(_) => None,
        }
    }
}

/// What an error of reqwest's says.
fn facts(error: &reqwest::Error) -> Facts {
    if error.is_timeout() {
        Facts::new().code(Code::TimeoutError.name())
    } else if error.is_builder() || error.is_redirect() {
        // The same request will fail in the same way.
        Kind::Permanent.into()
    } else {
        chain(error).name(Code::ServiceUnavailable.name())
    }
}

pub(super) fn is_replayed(headers: &HeaderMap) -> bool {
    headers.get(REPLAYED).is_some_and(|value| value == "true")
}

/// What a body says about a refusal.
#[derive(Default)]
struct Said {
    /// The `type` of a problem (RFC 9457).
    problem_type: Option<String>,
    /// The code that a service gives in JSON: at its top, or in an object `error`.
    code: Option<String>,
}

impl Said {
    fn by(headers: &HeaderMap, body: &[u8]) -> Self {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media_type != "application/json" && !media_type.ends_with("+json") {
            return Self::default();
        }
        let Ok(body) = json::parse(body) else { return Self::default() };
        let is_problem = media_type == "application/problem+json";
        Self {
            problem_type: is_problem.then(|| text(&body, "type")).flatten(),
            code: text(&body, "code").or_else(|| text(member(&body, "error")?, "code")),
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(members) = value else { return None };
    members.iter().find_map(|(own, value)| (own == name).then_some(value))
}

fn text(value: &Value, name: &str) -> Option<String> {
    match member(value, name)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// An answer with its body in memory, and the body.
pub(super) async fn read(mut response: Response) -> Result<(Response, Bytes), reqwest::Error> {
    let (mut head, ()) =
        http::Response::builder().url(response.url().clone()).body(()).unwrap_or_default().into_parts();
    (head.status, head.version) = (response.status(), response.version());
    head.headers.clone_from(response.headers());
    head.extensions.extend(std::mem::take(response.extensions_mut()));
    let body = response.bytes().await?;
    Ok((http::Response::from_parts(head, body.clone()).into(), body))
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Answer(status, _) => f.debug_tuple("Answer").field(status).finish(),
            What::Error(error) => f.debug_tuple("Error").field(error).finish(),
            What::Broken(why) => f.debug_tuple("Broken").field(why).finish(),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Answer(status, _) => write!(f, "HTTP {status}"),
            What::Error(error) => error.fmt(f),
            What::Broken(why) => f.write_str(why),
        }
    }
}

/// Stands for reqwest's error, so its source is that one's source.
impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().and_then(std::error::Error::source)
    }
}
