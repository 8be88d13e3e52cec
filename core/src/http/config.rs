//! A middleware's valid configuration.

use super::headers::is_token;
use super::spec::{HttpSpec, MAX_BODY, MissingKey, On5xx, Profile};
use crate::error::ConfigError;
use crate::fingerprint::{Options, Selection};
use crate::idempotency::machine::{RunConfig, RunSpec};
use crate::spec::{Unit, Value};
use crate::store::OnOrphan;
use crate::store::memory::{MemoryConfig, MemorySpec};
use crate::time::Micros;

/// Options that hold, with every default filled in.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    header_name: String,
    key_prefix: String,
    methods: Vec<String>,
    missing_key: MissingKey,
    run: RunConfig,
    memory: MemorySpec,
    handler_timeout: Option<Micros>,
    profile: Profile,
    on_5xx: On5xx,
    max_body_bytes: u64,
    max_request_bytes: u64,
    principal_cookies: Vec<String>,
    include_body: bool,
    declares_fields: bool,
    counted: Options,
    fingerprint_headers: Vec<String>,
    expose_headers: bool,
    wanted_headers: Vec<String>,
}

impl HttpConfig {
    /// The header that carries the key unless another is named.
    pub const HEADER: &str = "Idempotency-Key";
    /// The largest body that is kept unless told otherwise, in bytes.
    pub const MAX_BODY_BYTES: u64 = 1 << 20;
    /// The largest request body that is compared unless told otherwise, in bytes: as much as API gateways let through.
    pub const MAX_REQUEST_BYTES: u64 = 10 << 20;

    /// Reads and checks a configuration object, see [`HttpSpec::read`].
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = HttpSpec::open(value, unit, path)?;
        Self::try_from(HttpSpec::from_reader(&reader)?)
            .map_err(|error| ConfigError { field: reader.written(&error.field), ..error })
    }

    /// The header that carries the key.
    #[must_use]
    pub fn header_name(&self) -> &str {
        &self.header_name
    }

    /// The methods whose requests are guarded, in upper case. Requests of others are none of ours, and their bodies need
    /// not be read.
    #[must_use]
    pub fn methods(&self) -> &[String] {
        &self.methods
    }

    /// Whether requests of this method are guarded.
    #[must_use]
    pub fn guards(&self, method: &str) -> bool {
        self.methods.iter().any(|guarded| guarded.eq_ignore_ascii_case(method))
    }

    /// The request headers that [`examine`](Self::examine) looks at, in lower case.
    #[must_use]
    pub fn wanted_headers(&self) -> &[String] {
        &self.wanted_headers
    }

    /// How a guarded request's run proceeds.
    #[must_use]
    pub const fn run_config(&self) -> &RunConfig {
        &self.run
    }

    /// How long a handler may take; `None`: as long as it likes.
    #[must_use]
    pub const fn handler_timeout(&self) -> Option<Micros> {
        self.handler_timeout
    }

    /// The largest body of an answer that is kept, in bytes.
    #[must_use]
    pub const fn max_body_bytes(&self) -> u64 {
        self.max_body_bytes
    }

    /// The largest body of a request that is compared, in bytes. A host need not read on once it has seen more, and says
    /// so by [`examine_too_large`](Self::examine_too_large), or by examining the longer body that it has.
    #[must_use]
    pub const fn max_request_bytes(&self) -> u64 {
        self.max_request_bytes
    }

    /// The memory store to use when no store was given; `seed` is any random number.
    #[must_use]
    pub fn own_store(&self, seed: u64) -> MemoryConfig {
        // Bounded by bytes: an answer weighs what it weighs, and a count would be wrong for either end.
        let max_bytes = self.memory.max_bytes.or(Some(MemoryConfig::MAX_BYTES));
        MemorySpec { max_bytes, ..self.memory }.config(seed)
    }

    /// Whether replay headers are named in `Access-Control-Expose-Headers`.
    #[must_use]
    pub const fn expose_headers(&self) -> bool {
        self.expose_headers
    }

    pub(super) fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    pub(super) const fn missing_key(&self) -> MissingKey {
        self.missing_key
    }

    pub(super) const fn profile(&self) -> Profile {
        self.profile
    }

    pub(super) const fn on_5xx(&self) -> On5xx {
        self.on_5xx
    }

    pub(super) fn principal_cookies(&self) -> &[String] {
        &self.principal_cookies
    }

    pub(super) const fn include_body(&self) -> bool {
        self.include_body
    }

    /// Whether fields of the body are named that alone count.
    pub(super) const fn declares_fields(&self) -> bool {
        self.declares_fields
    }

    /// What of a body counts where it does.
    pub(super) const fn counted(&self) -> &Options {
        &self.counted
    }

    pub(super) fn fingerprint_headers(&self) -> &[String] {
        &self.fingerprint_headers
    }
}

