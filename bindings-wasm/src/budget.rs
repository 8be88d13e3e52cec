//! Retry budgets, exported.

use crate::mailbox::ask;
use once_again_js::budget;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes a budget; JSON in and out.
#[wasm_bindgen(js_name = budgetOpen)]
#[must_use]
pub fn budget_open(rules: &str, path: &str) -> String {
    budget::open(rules, path)
}

/// Frees a budget.
#[wasm_bindgen(js_name = budgetClose)]
pub fn budget_close(handle: f64) {
    budget::close(handle);
}

/// An attempt has failed, and its policy has decided. Through the mailbox.
#[wasm_bindgen(js_name = budgetFailed)]
pub fn budget_failed() {
    ask(budget::failed);
}

/// A retry that was allowed never started. Through the mailbox.
#[wasm_bindgen(js_name = budgetReturned)]
pub fn budget_returned() {
    ask(budget::returned);
}

/// A call has succeeded after a retry. Through the mailbox.
#[wasm_bindgen(js_name = budgetSucceeded)]
pub fn budget_succeeded() {
    ask(budget::succeeded);
}

/// What a budget has counted, as JSON. Asked through the mailbox.
#[wasm_bindgen(js_name = budgetStats)]
#[must_use]
pub fn budget_stats() -> String {
    let mut stats = String::new();
    ask(|mail| stats = budget::stats(mail));
    stats
}
