//! A hand that holds a breaker open.

use super::Breaker;

/// Holds a breaker open until it is dropped: from [`Breaker::isolate`]. Of several, the last one counts.
#[derive(Debug)]
#[must_use = "the breaker is let go when this is dropped"]
pub struct Isolation {
    breaker: Breaker,
}

impl Isolation {
    pub(super) const fn new(breaker: Breaker) -> Self {
        Self { breaker }
    }
}

impl Drop for Isolation {
    fn drop(&mut self) {
        self.breaker.release();
    }
}
