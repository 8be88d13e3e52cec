//! A retry policy: a configuration that was checked, with every default filled in.

use super::judge::Rules;
use super::presets;
use super::spec::{KindSpec, RetrySpec, Spelling, range};
use crate::backoff::{Backoff, MILLION, Strategy};
use crate::classify::Kind;
use crate::error::ConfigError;
use crate::jitter::{Jitter, JitterType};
use crate::slots::{self, Slots};
use crate::spec::{Unit, Value};
use crate::time::Micros;
use core::ops::RangeInclusive;

/// The fraction of jitter `deviation` where none is given (retry policy standards, advanced retry).
const DEVIATION: u32 = 100_000;
/// The longest `Retry-After` that is waited for where nothing is said.
const MAX_RETRY_AFTER: Micros = Micros::from_secs(60);

/// What to do about failures: valid by construction, never changed, shared by any number of calls at once.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    max_attempts: u32,
    backoff: Backoff,
    jitter: Jitter,
    attempt_timeout: Option<Micros>,
    total_timeout: Option<Micros>,
    max_retry_after: Micros,
    slots: Option<Slots>,
    rules: Rules,
    per_kind: Vec<(Kind, KindRule)>,
    spec: RetrySpec,
    warnings: Vec<String>,
}

/// What one kind of failure does differently.
#[derive(Clone, Debug)]
pub(super) struct KindRule {
    pub(super) limit: Option<u32>,
    pub(super) backoff: Backoff,
}

impl RetryPolicy {
    /// A user's configuration straight to a policy; what it leaves open comes from the named preset.
    pub fn from_value(value: &Value, unit: Unit, path: &str, preset: &str) -> Result<Self, ConfigError> {
        RetrySpec::read(value, unit, path)?.or(&presets::named(preset)?).try_into()
    }

    /// All attempts, the first included.
    #[must_use]
    pub const fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The limit of each attempt.
    #[must_use]
    pub const fn attempt_timeout(&self) -> Option<Micros> {
        self.attempt_timeout
    }

    /// The limit of the whole call.
    #[must_use]
    pub const fn total_timeout(&self) -> Option<Micros> {
        self.total_timeout
    }

    /// The longest `Retry-After` that is waited for.
    #[must_use]
    pub const fn max_retry_after(&self) -> Micros {
        self.max_retry_after
    }

    /// The delays before jitter.
    #[must_use]
    pub const fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// How delays are spread.
    #[must_use]
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// Whether calls that are given up become dead letters; they do unless the policy says otherwise.
    #[must_use]
    pub const fn enables_dead_letters(&self) -> bool {
        !matches!(self.spec.enable_dead_letter, Some(false))
    }

    /// The slots that retries are spread over, if they are.
    #[must_use]
    pub const fn slots(&self) -> Option<Slots> {
        self.slots
    }

    /// The slot of this caller where no coordinator gives out another ([`slots::slot_of`]); none where retries are not
    /// spread over slots.
    #[must_use]
    pub fn slot(&self, service: &str, operation: &str, instance: &str) -> Option<u32> {
        self.slots.map(|Slots { count, .. }| slots::slot_of(service, operation, instance, count))
    }

    /// What was accepted although it has no effect, one sentence each, in the user's own names.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The effective policy: the configuration with every default filled in.
    #[must_use]
    pub fn to_spec(&self) -> RetrySpec {
        self.spec.clone()
    }

    pub(super) const fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn rule(&self, kind: Kind) -> Option<&KindRule> {
        self.per_kind.iter().find(|(of, _)| *of == kind).map(|(_, rule)| rule)
    }
}

impl TryFrom<RetrySpec> for RetryPolicy {
    type Error = ConfigError;

