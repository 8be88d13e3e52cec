//! Keys and results of `IdempotencyManager`, exported.

use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi_derive::napi;
use once_again_js::keys;

/// Valid settings of a manager; JSON in and out.
#[napi]
#[must_use]
pub fn manager_config(config: String) -> String {
    keys::manager(&config)
}

/// A version 4 UUID from 16 random bytes.
#[napi]
#[must_use]
pub fn generate_key(random: Uint8Array) -> String {
    keys::generate(&random)
}

/// The record that a key is filed under, as JSON.
#[napi]
#[must_use]
pub fn record_key(namespace: String, scope: String, key: String) -> String {
    keys::record_key(&namespace, &scope, &key)
}

/// The key that a step of a run sends onwards.
#[napi]
#[must_use]
pub fn child_key(record: String, step: String, ordinal: u32) -> String {
    keys::child_key(&record, &step, ordinal)
}

/// A fingerprint that is one, as JSON.
#[napi]
#[must_use]
pub fn check_fingerprint(text: String) -> String {
    keys::check_fingerprint(&text)
}

/// A function's result, which is JSON text, as an encoded outcome.
#[napi]
#[must_use]
pub fn encode_result(result: String) -> Buffer {
    keys::encode_result(&result).into()
}

/// The JSON text in an encoded outcome; null when it keeps none.
#[napi]
#[must_use]
pub fn decode_result(outcome: Uint8Array) -> Option<String> {
    keys::decode_result(&outcome)
}

/// What an encoded record says, as JSON.
#[napi]
#[must_use]
pub fn describe_record(record: Uint8Array) -> String {
    keys::describe(&record)
}
