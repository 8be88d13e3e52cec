//! Records and outcomes out of JSON, without their bytes.

use super::{Body, Outcome, OutcomeKind, Owner, Record, RecordKey, State};
use crate::json::{Fields, Json, JsonError, Read, words};

words!(State: "inProgress" => InProgress, "completed" => Completed, "retryable" => Retryable, "unknown" => Unknown);
words!(OutcomeKind: "http" => Http, "function" => Function);

impl Read<'_> for RecordKey {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Read::read(json).map(Self)
    }
}

impl Read<'_> for Owner {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Read::read(json).map(Self)
    }
}

impl Read<'_> for Body {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Ok(if json.word(&["kept", "omitted"])? == 0 { Self::Kept(Vec::new()) } else { Self::Omitted })
    }
}

impl Read<'_> for Outcome {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let outcome = Self {
            kind: fields.need("kind")?,
            status: fields.or("status", 0)?,
            headers: fields.or("headers", Vec::new())?,
            body: fields.need("body")?,
        };
        fields.end()?;
        Ok(outcome)
    }
}

impl Read<'_> for Record {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let read = Self {
            fingerprint: fields.need("fingerprint")?,
            caller: fields.or("caller", None)?,
            state: fields.need("state")?,
            owner: fields.need("owner")?,
            epoch: fields.need("epoch")?,
            lease_until: fields.or("leaseUntil", None)?,
            attempts: fields.need("attempts")?,
            takeovers: fields.need("takeovers")?,
            checkpoint: None,
            outcome: None,
            created: fields.need("created")?,
            updated: fields.need("updated")?,
            expires_at: fields.need("expiresAt")?,
            derived: fields.need("derived")?,
        };
        fields.rest()?;
        Ok(read)
    }
}
