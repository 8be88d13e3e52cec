//! One call, built as reqwest builds its own.

use super::{Error, IdempotentHttpClient, call};
use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// A request under construction.
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    client: IdempotentHttpClient,
    request: reqwest::RequestBuilder,
    streamed: bool,
}

impl RequestBuilder {
    pub(super) const fn new(client: IdempotentHttpClient, request: reqwest::RequestBuilder) -> Self {
        Self { client, request, streamed: false }
    }

    /// Whatever else reqwest's own builder can do: `.with(|request| request.query(&query).basic_auth("ada", None::<&str>))`.
    pub fn with(mut self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        self.request = change(self.request);
        self
    }

    /// The key of this call: the caller's own, for instance the number of the order. Without one a write gets a UUID.
    pub fn idempotency_key(self, key: impl AsRef<str>) -> Self {
        let name = self.client.0.key_header.clone();
        self.with(|request| request.header(name, key.as_ref()))
    }

    /// Adds a header.
    pub fn header<K, V>(self, name: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        self.with(|request| request.header(name, value))
    }

    /// Adds headers; those of the same name are replaced.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.with(|request| request.headers(headers))
    }

    /// The body. One that is a stream is read into memory before the first attempt.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        self.with(|request| request.body(body))
    }

    /// A JSON body.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.with(|request| request.json(value))
    }

    /// How long one attempt of this call may take, where that is less than the client's.
    pub fn timeout(self, limit: Duration) -> Self {
        self.with(|request| request.timeout(limit))
    }

    /// Leaves the body of a good answer unread: for large ones. If it breaks off, that is the caller's to see.
    pub fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    /// Sends it, as often as it takes.
    ///
    /// # Errors
    ///
    /// No answer came. The last answer, whatever its status, is none.
    pub async fn send(self) -> Result<Response, Error> {
        let request = self.request.build().map_err(Error::request)?;
        call::send(&self.client.0, request, self.streamed).await
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").field("streamed", &self.streamed).finish_non_exhaustive()
    }
}
