//! Guarded requests of one thread: configurations behind handles, and core's answers as a server can send them.

use crate::answer;
use crate::lines;
use crate::mailbox::{millis, tick};
use crate::payload;
use crate::run::{self, Kind, Moment, Open, Told};
use crate::slab::Slab;
use once_again_core::error::ConfigError;
pub use once_again_core::http::Seen;
use once_again_core::http::headers::Header;
use once_again_core::http::{Answer, Examined, HttpConfig, Leaving, Ready, RequestHead};
use once_again_core::idempotency::machine::{Event, Refusal, Replay, Run, Settled};
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::memory::{MemoryConfig, WhenFull};
use serde::Serialize;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

thread_local! {
    static CONFIGS: RefCell<Slab<Rc<HttpConfig>>> = const { RefCell::new(Slab::new()) };
}

/// A request but for its body, as the driver hands it over.
pub struct Head {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The wanted headers, names and values in turn, a line feed between each and the next.
    pub lines: String,
    /// Who the caller is, when the application knows.
    pub principal: Option<String>,
    /// The address of the peer.
    pub remote: String,
}

/// What the answers of a request's run need.
pub(crate) struct Answers {
    config: Rc<HttpConfig>,
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
    max_request_bytes: u64,
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
        max_request_bytes: config.max_request_bytes(),
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

/// Examines a request, and begins its run where it is guarded: `pass`, `needBody`, `refuse` (the body is left as payload), or
/// the run's first action. `owner` is 16 random bytes, `store` the memory store of this thread that answers the run.
///
/// What every request comes to is told in lines, the rest in JSON.
#[must_use]
pub fn begin(
    handle: f64,
    head: Head,
    body: Option<&[u8]>,
    owner: &[u8],
    at: Moment,
    store: Option<f64>,
) -> String {
    payload::leave(None);
    let Some(config) = config_of(handle) else { return run::plain("pass").text() };
    let Head { method, target, lines, principal, remote } = head;
    let head = RequestHead { method, target, headers: lines::read(&lines), principal, remote };
    match config.examine(&head, body) {
        Examined::Pass => run::plain("pass").text(),
        Examined::NeedBody => run::plain("needBody").text(),
        Examined::Refuse { problem } => answer_with("refuse", problem.into()).text(),
        Examined::Guard(found) => {
            let run = Run::new(
                config.run_config(),
                found.key,
                found.fingerprint,
                found.caller,
                run::owner(owner),
                found.derived,
                tick(at.now),
            );
            let kind = Kind::Http(Answers { config, shown_key: found.shown_key });
            let told = run::begin(Open { run, kind, store }, at, |kind, told| match kind {
                Kind::Http(answers) => answers.introduce(told),
                Kind::Function(_) => told,
            });
            in_lines(&told).unwrap_or_else(|| told.text())
        }
    }
}

/// What the driver of a request whose handler runs, or that is replayed, must know: the action, and its numbers and texts, a
/// line feed between each and the next. `None` where there is more to tell.
fn in_lines(told: &Told) -> Option<String> {
    let mut text = String::with_capacity(256);
    let (wrote, lines) = match told {
        Told { action: "execute", run: Some(run), key: Some(key), marks: Some(marks), .. }
            if !payload::is_left() =>
        {
            let (deadline, epoch, attempts) = (told.deadline?, told.epoch?, told.attempts?);
            (write!(text, "execute\n{run}\n{deadline}\n{epoch}\n{attempts}\n{key}"), marks)
        }
        Told { action: "replay", status: Some(status), headers, .. } => {
            (write!(text, "replay\n{status}"), headers)
        }
        _ => return None,
    };
    wrote.ok()?;
    lines::write(lines, &mut text);
    Some(text)
}

/// The handler has answered, with these header lines; `body` is all of it when `seen` is so. `None` when the record is settled
/// and the answer may go as it is.
#[must_use]
pub fn run_answered(
    handle: f64,
    at: Moment,
    status: u16,
    lines: &str,
    seen: Seen,
    body: &[u8],
) -> Option<String> {
    let told = run::with(handle, |open| {
        let Kind::Http(answers) = &open.kind else { return Told::default() };
        let ending = answers.config.ending(&Answer { status, headers: lines::read(lines), body: seen }, body);
        open.handle(at, Event::Finished { ending })
    });
    (!told.is_quiet()).then(|| told.text())
}

/// The handler has thrown, or its answer was cut short: none will come any more.
#[must_use]
pub fn run_thrown(handle: f64, at: Moment) -> String {
    run::with(handle, |open| {
        let Kind::Http(answers) = &open.kind else { return Told::default() };
        let ending = answers.config.thrown();
        open.handle(at, Event::Finished { ending })
    })
    .text()
}

/// The operation that completes a run inside the caller's own transaction, its outcome left as payload; `null` unless the
/// run holds its record.
#[must_use]
pub fn run_completion(handle: f64, answer: &str, body: &[u8]) -> String {
    let Ok(answer) = json::read::<Answer>(answer) else { return "null".into() };
    run::completion(handle, |kind| match kind {
        Kind::Http(answers) => Some(answers.config.outcome(&answer, body)),
        Kind::Function(_) => None,
    })
}

/// The headers that mark a first answer, which carries these of its own already.
#[must_use]
pub fn run_first_answer(handle: f64, headers: &str) -> String {
    let Ok(headers) = json::read::<Vec<Header>>(headers) else { return "[]".into() };
    let added = run::look(handle, |open| match &open.kind {
        Kind::Http(answers) => answers.config.first_answer(&answers.shown_key, &headers),
        Kind::Function(_) => Vec::new(),
    });
    json::to_string(&added.unwrap_or_default())
}

impl Answers {
    /// What a run that goes on tells of itself besides.
    fn introduce(&self, told: Told) -> Told {
        // Which names an answer exposes already is known only when it is there.
        let fixed = !self.config.expose_headers();
        let marks = fixed.then(|| self.config.first_answer(&self.shown_key, &[]));
        Told { key: Some(self.shown_key.clone()), marks, ..told }
    }

    /// The handler's answer may go, although its record is not confirmed.
    pub(crate) fn unconfirmed() -> Told {
        left("answer", HttpConfig::leaving_unconfirmed())
    }

    pub(crate) fn settled(&self, settled: &Settled) -> Told {
        left("settled", self.config.leaving(settled, &self.shown_key))
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Told {
        answer_with("refuse", refusal.into())
    }

    pub(crate) fn replay(&self, action: &'static str, replay: &Replay) -> Told {
        answer_with(action, self.config.ready(replay, &self.shown_key))
    }
}

fn left(action: &'static str, leaving: Leaving) -> Told {
    match leaving {
        Leaving::Own { headers } => Told { action, headers, ..Told::default() },
        Leaving::Instead(ready) => answer_with(action, ready),
    }
}

/// Leaves the answer's body as payload.
fn answer_with(action: &'static str, ready: Ready) -> Told {
    payload::leave(Some(ready.body));
    Told { action, status: Some(ready.status), headers: ready.headers, ..Told::default() }
}
