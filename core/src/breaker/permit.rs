//! What crosses between a breaker and its host: permits, outcomes and answers, each with numbers that never change.

use crate::time::{MAX_MICROS, Micros};

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)* }

        impl $name {
            /// The name users see.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $text,)* } }

            /// The one with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> { match number { $($number => Some(Self::$variant),)* _ => None } }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> { match name { $($text => Some(Self::$variant),)* _ => None } }
        }
    };
}

numbered! {
    /// Where a breaker stands.
    State {
        /// Calls pass, results are watched.
        Closed = 0, "CLOSED";
        /// Calls are rejected until the deadline.
        Open = 1, "OPEN";
        /// A few probes pass, and decide.
        HalfOpen = 2, "HALF_OPEN";
        /// An operator holds it open.
        ForcedOpen = 3, "FORCED_OPEN";
        /// Calls pass, nothing is recorded.
        Disabled = 4, "DISABLED";
        /// Calls pass, results are watched, it never opens.
        MetricsOnly = 5, "METRICS_ONLY";
    }
}

numbered! {
    /// What a breaker does when no operator holds it open.
    Mode {
        /// Opens and closes by its rules.
        Normal = 0, "NORMAL";
        /// Admits everything, records nothing.
        Disabled = 1, "DISABLED";
        /// Admits everything, records, and only reports that it would have opened.
        MetricsOnly = 2, "METRICS_ONLY";
    }
}

numbered! {
    /// Why a call was admitted.
    PermitKind {
        /// The breaker lets everyone through; such permits are all alike, and a host may make them itself (`closed_epoch`).
        Call = 0, "call";
        /// One of the few calls that decide whether a half-open breaker closes.
        Probe = 1, "probe";
    }
}

numbered! {
    /// How an admitted call ended.
    Outcome {
        /// The dependency answered; a slow answer may still count against it.
        Success = 0, "success";
        /// The dependency failed.
        Failure = 1, "failure";
        /// The result says nothing about the dependency (a validation error, for instance): counts nowhere.
        Ignored = 2, "ignored";
        /// The permit was dropped or the call cancelled, so that no result will come: counts as a failure in half-open
        /// only, unless configured otherwise.
        Abandoned = 3, "abandoned";
    }
}

numbered! {
    /// What became of a result.
    Verdict {
        /// The permit was good and is now used up.
        Counted = 0, "counted";
        /// The permit belongs to an earlier epoch or its lease was over: nothing changed.
        Stale = 1, "stale";
        /// The probe had already been settled: nothing changed.
        Duplicate = 2, "duplicate";
    }
}

/// The right to make one call. `epoch` says in which state of the breaker it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The breaker's epoch when the permit was given; never 0.
    pub epoch: u64,
    /// Why the call was admitted.
    pub kind: PermitKind,
    /// Which probe of its epoch it is, from 0; 0 for a [`PermitKind::Call`].
    pub seq: u32,
}

impl Permit {
    /// A call's permit in `epoch`.
    #[must_use]
    pub const fn call(epoch: u64) -> Self {
        Self { epoch, kind: PermitKind::Call, seq: 0 }
    }

    /// The permit as three numbers that JavaScript keeps exactly: epoch, kind, seq.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "epochs stay below 2^53")]
    pub fn to_words(self) -> [f64; 3] {
        [self.epoch as f64, f64::from(self.kind as u8), f64::from(self.seq)]
    }

    /// The permit of three numbers. Whatever no breaker ever gave becomes a permit of epoch 0, which is always stale.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked whole and in range")]
    pub fn from_words(words: [f64; 3]) -> Self {
        let whole = |word: f64, most: u64| {
            (word.fract() == 0.0 && word >= 0.0).then_some(word as u64).filter(|w| *w <= most)
        };
        let kind = whole(words[1], 1).and_then(|kind| PermitKind::from_number(kind as u8));
        match (whole(words[0], MAX_MICROS), kind, whole(words[2], u64::from(u32::MAX))) {
            (Some(epoch), Some(kind), Some(seq)) => Self { epoch, kind, seq: seq as u32 },
            _ => Self::call(0),
        }
    }
}

/// A change of state, for those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
}

/// May the call be made?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes; settle this permit when it has ended.
    Permit(Permit),
    /// No.
    Rejected {
        /// The state that refused it.
        state: State,
        /// How long until an open breaker lets a probe through. Zero in the other states, where no time is known.
        retry_after: Micros,
    },
}

/// The answer to [`admit`](super::Breaker::admit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// May the call be made?
    pub decision: Decision,
    /// The state change this question brought about.
    pub change: Option<Change>,
}

/// The answer to [`settle`](super::Breaker::settle).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What became of the result.
    pub verdict: Verdict,
    /// The state change this result brought about.
    pub change: Option<Change>,
    /// A breaker that only watches would have opened here. Said once per crossing of its rules.
    pub would_open: bool,
}

impl Settlement {
    /// An answer that changed no state.
    #[must_use]
    pub(super) const fn plain(verdict: Verdict) -> Self {
        Self { verdict, change: None, would_open: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_survives_three_numbers() {
        let permit = Permit { epoch: MAX_MICROS, kind: PermitKind::Probe, seq: u32::MAX };
        assert_eq!(format!("{:?}", permit.to_words()), "[9007199254740991.0, 1.0, 4294967295.0]");
        assert_eq!(Permit::from_words(permit.to_words()), permit);
    }

    #[test]
    fn numbers_that_are_no_permit_become_one_of_epoch_zero() {
        for words in [
            [f64::NAN, 0.0, 0.0],
            [1.5, 0.0, 0.0],
            [-1.0, 0.0, 0.0],
            [f64::INFINITY, 0.0, 0.0],
            [9_007_199_254_740_992.0, 0.0, 0.0],
            [1.0, 2.0, 0.0],
            [1.0, 257.0, 0.0],
            [1.0, 0.0, 4_294_967_296.0],
            [1.0, f64::NAN, 0.0],
        ] {
            assert_eq!(Permit::from_words(words), Permit::call(0), "{words:?}");
        }
    }

    #[test]
    fn names_and_numbers_are_fixed() {
        let states: Vec<_> = (0..7).map(|n| State::from_number(n).map(State::name)).collect();
        assert_eq!(
            states,
            [
                Some("CLOSED"),
                Some("OPEN"),
                Some("HALF_OPEN"),
                Some("FORCED_OPEN"),
                Some("DISABLED"),
                Some("METRICS_ONLY"),
                None
            ]
        );
        assert_eq!(Outcome::from_name("abandoned"), Outcome::from_number(3));
        assert_eq!(Verdict::from_name("duplicate"), Verdict::from_number(2));
        assert_eq!(Mode::from_name("METRICS_ONLY"), Mode::from_number(2));
    }
}
