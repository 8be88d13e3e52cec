//! What a failure means to a policy: its kind, and whether it may be tried again at all.

use super::policy::RetryPolicy;
use crate::classify::{HttpSignals, Kind, Signals, bare, classify};

/// A retry that is granted once per call, whatever else the policy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Once {
    /// As often as the policy allows.
    #[default]
    No = 0,
    /// After a 421: on another connection.
    NewConnection = 1,
    /// After a 401: with new credentials and the same key, at once and without using up an attempt.
    NewCredentials = 2,
}

/// What a policy thinks of a failure. A pure function of policy and signals, so a driver may keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What kind of failure it was.
    pub kind: Kind,
    /// Whether it may be retried, as far as the failure itself goes.
    pub retry: bool,
    /// Whether it uses up no attempt: the first request with this key is still running, so nothing failed.
    pub free: bool,
    /// Whether the retry is granted only once.
    pub once: Once,
}

impl Verdict {
    /// The verdict in one number: bits 0–3 the kind, 4 retry, 5 free, 6–7 once.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.kind as u32 | (self.retry as u32) << 4 | (self.free as u32) << 5 | (self.once as u32) << 6
    }

    /// The verdict of [`to_bits`](Self::to_bits). Bits that mean nothing give kind Unknown, or no grant.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self {
            kind: match Kind::from_number((bits & 0b1111) as u8) {
                Some(kind) => kind,
                None => Kind::Unknown,
            },
            retry: bits & 1 << 4 != 0,
            free: bits & 1 << 5 != 0,
            once: match bits >> 6 & 0b11 {
                1 => Once::NewConnection,
                2 => Once::NewCredentials,
                _ => Once::No,
            },
        }
    }
}

/// Which failures a policy retries, once its lists were read.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    only: Option<List>,
    statuses: Option<Vec<u16>>,
    never: List,
}

impl Rules {
    pub(super) fn new(only: Option<&[String]>, statuses: Option<&[u16]>, never: &[String]) -> Self {
        Self { only: only.map(List::new), statuses: statuses.map(Into::into), never: List::new(never) }
    }

    /// Once a list is given, only what the lists name is retried.
    fn retries(&self, kind: Kind, signals: &Signals<'_>) -> bool {
        if self.only.is_none() && self.statuses.is_none() {
            return kind.retried_by_default();
        }
        let by_name = self.only.as_ref().is_some_and(|list| list.has(kind, signals));
        let by_status =
            signals.status.is_some_and(|s| self.statuses.as_ref().is_some_and(|list| list.contains(&s)));
        by_name || by_status
    }
}

/// Kinds, codes and class names.
#[derive(Clone, Debug)]
struct List(Vec<String>);

impl List {
    fn new(words: &[String]) -> Self {
        Self(words.into())
    }

    /// A class name without its module matches that class of any module.
    fn has(&self, kind: Kind, signals: &Signals<'_>) -> bool {
        self.0.iter().any(|word| {
            Kind::from_name(word) == Some(kind)
                || signals.code.as_deref() == Some(word)
                || signals.names.iter().any(|name| name == word || bare(name) == word)
        })
    }
}

impl RetryPolicy {
    /// Whether this failure may be retried, and as what.
    ///
    /// Order: cancellation · what HTTP forbids (a replayed answer is final; a request that is neither idempotent by its
    /// method nor carries a key is not sent twice) · `never_on` · an answer that says the first request is still running ·
    /// `retry_on` and `retry_statuses`, which replace the default · the table of kinds. Custom conditions are the
    /// driver's to ask afterwards: they can only veto.
    #[must_use]
    pub fn judge(&self, signals: &Signals<'_>) -> Verdict {
        let kind = classify(signals);
        let verdict = Verdict { kind, retry: false, free: false, once: Once::No };
        let http = signals.http.as_ref();
        let forbidden = http.is_some_and(|http| http.replayed || !http.may_repeat());
        if signals.cancelled || forbidden || self.rules().never.has(kind, signals) {
            return verdict;
        }
        let in_progress = signals.status == Some(409) && http.is_some_and(HttpSignals::in_progress)
            || signals.code.as_deref() == Some("IDEMPOTENCY_IN_PROGRESS");
        if in_progress {
            return Verdict { retry: true, free: true, ..verdict };
        }
        if signals.status == Some(401) && http.is_some_and(|http| http.can_refresh) {
            return Verdict { retry: true, free: true, once: Once::NewCredentials, ..verdict };
        }
        let once = if signals.status == Some(421) { Once::NewConnection } else { Once::No };
        Verdict { retry: self.rules().retries(kind, signals), once, ..verdict }
    }
}
