//! Why a text is not the JSON we accept, and where.

use super::quote::quoted;
use crate::spec::render_number;
use core::fmt;
use serde::de::{Expected, Unexpected};

/// Where a text stops being acceptable JSON, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset into the text.
    pub offset: usize,
    /// What is wrong there.
    pub reason: Reason,
    /// What the reading type says, where [`Reason::Mismatch`] alone says little.
    pub(super) message: Box<str>,
}

/// Why a text or a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text begins with a byte order mark.
    ByteOrderMark,
    /// The text ends before the value does.
    UnexpectedEnd,
    /// A byte that no grammar rule allows here.
    UnexpectedByte,
    /// A raw control character (U+0000 to U+001F) inside a string.
    ControlCharacter,
    /// A backslash followed by something that is no escape.
    BadEscape,
    /// Half of a surrogate pair: no Unicode text.
    LoneSurrogate,
    /// A leading zero, a bare sign, a point or exponent without digits.
    BadNumber,
    /// More nested containers than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// One name twice in one object.
    DuplicateName,
    /// A number whose exact decimal has an exponent beyond ±10⁹ (fingerprints only).
    ExponentTooLarge,
    /// NaN or an infinity, which JSON has no number for (fingerprints of parsed values only).
    NotFinite,
    /// A value told where none can stand, or a name or an end that does not fit (fingerprints of parsed values only).
    OutOfPlace,
    /// Well-formed, but the serde type on the other side cannot be read from it, or told as it.
    Mismatch,
}

impl JsonError {
    pub(crate) fn new(offset: usize, reason: Reason) -> Self {
        Self { offset, reason, message: Box::default() }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            write!(f, "{} at byte {}", self.reason, self.offset)
        } else {
            write!(f, "{} at byte {}", self.message, self.offset)
        }
    }
}

impl core::error::Error for JsonError {}

impl core::error::Error for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::ByteOrderMark => "a byte order mark",
            Self::UnexpectedEnd => "the text ends too early",
            Self::UnexpectedByte => "an unexpected byte",
            Self::ControlCharacter => "a raw control character in a string",
            Self::BadEscape => "an unknown escape",
            Self::LoneSurrogate => "a lone surrogate",
            Self::BadNumber => "a malformed number",
            Self::TooDeep => "more than 128 nested containers",
            Self::DuplicateName => "a name used twice in one object",
            Self::ExponentTooLarge => "an exponent beyond 10^9",
            Self::NotFinite => "NaN or an infinity",
            Self::OutOfPlace => "a value, name or end out of place",
            Self::Mismatch => "a value that does not fit its type",
        })
    }
}

/// Its place is filled in by who knows it.
impl From<Reason> for JsonError {
    fn from(reason: Reason) -> Self {
        Self::new(0, reason)
    }
}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { offset: 0, reason: Reason::Mismatch, message: message.to_string().into() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("found {}, expected {expected}", name(found)))
    }
}

/// What serde found instead. Its own words for it would bring the standard library's printing of floats into the wasm.
fn name(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => render_number(value),
        Unexpected::Str(value) => quoted(value),
        Unexpected::Unit | Unexpected::Option => "null".into(),
        Unexpected::Seq => "an array".into(),
        Unexpected::Map => "an object".into(),
        _ => "something else".into(),
    }
}

impl serde::ser::Error for Reason {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Mismatch
    }
}
