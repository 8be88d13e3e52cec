//! Functions that run once: configurations behind handles, and core's answers as a caller can use them.

use crate::answer;
use crate::mailbox::{millis, tick};
use crate::payload;
use crate::run::{self, Kind, Moment, Open};
use crate::slab::Slab;
use once_again_core::error::ConfigError;
use once_again_core::fingerprint::{Fingerprint, Options, Parts};
use once_again_core::idempotency::action::{ActionConfig, Ended, Told as End};
use once_again_core::idempotency::key::KeyError;
use once_again_core::idempotency::machine::{Action, Event, Refusal, Run};
use once_again_core::json;
use once_again_core::spec::Unit;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static CONFIGS: RefCell<Slab<Rc<ActionConfig>>> = const { RefCell::new(Slab::new()) };
}

/// What the driver should know about a function's options. Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    name: String,
    enabled: bool,
    handler_timeout: Option<f64>,
}

/// Reads the options of a function; answers a handle and what the driver needs, or the refusal.
#[must_use]
pub fn open(config: &str) -> String {
    answer::text(try_open(config))
}

fn try_open(config: &str) -> Result<Opened, ConfigError> {
    let config = ActionConfig::read(&answer::config(config)?, Unit::Millis, "")?;
    Ok(Opened {
        name: config.name().into(),
        enabled: config.enabled(),
        handler_timeout: config.handler_timeout().map(millis),
        handle: CONFIGS.with_borrow_mut(|configs| configs.insert(Rc::new(config))),
    })
}

/// Frees a configuration; runs that use it keep it until they end.
pub fn close(handle: f64) {
    CONFIGS.with_borrow_mut(|configs| configs.remove(handle));
}

/// The handle of a call's run.
#[derive(Serialize)]
struct Claimed {
    run: f64,
    key: String,
}

/// Files a call: `input` is the JSON text of what it is about, `owner` 16 random bytes, `now` the monotonic clock. Answers
/// `{"run", "key"}` or the refusal of the key.
#[must_use]
pub fn claim(handle: f64, key: Option<&str>, input: &str, owner: &[u8], now: f64) -> String {
    let config = CONFIGS.with_borrow_mut(|configs| configs.get_mut(handle).cloned());
    let Some(config) = config else { return "{\"gone\":true}".into() };
    let options = Options { selection: config.selection().clone(), ..Options::default() };
    let content = Fingerprint::of_json(&Parts::default(), input.as_bytes(), &options);
    match config.claim(key, content) {
        Ok(claim) => {
            let owner = run::owner(owner);
            let run =
                Run::new(config.run_config(), claim.key, claim.fingerprint, None, owner, false, tick(now));
            let run = run::open(Open { run, kind: Kind::Function(config), store: None });
            json::to_string(&Claimed { run, key: claim.key.to_string() })
        }
        Err(error) => answer::refusal(KeyError::CODE, &error.at("key")),
    }
}

/// The function of a run has returned, or thrown: `text` is the value or the error, absent when it cannot be replayed.
#[must_use]
pub fn ended(handle: f64, at: Moment, threw: bool, text: Option<&str>) -> String {
    run::with(handle, |open| {
        let Kind::Function(config) = &open.kind else { return run::Told::default() };
        let ending = config.ending(end(threw, text));
        open.handle(at, Event::Finished { ending })
    })
    .text()
}

/// The operation that completes a run jointly with the caller's own transaction, its outcome left as payload; `null`
/// unless the run holds its record.
#[must_use]
pub fn completion(handle: f64, text: Option<&str>) -> String {
    run::completion(handle, |kind| match kind {
        Kind::Function(config) => Some(config.returned(text.map(Into::into))),
        Kind::Http(_) => None,
    })
}

fn end(threw: bool, text: Option<&str>) -> Ended {
    let text = text.map(|text| text.as_bytes().to_vec());
    if threw { Ended::Threw(text) } else { Ended::Returned(text) }
}

/// How another run of the call ended, or why there is no end: the text is left as payload.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "how")]
pub(crate) enum Told {
    Returned,
    Threw,
    /// The store did not confirm it before the lease ended.
    Uncertain,
    #[serde(rename_all = "camelCase")]
    Refused {
        code: &'static str,
        detail: &'static str,
        /// Milliseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<f64>,
    },
}

/// An answer of the machine that may tell of another run's end.
pub(crate) fn told(action: &'static str, answer: &Action) -> run::Told {
    let text = |bytes, told| {
        payload::leave(Some(bytes));
        Some(told)
    };
    let result = match End::of(answer) {
        None => None,
        Some(End::Returned(bytes)) => text(bytes, Told::Returned),
        Some(End::Threw(bytes)) => text(bytes, Told::Threw),
        Some(End::Uncertain) => Some(Told::Uncertain),
        Some(End::Refused(Refusal { code, detail, retry_after })) => {
            Some(Told::Refused { code: code.name(), detail, retry_after: retry_after.map(millis) })
        }
    };
    run::Told { result, ..run::plain(action) }
}
