//! What is written to `tracing`, in the fields of the retry policy standards: service, operation, attempt, delay (seconds),
//! error (the kind of failure; messages may hold secrets). The time and the trace are the subscriber's and the span's.
//!
//! A retry is a warning, giving up an error; a success after retries and a breaker's change of state are information. Once for
//! each operation, a failure that nothing classifies is a warning, and slots that follow from names are information.

use crate::breaker::State;
use crate::retry::{Kind, Stop};
use once_again_core::idempotency::machine::Reason;
use std::time::Duration;

/// Who calls what.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only events say it"))]
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
}

#[cfg(feature = "tracing")]
pub(crate) fn retrying(
    Operation { service, name }: Operation<'_>,
    attempt: u32,
    delay: Duration,
    kind: Kind,
) {
    tracing::warn!(
        target: "once_again",
        service,
        operation = name,
        attempt,
        delay = delay.as_secs_f64(),
        error = kind.name(),
        "retry"
    );
}

#[cfg(feature = "tracing")]
pub(crate) fn succeeded(Operation { service, name }: Operation<'_>, attempts: u32, elapsed: Duration) {
    tracing::info!(
        target: "once_again",
        service,
        operation = name,
        attempt = attempts,
        duration = elapsed.as_secs_f64(),
        "succeeded after retries"
    );
}

#[cfg(feature = "tracing")]
pub(crate) fn gave_up(
    Operation { service, name }: Operation<'_>,
    attempts: u32,
    elapsed: Duration,
    kind: Kind,
    reason: Stop,
) {
    tracing::error!(
        target: "once_again",
        service,
        operation = name,
        attempt = attempts,
        duration = elapsed.as_secs_f64(),
        error = kind.name(),
        reason = reason.name(),
        "gave up"
    );
}

#[cfg(feature = "tracing")]
pub(crate) fn unknown_error(Operation { service, name }: Operation<'_>, attempt: u32) {
    tracing::warn!(
        target: "once_again",
        service,
        operation = name,
        attempt,
        error = Kind::Unknown.name(),
        "unknown error"
    );
}

#[cfg(feature = "tracing")]
pub(crate) fn slots_without_coordinator(Operation { service, name }: Operation<'_>) {
    tracing::info!(target: "once_again", service, operation = name, "slots without coordinator");
}

#[cfg(feature = "tracing")]
pub(crate) fn breaker_changed(name: &str, from: State, to: State) {
    tracing::info!(target: "once_again", breaker = name, from = from.name(), to = to.name(), "breaker changed");
}

#[cfg(feature = "tracing")]
pub(crate) fn breaker_would_open(name: &str) {
    tracing::info!(target: "once_again", breaker = name, "breaker would have opened");
}

#[cfg(feature = "tracing")]
pub(crate) fn breaker_attached(name: &str) {
    tracing::info!(target: "once_again", breaker = name, "breaker is shared");
}

#[cfg(feature = "tracing")]
pub(crate) fn breaker_detached(name: &str) {
    tracing::warn!(target: "once_again", breaker = name, "breaker goes on alone: its store does not answer");
}

#[cfg(feature = "tracing")]
pub(crate) fn breaker_forgotten(name: &str, state: State) {
    tracing::warn!(
        target: "once_again",
        breaker = name,
        state = state.name(),
        "a full registry forgot a breaker that was not closed"
    );
}

#[cfg(all(feature = "tracing", any(feature = "postgres", feature = "redis")))]
pub(crate) fn store_endangered(warning: &str) {
    tracing::warn!(target: "once_again", warning, "records are not safe with their store");
}

#[cfg(feature = "tracing")]
pub(crate) fn not_replayable(name: &str) {
    tracing::warn!(
        target: "once_again",
        operation = name,
        "a result that JSON cannot say is recorded as done and cannot be replayed"
    );
}

#[cfg(feature = "tracing")]
pub(crate) fn unprotected(reason: Reason) {
    tracing::warn!(target: "once_again", reason = reason.name(), "runs unprotected: a repetition will not find it");
}

#[cfg(feature = "tracing")]
pub(crate) fn completion_lost(reason: &str) {
    tracing::error!(target: "once_again", reason, "completion lost: a repetition may run again");
}

#[cfg(not(feature = "tracing"))]
mod silent {
    use super::{Duration, Kind, Operation, Reason, State, Stop};

    pub(crate) const fn retrying(_: Operation<'_>, _: u32, _: Duration, _: Kind) {}
    pub(crate) const fn succeeded(_: Operation<'_>, _: u32, _: Duration) {}
    pub(crate) const fn gave_up(_: Operation<'_>, _: u32, _: Duration, _: Kind, _: Stop) {}
    pub(crate) const fn unknown_error(_: Operation<'_>, _: u32) {}
    pub(crate) const fn slots_without_coordinator(_: Operation<'_>) {}
    pub(crate) const fn breaker_changed(_: &str, _: State, _: State) {}
    pub(crate) const fn breaker_would_open(_: &str) {}
    pub(crate) const fn breaker_attached(_: &str) {}
    pub(crate) const fn breaker_detached(_: &str) {}
    pub(crate) const fn breaker_forgotten(_: &str, _: State) {}
    pub(crate) const fn not_replayable(_: &str) {}
    pub(crate) const fn unprotected(_: Reason) {}
    pub(crate) const fn completion_lost(_: &str) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use silent::{
    breaker_attached, breaker_changed, breaker_detached, breaker_forgotten, breaker_would_open,
    completion_lost, gave_up, not_replayable, retrying, slots_without_coordinator, succeeded, unknown_error,
    unprotected,
};
