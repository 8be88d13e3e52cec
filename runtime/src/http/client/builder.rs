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
use http::header::{HeaderName, HeaderValue};
use once_again_core::error::ConfigError;
use once_again_core::http::KeyConfig;
use reqwest::{Method, Url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a client is made of.
pub(super) struct Inner {
    pub(super) client: reqwest::Client,
    pub(super) retry: Retry<Failed>,
    pub(super) breakers: Option<BreakerRegistry>,
    pub(super) keys: KeyConfig,
    /// [`KeyConfig::header_name`] as HTTP has it.
    pub(super) key_header: HeaderName,
    pub(super) refresh: Option<Refresh>,
}

impl Inner {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self {
            client,
            retry: retry(policy()).budget(&Budget::default()),
            breakers: Some(BreakerRegistry::new(|origin| Breaker::builder().name(origin).build())),
            keys: KeyConfig::default(),
            key_header: HeaderName::from_static("idempotency-key"),
            refresh: None,
        }
    }
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
    inner: Inner,
    keys: Fields,
}

impl IdempotentHttpClientBuilder {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self { inner: Inner::new(client), keys: Fields::default() }
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

    /// The breakers, one for each origin, such as `https://api.example.com` (5 failures within a minute open one for 30 s).
    /// Answers about one request do not count: 4xx but 408, 425 and 429, and 501 and 505.
    pub fn breakers(mut self, breakers: &BreakerRegistry) -> Self {
        self.inner.breakers = Some(breakers.clone());
        self
    }

    /// No breaker.
    pub fn without_breakers(mut self) -> Self {
        self.inner.breakers = None;
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
        self.inner.refresh = Some(Refresh::new(move |url| -> Refreshed { Box::pin(refresh(url)) }));
        self
    }

    /// Whatever else a [`Retry`] can be told: a name, hooks, conditions.
    pub fn with(mut self, change: impl FnOnce(Retry<Failed>) -> Retry<Failed>) -> Self {
        self.inner.retry = change(self.inner.retry);
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
    pub fn build(mut self) -> Result<IdempotentHttpClient, ConfigError> {
        self.inner.keys = KeyConfig::read(&self.keys.into_value(), UNIT, "")?;
        let name = self.inner.keys.header_name.as_bytes();
        self.inner.key_header = HeaderName::from_bytes(name).map_err(|_| {
            ConfigError::new("key_header", &*self.inner.keys.header_name, "a header's name (RFC 9110, 5.1)")
        })?;
        Ok(IdempotentHttpClient(Arc::new(self.inner)))
    }
}

impl fmt::Debug for IdempotentHttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentHttpClientBuilder").field("keys", &self.keys).finish_non_exhaustive()
    }
}
