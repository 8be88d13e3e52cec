//! The Node binding: exports what `once_again_js` converts, and decides nothing.
// A `String` from JavaScript is owned; core only borrows it.
#![allow(clippy::needless_pass_by_value)]

pub mod action;
pub mod breaker;
pub mod budget;
mod cell;
pub mod client;
pub mod dead_letter;
pub mod dialect;
pub mod fingerprint;
pub mod http;
pub mod keys;
pub mod mailbox;
pub mod retry;
pub mod run;
pub mod sources;
pub mod sqlite;
pub mod store;

use napi_derive::napi;

/// The version of the decision core inside this binary.
#[napi]
#[must_use]
pub fn core_version() -> &'static str {
    once_again_core::VERSION
}

/// Every error code with what it means, as JSON.
#[napi]
#[must_use]
pub fn error_table() -> String {
    once_again_js::errors::table()
}
