//! What a store keeps under a key, and the bytes it keeps it in.
//!
//! # Record format, version 1
//!
//! `01`, then fields in ascending order of their tag, each `tag · length · bytes`. The length is a LEB128 number in its
//! shortest form. A number is big-endian without leading zero bytes, so zero has no bytes. One record therefore has
//! exactly one encoding, and the same record has the same bytes in every store and every language.
//!
//! | tag | field | bytes | |
//! |---|---|---|---|
//! | 01 | fingerprint | algorithm (1 jcs, 2 raw), then 32 bytes of digest | required |
//! | 02 | caller | 32 | absent: no caller was told |
//! | 03 | state | 1 in progress, 2 completed, 3 retryable, 4 unknown | required |
//! | 04 | owner | 16 | required |
//! | 05 | epoch | number | required |
//! | 06 | lease until | number, µs since the Unix epoch | absent: no lease |
//! | 07 | attempts | number | required |
//! | 08 | takeovers | number | required |
//! | 09 | checkpoint | any | absent: none |
//! | 0A | outcome | an encoded [`Outcome`] | absent: none |
//! | 0B, 0C, 0D | created, updated, expires at | numbers, µs since the Unix epoch | required |
//! | 0E | derived | number, 0 or 1 | required |
//!
//! # Outcome format, version 1
//!
//! The same framing: `01`, then fields.
//!
//! | tag | field | bytes | |
//! |---|---|---|---|
//! | 01 | kind | 1 HTTP answer, 2 function result | required |
//! | 02 | status | number | required |
//! | 03 | header | length of the name (LEB128), name, value, both UTF-8 | any number, in the answer's order |
//! | 04 | body | any | absent: the body was not kept |
//!
//! Both are append-only: a field keeps its tag for ever, and a tag that is not known is an error, since a record that is
//! only half understood must not be replayed.

mod outcome;
mod read;
mod tagged;

pub use outcome::{Body, Outcome, OutcomeKind};

use crate::fingerprint::{Alg, Fingerprint};
use crate::hex;
use crate::time::Timestamp;
use core::fmt;
use serde::Serialize;
use tagged::{Fields, Sink, Tagged, Writer};

/// Why stored bytes are not a record or an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// There are no bytes, they end inside a field, or a length is not in its shortest form.
    Framing,
    /// The version byte is not one this version of the library knows.
    Version(u8),
    /// The field with this tag is unknown, out of order, repeated, or does not hold what it must.
    Field(u8),
    /// The required field with this tag is absent.
    Missing(u8),
    /// A stored row has other columns than the schema says; the name of the first wrong one.
    Column(&'static str),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framing => f.write_str("the stored record is cut short"),
            Self::Version(version) => {
                write!(f, "the stored record has format {version}, this version reads 1")
            }
            Self::Field(tag) => write!(f, "field {tag} of the stored record is not valid"),
            Self::Missing(tag) => write!(f, "field {tag} of the stored record is missing"),
            Self::Column(name) => write!(f, "column {name} of the stored record is not valid"),
        }
    }
}

impl core::error::Error for RecordError {}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(serialize_with = "hex::serialize")] pub [u8; $length]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

identifier! {
    /// What a record is found by: the SHA-256 of namespace, scope and key. The key itself is never stored.
    RecordKey, 32
}

identifier! {
    /// Who holds a record: 16 bytes from a secure generator, new for every attempt to claim.
    Owner, 16
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum State {
    /// Somebody holds it and is, or was, at work.
    InProgress = 1,
    /// The outcome is kept and will be replayed.
    Completed = 2,
    /// The last run failed in a way that invites another.
    Retryable = 3,
    /// Nobody knows whether the effect happened; only an operator's word moves it.
    Unknown = 4,
}

impl State {
    /// The state with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::InProgress),
            2 => Some(Self::Completed),
            3 => Some(Self::Retryable),
            4 => Some(Self::Unknown),
            _ => None,
        }
    }

    /// Its name, in JSON and in a database's column.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "inProgress",
            Self::Completed => "completed",
            Self::Retryable => "retryable",
            Self::Unknown => "unknown",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (1..=4).filter_map(Self::from_number).find(|state| state.name() == name)
    }
}

