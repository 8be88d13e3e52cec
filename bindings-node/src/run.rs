//! Runs of guarded requests and functions, exported.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use once_again_js::run::{self, Moment};

/// Hands an event to a run; JSON in and out, bytes as payload. `wall` is for a run that a memory store of this thread answers.
#[napi]
#[must_use]
pub fn run_event(
    handle: f64,
    now: f64,
    draw: f64,
    event: String,
    bytes: Option<Uint8Array>,
    wall: Option<f64>,
) -> String {
    let at = Moment { now, draw, wall: wall.unwrap_or_default() };
    run::event(handle, at, &event, bytes.map(|bytes| bytes.to_vec()))
}

/// Frees a run.
#[napi]
pub fn run_close(handle: f64) {
    run::close(handle);
}
