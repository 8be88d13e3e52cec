//! Retry budgets: what many calls share, so that their retries never become a storm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use once_again_core::budget::{self, BudgetConfig, BudgetSpec, DepositOn, Withdrawal};
use once_again_core::retry::{Step, Stop, Verdict};
use once_again_core::spec::Unit;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refused;
use crate::retry::Next;
use crate::spec;
use crate::time::{micros, seconds, tick};

/// A budget, shared by threads. Its lock is held for core's arithmetic only, never while Python runs.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct Budget {
    machine: Mutex<budget::Budget>,
    config: BudgetConfig,
    /// Calls that deposited since core was last asked. It need not know before: so a call that succeeds takes no lock.
    deposits: AtomicU64,
}

#[pymethods]
impl Budget {
    /// A full budget with these rules: a mapping of fields, a preset's name, or true. `path` stands before a field's name
    /// in an error.
    #[new]
    fn new(rules: &Bound<'_, PyAny>, path: &str) -> PyResult<Self> {
        let spec = BudgetSpec::read(&spec::read(rules)?, Unit::Seconds, path).map_err(refused)?;
        let config = BudgetConfig::try_from(spec).map_err(refused)?;
        let machine = Mutex::new(budget::Budget::new(config.clone()));
        Ok(Self { machine, config, deposits: AtomicU64::new(0) })
    }

    /// The name it was given, or `default`.
    #[getter]
    fn name(&self) -> &str {
        self.config.name()
    }

    /// Whether calls deposit when they succeed, and not when they begin.
    #[getter]
    fn watches_success(&self) -> bool {
        self.config.deposit_on() == DepositOn::Success
    }

    /// Every rule with the value that applies.
    #[pyo3(signature = () -> "dict[str, Any]")]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spec::write(py, &self.config.to_spec().to_value(Unit::Seconds))
    }

    /// A call began, or succeeded at once: whichever deposits.
    fn deposit(&self) {
        self.deposits.fetch_add(1, Ordering::Relaxed);
    }

    /// An attempt failed at `now`, and its policy decided on `step`: what follows after all, and what the call now holds.
    fn failed(&self, now: f64, verdict: u32, step: Next, held: f64) -> (Next, f64) {
        let step = match step {
            Next::Wait(delay) => Step::Retry { delay: micros(delay) },
            // A name that is no reason came from no caller of ours.
            Next::Stop(reason) => Step::Stop(Stop::from_name(&reason).unwrap_or(Stop::NotRetryable)),
        };
        let mut held = Withdrawal::from_word(held);
        let step = self.with(|budget| budget.failed(&mut held, tick(now), Verdict::from_bits(verdict), step));
        let step = match step {
            Step::Retry { delay } => Next::Wait(seconds(delay)),
            Step::Stop(reason) => Next::Stop(reason.name().into()),
        };
        (step, held.to_word())
    }

    /// The retry that took `held` never started.
    fn returned(&self, held: f64) {
        self.with(|budget| budget.returned(&mut Withdrawal::from_word(held)));
    }

    /// A call succeeded after a retry that took `held`.
    fn succeeded(&self, held: f64) {
        self.with(|budget| budget.succeeded(&mut Withdrawal::from_word(held)));
    }

    /// Tokens and counts as of `now`.
    #[pyo3(signature = (now: "float") -> "dict[str, Any]")]
    fn stats<'py>(&self, py: Python<'py>, now: f64) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.with(|budget| budget.counters(tick(now)));
        let shown = PyDict::new(py);
        shown.set_item("tokens", stats.tokens)?;
        shown.set_item("capacity", stats.capacity)?;
        shown.set_item("deposits", stats.deposits)?;
        shown.set_item("retries", stats.retries)?;
        shown.set_item("refused", stats.refused)?;
        shown.set_item("returned", stats.returned)?;
        Ok(shown)
    }
}

impl Budget {
    /// One event, after every deposit that core was not told of.
    fn with<R>(&self, event: impl FnOnce(&mut budget::Budget) -> R) -> R {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        machine.deposit(self.deposits.swap(0, Ordering::Relaxed));
        event(&mut machine)
    }
}
