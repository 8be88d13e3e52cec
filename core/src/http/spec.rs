//! The options of the HTTP middleware, as a user writes them.

use crate::error::ConfigError;
use crate::idempotency::machine::RunSpec;
use crate::spec::{Names, Reader, Unit, Value};
use crate::store::memory::MemorySpec;
use crate::time::Micros;

/// What happens to a request that brings no key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// A key is derived from the request and lives for the derived window: double clicks and transport retries are one.
    #[default]
    Derive,
    /// The request runs unguarded.
    Pass,
    /// The request is refused with 400.
    Require,
}

impl MissingKey {
    /// Its word in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Derive => "derive",
            Self::Pass => "pass",
            Self::Require => "require",
        }
    }
}

/// What a 5xx answer makes of its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum On5xx {
    /// The next request with the key runs the handler again.
    #[default]
    Retry,
    /// The answer is kept and replayed like any other.
    Keep,
    /// The key is free again, also for another request.
    Forget,
    /// The outcome is unknown: nothing runs under this key until an operator resolves it.
    Unknown,
}

impl On5xx {
    /// Its word in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Keep => "keep",
            Self::Forget => "forget",
            Self::Unknown => "unknown",
        }
    }
}

/// A named set of rules about answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// 2xx to 4xx are kept; after a 5xx or a thrown error the handler may run again.
    #[default]
    Default,
    /// Whatever a handler answers is kept, 5xx too, as the payment API of that name has it.
    StripeV1,
    /// Only 2xx and 3xx are kept. A 4xx frees the key, so that the corrected request may use it.
    SuccessOnly,
    /// Never twice: an orphan, a 5xx or a thrown error leaves the outcome unknown, and nothing runs again.
    AtMostOnce,
}

impl Profile {
    /// Its word in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::StripeV1 => "stripe_v1",
            Self::SuccessOnly => "success_only",
            Self::AtMostOnce => "at_most_once",
        }
    }
}

/// The options as given; [`HttpConfig`](super::HttpConfig) fills in what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSpec {
    /// The header that carries the key. Default `Idempotency-Key`.
    pub header_name: Option<String>,
    /// The namespace of keys, for applications that share a store. Default empty.
    pub key_prefix: Option<String>,
    /// The methods guarded. Default POST, PUT, PATCH.
    pub methods: Option<Vec<String>>,
    /// What a request without a key gets. Default [`MissingKey::Derive`].
    pub missing_key: Option<MissingKey>,
    /// How a guarded request's run proceeds.
    pub run: RunSpec,
    /// The memory store that is used when no other is given.
    pub memory: MemorySpec,
    /// What becomes of a record on a 5xx. Default: as the profile says.
    pub on_5xx: Option<On5xx>,
    /// The set of rules about answers.
    pub profile: Option<Profile>,
    /// The largest body of an answer that is kept, in bytes: up to 1 GiB. Default 1 MiB.
    pub max_body_bytes: Option<u64>,
    /// The largest body of a request that is read and compared, in bytes, after decoding: up to 1 GiB. Default 10 MiB.
    pub max_request_bytes: Option<u64>,
    /// How long a handler may take: 1 ms to 1 day. Default: no limit.
    pub handler_timeout: Option<Micros>,
    /// Cookies that tell callers apart. Default none.
    pub principal_cookies: Option<Vec<String>>,
    /// Whether the body is part of the fingerprint. Default yes.
    pub include_body_in_fingerprint: Option<bool>,
    /// JSON Pointers of the fields of a body that alone count. Default all.
    pub fingerprint_include: Option<Vec<String>>,
    /// JSON Pointers of the fields of a body that do not count. Default none.
    pub fingerprint_exclude: Option<Vec<String>>,
    /// Request headers that are part of the fingerprint. Default none.
    pub fingerprint_headers: Option<Vec<String>>,
    /// Whether pages of another origin may read the headers this library adds. Default no.
    pub expose_headers: Option<bool>,
}

/// The most that is held of one body; what is larger belongs into a file.
pub(super) const MAX_BODY: u64 = 1 << 30;

const FIELDS: &[Names] = &[
    Names(&[("header_name", None), ("key_header", None)]),
    Names(&[("key_prefix", None), ("namespace", None)]),
    Names(&[("methods", None), ("supported_methods", None)]),
    Names(&[("missing_key", None)]),
    RunSpec::RETENTION,
    RunSpec::DERIVED_WINDOW,
    RunSpec::CONFLICT,
    RunSpec::LEASE,
    RunSpec::RENEW_EVERY,
    RunSpec::MAX_RUN,
    RunSpec::MAX_TX,
    RunSpec::ON_ORPHAN,
    RunSpec::MAX_TAKEOVERS,
    RunSpec::STORE_TIMEOUT,
    RunSpec::COMPLETE_TIMEOUT,
    RunSpec::FAIL_OPEN,
    MemorySpec::MAX_RECORDS,
    MemorySpec::MAX_BYTES,
    MemorySpec::WHEN_FULL,
    Names(&[("on_5xx", None)]),
    Names(&[("profile", None)]),
    Names(&[("max_body_bytes", None)]),
    Names(&[("max_request_bytes", None)]),
    Names(&[("handler_timeout", None)]),
    Names(&[("principal_cookies", None)]),
    Names(&[("include_body_in_fingerprint", None)]),
    Names(&[("fingerprint", None)]),
    Names(&[("fingerprint_headers", None)]),
    Names(&[("expose_headers", None)]),
    Names(&[("store", None), ("storage", None)]),
    Names(&[("principal", None)]),
    Names(&[("logger", None)]),
    Names(&[("clock", None)]),
    Names(&[("random", None)]),
];

