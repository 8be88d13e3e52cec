//! How a run under a key behaves: as given ([`RunSpec`]), and valid with everything filled in ([`RunConfig`]).

use crate::error::ConfigError;
use crate::spec::{Names, Reader, Unit, Value};
use crate::store::{OnOrphan, StoreOp};
use crate::time::Micros;

/// What a caller meets whose key is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// An answer at once: in progress, come back later.
    Reject,
    /// The first run's outcome, waited for; should that run fall silent, this one takes over.
    Wait {
        /// How long to wait.
        timeout: Micros,
    },
}

/// How long a claim excludes others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// So long without a renewal.
    For(Micros),
    /// Until the record expires: no heartbeat, and a dead owner's key stays locked.
    Endless,
}

/// The configuration as given, nothing filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of `RunConfig`, which explains them")]
pub struct RunSpec {
    pub lease: Option<Lease>,
    pub renew_every: Option<Micros>,
    pub retention: Option<Micros>,
    pub derived_window: Option<Micros>,
    pub on_orphan: Option<OnOrphan>,
    pub max_takeovers: Option<u32>,
    pub conflict: Option<Conflict>,
    pub max_run: Option<Micros>,
    pub max_tx: Option<Micros>,
    pub store_timeout: Option<Micros>,
    pub complete_timeout: Option<Micros>,
    pub fail_open: Option<bool>,
}

/// A valid configuration of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunConfig {
    pub(super) lease: Option<Micros>,
    pub(super) renew_every: Micros,
    pub(super) retention: Micros,
    pub(super) derived_window: Micros,
    pub(super) on_orphan: OnOrphan,
    pub(super) max_takeovers: u32,
    pub(super) conflict: Conflict,
    pub(super) max_run: Micros,
    pub(super) max_tx: Micros,
    pub(super) store_timeout: Micros,
    pub(super) complete_timeout: Micros,
    pub(super) fail_open: bool,
}

const MILLI: Micros = Micros::from_millis(1);
const HOUR: Micros = Micros::from_secs(3_600);
const DAY: Micros = Micros::from_secs(86_400);
const YEAR: Micros = Micros::from_secs(365 * 86_400);

impl RunSpec {
    /// `false` for no lease at all.
    pub const LEASE: Names = Names(&[("lease", None)]);
    /// Time between two renewals.
    pub const RENEW_EVERY: Names = Names(&[("renew_every", None)]);
    /// How long records live. `ttl` is in seconds and `ttlMs` in milliseconds in every language.
    pub const RETENTION: Names = Names(&[
        ("retention", None),
        ("ttl", Some(Unit::Seconds)),
        ("ttlMs", Some(Unit::Millis)),
        ("default_ttl", None),
        ("deduplication_window", None),
        ("response_cache_ttl", None),
        ("idempotency_ttl", None),
    ]);
    /// How long records of derived keys live.
    pub const DERIVED_WINDOW: Names = Names(&[("derived_window", None)]);
    /// `reexecute` or `fail`.
    pub const ON_ORPHAN: Names = Names(&[("on_orphan", None)]);
    /// Orphan takeovers in a record's life.
    pub const MAX_TAKEOVERS: Names = Names(&[("max_takeovers", None)]);
    /// `reject`, `wait`, `{wait: duration}`, or one of nebula-idempotency's names.
    pub const CONFLICT: Names =
        Names(&[("conflict", None), ("conflict_behavior", None), ("conflict_strategy", None)]);
    /// How long the lease is renewed.
    pub const MAX_RUN: Names = Names(&[("max_run", None)]);
    /// How long a transaction may take that `pause` makes room for.
    pub const MAX_TX: Names = Names(&[("max_tx", None)]);
    /// Limit of one store operation.
    pub const STORE_TIMEOUT: Names = Names(&[("store_timeout", None)]);
    /// How long an answer is held back for its completion.
    pub const COMPLETE_TIMEOUT: Names = Names(&[("complete_timeout", None)]);
    /// `true` to run unprotected when the store cannot be reached.
    pub const FAIL_OPEN: Names = Names(&[("fail_open", None)]);
    /// All fields, for a configuration object that holds nothing else.
    pub const NAMES: &[Names] = &[
        Self::LEASE,
        Self::RENEW_EVERY,
        Self::RETENTION,
        Self::DERIVED_WINDOW,
        Self::ON_ORPHAN,
        Self::MAX_TAKEOVERS,
        Self::CONFLICT,
        Self::MAX_RUN,
        Self::MAX_TX,
        Self::STORE_TIMEOUT,
        Self::COMPLETE_TIMEOUT,
        Self::FAIL_OPEN,
    ];

