//! Why a text is not the JSON we accept, and where.

use core::fmt;

/// Where a text stops being acceptable JSON, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset into the text.
    pub offset: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// Why a text or a value is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What the reading type says about a well-formed text that does not fit it.
    Mismatch(String),
}

impl JsonError {
    pub(crate) const fn new(offset: usize, reason: Reason) -> Self {
        Self { offset, reason }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.offset)
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
            Self::Mismatch(message) => message,
        })
    }
}

impl serde::de::Error for JsonError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(0, Reason::Mismatch(message.to_string()))
    }
}

impl serde::ser::Error for Reason {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Mismatch(message.to_string())
    }
}
