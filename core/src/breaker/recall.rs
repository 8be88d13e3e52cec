//! What a breaker has given out, read back from JSON: its memory, and its requests to a shared store.

use super::shared::{Request, Settled};
use super::snapshot::Snapshot;
use super::window::WindowSnapshot;
use crate::json::{Fields, Json, JsonError, Read, words};

words!(Settled: "success" => Success, "failure" => Failure, "nothing" => Nothing, "hold" => Hold);

impl Read<'_> for Request {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let (name, Some(content)) = json.variant()? else {
            return json.word(&["refresh"]).map(|_| Self::Refresh);
        };
        let mut fields = Fields::of(content)?;
        let read = match name {
            "publish" => Self::Publish {
                base: fields.need("base")?,
                open: fields.need("open")?,
                open_for: fields.need("open_for")?,
                wait: fields.need("wait")?,
            },
            "claim" => Self::Claim {
                base: fields.need("base")?,
                healthy: fields.need("healthy")?,
                wait: fields.need("wait")?,
                reserve: fields.need("reserve")?,
            },
            "settle" => Self::Settle {
                epoch: fields.need("epoch")?,
                probe: fields.need("probe")?,
                what: fields.need("what")?,
            },
            other => return Err(json.unknown("variant", other, &["refresh", "publish", "claim", "settle"])),
        };
        fields.rest()?;
        Ok(read)
    }
}

impl Read<'_> for Snapshot {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let read = Self {
            version: fields.need("version")?,
            mode: fields.need("mode")?,
            epoch: fields.need("epoch")?,
            open_for: fields.or("openFor", None)?,
            wait: fields.need("wait")?,
            draw: fields.need("draw")?,
            streak: fields.need("streak")?,
            window: fields.need("window")?,
        };
        fields.rest()?;
        Ok(read)
    }
}

impl Read<'_> for WindowSnapshot {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let (name, Some(content)) = json.variant()? else {
            return json.word(&["none"]).map(|_| Self::None);
        };
        let mut fields = Fields::of(content)?;
        let read = match name {
            "time" => Self::Time {
                width: fields.need("width")?,
                left: fields.need("left")?,
                buckets: fields
                    .need::<Vec<Tally>>("buckets")?
                    .into_iter()
                    .map(|Tally(counts)| counts)
                    .collect(),
            },
            "count" => Self::Count { size: fields.need("size")?, calls: fields.need("calls")? },
            other => return Err(json.unknown("variant", other, &["time", "count", "none"])),
        };
        fields.rest()?;
        Ok(read)
    }
}

/// Calls, failures and slow calls.
struct Tally([u32; 3]);

impl Read<'_> for Tally {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let counts: Vec<u32> = Read::read(json)?;
        counts.try_into().map(Self).map_err(|_| json.mismatch("an array of three"))
    }
}
