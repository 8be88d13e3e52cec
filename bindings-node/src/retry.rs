//! Retry policies, exported.

use crate::mailbox::ask;
use napi_derive::napi;
use once_again_js::retry;

/// Makes a policy; JSON in and out.
#[napi]
#[must_use]
pub fn retry_open(config: String, fill: String) -> String {
    retry::open(&config, &fill)
}

/// Frees a policy.
#[napi]
pub fn retry_close(handle: f64) {
    retry::close(handle);
}

/// A configuration or a preset with every default filled in; JSON in and out.
#[napi]
#[must_use]
pub fn retry_complete(config: String, fill: String) -> String {
    retry::complete(&config, &fill)
}

/// The policy that fits what is said about a call; JSON in and out.
#[napi]
#[must_use]
pub fn retry_choose(wishes: String) -> String {
    retry::choose(&wishes)
}

/// The verdict on a failure, as bits.
#[napi]
#[must_use]
pub fn retry_judge(handle: f64, signals: String) -> f64 {
    retry::judge(handle, &signals)
}

/// How long a failure asked to wait, milliseconds; -1 when it did not.
#[napi]
#[must_use]
pub fn retry_after(hints: String, now: f64) -> f64 {
    retry::retry_after(&hints, now)
}

/// The retry slot of a caller; -1 where the policy uses none.
#[napi]
#[must_use]
pub fn retry_slot(handle: f64, service: String, operation: String, instance: String) -> f64 {
    retry::slot(handle, &service, &operation, &instance)
}

/// An attempt has failed. Through the mailbox.
#[napi]
pub fn retry_failed() {
    ask(retry::failed);
}
