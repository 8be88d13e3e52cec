//! Guarded requests: the options of a middleware, and the runs of its requests.

use std::sync::Arc;

use once_again_core::error::ConfigError;
use once_again_core::http::answer::is_stream;
use once_again_core::http::{
    Answer as HttpAnswer, Examined, Header, HttpConfig, Leaving, Problem, Ready, RequestHead, Seen,
};
use once_again_core::idempotency::key;
use once_again_core::idempotency::machine::{Action as Answer, Event, Run};
use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::spec::Unit;
use once_again_core::store::memory::{MemoryConfig, WhenFull};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::dialect::Dialect;
use crate::error::refused;
use crate::run::{self, Machine, Step};
use crate::spec;
use crate::store::MemoryStore;
use crate::time::{seconds, tick};

/// Method, target, the wanted header lines, the caller, the peer's address.
type Head = (String, String, Vec<Header>, Option<String>, String);

/// The options of one middleware.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct HttpGuard(Arc<HttpConfig>);

#[pymethods]
impl HttpGuard {
    #[new]
    fn new(fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config = HttpConfig::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
        Ok(Self(Arc::new(config)))
    }

    /// The methods whose requests are guarded, in upper case.
    #[getter]
    fn methods(&self) -> Vec<String> {
        self.0.methods().to_vec()
    }

    /// The request headers that `examine` wants to see, in lower case.
    #[getter]
    fn wanted_headers(&self) -> Vec<String> {
        self.0.wanted_headers().to_vec()
    }

    /// The largest body of an answer that is kept.
    #[getter]
    fn max_body_bytes(&self) -> u64 {
        self.0.max_body_bytes()
    }

    /// The largest body of a request that is compared.
    #[getter]
    fn max_request_bytes(&self) -> u64 {
        self.0.max_request_bytes()
    }

    /// After so many seconds a handler is told to stop.
    #[getter]
    fn handler_timeout(&self) -> Option<f64> {
        self.0.handler_timeout().map(seconds)
    }

    /// The bounds of the memory store for those who brought none: `max_records`, `max_bytes`, `when_full`.
    #[getter]
    fn own_store(&self) -> (Option<u32>, Option<u64>, &'static str) {
        let MemoryConfig { max_records, max_bytes, when_full, .. } = self.0.own_store(0);
        let when_full = match when_full {
            WhenFull::Refuse => "refuse",
            WhenFull::EvictCompleted => "evictCompleted",
        };
        (max_records, max_bytes, when_full)
    }

    /// What to do with a request whose body was not read yet. `owner` is 16 random bytes.
    fn examine(&self, head: Head, owner: [u8; 16], now: f64) -> Examination {
        self.examined(of_head(head), None).run(Owner(owner), now)
    }

    /// As `examine`, and claimed at once in a store that answers at once, at `wall_now`.
    fn examine_in(&self, store: &MemoryStore, head: Head, now: f64, wall_now: f64, draw: u32) -> Examination {
        self.examined(of_head(head), None).run_in(store, now, wall_now, draw)
    }
}

impl HttpGuard {
    fn examined(&self, head: RequestHead, body: Option<&[u8]>) -> Found {
        let examined = self.0.examine(&head, body);
        Found { config: Arc::clone(&self.0), head, examined }
    }
}

fn of_head((method, target, headers, principal, remote): Head) -> RequestHead {
    RequestHead { method, target, headers, principal, remote }
}

/// What a request is, and what core makes of it.
struct Found {
    config: Arc<HttpConfig>,
    head: RequestHead,
    examined: Examined,
}

impl Found {
    /// The run of a guarded request waits for its first event.
    fn run(self, owner: Owner, now: f64) -> Examination {
        self.begun(owner, now, |_| None)
    }

    /// It is told to start.
    fn run_in(self, store: &MemoryStore, now: f64, wall_now: f64, draw: u32) -> Examination {
        self.begun(store.owner(), now, |run| {
            let first =
                run.run.handle_in(store, Event::Start, now, wall_now, draw, |answer| run.step(answer));
            Some(first)
        })
    }

