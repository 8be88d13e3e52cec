//! Operations and replies out of their JSON texts; the byte payload is not among it.

use super::{Begin, Mismatch, Mode, OnOrphan, Resolution, StoreOp, StoreReply};
use crate::json::{Fields, Json, JsonError, Read, words};

words!(OnOrphan: "reexecute" => Reexecute, "fail" => Fail);
words!(Mode: "forget" => Forget, "retryable" => Retryable, "unknown" => Unknown);
words!(Mismatch: "caller" => Caller, "fingerprint" => Fingerprint);

impl Read<'_> for Resolution {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Ok(if json.word(&["complete", "forget"])? == 0 { Self::Complete(Vec::new()) } else { Self::Forget })
    }
}

const OPS: [&str; 9] =
    ["begin", "renew", "checkpoint", "complete", "release", "abandon", "resolve", "get", "sweep"];

impl Read<'_> for StoreOp {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let (tag, op) = fields.tag("op")?;
        let op = match op {
            "begin" => Self::Begin(begin(&mut fields)?),
            "renew" => Self::Renew {
                key: fields.need("key")?,
                owner: fields.need("owner")?,
                epoch: fields.need("epoch")?,
                lease: fields.need("lease")?,
            },
            "checkpoint" => Self::Checkpoint {
                key: fields.need("key")?,
                owner: fields.need("owner")?,
                epoch: fields.need("epoch")?,
                data: Vec::new(),
            },
            "complete" => Self::Complete {
                key: fields.need("key")?,
                owner: fields.need("owner")?,
                epoch: fields.need("epoch")?,
                outcome: Vec::new(),
                retention: fields.need("retention")?,
            },
            "release" => Self::Release {
                key: fields.need("key")?,
                owner: fields.need("owner")?,
                epoch: fields.need("epoch")?,
                mode: fields.need("mode")?,
            },
            "abandon" => Self::Abandon {
                key: fields.need("key")?,
                owner: fields.need("owner")?,
                epoch: fields.need("epoch")?,
            },
            "resolve" => Self::Resolve {
                key: fields.need("key")?,
                how: fields.need("how")?,
                retention: fields.need("retention")?,
            },
            "get" => Self::Get { key: fields.need("key")? },
            "sweep" => Self::Sweep { limit: fields.need("limit")? },
            other => return Err(tag.unknown("variant", other, &OPS)),
        };
        fields.end()?;
        Ok(op)
    }
}

fn begin(fields: &mut Fields<'_, '_>) -> Result<Begin, JsonError> {
    Ok(Begin {
        key: fields.need("key")?,
        owner: fields.need("owner")?,
        fingerprint: fields.need("fingerprint")?,
        caller: fields.or("caller", None)?,
        lease: fields.or("lease", None)?,
        retention: fields.need("retention")?,
        on_orphan: fields.or("onOrphan", OnOrphan::default())?,
        max_takeovers: fields.or("maxTakeovers", StoreOp::MAX_TAKEOVERS)?,
        derived: fields.or("derived", false)?,
    })
}

const REPLIES: [&str; 16] = [
    "acquired",
    "replay",
    "busy",
    "mismatch",
    "outcomeUnknown",
    "full",
    "completed",
    "renewed",
    "checkpointed",
    "released",
    "abandoned",
    "lost",
    "resolved",
    "notFound",
    "found",
    "swept",
];

impl Read<'_> for StoreReply {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let (tag, reply) = fields.tag("reply")?;
        let reply = match reply {
            "acquired" => Self::Acquired {
                epoch: fields.need("epoch")?,
                attempts: fields.need("attempts")?,
                lease_until: fields.or("leaseUntil", None)?,
                checkpoint: None,
            },
            "replay" => Self::Replay { outcome: Vec::new(), created: fields.need("created")? },
            "busy" => Self::Busy { lease_until: fields.or("leaseUntil", None)? },
            "mismatch" => Self::Mismatch { what: fields.need("what")? },
            "full" => Self::Full { retry_after: fields.need("retryAfter")? },
            "renewed" => Self::Renewed { lease_until: fields.need("leaseUntil")? },
            "lost" => Self::Lost { outcome: None, created: fields.or("created", None)? },
            "found" => Self::Found { record: Box::new(fields.need("record")?) },
            "swept" => Self::Swept { count: fields.need("count")? },
            // What says nothing besides itself may say what it likes.
            "outcomeUnknown" => return fields.rest().map(|()| Self::OutcomeUnknown),
            "completed" => return fields.rest().map(|()| Self::Completed),
            "checkpointed" => return fields.rest().map(|()| Self::Checkpointed),
            "released" => return fields.rest().map(|()| Self::Released),
            "abandoned" => return fields.rest().map(|()| Self::Abandoned),
            "resolved" => return fields.rest().map(|()| Self::Resolved),
            "notFound" => return fields.rest().map(|()| Self::NotFound),
            other => return Err(tag.unknown("variant", other, &REPLIES)),
        };
        fields.end()?;
        Ok(reply)
    }
}
