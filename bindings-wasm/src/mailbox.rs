//! The mailbox: it lies in the memory of the module, which has one thread.

use once_again_js::mailbox::{LAYOUT, Mailbox, WORDS};
use std::cell::Cell;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static MAILBOX: Mailbox = const { [const { Cell::new(0.0) }; WORDS] };
}

/// Asks `machine` about what the driver wrote.
pub(crate) fn ask(machine: impl FnOnce(&Mailbox)) {
    MAILBOX.with(machine);
}

/// Where the mailbox begins in the module's memory, in bytes.
#[wasm_bindgen(js_name = mailboxAddress)]
#[must_use]
pub fn mailbox_address() -> *const f64 {
    MAILBOX.with(|mail| mail.as_ptr().cast())
}

/// What each word means, as JSON; a test compares it with the driver's.
#[wasm_bindgen(js_name = mailboxLayout)]
#[must_use]
pub fn mailbox_layout() -> String {
    LAYOUT.into()
}
