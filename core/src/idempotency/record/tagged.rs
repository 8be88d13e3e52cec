//! `tag · length · bytes`: the framing of records and outcomes, described in the parent module.

use super::RecordError;
use crate::time::{MAX_MICROS, Timestamp};

const VERSION: u8 = 1;

/// Where written bytes go: into memory, or only into a sum, so that memory is taken once and in full.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for usize {
    fn put(&mut self, bytes: &[u8]) {
        *self += bytes.len();
    }
}

/// Something that is written as fields, in the order of their tags.
pub(super) trait Tagged {
    fn write<S: Sink>(&self, out: &mut Writer<S>);

    /// `prefix`, the version, and the fields.
    fn encode_behind(&self, prefix: &[u8]) -> Vec<u8> {
        let mut length = Writer(0);
        self.write(&mut length);
        let mut out = Writer(Vec::with_capacity(prefix.len() + 1 + length.0));
        out.0.put(prefix);
        out.0.put(&[VERSION]);
        self.write(&mut out);
        out.0
    }
}

/// Writes fields.
pub(super) struct Writer<S>(S);

impl<S: Sink> Writer<S> {
    pub(super) fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.joined(tag, &[], bytes);
    }

    /// Two stretches of bytes as one field.
    pub(super) fn joined(&mut self, tag: u8, head: &[u8], tail: &[u8]) {
        self.0.put(&[tag]);
        self.length(head.len() + tail.len());
        self.0.put(head);
        self.0.put(tail);
    }

    pub(super) fn optional(&mut self, tag: u8, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes {
            self.bytes(tag, bytes);
        }
    }

    pub(super) fn number(&mut self, tag: u8, number: u64) {
        let bytes = number.to_be_bytes();
        self.bytes(tag, &bytes[number.leading_zeros() as usize / 8..]);
    }

    /// `head` under its own length, then `tail`: a header is a name and a value.
    pub(super) fn pair(&mut self, tag: u8, head: &[u8], tail: &[u8]) {
        self.0.put(&[tag]);
        self.length(length_of(head.len()) + head.len() + tail.len());
        self.length(head.len());
        self.0.put(head);
        self.0.put(tail);
    }

    fn length(&mut self, mut length: usize) {
        loop {
            let low = length.to_le_bytes()[0] & 0x7f;
            length >>= 7;
            if length == 0 {
                return self.0.put(&[low]);
            }
            self.0.put(&[0x80 | low]);
        }
    }
}

/// How many bytes a LEB128 number takes.
fn length_of(number: usize) -> usize {
    (usize::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// Reads fields in the order of their tags.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// The field at the head of `rest`, already taken off it.
    next: Option<(u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, RecordError> {
        match bytes {
            [VERSION, rest @ ..] => {
                let mut fields = Self { rest, next: None };
                fields.advance()?;
                Ok(fields)
            }
            [version, ..] => Err(RecordError::Version(*version)),
            [] => Err(RecordError::Framing),
        }
    }

    /// The next field, if it has this tag and `read` accepts its bytes.
    pub(super) fn optional<T>(
        &mut self,
        tag: u8,
        read: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<Option<T>, RecordError> {
        match self.next {
            Some((found, bytes)) if found == tag => {
                self.advance()?;
                read(bytes).map(Some).ok_or(RecordError::Field(tag))
            }
            // An earlier tag than the one asked for is unknown, repeated or out of order.
            Some((found, _)) if found < tag => Err(RecordError::Field(found)),
            _ => Ok(None),
        }
    }

    pub(super) fn required<T>(
        &mut self,
        tag: u8,
        read: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<T, RecordError> {
        self.optional(tag, read)?.ok_or(RecordError::Missing(tag))
    }

    pub(super) fn end(self) -> Result<(), RecordError> {
        self.next.map_or(Ok(()), |(tag, _)| Err(RecordError::Field(tag)))
    }

    fn advance(&mut self) -> Result<(), RecordError> {
        let Some((&tag, rest)) = self.rest.split_first() else {
            self.next = None;
            return Ok(());
        };
        let (bytes, rest) = split(rest).ok_or(RecordError::Framing)?;
        (self.next, self.rest) = (Some((tag, bytes)), rest);
        Ok(())
    }
}

/// Takes off the bytes that stand under a LEB128 length.
pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [length @ ..0x80, rest @ ..] = bytes {
        return rest.split_at_checked(usize::from(*length));
    }
    let mut length = 0_u64;
    for (index, &byte) in bytes.iter().enumerate().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            // A last byte of zero pads: the same length has a shorter form.
            let shortest = index == 0 || byte != 0;
            let length = usize::try_from(length).ok().filter(|_| shortest)?;
            return bytes[index + 1..].split_at_checked(length);
        }
    }
    None
}

/// A number without leading zero bytes.
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > 8 || bytes.first() == Some(&0) {
        return None;
    }
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// A number of a narrower type.
pub(super) fn small<T: TryFrom<u64>>(bytes: &[u8]) -> Option<T> {
    T::try_from(number(bytes)?).ok()
}

/// A number that JavaScript can hold.
pub(super) fn time(bytes: &[u8]) -> Option<u64> {
    number(bytes).filter(|number| *number <= MAX_MICROS)
}

pub(super) fn timestamp(bytes: &[u8]) -> Option<Timestamp> {
    time(bytes).map(Timestamp::new)
}

pub(super) fn boolean(bytes: &[u8]) -> Option<bool> {
    match number(bytes)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
