//! What a run ended in, as it is kept and replayed.

use super::RecordError;
use super::tagged::{self, Fields, Sink, Tagged, Writer};
use serde::Serialize;

/// What kind of run it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum OutcomeKind {
    /// An HTTP answer.
    Http = 1,
    /// The result of a function, as JSON or in the caller's own codec.
    Function = 2,
}

/// The body of an answer, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// Kept. In JSON the bytes travel beside the text.
    Kept(#[serde(skip)] Vec<u8>),
    /// Too large, or a stream: it can never be replayed, and the run never repeated.
    Omitted,
}

/// A kept answer or result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What kind of run it was.
    pub kind: OutcomeKind,
    /// The HTTP status; 0 for a function.
    pub status: u16,
    /// The headers to send again, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Outcome {
    /// The result of a function.
    #[must_use]
    pub const fn function(body: Body) -> Self {
        Self { kind: OutcomeKind::Function, status: 0, headers: Vec::new(), body }
    }

    /// The bytes of this outcome, format version 1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_behind(&[])
    }

    /// Reads what [`encode`](Self::encode) wrote; any other bytes are an error, never a panic.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut fields = Fields::open(bytes)?;
        let kind = fields.required(1, |bytes| match tagged::small(bytes)? {
            1_u8 => Some(OutcomeKind::Http),
            2 => Some(OutcomeKind::Function),
            _ => None,
        })?;
        let status = fields.required(2, tagged::small)?;
        let mut headers = Vec::new();
        while let Some(header) = fields.optional(3, header)? {
            headers.push(header);
        }
        let body = fields.optional(4, |bytes| Some(Body::Kept(bytes.to_vec())))?.unwrap_or(Body::Omitted);
        fields.end()?;
        Ok(Self { kind, status, headers, body })
    }
}

impl Tagged for Outcome {
    fn write<S: Sink>(&self, out: &mut Writer<S>) {
        out.number(1, self.kind as u64);
        out.number(2, self.status.into());
        for (name, value) in &self.headers {
            out.pair(3, name.as_bytes(), value.as_bytes());
        }
        if let Body::Kept(body) = &self.body {
            out.bytes(4, body);
        }
    }
}

fn header(bytes: &[u8]) -> Option<(String, String)> {
    let (name, value) = tagged::split(bytes)?;
    Some((String::from_utf8(name.to_vec()).ok()?, String::from_utf8(value.to_vec()).ok()?))
}
