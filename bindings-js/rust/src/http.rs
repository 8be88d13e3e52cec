//! Guarded requests of one thread: configurations and runs behind handles. Core decides; this file turns its actions into
//! answers that a server can send.

use crate::answer;
use crate::mailbox::{self, drawn, millis, tick};
use crate::payload;
use crate::slab::Slab;
use crate::store;
use once_again_core::error::{Code, ConfigError};
use once_again_core::http::headers::{Header, completion_lost};
use once_again_core::http::{Answer, Examined, HttpConfig, Problem, RequestHead};
use once_again_core::idempotency::machine::{Action, Event, Replay, Run, Settled};
use once_again_core::idempotency::record::{Body, Owner};
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::StoreOp;
use once_again_core::store::memory::{MemoryConfig, WhenFull};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static CONFIGS: RefCell<Slab<Rc<HttpConfig>>> = const { RefCell::new(Slab::new()) };
    static RUNS: RefCell<Slab<Guarded>> = const { RefCell::new(Slab::new()) };
}

/// A request's run, and what its answers need.
struct Guarded {
    config: Rc<HttpConfig>,
    run: Run,
    shown_key: String,
}

/// What the driver should know about a new configuration. Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    methods: Vec<String>,
    wanted_headers: Vec<String>,
    max_body_bytes: u64,
    expose_headers: bool,
    handler_timeout: Option<f64>,
    memory: OwnStore,
}

/// The bounds of the memory store for those who brought none, as its options.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnStore {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_records: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<u64>,
    when_full: &'static str,
}

fn own_store(config: &HttpConfig) -> OwnStore {
    let MemoryConfig { max_records, max_bytes, when_full, .. } = config.own_store(0);
    let when_full = match when_full {
        WhenFull::Refuse => "refuse",
        WhenFull::EvictCompleted => "evictCompleted",
    };
    OwnStore { max_records, max_bytes, when_full }
}

/// Reads the options of a middleware; answers a handle and what the driver needs, or the refusal.
#[must_use]
pub fn open(config: &str) -> String {
    answer::text(try_open(config))
}

fn try_open(config: &str) -> Result<Opened, ConfigError> {
    let config = HttpConfig::read(&answer::config(config)?, Unit::Millis, "")?;
    Ok(Opened {
        methods: config.methods().to_vec(),
        wanted_headers: config.wanted_headers().to_vec(),
        max_body_bytes: config.max_body_bytes(),
        expose_headers: config.expose_headers(),
        handler_timeout: config.handler_timeout().map(millis),
        memory: own_store(&config),
        handle: CONFIGS.with_borrow_mut(|configs| configs.insert(Rc::new(config))),
    })
}

/// Frees a configuration; runs that use it keep it until they end.
pub fn close(handle: f64) {
    CONFIGS.with_borrow_mut(|configs| configs.remove(handle));
}

fn config_of(handle: f64) -> Option<Rc<HttpConfig>> {
    CONFIGS.with_borrow_mut(|configs| configs.get_mut(handle).cloned())
}

/// What to do with a request.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Looked {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

/// Examines a request: `pass`, `needBody`, `refuse` (the body is left as payload), or `guard` with the handle of its run.
/// `owner` is 16 random bytes, `now` the monotonic clock.
#[must_use]
pub fn examine(handle: f64, head: &str, body: Option<&[u8]>, owner: &[u8], now: f64) -> String {
    payload::leave(None);
    let Some(config) = config_of(handle) else { return "{\"action\":\"pass\"}".into() };
    let head: RequestHead = match json::from_str(head) {
        Ok(head) => head,
        Err(error) => return store::invalid(&error.to_string()),
    };
    let looked = match config.examine(&head, body) {
        Examined::Pass => Looked { action: "pass", ..Looked::default() },
        Examined::NeedBody => Looked { action: "needBody", ..Looked::default() },
        Examined::Refuse { problem } => {
            let (status, headers) = send(problem);
            Looked { action: "refuse", status: Some(status), headers, ..Looked::default() }
        }
        Examined::Guard(found) => {
            let mut bytes = [0; 16];
            for (byte, given) in bytes.iter_mut().zip(owner) {
                *byte = *given;
            }
            let run = Run::new(
                config.run_config(),
                found.key,
                found.fingerprint,
                found.caller,
                Owner(bytes),
                found.derived,
                tick(now),
            );
            let key = found.shown_key.clone();
            let run =
                RUNS.with_borrow_mut(|runs| runs.insert(Guarded { config, run, shown_key: found.shown_key }));
            Looked { action: "guard", run: Some(run), key: Some(key), ..Looked::default() }
        }
    };
    json::to_string(&looked)
}

/// Leaves a problem's body as payload.
fn send(problem: Problem) -> (u16, Vec<Header>) {
    payload::leave(Some(problem.body.into_bytes()));
    (problem.status, problem.headers)
}

/// Hands an event of core's machine to a run; answers its action.
#[must_use]
pub fn run_event(handle: f64, now: f64, draw: f64, event: &str, bytes: Option<Vec<u8>>) -> String {
    match Event::from_wire(event, bytes) {
        Ok(event) => with_run(handle, |guarded| guarded.handle(now, draw, event)),
        Err(error) => store::invalid(&error.to_string()),
    }
}