impl TryFrom<HttpSpec> for HttpConfig {
    type Error = ConfigError;

    fn try_from(spec: HttpSpec) -> Result<Self, ConfigError> {
        let profile = spec.profile.unwrap_or_default();
        let on_5xx = on_5xx(profile, spec.on_5xx)?;
        let run = if profile == Profile::AtMostOnce { at_most_once(&spec.run)? } else { spec.run };
        let max_body_bytes = bytes("max_body_bytes", spec.max_body_bytes.unwrap_or(Self::MAX_BODY_BYTES))?;
        let max_request_bytes =
            bytes("max_request_bytes", spec.max_request_bytes.unwrap_or(Self::MAX_REQUEST_BYTES))?;
        let include_body = spec.include_body_in_fingerprint.unwrap_or(true);
        let include = spec.fingerprint_include.unwrap_or_default();
        let exclude = spec.fingerprint_exclude.unwrap_or_default();
        if !include_body && (!include.is_empty() || !exclude.is_empty()) {
            let expected = "true beside fields of the body to include or exclude";
            return Err(ConfigError::new("include_body_in_fingerprint", "false", expected));
        }
        let selection = Selection::new(&include, &exclude)
            .map_err(|error| ConfigError { field: format!("fingerprint.{}", error.field), ..error })?;

        let header_name = spec.header_name.unwrap_or_else(|| Self::HEADER.into());
        token("header_name", &header_name)?;
        let methods = spec.methods.unwrap_or_else(|| ["POST", "PUT", "PATCH"].map(Into::into).into());
        let methods = tokens("methods", methods, |name| name.to_ascii_uppercase())?;
        if methods.is_empty() {
            return Err(ConfigError::new("methods", "a list of 0", "at least one method"));
        }
        let mut config = Self {
            header_name,
            key_prefix: spec.key_prefix.unwrap_or_default(),
            methods,
            missing_key: spec.missing_key.unwrap_or_default(),
            run: RunConfig::try_from(run)?,
            memory: spec.memory,
            handler_timeout: spec.handler_timeout,
            profile,
            on_5xx,
            max_body_bytes,
            max_request_bytes,
            principal_cookies: tokens(
                "principal_cookies",
                spec.principal_cookies.unwrap_or_default(),
                |name| name,
            )?,
            include_body,
            declares_fields: !include.is_empty(),
            counted: Options { selection, ..Options::default() },
            fingerprint_headers: tokens(
                "fingerprint_headers",
                spec.fingerprint_headers.unwrap_or_default(),
                |name| name.to_ascii_lowercase(),
            )?,
            expose_headers: spec.expose_headers.unwrap_or(false),
            wanted_headers: Vec::new(),
        };
        config.wanted_headers = config.wanted();
        Ok(config)
    }
}

impl HttpConfig {
    fn wanted(&self) -> Vec<String> {
        let mut wanted = self.fingerprint_headers.clone();
        wanted.push(self.header_name.to_ascii_lowercase());
        wanted.extend(["authorization", "content-length", "content-type"].map(Into::into));
        if self.missing_key == MissingKey::Derive || !self.principal_cookies.is_empty() {
            wanted.push("cookie".into());
        }
        wanted.sort();
        wanted.dedup();
        wanted
    }
}

