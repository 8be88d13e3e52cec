//! Functions that run once: their options, and the runs of their calls.

use std::sync::Arc;

use once_again_core::fingerprint::{Options, Parts};
use once_again_core::idempotency::action::{ActionConfig, Ended, Told};
use once_again_core::idempotency::key;
use once_again_core::idempotency::machine::{Action as Answer, Event, Refusal, Run};
use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::dialect::Dialect;
use crate::error::{malformed_key, refused};
use crate::fingerprint::of_body;
use crate::json::read_json;
use crate::run::{self, Machine, Step};
use crate::spec;
use crate::store::MemoryStore;
use crate::time::{seconds, tick};

/// The options of one idempotent function.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Action(Arc<ActionConfig>);

#[pymethods]
impl Action {
    #[new]
    fn new(fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        let config = ActionConfig::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
        Ok(Self(Arc::new(config)))
    }

    /// The scope of its keys.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    /// Whether calls are recorded at all.
    #[getter]
    fn enabled(&self) -> bool {
        self.0.enabled()
    }

    /// After so many seconds the function is told to stop.
    #[getter]
    fn handler_timeout(&self) -> Option<f64> {
        self.0.handler_timeout().map(seconds)
    }

    /// Files a call: `about` is what it is about, `key` the caller's, `owner` 16 random bytes.
    fn claim(
        &self,
        about: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyString>>,
        owner: [u8; 16],
        now: f64,
    ) -> PyResult<ActionRun> {
        let (run, key) = self.run(about, key, Owner(owner), now)?;
        Ok(ActionRun { run: Machine::new(run), config: Arc::clone(&self.0), key })
    }

    /// As `claim`, and claimed at once in a store that answers at once, at `wall_now`: none and what an earlier call
    /// returned, of its JSON or else as `text`; or the run and what it does first.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn claim_in<'py>(
        &self,
        store: &MemoryStore,
        about: &Bound<'py, PyAny>,
        key: Option<&Bound<'_, PyString>>,
        as_text: bool,
        now: f64,
        wall_now: f64,
        draw: u32,
    ) -> PyResult<(Option<Py<ActionRun>>, Bound<'py, PyAny>)> {
        let py = about.py();
        let (mut run, key) = self.run(about, key, store.owner(), now)?;
        let answer = run::settle_in(&mut run, store, Event::Start, now, wall_now, draw);
        if let (Answer::Replay(_), Some(Told::Returned(text))) = (&answer, Told::of(&answer)) {
            return Ok((None, returned(py, text, as_text)?));
        }
        let step = step(answer).before(&run);
        let run = ActionRun { run: Machine::new(run), config: Arc::clone(&self.0), key };
        Ok((Some(Py::new(py, run)?), Bound::new(py, step)?.into_any()))
    }

    /// As `claim`, and what the claim has to send to a store on a server.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn claim_over(
        &self,
        dialect: &Dialect,
        about: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyString>>,
        owner: [u8; 16],
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<(ActionRun, Step)> {
        let (run, key) = self.run(about, key, Owner(owner), now)?;
        let run = ActionRun { run: Machine::new(run), config: Arc::clone(&self.0), key };
        let step = run.handle_over(about.py(), dialect, Event::Start, now, wall_now, draw)?;
        Ok((run, step))
    }
}

impl Action {
    /// A call's run, not yet begun, and what it is filed under.
    fn run(
        &self,
        about: &Bound<'_, PyAny>,
        key: Option<&Bound<'_, PyString>>,
        owner: Owner,
        now: f64,
    ) -> PyResult<(Run, RecordKey)> {
        let config = &self.0;
        let options = Options { selection: config.selection().clone(), ..Options::default() };
        let content = of_body(about, &Parts::default(), &options)?;
        // Half a surrogate pair is read as U+FFFD: no key has that either.
        let key = key.map(|key| key.to_string_lossy());
        let claim = config
            .claim(key.as_deref(), content)
            .map_err(|why| malformed_key(&why.to_string(), key::EXPECTED))?;
        let run = Run::new(config.run_config(), claim.key, claim.fingerprint, None, owner, false, tick(now));
        Ok((run, claim.key))
    }
}

/// One call: events in, steps out. Its lock is held for core's work only, never while Python runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct ActionRun {
    run: Machine,
    config: Arc<ActionConfig>,
    key: RecordKey,
}

#[pymethods]
impl ActionRun {
    /// The digest the record is filed under, in hexadecimal.
    #[getter]
    fn key(&self) -> String {
        self.key.to_string()
    }