    fn begun(self, owner: Owner, now: f64, first: impl FnOnce(&HttpRun) -> Option<Step>) -> Examination {
        let Self { config, head, examined } = self;
        match examined {
            Examined::Pass => Examination::plain("pass"),
            Examined::NeedBody => {
                Examination { waiting: Some((HttpGuard(config), head)), ..Examination::plain("needBody") }
            }
            Examined::Refuse { problem } => Examination::refused(problem),
            Examined::Guard(found) => {
                let (rules, fingerprint) = (config.run_config(), found.fingerprint);
                let run =
                    Run::new(rules, found.key, fingerprint, found.caller, owner, found.derived, tick(now));
                let run =
                    HttpRun { run: Machine::new(run), config, key: found.key, shown_key: found.shown_key };
                let first = first(&run);
                Examination { run: Some((run, first)), ..Examination::plain("guard") }
            }
        }
    }
}

/// What becomes of a request.
#[pyclass(module = "once_again._core")]
pub(crate) struct Examination {
    /// `pass`, `needBody`, `refuse` or `guard`.
    #[pyo3(get)]
    action: &'static str,
    /// The status of a refusal.
    #[pyo3(get)]
    status: u16,
    /// Its header lines.
    #[pyo3(get)]
    headers: Vec<Header>,
    /// Its body.
    #[pyo3(get)]
    body: Vec<u8>,
    /// What must be known again once the body was read.
    waiting: Option<(HttpGuard, RequestHead)>,
    run: Option<(HttpRun, Option<Step>)>,
}

impl Examination {
    fn plain(action: &'static str) -> Self {
        Self { action, status: 0, headers: Vec::new(), body: Vec::new(), waiting: None, run: None }
    }

    fn refused(problem: Problem) -> Self {
        let Ready { status, headers, body } = problem.into();
        Self { status, headers, body, ..Self::plain("refuse") }
    }
}

#[pymethods]
impl Examination {
    /// As `HttpGuard.examine`, with the body that this one wanted to see.
    fn with_body(&mut self, body: &[u8], owner: [u8; 16], now: f64) -> PyResult<Self> {
        Ok(self.seen(body)?.run(Owner(owner), now))
    }

    /// As `HttpGuard.examine_in`, with the body that this one wanted to see.
    fn with_body_in(
        &mut self,
        store: &MemoryStore,
        body: &[u8],
        now: f64,
        wall_now: f64,
        draw: u32,
    ) -> PyResult<Self> {
        Ok(self.seen(body)?.run_in(store, now, wall_now, draw))
    }

    /// The run of a guarded request, and its first step if it was claimed; they are given away once.
    fn take(&mut self) -> Option<(HttpRun, Option<Step>)> {
        self.run.take()
    }
}

impl Examination {
    fn seen(&mut self, body: &[u8]) -> PyResult<Found> {
        let wanted = self.waiting.take().ok_or_else(|| PyRuntimeError::new_err("no body was wanted"))?;
        let (guard, head) = wanted;
        Ok(guard.examined(head, Some(body)))
    }
}

/// One guarded request: events in, steps out. Its lock is held for core's work only, never while Python runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct HttpRun {
    run: Machine,
    config: Arc<HttpConfig>,
    key: RecordKey,
    shown_key: String,
}

#[pymethods]
impl HttpRun {
    /// The client's key, or `derived:` and a digest.
    #[getter]
    fn shown_key(&self) -> &str {
        &self.shown_key
    }

    /// Something happened, as core's JSON text says, with its bytes beside it.
    fn tell(&self, event: &str, payload: Option<Vec<u8>>, now: f64, draw: u32) -> PyResult<Step> {
        let event = run::event(event, payload)?;
        Ok(self.run.handle(event, now, draw, |answer| self.step(answer)))
    }

    /// As `tell` of an event without bytes, over a store that answers at once: its operations are done here, at `wall_now`,
    /// until the machine says something else.
    fn tell_in(
        &self,
        store: &MemoryStore,
        event: &str,
        now: f64,
        wall_now: f64,
        draw: u32,
    ) -> PyResult<Step> {
        let event = run::event(event, None)?;
        Ok(self.run.handle_in(store, event, now, wall_now, draw, |answer| self.step(answer)))
    }

    /// The handler has answered; `seen` is `kept`, `tooLarge` or `stream`. No status: it raised an error before.
    fn ended(
        &self,
        status: Option<u16>,
        headers: Vec<Header>,
        seen: &str,
        body: &[u8],
        now: f64,
        draw: u32,
    ) -> PyResult<Step> {
        let event = self.finished(status, headers, seen, body)?;
        Ok(self.run.handle(event, now, draw, |answer| self.step(answer)))
    }

