//! What becomes of a record when the handler has answered.

use super::config::HttpConfig;
use super::headers::{Header, strip};
use super::request::media_type;
use super::spec::{On5xx, Profile};
use crate::idempotency::machine::Ending;
use crate::idempotency::record::{Body, Outcome, OutcomeKind};
use crate::store::Mode;

/// How an answer looked, but for its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Every header line, in its order.
    pub headers: Vec<Header>,
    /// What the host saw of the body.
    pub body: Seen,
}

/// What the host saw of an answer's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// All of it; the bytes travel beside.
    #[default]
    Kept,
    /// More than is kept ([`HttpConfig::max_body_bytes`]).
    TooLarge,
    /// A stream without a foreseeable end, or an upgraded connection.
    Stream,
}

/// Answers that a handler gives without having done anything: the next request may be the first.
///
/// Not authenticated (401, 407), not received in time (408), wrong server (421), too early (425), too many (429).
const NOTHING_DONE: [u16; 6] = [401, 407, 408, 421, 425, 429];

/// Whether an answer has no foreseeable end (an upgraded connection, `text/event-stream`): it is passed on as it comes, and
/// never captured ([`Seen::Stream`]).
#[must_use]
pub fn is_stream(status: u16, headers: &[Header]) -> bool {
    status == 101 || media_type(headers) == "text/event-stream"
}

impl HttpConfig {
    /// What an answer makes of its record: kept for replay, forgotten, to be run again, or unknown.
    ///
    /// `body` is all of it when `answer.body` is [`Seen::Kept`]; it is not looked at otherwise.
    #[must_use]
    pub fn ending(&self, answer: &Answer, body: &[u8]) -> Ending {
        match answer.status {
            status if NOTHING_DONE.contains(&status) => Ending::Release(Mode::Forget),
            500.. => match self.on_5xx() {
                On5xx::Keep => Ending::Keep(self.outcome(answer, body)),
                On5xx::Retry => Ending::Release(Mode::Retryable),
                On5xx::Forget => Ending::Release(Mode::Forget),
                On5xx::Unknown => Ending::Release(Mode::Unknown),
            },
            400.. if self.profile() == Profile::SuccessOnly => Ending::Release(Mode::Forget),
            _ => Ending::Keep(self.outcome(answer, body)),
        }
    }

    /// What becomes of a record whose handler threw before it answered: there is nothing to replay, so it runs again,
    /// or nothing ever does under [`Profile::AtMostOnce`].
    #[must_use]
    pub fn thrown(&self) -> Ending {
        Ending::Release(match self.profile() {
            Profile::AtMostOnce => Mode::Unknown,
            _ => Mode::Retryable,
        })
    }

