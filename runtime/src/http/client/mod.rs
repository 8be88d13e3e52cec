//! A [reqwest](https://docs.rs/reqwest) client that tries again, safely.
//!
//! ```no_run
//! use once_again::http::client::{IdempotentHttpClient, Sent};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = IdempotentHttpClient::new(reqwest::Client::builder())?;
//! let answer = client.post("https://api.example.com/payments").json(&[5]).send().await?;
//! let sent = answer.extensions().get::<Sent>().unwrap();
//! println!("{} after {} attempts", answer.status(), sent.attempts);
//! # Ok(()) }
//! ```
//!
//! - One call has one key, and every attempt sends the same bytes under it. A write that brings none gets a UUID, so that a POST
//!   may be repeated; without a key only idempotent methods are (RFC 9110, 9.2.2).
//! - 408, 425, 429, 500, 502, 503, 504 and answers that never came are tried again, not before `Retry-After` (seconds or any
//!   of the three forms of a date; the other languages' headers too) says so. A replayed answer is final.
//! - 409 with the problem type `in-progress` is waited for: it uses up no attempt.
//! - A call may take 60 s, an attempt 10 s; retries take from a budget, and each origin has a breaker.
//! - An answer's body is read within its attempt, so that one that breaks off is asked for again.
//!   [`streamed`](RequestBuilder::streamed) leaves it to you.
//! - Redirects are followed inside an attempt, at most 20. After 307 and 308 the same write goes on under its key; what a 303
//!   points to, or a 301 or 302 after a POST, is read by a GET. To another origin go only the headers that say nothing of who
//!   asks: `Accept…`, `Content-…`, `User-Agent`, the trace, and the key of a write that stays one.
//! - After a 401, [`refresh_auth`](IdempotentHttpClientBuilder::refresh_auth) is asked for new credentials, once for each call
//!   and once for all calls that wait for them; the request goes out once more, under the same key.

mod answer;
mod builder;
mod call;
mod error;
mod redirect;
mod refresh;
mod request;

pub use answer::Sent;
pub use builder::IdempotentHttpClientBuilder;
pub use error::{Error, NoAnswer};
pub use request::RequestBuilder;

use builder::Inner;
use once_again_core::error::ConfigError;
use reqwest::{IntoUrl, Method, Request, Response};
use std::fmt;
use std::sync::Arc;

/// A client that tries again. A clone is the same client.
#[derive(Clone)]
pub struct IdempotentHttpClient(Arc<Inner>);

impl IdempotentHttpClient {
    /// Sends by the client that `client` builds, with everything as [the module](self) has it.
    ///
    /// ```
    /// # use once_again::http::client::IdempotentHttpClient;
    /// # fn main() -> Result<(), once_again::ConfigError> {
    /// let client = IdempotentHttpClient::new(reqwest::Client::builder().https_only(true))?;
    /// # let _ = client; Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Reqwest cannot build it, or it has default headers that would go wherever a redirect leads: those belong into
    /// [`default_headers`](IdempotentHttpClientBuilder::default_headers).
    pub fn new(client: reqwest::ClientBuilder) -> Result<Self, ConfigError> {
        Self::builder(client).build()
    }

    /// Sends by the client that `client` builds, with something else set. Its redirect policy is not asked: redirects are
    /// followed here.
    pub fn builder(client: reqwest::ClientBuilder) -> IdempotentHttpClientBuilder {
        IdempotentHttpClientBuilder::new(client)
    }

    /// Sends by a client that is made already, one that others use too. Redirects are then its own: by reqwest's default it follows
    /// ten of them, and takes only `Authorization`, `Cookie` and `Proxy-Authorization` away from another origin.
    pub fn over(client: reqwest::Client) -> IdempotentHttpClientBuilder {
        IdempotentHttpClientBuilder::over(client)
    }

    /// A GET request.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// A request of any method.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        let request = self.0.client.request(method, url);
        RequestBuilder::new(self.clone(), request)
    }

    /// Sends a request that was built elsewhere. Its body is held in memory, so that every attempt sends the same bytes.
    ///
    /// # Errors
    ///
    /// No answer came. The last answer, whatever its status, is none.
    pub async fn execute(&self, request: Request) -> Result<Response, Error> {
        call::send(&self.0, request, false).await
    }
}

impl fmt::Debug for IdempotentHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotentHttpClient").field("client", &self.0.client).finish_non_exhaustive()
    }
}
