//! Stores on servers, exported: requests out, answers in. The driver carries them over the user's own client.

use crate::cell;
use napi::bindgen_prelude::{Either4, Null, Uint8Array};
use napi_derive::napi;
use once_again_core::store::{Cell, Command};
use once_again_js::dialect::{self, Asked};

/// What to do for an operation.
#[napi(object)]
pub struct DialectRequest {
    /// The SQL or the script to run; absent when there is a reply.
    pub text: Option<String>,
    /// One value for each placeholder; a script's key comes first.
    pub args: Vec<Either4<Null, f64, String, Uint8Array>>,
    /// The reply as JSON, its bytes left as payload, where the server need not be asked; `{"invalid":…}` for what is no
    /// operation.
    pub reply: Option<String>,
}

/// Makes a dialect, `redis` or `postgres`, of its configuration; JSON in and out.
#[napi]
#[must_use]
pub fn dialect_open(name: String, config: String) -> String {
    dialect::open(&name, &config)
}

/// Frees a dialect.
#[napi]
pub fn dialect_close(handle: f64) {
    dialect::close(handle);
}

/// What to do for an operation; `now` overrides the server's clock.
#[napi]
#[must_use]
pub fn dialect_request(
    handle: f64,
    now: Option<f64>,
    op: String,
    bytes: Option<Uint8Array>,
) -> DialectRequest {
    match dialect::request(handle, now, &op, bytes.map(|bytes| bytes.to_vec())) {
        Asked::Send(command) => command.into(),
        Asked::Answer(reply) => DialectRequest { text: None, args: Vec::new(), reply: Some(reply) },
    }
}

/// Many claims in fewer commands, each of which answers a row for each of its claims, in order; null where they are sent one
/// by one, or when one of `ops` is no begin.
#[napi]
#[must_use]
pub fn dialect_begin_many(handle: f64, now: Option<f64>, ops: Vec<String>) -> Option<Vec<DialectRequest>> {
    let commands = dialect::begin_many(handle, now, &ops)?;
    Some(commands.into_iter().map(DialectRequest::from).collect())
}

/// The reply in a server's answer (null: no row) as JSON, its bytes left as payload; `{"unreadable":…}` when it is none.
#[napi]
#[must_use]
pub fn dialect_reply(handle: f64, answer: Option<Vec<Either4<Null, f64, String, Uint8Array>>>) -> String {
    dialect::reply(handle, cells(answer).as_deref())
}

/// What asks the server about itself; null when the dialect was closed.
#[napi]
#[must_use]
pub fn dialect_health(handle: f64) -> Option<DialectRequest> {
    dialect::health(handle).map(DialectRequest::from)
}

/// What makes the server ready, or brings it up to date; null where it needs nothing.
#[napi]
#[must_use]
pub fn dialect_install(handle: f64) -> Option<DialectRequest> {
    dialect::install(handle).map(DialectRequest::from)
}

/// What the server's answer about itself warns of, as a JSON list; `{"error":…}` when it can keep no records.
#[napi]
#[must_use]
pub fn dialect_diagnose(handle: f64, answer: Option<Vec<Either4<Null, f64, String, Uint8Array>>>) -> String {
    dialect::diagnose(handle, cells(answer).as_deref())
}

/// What counts the records from `cursor` on, "0" at first; null when the dialect was closed.
#[napi]
#[must_use]
pub fn dialect_usage(handle: f64, now: Option<f64>, cursor: String) -> Option<DialectRequest> {
    dialect::usage(handle, now, &cursor).map(DialectRequest::from)
}

/// What the server's answer counted, as JSON; `{"unreadable":…}` when it is none.
#[napi]
#[must_use]
pub fn dialect_counted(handle: f64, answer: Option<Vec<Either4<Null, f64, String, Uint8Array>>>) -> String {
    dialect::counted(handle, cells(answer).as_deref())
}

impl From<Command> for DialectRequest {
    fn from(command: Command) -> Self {
        Self { text: Some(command.text.into_owned()), args: cell::values(command.args), reply: None }
    }
}

fn cells(answer: Option<Vec<cell::Value>>) -> Option<Vec<Cell>> {
    answer.map(cell::cells)
}
