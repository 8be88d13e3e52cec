//! Boxes of dead letters of one thread, behind handles. A letter is JSON text of the driver's.

use crate::answer;
use crate::slab::Slab;
use once_again_core::dead_letter::{BoxConfig, DeadLetterBox};
use once_again_core::json;
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static BOXES: RefCell<Slab<DeadLetterBox>> = const { RefCell::new(Slab::new()) };
}

#[derive(Serialize)]
struct Opened {
    handle: f64,
}

/// Makes a box from a configuration; answers its handle, or the refusal.
#[must_use]
pub fn open(config: &str) -> String {
    answer::text(answer::config(config).and_then(|config| BoxConfig::read(&config, "")).map(|config| {
        Opened { handle: BOXES.with_borrow_mut(|boxes| boxes.insert(DeadLetterBox::new(config))) }
    }))
}

/// Frees a box; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    BOXES.with_borrow_mut(|boxes| boxes.remove(handle));
}

/// What became of a letter: `kept`, `replaced`, `full`; `gone` when the box was closed.
#[must_use]
pub fn put(handle: f64, id: &str, letter: String) -> String {
    ask(handle, |letters| letters.put(id, letter).name()).unwrap_or("gone").into()
}

/// The letter with this id; empty when there is none.
#[must_use]
pub fn get(handle: f64, id: &str) -> String {
    ask(handle, |letters| letters.get(id).unwrap_or_default().to_owned()).unwrap_or_default()
}

/// At most `limit` letters as a JSON list, the oldest first.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub fn list(handle: f64, limit: f64) -> String {
    let letters = ask(handle, |letters| letters.list(limit as usize).collect::<Vec<_>>().join(","));
    format!("[{}]", letters.unwrap_or_default())
}

/// Takes a letter out; false when it was not there.
#[must_use]
pub fn remove(handle: f64, id: &str) -> bool {
    ask(handle, |letters| letters.remove(id)).unwrap_or_default()
}

/// What a box holds and what passed through it, as JSON; zeroes when it was closed.
#[must_use]
pub fn stats(handle: f64) -> String {
    json::to_string(&ask(handle, |letters| letters.stats()).unwrap_or_default())
}

fn ask<T>(handle: f64, question: impl FnOnce(&mut DeadLetterBox) -> T) -> Option<T> {
    BOXES.with_borrow_mut(|boxes| boxes.get_mut(handle).map(question))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_was_closed_holds_nothing_and_takes_nothing() {
        let opened = open("{}");
        let handle = opened.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        assert_eq!(put(handle, "a", "1".into()), "kept");
        assert_eq!((get(handle, "a"), list(handle, f64::INFINITY)), ("1".into(), "[1]".into()));
        close(handle);
        assert_eq!(put(handle, "b", "2".into()), "gone");
        assert_eq!(
            (get(handle, "a"), list(handle, 9.0), remove(handle, "a")),
            (String::new(), "[]".into(), false)
        );
        assert_eq!(stats(handle), r#"{"letters":0,"kept":0,"refused":0}"#);
    }
}
