//! Retry policies of one thread, behind handles.

use crate::answer::{self, Plain};
use crate::mailbox::{
    self, CALL, CUSTOM_DELAY, DELAY, HANDLE, LETTER, Mailbox, RETRY_AFTER, SLOT, STEP, VERDICT,
};
use crate::slab::Slab;
use once_again_core::classify::retry_after::{self, Hints};
use once_again_core::classify::{Host, Signals};
use once_again_core::dead_letter::Ending;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::{Failure, RetryCall, RetryPolicy, Step, Verdict, presets};
use once_again_core::spec::Unit;
use once_again_core::time::Timestamp;
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static POLICIES: RefCell<Slab<RetryPolicy>> = const { RefCell::new(Slab::new()) };
}

/// What the driver should know about a new policy.
#[derive(Serialize)]
struct Opened {
    handle: f64,
    #[serde(flatten)]
    described: Described,
}

/// A policy with every default filled in, in JavaScript's names and milliseconds.
#[derive(Serialize)]
pub(crate) struct Described {
    config: Plain,
    warnings: Vec<String>,
}

/// Makes a policy from a configuration or a preset's name, filled from the preset `fill`; answers its handle and all its
/// fields, or the refusal.
#[must_use]
pub fn open(config: &str, fill: &str) -> String {
    answer::text(read(config, fill).map(|policy| Opened {
        described: describe(&policy),
        handle: POLICIES.with_borrow_mut(|policies| policies.insert(policy)),
    }))
}

/// Frees a policy; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    POLICIES.with_borrow_mut(|policies| policies.remove(handle));
}

/// A configuration, or the preset of a name, with every default filled in from the preset `fill`; nothing is kept.
#[must_use]
pub fn complete(config: &str, fill: &str) -> String {
    answer::text(read(config, fill).as_ref().map_err(Clone::clone).map(describe))
}

/// The policy meant by `{retryPolicy, criticality, module, realTime, userFacing}`, with every default filled in.
#[must_use]
pub fn choose(wishes: &str) -> String {
    answer::text(try_choose(wishes))
}

fn try_choose(wishes: &str) -> Result<Described, ConfigError> {
    let spec = presets::resolve(&answer::config(wishes)?, Unit::Millis, "")?;
    RetryPolicy::try_from(spec).as_ref().map_err(Clone::clone).map(describe)
}

fn read(config: &str, fill: &str) -> Result<RetryPolicy, ConfigError> {
    RetryPolicy::from_value(&answer::config(config)?, Unit::Millis, "", fill)
}

pub(crate) fn describe(policy: &RetryPolicy) -> Described {
    Described { config: Plain(policy.to_spec().to_value(Unit::Millis)), warnings: policy.warnings().into() }
}

/// What a policy thinks of a failure, as the bits of a verdict; NaN when the policy is closed.
///
/// Signals that cannot be read are no signals: whatever was thrown, there is a verdict.
#[must_use]
pub fn judge(handle: f64, signals: &str) -> f64 {
    let signals = json::read(signals).unwrap_or_else(|_| Signals::new(Host::Node));
    POLICIES.with_borrow_mut(|policies| {
        policies.get_mut(handle).map_or(f64::NAN, |policy| f64::from(policy.judge(&signals).to_bits()))
    })
}

/// How long a failure asked to wait, milliseconds, against the wall clock `now` (milliseconds since the Unix epoch);
/// -1 when it did not ask, or not so that it can be understood.
#[must_use]
pub fn retry_after(hints: &str, now: f64) -> f64 {
    let now = Timestamp::new(mailbox::span(now).unwrap_or_default().get());
    json::read::<Hints<'_>>(hints)
        .ok()
        .and_then(|hints| retry_after::read(&hints, now))
        .map_or(-1.0, mailbox::millis)
}

/// The retry slot of this caller where no coordinator gives out another; -1 where the policy uses none.
#[must_use]
pub fn slot(handle: f64, service: &str, operation: &str, instance: &str) -> f64 {
    POLICIES.with_borrow_mut(|policies| {
        let slot = policies.get_mut(handle).and_then(|policy| policy.slot(service, operation, instance));
        slot.map_or(-1.0, f64::from)
    })
}

/// An attempt has failed. Reads `HANDLE`, `NOW`, `DRAW`, `VERDICT`, `RETRY_AFTER`, `CUSTOM_DELAY`, `SLOT` and `CALL`; answers
/// `STEP` with `DELAY`, `LETTER`, and the new `CALL`.
pub fn failed(mail: &Mailbox) {
    POLICIES.with_borrow_mut(|policies| {
        let policy = policies.get_mut(mail[HANDLE].get());
        mailbox::answer(mail, policy.map(|policy| try_again(policy, mail)));
    });
}

fn try_again(policy: &RetryPolicy, mail: &Mailbox) {
    let words: [f64; 6] = core::array::from_fn(|word| mail[CALL + word].get());
    let mut call = RetryCall::from_words(&words);
    let failure = Failure {
        verdict: Verdict::from_bits(bits(mail[VERDICT].get())),
        retry_after: mailbox::span(mail[RETRY_AFTER].get()),
        custom_delay: mailbox::span(mail[CUSTOM_DELAY].get()),
        slot: bits(mail[SLOT].get()),
    };
    match policy.failed(&mut call, mailbox::now(mail), &failure, mailbox::draw(mail)) {
        Step::Retry { delay } => {
            mail[STEP].set(0.0);
            mail[DELAY].set(mailbox::millis(delay));
        }
        Step::Stop(stop) => mail[STEP].set(f64::from(stop as u8)),
    }
    mail[LETTER].set(f64::from(u8::from(policy.dead_letter(Ending::GivenUp(failure.verdict.kind)))));
    for (word, number) in mail[CALL..].iter().zip(call.to_words()) {
        word.set(number);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub(crate) fn bits(number: f64) -> u32 {
    number as u32
}
