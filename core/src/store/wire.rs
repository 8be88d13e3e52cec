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

    /// The bytes that travel beside the text.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Checkpoint { data: bytes, .. }
            | Self::Complete { outcome: bytes, .. }
            | Self::Resolve { how: Resolution::Complete(bytes), .. } => Some(bytes),
            _ => None,
        }
    }

    /// Reads what [`to_wire`](Self::to_wire) wrote.
    pub fn from_wire(text: &str, payload: Option<Vec<u8>>) -> Result<Self, WireError> {
        let mut op: Self = json::read(text)?;
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
        let mut reply: Self = json::read(text)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::record::RecordKey;
    use crate::store::{Mode, OpKind};
    use crate::time::{Micros, Timestamp};

    const KEY: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    const OWNER: &str = "01010101010101010101010101010101";

    fn op(fields: &str) -> String {
        format!(r#"{{"key":"{KEY}","owner":"{OWNER}",{fields}}}"#)
    }

    #[test]
    fn every_operation_comes_back_as_it_went() {
        let begin = op(&format!(
            r#""op":"begin","fingerprint":"raw:{KEY}","lease":5,"retention":6,"caller":"{KEY}""#
        ));
        let ops = [
            (begin, None, OpKind::Begin),
            (op(r#""op":"renew","epoch":7,"lease":5"#), None, OpKind::Renew),
            (op(r#""op":"checkpoint","epoch":7"#), Some(vec![1]), OpKind::Checkpoint),
            (op(r#""op":"complete","epoch":7,"retention":6"#), Some(vec![]), OpKind::Complete),
            (op(r#""op":"release","epoch":7,"mode":"retryable""#), None, OpKind::Release),
            (op(r#""op":"abandon","epoch":7"#), None, OpKind::Abandon),
            (
                format!(r#"{{"op":"resolve","key":"{KEY}","how":"complete","retention":6}}"#),
                Some(vec![2]),
                OpKind::Resolve,
            ),
            (
                format!(r#"{{"op":"resolve","key":"{KEY}","how":"forget","retention":6}}"#),
                None,
                OpKind::Resolve,
            ),
            (format!(r#"{{"op":"get","key":"{KEY}"}}"#), None, OpKind::Get),
            (r#"{"op":"sweep","limit":1000}"#.into(), None, OpKind::Sweep),
        ];
        for (text, payload, kind) in ops {
            let read = StoreOp::from_wire(&text, payload.clone()).unwrap();
            assert_eq!(read.kind(), kind);
            let (text, written) = read.to_wire();
            assert_eq!(written, payload);
            assert_eq!(StoreOp::from_wire(&text, written), Ok(read));
        }
    }

    #[test]
    fn an_operation_is_written_with_its_tag_first_and_nothing_absent() {
        let release = StoreOp::from_wire(&op(r#""op":"release","epoch":7,"mode":"forget""#), None).unwrap();
        let text = format!(r#"{{"op":"release","key":"{KEY}","owner":"{OWNER}","epoch":7,"mode":"forget"}}"#);
        assert_eq!(release.to_wire(), (text, None));
        assert!(matches!(release, StoreOp::Release { mode: Mode::Forget, epoch: 7, .. }));
    }

    #[test]
    fn a_payload_is_required_where_it_belongs_and_refused_elsewhere() {
        let complete = op(r#""op":"complete","epoch":7,"retention":6"#);
        assert_eq!(StoreOp::from_wire(&complete, None), Err(WireError::Payload { expected: true }));
        let get = format!(r#"{{"op":"get","key":"{KEY}"}}"#);
        assert_eq!(StoreOp::from_wire(&get, Some(vec![])), Err(WireError::Payload { expected: false }));
        let busy = r#"{"reply":"busy","leaseUntil":5}"#;
        assert_eq!(StoreReply::from_wire(busy, Some(vec![])), Err(WireError::Payload { expected: false }));
        let replay = r#"{"reply":"replay","created":5}"#;
        assert_eq!(StoreReply::from_wire(replay, None), Err(WireError::Payload { expected: true }));
    }

    #[test]
    fn what_is_no_operation_says_why() {
        let wrong = [
            (r#"{"op":"begun"}"#.to_owned(), "begun"),
            (r#"{"op":"get"}"#.into(), "key"),
            (r#"{"op":"get","key":"a1"}"#.into(), "64 hexadecimal digits"),
            (op(r#""op":"renew","epoch":-1,"lease":5"#), "-1"),
            (op(r#""op":"renew","epoch":7,"lease":5,"leese":5"#), "leese"),
            (op(r#""op":"release","epoch":7,"mode":"keep""#), "keep"),
            ("{".into(), "the text ends too early"),
        ];
        for (text, said) in wrong {
            let error = StoreOp::from_wire(&text, None).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn every_reply_comes_back_as_it_went() {
        let replies = [
            StoreReply::Acquired { epoch: 1, attempts: 2, lease_until: None, checkpoint: None },
            StoreReply::Acquired {
                epoch: 1,
                attempts: 2,
                lease_until: Some(Timestamp::new(3)),
                checkpoint: Some(vec![]),
            },
            StoreReply::Replay { outcome: vec![1, 2], created: Timestamp::new(3) },
            StoreReply::Busy { lease_until: None },
            StoreReply::OutcomeUnknown,
            StoreReply::Full { retry_after: Micros::new(9) },
            StoreReply::Completed,
            StoreReply::Renewed { lease_until: Timestamp::new(3) },
            StoreReply::Checkpointed,
            StoreReply::Released,
            StoreReply::Abandoned,
            StoreReply::Lost { outcome: None, created: None },
            StoreReply::Lost { outcome: Some(vec![9]), created: Some(Timestamp::new(3)) },
            StoreReply::Resolved,
            StoreReply::NotFound,
            StoreReply::Swept { count: 4 },
        ];
        for reply in replies {
            let (text, payload) = reply.to_wire();
            assert_eq!(StoreReply::from_wire(&text, payload), Ok(reply), "{text}");
        }
    }

    #[test]
    fn a_found_record_travels_whole_beside_its_readable_fields() {
        let mut store = crate::store::memory::MemoryStore::new(crate::store::memory::MemoryConfig::default());
        let begin = op(&format!(r#""op":"begin","fingerprint":"jcs:{KEY}","lease":5,"retention":600"#));
        let now = Timestamp::new(100);
        store.apply(now, &StoreOp::from_wire(&begin, None).unwrap());
        let key = RecordKey([0xa1; 32]);
        let found = store.apply(now, &StoreOp::Get { key });
        let (text, payload) = found.to_wire();
        assert_eq!(
            text,
            format!(
                r#"{{"reply":"found","record":{{"fingerprint":"jcs:{KEY}","state":"inProgress","owner":"{OWNER}","epoch":100,"leaseUntil":105,"attempts":1,"takeovers":0,"created":100,"updated":100,"expiresAt":700,"derived":false}}}}"#
            )
        );
        assert_eq!(StoreReply::from_wire(&text, payload), Ok(found));
        assert_eq!(
            StoreReply::from_wire(&text, Some(vec![2])),
            Err(WireError::Record(RecordError::Version(2)))
        );
    }
}