    /// How long a waiter waits unless told otherwise (nebula-idempotency's `WaitForCompletion`).
    pub const WAIT: Micros = Micros::from_secs(30);

    /// What functions and actions start from: two concurrent callers get one result, and since a waiter is there to take
    /// over, the lease is short.
    #[must_use]
    pub fn function() -> Self {
        Self {
            lease: Some(Lease::For(Micros::from_secs(20))),
            renew_every: Some(Micros::from_secs(7)),
            conflict: Some(Conflict::Wait { timeout: Self::WAIT }),
            ..Self::default()
        }
    }

    /// Reads an object that holds these fields and no others.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        Self::from_reader(&Reader::new(value, unit, Self::NAMES, path)?)
    }

    /// Reads these fields of an object that holds others too.
    pub fn from_reader(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        let lease = match reader.get("lease") {
            Some(Value::Bool(false)) => Some(Lease::Endless),
            _ => reader
                .duration("lease", Micros::from_millis(100), DAY)
                .map_err(|error| reader.refuse("lease", format!("{}, or false for none", error.expected)))?
                .map(Lease::For),
        };
        let longest_pause = if let Some(Lease::For(lease)) = lease { half(lease) } else { DAY };
        let on_orphan = reader.one_of("on_orphan", &["reexecute", "fail"])?;
        Ok(Self {
            lease,
            renew_every: reader.duration("renew_every", MILLI, longest_pause)?,
            retention: retention(reader)?,
            derived_window: reader.duration("derived_window", MILLI, YEAR)?,
            on_orphan: on_orphan.map(|i| [OnOrphan::Reexecute, OnOrphan::Fail][i]),
            max_takeovers: reader
                .integer("max_takeovers", 0, 1_000_000)?
                .and_then(|takeovers| u32::try_from(takeovers).ok()),
            conflict: conflict(reader)?,
            max_run: reader.duration("max_run", MILLI, YEAR)?,
            max_tx: reader.duration("max_tx", MILLI, HOUR)?,
            store_timeout: reader.duration("store_timeout", MILLI, HOUR)?,
            complete_timeout: reader.duration("complete_timeout", MILLI, HOUR)?,
            fail_open: reader.boolean("fail_open")?,
        })
    }

    /// Fills what is not given from `defaults`. A default heartbeat belongs to its lease: another lease sets its own.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        let renew_every = if self.lease.is_some() { None } else { defaults.renew_every };
        Self {
            lease: self.lease.or(defaults.lease),
            renew_every: self.renew_every.or(renew_every),
            retention: self.retention.or(defaults.retention),
            derived_window: self.derived_window.or(defaults.derived_window),
            on_orphan: self.on_orphan.or(defaults.on_orphan),
            max_takeovers: self.max_takeovers.or(defaults.max_takeovers),
            conflict: self.conflict.or(defaults.conflict),
            max_run: self.max_run.or(defaults.max_run),
            max_tx: self.max_tx.or(defaults.max_tx),
            store_timeout: self.store_timeout.or(defaults.store_timeout),
            complete_timeout: self.complete_timeout.or(defaults.complete_timeout),
            fail_open: self.fail_open.or(defaults.fail_open),
        }
    }
}

/// More than a year of `ttl` is milliseconds written by mistake.
fn retention(reader: &Reader<'_>) -> Result<Option<Micros>, ConfigError> {
    reader.duration("retention", MILLI, YEAR).map_err(|error| match reader.get("retention") {
        Some(Value::Number(n)) if *n > 31_536_000.0 && is_ttl(&error.field) => {
            reader.refuse("retention", "at most 31536000: seconds expected, did you mean ttlMs?")
        }
        _ => error,
    })
}

