//! Boxes of dead letters, exported.

use once_again_js::dead_letter;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes a box of dead letters; JSON in and out.
#[wasm_bindgen(js_name = lettersOpen)]
#[must_use]
pub fn letters_open(config: &str) -> String {
    dead_letter::open(config)
}

/// Frees a box.
#[wasm_bindgen(js_name = lettersClose)]
pub fn letters_close(handle: f64) {
    dead_letter::close(handle);
}

/// Takes a letter; what became of it, in a word.
#[wasm_bindgen(js_name = lettersPut)]
#[must_use]
pub fn letters_put(handle: f64, id: &str, letter: String) -> String {
    dead_letter::put(handle, id, letter)
}

/// The letter with this id; empty when there is none.
#[wasm_bindgen(js_name = lettersGet)]
#[must_use]
pub fn letters_get(handle: f64, id: &str) -> String {
    dead_letter::get(handle, id)
}

/// The oldest letters; JSON out.
#[wasm_bindgen(js_name = lettersList)]
#[must_use]
pub fn letters_list(handle: f64, limit: f64) -> String {
    dead_letter::list(handle, limit)
}

/// Takes a letter out.
#[wasm_bindgen(js_name = lettersRemove)]
#[must_use]
pub fn letters_remove(handle: f64, id: &str) -> bool {
    dead_letter::remove(handle, id)
}

/// What a box holds; JSON out.
#[wasm_bindgen(js_name = lettersStats)]
#[must_use]
pub fn letters_stats(handle: f64) -> String {
    dead_letter::stats(handle)
}
