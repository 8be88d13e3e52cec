//! A retry configuration as a user wrote it: everything optional, nothing decided.

use super::fields::shown;
use crate::backoff::Strategy;
use crate::classify::Kind;
use crate::jitter::JitterType;
use crate::spec::Unit;
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ranges of the fields, checked where a configuration is read and again where it becomes a policy.
pub(crate) mod range {
    use crate::time::Micros;

    /// More than ten million attempts is a bound somebody forgot to set, and `total_timeout` is the better one.
    pub(crate) const MAX_ATTEMPTS: u64 = 10_000_000;
    /// A year: nothing in one process waits longer, and the sum of many stays far below 2^53 µs.
    pub(crate) const LONGEST: Micros = Micros::from_secs(365 * 86_400);
    /// A time-out of nothing would forbid the first attempt.
    pub(crate) const SHORTEST_TIMEOUT: Micros = Micros::new(1);
    /// Beyond a thousandfold a step, two attempts reach any cap.
    pub(crate) const MULTIPLIER: u32 = 1_000;
    pub(crate) const SLOTS: u64 = 10_000;
    /// A longer list of delays is a formula.
    pub(crate) const SCHEDULE: usize = 1_000;
}

/// A retry configuration. Times are microseconds, fractions whole millionths; unset fields come from a preset
/// ([`RetrySpec::or`]), in the end from STANDARD.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetrySpec {
    /// All attempts, the first included: 1 (never retry) to 10 000 000.
    pub max_attempts: Option<u32>,
    /// How the delay grows.
    pub strategy: Option<Strategy>,
    /// The first delay: 0 to 365 days, at most `max_delay`.
    pub base: Option<Micros>,
    /// In millionths. Exponential: 1 to 1 000; linear: 0 to 1 000.
    pub multiplier: Option<u64>,
    /// The cap of every delay that is not asked for by a server: 0 to 365 days.
    pub max_delay: Option<Micros>,
    /// The delays of strategy `schedule`: 1 to 1 000 of them, the last repeats.
    pub schedule: Option<Vec<Micros>>,
    /// Whether the caller gave a function `(attempt, base) -> delay`; strategy `custom` needs one.
    pub custom_backoff: Option<bool>,
    /// How delays are spread.
    pub jitter: Option<JitterType>,
    /// In millionths, 0 to 1: the fraction of jitter `deviation` (default 0.1); without effect beside another jitter.
    pub deviation: Option<u32>,
    /// The limit of each attempt: above 0, to 365 days.
    pub attempt_timeout: Option<Micros>,
    /// The limit of the whole call, waits included: above 0, to 365 days.
    pub total_timeout: Option<Micros>,
    /// The longest `Retry-After` that is waited for (default 60 s): 0 to 365 days.
    pub max_retry_after: Option<Micros>,
    /// Kinds, codes or class names; once this or `retry_statuses` is given, only what they list is retried.
    pub retry_on: Option<Vec<String>>,
    /// Kinds, codes or class names that are never retried, whatever else says so.
    pub never_on: Option<Vec<String>>,
    /// HTTP statuses that are retried: 100 to 599.
    pub retry_statuses: Option<Vec<u16>>,
    /// Limits and backoffs for single kinds.
    pub per_kind: Option<BTreeMap<Kind, KindSpec>>,
    /// How many functions `(error, attempt) -> bool` the driver asks; all must agree.
    pub custom_conditions: Option<u32>,
    /// The operation's name in logs and metrics ("default").
    pub name: Option<String>,
    /// The operation's type ("unknown").
    pub r#type: Option<String>,
    /// Labels for metrics and dead letters.
    pub tags: Option<BTreeMap<String, String>>,
    /// Use the circuit breaker that is given beside the policy.
    pub enable_circuit_breaker: Option<bool>,
    /// Turn calls that were given up into dead letters.
    pub enable_dead_letter: Option<bool>,
    /// Count.
    pub enable_metrics: Option<bool>,
    /// Log.
    pub enable_logging: Option<bool>,
    /// `debug`, `info`, `warning` or `error`.
    pub log_level: Option<String>,
    /// Let the host's own error messages into logs.
    pub log_messages: Option<bool>,
    /// The number of distributed retry [slots](crate::slots): 1 to 10 000; 10 where slots are used and nothing is said.
    pub slot_count: Option<u32>,
    /// The width of a slot: 0 to 365 days; 100 ms where slots are used and nothing is said.
    pub slot_width: Option<Micros>,
    /// Spread retries over slots.
    pub coordination_enabled: Option<bool>,
    /// Treat a missing coordinator as an error.
    pub require_coordination: Option<bool>,
    /// Whether the caller has a coordinator that gives out slots. Nothing that is read says so: a host knows.
    pub coordinator: Option<bool>,
    /// The window of the idempotency key that the call carries: above 0, to 365 days.
    pub retention: Option<Micros>,
    /// How the user spelled the fields, for errors.
    #[serde(skip)]
    pub spelling: Spelling,
}