/// A number of bytes that may be held.
fn bytes(field: &str, limit: u64) -> Result<u64, ConfigError> {
    if limit <= MAX_BODY {
        return Ok(limit);
    }
    Err(ConfigError::new(field, limit.to_string(), format!("a whole number from 0 to {MAX_BODY}")))
}

/// Never twice: an orphan is not run again, and nothing runs without a record.
fn at_most_once(run: &RunSpec) -> Result<RunSpec, ConfigError> {
    if run.on_orphan == Some(OnOrphan::Reexecute) {
        return Err(ConfigError::new("on_orphan", "\"reexecute\"", "\"fail\" in profile at_most_once"));
    }
    if run.fail_open == Some(true) {
        return Err(ConfigError::new("fail_open", "true", "false in profile at_most_once"));
    }
    Ok(RunSpec { on_orphan: Some(OnOrphan::Fail), ..run.clone() })
}

/// What the profile says about a 5xx, or the option, where the profile leaves it open.
fn on_5xx(profile: Profile, given: Option<On5xx>) -> Result<On5xx, ConfigError> {
    let (default, allowed, expected): (_, &[On5xx], _) = match profile {
        Profile::Default => (On5xx::Retry, &[On5xx::Retry, On5xx::Keep, On5xx::Forget, On5xx::Unknown], ""),
        Profile::StripeV1 => (On5xx::Keep, &[On5xx::Keep], "\"keep\" in profile stripe_v1"),
        Profile::SuccessOnly => (
            On5xx::Retry,
            &[On5xx::Retry, On5xx::Forget, On5xx::Unknown],
            "anything but \"keep\" in profile success_only",
        ),
        Profile::AtMostOnce => (On5xx::Unknown, &[On5xx::Unknown], "\"unknown\" in profile at_most_once"),
    };
    match given {
        None => Ok(default),
        Some(given) if allowed.contains(&given) => Ok(given),
        Some(given) => Err(ConfigError::new("on_5xx", format!("\"{}\"", given.name()), expected)),
    }
}

