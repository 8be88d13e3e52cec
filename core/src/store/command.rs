//! What is sent to a store's server and what comes back, in the few values that every client library has.

use crate::time::MAX_MICROS;
use std::borrow::Cow;

/// A statement or script and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// SQL, or Lua.
    pub text: Cow<'static, str>,
    /// One per placeholder, in order.
    pub args: Vec<Cell>,
}

/// One value of a command, of a row, or of a script's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing; SQL's NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Command {
    /// `text` with its arguments.
    pub(super) fn new(text: impl Into<Cow<'static, str>>, args: Vec<Cell>) -> Self {
        Self { text: text.into(), args }
    }
}

impl Cell {
    /// A number of a record; they are all below 2^53.
    pub(super) fn number(number: impl Into<u64>) -> Self {
        Self::Int(i64::try_from(number.into()).unwrap_or(i64::MAX))
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }

    /// Drivers bring a column of large numbers as number or as text, and Redis knows no numbers at all.
    pub(super) fn as_number(&self) -> Option<u64> {
        let number = match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            Self::Null | Self::Text(_) | Self::Bytes(_) => {
                let text = self.as_text()?;
                text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
            }
        };
        number.filter(|number| *number <= MAX_MICROS)
    }

    /// Redis has bytes only, whether they are text or not.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(bytes) => core::str::from_utf8(bytes).ok(),
            Self::Null | Self::Int(_) => None,
        }
    }

    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

impl From<Option<Vec<u8>>> for Cell {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Null, Self::Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_a_driver_brings_it() {
        for cell in [Cell::Int(12), Cell::text("12"), Cell::bytes(b"12")] {
            assert_eq!(cell.as_number(), Some(12));
        }
        assert_eq!(Cell::text("9007199254740991").as_number(), Some(MAX_MICROS));
        for cell in
            [Cell::Null, Cell::Int(-1), Cell::text(""), Cell::text("+1"), Cell::text("9007199254740992")]
        {
            assert_eq!(cell.as_number(), None, "{cell:?}");
        }
    }
}
