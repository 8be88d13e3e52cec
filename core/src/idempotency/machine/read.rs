//! Events out of their JSON texts; the byte payload is not among it.

use super::{Ending, Event};
use crate::json::{Fields, Json, JsonError, Read};

const EVENTS: [&str; 9] =
    ["start", "reply", "storeFailed", "due", "finished", "checkpoint", "pause", "resume", "abandon"];

impl Read<'_> for Event {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let (tag, event) = fields.tag("event")?;
        let event = match event {
            "reply" => Self::Reply { ticket: fields.need("ticket")?, reply: fields.need("reply")? },
            "storeFailed" => Self::StoreFailed { ticket: fields.need("ticket")? },
            "finished" => Self::Finished { ending: fields.need("ending")? },
            "checkpoint" => Self::Checkpoint { data: Vec::new() },
            // What says nothing besides itself may say what it likes.
            "start" => return fields.rest().map(|()| Self::Start),
            "due" => return fields.rest().map(|()| Self::Due),
            "pause" => return fields.rest().map(|()| Self::Pause),
            "resume" => return fields.rest().map(|()| Self::Resume),
            "abandon" => return fields.rest().map(|()| Self::Abandon),
            other => return Err(tag.unknown("variant", other, &EVENTS)),
        };
        fields.end()?;
        Ok(event)
    }
}

impl Read<'_> for Ending {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        Ok(match json.variant()? {
            ("keep", Some(outcome)) => Self::Keep(Read::read(outcome)?),
            ("release", Some(mode)) => Self::Release(Read::read(mode)?),
            ("completedJointly", None) => Self::CompletedJointly,
            (other, _) => {
                return Err(json.unknown("variant", other, &["keep", "release", "completedJointly"]));
            }
        })
    }
}
