//! A client, built field by field.

use super::IdempotentHttpClient;
use super::answer::Failed;
use super::refresh::{Refresh, Refreshed};
use crate::breaker::{Breaker, BreakerRegistry};
use crate::budget::Budget;
use crate::clock::Clock;
use crate::config::{Fields, Setting, UNIT};
use crate::entropy::Entropy;
use crate::retry::{Retry, RetryPolicy};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use once_again_core::error::ConfigError;
use once_again_core::http::{KeyConfig, is_anonymous};
use reqwest::{Method, Url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a client is made of.
pub(super) struct Inner {
    pub(super) client: reqwest::Client,
    /// Whether redirects are followed here, and not by `client`.
    pub(super) follows: bool,
    /// Of all requests, where they bring none of that name.
    pub(super) headers: HeaderMap,
    pub(super) retry: Retry<Failed>,
    pub(super) breakers: Option<BreakerRegistry>,
    pub(super) keys: KeyConfig,
    /// [`KeyConfig::header_name`] as HTTP has it.
    pub(super) key_header: HeaderName,
    pub(super) refresh: Option<Refresh>,
}

/// What sends.
enum Sender {
    /// A client that is still to be made, and follows no redirects by itself.
    Own(Box<reqwest::ClientBuilder>),
    /// One that is made already, and does as it was told.
    Given(reqwest::Client),
}

impl Sender {
    /// The client, and whether its redirects are followed here.
    fn client(self) -> Result<(reqwest::Client, bool), ConfigError> {
        let builder = match self {
            Self::Given(client) => return Ok((client, false)),
            Self::Own(builder) => builder,
        };
        let client = builder.redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| {
            ConfigError::new("client", error.to_string(), "a reqwest client that can be built")
        })?;
        match default_headers(&client).into_iter().find(|name| !is_anonymous(name)) {
            None => Ok((client, true)),
            Some(name) => Err(ConfigError::new(
                "client",
                format!("one whose default headers have {name}"),
                "default_headers of this builder, for reqwest sends its own wherever a redirect leads",
            )),
        }
    }
}

/// The names of the headers that reqwest adds to each request. It tells of them nowhere but in its debug output, whose long
/// form has a line for each.
fn default_headers(client: &reqwest::Client) -> Vec<String> {
    let shown = format!("{client:#?}");
    let lines = shown.lines().map(str::trim).skip_while(|line| *line != "default_headers: {").skip(1);
    let name = |line: &str| Some(line.strip_prefix('"')?.split_once('"')?.0.to_owned());
    lines.take_while(|line| *line != "},").filter_map(name).collect()
}

/// Preset `http`, an attempt within 10 s, a call within 60 s.
fn policy() -> RetryPolicy {
    static POLICY: std::sync::LazyLock<RetryPolicy> = std::sync::LazyLock::new(|| {
        RetryPolicy::builder()
            .preset("http")
            .attempt_timeout(Duration::from_secs(10))
            .total_timeout(Duration::from_secs(60))
            .build()
            .expect("a policy without surprises: a test makes it")
    });
    POLICY.clone()
}

/// What a failed attempt means is found when it fails.
fn retry(policy: RetryPolicy) -> Retry<Failed> {
    Retry::new(policy)
        .classify(|failed: &Failed| failed.facts.clone())
        .counted_by(|_, failed| failed.counted())
}

/// Builds an [`IdempotentHttpClient`].
#[must_use = "a builder does nothing until `build`"]
pub struct IdempotentHttpClientBuilder {
    sender: Sender,
    headers: HeaderMap,
    retry: Retry<Failed>,
    breakers: Option<BreakerRegistry>,
    refresh: Option<Refresh>,
    keys: Fields,
}

impl IdempotentHttpClientBuilder {
    pub(super) fn new(client: reqwest::ClientBuilder) -> Self {
        Self::by(Sender::Own(Box::new(client)))
    }

    pub(super) fn over(client: reqwest::Client) -> Self {
        Self::by(Sender::Given(client))
    }

