//! What HTTP clients ask, exported.

use once_again_js::client;
use wasm_bindgen::prelude::wasm_bindgen;

/// A client's options, complete; JSON in and out.
#[wasm_bindgen(js_name = clientConfig)]
#[must_use]
pub fn client_config(config: &str) -> String {
    client::config(config)
}

/// Which requests get a key; JSON in and out.
#[wasm_bindgen(js_name = clientKeys)]
#[must_use]
pub fn client_keys(config: &str, path: &str) -> String {
    client::keys(config, path)
}

/// What a refusal is called; JSON in and out.
#[wasm_bindgen(js_name = clientFailure)]
#[must_use]
pub fn client_failure(refused: &str) -> String {
    client::failure(refused)
}
