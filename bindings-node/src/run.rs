//! Runs of guarded requests and functions, exported.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use once_again_js::run;

/// Hands an event to a run; JSON in and out, bytes as payload.
#[napi]
#[must_use]
pub fn run_event(handle: f64, now: f64, draw: f64, event: String, bytes: Option<Uint8Array>) -> String {
    run::event(handle, now, draw, &event, bytes.map(|bytes| bytes.to_vec()))
}

/// Frees a run.
#[napi]
pub fn run_close(handle: f64) {
    run::close(handle);
}
