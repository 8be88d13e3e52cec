//! Retry policies, exported.

use crate::mailbox::ask;
use once_again_js::retry;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes a policy; JSON in and out.
#[wasm_bindgen(js_name = retryOpen)]
#[must_use]
pub fn retry_open(config: &str, fill: &str) -> String {
    retry::open(config, fill)
}

/// Frees a policy.
#[wasm_bindgen(js_name = retryClose)]
pub fn retry_close(handle: f64) {
    retry::close(handle);
}

/// A configuration or a preset with every default filled in; JSON in and out.
#[wasm_bindgen(js_name = retryComplete)]
#[must_use]
pub fn retry_complete(config: &str, fill: &str) -> String {
    retry::complete(config, fill)
}

/// The policy that fits what is said about a call; JSON in and out.
#[wasm_bindgen(js_name = retryChoose)]
#[must_use]
pub fn retry_choose(wishes: &str) -> String {
    retry::choose(wishes)
}

/// The verdict on a failure, as bits.
#[wasm_bindgen(js_name = retryJudge)]
#[must_use]
pub fn retry_judge(handle: f64, signals: &str) -> f64 {
    retry::judge(handle, signals)
}

/// How long a failure asked to wait, milliseconds; -1 when it did not.
#[wasm_bindgen(js_name = retryAfter)]
#[must_use]
pub fn retry_after(hints: &str, now: f64) -> f64 {
    retry::retry_after(hints, now)
}

/// The retry slot of a caller; -1 where the policy uses none.
#[wasm_bindgen(js_name = retrySlot)]
#[must_use]
pub fn retry_slot(handle: f64, service: &str, operation: &str, instance: &str) -> f64 {
    retry::slot(handle, service, operation, instance)
}

/// An attempt has failed. Through the mailbox.
#[wasm_bindgen(js_name = retryFailed)]
pub fn retry_failed() {
    ask(retry::failed);
}