/// Options that only the host can use: core sees that something of the right kind is there. The flag says whether a plain
/// object may stand for it.
const HOST_FIELDS: [(&str, bool, &str); 5] = [
    ("store", true, "a store, or an object with get, set and delete"),
    ("principal", false, "a function from the request to the caller's name"),
    ("logger", true, "a logger"),
    ("clock", true, "a clock"),
    ("random", false, "a function that gives random numbers"),
];

const FINGERPRINT: &[Names] =
    &[Names(&[("include", None)]), Names(&[("exclude", None)]), Names(&[("headers", None)])];

impl HttpSpec {
    /// Reads a configuration object whose durations are in `unit`; `ttl` is in seconds and `ttlMs` in milliseconds
    /// whatever the unit. An error names the option as it was written, behind `path`.
    pub fn read(value: &Value, unit: Unit, path: &str) -> Result<Self, ConfigError> {
        Self::from_reader(&Self::open(value, unit, path)?)
    }

    pub(super) fn open<'a>(value: &'a Value, unit: Unit, path: &str) -> Result<Reader<'a>, ConfigError> {
        Reader::new(value, unit, FIELDS, path)
    }

    pub(super) fn from_reader(reader: &Reader<'_>) -> Result<Self, ConfigError> {
        for (field, object, expected) in HOST_FIELDS {
            match reader.get(field) {
                None | Some(Value::Opaque(_)) => {}
                Some(Value::Map(_)) if object => {}
                Some(_) => return Err(reader.refuse(field, expected)),
            }
        }
        for field in [MemorySpec::MAX_RECORDS, MemorySpec::MAX_BYTES, MemorySpec::WHEN_FULL] {
            let field = field.canonical();
            if reader.has("store") && reader.has(field) {
                return Err(reader.refuse(field, "nothing beside a store: it is an option of the store"));
            }
        }
        let mut spec = Self {
            header_name: reader.text("header_name")?.map(Into::into),
            key_prefix: reader.text("key_prefix")?.map(Into::into),
            methods: texts(reader, "methods")?,
            missing_key: choice(reader, "missing_key", &MISSING_KEY)?,
            run: RunSpec::from_reader(reader)?,
            memory: MemorySpec::from_reader(reader)?,
            on_5xx: choice(reader, "on_5xx", &ON_5XX)?,
            profile: choice(reader, "profile", &PROFILE)?,
            max_body_bytes: reader.integer("max_body_bytes", 0, MAX_BODY)?,
            max_request_bytes: reader.integer("max_request_bytes", 0, MAX_BODY)?,
            handler_timeout: reader.duration(
                "handler_timeout",
                Micros::from_millis(1),
                Micros::from_secs(86_400),
            )?,
            principal_cookies: texts(reader, "principal_cookies")?,
            include_body_in_fingerprint: reader.boolean("include_body_in_fingerprint")?,
            fingerprint_headers: texts(reader, "fingerprint_headers")?,
            expose_headers: reader.boolean("expose_headers")?,
            ..Self::default()
        };
        spec.read_fingerprint(reader)?;
        Ok(spec)
    }

    /// `fingerprint: { include, exclude, headers }`; the headers may also stand by themselves as `fingerprintHeaders`.
    fn read_fingerprint(&mut self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let Some(value) = reader.get("fingerprint") else { return Ok(()) };
        let inner =
            Reader::new(value, reader.unit(), FINGERPRINT, &format!("{}.", reader.written("fingerprint")))?;
        self.fingerprint_include = texts(&inner, "include")?;
        self.fingerprint_exclude = texts(&inner, "exclude")?;
        if let Some(headers) = texts(&inner, "headers")? {
            if reader.has("fingerprint_headers") {
                let both = format!("nothing beside {}: they are one option", inner.written("headers"));
                return Err(reader.refuse("fingerprint_headers", both));
            }
            self.fingerprint_headers = Some(headers);
        }
        Ok(())
    }
}

fn texts(reader: &Reader<'_>, field: &str) -> Result<Option<Vec<String>>, ConfigError> {
    Ok(reader.texts(field)?.map(|texts| texts.into_iter().map(Into::into).collect()))
}

const MISSING_KEY: [(&str, MissingKey); 3] = {
    use MissingKey::{Derive, Pass, Require};
    [(Derive.name(), Derive), (Pass.name(), Pass), (Require.name(), Require)]
};
const ON_5XX: [(&str, On5xx); 4] = {
    use On5xx::{Forget, Keep, Retry, Unknown};
    [(Retry.name(), Retry), (Keep.name(), Keep), (Forget.name(), Forget), (Unknown.name(), Unknown)]
};
const PROFILE: [(&str, Profile); 4] = {
    use Profile::{AtMostOnce, Default, StripeV1, SuccessOnly};
    [
        (Default.name(), Default),
        (StripeV1.name(), StripeV1),
        (SuccessOnly.name(), SuccessOnly),
        (AtMostOnce.name(), AtMostOnce),
    ]
};

/// The value whose word was given.
fn choice<T: Copy>(reader: &Reader<'_>, field: &str, words: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    Ok(reader.one_of(field, &names)?.map(|place| words[place].1))
}
