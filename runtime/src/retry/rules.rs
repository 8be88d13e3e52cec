//! What a retry was given: the policy, the clock, the breaker, and the caller's own functions.

use super::classify::{Facts, of_any};
use super::{Failure, Kind, RetryError, RetryPolicy};
use crate::breaker::Breaker;
use crate::clock::{Clock, TokioClock};
use crate::entropy::{Entropy, ThreadRng};
use std::sync::Arc;
use std::time::Duration;

type Classify<E> = dyn Fn(&E) -> Facts + Send + Sync;
type Condition<E> = dyn Fn(&E, u32) -> bool + Send + Sync;
type OnRetry<E> = dyn Fn(&Retrying<'_, E>) + Send + Sync;
type OnSuccess = dyn Fn(&Succeeded<'_>) + Send + Sync;
type OnGiveUp<E> = dyn Fn(&RetryError<E>) + Send + Sync;

/// Everything a call is made under.
pub(super) struct Rules<E> {
    pub(super) policy: RetryPolicy,
    pub(super) name: Option<Arc<str>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) breaker: Option<Breaker>,
    pub(super) classify: Arc<Classify<E>>,
    pub(super) conditions: Vec<Arc<Condition<E>>>,
    pub(super) on_retry: Option<Arc<OnRetry<E>>>,
    pub(super) on_success: Option<Arc<OnSuccess>>,
    pub(super) on_give_up: Option<Arc<OnGiveUp<E>>>,
}

impl<E: 'static> Rules<E> {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            name: policy.to_spec().name.map(Into::into),
            policy,
            clock: Arc::new(TokioClock),
            entropy: Arc::new(ThreadRng),
            breaker: None,
            classify: Arc::new(of_any::<E>),
            conditions: Vec::new(),
            on_retry: None,
            on_success: None,
            on_give_up: None,
        }
    }
}

impl<E> Rules<E> {
    /// Whether the clock is asked only once something has gone wrong.
    pub(super) fn is_unwatched(&self) -> bool {
        let policy = self.policy.core();
        policy.attempt_timeout().is_none() && policy.total_timeout().is_none() && self.on_success.is_none()
    }
}

impl<E> Clone for Rules<E> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            name: self.name.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            breaker: self.breaker.clone(),
            classify: self.classify.clone(),
            conditions: self.conditions.clone(),
            on_retry: self.on_retry.clone(),
            on_success: self.on_success.clone(),
            on_give_up: self.on_give_up.clone(),
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
