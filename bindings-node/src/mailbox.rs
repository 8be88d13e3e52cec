//! The mailbox of this thread. The only file of the binding that needs `unsafe`.
#![expect(
    unsafe_code,
    reason = "JavaScript's memory is read and written in place: that is what makes a hot call cheap"
)]

use napi::bindgen_prelude::Float64Array;
use napi::{Env, Error, Result};
use napi_derive::napi;
use once_again_js::mailbox::{LAYOUT, Mailbox, WORDS};
use std::cell::Cell;

thread_local! {
    static ATTACHED: Cell<Option<&'static Mailbox>> = const { Cell::new(None) };
}

/// Asks `machine` about what the driver wrote. The driver attaches its mailbox before it asks anything.
pub(crate) fn ask(machine: impl FnOnce(&Mailbox)) {
    if let Some(mail) = ATTACHED.get() {
        machine(mail);
    }
}

/// Takes the array this thread's driver writes to. Once per thread: a second array would leave the first without answers.
///
/// # Safety of what this does
/// The array is referenced until the environment ends, so its memory stays. The driver never hands it out, so nobody
/// detaches it. Only this thread's JavaScript touches it, and not while a call is in Rust, so `Cell` is enough.
#[napi]
pub fn mailbox_attach(env: &Env, mut words: Float64Array) -> Result<()> {
    if ATTACHED.get().is_some() {
        return Err(Error::from_reason("this thread has a mailbox already"));
    }
    // SAFETY: see above; no other reference to the memory lives in Rust.
    let words_in_place = unsafe { words.as_mut() };
    if words_in_place.len() != WORDS {
        return Err(Error::from_reason(format!("a mailbox has {WORDS} words")));
    }
    // SAFETY: the length was checked, `Cell<f64>` is laid out as `f64`, and the reference is dropped at the environment's
    // end, after which nobody can ask.
    ATTACHED.set(Some(unsafe { &*words_in_place.as_mut_ptr().cast::<Mailbox>() }));
    env.add_env_cleanup_hook(words, |words| {
        ATTACHED.set(None);
        drop(words);
    })?;
    Ok(())
}

/// What each word means, as JSON; a test compares it with the driver's.
#[napi]
#[must_use]
pub fn mailbox_layout() -> &'static str {
    LAYOUT
}
