//! Fingerprints, exported.

use once_again_js::fingerprint;
use wasm_bindgen::prelude::wasm_bindgen;

/// The fingerprint of a raw body: `alg:hex`, or a refusal as JSON.
#[wasm_bindgen(js_name = fingerprintBytes)]
#[must_use]
pub fn fingerprint_bytes(request: &str, body: &[u8]) -> String {
    fingerprint::of_bytes(request, body)
}

/// The fingerprint of a parsed value by its JSON text: `alg:hex`, or a refusal as JSON.
#[wasm_bindgen(js_name = fingerprintJson)]
#[must_use]
pub fn fingerprint_json(request: &str, text: &str) -> String {
    fingerprint::of_json(request, text.as_bytes())
}
