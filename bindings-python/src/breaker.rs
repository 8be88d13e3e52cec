//! The circuit breaker: plain numbers in, a small tuple out.

use std::sync::{Mutex, PoisonError};

use once_again_core::breaker::shared::Link;
use once_again_core::breaker::{
    self as core, BreakerConfig, BreakerSpec, Change, Decision, FallbackStrategy, Mode, Outcome, Permit,
    PermitKind, RegistryConfig, Scraped, Transitions,
};
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refused;
use crate::spec;
use crate::time::{micros, seconds, tick};

/// From one state to another, by their public names.
pub(crate) type Names = (&'static str, &'static str);

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
    breaker: core::Breaker,
    transitions: Transitions,
    published: Option<(u64, bool)>,
    link: Option<Link>,
}

#[pymethods]
impl Breaker {
    /// A closed breaker, or one that goes on at `now` where `snapshot` stopped.
    #[new]
    #[pyo3(signature = (fields, gate, snapshot=None, now=0.0))]
    fn new(
        py: Python<'_>,
        fields: &Bound<'_, PyAny>,
        gate: Py<PyAny>,
        snapshot: Option<&str>,
        now: f64,
    ) -> PyResult<Self> {
        let config = BreakerConfig::try_from(read(fields)?).map_err(refused)?;
        let breaker = match snapshot {
            None => core::Breaker::new(&config),
            Some(text) => restored(&config, text, now).map_err(refused)?,
        };
        let machine = Machine { breaker, transitions: Transitions::new(), published: None, link: None };
        let this = Self { machine: Mutex::new(machine), gate, config };
        this.cross(py, |_| ((), None))?;
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

    /// How many values `CACHE` keeps at most, and for how many seconds.
    #[classattr]
    fn cached() -> (usize, f64) {
        (FallbackStrategy::CACHED_VALUES, seconds(FallbackStrategy::CACHED_FOR))
    }

    /// The interval and the time limit of the active probe, in seconds.
    #[getter]
    fn health_check(&self) -> Option<(f64, f64)> {
        self.config.health_check().map(|check| (seconds(check.interval), seconds(check.timeout)))
    }

    /// Asks for a call at `now`: `(epoch, kind, seq, state, retry_after, change)`; an epoch of 0 is a rejection.
    fn admit(&self, py: Python<'_>, now: f64) -> PyResult<Admitted> {
        let (admission, state) = self.cross(py, |breaker| {
            let admission = breaker.admit(tick(now));
            ((admission, breaker.state()), admission.change)
        })?;
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

    /// Tells how a call ended: `(verdict, change, would_open)`. The draw is used only if the breaker opens.
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
    ) -> PyResult<(&'static str, Option<Names>, bool)> {
        // A number that is no kind or outcome came from no caller of ours; an epoch of 0 is always stale.
        let permit = match PermitKind::from_number(kind) {
            Some(kind) => Permit { epoch, kind, seq },
            None => Permit::call(0),
        };
        let outcome = Outcome::from_number(outcome).unwrap_or(Outcome::Ignored);
        let settlement = self.cross(py, |breaker| {
            let settlement = breaker.settle(permit, outcome, micros(duration), tick(now), Draw(draw));
            (settlement, settlement.change)
        })?;
        Ok((settlement.verdict.name(), settlement.change.map(names), settlement.would_open))
    }

    /// An active probe of an open breaker ended at `now`.
    fn health(&self, py: Python<'_>, ok: bool, now: f64) -> PyResult<()> {
        self.cross(py, |breaker| (breaker.health(ok, tick(now)), None))
    }

    /// Holds it open until `release` was called as often: the change.
    fn isolate(&self, py: Python<'_>) -> PyResult<Option<Names>> {
        self.change(py, core::Breaker::isolate)
    }

    /// Takes back one `isolate`: the change.
    fn release(&self, py: Python<'_>) -> PyResult<Option<Names>> {
        self.change(py, core::Breaker::release)
    }

    /// Begins anew: the change.
    fn reset(&self, py: Python<'_>) -> PyResult<Option<Names>> {
        self.change(py, core::Breaker::reset)
    }

    /// `NORMAL`, `DISABLED` or `METRICS_ONLY`: the change.
    fn set_mode(&self, py: Python<'_>, mode: &str) -> PyResult<Option<Names>> {
        let mode = mode.parse::<Mode>().map_err(refused)?;
        self.change(py, |breaker| breaker.set_mode(mode))
    }

    /// What is worth keeping of it at `now`, as a JSON text.
    fn snapshot(&self, now: f64) -> String {
        json::to_string(&self.with(|breaker| breaker.snapshot(tick(now))))
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
    fn change(
        &self,
        py: Python<'_>,
        event: impl FnOnce(&mut core::Breaker) -> Option<Change>,
    ) -> PyResult<Option<Names>> {
        let change = self.cross(py, |breaker| {
            let change = event(breaker);
            (change, change)
        })?;
        Ok(change.map(names))
    }

    pub(crate) const fn config(&self) -> &BreakerConfig {
        &self.config
    }

    /// From now on it is shared, and a closed breaker is asked for every call too: it also has to hear of others.
    pub(crate) fn share(&self, py: Python<'_>, link: Link) -> PyResult<()> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner).link = Some(link);
        self.cross(py, |_| ((), None))
    }

    /// One event: core's answer, its change counted, and the gate brought up to date in the same hold of the interpreter,
    /// so that no thread can see an older gate after a newer one.
    fn cross<R>(
        &self,
        py: Python<'_>,
        event: impl FnOnce(&mut core::Breaker) -> (R, Option<Change>),
    ) -> PyResult<R> {
        self.cross_shared(py, |breaker, _| event(breaker))
    }

    /// As `cross`, with what of it is shared.
    pub(crate) fn cross_shared<R>(
        &self,
        py: Python<'_>,
        event: impl FnOnce(&mut core::Breaker, Option<&mut Link>) -> (R, Option<Change>),
    ) -> PyResult<R> {
        let (answer, news) = {
            let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
            let Machine { breaker, link, .. } = &mut *machine;
            let (answer, change) = event(breaker, link.as_mut());
            if let Some(change) = change {
                machine.transitions.count(change);
            }
            let closed = if machine.link.is_some() { 0 } else { machine.breaker.closed_epoch() };
            let now = (closed, machine.breaker.quiet());
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

    fn with<R>(&self, read: impl FnOnce(&core::Breaker) -> R) -> R {
        read(&self.machine.lock().unwrap_or_else(PoisonError::into_inner).breaker)
    }
}

/// A configuration with every default filled in.
#[pyfunction]
pub(crate) fn complete_breaker<'py>(
    py: Python<'py>,
    fields: &Bound<'_, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let given = read(fields)?;
    BreakerConfig::try_from(given.clone()).map_err(refused)?;
    spec::write(py, &given.to_value(Unit::Seconds))
}

/// How many breakers a registry of this configuration keeps.
#[pyfunction]
pub(crate) fn registry_limit(fields: &Bound<'_, PyAny>) -> PyResult<u32> {
    let config = RegistryConfig::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)?;
    Ok(config.max_breakers)
}

/// Breakers and their names in the text format of Prometheus.
#[pyfunction]
pub(crate) fn breakers_to_prometheus(breakers: Vec<(String, Py<Breaker>)>) -> String {
    // Copied, each under its own lock: the same breaker may come twice.
    let copies: Vec<_> = breakers
        .into_iter()
        .map(|(name, breaker)| {
            let machine = breaker.get().machine.lock().unwrap_or_else(PoisonError::into_inner);
            (name, machine.breaker.clone(), machine.transitions.clone())
        })
        .collect();
    core::prometheus(copies.iter().map(|(name, breaker, transitions)| Scraped { name, breaker, transitions }))
}

fn read(fields: &Bound<'_, PyAny>) -> PyResult<BreakerSpec> {
    BreakerSpec::read(&spec::read(fields)?, Unit::Seconds, "").map_err(refused)
}

pub(crate) fn names(change: Change) -> Names {
    (change.from.name(), change.to.name())
}

fn restored(config: &BreakerConfig, text: &str, now: f64) -> Result<core::Breaker, ConfigError> {
    let snapshot = json::read(text)
        .map_err(|why| ConfigError::new("snapshot", why.to_string(), "what a breaker's snapshot() gave"))?;
    core::Breaker::restore(config, &snapshot, tick(now)).map_err(|error| {
        let ConfigError { field, value, expected } = error;
        ConfigError::new(format!("snapshot.{field}"), value, expected)
    })
}
