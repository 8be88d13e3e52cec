//! What of a breaker is shared: core's link between one breaker and its store.

use once_again_core::breaker::shared::{Asked, Connection, Heard, Link as Core, Request};
use once_again_core::breaker::{
    Admission, Breaker as Machine, Change, Decision, Outcome, Permit, PermitKind,
};
use once_again_core::draw::Draw;
use once_again_core::time::Tick;
use pyo3::prelude::*;

use crate::breaker::{Breaker, Names, names};
use crate::error::refused;
use crate::time::{micros, seconds, tick};

/// Epoch, kind and number of a permit (epoch 0: rejected), the state, the seconds to wait.
type Decided = (u64, u8, u32, &'static str, f64);

/// A decision, a change of state, whether the store now answers, each only if there is one; whether to `poll`.
type News = (Option<Decided>, Option<Names>, Option<bool>, bool);

/// A decision or a request, a change of state, and whether to `poll`.
type Answer = (Option<Decided>, Option<SharedRequest>, Option<Names>, bool);

/// Something to be asked of the store. Whoever asks hands it back with the answer.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct SharedRequest {
    request: Request,
    /// The Lua script.
    #[pyo3(get)]
    script: &'static str,
    /// Its only key.
    #[pyo3(get)]
    key: String,
    /// Its arguments.
    #[pyo3(get)]
    args: Vec<String>,
    /// After so many seconds without an answer the store counts as away.
    #[pyo3(get)]
    timeout: f64,
}

/// Shares a breaker with others of its name, under the breaker's own lock.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Link {
    breaker: Py<Breaker>,
}

#[pymethods]
impl Link {
    /// Takes the breaker's place in every question that it also answers; raises when it has no name.
    #[new]
    fn new(py: Python<'_>, breaker: Py<Breaker>) -> PyResult<Self> {
        let link = Core::new(breaker.get().config()).map_err(refused)?;
        breaker.get().share(py, link)?;
        Ok(Self { breaker })
    }

    /// Whether the store answers.
    #[getter]
    fn attached(&self, py: Python<'_>) -> PyResult<bool> {
        self.cross(py, |link, _| (link.connection() == Connection::Attached, None))
    }

    /// The next request to send in the background.
    fn poll(&self, py: Python<'_>, now: f64) -> PyResult<Option<SharedRequest>> {
        let request = self.cross(py, |link, breaker| (link.poll(breaker, tick(now)), None))?;
        request.map(|request| self.request(py, request)).transpose()
    }

    /// As `Breaker.admit`. When the store must say there is a request in place of the decision, unless the caller cannot
    /// wait.
    fn admit(&self, py: Python<'_>, now: f64, waits: bool) -> PyResult<Answer> {
        let now = tick(now);
        let (asked, awake, state) = self.cross(py, |link, breaker| {
            let asked =
                if waits { link.admit(breaker, now) } else { Asked::Answer(link.admit_now(breaker, now)) };
            let (Asked::Answer(Admission { change, .. }) | Asked::Claim(_, change)) = asked;
            ((asked, link.wake(breaker) <= now, breaker.state().name()), change)
        })?;
        Ok(match asked {
            Asked::Answer(Admission { decision, change }) => {
                (Some(decided(decision, state)), None, change.map(names), awake)
            }
            Asked::Claim(request, change) => {
                (None, Some(self.request(py, request)?), change.map(names), awake)
            }
        })
    }

    /// As `Breaker.settle`, and whether to `poll`.
    #[expect(clippy::too_many_arguments, reason = "numbers as arguments are the cheapest way across")]
    fn settle(
        &self,
        py: Python<'_>,
        epoch: u64,
        kind: u8,
        seq: u32,
        outcome: u8,
        duration: f64,
        now: f64,
        draw: u32,
    ) -> PyResult<(&'static str, Option<Names>, bool, bool)> {
        let permit = match PermitKind::from_number(kind) {
            Some(kind) => Permit { epoch, kind, seq },
            None => Permit::call(0),
        };
        let outcome = Outcome::from_number(outcome).unwrap_or(Outcome::Ignored);
        let now = tick(now);
        let (settlement, awake) = self.cross(py, |link, breaker| {
            let settlement = link.settle(breaker, permit, outcome, micros(duration), now, Draw(draw));
            ((settlement, link.wake(breaker) <= now), settlement.change)
        })?;
        Ok((settlement.verdict.name(), settlement.change.map(names), settlement.would_open, awake))
    }

    /// The store answered.
    fn hear(
        &self,
        py: Python<'_>,
        request: &SharedRequest,
        answer: &str,
        now: f64,
        draw: u32,
    ) -> PyResult<News> {
        let now = tick(now);
        self.news(py, now, |link, breaker| link.hear(breaker, request.request, answer, now, Draw(draw)))
    }

    /// The store did not answer in time, or refused.
    fn lost(&self, py: Python<'_>, request: &SharedRequest, now: f64) -> PyResult<News> {
        let now = tick(now);
        self.news(py, now, |link, breaker| link.lost(breaker, request.request, now))
    }

    /// The store answered a request that was lost.
    fn late(&self, py: Python<'_>, request: &SharedRequest, answer: &str) -> PyResult<()> {
        self.cross(py, |link, _| (link.late(request.request, answer), None))
    }
}

impl Link {
    /// One event for both.
    fn cross<R>(
        &self,
        py: Python<'_>,
        event: impl FnOnce(&mut Core, &mut Machine) -> (R, Option<Change>),
    ) -> PyResult<R> {
        self.breaker.get().cross_shared(py, |breaker, link| {
            event(link.expect("a link is made by sharing its breaker"), breaker)
        })
    }

    fn news(
        &self,
        py: Python<'_>,
        now: Tick,
        event: impl FnOnce(&mut Core, &mut Machine) -> Heard,
    ) -> PyResult<News> {
        let (heard, awake, state) = self.cross(py, |link, breaker| {
            let heard = event(link, breaker);
            ((heard, link.wake(breaker) <= now, breaker.state().name()), heard.change)
        })?;
        let attached = heard.connection.map(|connection| connection == Connection::Attached);
        let decided = heard.decision.map(|decision| decided(decision, state));
        Ok((decided, heard.change.map(names), attached, awake))
    }

    fn request(&self, py: Python<'_>, request: Request) -> PyResult<SharedRequest> {
        let command = self.cross(py, |link, breaker| (link.command(breaker, request), None))?;
        Ok(SharedRequest {
            request,
            script: command.script,
            key: command.key,
            args: command.args,
            timeout: seconds(command.timeout),
        })
    }
}

fn decided(decision: Decision, state: &'static str) -> Decided {
    match decision {
        Decision::Permit(permit) => (permit.epoch, permit.kind as u8, permit.seq, state, 0.0),
        Decision::Rejected { state, retry_after } => (0, 0, 0, state.name(), seconds(retry_after)),
    }
}
