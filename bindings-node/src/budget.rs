//! Retry budgets, exported.

use crate::mailbox::ask;
use napi_derive::napi;
use once_again_js::budget;

/// Makes a budget; JSON in and out.
#[napi]
#[must_use]
pub fn budget_open(rules: String, path: String) -> String {
    budget::open(&rules, &path)
}

/// Frees a budget.
#[napi]
pub fn budget_close(handle: f64) {
    budget::close(handle);
}

/// An attempt has failed, and its policy has decided. Through the mailbox.
#[napi]
pub fn budget_failed() {
    ask(budget::failed);
}

/// A retry that was allowed never started. Through the mailbox.
#[napi]
pub fn budget_returned() {
    ask(budget::returned);
}

/// A call has succeeded after a retry. Through the mailbox.
#[napi]
pub fn budget_succeeded() {
    ask(budget::succeeded);
}

/// What a budget has counted, as JSON. Asked through the mailbox.
#[napi]
#[must_use]
pub fn budget_stats() -> String {
    let mut stats = String::new();
    ask(|mail| stats = budget::stats(mail));
    stats
}
