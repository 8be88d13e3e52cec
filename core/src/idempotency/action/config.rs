//! Valid options, and the two decisions about a call: what it is filed under, and what its end leaves behind.

use super::spec::{ActionSpec, Caching};
use crate::error::ConfigError;
use crate::fingerprint::{Fingerprint, Selection};
use crate::idempotency::key::{self, Key, KeyError, KeyStrategy};
use crate::idempotency::machine::{Ending, RunConfig, RunSpec};
use crate::idempotency::record::{Body, Outcome, OutcomeKind, RecordKey};
use crate::spec::{Unit, Value};
use crate::store::{Mode, OnOrphan};
use crate::time::Micros;

/// The longest name.
const MAX_NAME: usize = 255;

/// The `status` of an outcome that is a thrown error; a returned value has 0.
const THREW: u16 = 1;

/// The scope of content keys, so that no caller's key is ever taken for one.
const CONTENT: &str = "\0content";

/// Valid options of one idempotent function.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionConfig {
    name: String,
    namespace: String,
    enabled: bool,
    strategy: Option<KeyStrategy>,
    selection: Selection,
    caching: Caching,
    keep_errors: bool,
    thrown: Mode,
    handler_timeout: Option<Micros>,
    run: RunConfig,
}

/// What a call is filed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The record's key.
    pub key: RecordKey,
    /// What the call is about; another one under the same key is refused.
    pub fingerprint: Fingerprint,
}

/// How the function ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a value: its text, or `None` when it is not to be replayed as it was (JSON cannot say it).
    Returned(Option<Vec<u8>>),
    /// With an error: as the host writes it, or `None` when it cannot.
    Threw(Option<Vec<u8>>),
}

/// What a kept outcome of a function says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept<'a> {
    /// It returned a value of this text.
    Returned(&'a [u8]),
    /// It threw, and this is how the host wrote it.
    Threw(&'a [u8]),
    /// That it ran, not what came of it.
    Omitted,
}

impl ActionConfig {
    /// Reads and checks the options as their user wrote them.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        Self::try_from(ActionSpec::read(value, unit, path)?)
    }

    /// The scope of its keys.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether calls are recorded at all.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.enabled
    }

    /// What counts of the arguments.
    #[must_use]
    pub const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How its runs proceed.
    #[must_use]
    pub const fn run_config(&self) -> &RunConfig {
        &self.run
    }

    /// After this long the function's signal fires.
    #[must_use]
    pub const fn handler_timeout(&self) -> Option<Micros> {
        self.handler_timeout
    }

    /// What a call is filed under: `given` is the key that the caller's `key` option answered, `content` the fingerprint
    /// of the arguments.
    ///
    /// A caller's key with other arguments is refused by the store; under `content` and `hybrid` other arguments are
    /// another key. Keys of the caller's and of content never meet.
    pub fn claim(&self, given: Option<&str>, content: Fingerprint) -> Result<Claim, KeyError> {
        let given = given.map(Key::new).transpose()?;
        let strategy = self.strategy.unwrap_or(match given {
            Some(_) => KeyStrategy::Client,
            None => KeyStrategy::Content,
        });
        let text = content.to_string();
        let key = strategy.key(given.as_ref(), &text).ok_or(KeyError::Empty)?;
        let by_content = strategy == KeyStrategy::Content || given.is_none();
        let scope = if by_content { format!("{CONTENT}{}", self.name) } else { self.name.clone() };
        Ok(Claim { key: key::record_key(&self.namespace, &scope, &key), fingerprint: content })
    }

    /// What a call's end makes of its record.
    #[must_use]
    pub fn ending(&self, ended: Ended) -> Ending {
        match ended {
            Ended::Returned(text) => Ending::Keep(self.returned(text)),
            Ended::Threw(text) if self.keep_errors => Ending::Keep(self.outcome(THREW, text)),
            Ended::Threw(_) => Ending::Release(self.thrown),
        }
    }

    /// A returned value as it is kept, for those who complete inside their own transaction.
    #[must_use]
    pub fn returned(&self, text: Option<Vec<u8>>) -> Outcome {
        self.outcome(0, text)
    }

    fn outcome(&self, status: u16, text: Option<Vec<u8>>) -> Outcome {
        let fits =
            |text: &Vec<u8>| u64::try_from(text.len()).is_ok_and(|bytes| bytes <= self.caching.max_bytes);
        let kept = text.filter(|text| self.caching.enabled && fits(text));
        let body = kept.map_or(Body::Omitted, Body::Kept);
        Outcome { kind: OutcomeKind::Function, status, headers: Vec::new(), body }
    }
}

