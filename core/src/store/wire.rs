//! Operations and replies as they cross a language boundary: one JSON text, and at most one byte payload beside it.
//!
//! | text | payload |
//! |---|---|
//! | op `checkpoint`; reply `acquired` | the checkpoint (a reply may have none) |
//! | op `complete`, op `resolve` with how `complete`; replies `replay`, `lost` | the encoded outcome (`lost` may have none) |
//! | reply `found` | the encoded record |
//!
//! All others have none; one that is given nevertheless is refused.

use super::{Resolution, StoreOp, StoreReply};
use crate::idempotency::record::{Record, RecordError};
use crate::json::{self, JsonError};
use core::fmt;

/// Why a text and its payload are not an operation, a reply, an event or an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The text is not such a thing.
    Text(JsonError),
    /// The payload is missing, or there is one where none belongs.
    Payload {
        /// Whether there should be one.
        expected: bool,
    },
    /// The payload is not a record or an outcome.
    Record(RecordError),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(error) => error.fmt(f),
            Self::Payload { expected: true } => f.write_str("a byte payload is missing"),
            Self::Payload { expected: false } => f.write_str("a byte payload does not belong here"),
            Self::Record(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for WireError {}

impl From<JsonError> for WireError {
    fn from(error: JsonError) -> Self {
        Self::Text(error)
    }
}

impl From<RecordError> for WireError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl StoreOp {
    /// The text and the payload.
    #[must_use]
    pub fn to_wire(&self) -> (String, Option<Vec<u8>>) {
        (json::to_string(self), self.payload().map(<[u8]>::to_vec))
    }

    pub(crate) fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Checkpoint { data: bytes, .. }
            | Self::Complete { outcome: bytes, .. }
            | Self::Resolve { how: Resolution::Complete(bytes), .. } => Some(bytes),
            _ => None,
        }
    }

    /// Reads what [`to_wire`](Self::to_wire) wrote.
    pub fn from_wire(text: &str, payload: Option<Vec<u8>>) -> Result<Self, WireError> {
        let mut op: Self = json::from_str(text)?;
        match &mut op {
            Self::Checkpoint { data: bytes, .. }
            | Self::Complete { outcome: bytes, .. }
            | Self::Resolve { how: Resolution::Complete(bytes), .. } => {
                *bytes = payload.ok_or(WireError::Payload { expected: true })?;
            }
            _ => refuse_payload(payload.as_ref())?,
        }
        Ok(op)
    }
}

impl StoreReply {
    /// The text and the payload.
    #[must_use]
    pub fn to_wire(&self) -> (String, Option<Vec<u8>>) {
        let payload = match self {
            Self::Acquired { checkpoint: bytes, .. } | Self::Lost { outcome: bytes, .. } => bytes.clone(),
            Self::Replay { outcome, .. } => Some(outcome.clone()),
            Self::Found { record } => Some(record.encode()),
            _ => None,
        };
        (json::to_string(self), payload)
    }

    /// Reads what [`to_wire`](Self::to_wire) wrote.
    pub fn from_wire(text: &str, payload: Option<Vec<u8>>) -> Result<Self, WireError> {
        let mut reply: Self = json::from_str(text)?;
        reply.fill(payload)?;
        Ok(reply)
    }

    pub(crate) fn fill(&mut self, payload: Option<Vec<u8>>) -> Result<(), WireError> {
        match self {
            Self::Acquired { checkpoint: bytes, .. } | Self::Lost { outcome: bytes, .. } => *bytes = payload,
            Self::Replay { outcome, .. } => {
                *outcome = payload.ok_or(WireError::Payload { expected: true })?;
            }
            Self::Found { record } => {
                **record = Record::decode(&payload.ok_or(WireError::Payload { expected: true })?)?;
            }
            _ => refuse_payload(payload.as_ref())?,
        }
        Ok(())
    }
}

pub(crate) fn refuse_payload(payload: Option<&Vec<u8>>) -> Result<(), WireError> {
    payload.map_or(Ok(()), |_| Err(WireError::Payload { expected: false }))
}
