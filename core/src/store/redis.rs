//! The Redis dialect: one HASH for each record, and one Lua script for each operation, which sees one key and so runs in a
//! Cluster as well. Also Valkey's.
//!
//! A [`Command`]'s text is the script; its first argument is the script's only key, the others are its arguments. A
//! driver sends `EVALSHA` with the script's SHA-1, `EVAL` when the server does not know it yet, and hands the list
//! that comes back to [`Redis::reply`]. Strings in that list are bytes: a driver must not decode them.
//!
//! Redis drops a record when its retention is over, so there is nothing to sweep. Its lease is only a field.

use super::command::{Cell, Command};
use super::op::{Begin, Resolution, StoreOp};
use super::reply::StoreReply;
use super::{Request, answer, row};
use crate::error::ConfigError;
use crate::idempotency::record::{RecordError, RecordKey};
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Timestamp;

macro_rules! script {
    ($($file:literal),+) => { concat!($(include_str!($file), "\n"),+) };
}

const BEGIN: &str = script!("redis/common.lua", "redis/begin.lua");
const RENEW: &str = script!("redis/common.lua", "redis/own.lua", "redis/renew.lua");
const CHECKPOINT: &str = script!("redis/common.lua", "redis/own.lua", "redis/checkpoint.lua");
const COMPLETE: &str = script!("redis/common.lua", "redis/own.lua", "redis/complete.lua");
const RELEASE: &str = script!("redis/common.lua", "redis/own.lua", "redis/release.lua");
const ABANDON: &str = script!("redis/common.lua", "redis/own.lua", "redis/abandon.lua");
const RESOLVE: &str = script!("redis/common.lua", "redis/resolve.lua");
const GET: &str = script!("redis/common.lua", "redis/get.lua");
const HEALTH: &str = script!("redis/health.lua");
const USAGE: &str = script!("redis/usage.lua");

/// A store's place in a Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    prefix: String,
}

impl Default for Redis {
    /// Keys begin with `idempotency:`.
    fn default() -> Self {
        Self { prefix: Self::PREFIX.into() }
    }
}

impl Redis {
    /// What keys begin with unless told otherwise (nebula-idempotency).
    pub const PREFIX: &str = "idempotency:";

    /// Text before each key.
    pub const PREFIX_NAMES: Names = Names(&[("prefix", None), ("key_prefix", None)]);
    /// All fields.
    pub const NAMES: &[Names] = &[Self::PREFIX_NAMES];

