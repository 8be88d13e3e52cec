//! A retry policy: core's, and the one thing core cannot hold, a backoff function of the caller's.

use super::builder::RetryPolicyBuilder;
#[cfg(feature = "reqwest")]
use super::classify::Facts;
use crate::config::UNIT;
use crate::time::duration;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::retry::presets::{self, Preset};
use once_again_core::retry::{self, RetrySpec};
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub(super) type CustomBackoff = dyn Fn(u32, Duration) -> Duration + Send + Sync;

/// How often an operation is tried, how long apart, and after which failures. Valid by construction, never changed,
/// and shared: a clone is one reference count.
///
/// ```
/// use once_again::RetryPolicy;
/// use std::time::Duration;
///
/// let mine = RetryPolicy::builder()
///     .max_attempts(5)
///     .base_delay(Duration::from_millis(200))
///     .max_delay(Duration::from_secs(10))
///     .total_timeout(Duration::from_secs(60))
///     .build()?;
/// let ready_made = RetryPolicy::http();
/// let by_name: RetryPolicy = "service.conservative".parse()?;
/// # assert_eq!((mine.max_attempts(), ready_made.max_attempts(), by_name.max_attempts()), (5, 5, 2));
/// # Ok::<(), once_again::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct RetryPolicy(Arc<Inner>);

struct Inner {
    core: retry::RetryPolicy,
    custom_backoff: Option<Arc<CustomBackoff>>,
    name: Option<Arc<str>>,
    logs: bool,
}

impl RetryPolicy {
    /// Starts from [`standard`](Self::standard); whatever is not set stays as it is there.
    pub fn builder() -> RetryPolicyBuilder {
        RetryPolicyBuilder::new("standard")
    }

    pub(super) fn new(core: retry::RetryPolicy, custom_backoff: Option<Arc<CustomBackoff>>) -> Self {
        let spec = core.to_spec();
        let name = spec.name.map(Into::into);
        Self(Arc::new(Inner { core, custom_backoff, name, logs: spec.enable_logging != Some(false) }))
    }

    /// All attempts, the first included.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.0.core.max_attempts()
    }

    /// The limit of each attempt.
    #[must_use]
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.0.core.attempt_timeout().map(duration)
    }

    /// The limit of the whole call, waits included.
    #[must_use]
    pub fn total_timeout(&self) -> Option<Duration> {
        self.0.core.total_timeout().map(duration)
    }

    /// The complete configuration, every default filled in.
    #[must_use]
    pub fn to_spec(&self) -> RetrySpec {
        self.0.core.to_spec()
    }

    /// What was accepted although it has no effect, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.0.core.warnings()
    }

    /// What a policy makes of what is known of a failure.
    #[cfg(feature = "reqwest")]
    pub(crate) fn judge(&self, facts: &Facts) -> retry::Verdict {
        self.core().judge(&facts.signals())
    }

    pub(super) fn core(&self) -> &retry::RetryPolicy {
        &self.0.core
    }

    pub(super) fn name(&self) -> Option<&Arc<str>> {
        self.0.name.as_ref()
    }

    pub(super) fn logs(&self) -> bool {
        self.0.logs
    }

    pub(super) fn custom_backoff(&self) -> Option<&CustomBackoff> {
        self.0.custom_backoff.as_deref()
    }

    /// The policy for a module of the Q ecosystem: `"qwallet"` is [`conservative`](Self::conservative), `"squid"`
    /// [`fast`](Self::fast), `"qnet"` [`aggressive`](Self::aggressive); one that is not known gets
    /// [`standard`](Self::standard).
    #[must_use]
    pub fn for_module(module: &str) -> Self {
        Self::named(presets::for_module(module))
    }

    /// The policy for `CRITICAL`, `HIGH`, `MEDIUM` or `LOW` of the Q ecosystem; anything else is an error.
    pub fn for_criticality(criticality: &str) -> Result<Self, ConfigError> {
        presets::for_criticality(criticality).map(Self::named)
    }

    fn named(preset: &'static str) -> Self {
        Self::of_core(presets::named(preset).expect("core names its own presets: a test asks for each"))
    }

    /// One level of a table of policies, as JSON text: `{"default": {…}, "patient": {"extends": "default", …}}`, also under
    /// `retry_policies`. Of the retry policy standards; what reads YAML can write JSON. `extends` names another level or a
    /// preset. A table in `snake_case` has seconds, one in camelCase milliseconds.
    ///
    /// ```
    /// use once_again::RetryPolicy;
    ///
    /// let table = r#"{"retry_policies": {"default": {"max_attempts": 4}, "patient": {"extends": "default", "initial_delay": 0.5}}}"#;
    /// assert_eq!(RetryPolicy::from_levels(table, "patient")?.max_attempts(), 4);
    /// # Ok::<(), once_again::ConfigError>(())
    /// ```
    ///
    /// An error names the field with its level, as `patient.initial_delay`.
    pub fn from_levels(table: &str, level: &str) -> Result<Self, ConfigError> {
        let table = json::parse(table).map_err(|error| {
            ConfigError::new("policies", error.to_string(), "a table of policies by name, as JSON text")
        })?;
        let unit = retry::unit_of_levels(&table, UNIT)?;
        retry::from_levels(&table, level, unit)?.try_into()
    }

    /// The policy `RETRY_MAX_ATTEMPTS`, `RETRY_INITIAL_DELAY` and `RETRY_MAX_DELAY` (seconds) ask for; what they leave
    /// open is [`service_default`](Self::service_default). Of the retry policy standards. A malformed value is an error
    /// that names the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        // A name that is no text is none of ours; a value that is none is refused by what reads it.
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        };
        let variables: Vec<(String, String)> =
            env::vars_os().filter_map(text).filter(|(name, _)| name.starts_with("RETRY_")).collect();
        let lookup = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        retry::from_environment(lookup)?.or(&presets::SERVICE_DEFAULT.spec()).try_into()
    }
}

