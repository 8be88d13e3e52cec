//! Functions that run once, exported.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use once_again_js::action;
use once_again_js::run::Moment;

/// Reads the options of a function; JSON in and out.
#[napi]
#[must_use]
pub fn action_open(config: String) -> String {
    action::open(&config)
}

/// Frees a configuration.
#[napi]
pub fn action_close(handle: f64) {
    action::close(handle);
}

/// Files a call; JSON in and out.
#[napi]
#[must_use]
pub fn action_claim(handle: f64, key: Option<String>, input: String, owner: Uint8Array, now: f64) -> String {
    action::claim(handle, key.as_deref(), &input, &owner, now)
}

/// The function of a run has ended; JSON out, bytes as payload.
#[napi]
#[must_use]
pub fn action_ended(handle: f64, now: f64, draw: f64, threw: bool, text: Option<String>) -> String {
    action::ended(handle, Moment { now, draw, wall: 0.0 }, threw, text.as_deref())
}

/// The operation that completes a run jointly; JSON out, the outcome as payload.
#[napi]
#[must_use]
pub fn action_completion(handle: f64, text: Option<String>) -> String {
    action::completion(handle, text.as_deref())
}
