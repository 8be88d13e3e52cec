//! Retries: a configuration, the policy it becomes, and the state of one call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use once_again_core::classify::retry_after::{Hints, read};
use once_again_core::classify::{Host, HttpSignals, Signals};
use once_again_core::dead_letter::Ending;
use once_again_core::draw::Draw;
use once_again_core::retry::{self, Failure, Step, Verdict, presets};
use once_again_core::spec::Unit;
use pyo3::prelude::*;

use crate::error::refused;
use crate::spec;
use crate::time::{micros, seconds, tick, timestamp};

/// The fields that were given, and nothing else.
#[pyclass(frozen, eq, module = "once_again._core")]
#[derive(PartialEq)]
pub(crate) struct RetrySpec(retry::RetrySpec);

impl From<retry::RetrySpec> for RetrySpec {
    fn from(spec: retry::RetrySpec) -> Self {
        Self(spec)
    }
}

/// Of one HTTP exchange: the method, whether the request carries a key, whether the answer was a replay, its problem
/// type, and whether the caller can get new credentials.
type Exchange = (String, bool, bool, Option<String>, bool);

#[pymethods]
impl RetrySpec {
    /// Reads a mapping of fields, durations in seconds.
    #[new]
    fn new(fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        retry::RetrySpec::read(&spec::read(fields)?, Unit::Seconds, "").map(Self).map_err(refused)
    }

    /// The preset of this name.
    #[staticmethod]
    fn preset(name: &str) -> PyResult<Self> {
        presets::named(name).map(Self).map_err(refused)
    }

    /// The policy meant by what is said about a call: criticality, module, real time, user facing, a policy of its own.
    #[staticmethod]
    fn chosen(said: &Bound<'_, PyAny>) -> PyResult<Self> {
        presets::resolve(&spec::read(said)?, Unit::Seconds, "").map(Self).map_err(refused)
    }

    /// The policy of a pool's manager for this type of operation.
    #[staticmethod]
    fn for_operation(operation_type: &str) -> Self {
        Self(presets::for_operation(operation_type))
    }

    /// One level of a tree of levels, with everything it extends.
    #[staticmethod]
    fn level(tree: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let tree = spec::read(tree)?;
        let unit = retry::unit_of_levels(&tree, Unit::Seconds).map_err(refused)?;
        retry::from_levels(&tree, name, unit).map(Self).map_err(refused)
    }

    /// Every level of a tree of levels, by name.
    #[staticmethod]
    fn levels(tree: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Self)>> {
        let tree = spec::read(tree)?;
        let unit = retry::unit_of_levels(&tree, Unit::Seconds).map_err(refused)?;
        let level = |name: &str| {
            let spec = retry::from_levels(&tree, name, unit).map_err(refused)?;
            Ok((name.to_owned(), Self(spec)))
        };
        retry::level_names(&tree).into_iter().map(level).collect()
    }

    /// What the variables `RETRY_…` say.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
    fn environment(variables: BTreeMap<String, String>) -> PyResult<Self> {
        retry::from_environment(|name| variables.get(name).map(String::as_str)).map(Self).map_err(refused)
    }

    /// This configuration, with what it leaves open taken from `defaults`.
    fn filled_from(&self, defaults: &Self) -> Self {
        Self(self.0.clone().or(&defaults.0))
    }

    /// The policy this is once every default is filled in.
    fn policy(&self) -> PyResult<RetryPolicy> {
        retry::RetryPolicy::try_from(self.0.clone()).map(RetryPolicy).map_err(refused)
    }

    /// The fields that are set, in Python's names and units.
    #[pyo3(signature = () -> "dict[str, Any]")]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spec::write(py, &self.0.to_value(Unit::Seconds))
    }
}

/// A valid policy: never changed, shared by any number of calls and threads.
#[pyclass(frozen, module = "once_again._core")]
pub(crate) struct RetryPolicy(retry::RetryPolicy);

#[pymethods]
impl RetryPolicy {
    /// What the policy thinks of an error with these signs: the bits of a verdict, whether it may be retried, its kind.
    #[pyo3(signature = (names, kind, code, errno, status, http=None))]
    fn judge(
        &self,
        names: Vec<String>,
        kind: Option<String>,
        code: Option<String>,
        errno: Option<i32>,
        status: Option<u16>,
        http: Option<Exchange>,
    ) -> (u32, bool, &'static str) {
        let signals = Signals {
            kind: kind.map(Cow::Owned),
            code: code.map(Cow::Owned),
            names: names.into_iter().map(Cow::Owned).collect(),
            errno,
            status,
            http: http.map(signals),
            ..Signals::new(Host::Python)
        };
        let verdict = self.0.judge(&signals);
        (verdict.to_bits(), verdict.retry, verdict.kind.name())
    }

