//! The browser binding: converts between JavaScript and core, and decides nothing.

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the decision core inside this module.
#[wasm_bindgen(js_name = coreVersion)]
#[must_use]
pub fn core_version() -> String {
    once_again_core::VERSION.to_owned()
}
