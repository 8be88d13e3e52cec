//! Which calls become dead letters.

use crate::classify::Kind;
use crate::retry::RetryPolicy;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a result.
    Succeeded,
    /// By its caller, who knows about it.
    Cancelled,
    /// With a failure of this kind that is not tried again, for whatever reason.
    GivenUp(Kind),
}

impl RetryPolicy {
    /// Whether a call that ended so is a dead letter (advanced retry, dead letter queue): every call that was given up,
    /// after one attempt or many, unless a breaker rejected it, since a call that was never made cannot be made again; and
    /// none at all where the policy says so.
    #[must_use]
    pub const fn dead_letter(&self, ending: Ending) -> bool {
        match ending {
            Ending::Succeeded | Ending::Cancelled | Ending::GivenUp(Kind::CircuitBreaker) => false,
            Ending::GivenUp(_) => self.enables_dead_letters(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::RetrySpec;

    fn policy(enable_dead_letter: Option<bool>) -> RetryPolicy {
        RetrySpec { enable_dead_letter, ..RetrySpec::default() }.try_into().unwrap()
    }

    #[test]
    fn every_kind_of_failure_but_an_open_breaker_is_buried_when_given_up() {
        for kind in Kind::ALL {
            for enabled in [None, Some(true)] {
                assert_eq!(
                    policy(enabled).dead_letter(Ending::GivenUp(kind)),
                    kind != Kind::CircuitBreaker,
                    "{kind:?}"
                );
            }
            assert!(!policy(Some(false)).dead_letter(Ending::GivenUp(kind)), "{kind:?}");
        }
    }

    #[test]
    fn what_succeeded_or_was_cancelled_is_not() {
        assert!(!policy(None).dead_letter(Ending::Succeeded));
        assert!(!policy(None).dead_letter(Ending::Cancelled));
    }
}