    /// Something happened, as core's JSON text says, with its bytes beside it.
    fn tell(&self, event: &str, payload: Option<Vec<u8>>, now: f64, draw: u32) -> PyResult<Step> {
        Ok(self.handle(run::event(event, payload)?, now, draw))
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
        Ok(self.handle_in(store, run::event(event, None)?, now, wall_now, draw))
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
        self.handle_over(py, dialect, run::event(event, payload)?, now, wall_now, draw)
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
        self.handle_over(py, dialect, dialect.event(ticket, answer), now, wall_now, draw)
    }

    /// The function returned a value of this text, or raised an error that is written so; none: what cannot be replayed.
    fn ended(&self, text: Option<String>, threw: bool, now: f64, draw: u32) -> Step {
        self.handle(self.finished(text, threw), now, draw)
    }

    /// As `ended`, over a store that answers at once.
    fn ended_in(
        &self,
        store: &MemoryStore,
        text: Option<String>,
        threw: bool,
        now: f64,
        wall_now: f64,
        draw: u32,
    ) -> Step {
        self.handle_in(store, self.finished(text, threw), now, wall_now, draw)
    }

    /// As `ended`, over a store on a server.
    #[expect(clippy::too_many_arguments, reason = "plain arguments are the cheapest way across")]
    fn ended_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        text: Option<String>,
        threw: bool,
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<Step> {
        self.handle_over(py, dialect, self.finished(text, threw), now, wall_now, draw)
    }

    /// The operation that completes the run with a value of this text inside the caller's own transaction, and its bytes;
    /// none when the run holds no claim.
    fn completion(&self, text: Option<String>) -> Option<(String, Option<Vec<u8>>)> {
        let outcome = self.config.returned(text.map(String::into_bytes));
        self.run.with(|run| run.completion(&outcome)).map(|op| op.to_wire())
    }

    /// The idempotency key that a step of this call sends onwards: the same each time the step runs again.
    #[pyo3(signature = (step, ordinal=0))]
    fn child_key(&self, step: &str, ordinal: u32) -> String {
        key::child_key(&self.key, step, ordinal)
    }
}

impl ActionRun {
    fn finished(&self, text: Option<String>, threw: bool) -> Event {
        let text = text.map(String::into_bytes);
        let ended = if threw { Ended::Threw(text) } else { Ended::Returned(text) };
        Event::Finished { ending: self.config.ending(ended) }
    }

    fn handle(&self, event: Event, now: f64, draw: u32) -> Step {
        self.run.handle(event, now, draw, step)
    }

    fn handle_in(&self, store: &MemoryStore, event: Event, now: f64, wall_now: f64, draw: u32) -> Step {
        self.run.handle_in(store, event, now, wall_now, draw, step)
    }

    fn handle_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        event: Event,
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
    ) -> PyResult<Step> {
        self.run.handle_over(py, dialect, event, now, wall_now, draw, step)
    }
}

/// What an earlier call returned. An empty text is JavaScript's `undefined`.
fn returned(py: Python<'_>, text: Vec<u8>, as_text: bool) -> PyResult<Bound<'_, PyAny>> {
    let text = readable(text);
    if as_text {
        Ok(PyString::new(py, &text).into_any())
    } else if text.is_empty() {
        Ok(py.None().into_bound(py))
    } else {
        read_json(py, &text)
    }
}

/// What is told of a function's end that takes the place of the call's own.
fn step(answer: Answer) -> Step {
    let told = Told::of(&answer).map_or_else(Step::default, told);
    Step::of(answer, told)
}

fn told(told: Told) -> Step {
    let text = |bytes| Some(readable(bytes));
    match told {
        Told::Returned(bytes) => Step { how: Some("returned"), text: text(bytes), ..Step::default() },
        Told::Threw(bytes) => Step { how: Some("threw"), text: text(bytes), ..Step::default() },
        Told::Uncertain => Step { how: Some("uncertain"), ..Step::default() },
        Told::Refused(Refusal { code, retry_after, detail }) => Step {
            how: Some("refused"),
            code: Some(code.name()),
            detail: Some(detail),
            retry_after: retry_after.map(seconds),
            ..Step::default()
        },
    }
}

/// The text of kept bytes, which are UTF-8 unless another program wrote them; then what can be read of them.
fn readable(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|why| String::from_utf8_lossy(why.as_bytes()).into_owned())
}
