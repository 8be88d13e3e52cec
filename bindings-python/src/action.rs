//! Functions that run once: their options, and the runs of their calls.

use std::sync::{Arc, Mutex, PoisonError};

use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::fingerprint::{Options, Parts};
use once_again_core::idempotency::action::{ActionConfig, Ended, Told};
use once_again_core::idempotency::key;
use once_again_core::idempotency::machine::{Action as Answer, Event, Refusal, Run};
use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::spec::Unit;
use once_again_core::time::Micros;
use pyo3::prelude::*;

use crate::error::{malformed_key, refused};
use crate::fingerprint::of_body;
use crate::spec;
use crate::store::MemoryStore;
use crate::time::{seconds, tick, timestamp};

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
        key: Option<&str>,
        owner: [u8; 16],
        now: f64,
    ) -> PyResult<ActionRun> {
        let config = &self.0;
        let options = Options { selection: config.selection().clone(), ..Options::default() };
        let content = of_body(about, &Parts::default(), &options)?;
        let claim =
            config.claim(key, content).map_err(|why| malformed_key(&why.to_string(), key::EXPECTED))?;
        let owner = Owner(owner);
        let run = Run::new(config.run_config(), claim.key, claim.fingerprint, None, owner, false, tick(now));
        Ok(ActionRun { run: Mutex::new(run), config: Arc::clone(config), key: claim.key })
    }
}

/// One call: events in, steps out. Its lock is held for core's work only, never while Python runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct ActionRun {
    run: Mutex<Run>,
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
        let event = Event::from_wire(event, payload)
            .map_err(|why| refused(ConfigError::new("event", why.to_string(), "an event of a run")))?;
        Ok(self.handle(event, now, draw))
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
        let event = Event::from_wire(event, None)
            .map_err(|why| refused(ConfigError::new("event", why.to_string(), "an event of a run")))?;
        Ok(self.handle_in(store, event, now, wall_now, draw))
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

    /// The operation that completes the run with a value of this text inside the caller's own transaction, and its bytes;
    /// none when the run holds no claim.
    fn completion(&self, text: Option<String>) -> Option<(String, Option<Vec<u8>>)> {
        let outcome = self.config.returned(text.map(String::into_bytes));
        self.with(|run| run.completion(&outcome)).map(|op| op.to_wire())
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
        self.with(|run| Step::after(run.handle(tick(now), event, Draw(draw)), run))
    }

    fn handle_in(&self, store: &MemoryStore, event: Event, now: f64, wall_now: f64, draw: u32) -> Step {
        self.with(|run| {
            let mut answer = run.handle(tick(now), event, Draw(draw));
            while let Answer::Apply { ticket, op } = answer {
                let reply = store.with(|store| store.apply(timestamp(wall_now), &op));
                answer = run.handle(tick(now), Event::Reply { ticket, reply }, Draw(draw));
            }
            Step::after(answer, run)
        })
    }

    fn with<R>(&self, work: impl FnOnce(&mut Run) -> R) -> R {
        work(&mut self.run.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the driver of a run does next.
#[pyclass(frozen, get_all, module = "once_again._core")]
#[derive(Default)]
pub(crate) struct Step {
    /// `apply`, `execute`, `unprotected`, `replay`, `refuse`, `wait`, `abortHandler`, `answer`, `settled`, `nothing`.
    action: &'static str,
    /// When the run wants to hear that time has passed, in seconds of the monotonic clock.
    deadline: Option<f64>,
    /// Names the answer of an operation.
    ticket: u32,
    /// The operation to apply, as a JSON text.
    op: Option<String>,
    /// The operation's bytes, or the checkpoint of an earlier run.
    payload: Option<Vec<u8>>,
    /// A fencing token.
    epoch: u64,
    /// Which run of this record it is, from 1.
    attempts: u32,
    /// What takes the place of this call's end: `returned`, `threw`, `uncertain` or `refused`.
    how: Option<&'static str>,
    /// The value that another run returned, or the error it raised.
    text: Option<String>,
    /// Why there is no end to tell of: the name of an error code.
    code: Option<&'static str>,
    /// The same as a sentence.
    detail: Option<&'static str>,
    /// When to come back, in seconds.
    retry_after: Option<f64>,
}

impl Step {
    fn after(answer: Answer, run: &Run) -> Self {
        Self { deadline: run.deadline().map(|at| seconds(Micros::new(at.get()))), ..Self::of(answer) }
    }

    fn of(answer: Answer) -> Self {
        let told = Told::of(&answer).map_or_else(Self::default, Self::told);
        match answer {
            Answer::Apply { ticket, op } => {
                let (op, payload) = op.to_wire();
                Self { action: "apply", ticket, op: Some(op), payload, ..told }
            }
            Answer::Execute { epoch, attempts, checkpoint } => {
                Self { action: "execute", epoch, attempts, payload: checkpoint, ..told }
            }
            Answer::Unprotected { .. } => Self { action: "unprotected", ..told },
            Answer::Replay(_) => Self { action: "replay", ..told },
            Answer::Refuse(_) => Self { action: "refuse", ..told },
            Answer::Wait { .. } => Self { action: "wait", ..told },
            Answer::AbortHandler => Self { action: "abortHandler", ..told },
            Answer::Answer => Self { action: "answer", ..told },
            Answer::Settled(_) => Self { action: "settled", ..told },
            Answer::Nothing => Self { action: "nothing", ..told },
        }
    }

    fn told(told: Told) -> Self {
        let text = |bytes: Vec<u8>| Some(String::from_utf8_lossy(&bytes).into_owned());
        match told {
            Told::Returned(bytes) => Self { how: Some("returned"), text: text(bytes), ..Self::default() },
            Told::Threw(bytes) => Self { how: Some("threw"), text: text(bytes), ..Self::default() },
            Told::Uncertain => Self { how: Some("uncertain"), ..Self::default() },
            Told::Refused(Refusal { code, retry_after, detail }) => Self {
                how: Some("refused"),
                code: Some(code.name()),
                detail: Some(detail),
                retry_after: retry_after.map(seconds),
                ..Self::default()
            },
        }
    }
}