    /// Reads an object that holds these fields and no others.
    pub fn read(value: &Value, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, Unit::Millis, Self::NAMES, path)?;
        let prefix = reader.text("prefix")?.unwrap_or(Self::PREFIX);
        if prefix.is_empty() || prefix.len() > 200 {
            return Err(reader.refuse("prefix", "text of 1 to 200 bytes"));
        }
        Ok(Self { prefix: prefix.into() })
    }

    /// What to run for `op`. `now` overrides the server's clock, for tests.
    #[must_use]
    pub fn request(&self, now: Option<Timestamp>, op: &StoreOp) -> Request {
        let (script, key, args) = match op {
            StoreOp::Begin(begin) => (BEGIN, &begin.key, claim(begin)),
            StoreOp::Renew { key, owner, epoch, lease } => {
                (RENEW, key, vec![Cell::bytes(&owner.0), Cell::number(*epoch), Cell::number(lease.get())])
            }
            StoreOp::Checkpoint { key, owner, epoch, data } => {
                (CHECKPOINT, key, vec![Cell::bytes(&owner.0), Cell::number(*epoch), Cell::bytes(data)])
            }
            StoreOp::Complete { key, owner, epoch, outcome, retention } => {
                let (retention, outcome) = (Cell::number(retention.get()), Cell::bytes(outcome));
                (COMPLETE, key, vec![Cell::bytes(&owner.0), Cell::number(*epoch), retention, outcome])
            }
            StoreOp::Release { key, owner, epoch, mode } => {
                (RELEASE, key, vec![Cell::bytes(&owner.0), Cell::number(*epoch), Cell::text(mode.name())])
            }
            StoreOp::Abandon { key, owner, epoch } => {
                (ABANDON, key, vec![Cell::bytes(&owner.0), Cell::number(*epoch)])
            }
            StoreOp::Resolve { key, how, retention } => {
                let (how, outcome) = match how {
                    Resolution::Forget => ("forget", &[][..]),
                    Resolution::Complete(outcome) => ("complete", &outcome[..]),
                };
                (RESOLVE, key, vec![Cell::text(how), Cell::number(retention.get()), Cell::bytes(outcome)])
            }
            StoreOp::Get { key } => (GET, key, Vec::new()),
            StoreOp::Sweep { .. } => return Request::Answer(StoreReply::Swept { count: 0 }),
        };
        let now = now.map_or_else(|| Cell::text(""), |now| Cell::number(now.get()));
        Request::Send(Command::new(script, [self.key(key), now].into_iter().chain(args).collect()))
    }

    /// Reads a script's answer.
    pub fn reply(answer: &[Cell]) -> Result<StoreReply, RecordError> {
        match answer {
            [found, fields @ ..] if found.as_text() == Some("found") => {
                let columns = row::COLUMNS.iter().map(|column| field(fields, column));
                answer::read(&core::iter::once(found.clone()).chain(columns).collect::<Vec<_>>())
            }
            answer => answer::read(answer),
        }
    }

    /// Asks the server about itself; [`warnings`](Self::warnings) reads the answer.
    #[must_use]
    pub fn health(&self) -> Command {
        Command::new(HEALTH, vec![Cell::text(&*self.prefix)])
    }

    /// What about this server endangers records.
    #[must_use]
    pub fn warnings(answer: &[Cell]) -> Vec<String> {
        let info = answer.first().and_then(Cell::as_text).unwrap_or_default();
        let setting =
            |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
        let mut warnings = Vec::new();
        if let Some(policy) = setting("maxmemory_policy").filter(|policy| *policy != "noeviction") {
            warnings.push(format!(
                "Redis may evict records that still protect a request: maxmemory-policy is {policy}, set it to noeviction"
            ));
        }
        if setting("aof_enabled") == Some("0") {
            warnings.push(
                "Redis forgets its latest records when it restarts: appendonly is no, set it to yes".into(),
            );
        }
        warnings
    }

    /// Counts one page of the records on one server. The only script without a key: in a Cluster each primary is asked.
    #[must_use]
    pub fn usage(&self, cursor: &str) -> Command {
        let mut pattern = String::new();
        for char in self.prefix.chars() {
            if matches!(char, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
                pattern.push('\\');
            }
            pattern.push(char);
        }
        Command::new(USAGE, vec![Cell::text(cursor), Cell::text(pattern + "*")])
    }

    fn key(&self, key: &RecordKey) -> Cell {
        Cell::Text(format!("{}{key}", self.prefix))
    }
}

fn claim(begin: &Begin) -> Vec<Cell> {
    vec![
        Cell::bytes(&begin.owner.0),
        Cell::text(begin.fingerprint.to_string()),
        begin.caller.map_or_else(|| Cell::text(""), |caller| Cell::bytes(&caller)),
        begin.lease.map_or_else(|| Cell::text(""), |lease| Cell::number(lease.get())),
        Cell::number(begin.retention.get()),
        Cell::text(begin.on_orphan.name()),
        Cell::number(begin.max_takeovers),
        Cell::number(begin.derived),
    ]
}

/// A field of a HASH, whose names and values come in any order.
fn field(fields: &[Cell], name: &str) -> Cell {
    let mut pairs = fields.chunks_exact(2);
    pairs.find(|pair| pair[0].as_text() == Some(name)).map_or(Cell::Null, |pair| pair[1].clone())
}
