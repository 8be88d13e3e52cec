//! Dead letters: what becomes of a call that nobody will try again by itself.
//!
//! [`RetryPolicy::dead_letter`](crate::retry::RetryPolicy::dead_letter) says which calls these are, a [`DeadLetterBox`]
//! keeps them until somebody sends them again or throws them away. What a letter says is the host's: here it is text
//! behind an id.

mod due;
mod letters;

pub use due::Ending;
pub use letters::{BoxConfig, BoxStats, DeadLetterBox, Put};
