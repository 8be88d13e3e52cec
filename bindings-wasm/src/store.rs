//! Memory stores and core's step, exported.

use once_again_js::{payload, store};
use wasm_bindgen::prelude::wasm_bindgen;

/// The next bytes of the last answer; null when there are none.
#[wasm_bindgen(js_name = takePayload)]
#[must_use]
pub fn take_payload() -> Option<Vec<u8>> {
    payload::take()
}

/// Makes a memory store; JSON in and out.
#[wasm_bindgen(js_name = memoryOpen)]
#[must_use]
pub fn memory_open(config: &str, seed: f64) -> String {
    store::open(config, seed)
}

/// Frees a memory store.
#[wasm_bindgen(js_name = memoryClose)]
pub fn memory_close(handle: f64) {
    store::close(handle);
}

/// Applies one operation; JSON in and out, the reply's bytes as payload.
#[wasm_bindgen(js_name = memoryApply)]
#[must_use]
pub fn memory_apply(handle: f64, now: f64, op: &str, bytes: Option<Vec<u8>>) -> String {
    store::apply(handle, now, op, bytes)
}

/// What a memory store holds, as JSON.
#[wasm_bindgen(js_name = memoryStats)]
#[must_use]
pub fn memory_stats(handle: f64) -> String {
    store::stats(handle)
}

/// Decides one operation on an encoded record; JSON in and out, the record's and the reply's bytes as payload.
#[wasm_bindgen(js_name = storeStep)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "optional bytes cross owned")]
pub fn store_step(now: f64, record: Option<Vec<u8>>, op: &str, bytes: Option<Vec<u8>>) -> String {
    store::step(now, record.as_deref(), op, bytes)
}