macro_rules! preset {
    ($($(#[$doc:meta])* $name:ident = $preset:ident;)*) => {
        impl RetryPolicy {$(
            $(#[$doc])*
            #[must_use]
            pub fn $name() -> Self {
                Self::preset(&presets::$preset)
            }
        )*}

        #[cfg(test)]
        const ALL: &[(&str, fn() -> RetryPolicy)] = &[$((presets::$preset.name(), RetryPolicy::$name),)*];
    };
}

preset! {
    /// 3 attempts, 100 ms doubling to 10 s, full jitter: a balance for most calls (Q ecosystem).
    standard = STANDARD;
    /// 2 attempts, 1 s to 30 s: for payments and other critical calls (Q ecosystem).
    conservative = CONSERVATIVE;
    /// 5 attempts, 50 ms to 10 s: for calls that may as well be made again (Q ecosystem).
    aggressive = AGGRESSIVE;
    /// 3 attempts, 25 ms to 1 s: for real-time calls (Q ecosystem).
    fast = FAST;
    /// One attempt (Q ecosystem).
    no_retry = NO_RETRY;
    /// 3 attempts, 1 s doubling to 30 s, no jitter (kernel tasks).
    kernel = KERNEL;
    /// 5 attempts, 2 s to 60 s, no jitter (kernel tasks).
    critical = CRITICAL;
    /// 3 attempts, 500 ms to 5 s, no jitter (kernel tasks).
    quick = QUICK;
    /// 3 attempts within 5 minutes, 100 ms to 30 s (advanced retry, `DefaultRetryConfig`).
    default_config = DEFAULT_CONFIG;
    /// The same, but only Transient, Timeout and Network are retried (advanced retry, the pool's `default`).
    pool_default = DEFAULT;
    /// 3 attempts, 100 ms to 30 s; Transient, Timeout, Network (advanced retry, `DatabaseRetryConfig`).
    database = DATABASE;
    /// 5 attempts, 200 ms to 30 s; Server and `RateLimit` too (advanced retry, `HTTPRetryConfig`).
    http = HTTP;
    /// 4 attempts of 2 minutes, 15 minutes in all (advanced retry, `S3RetryConfig`).
    s3 = S3;
    /// 2 attempts 50 ms apart; a cache may fail (advanced retry, `CacheRetryConfig`).
    cache = CACHE;
    /// 3 attempts, 100 ms to 10 s, a tenth more or less (retry policy standards, level `default`).
    service_default = SERVICE_DEFAULT;
    /// 5 attempts, 50 ms × 1.5 to 5 s (retry policy standards, level `aggressive`).
    service_aggressive = SERVICE_AGGRESSIVE;
    /// 2 attempts, 500 ms to 15 s (retry policy standards, level `conservative`).
    service_conservative = SERVICE_CONSERVATIVE;
}

impl RetryPolicy {
    fn preset(preset: &Preset) -> Self {
        Self::of_core(preset.spec())
    }

    /// A policy that core itself wrote.
    pub(super) fn of_core(spec: RetrySpec) -> Self {
        Self::new(spec.try_into().expect("core's own policies are valid: tests make each"), None)
    }
}

/// [`standard`](RetryPolicy::standard).
impl Default for RetryPolicy {
    fn default() -> Self {
        Self::standard()
    }
}

/// A preset by its name in every language: `"http"`, `"kernel"`, `"q.conservative"`, `"service.aggressive"`. Case and
/// `_` do not matter.
impl FromStr for RetryPolicy {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        presets::named(name)?.try_into()
    }
}

/// A configuration from elsewhere; [`RetrySpec`] is `serde::Deserialize` (times in microseconds).
impl TryFrom<RetrySpec> for RetryPolicy {
    type Error = ConfigError;

    fn try_from(spec: RetrySpec) -> Result<Self, ConfigError> {
        retry::RetryPolicy::try_from(spec).map(Self::from)
    }
}

impl From<retry::RetryPolicy> for RetryPolicy {
    fn from(core: retry::RetryPolicy) -> Self {
        Self::new(core, None)
    }
}

impl From<&RetryPolicy> for RetryPolicy {
    fn from(policy: &RetryPolicy) -> Self {
        policy.clone()
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryPolicy").field(&self.0.core.to_spec()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_of_core_has_a_function_of_its_own() {
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        for name in presets::NAMES {
            assert!(names.contains(&name), "{name}");
        }
        for (name, make) in ALL {
            let spec = presets::named(name).unwrap();
            assert_eq!(Some(make().max_attempts()), spec.max_attempts, "{name}");
        }
    }
}