impl<'a> Kept<'a> {
    /// Reads a recorded outcome. One that an HTTP handler left is no function's result.
    #[must_use]
    pub fn of(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome { kind: OutcomeKind::Function, status: 0, body: Body::Kept(text), .. } => {
                Self::Returned(text)
            }
            Outcome { kind: OutcomeKind::Function, status: THREW, body: Body::Kept(text), .. } => {
                Self::Threw(text)
            }
            _ => Self::Omitted,
        }
    }
}

impl TryFrom<ActionSpec> for ActionConfig {
    type Error = ConfigError;

    fn try_from(spec: ActionSpec) -> Result<Self, ConfigError> {
        let name = spec.name.unwrap_or_default();
        let length = name.chars().count();
        if length == 0 || length > MAX_NAME {
            return Err(ConfigError::new(
                "name",
                if length == 0 { "nothing".into() } else { format!("a string of {length} characters") },
                format!(
                    "a name of 1 to {MAX_NAME} characters: the scope of the keys, the same in every language"
                ),
            ));
        }
        let at_most_once = spec.at_most_once.unwrap_or(false);
        let mut usual = RunSpec::function();
        usual.retention = Some(spec.level.unwrap_or_default().retention());
        if at_most_once {
            usual.on_orphan = Some(OnOrphan::Fail);
        }
        Ok(Self {
            name,
            namespace: spec.key_prefix.unwrap_or_default(),
            enabled: spec.enabled.unwrap_or(true),
            strategy: spec.key_strategy,
            selection: Selection::new(&spec.include, &spec.exclude)?,
            caching: spec.caching.unwrap_or_default(),
            keep_errors: spec.keep_errors.unwrap_or(false),
            thrown: if at_most_once { Mode::Unknown } else { Mode::Retryable },
            handler_timeout: spec.handler_timeout,
            run: RunConfig::try_from(spec.run.or(&usual))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::Level;
    use super::*;
    use crate::fingerprint::fingerprint;
    use crate::idempotency::machine::Conflict;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn map(fields: &[(&str, Value)]) -> Value {
        Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
    }

    fn read(fields: &[(&str, Value)]) -> Result<ActionConfig, ConfigError> {
        let mut all = vec![("name", text("charge"))];
        all.extend_from_slice(fields);
        ActionConfig::read(&map(&all), Unit::Millis, "")
    }

    fn claim(fields: &[(&str, Value)], given: Option<&str>, content: &str) -> Result<RecordKey, KeyError> {
        read(fields).unwrap().claim(given, fingerprint(content).unwrap()).map(|claim| claim.key)
    }

    #[test]
    fn a_function_waits_for_another_run_of_it_and_keeps_its_result_for_an_hour() {
        let config = read(&[]).unwrap();
        assert_eq!(config.run_config().conflict(), Conflict::Wait { timeout: Micros::from_secs(30) });
        assert_eq!(config.run_config().lease(), Some(Micros::from_secs(20)));
        assert_eq!(config.run_config().renew_every(), Micros::from_secs(7));
        assert_eq!(config.run_config().retention(), Micros::from_secs(3_600));
    }

    #[test]
    fn the_level_sets_how_long_and_a_stated_retention_wins() {
        for (level, hours) in [("action", 1), ("request", 24), ("workflow", 24 * 7), ("Transaction", 24 * 30)]
        {
            let config = read(&[("level", text(level))]).unwrap();
            assert_eq!(config.run_config().retention(), Micros::from_secs(hours * 3_600), "{level}");
        }
        let stated = read(&[("level", text("workflow")), ("ttl", Value::Number(60.0))]).unwrap();
        assert_eq!(stated.run_config().retention(), Micros::from_secs(60));
        assert_eq!(Level::default().retention(), Micros::from_secs(3_600));
    }

    #[test]
    fn a_name_is_required_and_every_wrong_option_is_named() {
        let nameless = ActionConfig::read(&map(&[]), Unit::Millis, "").unwrap_err();
        assert_eq!((nameless.field.as_str(), nameless.value.as_str()), ("name", "nothing"));
        let long = read(&[]).map(|_| ()).and_then(|()| {
            ActionConfig::read(&map(&[("id", text(&"x".repeat(256)))]), Unit::Millis, "").map(|_| ())
        });
        assert_eq!(long.unwrap_err().value, "a string of 256 characters");
        for (field, value, named) in [
            ("keyStrategy", text("both"), "keyStrategy"),
            ("level", text("galaxy"), "level"),
            ("exclude", Value::List(vec![text("sent_at")]), "exclude"),
            ("resultCaching", map(&[("maxBytes", Value::Number(-1.0))]), "resultCaching.maxBytes"),
            ("profile", text("twice"), "profile"),
        ] {
            assert_eq!(read(&[(field, value)]).unwrap_err().field, named);
        }
        let parts = map(&[("userKeyPrefix", Value::Bool(false)), ("contentSuffix", Value::Bool(false))]);
        let nothing = read(&[("keyStrategy", map(&[("hybrid", parts)]))]).unwrap_err();
        assert_eq!(nothing.field, "keyStrategy.hybrid.userKeyPrefix");
    }

    #[test]
    fn a_callers_key_is_one_key_whatever_it_is_used_for() {
        assert_eq!(claim(&[], Some("k-1"), "a"), claim(&[], Some("k-1"), "b"));
        assert_ne!(claim(&[], Some("k-1"), "a"), claim(&[], Some("k-2"), "a"));
    }

    #[test]
    fn without_a_key_the_content_is_the_key() {
        assert_eq!(claim(&[], None, "a"), claim(&[], None, "a"));
        assert_ne!(claim(&[], None, "a"), claim(&[], None, "b"));
        let content = [("keyStrategy", text("content"))];
        assert_eq!(claim(&content, Some("k-1"), "a"), claim(&[], None, "a"));
    }

    #[test]
    fn a_hybrid_key_is_both() {
        let hybrid = [("keyStrategy", text("hybrid"))];
        assert_eq!(claim(&hybrid, Some("k-1"), "a"), claim(&hybrid, Some("k-1"), "a"));
        assert_ne!(claim(&hybrid, Some("k-1"), "a"), claim(&hybrid, Some("k-1"), "b"));
        assert_ne!(claim(&hybrid, Some("k-1"), "a"), claim(&hybrid, Some("k-2"), "a"));
        assert_eq!(claim(&hybrid, None, "a"), claim(&[], None, "a"));
        let parts = |prefix| {
            let parts = map(&[("userKeyPrefix", Value::Bool(prefix)), ("contentSuffix", Value::Bool(true))]);
            [("keyStrategy", map(&[("hybrid", parts)]))]
        };
        assert_eq!(claim(&parts(true), Some("k-1"), "a"), claim(&hybrid, Some("k-1"), "a"));
        assert_eq!(claim(&parts(false), Some("k-1"), "a"), claim(&[], None, "a"));
    }

    #[test]
    fn a_callers_key_never_meets_a_content_key_nor_another_functions() {
        let content = fingerprint("a").unwrap().to_string();
        assert_ne!(claim(&[], Some(&content), "a"), claim(&[], None, "a"));
        let other = ActionConfig::read(&map(&[("name", text("refund"))]), Unit::Millis, "").unwrap();
        let other = other.claim(Some("k-1"), fingerprint("a").unwrap()).unwrap();
        assert_ne!(Ok(other.key), claim(&[], Some("k-1"), "a"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(claim(&[], Some(""), "a"), Err(KeyError::Empty));
        assert_eq!(claim(&[("keyStrategy", text("client"))], None, "a"), Err(KeyError::Empty));
        assert_eq!(
            claim(&[], Some("order 7"), "a"),
            Err(KeyError::Character { character: ' ', position: 6 })
        );
    }

    fn kept(fields: &[(&str, Value)], ended: Ended) -> String {
        match read(fields).unwrap().ending(ended) {
            Ending::Keep(outcome) => format!("{:?}", Kept::of(&outcome)),
            Ending::Release(mode) => format!("{mode:?}"),
            Ending::CompletedJointly => unreachable!("no end of a function is that by itself"),
        }
    }

    fn returned(text: &str) -> Ended {
        Ended::Returned(Some(text.into()))
    }

    #[test]
    fn falsy_results_are_results() {
        assert_eq!(kept(&[], returned("null")), format!("Returned({:?})", b"null"));
        assert_eq!(kept(&[], returned("")), "Returned([])");
    }

    #[test]
    fn a_result_that_cannot_be_replayed_is_kept_as_that() {
        assert_eq!(kept(&[], Ended::Returned(None)), "Omitted");
        assert_eq!(kept(&[("resultCaching", Value::Bool(false))], returned("1")), "Omitted");
        let small = [("resultCaching", map(&[("maxBytes", Value::Number(2.0))]))];
        assert_eq!(kept(&small, returned("12")), format!("Returned({:?})", b"12"));
        assert_eq!(kept(&small, returned("123")), "Omitted");
    }

    #[test]
    fn an_error_is_run_again_unless_it_is_to_be_kept() {
        let threw = || Ended::Threw(Some(b"{}".to_vec()));
        assert_eq!(kept(&[], threw()), "Retryable");
        assert_eq!(kept(&[("keepErrors", Value::Bool(true))], threw()), format!("Threw({:?})", b"{}"));
        let once = [("profile", text("at_most_once"))];
        assert_eq!(kept(&once, threw()), "Unknown");
        assert_eq!(read(&once).unwrap().run_config().on_orphan(), OnOrphan::Fail);
    }

    #[test]
    fn an_answer_over_http_is_no_functions_result() {
        let body = Body::Kept(b"1".to_vec());
        let outcome = Outcome { kind: OutcomeKind::Http, status: 0, headers: Vec::new(), body };
        assert_eq!(Kept::of(&outcome), Kept::Omitted);
    }
}