    /// A call that started at `started`.
    fn begin(slf: Bound<'_, Self>, started: f64) -> RetryCall {
        RetryCall { call: slf.get().0.begin(tick(started)), policy: slf.unbind() }
    }

    /// How many seconds an attempt may run that starts `now` in a call that started at `started`.
    fn time_left(&self, started: f64, now: f64) -> Option<f64> {
        self.0.time_left(&self.0.begin(tick(started)), tick(now)).map(|limit| seconds(limit.left))
    }

    /// Whether a call that was given up with this verdict is a dead letter.
    fn is_dead_letter(&self, verdict: u32) -> bool {
        self.0.dead_letter(Ending::GivenUp(Verdict::from_bits(verdict).kind))
    }

    /// The retry slot of this caller; none where retries are not spread over slots.
    fn slot(&self, service: &str, operation: &str, instance: &str) -> Option<u32> {
        self.0.slot(service, operation, instance)
    }

    /// Whether delays are drawn.
    #[getter]
    fn drawn(&self) -> bool {
        self.0.jitter() != once_again_core::jitter::Jitter::None
    }

    /// What was accepted although it has no effect.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }

    /// Every field with the value that applies, in Python's names and units.
    #[pyo3(signature = () -> "dict[str, Any]")]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spec::write(py, &self.0.to_spec().to_value(Unit::Seconds))
    }
}

/// One call's state, made at its first failure.
#[pyclass(module = "once_again._core")]
pub(crate) struct RetryCall {
    policy: Py<RetryPolicy>,
    call: retry::RetryCall,
}

/// Seconds to wait, or the reason to stop.
#[derive(FromPyObject, IntoPyObject)]
pub(crate) enum Next {
    Wait(f64),
    Stop(String),
}

#[pymethods]
impl RetryCall {
    /// The same state apart, to ask what would follow without remembering that it was asked.
    fn copy(&self, py: Python<'_>) -> Self {
        Self { policy: self.policy.clone_ref(py), call: self.call }
    }

    /// An attempt failed at `now`: the seconds to wait before the next one, or the reason to stop.
    fn failed(
        &mut self,
        now: f64,
        verdict: u32,
        retry_after: Option<f64>,
        custom_delay: Option<f64>,
        draw: u32,
        slot: u32,
    ) -> Next {
        let failure = Failure {
            verdict: Verdict::from_bits(verdict),
            retry_after: retry_after.map(micros),
            custom_delay: custom_delay.map(micros),
            slot,
        };
        match self.policy.get().0.failed(&mut self.call, tick(now), &failure, Draw(draw)) {
            Step::Retry { delay } => Next::Wait(seconds(delay)),
            Step::Stop(stop) => Next::Stop(stop.name().into()),
        }
    }
}

fn signals(exchange: Exchange) -> HttpSignals<'static> {
    let (method, has_key, replayed, problem_type, can_refresh) = exchange;
    HttpSignals {
        method: method.into(),
        has_key,
        replayed,
        problem_type: problem_type.map(Into::into),
        can_refresh,
        ..HttpSignals::default()
    }
}

/// Whether a failure with this verdict asks for new credentials before the next attempt.
#[pyfunction]
pub(crate) fn wants_credentials(verdict: u32) -> bool {
    Verdict::from_bits(verdict).once == retry::Once::NewCredentials
}

/// Whether a failure with this verdict says something about the service, so that a breaker counts it.
#[pyfunction]
pub(crate) fn speaks_against_service(verdict: u32) -> bool {
    Verdict::from_bits(verdict).speaks_against_service()
}

/// A verdict that the caller's own conditions overruled.
#[pyfunction]
pub(crate) fn veto(verdict: u32) -> u32 {
    Verdict { retry: false, ..Verdict::from_bits(verdict) }.to_bits()
}

/// How many seconds a server asked to wait, in response headers read at `wall_now`.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "extracted from Python, so owned")]
pub(crate) fn retry_after(headers: Vec<(String, String)>, wall_now: f64) -> Option<f64> {
    let lines = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    read(&Hints::of(lines), timestamp(wall_now)).map(seconds)
}
