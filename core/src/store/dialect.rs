//! The servers that keep records, as a host sees them: whichever it is, it carries a request there and an answer back.

use super::postgres::Postgres;
use super::redis::Redis;
use super::{Begin, Cell, Command, Request, StoreOp, StoreReply, Usage};
use crate::error::ConfigError;
use crate::idempotency::record::RecordError;
use crate::spec::Value;
use crate::time::Timestamp;

/// A store on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Redis, Valkey, also as a Cluster.
    Redis(Redis),
    /// PostgreSQL.
    Postgres(Box<Postgres>),
}

impl Dialect {
    /// Reads the configuration of the dialect called `name`: `redis` or `postgres`.
    pub fn read(name: &str, value: &Value, path: &str) -> Result<Self, ConfigError> {
        match name {
            "redis" => Redis::read(value, path).map(Self::Redis),
            "postgres" => Postgres::read(value, path).map(|postgres| Self::Postgres(Box::new(postgres))),
            other => Err(ConfigError::new("dialect", other, "redis or postgres")),
        }
    }

    /// What to do for `op`. `now` overrides the server's clock, for tests.
    #[must_use]
    pub fn request(&self, now: Option<Timestamp>, op: &StoreOp) -> Request {
        match self {
            Self::Redis(redis) => redis.request(now, op),
            Self::Postgres(postgres) => Request::Send(postgres.command(now, op)),
        }
    }

    /// Many claims in fewer commands, each of which answers a row for each of its claims, in order; `None` where claims are
    /// sent one by one, as a pipeline.
    #[must_use]
    pub fn begin_many(&self, now: Option<Timestamp>, begins: &[Begin]) -> Option<Vec<Command>> {
        match self {
            Self::Redis(_) => None,
            Self::Postgres(postgres) => Some(postgres.begin_many(now, begins)),
        }
    }

    /// Reads what came back: a script's list, or a query's only row.
    pub fn reply(&self, answer: Option<&[Cell]>) -> Result<StoreReply, RecordError> {
        match self {
            Self::Redis(_) => Redis::reply(answer.unwrap_or_default()),
            Self::Postgres(_) => Postgres::reply(answer),
        }
    }

    /// Makes what the server must have, or brings it up to date; `None` where it needs nothing.
    #[must_use]
    pub fn install(&self) -> Option<Command> {
        match self {
            Self::Redis(_) => None,
            Self::Postgres(postgres) => Some(postgres.install()),
        }
    }

    /// Asks the server whether records are safe with it; [`diagnose`](Self::diagnose) reads the answer.
    #[must_use]
    pub fn health(&self) -> Command {
        match self {
            Self::Redis(redis) => redis.health(),
            Self::Postgres(postgres) => postgres.health(),
        }
    }

    /// What about this server endangers records; an error when it cannot keep any.
    pub fn diagnose(&self, answer: Option<&[Cell]>) -> Result<Vec<String>, ConfigError> {
        match self {
            Self::Redis(_) => Ok(Redis::warnings(answer.unwrap_or_default())),
            Self::Postgres(postgres) => postgres.diagnose(answer).map(|()| Vec::new()),
        }
    }

    /// Counts the records from `cursor` on, which is [`Usage::FIRST`] at first; [`Usage`] is read from the answer. Has no
    /// key, so in a Redis Cluster each primary is asked.
    #[must_use]
    pub fn usage(&self, now: Option<Timestamp>, cursor: &str) -> Command {
        match self {
            Self::Redis(redis) => redis.usage(cursor),
            Self::Postgres(postgres) => postgres.usage(now),
        }
    }

    /// What the answer counted.
    pub fn counted(&self, answer: Option<&[Cell]>) -> Result<Usage, RecordError> {
        Usage::read(answer.unwrap_or_default())
    }
}
