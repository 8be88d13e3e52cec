//! What every kind of run has in common: core's machine behind a lock, and its answers as the driver reads them.

use std::sync::{Mutex, PoisonError};

use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::http::Header;
use once_again_core::idempotency::machine::{Action as Answer, Event, Run};
use once_again_core::store::{self, Command, Request};
use once_again_core::time::Micros;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::dialect::Dialect;
use crate::error::refused;
use crate::store::MemoryStore;
use crate::time::{seconds, tick, timestamp};

/// A run, shared by the threads of its handler and its heartbeat.
pub(crate) struct Machine(Mutex<Run>);

impl Machine {
    pub(crate) fn new(run: Run) -> Self {
        Self(Mutex::new(run))
    }

    /// The lock is held for core's work only.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Run) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One event in; `step` says what this kind of run makes of the answer.
    pub(crate) fn handle(
        &self,
        event: Event,
        now: f64,
        draw: u32,
        step: impl FnOnce(Answer) -> Step,
    ) -> Step {
        self.with(|run| {
            let answer = run.handle(tick(now), event, Draw(draw));
            Step::told(run, answer, step)
        })
    }

    /// As `handle`, over a store that answers at once: its operations are done here, at `wall_now`.
    pub(crate) fn handle_in(
        &self,
        store: &MemoryStore,
        event: Event,
        now: f64,
        wall_now: f64,
        draw: u32,
        step: impl FnOnce(Answer) -> Step,
    ) -> Step {
        self.with(|run| {
            let answer = settle_in(run, store, event, now, wall_now, draw);
            Step::told(run, answer, step)
        })
    }

    /// As `handle`, over a store on a server: the step brings the command to send.
    #[expect(clippy::too_many_arguments, reason = "what one event of a run is told")]
    pub(crate) fn handle_over(
        &self,
        py: Python<'_>,
        dialect: &Dialect,
        event: Event,
        now: f64,
        wall_now: Option<f64>,
        draw: u32,
        step: impl FnOnce(Answer) -> Step,
    ) -> PyResult<Step> {
        let (step, command) =
            self.with(|run| match ask_over(run, dialect.core(), event, now, wall_now, draw) {
                Ok(answer) => (Step::told(run, answer, step), None),
                Err((ticket, command)) => {
                    let step = Step { action: "apply", ticket, ..Step::default() };
                    (step.before(run), Some(command))
                }
            });
        // Only now: making Python's objects may run any finalizer, which may need the lock.
        let sent = command.map(|command| dialect.sent(py, command)).transpose()?;
        Ok(Step { sent: sent.map(|(text, args)| (text.unbind(), args.unbind())), ..step })
    }
}

/// One event in, and what the run says to it, or the command of the operation that it wants done on a server.
fn ask_over(
    run: &mut Run,
    dialect: &store::Dialect,
    event: Event,
    now: f64,
    wall_now: Option<f64>,
    draw: u32,
) -> Result<Answer, (u32, Command)> {
    let mut answer = run.handle(tick(now), event, Draw(draw));
    while let Answer::Apply { ticket, op } = answer {
        let reply = match dialect.request(wall_now.map(timestamp), &op) {
            Request::Send(command) => return Err((ticket, command)),
            Request::Answer(reply) => reply,
        };
        answer = run.handle(tick(now), Event::Reply { ticket, reply }, Draw(draw));
    }
    Ok(answer)
}

/// One event in, and every operation that follows from it done in the store, until the run says something else.
pub(crate) fn settle_in(
    run: &mut Run,
    store: &MemoryStore,
    event: Event,
    now: f64,
    wall_now: f64,
    draw: u32,
) -> Answer {
    let mut answer = run.handle(tick(now), event, Draw(draw));
    while let Answer::Apply { ticket, op } = answer {
        let reply = store.with(|store| store.apply(timestamp(wall_now), &op));
        answer = run.handle(tick(now), Event::Reply { ticket, reply }, Draw(draw));
    }
    answer
}