    /// Fills what is open from STANDARD and checks every range, and what the fields say together.
    fn try_from(spec: RetrySpec) -> Result<Self, ConfigError> {
        let given_deviation = spec.deviation.is_some();
        let mut spec = spec.or(&presets::STANDARD.spec());
        spec.deviation.get_or_insert(DEVIATION);
        spec.max_retry_after.get_or_insert(MAX_RETRY_AFTER);
        let slots = fill_slots(&mut spec)?;
        let backoff = backoff(&spec)?;
        let deviation = spec.deviation.unwrap_or(DEVIATION);
        let jitter = match spec.jitter.unwrap_or(JitterType::Full) {
            JitterType::None => Jitter::None,
            JitterType::Full => Jitter::Full,
            JitterType::Equal => Jitter::Equal,
            JitterType::Decorrelated => Jitter::Decorrelated,
            JitterType::Deviation => Jitter::Deviation(deviation),
        };
        let mut per_kind = Vec::new();
        for (kind, differs) in spec.per_kind.iter().flatten() {
            per_kind.push((*kind, kind_rule(&spec, *kind, differs)?));
        }
        Ok(Self {
            max_attempts: spec.max_attempts.unwrap_or(1),
            jitter,
            attempt_timeout: spec.attempt_timeout,
            total_timeout: spec.total_timeout,
            max_retry_after: spec.max_retry_after.unwrap_or(MAX_RETRY_AFTER),
            slots,
            rules: Rules::new(
                spec.retry_on.as_deref(),
                spec.retry_statuses.as_deref(),
                spec.never_on.as_deref().unwrap_or_default(),
            ),
            per_kind,
            warnings: warnings(&spec, jitter, &backoff, given_deviation),
            backoff,
            spec,
        })
    }
}

/// The slots of a policy that uses them, with their defaults filled in.
fn fill_slots(spec: &mut RetrySpec) -> Result<Option<Slots>, ConfigError> {
    if spec.coordination_enabled != Some(true) {
        return Ok(None);
    }
    if spec.require_coordination == Some(true) && spec.coordinator != Some(true) {
        let expected =
            "a coordinator beside it, or false: a slot then follows from service, operation and instance";
        return Err(Check(&spec.spelling).refuse("require_coordination", "true", expected.into()));
    }
    let count = *spec.slot_count.get_or_insert(slots::COUNT);
    let width = *spec.slot_width.get_or_insert(slots::WIDTH);
    Ok(Some(Slots { count, width }))
}

/// The backoff of a kind inherits what its entry leaves open, and bends it as [`RetrySpec::or`] does.
fn kind_rule(spec: &RetrySpec, kind: Kind, differs: &KindSpec) -> Result<KindRule, ConfigError> {
    let merged = RetrySpec {
        max_attempts: differs.max_attempts,
        strategy: differs.strategy,
        base: differs.base,
        multiplier: differs.multiplier,
        max_delay: differs.max_delay,
        schedule: differs.schedule.clone(),
        ..RetrySpec::default()
    };
    let mut merged = merged.or(spec);
    merged.spelling = spec.spelling.clone();
    let backoff = backoff(&merged).map_err(|error| ConfigError {
        field: format!("{}.{}.{}", spec.spelling.of("per_kind"), kind.name(), error.field),
        ..error
    })?;
    Ok(KindRule { limit: differs.max_attempts, backoff })
}

