//! The options of an idempotent function, as a user writes them.

use crate::error::ConfigError;
use crate::idempotency::key::KeyStrategy;
use crate::idempotency::machine::RunSpec;
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;

/// How large the thing is that runs once; it says how long a record is kept unless told otherwise (nebula-idempotency).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// One function: an hour.
    #[default]
    Action,
    /// One request of a client: 24 hours.
    Request,
    /// A workflow of many steps: 7 days.
    Workflow,
    /// A transaction over several parties: 30 days.
    Transaction,
}

impl Level {
    /// How long records of this level are kept.
    #[must_use]
    pub const fn retention(self) -> Micros {
        const DAY: u64 = 86_400;
        Micros::from_secs(match self {
            Self::Action => 3_600,
            Self::Request => DAY,
            Self::Workflow => 7 * DAY,
            Self::Transaction => 30 * DAY,
        })
    }
}

/// Whether results are kept for replay, and up to which size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caching {
    /// Without it a repetition is refused instead of answered: the function still runs once.
    pub enabled: bool,
    /// The largest result that is kept, bytes.
    pub max_bytes: u64,
}

impl Default for Caching {
    fn default() -> Self {
        Self { enabled: true, max_bytes: 1 << 20 }
    }
}

/// The options as given; [`ActionConfig`](super::ActionConfig) fills in what is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionSpec {
    /// The scope of its keys, the same in every language: 1 to 255 characters.
    pub name: Option<String>,
    /// A namespace for applications that share a store.
    pub key_prefix: Option<String>,
    /// `false` runs every call as if there were no record. Default true.
    pub enabled: Option<bool>,
    /// Where the key comes from. Default: the caller's key if there is one, else the content.
    pub key_strategy: Option<KeyStrategy>,
    /// Default [`Level::Action`].
    pub level: Option<Level>,
    /// JSON Pointers to what alone counts of the arguments.
    pub include: Vec<String>,
    /// JSON Pointers to what does not count of the arguments.
    pub exclude: Vec<String>,
    /// Results kept for replay.
    pub caching: Option<Caching>,
    /// Whether what the function throws is kept and thrown again. Default false: the next call runs it again.
    pub keep_errors: Option<bool>,
    /// Never twice: whatever is not known to have ended well is not run again. Default false.
    pub at_most_once: Option<bool>,
    /// After this long the function's signal fires. Default: never.
    pub handler_timeout: Option<Micros>,
    /// How a run proceeds; unset fields are those of [`RunSpec::function`].
    pub run: RunSpec,
}

const FIELDS: &[Names] = &[
    Names(&[("name", None), ("id", None), ("operation_name", None)]),
    Names(&[("key_prefix", None), ("namespace", None)]),
    Names(&[("enabled", None)]),
    Names(&[("key_strategy", None)]),
    Names(&[("level", None)]),
    Names(&[("include", None)]),
    Names(&[("exclude", None)]),
    Names(&[("result_caching", None), ("cache_results", None)]),
    Names(&[("keep_errors", None)]),
    Names(&[("profile", None)]),
    Names(&[("handler_timeout", None)]),
    RunSpec::LEASE,
    RunSpec::RENEW_EVERY,
    RunSpec::RETENTION,
    RunSpec::ON_ORPHAN,
    RunSpec::MAX_TAKEOVERS,
    RunSpec::CONFLICT,
    RunSpec::MAX_RUN,
    RunSpec::MAX_TX,
    RunSpec::STORE_TIMEOUT,
    RunSpec::COMPLETE_TIMEOUT,
    RunSpec::FAIL_OPEN,
];

const YEAR: Micros = Micros::from_secs(365 * 86_400);

