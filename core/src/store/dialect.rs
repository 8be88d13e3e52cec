//! The servers that keep records, as a host sees them: whichever it is, it carries a request there and an answer back.

use super::redis::Redis;
use super::{Cell, Command, Request, StoreOp, StoreReply};
use crate::error::ConfigError;
use crate::idempotency::record::RecordError;
use crate::spec::Value;
use crate::time::Timestamp;

/// A store on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Redis, Valkey, also as a Cluster.
    Redis(Redis),
}

impl Dialect {
    /// Reads the configuration of the dialect called `name`: `redis`.
    pub fn read(name: &str, value: &Value, path: &str) -> Result<Self, ConfigError> {
        match name {
            "redis" => Redis::read(value, path).map(Self::Redis),
            other => Err(ConfigError::new("dialect", other, "redis")),
        }
    }

    /// What to do for `op`. `now` overrides the server's clock, for tests.
    #[must_use]
    pub fn request(&self, now: Option<Timestamp>, op: &StoreOp) -> Request {
        match self {
            Self::Redis(redis) => redis.request(now, op),
        }
    }

    /// Reads what came back: a script's list, or a query's only row.
    pub fn reply(&self, answer: Option<&[Cell]>) -> Result<StoreReply, RecordError> {
        match self {
            Self::Redis(_) => Redis::reply(answer.unwrap_or_default()),
        }
    }

    /// Asks the server whether records are safe with it; [`warnings`](Self::warnings) reads the answer.
    #[must_use]
    pub fn health(&self) -> Command {
        match self {
            Self::Redis(redis) => redis.health(),
        }
    }

    /// What about this server endangers records.
    #[must_use]
    pub fn warnings(&self, answer: Option<&[Cell]>) -> Vec<String> {
        match self {
            Self::Redis(_) => Redis::warnings(answer.unwrap_or_default()),
        }
    }
}
