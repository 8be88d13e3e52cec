//! Memory stores and core's step, exported.

use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi_derive::napi;
use once_again_js::{payload, store};

/// The next bytes of the last answer; null when there are none.
#[napi]
#[must_use]
pub fn take_payload() -> Option<Buffer> {
    payload::take().map(Buffer::from)
}

/// Makes a memory store; JSON in and out.
#[napi]
#[must_use]
pub fn memory_open(config: String, seed: f64) -> String {
    store::open(&config, seed)
}

/// Frees a memory store.
#[napi]
pub fn memory_close(handle: f64) {
    store::close(handle);
}

/// Applies one operation; JSON in and out, the reply's bytes as payload.
#[napi]
#[must_use]
pub fn memory_apply(handle: f64, now: f64, op: String, bytes: Option<Uint8Array>) -> String {
    store::apply(handle, now, &op, bytes.map(|bytes| bytes.to_vec()))
}

/// What a memory store holds, as JSON.
#[napi]
#[must_use]
pub fn memory_stats(handle: f64) -> String {
    store::stats(handle)
}

/// Decides one operation on an encoded record; JSON in and out, the record's and the reply's bytes as payload.
#[napi]
#[must_use]
pub fn store_step(now: f64, record: Option<Uint8Array>, op: String, bytes: Option<Uint8Array>) -> String {
    store::step(now, record.as_deref(), &op, bytes.map(|bytes| bytes.to_vec()))
}
