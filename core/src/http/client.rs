//! An HTTP client's valid options: its policy, whose requests they are, and which of them get an idempotency key.

use super::HttpConfig;
use super::headers::is_token;
use super::origin::origin;
use crate::error::ConfigError;
use crate::retry::{RetrySpec, presets, range};
use crate::spec::{Names, Reader, Unit, Value};
use crate::time::Micros;
use serde::Serialize;

const KEYS: &[Names] = &[
    Names(&[("methods", None)]),
    Names(&[("header_name", None), ("key_header", None)]),
    Names(&[("key_origins", None)]),
    Names(&[("auto_key", None)]),
];

/// Which requests get a key of their own when they bring none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyConfig {
    /// The methods that do, in upper case. Default POST, PUT, PATCH.
    pub methods: Vec<String>,
    /// The header that carries it. Default `Idempotency-Key`.
    pub header_name: String,
    /// Other origins that know the key: it makes a cross-origin request preflighted, and an unaware server would run a
    /// repeated write twice.
    pub key_origins: Vec<String>,
    /// Whether keys are made at all. Default true.
    pub auto_key: bool,
}

impl Default for KeyConfig {
    fn default() -> Self {
        Self {
            methods: ["POST", "PUT", "PATCH"].map(Into::into).into(),
            header_name: HttpConfig::HEADER.into(),
            key_origins: Vec::new(),
            auto_key: true,
        }
    }
}

impl KeyConfig {
    /// Reads the options as their user wrote them.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, KEYS, path)?;
        let methods = reader.texts("methods")?.unwrap_or_else(|| ["POST", "PUT", "PATCH"].into());
        if methods.iter().any(|name| !is_token(name)) {
            return Err(reader.refuse("methods", "a list of methods (RFC 9110, 9.1)"));
        }
        let header_name = reader.text("header_name")?.unwrap_or(HttpConfig::HEADER);
        if !is_token(header_name) {
            return Err(reader.refuse("header_name", "a header's name (RFC 9110, 5.1)"));
        }
        let key_origins = reader.texts("key_origins")?.unwrap_or_default();
        if !key_origins.iter().copied().all(is_origin) {
            return Err(reader.refuse("key_origins", "a list of origins such as https://api.example.com"));
        }
        Ok(Self {
            methods: methods.into_iter().map(str::to_ascii_uppercase).collect(),
            header_name: header_name.into(),
            key_origins: key_origins.into_iter().map(as_written_by_urls).collect(),
            auto_key: reader.boolean("auto_key")?.unwrap_or(true),
        })
    }
}

/// As a URL of that origin writes it, so that the two can be compared: without the scheme's own port.
fn as_written_by_urls(text: &str) -> String {
    origin(text).unwrap_or_else(|| text.to_ascii_lowercase())
}

