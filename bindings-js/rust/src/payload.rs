//! Bytes that go with a text: an outcome, a checkpoint, a body. They are left here by the call that answered the text, and
//! taken by the driver right after it.

use std::cell::RefCell;
use std::collections::VecDeque;

thread_local! {
    static LEFT: RefCell<VecDeque<Vec<u8>>> = const { RefCell::new(VecDeque::new()) };
}

/// Leaves the bytes of one answer, in the order in which they are to be taken. Whatever an earlier call left is dropped.
pub(crate) fn leave(bytes: impl IntoIterator<Item = Vec<u8>>) {
    LEFT.with_borrow_mut(|left| {
        left.clear();
        left.extend(bytes);
    });
}

/// Whether the last answer has bytes to take.
pub(crate) fn is_left() -> bool {
    LEFT.with_borrow(|left| !left.is_empty())
}

/// The next bytes of the last answer.
#[must_use]
pub fn take() -> Option<Vec<u8>> {
    LEFT.with_borrow_mut(VecDeque::pop_front)
}
