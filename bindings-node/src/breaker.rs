//! Circuit breakers, exported.

use crate::mailbox::ask;
use napi_derive::napi;
use once_again_js::breaker;

/// Makes a breaker; JSON in and out.
#[napi]
#[must_use]
pub fn breaker_open(config: String) -> String {
    breaker::open(&config)
}

/// Frees a breaker.
#[napi]
pub fn breaker_close(handle: f64) {
    breaker::close(handle);
}

/// May a call be made? Through the mailbox.
#[napi]
pub fn breaker_admit() {
    ask(breaker::admit);
}

/// A call has ended. Through the mailbox.
#[napi]
pub fn breaker_settle() {
    ask(breaker::settle);
}

/// Calls have succeeded, each at its own time. Through the mailbox.
#[napi]
pub fn breaker_succeeded() {
    ask(breaker::succeeded);
}

/// A health check has ended. Through the mailbox.
#[napi]
pub fn breaker_health() {
    ask(breaker::health);
}

/// What a breaker has counted, as JSON.
#[napi]
#[must_use]
pub fn breaker_stats(handle: f64, now: f64) -> String {
    breaker::stats(handle, now)
}
