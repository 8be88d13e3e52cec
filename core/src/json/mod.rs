//! Strict JSON (RFC 8259), read and written without recursion that input could exhaust and without a panic.
//!
//! One scanner serves four readers: [`parse`] gives a configuration [`Value`](crate::spec::Value), [`read`](fn@read) fills
//! core's own types, [`from_str`] any type of serde's, and [`crate::fingerprint::canonical`] rewrites a body in canonical form. Strict means: UTF-8, no byte order
//! mark, no lone surrogate, no raw control character in a string, at most [`MAX_DEPTH`] nested containers, nothing after
//! the value. `serde_json` would do most of this and more; it stays out because it triples the size of the wasm.

mod de;
mod error;
mod float;
mod parse;
mod quote;
mod read;
mod scan;
mod ser;
mod tape;
mod text;

pub use de::{from_str, from_str_with};
pub use error::{JsonError, Reason};
pub(crate) use float::{float, plain_float};
pub use parse::parse;
pub(crate) use quote::{escape, quote, quoted};
pub(crate) use read::words;
pub use read::{Fields, Read, read};
pub use scan::MAX_DEPTH;
pub(crate) use scan::{Lexeme, Scanner};
pub(crate) use ser::{Sink, tell};
pub use tape::{Json, Values};
pub use text::to_string;
