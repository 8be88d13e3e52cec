//! Outboxes, exported.

use once_again_js::outbox;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads the settings of an outbox; JSON in and out.
#[wasm_bindgen(js_name = outboxOpen)]
#[must_use]
pub fn outbox_open(config: &str, path: &str) -> String {
    outbox::open(config, path)
}

/// Frees the settings of an outbox.
#[wasm_bindgen(js_name = outboxClose)]
pub fn outbox_close(handle: f64) {
    outbox::close(handle);
}

/// The setting that leaves no room for a write; empty when there is room.
#[wasm_bindgen(js_name = outboxAdmit)]
#[must_use]
pub fn outbox_admit(handle: f64, records: f64, bytes: f64, size: f64) -> String {
    outbox::admit(handle, records, bytes, size)
}

/// Which writes are sent now; JSON in and out.
#[wasm_bindgen(js_name = outboxPlan)]
#[must_use]
pub fn outbox_plan(handle: f64, moment: &str) -> String {
    outbox::plan(handle, moment)
}

/// What becomes of a write after an attempt; JSON in and out.
#[wasm_bindgen(js_name = outboxSettle)]
#[must_use]
pub fn outbox_settle(handle: f64, ended: &str) -> String {
    outbox::settle(handle, ended)
}