/// What one kind of failure does differently; unset fields are those of the policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KindSpec {
    /// The attempt after which a failure of this kind is final: 1 (this kind is never retried) to 10 000 000.
    pub max_attempts: Option<u32>,
    /// As in [`RetrySpec`], but not `custom`.
    pub strategy: Option<Strategy>,
    /// As in [`RetrySpec`].
    pub base: Option<Micros>,
    /// As in [`RetrySpec`].
    pub multiplier: Option<u64>,
    /// As in [`RetrySpec`].
    pub max_delay: Option<Micros>,
    /// As in [`RetrySpec`].
    pub schedule: Option<Vec<Micros>>,
}

/// The unit and the names a configuration was written in. Not part of what it says: all spellings are equal.
#[derive(Clone, Debug)]
pub struct Spelling {
    pub(super) unit: Unit,
    /// Core's name of a field, and the user's.
    pub(super) names: Vec<(&'static str, String)>,
}

impl Default for Spelling {
    fn default() -> Self {
        Self { unit: Unit::Micros, names: Vec::new() }
    }
}

impl PartialEq for Spelling {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Spelling {
    /// The unit durations were written in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// What the user calls a field: the name written, else the one usual in his language.
    #[must_use]
    pub fn of(&self, field: &'static str) -> &str {
        self.names
            .iter()
            .find(|(name, _)| *name == field)
            .map_or_else(|| shown(field, self.unit), |(_, written)| written)
    }
}

macro_rules! fill {
    ($self:ident, $from:ident: $($field:ident)*) => {$(
        if $self.$field.is_none() { $self.$field.clone_from(&$from.$field); }
    )*};
}

impl RetrySpec {
    /// This configuration, with what it leaves open taken from `defaults`.
    ///
    /// What was written bends what is inherited: a `max_delay` below an inherited `base` lowers it, a `base` above an
    /// inherited `max_delay` raises that, and a jitter that reads no `deviation` inherits none. A list of what is retried
    /// (`retry_on`, `retry_statuses`) is the whole list: neither the other one nor a `never_on` is inherited beside it. A
    /// field that is inherited keeps the name it was written with.
    #[must_use]
    pub fn or(mut self, defaults: &Self) -> Self {
        match (self.base, self.max_delay) {
            (None, Some(max)) => self.base = defaults.base.map(|base| base.min(max)),
            (Some(base), None) => self.max_delay = defaults.max_delay.map(|max| max.max(base)),
            _ => {}
        }
        if self.jitter.is_none_or(|jitter| jitter == JitterType::Deviation) {
            fill!(self, defaults: deviation);
        }
        // What somebody lists is retried; a `never_on` he did not write would take it away again without a word.
        if self.retry_on.is_none() && self.retry_statuses.is_none() {
            fill!(self, defaults: retry_on never_on retry_statuses);
        }
        for (field, written) in &defaults.spelling.names {
            if self.spelling.names.iter().all(|(name, _)| name != field) {
                self.spelling.names.push((field, written.clone()));
            }
        }
        fill!(self, defaults: max_attempts strategy base multiplier max_delay schedule custom_backoff jitter
            attempt_timeout total_timeout max_retry_after per_kind custom_conditions name r#type tags
            enable_circuit_breaker enable_dead_letter enable_metrics enable_logging log_level log_messages
            slot_count slot_width coordination_enabled require_coordination coordinator retention);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(base: Option<u64>, max: Option<u64>) -> RetrySpec {
        RetrySpec {
            base: base.map(Micros::from_millis),
            max_delay: max.map(Micros::from_millis),
            ..RetrySpec::default()
        }
    }

    #[test]
    fn what_is_written_stays_and_what_is_open_is_inherited() {
        let written = RetrySpec { max_attempts: Some(9), ..RetrySpec::default() };
        let filled = written.or(&RetrySpec {
            max_attempts: Some(2),
            name: Some("pay".into()),
            ..delays(Some(5), None)
        });
        assert_eq!(
            filled,
            RetrySpec { max_attempts: Some(9), name: Some("pay".into()), ..delays(Some(5), None) }
        );
    }

    #[test]
    fn what_is_written_bends_what_is_inherited() {
        let inherited = delays(Some(1_000), Some(30_000));
        assert_eq!(delays(None, Some(10)).or(&inherited), delays(Some(10), Some(10)));
        assert_eq!(delays(Some(60_000), None).or(&inherited), delays(Some(60_000), Some(60_000)));
        assert_eq!(delays(Some(5), None).or(&inherited), delays(Some(5), Some(30_000)));
    }

    #[test]
    fn a_jitter_that_reads_no_deviation_inherits_none() {
        let inherited = RetrySpec {
            jitter: Some(JitterType::Deviation),
            deviation: Some(50_000),
            ..RetrySpec::default()
        };
        let written = |jitter| RetrySpec { jitter, ..RetrySpec::default() };
        assert_eq!(written(Some(JitterType::Full)).or(&inherited), written(Some(JitterType::Full)));
        assert_eq!(written(Some(JitterType::Deviation)).or(&inherited), inherited);
        assert_eq!(written(None).or(&inherited), inherited);
    }

    #[test]
    fn a_list_of_what_is_retried_is_the_whole_list() {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).into()).collect::<Vec<String>>());
        let inherited = RetrySpec {
            retry_on: words(&["Timeout"]),
            never_on: words(&["Client"]),
            retry_statuses: Some(vec![503]),
            ..RetrySpec::default()
        };
        for written in [
            RetrySpec { retry_statuses: Some(vec![404]), ..RetrySpec::default() },
            RetrySpec { retry_on: words(&["Server"]), ..RetrySpec::default() },
            RetrySpec {
                retry_on: words(&["Server"]),
                never_on: words(&["Permanent"]),
                ..RetrySpec::default()
            },
        ] {
            assert_eq!(written.clone().or(&inherited), written);
        }
        let never = RetrySpec { never_on: words(&["Permanent"]), ..RetrySpec::default() };
        assert_eq!(never.clone().or(&inherited), RetrySpec { never_on: never.never_on, ..inherited });
    }

    #[test]
    fn an_inherited_field_keeps_the_name_it_was_written_with() {
        let spelled = |names: &[(&'static str, &str)]| RetrySpec {
            spelling: Spelling {
                unit: Unit::Seconds,
                names: names.iter().map(|(field, name)| (*field, (*name).into())).collect(),
            },
            ..RetrySpec::default()
        };
        let merged = spelled(&[("base", "base_delay")]).or(&spelled(&[("base", "base"), ("type", "kind")]));
        assert_eq!(merged.spelling.of("base"), "base_delay");
        assert_eq!(merged.spelling.of("type"), "kind");
        assert_eq!(merged.spelling.of("multiplier"), "exponential_base");
    }
}
