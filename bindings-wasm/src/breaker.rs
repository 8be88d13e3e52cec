//! Circuit breakers, exported.

use crate::mailbox::ask;
use once_again_js::breaker;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes a breaker; JSON in and out.
#[wasm_bindgen(js_name = breakerOpen)]
#[must_use]
pub fn breaker_open(config: &str) -> String {
    breaker::open(config)
}

/// Frees a breaker.
#[wasm_bindgen(js_name = breakerClose)]
pub fn breaker_close(handle: f64) {
    breaker::close(handle);
}

/// May a call be made? Through the mailbox.
#[wasm_bindgen(js_name = breakerAdmit)]
pub fn breaker_admit() {
    ask(breaker::admit);
}

/// A call has ended. Through the mailbox.
#[wasm_bindgen(js_name = breakerSettle)]
pub fn breaker_settle() {
    ask(breaker::settle);
}

/// Calls have succeeded, each at its own time. Through the mailbox.
#[wasm_bindgen(js_name = breakerSucceeded)]
pub fn breaker_succeeded() {
    ask(breaker::succeeded);
}

/// A health check has ended. Through the mailbox.
#[wasm_bindgen(js_name = breakerHealth)]
pub fn breaker_health() {
    ask(breaker::health);
}

/// What a breaker has counted, as JSON.
#[wasm_bindgen(js_name = breakerStats)]
#[must_use]
pub fn breaker_stats(handle: f64, now: f64) -> String {
    breaker::stats(handle, now)
}
