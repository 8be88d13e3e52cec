//! Which answer leaves in the end: the handler's own, or another in its place.

use super::config::HttpConfig;
use super::headers::{Header, completion_lost};
use super::problem::{self, Problem};
use crate::error::Code;
use crate::idempotency::machine::{Refusal, Replay, Settled};
use crate::idempotency::record::Body;

/// An answer that is sent without asking the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The HTTP status.
    pub status: u16,
    /// Every header line, in its order.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

/// What leaves after the handler has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Its answer, with these headers added.
    Own {
        /// They replace those of the same name.
        headers: Vec<Header>,
    },
    /// This one. If the handler's has begun to leave, it is too late for it.
    Instead(Ready),
}

impl HttpConfig {
    /// The answer to a request whose first answer is kept.
    #[must_use]
    pub fn ready(&self, replay: &Replay, shown_key: &str) -> Ready {
        match &replay.outcome.body {
            Body::Kept(body) => Ready {
                status: replay.outcome.status,
                headers: self.replay(&replay.outcome, shown_key, replay.created),
                body: body.clone(),
            },
            Body::Omitted => problem::of(Code::IdempotencyNotReplayable, "", None).into(),
        }
    }

    /// What leaves once the record is settled. A late owner's answer must not, when another run's outcome stands: two
    /// clients would be told two things.
    #[must_use]
    pub fn leaving(&self, settled: &Settled, shown_key: &str) -> Leaving {
        match settled {
            Settled::Lost { replay: Some(replay) } => Leaving::Instead(self.ready(replay, shown_key)),
            Settled::Lost { replay: None } => {
                Leaving::Instead(problem::of(Code::IdempotencyInProgress, "", None).into())
            }
            Settled::Uncertain => Self::leaving_unconfirmed(),
            Settled::Completed | Settled::Released | Settled::Abandoned | Settled::Unrecorded => {
                Leaving::Own { headers: Vec::new() }
            }
        }
    }

    /// What leaves when the store takes too long to confirm it.
    #[must_use]
    pub fn leaving_unconfirmed() -> Leaving {
        Leaving::Own { headers: vec![completion_lost()] }
    }
}

impl From<Problem> for Ready {
    fn from(problem: Problem) -> Self {
        Self { status: problem.status, headers: problem.headers, body: problem.body.into_bytes() }
    }
}

impl From<&Refusal> for Ready {
    fn from(refusal: &Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpSpec;
    use crate::idempotency::record::{Outcome, OutcomeKind};
    use crate::time::Timestamp;

    fn replay(body: Body) -> Replay {
        let outcome = Outcome { kind: OutcomeKind::Http, status: 201, headers: Vec::new(), body };
        Replay { outcome, created: Timestamp::ZERO }
    }

    fn leaving(settled: &Settled) -> Leaving {
        HttpConfig::try_from(HttpSpec::default()).unwrap().leaving(settled, "k")
    }

    #[test]
    fn a_recorded_answer_leaves_as_it_is_and_an_unconfirmed_one_says_so() {
        for settled in [Settled::Completed, Settled::Released, Settled::Abandoned, Settled::Unrecorded] {
            assert_eq!(leaving(&settled), Leaving::Own { headers: Vec::new() });
        }
        let marked = Leaving::Own { headers: vec![("Idempotency-Completion".into(), "lost".into())] };
        assert_eq!(leaving(&Settled::Uncertain), marked);
        assert_eq!(HttpConfig::leaving_unconfirmed(), marked);
    }

    #[test]
    fn a_late_owner_gets_the_outcome_that_stands_or_a_conflict() {
        let stands = Settled::Lost { replay: Some(replay(Body::Kept(b"first".to_vec()))) };
        let Leaving::Instead(ready) = leaving(&stands) else { panic!() };
        assert_eq!((ready.status, ready.body), (201, b"first".to_vec()));
        assert!(ready.headers.contains(&("X-Idempotency-Replay".into(), "true".into())));
        for (settled, says) in [
            (Settled::Lost { replay: Some(replay(Body::Omitted)) }, "response-not-replayable"),
            (Settled::Lost { replay: None }, "in-progress"),
        ] {
            let Leaving::Instead(ready) = leaving(&settled) else { panic!() };
            assert_eq!(ready.status, 409);
            assert!(String::from_utf8(ready.body).unwrap().contains(says));
        }
    }
}