fn is_ttl(written: &str) -> bool {
    written.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case("ttl"))
}

fn conflict(reader: &Reader<'_>) -> Result<Option<Conflict>, ConfigError> {
    const NAMES: &[&str] = &["reject", "wait", "waitForCompletion", "waitForFirst", "returnPrevious"];
    let Some(value @ Value::Map(_)) = reader.get("conflict") else {
        let choice = reader.one_of("conflict", NAMES)?;
        return Ok(
            choice.map(|i| if i == 0 { Conflict::Reject } else { Conflict::Wait { timeout: RunSpec::WAIT } })
        );
    };
    let path = format!("{}.", reader.written("conflict"));
    let wait = Reader::new(value, reader.unit(), &[Names(&[("wait", None), ("timeout", None)])], &path)?;
    match wait.duration("wait", Micros::ZERO, DAY)? {
        Some(timeout) => Ok(Some(Conflict::Wait { timeout })),
        None => Err(reader.refuse("conflict", "reject, or an object with how long to wait")),
    }
}

impl TryFrom<RunSpec> for RunConfig {
    type Error = ConfigError;

    fn try_from(spec: RunSpec) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let lease = match spec.lease {
            Some(Lease::For(lease)) => Some(lease),
            Some(Lease::Endless) => None,
            None => usual.lease,
        };
        let renew_every = spec.renew_every.unwrap_or(Micros::new(lease.unwrap_or(DAY).get() / 3));
        if lease.is_some_and(|lease| renew_every > half(lease)) {
            return Err(ConfigError::new(
                "renew_every",
                format!("{} seconds", Unit::Seconds.text_of(renew_every)),
                "at most half of the lease, so that one lost renewal does not lose the claim",
            ));
        }
        let store_timeout = spec.store_timeout.unwrap_or(usual.store_timeout);
        Ok(Self {
            lease,
            renew_every,
            retention: spec.retention.unwrap_or(usual.retention),
            derived_window: spec.derived_window.unwrap_or(usual.derived_window),
            on_orphan: spec.on_orphan.unwrap_or(usual.on_orphan),
            max_takeovers: spec.max_takeovers.unwrap_or(usual.max_takeovers),
            conflict: spec.conflict.unwrap_or(usual.conflict),
            max_run: spec.max_run.unwrap_or(usual.max_run),
            max_tx: spec.max_tx.unwrap_or(usual.max_tx),
            store_timeout: lease.map_or(store_timeout, |lease| store_timeout.min(quarter(lease))),
            complete_timeout: spec.complete_timeout.unwrap_or(usual.complete_timeout),
            fail_open: spec.fail_open.unwrap_or(usual.fail_open),
        })
    }
}

impl RunConfig {
    /// How long a claim excludes others without a renewal; 60 s. `None`: until the record expires.
    #[must_use]
    pub const fn lease(&self) -> Option<Micros> {
        self.lease
    }

    /// Time between renewals while the handler runs; a third of the lease.
    #[must_use]
    pub const fn renew_every(&self) -> Micros {
        self.renew_every
    }

    /// How long a record lives, from its claim and again from its completion; 24 h.
    #[must_use]
    pub const fn retention(&self) -> Micros {
        self.retention
    }

    /// The same for a key that was derived from the request; 30 s, for double clicks and transport retries.
    #[must_use]
    pub const fn derived_window(&self) -> Micros {
        self.derived_window
    }

    /// What becomes of a claim whose owner fell silent; it is run again.
    #[must_use]
    pub const fn on_orphan(&self) -> OnOrphan {
        self.on_orphan
    }

    /// After so many takeovers the outcome counts as unknown; 5.
    #[must_use]
    pub const fn max_takeovers(&self) -> u32 {
        self.max_takeovers
    }

    /// What a caller meets whose key is in use; an answer at once.
    #[must_use]
    pub const fn conflict(&self) -> Conflict {
        self.conflict
    }

