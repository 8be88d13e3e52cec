//! What a caller is told when another run's end takes the place of its own.

use super::Kept;
use crate::error::Code;
use crate::idempotency::machine::{Action, Refusal, Replay, Settled};
use crate::time::Micros;

/// The end of a call that its own function did not bring about, or not for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Another run returned a value of this text.
    Returned(Vec<u8>),
    /// Another run threw, and this is how its host wrote it.
    Threw(Vec<u8>),
    /// The store did not confirm the record before the lease ended.
    Uncertain,
    /// There is no end to tell of.
    Refused(Refusal),
}

impl Told {
    /// What `action` says about the call's end, if anything.
    #[must_use]
    pub fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Replay(replay) | Action::Settled(Settled::Lost { replay: Some(replay) }) => {
                Some(Self::replayed(replay))
            }
            Action::Refuse(refusal) => Some(Self::Refused(refusal.clone())),
            Action::Settled(Settled::Lost { replay: None }) => Some(Self::refused(
                Code::IdempotencyInProgress,
                "Another run of this call has taken over and is not done.",
            )),
            Action::Settled(Settled::Uncertain) => Some(Self::Uncertain),
            _ => None,
        }
    }

    fn replayed(replay: &Replay) -> Self {
        match Kept::of(&replay.outcome) {
            Kept::Returned(text) => Self::Returned(text.to_vec()),
            Kept::Threw(text) => Self::Threw(text.to_vec()),
            Kept::Omitted => Self::refused(
                Code::IdempotencyNotReplayable,
                "The function has run, but what it returned was not kept.",
            ),
        }
    }

    const fn refused(code: Code, detail: &'static str) -> Self {
        Self::Refused(Refusal { code, retry_after: None::<Micros>, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::record::{Body, Outcome, OutcomeKind};
    use crate::time::Timestamp;

    fn replay(status: u16, body: Body) -> Replay {
        let outcome = Outcome { kind: OutcomeKind::Function, status, headers: Vec::new(), body };
        Replay { outcome, created: Timestamp::new(1) }
    }

    fn code(told: Option<&Told>) -> Option<Code> {
        match told {
            Some(Told::Refused(Refusal { code, .. })) => Some(*code),
            _ => None,
        }
    }

    #[test]
    fn another_runs_end_is_told_whenever_it_is_heard_of() {
        let value = || replay(0, Body::Kept(b"7".to_vec()));
        assert_eq!(Told::of(&Action::Replay(value())), Some(Told::Returned(b"7".to_vec())));
        let lost = Settled::Lost { replay: Some(value()) };
        assert_eq!(Told::of(&Action::Settled(lost)), Some(Told::Returned(b"7".to_vec())));
        let threw = replay(1, Body::Kept(b"{}".to_vec()));
        assert_eq!(Told::of(&Action::Replay(threw)), Some(Told::Threw(b"{}".to_vec())));
    }

    #[test]
    fn where_there_is_no_end_to_tell_of_the_caller_hears_why() {
        let omitted = Action::Replay(replay(0, Body::Omitted));
        assert_eq!(code(Told::of(&omitted).as_ref()), Some(Code::IdempotencyNotReplayable));
        let lost = Action::Settled(Settled::Lost { replay: None });
        assert_eq!(code(Told::of(&lost).as_ref()), Some(Code::IdempotencyInProgress));
        let refusal = Refusal { code: Code::StoreFull, retry_after: Some(Micros::new(1)), detail: "full" };
        assert_eq!(Told::of(&Action::Refuse(refusal.clone())), Some(Told::Refused(refusal)));
    }

    #[test]
    fn a_calls_own_end_stands_where_nothing_else_is_said() {
        assert_eq!(Told::of(&Action::Settled(Settled::Completed)), None);
        assert_eq!(Told::of(&Action::Settled(Settled::Released)), None);
        assert_eq!(Told::of(&Action::Answer), None);
        assert_eq!(Told::of(&Action::Settled(Settled::Uncertain)), Some(Told::Uncertain));
    }
}
