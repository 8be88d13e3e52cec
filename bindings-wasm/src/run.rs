//! Runs of functions, exported.

use once_again_js::run::{self, Moment};
use wasm_bindgen::prelude::wasm_bindgen;

/// Hands an event to a run; JSON in and out, bytes as payload.
#[wasm_bindgen(js_name = runEvent)]
#[must_use]
pub fn run_event(handle: f64, now: f64, draw: f64, event: &str, bytes: Option<Vec<u8>>) -> String {
    run::event(handle, Moment { now, draw, wall: 0.0 }, event, bytes)
}

/// Frees a run.
#[wasm_bindgen(js_name = runClose)]
pub fn run_close(handle: f64) {
    run::close(handle);
}