    fn by(sender: Sender) -> Self {
        Self {
            sender,
            headers: HeaderMap::new(),
            retry: retry(policy()).budget(&Budget::default()),
            breakers: Some(BreakerRegistry::new(|origin| Breaker::builder().name(origin).build())),
            refresh: None,
            keys: Fields::default(),
        }
    }

    /// Headers of all requests, where they bring none of that name: who asks, say. To another origin, where a redirect leads, only
    /// those go that a request's own would.
    pub fn default_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// When to try again: how often, how long to wait, how long an attempt and the whole call may take (preset `http`, 10 s,
    /// 60 s). Where it has no total time-out, an `in-progress` answer is still waited for no longer than 60 s.
    pub fn policy(self, policy: RetryPolicy) -> Self {
        self.with(|before| before.under(policy))
    }

    /// The budget that retries take from (a [`Budget::default`] of this client's own).
    pub fn budget(self, budget: &Budget) -> Self {
        self.with(|retry| retry.budget(budget))
    }

    /// No budget: retries of all calls together are not limited.
    pub fn without_budget(self) -> Self {
        self.with(Retry::without_budget)
    }

    /// The breakers, one for each origin, such as `https://api.example.com` (5 failures within a minute open one for 30 s).
    /// Answers about one request do not count: 4xx but 408, 425 and 429, and 501 and 505.
    pub fn breakers(mut self, breakers: &BreakerRegistry) -> Self {
        self.breakers = Some(breakers.clone());
        self
    }

    /// No breaker.
    pub fn without_breakers(mut self) -> Self {
        self.breakers = None;
        self
    }

    /// The header that carries the key (`Idempotency-Key`).
    pub fn key_header(mut self, name: &str) -> Self {
        self.keys.set("header_name", name);
        self
    }

    /// The methods whose requests get a key of their own when they bring none (POST, PUT, PATCH).
    pub fn key_methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        let methods: Vec<Method> = methods.into_iter().collect();
        self.keys.set("methods", methods.iter().map(Method::as_str).collect::<Setting>());
        self
    }

    /// Whether requests get keys at all when they bring none (yes).
    pub fn auto_key(mut self, make: bool) -> Self {
        self.keys.set("auto_key", make);
        self
    }

    /// What answers a 401: the next value of `Authorization`, or `None` where there is none to be had, and the 401 is final.
    /// Asked once for each call, and once for all calls to one origin that wait for it.
    pub fn refresh_auth<F, Fut>(mut self, refresh: F) -> Self
    where
        F: Fn(Url) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<HeaderValue>> + Send + 'static,
    {
        self.refresh = Some(Refresh::new(move |url| -> Refreshed { Box::pin(refresh(url)) }));
        self
    }

    /// Whatever else a [`Retry`] can be told: a name, hooks, conditions.
    pub fn with(mut self, change: impl FnOnce(Retry<Failed>) -> Retry<Failed>) -> Self {
        self.retry = change(self.retry);
        self
    }

    /// Another clock than tokio's, for waits and time limits.
    pub fn clock(self, clock: impl Clock) -> Self {
        self.with(|retry| retry.clock(clock))
    }

    /// Another source of jitter than the thread's generator.
    pub fn entropy(self, entropy: impl Entropy) -> Self {
        self.with(|retry| retry.entropy(entropy))
    }

    /// Checks everything. The error names the field, what was given, and what is allowed.
    pub fn build(self) -> Result<IdempotentHttpClient, ConfigError> {
        let Self { sender, headers, retry, breakers, refresh, keys } = self;
        let keys = KeyConfig::read(&keys.into_value(), UNIT, "")?;
        let key_header = HeaderName::from_bytes(keys.header_name.as_bytes()).map_err(|_| {
            ConfigError::new("key_header", &*keys.header_name, "a header's name (RFC 9110, 5.1)")
        })?;
        let (client, follows) = sender.client()?;
        let inner = Inner { client, follows, headers, retry, breakers, keys, key_header, refresh };
        Ok(IdempotentHttpClient(Arc::new(inner)))
    }
}

impl fmt::Debug for IdempotentHttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentHttpClientBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}
