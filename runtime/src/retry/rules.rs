//! What a retry was given: the policy, the clock, the breaker, and the caller's own functions.

use super::classify::{Facts, of_any};
use super::{Failure, Kind, RetryError, RetryPolicy};
use crate::breaker::{Breaker, CircuitOpenError, Outcome, Permit};
use crate::budget::Budget;
use crate::clock::{Clock, TokioClock};
use crate::entropy::{Entropy, ThreadRng};
use crate::events::{self, Operation};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

type Classify<E> = dyn Fn(&E) -> Facts + Send + Sync;
type Condition<E> = dyn Fn(&E, u32) -> bool + Send + Sync;
type OnRetry<E> = dyn Fn(&Retrying<'_, E>) + Send + Sync;
type OnSuccess = dyn Fn(&Succeeded<'_>) + Send + Sync;
type OnGiveUp<E> = dyn Fn(&RetryError<E>) + Send + Sync;

/// Which of a service's processes this is: another in each, so that together they spread over the slots.
static INSTANCE: LazyLock<String> = LazyLock::new(|| format!("{:016x}", fastrand::u64(..)));

/// What is said once, and not with every call.
#[derive(Debug, Default)]
pub(super) struct Told {
    unknown: AtomicBool,
    slots: AtomicBool,
}

/// Everything a call is made under.
pub(super) struct Rules<E> {
    pub(super) policy: RetryPolicy,
    pub(super) name: Option<Arc<str>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) service: Option<Arc<str>>,
    pub(super) instance: Option<Arc<str>>,
    /// The slot that retries wait for.
    pub(super) slot: u32,
    pub(super) breaker: Option<Breaker>,
    /// How an error counts for the breaker.
    pub(super) outcome: fn(&Breaker, &E) -> Outcome,
    pub(super) budget: Option<Budget>,
    pub(super) classify: Arc<Classify<E>>,
    pub(super) conditions: Vec<Arc<Condition<E>>>,
    pub(super) on_retry: Option<Arc<OnRetry<E>>>,
    pub(super) on_success: Option<Arc<OnSuccess>>,
    pub(super) on_give_up: Option<Arc<OnGiveUp<E>>>,
    pub(super) told: Arc<Told>,
}

impl<E: 'static> Rules<E> {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        let mut rules = Self {
            name: policy.name().cloned(),
            policy,
            service: None,
            instance: None,
            slot: 0,
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            breaker: None,
            outcome: |breaker, error| breaker.outcome(Some(error)),
            budget: None,
            classify: Arc::new(of_any::<E>),
            conditions: Vec::new(),
            on_retry: None,
            on_success: None,
            on_give_up: None,
            told: Arc::default(),
        };
        rules.slot = rules.slot();
        rules
    }
}

impl<E> Rules<E> {
    /// Whether nothing has to happen around an attempt that succeeds, so that even the clock is asked only once something
    /// has gone wrong.
    pub(super) fn is_unwatched(&self) -> bool {
        let policy = self.policy.core();
        policy.attempt_timeout().is_none()
            && policy.total_timeout().is_none()
            && self.on_success.is_none()
            && !self.breaker.as_ref().is_some_and(Breaker::is_shared)
    }

    /// The breaker's permit for one attempt; `None` where there is no breaker. Waits for the store of a shared one.
    pub(super) async fn permit(&self) -> Result<Option<Permit>, CircuitOpenError> {
        match &self.breaker {
            Some(breaker) => breaker.acquire().await.map(Some),
            None => Ok(None),
        }
    }

    /// [`permit`](Self::permit), where nobody can wait or has to.
    pub(super) fn permit_now(&self) -> Result<Option<Permit>, CircuitOpenError> {
        self.breaker.as_ref().map(Breaker::try_acquire).transpose()
    }

    /// Tells the breaker how a permitted attempt ended.
    pub(super) fn settle<T>(&self, permit: Option<Permit>, result: &Result<T, Failure<E>>) {
        let Some(permit) = permit else { return };
        let outcome = match result {
            Ok(_) => Outcome::Success,
            Err(Failure::Error(error)) => (self.outcome)(permit.breaker(), error),
            Err(Failure::TimedOut(_) | Failure::CircuitOpen(_)) => Outcome::Failure,
        };
        permit.settle(outcome);
    }

    pub(super) fn operation(&self) -> Operation<'_> {
        Operation {
            service: self.service.as_deref().unwrap_or("default"),
            name: self.name.as_deref().unwrap_or("default"),
        }
    }

    /// Tells of a failure that fits no rule, once: somebody should classify it.
    pub(super) fn tell_of_unknown(&self, attempt: u32) {
        if !self.told.unknown.swap(true, Ordering::Relaxed) {
            events::unknown_error(self.operation(), attempt);
        }
    }

    /// Tells that slots follow from names, once, where retries wait for one.
    pub(super) fn tell_of_slots(&self) {
        let spreads = || self.policy.core().slot("", "", "").is_some();
        if !self.told.slots.load(Ordering::Relaxed)
            && spreads()
            && !self.told.slots.swap(true, Ordering::Relaxed)
        {
            events::slots_without_coordinator(self.operation());
        }
    }

    /// A service without a name is none here, as in every language: a fleet of several spreads over the same slots.
    pub(super) fn slot(&self) -> u32 {
        let service = self.service.as_deref().unwrap_or_default();
        let Operation { name, .. } = self.operation();
        let instance = self.instance.as_deref().unwrap_or_else(|| &*INSTANCE);
        self.policy.core().slot(service, name, instance).unwrap_or(0)
    }
}

impl<E> Clone for Rules<E> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            name: self.name.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            service: self.service.clone(),
            instance: self.instance.clone(),
            slot: self.slot,
            breaker: self.breaker.clone(),
            outcome: self.outcome,
            budget: self.budget.clone(),
            classify: self.classify.clone(),
            conditions: self.conditions.clone(),
            on_retry: self.on_retry.clone(),
            on_success: self.on_success.clone(),
            on_give_up: self.on_give_up.clone(),
            told: self.told.clone(),
        }
    }
}

/// An attempt failed and another one follows.
#[derive(Debug)]
#[non_exhaustive]
pub struct Retrying<'a, E> {
    /// The operation's name, if it has one.
    pub name: Option<&'a str>,
    /// The attempt that failed, from 1.
    pub attempt: u32,
    /// How long until the next.
    pub delay: Duration,
    /// What kind of failure it was.
    pub kind: Kind,
    /// The failure.
    pub failure: &'a Failure<E>,
}

/// A call succeeded.
#[derive(Debug)]
#[non_exhaustive]
pub struct Succeeded<'a> {
    /// The operation's name, if it has one.
    pub name: Option<&'a str>,
    /// How many attempts it took.
    pub attempts: u32,
    /// How long it took, waits included.
    pub elapsed: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 as the vectors' README lays it out, modulo 10 000, computed outside of this code.
    #[test]
    fn a_caller_without_names_has_the_slot_it_has_in_every_language() {
        let policy = RetryPolicy::builder().slots(10_000, Duration::from_millis(1)).build().unwrap();
        let slot = |service: Option<&str>, name: Option<&str>| {
            let mut rules = Rules::<()>::new(policy.clone());
            rules.instance = Some("i-1".into());
            (rules.service, rules.name) = (service.map(Into::into), name.map(Into::into));
            rules.slot()
        };
        assert_eq!(slot(None, None), 6_415);
        assert_eq!(slot(None, Some("fetch")), 2_171);
        assert_eq!(slot(Some("default"), None), 4_178);
    }
}
