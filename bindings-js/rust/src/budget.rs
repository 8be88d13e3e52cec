//! Retry budgets of one thread, behind handles.

use crate::answer::{self, Plain};
use crate::mailbox::{self, DEPOSITS, HANDLE, HELD, Mailbox, STEP, VERDICT};
use crate::retry::bits;
use crate::slab::Slab;
use once_again_core::budget::{Budget, BudgetConfig, BudgetSpec, Withdrawal};
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::{Step, Stop, Verdict};
use once_again_core::spec::Unit;
use once_again_core::time::Micros;
use serde::Serialize;
use std::cell::{Cell, RefCell};

thread_local! {
    static BUDGETS: RefCell<Slab<Budget>> = const { RefCell::new(Slab::new()) };
}

/// What the driver should know about a new budget.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    name: String,
    /// Which calls the driver counts.
    deposit_on: &'static str,
    config: Plain,
}

/// Makes a full budget from rules, a preset's name or `true`; answers its handle and what the driver needs, or the
/// refusal. `path` stands before a field's name in an error.
#[must_use]
pub fn open(rules: &str, path: &str) -> String {
    answer::text(try_open(rules, path))
}

fn try_open(rules: &str, path: &str) -> Result<Opened, ConfigError> {
    let config = BudgetConfig::try_from(BudgetSpec::read(&answer::config(rules)?, Unit::Millis, path)?)?;
    Ok(Opened {
        name: config.name().into(),
        deposit_on: config.deposit_on().name(),
        config: Plain(config.to_spec().to_value(Unit::Millis)),
        handle: BUDGETS.with_borrow_mut(|budgets| budgets.insert(Budget::new(config))),
    })
}

/// Frees a budget; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    BUDGETS.with_borrow_mut(|budgets| budgets.remove(handle));
}

/// An attempt has failed, and its policy has decided. Reads `HANDLE`, `NOW`, `DEPOSITS`, `VERDICT`, `STEP` and `HELD`;
/// answers the new `STEP` and `HELD`.
pub fn failed(mail: &Mailbox) {
    with(mail, |budget| {
        budget.deposit(count(&mail[DEPOSITS]));
        let verdict = Verdict::from_bits(bits(mail[VERDICT].get()));
        let step = match Stop::from_number(small(&mail[STEP])) {
            Some(reason) => Step::Stop(reason),
            // How long the policy waits is nothing to a budget.
            None => Step::Retry { delay: Micros::ZERO },
        };
        let mut held = Withdrawal::from_word(mail[HELD].get());
        let step = budget.failed(&mut held, mailbox::now(mail), verdict, step);
        mail[HELD].set(held.to_word());
        mail[STEP].set(match step {
            Step::Retry { .. } => 0.0,
            Step::Stop(reason) => f64::from(reason as u8),
        });
    });
}

/// A retry that was allowed never started. Reads `HANDLE` and `HELD`.
pub fn returned(mail: &Mailbox) {
    with(mail, |budget| budget.returned(&mut Withdrawal::from_word(mail[HELD].get())));
}

/// A call has succeeded after a retry. Reads `HANDLE` and `HELD`.
pub fn succeeded(mail: &Mailbox) {
    with(mail, |budget| budget.succeeded(&mut Withdrawal::from_word(mail[HELD].get())));
}

/// What the budget has counted as of `NOW`, as JSON; `null` when it is closed. Reads `HANDLE`, `NOW` and `DEPOSITS`.
#[must_use]
pub fn stats(mail: &Mailbox) -> String {
    BUDGETS.with_borrow_mut(|budgets| {
        let counters = budgets.get_mut(mail[HANDLE].get()).map(|budget| {
            budget.deposit(count(&mail[DEPOSITS]));
            budget.counters(mailbox::now(mail))
        });
        json::to_string(&counters)
    })
}

fn with(mail: &Mailbox, event: impl FnOnce(&mut Budget)) {
    BUDGETS.with_borrow_mut(|budgets| {
        mailbox::answer(mail, budgets.get_mut(mail[HANDLE].get()).map(event));
    });
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn count(word: &Cell<f64>) -> u64 {
    word.get() as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn small(word: &Cell<f64>) -> u8 {
    word.get() as u8
}