    /// Renewal stops after this; 10 min.
    #[must_use]
    pub const fn max_run(&self) -> Micros {
        self.max_run
    }

    /// The lease that a pause asks for, so that no renewal meets a transaction; 60 s.
    #[must_use]
    pub const fn max_tx(&self) -> Micros {
        self.max_tx
    }

    /// Limit of one store operation; 2 s, and never more than a quarter of the lease.
    #[must_use]
    pub const fn store_timeout(&self) -> Micros {
        self.store_timeout
    }

    /// How long an answer is held back until its completion is confirmed; 5 s.
    #[must_use]
    pub const fn complete_timeout(&self) -> Micros {
        self.complete_timeout
    }

    /// Whether an unreachable store lets requests run unprotected; no.
    #[must_use]
    pub const fn fail_open(&self) -> bool {
        self.fail_open
    }

    /// How long before the end of the last confirmed lease the handler is told to stop: 2 s, or a quarter of a lease
    /// shorter than 8 s.
    #[must_use]
    pub fn abort_margin(&self) -> Micros {
        Micros::from_secs(2).min(quarter(self.lease.unwrap_or(Micros::MAX)))
    }
}

impl Default for RunConfig {
    /// What an HTTP middleware starts from.
    fn default() -> Self {
        Self {
            lease: Some(Micros::from_secs(60)),
            renew_every: Micros::from_secs(20),
            retention: DAY,
            derived_window: Micros::from_secs(30),
            on_orphan: OnOrphan::Reexecute,
            max_takeovers: StoreOp::MAX_TAKEOVERS,
            conflict: Conflict::Reject,
            max_run: Micros::from_secs(600),
            max_tx: Micros::from_secs(60),
            store_timeout: Micros::from_secs(2),
            complete_timeout: Micros::from_secs(5),
            fail_open: false,
        }
    }
}

fn half(span: Micros) -> Micros {
    Micros::new(span.get() / 2)
}

