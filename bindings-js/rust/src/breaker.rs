//! Circuit breakers of one thread, behind handles.

use crate::answer;
use crate::mailbox::{self, Mailbox};
use crate::mailbox::{
    ADMITTED, CHANGED_FROM, CLOSED_EPOCH, DURATION, HANDLE, KEPT, OUTCOME, PERMIT, QUIET, SETTLED, STATE,
    TIMES, WAIT,
};
use crate::slab::Slab;
use once_again_core::breaker::{Breaker, BreakerConfig, BreakerSpec, Change, Decision, Outcome, Permit};
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::time::Micros;
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static BREAKERS: RefCell<Slab<Breaker>> = const { RefCell::new(Slab::new()) };
}

/// What the driver should know about a new breaker. Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    name: Option<String>,
    fallback_strategy: &'static str,
    /// Whether the driver must measure how long calls take.
    times_calls: bool,
    health_check: Option<HealthCheck>,
    closed_epoch: u64,
    quiet: bool,
}

#[derive(Serialize)]
struct HealthCheck {
    interval: f64,
    timeout: f64,
}

/// Makes a breaker from a configuration; answers its handle and what the driver needs, or the refusal.
#[must_use]
pub fn open(config: &str) -> String {
    answer::text(try_open(config))
}

fn try_open(config: &str) -> Result<Opened, ConfigError> {
    let config = BreakerConfig::try_from(BreakerSpec::read(&answer::config(config)?, Unit::Millis, "")?)?;
    let breaker = Breaker::new(&config);
    Ok(Opened {
        closed_epoch: breaker.closed_epoch(),
        quiet: breaker.quiet(),
        handle: BREAKERS.with_borrow_mut(|breakers| breakers.insert(breaker)),
        name: config.name().map(Into::into),
        fallback_strategy: config.fallback_strategy().name(),
        times_calls: config.times_calls(),
        health_check: config.health_check().map(|check| HealthCheck {
            interval: mailbox::millis(check.interval),
            timeout: mailbox::millis(check.timeout),
        }),
    })
}

/// Frees a breaker; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    BREAKERS.with_borrow_mut(|breakers| breakers.remove(handle));
}

/// May a call be made? Reads `HANDLE` and `NOW`; answers `ADMITTED` with `PERMIT`, or `WAIT`.
pub fn admit(mail: &Mailbox) {
    with(mail, |breaker| {
        let admission = breaker.admit(mailbox::now(mail));
        match admission.decision {
            Decision::Permit(permit) => {
                mail[ADMITTED].set(1.0);
                for (word, number) in mail[PERMIT..].iter().zip(permit.to_words()) {
                    word.set(number);
                }
            }
            Decision::Rejected { retry_after, .. } => {
                mail[ADMITTED].set(0.0);
                mail[WAIT].set(mailbox::millis(retry_after));
            }
        }
        tell(mail, breaker, admission.change);
    });
}

/// A call has ended. Reads `HANDLE`, `NOW`, `DRAW`, `PERMIT`, `OUTCOME` and `DURATION`; answers `SETTLED`.
pub fn settle(mail: &Mailbox) {
    with(mail, |breaker| {
        let permit = Permit::from_words([mail[PERMIT].get(), mail[PERMIT + 1].get(), mail[PERMIT + 2].get()]);
        let duration = mailbox::span(mail[DURATION].get()).unwrap_or(Micros::ZERO);
        let settlement = breaker.settle(
            permit,
            outcome(mail[OUTCOME].get()),
            duration,
            mailbox::now(mail),
            mailbox::draw(mail),
        );
        mail[SETTLED].set(f64::from(settlement.verdict as u8));
        tell(mail, breaker, settlement.change);
    });
}

/// Calls of `CLOSED_EPOCH` have succeeded, and the driver kept that back until somebody could tell the difference. Each
/// counts at its own time, so this is the same as having been told at once. Reads `HANDLE`, `KEPT` and `TIMES`.
pub fn succeeded(mail: &Mailbox) {
    with(mail, |breaker| {
        let permit = Permit::call(breaker.closed_epoch());
        for time in mail[TIMES..].iter().take(kept(mail)) {
            // No success of a closed breaker opens it, so no draw is taken.
            let now = mailbox::tick(time.get());
            breaker.settle(permit, Outcome::Success, Micros::ZERO, now, Draw::default());
        }
        tell(mail, breaker, None);
    });
}

/// An active health check has ended: well when `OUTCOME` is that of a success. Reads `HANDLE` and `NOW`.
pub fn health(mail: &Mailbox) {
    with(mail, |breaker| {
        breaker.health(outcome(mail[OUTCOME].get()) == Outcome::Success, mailbox::now(mail));
        tell(mail, breaker, None);
    });
}

/// What the breaker has counted as of `now` (milliseconds), as JSON; `null` when it is closed.
#[must_use]
pub fn stats(handle: f64, now: f64) -> String {
    BREAKERS.with_borrow_mut(|breakers| {
        let counters = breakers.get_mut(handle).map(|breaker| breaker.counters(mailbox::tick(now)));
        json::to_string(&counters)
    })
}

fn with(mail: &Mailbox, event: impl FnOnce(&mut Breaker)) {
    BREAKERS.with_borrow_mut(|breakers| {
        mailbox::answer(mail, breakers.get_mut(mail[HANDLE].get()).map(event));
    });
}

/// What the driver keeps on its own breaker object between two questions.
fn tell(mail: &Mailbox, breaker: &Breaker, change: Option<Change>) {
    mail[STATE].set(f64::from(breaker.state() as u8));
    mail[CHANGED_FROM].set(change.map_or(-1.0, |change| f64::from(change.from as u8)));
    mail[CLOSED_EPOCH].set(epoch(breaker.closed_epoch()));
    mail[QUIET].set(f64::from(u8::from(breaker.quiet())));
}

#[expect(clippy::cast_precision_loss, reason = "epochs stay below 2^53")]
fn epoch(epoch: u64) -> f64 {
    epoch as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn kept(mail: &Mailbox) -> usize {
    mail[KEPT].get() as usize
}

/// Whatever is no outcome says nothing about the dependency.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn outcome(number: f64) -> Outcome {
    Outcome::from_number(number as u8).unwrap_or(Outcome::Ignored)
}
