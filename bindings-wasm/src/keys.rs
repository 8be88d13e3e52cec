//! Keys and results of `IdempotencyManager`, exported.

use once_again_js::keys;
use wasm_bindgen::prelude::wasm_bindgen;

/// Valid settings of a manager; JSON in and out.
#[wasm_bindgen(js_name = managerConfig)]
#[must_use]
pub fn manager_config(config: &str) -> String {
    keys::manager(config)
}

/// A version 4 UUID from 16 random bytes.
#[wasm_bindgen(js_name = generateKey)]
#[must_use]
pub fn generate_key(random: &[u8]) -> String {
    keys::generate(random)
}

/// The record that a key is filed under, as JSON.
#[wasm_bindgen(js_name = recordKey)]
#[must_use]
pub fn record_key(namespace: &str, scope: &str, key: &str) -> String {
    keys::record_key(namespace, scope, key)
}

/// The key that a step of a run sends onwards.
#[wasm_bindgen(js_name = childKey)]
#[must_use]
pub fn child_key(record: &str, step: &str, ordinal: u32) -> String {
    keys::child_key(record, step, ordinal)
}

/// A fingerprint that is one, as JSON.
#[wasm_bindgen(js_name = checkFingerprint)]
#[must_use]
pub fn check_fingerprint(text: &str) -> String {
    keys::check_fingerprint(text)
}

/// A function's result, which is JSON text, as an encoded outcome.
#[wasm_bindgen(js_name = encodeResult)]
#[must_use]
pub fn encode_result(result: &str) -> Vec<u8> {
    keys::encode_result(result)
}

/// The JSON text in an encoded outcome; null when it keeps none.
#[wasm_bindgen(js_name = decodeResult)]
#[must_use]
pub fn decode_result(outcome: &[u8]) -> Option<String> {
    keys::decode_result(outcome)
}

/// What an encoded record says, as JSON.
#[wasm_bindgen(js_name = describeRecord)]
#[must_use]
pub fn describe_record(record: &[u8]) -> String {
    keys::describe(record)
}