/// Every name a token, in one spelling, none twice.
fn tokens(
    field: &str,
    given: Vec<String>,
    spell: impl Fn(String) -> String,
) -> Result<Vec<String>, ConfigError> {
    let mut names = Vec::with_capacity(given.len());
    for name in given {
        token(field, &name)?;
        let name = spell(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn token(field: &str, name: &str) -> Result<(), ConfigError> {
    if is_token(name) {
        return Ok(());
    }
    let value = Value::Text(name.into()).render();
    Err(ConfigError::new(field, value, "a name of ASCII letters, digits and !#$%&'*+-.^_`|~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idempotency::machine::Conflict;
    use crate::json;
    use crate::store::memory::WhenFull;

    fn read(options: &str) -> Result<HttpConfig, ConfigError> {
        HttpConfig::read(&json::parse(options.as_bytes()).unwrap(), Unit::Millis, "")
    }

    #[test]
    fn nothing_given_is_the_documented_default() {
        let config = read("{}").unwrap();
        assert_eq!(config.header_name(), "Idempotency-Key");
        assert_eq!(config.methods(), ["POST", "PUT", "PATCH"]);
        assert_eq!(config.missing_key(), MissingKey::Derive);
        assert_eq!(config.max_body_bytes(), 1_048_576);
        assert_eq!(config.max_request_bytes(), 10_485_760);
        assert_eq!(config.on_5xx(), On5xx::Retry);
        assert_eq!(config.handler_timeout(), None);
        assert_eq!(config.run_config(), &RunConfig::default());
        assert_eq!(config.own_store(7), MemoryConfig::by_bytes(7));
        assert_eq!(
            config.wanted_headers(),
            ["authorization", "content-length", "content-type", "cookie", "idempotency-key"]
        );
        assert!(config.guards("post") && !config.guards("GET") && !config.guards("POSTS"));
    }

    #[test]
    fn every_option_is_read_in_the_hosts_unit() {
        let config = read(
            r#"{"headerName": "X-Key", "ttl": 3600, "methods": ["post", "DELETE", "POST"], "missingKey": "require",
                "conflict": {"wait": 1500}, "lease": 3000, "derivedWindow": 5000, "maxRun": 60000, "storeTimeout": 250,
                "completeTimeout": 750, "on5xx": "keep", "maxBodyBytes": 0, "maxRequestBytes": 4096, "profile": "stripe_v1", "keyPrefix": "api",
                "handlerTimeout": 9000, "principalCookies": ["connect.sid"], "fingerprintHeaders": ["X-SubId", "x-subid"],
                "exposeHeaders": true, "failOpen": true, "whenFull": "evictCompleted", "onOrphan": "fail",
                "principal": {"$opaque": "function"}, "logger": {"$opaque": "Logger"}, "clock": {"now": {"$opaque": "function"}}}"#,
        )
        .unwrap();
        assert_eq!(config.header_name(), "X-Key");
        assert_eq!(config.methods(), ["POST", "DELETE"]);
        assert_eq!(config.missing_key(), MissingKey::Require);
        assert_eq!(config.profile(), Profile::StripeV1);
        assert_eq!(config.key_prefix(), "api");
        assert_eq!((config.max_body_bytes(), config.max_request_bytes()), (0, 4_096));
        assert_eq!(config.handler_timeout(), Some(Micros::from_secs(9)));
        assert_eq!(config.fingerprint_headers(), ["x-subid"]);
        assert_eq!(config.own_store(0).when_full, WhenFull::EvictCompleted);
        assert_eq!(
            config.wanted_headers(),
            ["authorization", "content-length", "content-type", "cookie", "x-key", "x-subid"]
        );
        let run = config.run_config();
        assert_eq!(run.retention(), Micros::from_secs(3_600));
        assert_eq!(run.derived_window(), Micros::from_secs(5));
        assert_eq!(run.conflict(), Conflict::Wait { timeout: Micros::from_millis(1_500) });
        assert_eq!(run.lease(), Some(Micros::from_secs(3)));
        assert_eq!(run.on_orphan(), OnOrphan::Fail);
        assert!(run.fail_open() && config.expose_headers());
    }

    #[test]
    fn a_cookie_is_looked_at_only_where_it_counts() {
        let wants = |options| read(options).unwrap().wanted_headers().iter().any(|name| name == "cookie");
        assert!(!wants(r#"{"missingKey": "require"}"#));
        assert!(wants(r#"{"missingKey": "require", "principalCookies": ["sid"]}"#));
        assert!(wants(r#"{"missingKey": "derive"}"#));
    }

    /// Field as written, and what the error must say.
    #[test]
    fn what_does_not_hold_is_named_as_it_was_written() {
        for (options, field, says) in [
            (r#"{"ttl": 86400000}"#, "ttl", "did you mean ttlMs?"),
            (r#"{"ttl": 31536001}"#, "ttl", "seconds expected"),
            (r#"{"ttl": 60, "ttlMs": 60000}"#, "ttlMs", "not both"),
            (r#"{"ttl": -1}"#, "ttl", "seconds"),
            (r#"{"ttl": {"$number": "NaN"}}"#, "ttl", "seconds"),
            (r#"{"ttlMs": "1h"}"#, "ttlMs", "milliseconds"),
            (r#"{"headername": ""}"#, "headername", "letters"),
            (r#"{"headerName": "Idempotency Key"}"#, "headerName", "letters"),
            (r#"{"headerNam": "X"}"#, "headerNam", "the nearest is headerName"),
            (r#"{"methods": []}"#, "methods", "at least one"),
            (r#"{"methods": "POST"}"#, "methods", "a list of strings"),
            (r#"{"methods": ["PO ST"]}"#, "methods", "letters"),
            (r#"{"missingKey": "ignore"}"#, "missingKey", "derive, pass, require"),
            (r#"{"conflict": {"wait": "long"}}"#, "conflict.wait", "milliseconds"),
            (r#"{"on5xx": "replay"}"#, "on5xx", "retry, keep, forget, unknown"),
            (r#"{"profile": "stripe"}"#, "profile", "stripe_v1"),
            (r#"{"profile": "stripe_v1", "on5xx": "retry"}"#, "on5xx", "\"keep\" in profile stripe_v1"),
            (r#"{"profile": "success_only", "on5xx": "keep"}"#, "on5xx", "anything but"),
            (r#"{"profile": "at_most_once", "on5xx": "keep"}"#, "on5xx", "\"unknown\""),
            (r#"{"profile": "at_most_once", "onOrphan": "reexecute"}"#, "onOrphan", "\"fail\""),
            (r#"{"profile": "at_most_once", "failOpen": true}"#, "failOpen", "false in profile"),
            (r#"{"maxBodyBytes": 1.5}"#, "maxBodyBytes", "a whole number"),
            (r#"{"maxBodyBytes": 1073741825}"#, "maxBodyBytes", "1073741824"),
            (r#"{"maxRequestBytes": -1}"#, "maxRequestBytes", "a whole number"),
            (r#"{"maxRequestBytes": 1073741825}"#, "maxRequestBytes", "1073741824"),
            (r#"{"handlerTimeout": 0}"#, "handlerTimeout", "milliseconds from 1"),
            (r#"{"principalCookies": ["a=b"]}"#, "principalCookies", "letters"),
            (r#"{"principal": "alice"}"#, "principal", "a function"),
            (r#"{"principal": {"id": 7}}"#, "principal", "a function"),
            (r#"{"store": 7}"#, "store", "get, set and delete"),
            (
                r#"{"store": {"$opaque": "MemoryStore"}, "whenFull": "refuse"}"#,
                "whenFull",
                "an option of the store",
            ),
            (r#"{"fingerprint": {"exclude": ["at"]}}"#, "fingerprint.exclude", "JSON Pointer"),
            (
                r#"{"fingerprint": {"headers": ["a"]}, "fingerprintHeaders": ["b"]}"#,
                "fingerprintHeaders",
                "one option",
            ),
            (
                r#"{"includeBodyInFingerprint": false, "fingerprint": {"include": ["/a"]}}"#,
                "includeBodyInFingerprint",
                "true",
            ),
            (r#"{"exposeHeaders": 1}"#, "exposeHeaders", "true or false"),
        ] {
            let error = read(options).map(|_| options).unwrap_err();
            assert_eq!(error.field, field, "{options}");
            assert!(error.expected.contains(says), "{options}: {error}");
        }
    }

    #[test]
    fn a_limit_set_in_code_has_the_range_of_one_that_is_read() {
        let with = |max_body_bytes| HttpConfig::try_from(HttpSpec { max_body_bytes, ..HttpSpec::default() });
        assert_eq!(with(Some(1 << 30)).map(|config| config.max_body_bytes()), Ok(1 << 30));
        assert_eq!(with(Some((1 << 30) + 1)).map(|_| ()).unwrap_err().field, "max_body_bytes");
        let spec = HttpSpec { max_request_bytes: Some((1 << 30) + 1), ..HttpSpec::default() };
        assert_eq!(HttpConfig::try_from(spec).map(|_| ()).unwrap_err().field, "max_request_bytes");
    }

    #[test]
    fn an_error_carries_the_path_of_its_object_once() {
        let options = json::parse(br#"{"profile": "stripe_v1", "on5xx": "retry"}"#).unwrap();
        let error = HttpConfig::read(&options, Unit::Millis, "idempotency.").unwrap_err();
        assert_eq!(error.field, "idempotency.on5xx");
    }
}
