//! Policies with a name, and how one is chosen.
//!
//! Names are qualified where two sources use one word: `q.conservative` (Q ecosystem) is not `service.conservative`
//! (retry policy standards), and a bare `conservative` or `aggressive` is refused.

use super::spec::RetrySpec;
use crate::backoff::Strategy;
use crate::error::ConfigError;
use crate::jitter::JitterType;
use crate::spec::Value;
use crate::time::Micros;
use std::collections::BTreeMap;

pub use super::choice::{for_criticality, for_module, resolve};

/// A named policy. Times are microseconds, fractions millionths.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    name: &'static str,
    max_attempts: u32,
    strategy: Strategy,
    base: Micros,
    max_delay: Micros,
    multiplier: u64,
    jitter: JitterType,
    deviation: Option<u32>,
    attempt_timeout: Option<Micros>,
    total_timeout: Option<Micros>,
    retry_on: Option<&'static [&'static str]>,
    /// The operation's type in logs and metrics; with it come the observability defaults of the advanced retry.
    operation_type: Option<&'static str>,
    circuit_breaker: Option<bool>,
    slots: Option<(u32, Micros, Micros)>,
}

const fn ms(millis: u64) -> Micros {
    Micros::from_millis(millis)
}

const fn secs(seconds: u64) -> Micros {
    Micros::from_secs(seconds)
}

/// Q ecosystem, STANDARD: a balance for most calls, and what every configuration is filled from in the end.
pub const STANDARD: Preset = Preset {
    name: "q.standard",
    max_attempts: 3,
    strategy: Strategy::Exponential,
    base: ms(100),
    max_delay: secs(10),
    multiplier: 2_000_000,
    jitter: JitterType::Full,
    deviation: None,
    attempt_timeout: None,
    total_timeout: None,
    retry_on: None,
    operation_type: None,
    circuit_breaker: None,
    slots: None,
};

/// Q ecosystem, CONSERVATIVE: as few retries as possible, for payments and other critical calls.
pub const CONSERVATIVE: Preset =
    Preset { name: "q.conservative", max_attempts: 2, base: secs(1), max_delay: secs(30), ..STANDARD };

/// Q ecosystem, AGGRESSIVE: many retries, for calls that may as well be made again.
pub const AGGRESSIVE: Preset = Preset { name: "q.aggressive", max_attempts: 5, base: ms(50), ..STANDARD };

/// Q ecosystem, FAST: short delays, for real-time calls.
pub const FAST: Preset = Preset { name: "q.fast", base: ms(25), max_delay: secs(1), ..STANDARD };

/// Q ecosystem, `NO_RETRY`: one attempt.
pub const NO_RETRY: Preset = Preset { name: "q.no_retry", max_attempts: 1, ..STANDARD };

/// Kernel tasks, `retry_kernel_task`: what an undecorated `RetryConfig()` means there.
pub const KERNEL: Preset =
    Preset { name: "kernel", base: secs(1), max_delay: secs(30), jitter: JitterType::None, ..STANDARD };

/// Kernel tasks, `retry_critical_task`.
pub const CRITICAL: Preset =
    Preset { name: "critical", max_attempts: 5, base: secs(2), max_delay: secs(60), ..KERNEL };

/// Kernel tasks, `retry_quick_task`.
pub const QUICK: Preset = Preset { name: "quick", base: ms(500), max_delay: secs(5), ..KERNEL };

/// Advanced retry, `DefaultRetryConfig`: the table of its reference, five minutes in all.
pub const DEFAULT: Preset = Preset {
    name: "default",
    max_delay: secs(30),
    total_timeout: Some(secs(300)),
    retry_on: Some(&["Transient", "Timeout", "Network"]),
    operation_type: Some("unknown"),
    circuit_breaker: Some(true),
    ..STANDARD
};

/// Advanced retry, `DefaultRetryConfig()` as its examples use it: [`DEFAULT`] without the list of kinds to retry, which would
/// refuse the plain error of its own example. What is retried is its table of error types. Not one of [`NAMES`].
pub const DEFAULT_CONFIG: Preset = Preset { name: "default.config", retry_on: None, ..DEFAULT };

/// Advanced retry, `DatabaseRetryConfig`.
pub const DATABASE: Preset = Preset { name: "database", operation_type: Some("database"), ..DEFAULT };

/// Advanced retry, `HTTPRetryConfig`: servers' errors and rate limits too.
pub const HTTP: Preset = Preset {
    name: "http",
    max_attempts: 5,
    base: ms(200),
    retry_on: Some(&["Transient", "Timeout", "Network", "Server", "RateLimit"]),
    operation_type: Some("http"),
    ..DEFAULT
};

