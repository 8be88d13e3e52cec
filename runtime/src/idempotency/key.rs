//! The key of a request or an action.

use std::fmt;

/// An idempotency key: the client's own, or `derived:` and 16 hexadecimal digits where it sent none.
///
/// What a request or an action is known by: [`execute_request`](crate::request::RequestIdempotencyManager::execute_request)
/// takes one. With feature `http` it is an extension of every request that an `IdempotencyLayer` guards, with feature
/// `axum` an extractor. `Debug` does not show it: keys are secrets of sorts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(pub String);

impl IdempotencyKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for IdempotencyKey {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl From<String> for IdempotencyKey {
    fn from(key: String) -> Self {
        Self(key)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({} characters)", self.0.chars().count())
    }
}