/// A scheme and an authority, and nothing behind them.
fn is_origin(text: &str) -> bool {
    matches!(text.split_once("://"), Some((scheme, rest))
        if is_token(scheme) && !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']))
}

const CLIENT: &[Names] = &[
    Names(&[("base_url", None)]),
    Names(&[("timeout", None), ("attempt_timeout", None)]),
    Names(&[("total_timeout", None)]),
    Names(&[("module", None)]),
    Names(&[("criticality", None)]),
    Names(&[("real_time", None)]),
    Names(&[("user_facing", None)]),
    Names(&[("retry_policy", None)]),
    Names(&[("identity", None)]),
    Names(&[("auto_key", None)]),
];

const IDENTITY: &[Names] =
    &[Names(&[("squid_id", None)]), Names(&[("sub_id", None)]), Names(&[("dao_id", None)])];

/// The header of each field of an identity, as the Q ecosystem names them.
const IDENTITY_HEADERS: [(&str, &str); 3] =
    [("squid_id", "x-squid-id"), ("sub_id", "x-subid"), ("dao_id", "x-dao-id")];

/// What the choice of a policy reads of a client's options.
const WISHES: [&str; 5] = ["retry_policy", "criticality", "module", "real_time", "user_facing"];

/// How long an attempt may take unless the client or its policy says otherwise.
const TIMEOUT: Micros = Micros::from_secs(10);

/// Options of the Q ecosystem's `IdempotentHttpClient`, valid and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Where paths begin, without a slash at its end.
    pub base_url: String,
    /// The policy that is meant, with the client's own time-outs.
    pub policy: RetrySpec,
    /// The headers that say whose requests these are.
    pub identity: Vec<(&'static str, String)>,
    /// Whether a write without a key gets one. Default true.
    pub auto_key: bool,
}

impl ClientConfig {
    /// Reads `{baseUrl, timeout, totalTimeout, module, criticality, realTime, userFacing, retryPolicy, identity, autoKey}`.
    ///
    /// The policy is that of [`presets::resolve`]. `timeout` limits each attempt and wins over the policy's own; without
    /// either it is 10 s. `totalTimeout` wins over the policy's own and over `userFacing`.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        let reader = Reader::new(value, unit, CLIENT, path)?;
        let base_url = reader.text("base_url")?.unwrap_or_default();
        let lower = base_url.to_ascii_lowercase();
        if !(lower.starts_with("http://") || lower.starts_with("https://")) || base_url.contains(['?', '#']) {
            return Err(reader.refuse("base_url", "an absolute URL of http or https, without query"));
        }
        let limit = |field| reader.duration(field, range::SHORTEST_TIMEOUT, range::LONGEST);
        let wishes = WISHES.into_iter().filter_map(|field| {
            let written = reader.written(field);
            Some((written.strip_prefix(path).unwrap_or(&written).to_owned(), reader.get(field)?.clone()))
        });
        let mut policy = presets::resolve(&Value::Map(wishes.collect()), unit, path)?;
        policy.attempt_timeout = limit("timeout")?.or(policy.attempt_timeout).or(Some(TIMEOUT));
        policy.total_timeout = limit("total_timeout")?.or(policy.total_timeout);
        Ok(Self {
            base_url: base_url.trim_end_matches('/').into(),
            policy,
            identity: identity(&reader, unit)?,
            auto_key: reader.boolean("auto_key")?.unwrap_or(true),
        })
    }
}

