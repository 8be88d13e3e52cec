//! A whole server in miniature: requests go through `core::http`, the idempotency machine and a memory store, and what a
//! client would see is written down.

use std::collections::BTreeMap;

use once_again_core::draw::Draw;
use once_again_core::hex;
use once_again_core::http::headers::Header;
use once_again_core::http::{Answer, Examined, Guarded, HttpConfig, Problem, RequestHead, Seen};
use once_again_core::idempotency::machine::{Action, Event, Run};
use once_again_core::idempotency::record::{Body, Owner};
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::store::memory::{MemoryConfig, MemoryStore};
use once_again_core::time::{Tick, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

/// 2024-01-01T00:00:00Z.
const START: u64 = 1_704_067_200_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    options: Value,
    #[serde(default)]
    store: Store,
    #[serde(default)]
    requests: Vec<Request>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Store {
    /// The one a middleware makes for itself.
    #[default]
    Own,
    /// One that can never be reached.
    Down,
    /// A memory store of so many records.
    MaxRecords(u32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    r#as: String,
    /// Microseconds that pass before the request comes.
    #[serde(default)]
    after: u64,
    #[serde(default = "post")]
    method: String,
    #[serde(default = "orders")]
    target: String,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    principal: Option<String>,
    #[serde(default = "loopback")]
    remote: String,
    /// What the handler answers, if it runs.
    #[serde(default)]
    answer: Handler,
}

fn post() -> String {
    "POST".into()
}

fn orders() -> String {
    "/orders".into()
}

fn loopback() -> String {
    "127.0.0.1".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Handler {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: Vec<Header>,
    /// The body, in the pieces in which it is written.
    #[serde(default)]
    body: Vec<String>,
    /// A body that is no text.
    #[serde(default)]
    hex: Option<String>,
    /// The handler throws; the framework answers 500.
    #[serde(default)]
    throws: bool,
    /// The handler does not come to an end.
    #[serde(default)]
    pending: bool,
}

fn ok() -> u16 {
    200
}

impl Default for Handler {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: Vec::new(), hex: None, throws: false, pending: false }
    }
}

impl Handler {
    fn bytes(&self) -> Vec<u8> {
        match &self.hex {
            Some(digits) => (0..digits.len() / 2)
                .map(|at| hex::decode::<1>(&digits[2 * at..2 * at + 2]).expect("hexadecimal digits")[0])
                .collect(),
            None => self.body.concat().into_bytes(),
        }
    }
}

/// What a client would see of `given`, in the form of a case's `expect`: for each request the answer's status, headers
/// and body, the problem it tells, and whether the handler ran.
pub(crate) fn run(given: &Value) -> Value {
    let given: Given = serde_json::from_value(given.clone()).expect("an HTTP case");
    let options = if given.options.is_null() { json!({}) } else { given.options };
    let options = json::parse(options.to_string()).expect("JSON");
    let config = match HttpConfig::read(&options, Unit::Micros, "") {
        Ok(config) => config,
        Err(error) => return json!({ "error": { "field": error.field } }),
    };
    let store = match given.store {
        Store::Own => Some(MemoryStore::new(config.own_store(0))),
        Store::Down => None,
        Store::MaxRecords(count) => {
            Some(MemoryStore::new(MemoryConfig { max_records: Some(count), ..MemoryConfig::default() }))
        }
    };
    let mut server = Server { config, store, elapsed: 0, owners: 0 };
    let mut answers = BTreeMap::new();
    for request in given.requests {
        if let Some(answer) = server.serve(&request) {
            answers.insert(request.r#as, answer.shown());
        }
    }
    json!(answers)
}

struct Server {
    config: HttpConfig,
    store: Option<MemoryStore>,
    elapsed: u64,
    owners: u8,
}

/// What goes out.
struct Sent {
    ran: bool,
    status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl Server {
    fn serve(&mut self, request: &Request) -> Option<Sent> {
        self.elapsed += request.after;
        let head = RequestHead {
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            principal: request.principal.clone(),
            remote: request.remote.clone(),
        };
        let examined = match self.config.examine(&head, None) {
            Examined::NeedBody => self.config.examine(&head, Some(request.body.as_bytes())),
            known => known,
        };
        match examined {
            Examined::Pass => handle(request, Vec::new()),
            Examined::Refuse { problem } => Some(refused(problem)),
            Examined::Guard(guarded) => self.guard(request, &guarded),
            Examined::NeedBody => panic!("the body was given"),
        }
    }

    fn guard(&mut self, request: &Request, guarded: &Guarded) -> Option<Sent> {
        self.owners += 1;
        let mut run = Run::new(
            self.config.run_config(),
            guarded.key,
            guarded.fingerprint,
            guarded.caller,
            Owner([self.owners; 16]),
            guarded.derived,
            Tick::new(self.elapsed),
        );
        match self.drive(&mut run, Event::Start) {
            Action::Execute { .. } => {
                let added = self.config.first_answer(&guarded.shown_key, &request.answer.headers);
                let sent = handle(request, added)?;
                let ending = if request.answer.throws {
                    self.config.thrown()
                } else {
                    let answer =
                        Answer { status: sent.status, headers: sent.headers.clone(), body: Seen::Kept };
                    self.config.ending(&answer, &sent.body)
                };
                let settled = self.drive(&mut run, Event::Finished { ending });
                assert!(matches!(settled, Action::Settled(_)), "{settled:?}");
                Some(sent)
            }
            Action::Unprotected { .. } => handle(request, Vec::new()),
            Action::Replay(replay) => {
                let headers = self.config.replay(&replay.outcome, &guarded.shown_key, replay.created);
                let Body::Kept(body) = replay.outcome.body else { panic!("an omitted body is no replay") };
                Some(Sent { ran: false, status: replay.outcome.status, headers, body })
            }
            Action::Refuse(refusal) => Some(refused(Problem::from(&refusal))),
            other => panic!("no way to begin: {other:?}"),
        }
    }

    /// Follows the machine until it wants something that is not the store's.
    fn drive(&mut self, run: &mut Run, event: Event) -> Action {
        let now = Tick::new(self.elapsed);
        let mut action = run.handle(now, event, Draw(0));
        while let Action::Apply { ticket, op } = action {
            let event = match &mut self.store {
                Some(store) => {
                    let reply = store.apply(Timestamp::new(START + self.elapsed), &op);
                    Event::Reply { ticket, reply }
                }
                None => Event::StoreFailed { ticket },
            };
            action = run.handle(now, event, Draw(0));
        }
        action
    }
}

/// What the handler sends, with `added` in place of lines of the same name.
fn handle(request: &Request, added: Vec<Header>) -> Option<Sent> {
    let handler = &request.answer;
    if handler.pending {
        return None;
    }
    if handler.throws {
        return Some(Sent { ran: true, status: 500, headers: added, body: Vec::new() });
    }
    let mut headers = handler.headers.clone();
    headers.retain(|(name, _)| !added.iter().any(|(new, _)| new.eq_ignore_ascii_case(name)));
    headers.extend(added);
    Some(Sent { ran: true, status: handler.status, headers, body: handler.bytes() })
}

fn refused(problem: Problem) -> Sent {
    Sent { ran: false, status: problem.status, headers: problem.headers, body: problem.body.into_bytes() }
}

impl Sent {
    fn shown(self) -> Value {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in self.headers {
            headers
                .entry(name.to_ascii_lowercase())
                .and_modify(|lines| *lines = format!("{lines}, {value}"))
                .or_insert(value);
        }
        let mut shown = json!({ "ran": self.ran, "status": self.status });
        if headers.get("content-type").is_some_and(|media_type| media_type == "application/problem+json") {
            shown["problem"] = serde_json::from_slice(&self.body).expect("a problem is JSON");
        }
        shown["headers"] = json!(headers);
        match String::from_utf8(self.body) {
            Ok(text) => shown["body"] = json!(text),
            Err(error) => shown["hex"] = json!(hex::encode(error.as_bytes())),
        }
        shown
    }
}