/// An event from its JSON text and its bytes.
pub(crate) fn event(text: &str, payload: Option<Vec<u8>>) -> PyResult<Event> {
    Event::from_wire(text, payload)
        .map_err(|why| refused(ConfigError::new("event", why.to_string(), "an event of a run")))
}

/// What the driver of a run does next.
#[pyclass(frozen, get_all, module = "once_again._core")]
#[derive(Default)]
pub(crate) struct Step {
    /// `apply`, `execute`, `unprotected`, `replay`, `refuse`, `wait`, `abortHandler`, `answer`, `settled`, `nothing`.
    pub(crate) action: &'static str,
    /// When the run wants to hear that time has passed, in seconds of the monotonic clock.
    pub(crate) deadline: Option<f64>,
    /// Names the answer of an operation.
    pub(crate) ticket: u32,
    /// The operation to apply, as a JSON text.
    pub(crate) op: Option<String>,
    /// The same as what to send to the store's server: a script or a statement, and the list of its arguments.
    pub(crate) sent: Option<(Py<PyString>, Py<PyAny>)>,
    /// The operation's bytes, the checkpoint of an earlier run, or the body of an HTTP answer that takes the handler's place.
    pub(crate) payload: Option<Vec<u8>>,
    /// A fencing token.
    pub(crate) epoch: u64,
    /// Which run of this record it is, from 1.
    pub(crate) attempts: u32,
    /// What takes the place of this call's end: `returned`, `threw`, `uncertain` or `refused`.
    pub(crate) how: Option<&'static str>,
    /// The value that another run returned, or the error it raised.
    pub(crate) text: Option<String>,
    /// Why there is no end to tell of: the name of an error code.
    pub(crate) code: Option<&'static str>,
    /// The same as a sentence.
    pub(crate) detail: Option<&'static str>,
    /// Whether the answer that takes the work's place meets an operation that had been begun before.
    pub(crate) duplicate: bool,
    /// Why the work runs unprotected, or why its completion is lost.
    pub(crate) reason: Option<&'static str>,
    /// When to come back, in seconds.
    pub(crate) retry_after: Option<f64>,
    /// The status of an HTTP answer that takes the handler's place.
    pub(crate) status: Option<u16>,
    /// Its header lines; without a status, those that the handler's own answer gains.
    pub(crate) headers: Vec<Header>,
}

impl Step {
    /// The step that `step` makes of an answer, with what is to be heard of besides.
    fn told(run: &Run, answer: Answer, step: impl FnOnce(Answer) -> Self) -> Self {
        let lost = run.lost_completion(&answer);
        let told = step(answer).before(run);
        Self { reason: lost.or(told.reason), ..told }
    }

    /// The step with the time at which the run wants to hear of it.
    pub(crate) fn before(self, run: &Run) -> Self {
        Self { deadline: run.deadline().map(|at| seconds(Micros::new(at.get()))), ..self }
    }

    /// What an answer of the machine asks for; `told` is what this kind of run tells of it besides.
    pub(crate) fn of(answer: Answer, told: Self) -> Self {
        match answer {
            Answer::Apply { ticket, op } => {
                let (op, payload) = op.to_wire();
                Self { action: "apply", ticket, op: Some(op), payload, ..told }
            }
            Answer::Execute { epoch, attempts, checkpoint } => {
                Self { action: "execute", epoch, attempts, payload: checkpoint, ..told }
            }
            Answer::Unprotected { reason } => {
                Self { action: "unprotected", reason: Some(reason.name()), ..told }
            }
            Answer::Replay(_) => Self { action: "replay", duplicate: true, ..told },
            Answer::Refuse(refusal) => Self { action: "refuse", duplicate: refusal.is_duplicate(), ..told },
            Answer::Wait { .. } => Self { action: "wait", ..told },
            Answer::AbortHandler => Self { action: "abortHandler", ..told },
            Answer::Answer => Self { action: "answer", ..told },
            Answer::Settled(_) => Self { action: "settled", ..told },
            Answer::Nothing => Self { action: "nothing", ..told },
        }
    }
}
