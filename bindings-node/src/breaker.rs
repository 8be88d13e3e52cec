//! Circuit breakers, exported.

use crate::mailbox::ask;
use napi_derive::napi;
use once_again_js::{breaker, shared};

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

/// A configuration with every default filled in; JSON in and out.
#[napi]
#[must_use]
pub fn breaker_complete(config: String) -> String {
    breaker::complete(&config)
}

/// How many breakers a registry keeps; JSON in and out.
#[napi]
#[must_use]
pub fn breaker_registry(config: String) -> String {
    breaker::registry(&config)
}

/// What is worth keeping of a breaker, as JSON.
#[napi]
#[must_use]
pub fn breaker_snapshot(handle: f64, now: f64) -> String {
    breaker::snapshot(handle, now)
}

/// Has a breaker go on where a snapshot stopped; JSON in and out.
#[napi]
#[must_use]
pub fn breaker_restore(handle: f64, config: String, snapshot: String, now: f64) -> String {
    breaker::restore(handle, &config, &snapshot, now)
}

/// Breakers in the text format of Prometheus, from a JSON list of names and handles.
#[napi]
#[must_use]
pub fn breaker_metrics(breakers: String) -> String {
    breaker::metrics(&breakers)
}

/// Holds a breaker open. Through the mailbox.
#[napi]
pub fn breaker_isolate() {
    ask(breaker::isolate);
}

/// Takes back one isolation. Through the mailbox.
#[napi]
pub fn breaker_release() {
    ask(breaker::release);
}

/// Turns a breaker off, into an observer, or on again. Through the mailbox.
#[napi]
pub fn breaker_mode() {
    ask(breaker::set_mode);
}

/// Has a breaker begin anew. Through the mailbox.
#[napi]
pub fn breaker_reset() {
    ask(breaker::reset);
}

/// Shares a breaker with others of its name, as JSON.
#[napi]
#[must_use]
pub fn breaker_share(handle: f64, config: String) -> String {
    shared::share(handle, &config)
}

/// What a shared breaker has to send, as JSON.
#[napi]
#[must_use]
pub fn breaker_poll(handle: f64, now: f64) -> String {
    shared::poll(handle, now)
}

/// The claim of the last admission, as JSON.
#[napi]
#[must_use]
pub fn breaker_claim(handle: f64) -> String {
    shared::claim(handle)
}

/// A shared breaker's store has answered, or not. Through the mailbox.
#[napi]
pub fn breaker_hear(request: String, answer: Option<String>) {
    ask(|mail| shared::hear(mail, &request, answer.as_deref()));
}

/// A shared breaker's store has answered too late.
#[napi]
pub fn breaker_late(handle: f64, request: String, answer: String) {
    shared::late(handle, &request, &answer);
}
