//! Fingerprints, exported.

use napi_derive::napi;
use once_again_js::fingerprint;

/// The fingerprint of a raw body: `alg:hex`, or a refusal as JSON.
#[napi]
#[must_use]
pub fn fingerprint_bytes(request: String, body: &[u8]) -> String {
    fingerprint::of_bytes(&request, body)
}

/// The fingerprint of a parsed value by its JSON text in UTF-8: `alg:hex`, or a refusal as JSON.
#[napi]
#[must_use]
pub fn fingerprint_json(request: String, text: &[u8]) -> String {
    fingerprint::of_json(&request, text)
}