fn quarter(span: Micros) -> Micros {
    Micros::new(span.get() / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, Value)]) -> Result<RunSpec, ConfigError> {
        let value = Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect());
        RunSpec::read(&value, Unit::Millis, "")
    }

    fn number(field: &'static str, number: f64) -> [(&'static str, Value); 1] {
        [(field, Value::Number(number))]
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(RunConfig::try_from(read(&[]).unwrap()), Ok(RunConfig::default()));
    }

    #[test]
    fn every_field_is_read_in_the_hosts_unit() {
        let spec = read(&[
            ("lease", Value::Number(30_000.0)),
            ("renewEvery", Value::Number(8_000.0)),
            ("retention", Value::Number(5_000.0)),
            ("derivedWindow", Value::Number(1_000.0)),
            ("onOrphan", text("fail")),
            ("maxTakeovers", Value::Number(2.0)),
            ("conflict", text("wait")),
            ("maxRun", Value::Number(90_000.0)),
            ("maxTx", Value::Number(20_000.0)),
            ("storeTimeout", Value::Number(500.0)),
            ("completeTimeout", Value::Number(700.0)),
            ("failOpen", Value::Bool(true)),
        ]);
        let expected = RunConfig {
            lease: Some(Micros::from_secs(30)),
            renew_every: Micros::from_secs(8),
            retention: Micros::from_secs(5),
            derived_window: Micros::from_secs(1),
            on_orphan: OnOrphan::Fail,
            max_takeovers: 2,
            conflict: Conflict::Wait { timeout: Micros::from_secs(30) },
            max_run: Micros::from_secs(90),
            max_tx: Micros::from_secs(20),
            store_timeout: Micros::from_millis(500),
            complete_timeout: Micros::from_millis(700),
            fail_open: true,
        };
        assert_eq!(RunConfig::try_from(spec.unwrap()), Ok(expected));
    }

    #[test]
    fn retention_has_the_names_of_every_document() {
        let day = Some(DAY);
        assert_eq!(read(&number("ttl", 86_400.0)).unwrap().retention, day);
        for name in [
            "ttlMs",
            "retention",
            "defaultTtl",
            "deduplication_window",
            "responseCacheTtl",
            "idempotency_ttl",
        ] {
            assert_eq!(read(&number(name, 86_400_000.0)).unwrap().retention, day, "{name}");
        }
        let both = read(&[("ttl", Value::Number(1.0)), ("ttlMs", Value::Number(1_000.0))]).unwrap_err();
        assert_eq!(both.expected, "ttl or ttlMs, not both: they are one field");
    }

    #[test]
    fn a_ttl_of_more_than_a_year_was_meant_in_milliseconds() {
        let error = read(&number("ttl", 86_400_000.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ttl: got 86400000, expected at most 31536000: seconds expected, did you mean ttlMs?"
        );
        let error = read(&number("ttlMs", 1e12)).unwrap_err();
        assert_eq!(error.expected, "a number of milliseconds from 1 to 31536000000");
        let error = read(&number("ttl", -1.0)).unwrap_err();
        assert_eq!(error.expected, "a number of seconds from 0.001 to 31536000");
    }

    #[test]
    fn a_conflict_is_a_name_or_how_long_to_wait() {
        let wait = |millis| Ok(Some(Conflict::Wait { timeout: Micros::from_millis(millis) }));
        let given = |value| read(&[("conflict", value)]).map(|spec| spec.conflict);
        assert_eq!(given(text("reject")), Ok(Some(Conflict::Reject)));
        for name in ["wait", "waitForCompletion", "WaitForFirst", "return_previous"] {
            assert_eq!(given(text(name)), wait(30_000), "{name}");
        }
        assert_eq!(given(Value::Map(vec![("wait".into(), Value::Number(250.0))])), wait(250));
        assert_eq!(given(Value::Map(vec![("timeout".into(), Value::Number(0.0))])), wait(0));
        assert_eq!(
            given(Value::Map(vec![])).unwrap_err().expected,
            "reject, or an object with how long to wait"
        );
        let error = given(Value::Map(vec![("wait".into(), Value::Number(-1.0))])).unwrap_err();
        assert_eq!(error.field, "conflict.wait");
    }

    #[test]
    fn false_is_no_lease_and_true_is_no_value() {
        assert_eq!(read(&[("lease", Value::Bool(false))]).unwrap().lease, Some(Lease::Endless));
        let error = read(&[("lease", Value::Bool(true))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "lease: got true, expected a number of milliseconds from 100 to 86400000, or false for none"
        );
    }

    #[test]
    fn a_heartbeat_leaves_room_for_a_second_one() {
        let error =
            read(&[("lease", Value::Number(1_000.0)), ("renewEvery", Value::Number(501.0))]).unwrap_err();
        assert_eq!(error.expected, "a number of milliseconds from 1 to 500");
        let alone = RunConfig::try_from(read(&number("renewEvery", 31_000.0)).unwrap()).unwrap_err();
        assert_eq!((alone.field.as_str(), alone.value.as_str()), ("renew_every", "31 seconds"));
    }

    #[test]
    fn functions_wait_and_their_heartbeat_goes_with_their_lease() {
        let plain = RunConfig::try_from(RunSpec::default().or(&RunSpec::function())).unwrap();
        assert_eq!((plain.lease, plain.renew_every), (Some(Micros::from_secs(20)), Micros::from_secs(7)));
        assert_eq!(plain.conflict, Conflict::Wait { timeout: Micros::from_secs(30) });
        let short = read(&number("lease", 3_000.0)).unwrap().or(&RunSpec::function());
        assert_eq!(RunConfig::try_from(short).unwrap().renew_every, Micros::from_secs(1));
    }

    #[test]
    fn a_short_lease_shortens_what_must_fit_into_it() {
        let short = RunConfig::try_from(read(&number("lease", 3_000.0)).unwrap()).unwrap();
        assert_eq!(short.store_timeout(), Micros::from_millis(750));
        assert_eq!(short.abort_margin(), Micros::from_millis(750));
        assert_eq!(RunConfig::default().abort_margin(), Micros::from_secs(2));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = read(&number("storeTimout", 5.0)).unwrap_err();
        assert_eq!(error.expected, "a known field; the nearest is storeTimeout");
    }
}