/// Advanced retry, `S3RetryConfig`: long time-outs for large files.
pub const S3: Preset = Preset {
    name: "s3",
    max_attempts: 4,
    base: ms(500),
    attempt_timeout: Some(secs(120)),
    total_timeout: Some(secs(900)),
    operation_type: Some("s3"),
    ..HTTP
};

/// Advanced retry, `CacheRetryConfig`: one short second try, no breaker; a cache may fail.
pub const CACHE: Preset = Preset {
    name: "cache",
    max_attempts: 2,
    strategy: Strategy::Fixed,
    base: ms(50),
    jitter: JitterType::None,
    operation_type: Some("cache"),
    circuit_breaker: Some(false),
    ..DEFAULT
};

/// Retry policy standards, level `default`.
pub const SERVICE_DEFAULT: Preset = Preset {
    name: "service.default",
    jitter: JitterType::Deviation,
    deviation: Some(100_000),
    slots: Some((10, ms(100), secs(3_600))),
    ..STANDARD
};

/// Retry policy standards, level `aggressive`.
pub const SERVICE_AGGRESSIVE: Preset = Preset {
    name: "service.aggressive",
    max_attempts: 5,
    base: ms(50),
    max_delay: secs(5),
    multiplier: 1_500_000,
    slots: Some((20, ms(50), secs(1_800))),
    ..SERVICE_DEFAULT
};

/// Retry policy standards, level `conservative`.
pub const SERVICE_CONSERVATIVE: Preset = Preset {
    name: "service.conservative",
    max_attempts: 2,
    base: ms(500),
    max_delay: secs(15),
    deviation: Some(50_000),
    slots: Some((5, ms(200), secs(7_200))),
    ..SERVICE_DEFAULT
};

const ALL: [Preset; 16] = [
    CONSERVATIVE,
    STANDARD,
    AGGRESSIVE,
    FAST,
    NO_RETRY,
    KERNEL,
    CRITICAL,
    QUICK,
    DEFAULT,
    DATABASE,
    HTTP,
    S3,
    CACHE,
    SERVICE_DEFAULT,
    SERVICE_AGGRESSIVE,
    SERVICE_CONSERVATIVE,
];

/// Every name, as an error lists them.
pub const NAMES: [&str; 16] = {
    let mut names = [""; 16];
    let mut i = 0;
    while i < 16 {
        names[i] = ALL[i].name;
        i += 1;
    }
    names
};

impl Preset {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The preset as a configuration, to be used whole or to fill another ([`RetrySpec::or`]).
    #[must_use]
    pub fn spec(&self) -> RetrySpec {
        let advanced = self.operation_type.is_some().then_some(true);
        RetrySpec {
            max_attempts: Some(self.max_attempts),
            strategy: Some(self.strategy),
            base: Some(self.base),
            multiplier: Some(self.multiplier),
            max_delay: Some(self.max_delay),
            jitter: Some(self.jitter),
            deviation: self.deviation,
            attempt_timeout: self.attempt_timeout,
            total_timeout: self.total_timeout,
            retry_on: self.retry_on.map(|kinds| kinds.iter().map(|kind| (*kind).into()).collect()),
            never_on: advanced.map(|_| vec!["Permanent".into(), "Client".into()]),
            name: advanced.map(|_| "default".into()),
            r#type: self.operation_type.map(Into::into),
            tags: advanced.map(|_| BTreeMap::new()),
            enable_circuit_breaker: self.circuit_breaker,
            enable_dead_letter: advanced,
            enable_metrics: advanced,
            enable_logging: advanced,
            log_level: advanced.map(|_| "info".into()),
            slot_count: self.slots.map(|(count, ..)| count),
            slot_width: self.slots.map(|(_, width, _)| width),
            coordination_enabled: self.slots.map(|_| true),
            retention: self.slots.map(|(.., retention)| retention),
            ..RetrySpec::default()
        }
    }
}

/// The preset of this name, without regard to case and separators; `standard`, `fast` and `no_retry` need no `q.`.
pub fn named(name: &str) -> Result<RetrySpec, ConfigError> {
    let plain = plain(name);
    let found = ALL.iter().chain([&DEFAULT_CONFIG]).find(|preset| {
        let full = self::plain(preset.name);
        full == plain
            || matches!(&*plain, "standard" | "fast" | "noretry") && full.strip_prefix("q.") == Some(&plain)
    });
    let expected = match &*plain {
        "conservative" | "aggressive" => format!("q.{plain} or service.{plain}: the bare name means both"),
        _ => format!("one of {}", NAMES.join(", ")),
    };
    found
        .map(Preset::spec)
        .ok_or_else(|| ConfigError::new("preset", Value::Text(name.into()).render(), expected))
}

/// The most managers a pool holds: more types of operations than this are names that somebody makes up.
pub const MOST_MANAGERS: u32 = 1_000;