impl ActionSpec {
    /// Reads the options as their user wrote them.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, FIELDS, path)?;
        let texts = |field: &str| -> Result<Vec<String>, ConfigError> {
            Ok(reader.texts(field)?.unwrap_or_default().into_iter().map(Into::into).collect())
        };
        let levels = [Level::Action, Level::Request, Level::Workflow, Level::Transaction];
        let mut run = RunSpec::from_reader(&reader)?;
        let caching = caching(&reader, &mut run)?;
        Ok(Self {
            name: reader.text("name")?.map(Into::into),
            key_prefix: reader.text("key_prefix")?.map(Into::into),
            enabled: reader.boolean("enabled")?,
            key_strategy: key_strategy(&reader)?,
            level: reader
                .one_of("level", &["action", "request", "workflow", "transaction"])?
                .map(|index| levels[index]),
            include: texts("include")?,
            exclude: texts("exclude")?,
            caching,
            keep_errors: reader.boolean("keep_errors")?,
            handler_timeout: reader.duration("handler_timeout", Micros::from_millis(1), YEAR)?,
            at_most_once: reader.one_of("profile", &["default", "at_most_once"])?.map(|index| index == 1),
            run,
        })
    }
}

/// A name, or nebula-idempotency's `{hybrid: {userKeyPrefix, contentSuffix}}`.
fn key_strategy(reader: &Reader<'_>) -> Result<Option<KeyStrategy>, ConfigError> {
    const STRATEGIES: [KeyStrategy; 3] = [KeyStrategy::Client, KeyStrategy::Content, KeyStrategy::Hybrid];
    let Some(value @ Value::Map(_)) = reader.get("key_strategy") else {
        let choice = reader.one_of("key_strategy", &["client", "content", "hybrid"])?;
        return Ok(choice.map(|index| STRATEGIES[index]));
    };
    let path = format!("{}.", reader.written("key_strategy"));
    let outer = Reader::new(value, reader.unit(), &[Names(&[("hybrid", None)])], &path)?;
    let parts = outer.get("hybrid").unwrap_or(&Value::Null);
    let path = format!("{path}hybrid.");
    let fields = &[Names(&[("user_key_prefix", None)]), Names(&[("content_suffix", None)])];
    let hybrid = Reader::new(parts, reader.unit(), fields, &path)?;
    let part = |field: &str| Ok(hybrid.boolean(field)?.unwrap_or(true));
    match (part("user_key_prefix")?, part("content_suffix")?) {
        (true, true) => Ok(Some(KeyStrategy::Hybrid)),
        (true, false) => Ok(Some(KeyStrategy::Client)),
        (false, true) => Ok(Some(KeyStrategy::Content)),
        (false, false) => {
            Err(hybrid.refuse("user_key_prefix", "one of the two parts: a key of nothing is none"))
        }
    }
}

/// `true`, `false`, or `{enabled, maxBytes, ttl}`.
fn caching(reader: &Reader<'_>, run: &mut RunSpec) -> Result<Option<Caching>, ConfigError> {
    let usual = Caching::default();
    let Some(value @ Value::Map(_)) = reader.get("result_caching") else {
        return Ok(reader.boolean("result_caching")?.map(|enabled| Caching { enabled, ..usual }));
    };
    let path = format!("{}.", reader.written("result_caching"));
    let fields = &[
        Names(&[("enabled", None)]),
        Names(&[("max_bytes", None), ("max_size", None)]),
        Names(&[("ttl", Some(Unit::Seconds)), ("ttlMs", Some(Unit::Millis))]),
    ];
    let inner = Reader::new(value, reader.unit(), fields, &path)?;
    // A result lives as long as its record.
    if let Some(ttl) = inner.duration("ttl", Micros::from_millis(1), YEAR)? {
        if run.retention.is_some() {
            return Err(inner.refuse("ttl", "no second word on how long records are kept"));
        }
        run.retention = Some(ttl);
    }
    Ok(Some(Caching {
        enabled: inner.boolean("enabled")?.unwrap_or(usual.enabled),
        max_bytes: inner.integer("max_bytes", 0, 1 << 30)?.unwrap_or(usual.max_bytes),
    }))
}