    /// As `ended`, over a store that answers at once.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn ended_in(
        &self,
        store: &MemoryStore,
        status: Option<u16>,
        headers: Vec<Header>,
        seen: &str,
        body: &[u8],
        now: f64,
        wall_now: f64,
        draw: u32,
    ) -> PyResult<Step> {
        let event = self.finished(status, headers, seen, body)?;
        Ok(self.run.handle_in(store, event, now, wall_now, draw, |answer| self.step(answer)))
    }

    /// As `tell`, over a store on a server: the step brings the command to send.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn tell_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        event: &str,
        payload: Option<Vec<u8>>,
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<Step> {
        let event = run::event(event, payload)?;
        self.run.handle_over(py, dialect, event, now, wall_now, draw, |answer| self.step(answer))
    }

    /// The server has answered the command of this ticket.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn answered_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        ticket: u32,
        answer: &Bound<'_, PyAny>,
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<Step> {
        let event = dialect.event(ticket, answer);
        self.run.handle_over(py, dialect, event, now, wall_now, draw, |answer| self.step(answer))
    }

    /// As `ended`, over a store on a server.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn ended_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        status: Option<u16>,
        headers: Vec<Header>,
        seen: &str,
        body: &[u8],
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<Step> {
        let event = self.finished(status, headers, seen, body)?;
        self.run.handle_over(py, dialect, event, now, wall_now, draw, |answer| self.step(answer))
    }

    /// The headers that mark an answer with these headers of its own as a first one.
    #[expect(clippy::needless_pass_by_value, reason = "PyO3 makes a list of its own")]
    fn first_answer(&self, headers: Vec<Header>) -> Vec<Header> {
        self.config.first_answer(&self.shown_key, &headers)
    }

    /// The operation that completes the run with this answer inside the caller's own transaction, and its bytes; none
    /// when the run holds no claim.
    fn completion(
        &self,
        status: u16,
        headers: Vec<Header>,
        body: &[u8],
    ) -> Option<(String, Option<Vec<u8>>)> {
        let outcome = self.config.outcome(&HttpAnswer { status, headers, body: Seen::Kept }, body);
        self.run.with(|run| run.completion(&outcome)).map(|op| op.to_wire())
    }

    /// The idempotency key that a step of this request's handler sends onwards: the same each time the step runs again.
    #[pyo3(signature = (step, ordinal=0))]
    fn child_key(&self, step: &str, ordinal: u32) -> String {
        key::child_key(&self.key, step, ordinal)
    }
}

impl HttpRun {
    fn finished(
        &self,
        status: Option<u16>,
        headers: Vec<Header>,
        seen: &str,
        body: &[u8],
    ) -> PyResult<Event> {
        let Some(status) = status else { return Ok(Event::Finished { ending: self.config.thrown() }) };
        let seen = match seen {
            "kept" => Seen::Kept,
            "tooLarge" => Seen::TooLarge,
            "stream" => Seen::Stream,
            other => return Err(refused(ConfigError::new("seen", other, "kept, tooLarge or stream"))),
        };
        let ending = self.config.ending(&HttpAnswer { status, headers, body: seen }, body);
        Ok(Event::Finished { ending })
    }

    fn step(&self, answer: Answer) -> Step {
        let told = match &answer {
            Answer::Replay(replay) => instead(self.config.ready(replay, &self.shown_key)),
            Answer::Refuse(refusal) => instead(refusal.into()),
            Answer::Settled(settled) => leaving(self.config.leaving(settled, &self.shown_key)),
            Answer::Answer => leaving(HttpConfig::leaving_unconfirmed()),
            _ => Step::default(),
        };
        Step::of(answer, told)
    }
}

fn instead(Ready { status, headers, body }: Ready) -> Step {
    Step { status: Some(status), headers, payload: Some(body), ..Step::default() }
}

fn leaving(leaving: Leaving) -> Step {
    match leaving {
        Leaving::Own { headers } => Step { headers, ..Step::default() },
        Leaving::Instead(ready) => instead(ready),
    }
}

/// Whether an answer is passed on as it comes, because it has no foreseeable end.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "PyO3 makes a list of its own")]
pub(crate) fn is_stream_answer(status: u16, headers: Vec<Header>) -> bool {
    is_stream(status, &headers)
}