/// What a pool's manager starts from (advanced retry, `GetManager`): `database`, `http`, `s3` and `cache` have a preset of
/// their own, every other type of operation shares [`DEFAULT`] and lends it its name.
#[must_use]
pub fn of_operation(operation_type: &str) -> (Preset, Option<&str>) {
    let own = [DATABASE, HTTP, S3, CACHE, DEFAULT].into_iter().find(|own| own.name == plain(operation_type));
    own.map_or((DEFAULT, Some(operation_type)), |preset| (preset, None))
}

/// The policy of a pool's manager; see [`of_operation`].
#[must_use]
pub fn for_operation(operation_type: &str) -> RetrySpec {
    let (preset, name) = of_operation(operation_type);
    let spec = preset.spec();
    RetrySpec { r#type: name.map(Into::into).or(spec.r#type), ..spec }
}

pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::RetryPolicy;

    #[test]
    fn every_name_gives_a_valid_policy() {
        for name in NAMES {
            let spec = named(name).unwrap();
            assert!(RetryPolicy::try_from(spec).is_ok_and(|policy| policy.warnings().is_empty()), "{name}");
        }
    }

    #[test]
    fn unambiguous_names_need_no_qualifier() {
        assert_eq!(named("STANDARD").unwrap(), STANDARD.spec());
        assert_eq!(named("no_retry").unwrap(), NO_RETRY.spec());
        assert_eq!(named("NO-RETRY").unwrap(), NO_RETRY.spec());
        assert_eq!(named("Q.Conservative").unwrap(), CONSERVATIVE.spec());
        assert_eq!(named("default").unwrap(), DEFAULT.spec());
    }

    #[test]
    fn a_pool_has_a_policy_for_every_type_of_operation() {
        for preset in [DATABASE, HTTP, S3, CACHE, DEFAULT] {
            assert_eq!(for_operation(preset.name), preset.spec());
        }
        let queue = RetrySpec { r#type: Some("queue".into()), ..DEFAULT.spec() };
        assert_eq!(for_operation("queue"), queue);
        assert_eq!(
            for_operation("q.fast").r#type.as_deref(),
            Some("q.fast"),
            "a preset's name is any other name"
        );
    }

    #[test]
    fn the_default_config_follows_the_table_of_error_types() {
        assert_eq!(named("default.config").unwrap(), RetrySpec { retry_on: None, ..DEFAULT.spec() });
        assert!(!NAMES.contains(&"default.config"));
    }

    #[test]
    fn ambiguous_and_unknown_names_say_what_there_is() {
        let error = named("aggressive").unwrap_err();
        assert_eq!(error.expected, "q.aggressive or service.aggressive: the bare name means both");
        let error = named("gentle").unwrap_err();
        assert_eq!(
            error.expected,
            "one of q.conservative, q.standard, q.aggressive, q.fast, q.no_retry, kernel, critical, quick, default, \
             database, http, s3, cache, service.default, service.aggressive, service.conservative"
        );
    }

    #[test]
    fn the_advanced_retrys_default_is_its_reference_table() {
        let table = RetrySpec {
            max_attempts: Some(3),
            base: Some(ms(100)),
            max_delay: Some(secs(30)),
            total_timeout: Some(secs(300)),
            strategy: Some(Strategy::Exponential),
            multiplier: Some(2_000_000),
            jitter: Some(JitterType::Full),
            enable_circuit_breaker: Some(true),
            retry_on: Some(vec!["Transient".into(), "Timeout".into(), "Network".into()]),
            never_on: Some(vec!["Permanent".into(), "Client".into()]),
            enable_dead_letter: Some(true),
            enable_metrics: Some(true),
            enable_logging: Some(true),
            log_level: Some("info".into()),
            name: Some("default".into()),
            r#type: Some("unknown".into()),
            tags: Some(BTreeMap::new()),
            ..RetrySpec::default()
        };
        assert_eq!(DEFAULT.spec(), table);
        // The fraction is 0.1 in the table; it is the default of every policy.
        assert_eq!(RetryPolicy::try_from(table).unwrap().to_spec().deviation, Some(100_000));
    }

    #[test]
    fn the_levels_of_the_retry_policy_standards_are_its_table() {
        let aggressive = SERVICE_AGGRESSIVE.spec();
        assert_eq!(
            aggressive,
            RetrySpec {
                max_attempts: Some(5),
                base: Some(ms(50)),
                max_delay: Some(secs(5)),
                strategy: Some(Strategy::Exponential),
                multiplier: Some(1_500_000),
                jitter: Some(JitterType::Deviation),
                deviation: Some(100_000),
                slot_count: Some(20),
                slot_width: Some(ms(50)),
                coordination_enabled: Some(true),
                retention: Some(secs(1_800)),
                ..RetrySpec::default()
            }
        );
    }
}
