//! Circuit breakers, exported.

use crate::mailbox::ask;
use once_again_js::{breaker, shared};
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

/// A configuration with every default filled in; JSON in and out.
#[wasm_bindgen(js_name = breakerComplete)]
#[must_use]
pub fn breaker_complete(config: &str) -> String {
    breaker::complete(config)
}

/// How many breakers a registry keeps; JSON in and out.
#[wasm_bindgen(js_name = breakerRegistry)]
#[must_use]
pub fn breaker_registry(config: &str) -> String {
    breaker::registry(config)
}

/// What is worth keeping of a breaker, as JSON.
#[wasm_bindgen(js_name = breakerSnapshot)]
#[must_use]
pub fn breaker_snapshot(handle: f64, now: f64) -> String {
    breaker::snapshot(handle, now)
}

/// Has a breaker go on where a snapshot stopped; JSON in and out.
#[wasm_bindgen(js_name = breakerRestore)]
#[must_use]
pub fn breaker_restore(handle: f64, config: &str, snapshot: &str, now: f64) -> String {
    breaker::restore(handle, config, snapshot, now)
}

/// Breakers in the text format of Prometheus, from a JSON list of names and handles.
#[wasm_bindgen(js_name = breakerMetrics)]
#[must_use]
pub fn breaker_metrics(breakers: &str) -> String {
    breaker::metrics(breakers)
}

/// Holds a breaker open. Through the mailbox.
#[wasm_bindgen(js_name = breakerIsolate)]
pub fn breaker_isolate() {
    ask(breaker::isolate);
}

/// Takes back one isolation. Through the mailbox.
#[wasm_bindgen(js_name = breakerRelease)]
pub fn breaker_release() {
    ask(breaker::release);
}

/// Turns a breaker off, into an observer, or on again. Through the mailbox.
#[wasm_bindgen(js_name = breakerMode)]
pub fn breaker_mode() {
    ask(breaker::set_mode);
}

/// Has a breaker begin anew. Through the mailbox.
#[wasm_bindgen(js_name = breakerReset)]
pub fn breaker_reset() {
    ask(breaker::reset);
}

/// Shares a breaker with others of its name, as JSON.
#[wasm_bindgen(js_name = breakerShare)]
#[must_use]
pub fn breaker_share(handle: f64, config: &str) -> String {
    shared::share(handle, config)
}

/// What a shared breaker has to send, as JSON.
#[wasm_bindgen(js_name = breakerPoll)]
#[must_use]
pub fn breaker_poll(handle: f64, now: f64) -> String {
    shared::poll(handle, now)
}

/// The claim of the last admission, as JSON.
#[wasm_bindgen(js_name = breakerClaim)]
#[must_use]
pub fn breaker_claim(handle: f64) -> String {
    shared::claim(handle)
}

/// A shared breaker's store has answered, or not. Through the mailbox.
#[wasm_bindgen(js_name = breakerHear)]
#[expect(clippy::needless_pass_by_value, reason = "optional text crosses owned")]
pub fn breaker_hear(request: &str, answer: Option<String>) {
    ask(|mail| shared::hear(mail, request, answer.as_deref()));
}

/// A shared breaker's store has answered too late.
#[wasm_bindgen(js_name = breakerLate)]
pub fn breaker_late(handle: f64, request: &str, answer: &str) {
    shared::late(handle, request, answer);
}