    /// The answer as it is kept, whatever its status: what `completeIn` writes inside the caller's own transaction.
    ///
    /// A stream or a body beyond the limit is kept as omitted: that it was sent, not what.
    #[must_use]
    pub fn outcome(&self, answer: &Answer, body: &[u8]) -> Outcome {
        let kept = answer.body == Seen::Kept
            && u64::try_from(body.len()).is_ok_and(|length| length <= self.max_body_bytes())
            && !is_stream(answer.status, &answer.headers);
        Outcome {
            kind: OutcomeKind::Http,
            status: answer.status,
            headers: if kept { strip(&answer.headers) } else { Vec::new() },
            body: if kept { Body::Kept(body.into()) } else { Body::Omitted },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpSpec;
    use crate::idempotency::machine::RunSpec;
    use crate::store::OnOrphan;

    fn config(profile: Profile, on_5xx: Option<On5xx>) -> HttpConfig {
        let max_body_bytes = Some(4);
        HttpConfig::try_from(HttpSpec {
            profile: Some(profile),
            on_5xx,
            max_body_bytes,
            ..HttpSpec::default()
        })
        .unwrap()
    }

    fn fate(config: &HttpConfig, status: u16) -> &'static str {
        match config.ending(&Answer { status, headers: Vec::new(), body: Seen::Kept }, b"body") {
            Ending::Keep(outcome)
                if outcome.status == status && outcome.body == Body::Kept(b"body".into()) =>
            {
                "keep"
            }
            Ending::Release(Mode::Forget) => "forget",
            Ending::Release(Mode::Retryable) => "retry",
            Ending::Release(Mode::Unknown) => "unknown",
            _ => "something else",
        }
    }

    /// Per status: default, `stripe_v1`, `success_only`, `at_most_once`.
    const FATES: [(u16, [&str; 4]); 19] = [
        (200, ["keep", "keep", "keep", "keep"]),
        (201, ["keep", "keep", "keep", "keep"]),
        (204, ["keep", "keep", "keep", "keep"]),
        (303, ["keep", "keep", "keep", "keep"]),
        (399, ["keep", "keep", "keep", "keep"]),
        (400, ["keep", "keep", "forget", "keep"]),
        (401, ["forget", "forget", "forget", "forget"]),
        (402, ["keep", "keep", "forget", "keep"]),
        (404, ["keep", "keep", "forget", "keep"]),
        (407, ["forget", "forget", "forget", "forget"]),
        (408, ["forget", "forget", "forget", "forget"]),
        (409, ["keep", "keep", "forget", "keep"]),
        (421, ["forget", "forget", "forget", "forget"]),
        (422, ["keep", "keep", "forget", "keep"]),
        (425, ["forget", "forget", "forget", "forget"]),
        (429, ["forget", "forget", "forget", "forget"]),
        (500, ["retry", "keep", "retry", "unknown"]),
        (503, ["retry", "keep", "retry", "unknown"]),
        (599, ["retry", "keep", "retry", "unknown"]),
    ];

    #[test]
    fn each_status_has_its_fate_in_each_profile() {
        let profiles = [Profile::Default, Profile::StripeV1, Profile::SuccessOnly, Profile::AtMostOnce];
        for (place, profile) in profiles.into_iter().enumerate() {
            for (status, fates) in FATES {
                assert_eq!(fate(&config(profile, None), status), fates[place], "{status} in {profile:?}");
            }
        }
    }

    #[test]
    fn the_option_decides_about_5xx_where_the_profile_leaves_it_open() {
        for (option, expected) in [
            (On5xx::Retry, "retry"),
            (On5xx::Keep, "keep"),
            (On5xx::Forget, "forget"),
            (On5xx::Unknown, "unknown"),
        ] {
            assert_eq!(fate(&config(Profile::Default, Some(option)), 500), expected);
        }
    }

    #[test]
    fn a_handler_that_threw_runs_again_but_never_under_at_most_once() {
        assert_eq!(config(Profile::Default, None).thrown(), Ending::Release(Mode::Retryable));
        assert_eq!(config(Profile::StripeV1, None).thrown(), Ending::Release(Mode::Retryable));
        assert_eq!(config(Profile::AtMostOnce, None).thrown(), Ending::Release(Mode::Unknown));
    }

    #[test]
    fn at_most_once_means_that_an_orphan_is_not_run_again() {
        assert_eq!(config(Profile::AtMostOnce, None).run_config().on_orphan(), OnOrphan::Fail);
        let spec = HttpSpec {
            profile: Some(Profile::AtMostOnce),
            run: RunSpec { on_orphan: Some(OnOrphan::Reexecute), ..RunSpec::default() },
            ..HttpSpec::default()
        };
        assert_eq!(HttpConfig::try_from(spec).unwrap_err().field, "on_orphan");
    }

    #[test]
    fn streams_upgrades_and_large_bodies_are_kept_as_omitted() {
        let config = config(Profile::Default, None);
        let stream = vec![("Content-Type".into(), "Text/Event-Stream; charset=utf-8".into())];
        for (status, headers, body, bytes) in [
            (200, vec![], Seen::Kept, &b"12345"[..]),
            (200, vec![], Seen::TooLarge, b""),
            (200, vec![], Seen::Stream, b""),
            (200, stream, Seen::Kept, b"data"),
            (101, vec![], Seen::Kept, b""),
        ] {
            let answer = Answer { status, headers, body };
            let omitted =
                Outcome { kind: OutcomeKind::Http, status, headers: Vec::new(), body: Body::Omitted };
            assert_eq!(config.ending(&answer, bytes), Ending::Keep(omitted), "{answer:?}");
        }
        let exact = Answer { status: 200, headers: Vec::new(), body: Seen::Kept };
        assert_eq!(config.outcome(&exact, b"1234").body, Body::Kept(b"1234".into()));
    }

    #[test]
    fn a_large_5xx_runs_again_like_a_small_one() {
        let answer = Answer { status: 500, headers: Vec::new(), body: Seen::TooLarge };
        assert_eq!(config(Profile::Default, None).ending(&answer, b""), Ending::Release(Mode::Retryable));
    }

    #[test]
    fn an_answer_crosses_as_json() {
        let text = r#"{"status":201,"headers":[["Location","/orders/7"]],"body":"tooLarge"}"#;
        let answer = Answer {
            status: 201,
            headers: vec![("Location".into(), "/orders/7".into())],
            body: Seen::TooLarge,
        };
        assert_eq!(crate::json::read(text), Ok(answer));
    }
}
