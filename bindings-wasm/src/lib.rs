//! The browser binding: exports what `once_again_js` converts, and decides nothing.

pub mod action;
pub mod breaker;
pub mod budget;
pub mod client;
pub mod dead_letter;
pub mod fingerprint;
pub mod keys;
pub mod mailbox;
pub mod outbox;
pub mod retry;
pub mod run;
pub mod sources;
pub mod store;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the decision core inside this module.
#[wasm_bindgen(js_name = coreVersion)]
#[must_use]
pub fn core_version() -> String {
    once_again_core::VERSION.to_owned()
}

/// Every error code with what it means, as JSON.
#[wasm_bindgen(js_name = errorTable)]
#[must_use]
pub fn error_table() -> String {
    once_again_js::errors::table()
}
