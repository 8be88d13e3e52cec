//! What becomes of a write that was sent.

use super::config::OutboxConfig;
use crate::classify::Kind;
use crate::draw::Draw;
use crate::jitter::Jitter;
use crate::retry::Verdict;
use crate::time::Micros;

/// What a write has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts in vain, which its waits grow with.
    pub failures: u32,
    /// Those of them that were answered.
    pub answers: u32,
}

/// How one sending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The status of the answer; none when none came.
    pub status: Option<u16>,
    /// What the policy thinks of it as a failure ([`crate::retry::RetryPolicy::judge`]); of no matter below 400.
    pub verdict: Verdict,
    /// How long the service, or a breaker, asked to wait.
    pub retry_after: Option<Micros>,
    /// Whether the caller who made the write is still there to be told.
    pub watched: bool,
}

/// What becomes of the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is over, and whoever made it knows how: it is forgotten.
    Settled,
    /// It waits for another attempt.
    Later {
        /// How long, from now.
        wait: Micros,
        /// What it has been through by now.
        counts: Counts,
    },
    /// It is given up and kept for somebody to look at, because nobody was told.
    Dead(Death),
}

/// Why a write was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The service has answered, and will not have it.
    Refused,
    /// It could not even be sent, and never will be.
    Failed,
    /// The service has answered badly as often as the outbox puts up with.
    Exhausted,
    /// Its time was over.
    Expired,
}

impl Death {
    /// The reason in one stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Exhausted => "exhausted",
            Self::Expired => "expired",
        }
    }
}

impl OutboxConfig {
    /// What becomes of a write after an attempt.
    ///
    /// Attempts that nobody answered are not counted against it: that is what being offline looks like, and only its
    /// retention ends that. Nor is an answer that says that the first attempt is still running, nor an attempt that a
    /// breaker did not let through. The wait is the longer one of an exponential backoff with equal jitter and of what the
    /// service asked for.
    #[must_use]
    pub fn settle(&self, before: Counts, sending: &Sending, draw: Draw) -> Fate {
        let Sending { status, verdict, retry_after, watched } = *sending;
        let good = status.is_some_and(|status| status < 400);
        let blocked = verdict.kind == Kind::CircuitBreaker;
        if good {
            return Fate::Settled;
        }
        if !verdict.retry && !blocked {
            let death = if status.is_some() { Death::Refused } else { Death::Failed };
            return if watched { Fate::Settled } else { Fate::Dead(death) };
        }
        let counted = status.is_some() && !verdict.free;
        let counts = Counts {
            failures: before.failures.saturating_add(u32::from(!blocked)),
            answers: before.answers.saturating_add(u32::from(counted)),
        };
        if counted && counts.answers >= self.max_attempts {
            return if watched { Fate::Settled } else { Fate::Dead(Death::Exhausted) };
        }
        let (base, max) = (self.backoff.base(), self.backoff.max());
        let delay = self.backoff.delay(counts.failures.saturating_sub(1), None);
        let delay = Jitter::Equal.apply(delay, base, max, base, draw);
        Fate::Later { wait: delay.max(retry_after.unwrap_or(Micros::ZERO)), counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::Once;

    const LATE: Draw = Draw(u32::MAX);

    fn verdict(kind: Kind, retry: bool) -> Verdict {
        Verdict { kind, retry, free: false, once: Once::No }
    }

    fn answer(status: u16, retry: bool) -> Sending {
        let verdict = verdict(Kind::Server, retry);
        Sending { status: Some(status), verdict, retry_after: None, watched: false }
    }

    fn nobody(kind: Kind, retry: bool) -> Sending {
        Sending { status: None, verdict: verdict(kind, retry), retry_after: None, watched: false }
    }

    fn settle(failures: u32, answers: u32, sending: Sending) -> Fate {
        OutboxConfig::default().settle(Counts { failures, answers }, &sending, LATE)
    }

    fn later(wait: u64, failures: u32, answers: u32) -> Fate {
        Fate::Later { wait: Micros::from_secs(wait), counts: Counts { failures, answers } }
    }

    #[test]
    fn what_was_answered_well_is_over() {
        for status in [200, 201, 204, 303] {
            assert_eq!(settle(3, 3, answer(status, true)), Fate::Settled, "{status}");
        }
    }

    #[test]
    fn a_refusal_that_nobody_hears_is_kept() {
        let refused = answer(422, false);
        assert_eq!(settle(0, 0, refused), Fate::Dead(Death::Refused));
        assert_eq!(settle(0, 0, Sending { watched: true, ..refused }), Fate::Settled);
        let broken = nobody(Kind::Permanent, false);
        assert_eq!(settle(0, 0, broken), Fate::Dead(Death::Failed));
        assert_eq!(settle(0, 0, Sending { watched: true, ..broken }), Fate::Settled);
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        for (failures, wait) in [(0, 1), (1, 2), (4, 16), (8, 256), (9, 300), (u32::MAX, 300)] {
            let after = failures.saturating_add(1);
            assert_eq!(settle(failures, 0, nobody(Kind::Network, true)), later(wait, after, 0));
        }
        let early = OutboxConfig::default().settle(
            Counts { failures: 3, answers: 0 },
            &nobody(Kind::Network, true),
            Draw(0),
        );
        assert_eq!(early, later(4, 4, 0), "half of 8 s, with the lowest draw");
    }

    #[test]
    fn only_answers_use_attempts_up() {
        assert_eq!(settle(500, 8, nobody(Kind::Network, true)), later(300, 501, 8));
        assert_eq!(settle(500, 8, answer(503, true)), later(300, 501, 9));
        assert_eq!(settle(500, 9, answer(503, true)), Fate::Dead(Death::Exhausted));
        assert_eq!(settle(9, 9, Sending { watched: true, ..answer(503, true) }), Fate::Settled);
    }

    #[test]
    fn a_first_attempt_that_still_runs_uses_nothing_up() {
        let running = Sending {
            verdict: Verdict { free: true, ..verdict(Kind::Transient, true) },
            ..answer(409, true)
        };
        assert_eq!(settle(9, 9, running), later(300, 10, 9));
    }

    #[test]
    fn what_a_breaker_held_back_was_not_sent_and_waits_for_the_breaker() {
        let held =
            Sending { retry_after: Some(Micros::from_secs(30)), ..nobody(Kind::CircuitBreaker, false) };
        assert_eq!(settle(2, 1, held), later(30, 2, 1));
    }

    #[test]
    fn a_service_that_asks_for_more_time_gets_it() {
        let asked = Sending { retry_after: Some(Micros::from_secs(900)), ..answer(429, true) };
        assert_eq!(settle(0, 0, asked), later(900, 1, 1));
        let asked = Sending { retry_after: Some(Micros::from_millis(1)), ..answer(429, true) };
        assert_eq!(settle(0, 0, asked), later(1, 1, 1));
    }
}
