//! Functions that run once, exported.

use once_again_js::action;
use once_again_js::run::Moment;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads the options of a function; JSON in and out.
#[wasm_bindgen(js_name = actionOpen)]
#[must_use]
pub fn action_open(config: &str) -> String {
    action::open(config)
}

/// Frees a configuration.
#[wasm_bindgen(js_name = actionClose)]
pub fn action_close(handle: f64) {
    action::close(handle);
}

/// Files a call; JSON in and out.
#[wasm_bindgen(js_name = actionClaim)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "optional text crosses owned")]
pub fn action_claim(handle: f64, key: Option<String>, input: &str, owner: &[u8], now: f64) -> String {
    action::claim(handle, key.as_deref(), input, owner, now)
}

/// The function of a run has ended; JSON out, bytes as payload.
#[wasm_bindgen(js_name = actionEnded)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "optional text crosses owned")]
pub fn action_ended(handle: f64, now: f64, draw: f64, threw: bool, text: Option<String>) -> String {
    action::ended(handle, Moment { now, draw, wall: 0.0 }, threw, text.as_deref())
}

/// The operation that completes a run jointly; JSON out, the outcome as payload.
#[wasm_bindgen(js_name = actionCompletion)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "optional text crosses owned")]
pub fn action_completion(handle: f64, text: Option<String>) -> String {
    action::completion(handle, text.as_deref())
}