/// The handler has answered; `answer` is `{status, headers, body}` as [`Answer`] reads it.
#[must_use]
pub fn run_answered(handle: f64, now: f64, draw: f64, answer: &str, body: &[u8]) -> String {
    match json::from_str::<Answer>(answer) {
        Ok(answer) => with_run(handle, |guarded| {
            let ending = guarded.config.ending(&answer, body);
            guarded.handle(now, draw, Event::Finished { ending })
        }),
        Err(error) => store::invalid(&error.to_string()),
    }
}

/// The operation that completes a run inside the caller's own transaction, its outcome left as payload; `null` unless the
/// run holds its record.
#[must_use]
pub fn run_completion(handle: f64, answer: &str, body: &[u8]) -> String {
    let Ok(answer) = json::from_str::<Answer>(answer) else { return "null".into() };
    let op = RUNS.with_borrow_mut(|runs| {
        let guarded = runs.get_mut(handle)?;
        guarded.run.completion(&guarded.config.outcome(&answer, body))
    });
    tell_op(op.as_ref())
}

/// The headers that mark a first answer, which carries these of its own already.
#[must_use]
pub fn run_first_answer(handle: f64, headers: &str) -> String {
    let Ok(headers) = json::from_str::<Vec<Header>>(headers) else { return "[]".into() };
    RUNS.with_borrow_mut(|runs| {
        let added =
            runs.get_mut(handle).map(|guarded| guarded.config.first_answer(&guarded.shown_key, &headers));
        json::to_string(&added.unwrap_or_default())
    })
}

/// Frees a run.
pub fn run_close(handle: f64) {
    RUNS.with_borrow_mut(|runs| runs.remove(handle));
}

fn with_run(handle: f64, act: impl FnOnce(&mut Guarded) -> Told) -> String {
    payload::leave(None);
    let told = RUNS.with_borrow_mut(|runs| runs.get_mut(handle).map(act));
    json::to_string(&told.unwrap_or(Told { action: "nothing", ..Told::default() }))
}

fn tell_op(op: Option<&StoreOp>) -> String {
    let Some(op) = op else { return "null".into() };
    let (text, bytes) = op.to_wire();
    payload::leave(bytes);
    text
}

/// An action, as the driver reads it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    action: &'static str,
    /// When the machine wants to be woken, milliseconds on the monotonic clock.
    deadline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<StoreOp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    /// Of an answer that takes the handler's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

impl Guarded {
    fn handle(&mut self, now: f64, draw: f64, event: Event) -> Told {
        let action = self.run.handle(tick(now), event, drawn(draw));
        Told { deadline: self.run.deadline().map(mailbox::tick_millis), ..self.tell(action) }
    }

    fn tell(&self, action: Action) -> Told {
        match action {
            Action::Apply { ticket, op } => {
                payload::leave(op.payload().map(<[u8]>::to_vec));
                Told { action: "apply", ticket: Some(ticket), op: Some(op), ..Told::default() }
            }
            Action::Execute { epoch, attempts, checkpoint } => {
                payload::leave(checkpoint);
                Told { action: "execute", epoch: Some(epoch), attempts: Some(attempts), ..Told::default() }
            }
            Action::Unprotected { .. } => Told { action: "unprotected", ..Told::default() },
            Action::Replay(replay) => self.replay("replay", &replay),
            Action::Refuse(refusal) => answer_with("refuse", Problem::from(&refusal)),
            Action::Wait { .. } => Told { action: "wait", ..Told::default() },
            Action::AbortHandler => Told { action: "abortHandler", ..Told::default() },
            Action::Answer => Told { action: "answer", headers: vec![completion_lost()], ..Told::default() },
            Action::Settled(settled) => self.settled(settled),
            Action::Nothing => Told { action: "nothing", ..Told::default() },
        }
    }

    /// A late owner's own answer must not go out when another run's outcome stands: two clients would be told two things.
    fn settled(&self, settled: Settled) -> Told {
        match settled {
            Settled::Lost { replay: Some(replay) } => self.replay("settled", &replay),
            Settled::Lost { replay: None } => answer_with(
                "settled",
                once_again_core::http::problem::of(Code::IdempotencyInProgress, "", None),
            ),
            Settled::Uncertain => {
                Told { action: "settled", headers: vec![completion_lost()], ..Told::default() }
            }
            _ => Told { action: "settled", ..Told::default() },
        }
    }

    fn replay(&self, action: &'static str, replay: &Replay) -> Told {
        let headers = self.config.replay(&replay.outcome, &self.shown_key, replay.created);
        let Body::Kept(body) = &replay.outcome.body else {
            return answer_with(
                action,
                once_again_core::http::problem::of(Code::IdempotencyNotReplayable, "", None),
            );
        };
        payload::leave(Some(body.clone()));
        Told { action, status: Some(replay.outcome.status), headers, ..Told::default() }
    }
}

fn answer_with(action: &'static str, problem: Problem) -> Told {
    let (status, headers) = send(problem);
    Told { action, status: Some(status), headers, ..Told::default() }
}
