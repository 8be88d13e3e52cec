//! Boxes of dead letters, exported.

use napi_derive::napi;
use once_again_js::dead_letter;

/// Makes a box of dead letters; JSON in and out.
#[napi]
#[must_use]
pub fn letters_open(config: String) -> String {
    dead_letter::open(&config)
}

/// Frees a box.
#[napi]
pub fn letters_close(handle: f64) {
    dead_letter::close(handle);
}

/// Takes a letter; what became of it, in a word.
#[napi]
#[must_use]
pub fn letters_put(handle: f64, id: String, letter: String) -> String {
    dead_letter::put(handle, &id, letter)
}

/// The letter with this id; empty when there is none.
#[napi]
#[must_use]
pub fn letters_get(handle: f64, id: String) -> String {
    dead_letter::get(handle, &id)
}

/// The oldest letters; JSON out.
#[napi]
#[must_use]
pub fn letters_list(handle: f64, limit: f64) -> String {
    dead_letter::list(handle, limit)
}

/// Takes a letter out.
#[napi]
#[must_use]
pub fn letters_remove(handle: f64, id: String) -> bool {
    dead_letter::remove(handle, &id)
}

/// What a box holds; JSON out.
#[napi]
#[must_use]
pub fn letters_stats(handle: f64) -> String {
    dead_letter::stats(handle)
}
