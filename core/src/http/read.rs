//! Requests and answers as a host saw them, out of JSON.

use super::answer::{Answer, Seen};
use super::request::RequestHead;
use crate::json::{Fields, Json, JsonError, Read, words};

words!(Seen: "kept" => Kept, "tooLarge" => TooLarge, "stream" => Stream);

impl Read<'_> for RequestHead {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let read = Self {
            method: fields.need("method")?,
            target: fields.need("target")?,
            headers: fields.or("headers", Vec::new())?,
            principal: fields.or("principal", None)?,
            remote: fields.or("remote", String::new())?,
        };
        fields.rest()?;
        Ok(read)
    }
}

impl Read<'_> for Answer {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let read = Self {
            status: fields.need("status")?,
            headers: fields.or("headers", Vec::new())?,
            body: fields.or("body", Seen::default())?,
        };
        fields.rest()?;
        Ok(read)
    }
}
