//! Guarded requests, exported.

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use once_again_js::http;
use once_again_js::run::Moment;

/// Reads the options of a middleware; JSON in and out.
#[napi]
#[must_use]
pub fn http_open(config: String) -> String {
    http::open(&config)
}

/// Frees a configuration.
#[napi]
pub fn http_close(handle: f64) {
    http::close(handle);
}

/// Examines a request and begins its run; JSON in and out, bytes as payload.
#[napi]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "numbers as arguments are the cheapest way across")]
pub fn http_begin(
    handle: f64,
    head: String,
    body: Option<Uint8Array>,
    owner: Uint8Array,
    now: f64,
    draw: f64,
    wall: f64,
    store: Option<f64>,
) -> String {
    http::begin(handle, &head, body.as_deref(), &owner, Moment { now, draw, wall }, store)
}

/// The handler of a run has answered; JSON in and out, bytes as payload.
#[napi]
#[must_use]
pub fn run_answered(handle: f64, now: f64, draw: f64, wall: f64, answer: String, body: Uint8Array) -> String {
    http::run_answered(handle, Moment { now, draw, wall }, &answer, &body)
}

/// The handler of a run will not answer any more; JSON out, bytes as payload.
#[napi]
#[must_use]
pub fn run_thrown(handle: f64, now: f64, draw: f64, wall: f64) -> String {
    http::run_thrown(handle, Moment { now, draw, wall })
}

/// The operation that completes a run jointly; JSON in and out, the outcome as payload.
#[napi]
#[must_use]
pub fn run_completion(handle: f64, answer: String, body: Uint8Array) -> String {
    http::run_completion(handle, &answer, &body)
}

/// The headers that mark a first answer; JSON in and out.
#[napi]
#[must_use]
pub fn run_first_answer(handle: f64, headers: String) -> String {
    http::run_first_answer(handle, &headers)
}