/// Checks every range, and what the fields say together. [`RetrySpec::read`] found most of it already, with the user's
/// own value at hand; a spec may also come from Rust or from JSON.
fn backoff(spec: &RetrySpec) -> Result<Backoff, ConfigError> {
    let check = Check(&spec.spelling);
    check.number("max_attempts", spec.max_attempts.map(u64::from), 1..=range::MAX_ATTEMPTS)?;
    check.number("slot_count", spec.slot_count.map(u64::from), 1..=range::SLOTS)?;
    check.time("base", spec.base, Micros::ZERO)?;
    check.time("max_delay", spec.max_delay, Micros::ZERO)?;
    check.time("max_retry_after", spec.max_retry_after, Micros::ZERO)?;
    check.time("slot_width", spec.slot_width, Micros::ZERO)?;
    check.time("attempt_timeout", spec.attempt_timeout, range::SHORTEST_TIMEOUT)?;
    check.time("total_timeout", spec.total_timeout, range::SHORTEST_TIMEOUT)?;
    check.time("retention", spec.retention, range::SHORTEST_TIMEOUT)?;
    check.fraction("deviation", spec.deviation.map(u64::from), 0, 1)?;

    let strategy = spec.strategy.unwrap_or(Strategy::Exponential);
    let least = u64::from(strategy == Strategy::Exponential);
    check.fraction("multiplier", spec.multiplier, least, range::MULTIPLIER.into())?;
    let (base, max) = (spec.base.unwrap_or_default(), spec.max_delay.unwrap_or_default());
    if base > max {
        let most = format!("at most {}, {}", check.0.of("max_delay"), check.in_words(max));
        return Err(check.refuse("base", check.in_words(base), most));
    }
    let schedule = spec.schedule.as_deref().unwrap_or_default();
    if strategy == Strategy::Schedule && !(1..=range::SCHEDULE).contains(&schedule.len()) {
        let expected = format!("a list of 1 to {} delays", range::SCHEDULE);
        return Err(check.refuse("schedule", format!("a list of {}", schedule.len()), expected));
    }
    for delay in schedule {
        check.time("schedule", Some(*delay), Micros::ZERO)?;
    }
    if strategy == Strategy::Custom && spec.custom_backoff != Some(true) {
        let expected = format!("a function in {} beside strategy custom", check.0.of("custom_backoff"));
        return Err(check.refuse("strategy", "\"custom\"", expected));
    }
    Ok(Backoff::new(strategy, base, spec.multiplier.unwrap_or(MILLION), max, schedule))
}

/// Range checks that speak the user's language.
struct Check<'a>(&'a Spelling);

impl Check<'_> {
    fn number(
        &self,
        field: &'static str,
        value: Option<u64>,
        range: RangeInclusive<u64>,
    ) -> Result<(), ConfigError> {
        match value {
            Some(value) if !range.contains(&value) => {
                let expected = format!("a whole number from {} to {}", range.start(), range.end());
                Err(self.refuse(field, value.to_string(), expected))
            }
            _ => Ok(()),
        }
    }

    fn time(&self, field: &'static str, value: Option<Micros>, least: Micros) -> Result<(), ConfigError> {
        match value {
            Some(value) if value < least || value > range::LONGEST => {
                let (unit, least) = (self.0.unit(), self.0.unit().text_of(least));
                let expected =
                    format!("a number of {} from {least} to {}", unit.name(), unit.text_of(range::LONGEST));
                Err(self.refuse(field, unit.text_of(value), expected))
            }
            _ => Ok(()),
        }
    }

    /// A value in millionths, from `lo` to `hi` wholes.
    fn fraction(&self, field: &'static str, value: Option<u64>, lo: u64, hi: u64) -> Result<(), ConfigError> {
        match value {
            Some(value) if value < lo * MILLION || value > hi * MILLION => {
                let shown = format!("{}.{:06}", value / MILLION, value % MILLION);
                let shown = shown.trim_end_matches('0').trim_end_matches('.');
                Err(self.refuse(field, shown, format!("a number from {lo} to {hi}")))
            }
            _ => Ok(()),
        }
    }

    fn in_words(&self, time: Micros) -> String {
        format!("{} {}", self.0.unit().text_of(time), self.0.unit().name())
    }

    fn refuse(&self, field: &'static str, value: impl Into<String>, expected: String) -> ConfigError {
        ConfigError::new(self.0.of(field), value, expected)
    }
}

