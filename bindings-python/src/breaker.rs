//! The circuit breaker: plain numbers in, a small tuple out.

use std::sync::{Mutex, PoisonError};

use once_again_core::breaker::{BreakerConfig, BreakerSpec, Change, Decision, Outcome, Permit, PermitKind};
use once_again_core::draw::Draw;
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refused;
use crate::spec;
use crate::time::{micros, seconds, tick};

/// From one state to another, by their public names.
type Names = (&'static str, &'static str);

/// Epoch, kind and sequence number of a permit (epoch 0: rejected), the state, the seconds to wait, a change.
type Admitted = (u64, u8, u32, &'static str, f64, Option<Names>);

/// A breaker, shared by threads. Its lock is held for core's arithmetic only, never while Python runs.
///
/// What the next call must know is published to `gate` by every crossing that changes it: `gate.closed`, the epoch in
/// which calls are admitted without asking (0: ask), and `gate.quiet`, whether a success changes nothing.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Breaker {
    machine: Mutex<Machine>,
    gate: Py<PyAny>,
    config: BreakerConfig,
}

struct Machine {
    breaker: once_again_core::breaker::Breaker,
    published: Option<(u64, bool)>,
}

#[pymethods]
impl Breaker {
    #[new]
    fn new(py: Python<'_>, fields: &Bound<'_, PyAny>, gate: Py<PyAny>) -> PyResult<Self> {
        let given = BreakerSpec::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
        let config = BreakerConfig::try_from(given).map_err(refused)?;
        let breaker = once_again_core::breaker::Breaker::new(&config);
        let this = Self { machine: Mutex::new(Machine { breaker, published: None }), gate, config };
        this.cross(py, |_| ())?;
        Ok(this)
    }

    /// The name it was given.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.config.name()
    }

    /// Whether a result must say how long the call took.
    #[getter]
    fn timed(&self) -> bool {
        self.config.times_calls()
    }

    /// What a rejected caller gets: `REJECT`, `CACHE`, `FALLBACK` or `QUEUE`.
    #[getter]
    fn fallback_strategy(&self) -> &'static str {
        self.config.fallback_strategy().name()
    }

    /// Asks for a call at `now`: `(epoch, kind, seq, state, retry_after, change)`; an epoch of 0 is a rejection.
    fn admit(&self, py: Python<'_>, now: f64) -> PyResult<Admitted> {
        let (admission, state) = self.cross(py, |breaker| (breaker.admit(tick(now)), breaker.state()))?;
        let change = admission.change.map(names);
        Ok(match admission.decision {
            Decision::Permit(permit) => {
                (permit.epoch, permit.kind as u8, permit.seq, state.name(), 0.0, change)
            }
            Decision::Rejected { state, retry_after } => {
                (0, 0, 0, state.name(), seconds(retry_after), change)
            }
        })
    }

    /// Tells how a call ended: `(verdict, change)`. The draw is used only if the breaker opens.
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
    ) -> PyResult<(&'static str, Option<Names>)> {
        // A number that is no kind or outcome came from no caller of ours; an epoch of 0 is always stale.
        let permit = match PermitKind::from_number(kind) {
            Some(kind) => Permit { epoch, kind, seq },
            None => Permit::call(0),
        };
        let outcome = Outcome::from_number(outcome).unwrap_or(Outcome::Ignored);
        let settlement = self
            .cross(py, |breaker| breaker.settle(permit, outcome, micros(duration), tick(now), Draw(draw)))?;
        Ok((settlement.verdict.name(), settlement.change.map(names)))
    }

    /// The state after the last event.
    #[getter]
    fn state(&self) -> &'static str {
        self.with(|breaker| breaker.state().name())
    }

    /// What has been counted, as of `now`.
    #[pyo3(signature = (now: "float") -> "dict[str, int]")]
    fn counters<'py>(&self, py: Python<'py>, now: f64) -> PyResult<Bound<'py, PyDict>> {
        let counters = self.with(|breaker| breaker.counters(tick(now)));
        let shown = PyDict::new(py);
        shown.set_item("calls", counters.calls)?;
        shown.set_item("failures", counters.failures)?;
        shown.set_item("slow_calls", counters.slow_calls)?;
        shown.set_item("consecutive_failures", counters.consecutive_failures)?;
        shown.set_item("probes", counters.probes)?;
        shown.set_item("rejected", counters.rejected)?;
        shown.set_item("stale", counters.stale)?;
        shown.set_item("opened", counters.opened)?;
        Ok(shown)
    }
}

impl Breaker {
    /// One event: core's answer, and the gate brought up to date in the same hold of the interpreter, so that no thread
    /// can see an older gate after a newer one.
    fn cross<R>(
        &self,
        py: Python<'_>,
        event: impl FnOnce(&mut once_again_core::breaker::Breaker) -> R,
    ) -> PyResult<R> {
        let (answer, news) = {
            let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = event(&mut machine.breaker);
            let now = (machine.breaker.closed_epoch(), machine.breaker.quiet());
            let news = (machine.published != Some(now)).then_some(now);
            machine.published = Some(now);
            (answer, news)
        };
        if let Some((closed, quiet)) = news {
            self.gate.setattr(py, "closed", closed)?;
            self.gate.setattr(py, "quiet", quiet)?;
        }
        Ok(answer)
    }

    fn with<R>(&self, read: impl FnOnce(&once_again_core::breaker::Breaker) -> R) -> R {
        read(&self.machine.lock().unwrap_or_else(PoisonError::into_inner).breaker)
    }
}

fn names(change: Change) -> Names {
    (change.from.name(), change.to.name())
}