fn identity(client: &Reader<'_>, unit: Unit) -> Result<Vec<(&'static str, String)>, ConfigError> {
    let Some(value) = client.get("identity") else { return Ok(Vec::new()) };
    let reader = Reader::new(value, unit, IDENTITY, &format!("{}.", client.written("identity")))?;
    let mut headers = Vec::new();
    for (field, header) in IDENTITY_HEADERS {
        let Some(text) = reader.text(field)? else { continue };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::new(
                reader.written(field),
                format!("a string of {} characters", text.chars().count()),
                "visible ASCII characters, which a header can carry",
            ));
        }
        headers.push((header, text.to_owned()));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(text: &str) -> Result<ClientConfig, ConfigError> {
        ClientConfig::read(&json::parse(text).unwrap(), Unit::Millis, "")
    }

    fn keys(text: &str) -> Result<KeyConfig, ConfigError> {
        KeyConfig::read(&json::parse(text).unwrap(), Unit::Millis, "idempotency.")
    }

    #[test]
    fn a_client_that_is_told_an_address_waits_ten_seconds_for_an_attempt_and_makes_keys() {
        let client = read(r#"{"baseUrl": "https://api.example.com/v1/"}"#).unwrap();
        assert_eq!(client.base_url, "https://api.example.com/v1");
        assert_eq!(client.policy.attempt_timeout, Some(Micros::from_secs(10)));
        assert_eq!((client.policy.total_timeout, client.policy.max_attempts), (None, Some(3)));
        assert!(client.auto_key && client.identity.is_empty());
    }

    #[test]
    fn time_outs_of_the_client_win_over_those_of_its_policy() {
        let policy = |rest: &str| read(&format!(r#"{{"baseUrl": "http://a", {rest}}}"#)).unwrap().policy;
        let own = policy(r#""retryPolicy": {"attemptTimeout": 700, "totalTimeout": 9000}"#);
        assert_eq!(own.attempt_timeout, Some(Micros::from_millis(700)));
        assert_eq!(own.total_timeout, Some(Micros::from_secs(9)));
        let both = policy(r#""retryPolicy": {"attemptTimeout": 700}, "timeout": 50, "totalTimeout": 60"#);
        assert_eq!(both.attempt_timeout, Some(Micros::from_millis(50)));
        assert_eq!(both.total_timeout, Some(Micros::from_millis(60)));
        assert_eq!(policy(r#""userFacing": true"#).total_timeout, Some(Micros::from_secs(10)));
        let told = policy(r#""userFacing": true, "totalTimeout": 30000"#);
        assert_eq!(told.total_timeout, Some(Micros::from_secs(30)));
    }

    #[test]
    fn the_policy_is_chosen_by_what_is_said_about_the_client() {
        let attempts =
            |rest: &str| read(&format!(r#"{{"baseUrl": "http://a", {rest}}}"#)).unwrap().policy.max_attempts;
        assert_eq!(attempts(r#""module": "qwallet", "realTime": true"#), Some(2));
        assert_eq!(attempts(r#""module": "qdrive""#), Some(5));
        assert_eq!(attempts(r#""retryPolicy": {"maxAttempts": 7}, "criticality": "HIGH""#), Some(7));
    }

    #[test]
    fn an_identity_becomes_headers_that_cannot_be_broken_out_of() {
        let client = r#"{"baseUrl": "http://a", "identity": {"squidId": "user123", "daoId": "dao789"}}"#;
        let lines = read(client).unwrap().identity;
        assert_eq!(lines, [("x-squid-id", "user123".to_owned()), ("x-dao-id", "dao789".to_owned())]);
        let error = read(r#"{"baseUrl": "http://a", "identity": {"subId": "a\r\nb: c"}}"#).unwrap_err();
        assert_eq!(error.field, "identity.subId");
        assert_eq!(error.value, "a string of 7 characters");
    }

    #[test]
    fn what_is_wrong_is_named_as_it_was_written() {
        for (client, field) in [
            ("{}", "base_url"),
            (r#"{"baseUrl": "/api"}"#, "baseUrl"),
            (r#"{"baseUrl": "https://a?b"}"#, "baseUrl"),
            (r#"{"baseUrl": "https://a", "timeout": 0}"#, "timeout"),
            (r#"{"baseUrl": "https://a", "timeOuts": 1}"#, "timeOuts"),
            (r#"{"baseUrl": "https://a", "retryPolicy": {"maxAttempts": 0}}"#, "retryPolicy.maxAttempts"),
            (r#"{"baseUrl": "https://a", "identity": {"squid": "x"}}"#, "identity.squid"),
        ] {
            assert_eq!(read(client).unwrap_err().field, field, "{client}");
        }
    }

    #[test]
    fn keys_are_made_for_writes_and_for_origins_that_know_them() {
        let untold = keys("{}").unwrap();
        assert_eq!(untold.methods, ["POST", "PUT", "PATCH"]);
        assert_eq!((untold.header_name.as_str(), untold.auto_key), ("Idempotency-Key", true));
        let told = keys(
            r#"{"methods": ["delete"], "keyOrigins": ["HTTPS://Api.example.com:443", "http://[0::1]:8080"]}"#,
        )
        .unwrap();
        assert_eq!(told.methods, ["DELETE"]);
        assert_eq!(told.key_origins, ["https://api.example.com", "http://[::1]:8080"]);
        for (wrong, field) in [
            (r#"{"keyOrigins": ["https://a/b"]}"#, "idempotency.keyOrigins"),
            (r#"{"keyOrigins": ["a.example.com"]}"#, "idempotency.keyOrigins"),
            (r#"{"methods": ["P OST"]}"#, "idempotency.methods"),
            (r#"{"headerName": "a b"}"#, "idempotency.headerName"),
            (r#"{"autokeys": true}"#, "idempotency.autokeys"),
        ] {
            assert_eq!(keys(wrong).unwrap_err().field, field, "{wrong}");
        }
    }
}