/// One record. In JSON without its two byte fields, which travel beside the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Of the request that made the record; another one under the same key is refused.
    pub fingerprint: Fingerprint,
    /// Digest of the caller's credentials, compared when both sides have one.
    #[serde(serialize_with = "hex::optional", skip_serializing_if = "Option::is_none")]
    pub caller: Option<[u8; 32]>,
    /// Where it stands.
    pub state: State,
    /// Who made the last claim.
    pub owner: Owner,
    /// Grows with every claim, usable as a fencing token.
    pub epoch: u64,
    /// From this instant on the claim may be taken over; `None`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// Claims that led to a run, the first included.
    pub attempts: u32,
    /// Claims taken from an owner that fell silent.
    pub takeovers: u32,
    /// What the last run left for its successor.
    #[serde(skip)]
    pub checkpoint: Option<Vec<u8>>,
    /// The encoded [`Outcome`] of a completed record.
    #[serde(skip)]
    pub outcome: Option<Vec<u8>>,
    /// The first claim.
    pub created: Timestamp,
    /// The last change.
    pub updated: Timestamp,
    /// From this instant on the record counts as absent.
    pub expires_at: Timestamp,
    /// The key was derived from the request: the first to go when a memory store needs room.
    pub derived: bool,
}

impl Record {
    /// The bytes of this record, format version 1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_behind(&[])
    }

    /// `prefix`, then the bytes of this record, in a vector without room to spare.
    pub(crate) fn encode_behind(&self, prefix: &[u8]) -> Vec<u8> {
        Tagged::encode_behind(self, prefix)
    }

    /// Reads what [`encode`](Self::encode) wrote; any other bytes are an error, never a panic.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut fields = Fields::open(bytes)?;
        let record = Self {
            fingerprint: fields.required(1, fingerprint)?,
            caller: fields.optional(2, |bytes| bytes.try_into().ok())?,
            state: fields.required(3, |bytes| State::from_number(tagged::small(bytes)?))?,
            owner: fields.required(4, |bytes| bytes.try_into().ok().map(Owner))?,
            epoch: fields.required(5, tagged::time)?,
            lease_until: fields.optional(6, tagged::timestamp)?,
            attempts: fields.required(7, tagged::small)?,
            takeovers: fields.required(8, tagged::small)?,
            checkpoint: fields.optional(9, |bytes| Some(bytes.to_vec()))?,
            outcome: fields.optional(10, |bytes| Some(bytes.to_vec()))?,
            created: fields.required(11, tagged::timestamp)?,
            updated: fields.required(12, tagged::timestamp)?,
            expires_at: fields.required(13, tagged::timestamp)?,
            derived: fields.required(14, tagged::boolean)?,
        };
        fields.end()?;
        Ok(record)
    }

    /// Whether the record counts as absent.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// For how many whole seconds after `now` a store that forgets by itself must keep it.
    #[must_use]
    pub const fn kept_for(&self, now: Timestamp) -> u64 {
        self.expires_at.since(now).get().div_ceil(1_000_000)
    }

    /// Whether the claim still excludes others.
    #[must_use]
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.state == State::InProgress && self.lease_until.is_none_or(|until| now < until)
    }
}

impl Tagged for Record {
    fn write<S: Sink>(&self, out: &mut Writer<S>) {
        out.joined(1, &[alg_number(self.fingerprint.alg())], self.fingerprint.digest());
        out.optional(2, self.caller.as_ref().map(<[u8; 32]>::as_slice));
        out.number(3, self.state as u64);
        out.bytes(4, &self.owner.0);
        out.number(5, self.epoch);
        if let Some(until) = self.lease_until {
            out.number(6, until.get());
        }
        out.number(7, self.attempts.into());
        out.number(8, self.takeovers.into());
        out.optional(9, self.checkpoint.as_deref());
        out.optional(10, self.outcome.as_deref());
        out.number(11, self.created.get());
        out.number(12, self.updated.get());
        out.number(13, self.expires_at.get());
        out.number(14, self.derived.into());
    }
}

const fn alg_number(alg: Alg) -> u8 {
    match alg {
        Alg::Jcs => 1,
        Alg::Raw => 2,
    }
}

fn fingerprint(bytes: &[u8]) -> Option<Fingerprint> {
    let (&number, digest) = bytes.split_first()?;
    let alg = [Alg::Jcs, Alg::Raw].into_iter().find(|alg| alg_number(*alg) == number)?;
    Some(Fingerprint::new(alg, digest.try_into().ok()?))
}
