//! Memory stores and core's step, exported.

use napi::bindgen_prelude::{BufferSlice, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use once_again_js::{payload, store};

/// Below this many bytes a copy is cheaper than memory that JavaScript must hand back.
const COPIED: usize = 64 * 1024;

/// The next bytes of the last answer; null when there are none.
#[napi]
pub fn take_payload(env: &Env) -> Result<Option<BufferSlice<'_>>> {
    let Some(bytes) = payload::take() else { return Ok(None) };
    let slice = if bytes.len() < COPIED {
        BufferSlice::copy_from(env, &bytes)
    } else {
        BufferSlice::from_data(env, bytes)
    };
    slice.map(Some)
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
