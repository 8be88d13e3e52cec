//! One key, one effect: what a record says, and how one run under a key proceeds from claim to kept answer.
//!
//! [`key`] is what a client sends and what a record is filed under, [`record`] is what every store keeps, [`machine`]
//! drives one call: claim, heartbeats, completion, and [`action`] is what a function's call needs beside. What a store does with a record is in [`crate::store`].

pub mod action;
pub mod key;
pub mod machine;
pub mod manager;
pub mod record;