fn warnings(spec: &RetrySpec, jitter: Jitter, backoff: &Backoff, given_deviation: bool) -> Vec<String> {
    let strategy = spec.strategy.unwrap_or(Strategy::Exponential);
    let mut warnings = Vec::new();
    let named = |field| spec.spelling.of(field);
    if given_deviation && !matches!(jitter, Jitter::Deviation(_)) {
        warnings.push(format!("{} has no effect: only jitter deviation reads it", named("deviation")));
    }
    if jitter == Jitter::Decorrelated && strategy != Strategy::Exponential {
        let strategy = strategy.name();
        warnings.push(format!(
            "strategy {strategy} has no effect: decorrelated jitter grows from the base delay by itself"
        ));
    }
    if spec.schedule.is_some() && strategy != Strategy::Schedule {
        warnings.push(format!("{} has no effect: only strategy schedule reads it", named("schedule")));
    }
    if spec.custom_backoff == Some(true) && strategy != Strategy::Custom {
        warnings.push(format!("{} has no effect: only strategy custom calls it", named("custom_backoff")));
    }
    if spec.require_coordination == Some(true) && spec.coordination_enabled != Some(true) {
        let enabled = named("coordination_enabled");
        warnings.push(format!("{} has no effect: {enabled} uses no slots", named("require_coordination")));
    }
    if backoff.levels_off() {
        warnings.push(format!(
            "{} is so near to 1 that the delay stops growing, after 4096 retries, below {}",
            named("multiplier"),
            named("max_delay")
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(spec: RetrySpec) -> String {
        RetryPolicy::try_from(spec).unwrap_err().to_string()
    }

    fn read(json: &str, unit: Unit) -> Result<RetryPolicy, ConfigError> {
        RetryPolicy::from_value(&crate::json::parse(json).unwrap(), unit, "", "standard")
    }

    #[test]
    fn nothing_said_is_standard() {
        let policy = RetryPolicy::try_from(RetrySpec::default()).unwrap();
        assert_eq!(policy.max_attempts(), 3);
        assert_eq!(policy.backoff().delay(1, None), Micros::from_millis(200));
        assert_eq!(policy.backoff().delay(9, None), Micros::from_secs(10));
        assert_eq!(policy.jitter(), Jitter::Full);
        assert_eq!(policy.max_retry_after(), Micros::from_secs(60));
        assert_eq!((policy.attempt_timeout(), policy.total_timeout()), (None, None));
        assert!(policy.warnings().is_empty());
    }

    #[test]
    fn a_spec_that_was_never_read_is_checked_too() {
        let unset = RetrySpec::default;
        assert_eq!(
            refused(RetrySpec { max_attempts: Some(0), ..unset() }),
            "max_attempts: got 0, expected a whole number from 1 to 10000000"
        );
        assert_eq!(
            refused(RetrySpec { multiplier: Some(999_999), ..unset() }),
            "multiplier: got 0.999999, expected a number from 1 to 1000"
        );
        assert_eq!(
            refused(RetrySpec { deviation: Some(1_500_000), ..unset() }),
            "deviation: got 1.5, expected a number from 0 to 1"
        );
        assert_eq!(
            refused(RetrySpec { total_timeout: Some(Micros::ZERO), ..unset() }),
            "total_timeout: got 0, expected a number of microseconds from 1 to 31536000000000"
        );
        assert_eq!(
            refused(RetrySpec { strategy: Some(Strategy::Schedule), ..unset() }),
            "schedule: got a list of 0, expected a list of 1 to 1000 delays"
        );
        assert_eq!(
            refused(RetrySpec { strategy: Some(Strategy::Custom), ..unset() }),
            "strategy: got \"custom\", expected a function in custom_backoff beside strategy custom"
        );
    }

    #[test]
    fn what_two_fields_say_together_is_refused_in_the_users_words() {
        let error = read(r#"{"initialDelay": 500, "maxDelay": 200}"#, Unit::Millis).unwrap_err();
        assert_eq!(
            error.to_string(),
            "initialDelay: got 500 milliseconds, expected at most maxDelay, 200 milliseconds"
        );
        let error = read(r#"{"strategy": "custom"}"#, Unit::Millis).unwrap_err();
        assert_eq!(error.expected, "a function in customBackoff beside strategy custom");
        let error =
            read(r#"{"per_kind": {"Server": {"base": 9, "max_delay": 3}}}"#, Unit::Seconds).unwrap_err();
        assert_eq!(error.field, "per_kind.Server.initial_delay");
    }

    #[test]
    fn a_linear_multiplier_may_be_below_one() {
        let policy =
            read(r#"{"strategy": "linear", "multiplier": 0.5, "baseDelay": 100}"#, Unit::Millis).unwrap();
        assert_eq!(policy.backoff().delay(2, None), Micros::from_millis(200));
    }

    #[test]
    fn what_has_no_effect_is_accepted_and_said() {
        let ineffective = read(
            r#"{"jitterType": "full", "jitterMaxDeviation": 0.2, "strategy": "fixed", "schedule": [1],
                "customBackoff": {"$opaque": "function"}}"#,
            Unit::Millis,
        )
        .unwrap();
        assert_eq!(
            ineffective.warnings(),
            [
                "jitterMaxDeviation has no effect: only jitter deviation reads it",
                "schedule has no effect: only strategy schedule reads it",
                "customBackoff has no effect: only strategy custom calls it",
            ]
        );
        let decorrelated = read(r#"{"jitter": "decorrelated", "strategy": "linear"}"#, Unit::Millis).unwrap();
        assert_eq!(
            decorrelated.warnings(),
            ["strategy linear has no effect: decorrelated jitter grows from the base delay by itself"]
        );
        let slow = read(r#"{"exponential_base": 1.000001}"#, Unit::Seconds).unwrap();
        assert_eq!(
            slow.warnings(),
            [
                "exponential_base is so near to 1 that the delay stops growing, after 4096 retries, below max_delay"
            ]
        );
    }

    #[test]
    fn slots_are_used_where_coordination_is_enabled_and_nowhere_else() {
        let policy = read(r#"{"slotCount": 4, "slotWidth": 50}"#, Unit::Millis).unwrap();
        assert_eq!((policy.slots(), policy.slot("lake", "fetch", "i-1")), (None, None));
        let policy = read(r#"{"coordinationEnabled": true}"#, Unit::Millis).unwrap();
        assert_eq!(policy.slots(), Some(Slots { count: 10, width: Micros::from_millis(100) }));
        assert_eq!(policy.slot("lake", "fetch", "i-1"), Some(9));
        assert_eq!(policy.to_spec().slot_count, Some(10));
    }

    #[test]
    fn coordination_that_is_required_and_missing_is_an_error() {
        let required = r#"{"coordination_enabled": true, "require_coordination": true}"#;
        assert_eq!(
            read(required, Unit::Seconds).unwrap_err().to_string(),
            "require_coordination: got true, expected a coordinator beside it, or false: a slot then follows from \
             service, operation and instance"
        );
        let mut spec = RetrySpec::read(&crate::json::parse(required).unwrap(), Unit::Seconds, "").unwrap();
        spec.coordinator = Some(true);
        assert!(RetryPolicy::try_from(spec).is_ok_and(|policy| policy.slots().is_some()));
        let off = read(r#"{"requireCoordination": true}"#, Unit::Millis).unwrap();
        assert_eq!(off.warnings(), ["requireCoordination has no effect: coordinationEnabled uses no slots"]);
    }

    #[test]
    fn the_effective_policy_makes_the_same_policy() {
        let policy =
            read(r#"{"maxAttempts": 7, "jitter": "deviation", "timeout": 9000}"#, Unit::Millis).unwrap();
        let text = crate::json::to_string(&policy.to_spec());
        let again = RetryPolicy::try_from(crate::json::from_str::<RetrySpec>(&text).unwrap()).unwrap();
        assert_eq!(again.to_spec(), policy.to_spec());
        assert_eq!((again.max_attempts(), again.jitter()), (7, Jitter::Deviation(100_000)));
    }
}
