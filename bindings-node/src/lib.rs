//! The Node binding: converts between JavaScript and core, and decides nothing.

use napi_derive::napi;

/// The version of the decision core inside this binary.
#[napi]
#[must_use]
pub fn core_version() -> &'static str {
    once_again_core::VERSION
}
