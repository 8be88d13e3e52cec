//! Guarded requests, exported.

use napi_derive::napi;
use once_again_js::http::{self, Head, Seen};
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

/// Examines a request and begins its run; lines or JSON out, bytes as payload. `lines` are the wanted headers, names and values
/// in turn, a line feed between each and the next.
#[napi]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
pub fn http_begin(
    handle: f64,
    method: String,
    target: String,
    lines: String,
    principal: Option<String>,
    remote: String,
    body: Option<&[u8]>,
    owner: &[u8],
    now: f64,
    draw: f64,
    wall: f64,
    store: Option<f64>,
) -> String {
    let head = Head { method, target, lines, principal, remote };
    http::begin(handle, head, body, owner, Moment { now, draw, wall }, store)
}

/// The handler of a run has answered, with these header lines and this body; `unkept` says why a body is not kept: `tooLarge`
/// or `stream`. JSON out, bytes as payload; null when there is nothing to tell.
#[napi]
#[must_use]
#[allow(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
pub fn run_answered(
    handle: f64,
    now: f64,
    draw: f64,
    wall: f64,
    status: u16,
    lines: String,
    body: &[u8],
    unkept: Option<String>,
) -> Option<String> {
    let seen = match unkept.as_deref() {
        None => Seen::Kept,
        Some("stream") => Seen::Stream,
        Some(_) => Seen::TooLarge,
    };
    http::run_answered(handle, Moment { now, draw, wall }, status, &lines, seen, body)
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
pub fn run_completion(handle: f64, answer: String, body: &[u8]) -> String {
    http::run_completion(handle, &answer, body)
}

/// The headers that mark a first answer; JSON in and out.
#[napi]
#[must_use]
pub fn run_first_answer(handle: f64, headers: String) -> String {
    http::run_first_answer(handle, &headers)
}
