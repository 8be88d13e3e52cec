//! Stores on servers, behind handles: operations become requests, answers become replies.

use crate::mailbox::timestamp;
use crate::slab::Slab;
use crate::{answer, store};
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::store::{Cell, Command, Dialect, Request, StoreOp};
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static DIALECTS: RefCell<Slab<Dialect>> = const { RefCell::new(Slab::new()) };
}

#[derive(Serialize)]
struct Opened {
    handle: f64,
}

/// What the driver does for an operation.
#[derive(Debug)]
pub enum Asked {
    /// It runs this on the server.
    Send(Command),
    /// It has its reply: the reply's text, its bytes left as payload; or `{"invalid":…}`, `{"gone":true}`.
    Answer(String),
}

/// Makes the dialect called `name` of a configuration.
#[must_use]
pub fn open(name: &str, config: &str) -> String {
    answer::text(try_open(name, config))
}

fn try_open(name: &str, config: &str) -> Result<Opened, ConfigError> {
    let dialect = Dialect::read(name, &answer::config(config)?, "")?;
    Ok(Opened { handle: DIALECTS.with_borrow_mut(|dialects| dialects.insert(dialect)) })
}

/// Frees a dialect; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    DIALECTS.with_borrow_mut(|dialects| dialects.remove(handle));
}

/// What to do for an operation; `now` overrides the server's clock.
#[must_use]
pub fn request(handle: f64, now: Option<f64>, op: &str, bytes: Option<Vec<u8>>) -> Asked {
    let op = match StoreOp::from_wire(op, bytes) {
        Ok(op) => op,
        Err(error) => return Asked::Answer(store::invalid(&error.to_string())),
    };
    match with(handle, |dialect| dialect.request(now.map(timestamp), &op)) {
        None => Asked::Answer(GONE.into()),
        Some(Request::Send(command)) => Asked::Send(command),
        Some(Request::Answer(reply)) => Asked::Answer(store::tell(&reply)),
    }
}

/// Many claims in fewer commands; nothing where they are sent one by one, or when one of `ops` is no begin.
#[must_use]
pub fn begin_many(handle: f64, now: Option<f64>, ops: &[String]) -> Option<Vec<Command>> {
    let begin = |op: &String| match StoreOp::from_wire(op, None) {
        Ok(StoreOp::Begin(begin)) => Some(begin),
        _ => None,
    };
    let begins: Vec<_> = ops.iter().map(begin).collect::<Option<_>>()?;
    with(handle, |dialect| dialect.begin_many(now.map(timestamp), &begins)).flatten()
}

/// The reply in a server's answer, its bytes left as payload; `{"unreadable":…}` when it is none.
#[must_use]
pub fn reply(handle: f64, answer: Option<&[Cell]>) -> String {
    match with(handle, |dialect| dialect.reply(answer)) {
        None => GONE.into(),
        Some(Ok(reply)) => store::tell(&reply),
        Some(Err(error)) => store::unreadable(&error.to_string()),
    }
}

/// What asks the server about itself.
#[must_use]
pub fn health(handle: f64) -> Option<Command> {
    with(handle, Dialect::health)
}

/// What makes the server ready, or brings it up to date.
#[must_use]
pub fn install(handle: f64) -> Option<Command> {
    with(handle, Dialect::install).flatten()
}

/// What its answer about itself warns of, as a JSON list; `{"error":…}` when it can keep no records.
#[must_use]
pub fn diagnose(handle: f64, answer: Option<&[Cell]>) -> String {
    answer::text(with(handle, |dialect| dialect.diagnose(answer)).unwrap_or_else(|| Ok(Vec::new())))
}

/// What counts the records from `cursor` on.
#[must_use]
pub fn usage(handle: f64, now: Option<f64>, cursor: &str) -> Option<Command> {
    with(handle, |dialect| dialect.usage(now.map(timestamp), cursor))
}

/// What the answer counted, as JSON; `{"unreadable":…}` when it is none.
#[must_use]
pub fn counted(handle: f64, answer: Option<&[Cell]>) -> String {
    match with(handle, |dialect| dialect.counted(answer)) {
        None => GONE.into(),
        Some(Ok(usage)) => json::to_string(&usage),
        Some(Err(error)) => store::unreadable(&error.to_string()),
    }
}

const GONE: &str = r#"{"gone":true}"#;

fn with<T>(handle: f64, act: impl FnOnce(&Dialect) -> T) -> Option<T> {
    DIALECTS.with_borrow_mut(|dialects| dialects.get_mut(handle).map(|dialect| act(dialect)))
}
