//! Fingerprints: whether a request that carries a known key is the same request.
//!
//! ```text
//! fingerprint = alg ":" hex(SHA-256(
//!     "oa1" 0x00  alg  0x00                    the layout's version and the algorithm, "jcs" or "raw"
//!     u32 count                                 big-endian; 0 when only a value is given
//!     count × (u32 length  bytes)               method, path, query, media type, then one part per header
//!     body ))
//! ```
//!
//! - **jcs**: a JSON body, in the canonical form of RFC 8785 with one difference, the lossless rule of [`number`]. The order
//!   of names, white space, escapes and the spelling of numbers never matter; every difference in value does.
//! - **raw**: any other body, byte for byte; also JSON that is not strict (see [`crate::json`]), since readers disagree
//!   about what it says.
//!
//! JSON is what the media type says is JSON: `application/json` and `…/…+json`; bytes without a media type are tried as
//! JSON. A parsed value has the fingerprint of its JSON text, in every language: [`Writer`] is how a host tells one.
//!
//! A part is: the method in upper case; path and query as on the request line; the media type in lower case without its
//! parameters; each selected header as `name:value` with its name in lower case, in the order of names, lines of one name
//! joined by `, `. A part not given is empty; when none is given, the count is 0.

pub mod canonical;
mod digest;
pub mod number;
mod order;
mod output;
mod parts;
mod select;
mod shape;
mod writer;

pub use digest::{Alg, Fingerprint, NotAFingerprint, Options, Refused, fingerprint};
pub use parts::{Parts, is_json};
pub use select::Selection;
pub use shape::Shape;
pub use writer::Writer;
