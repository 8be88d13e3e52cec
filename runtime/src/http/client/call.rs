//! One call: the same request in every attempt.

use super::answer::{About, Failed, Sent, is_replayed, read};
use super::builder::Inner;
use super::error::{Error, NoAnswer};
use super::redirect;
use super::refresh::Known;
use crate::entropy;
use crate::http::IdempotencyKey;
use crate::http::headers::text;
use crate::retry::Attempt;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use once_again_core::idempotency::key;
use reqwest::{Request, Response, StatusCode};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sends a request as often as it takes; leaves the body of a good answer unread if `streamed`.
pub(super) async fn send(inner: &Inner, request: Request, streamed: bool) -> Result<Response, Error> {
    let call = Call::new(inner, request, streamed).await?;
    let retry = match &inner.breakers {
        Some(breakers) => {
            let breaker = breakers.get(&call.request.url().origin().ascii_serialization());
            inner.retry.clone().breaker(&breaker.map_err(Error::Config)?)
        }
        None => inner.retry.clone(),
    };
    match retry.run(|attempt| call.attempt(attempt)).await {
        Ok((response, attempts)) => Ok(call.sent(response, attempts)),
        Err(why) => match why.error().and_then(Failed::take) {
            Some(response) => Ok(call.sent(response, why.attempts())),
            None => Err(Error::NoAnswer(NoAnswer { why })),
        },
    }
}

/// What all attempts of a call have in common.
struct Call<'a> {
    inner: &'a Inner,
    /// With its key, but for its body.
    request: Request,
    body: Option<Bytes>,
    about: About,
    streamed: bool,
    /// In place of those the request came with.
    credentials: Mutex<Option<HeaderValue>>,
}

impl<'a> Call<'a> {
    async fn new(inner: &'a Inner, mut request: Request, streamed: bool) -> Result<Self, Error> {
        let given: Vec<HeaderName> = request.headers().keys().cloned().collect();
        let body = match request.body_mut().take() {
            Some(body) => Some(body.collect().await.map_err(Error::request)?.to_bytes()),
            None => None,
        };
        for (name, value) in &inner.headers {
            if !given.contains(name) {
                request.headers_mut().append(name, value.clone());
            }
        }
        let keys = &inner.keys;
        let method = request.method().as_str().to_owned();
        if keys.auto_key
            && keys.methods.contains(&method)
            && !request.headers().contains_key(&inner.key_header)
        {
            let key = key::generate(entropy::secret());
            // A UUID is a header's value whatever it is.
            if let Ok(mut key) = HeaderValue::try_from(key) {
                key.set_sensitive(true);
                request.headers_mut().insert(&inner.key_header, key);
            }
        }
        let has_key = request.headers().contains_key(&inner.key_header);
        let about = About { method, has_key, can_refresh: false };
        Ok(Self { inner, request, body, about, streamed, credentials: Mutex::default() })
    }

    /// One attempt, and which it was.
    async fn attempt(&self, attempt: Attempt<Failed>) -> Result<(Response, u32), Failed> {
        // Nobody reads the answer before any more.
        drop(attempt.previous().and_then(|failure| failure.error()).and_then(Failed::take));
        let policy = self.inner.retry.policy();
        let unanswered = |why| Failed::unanswered(&self.about, policy, why);
        let known = self.inner.refresh.as_ref().map(|refresh| refresh.known(self.request.url()));
        let response =
            redirect::send(self.inner, &self.request(), self.body.clone()).await.map_err(unanswered)?;
        let failed = response.status().as_u16() >= 400;
        if self.streamed && !failed {
            return Ok((response, attempt.number()));
        }
        let (response, body) = read(response).await.map_err(|error| unanswered(error.into()))?;
        if !failed {
            return Ok((response, attempt.number()));
        }
        let refreshed = response.status() == StatusCode::UNAUTHORIZED && self.refreshed(known).await;
        let about = About { can_refresh: refreshed, ..self.about.clone() };
        Err(Failed::answered(&about, policy, response, &body))
    }

    /// Whether there are newer credentials than those that were refused. They are asked for once in a call.
    async fn refreshed(&self, known: Option<Known>) -> bool {
        let (Some(refresh), Some(known)) = (&self.inner.refresh, known) else { return false };
        if self.credentials().is_some() {
            return false;
        }
        let newer = refresh.newer(known, self.request.url()).await;
        let mut credentials = self.credentials();
        *credentials = newer;
        credentials.is_some()
    }

    /// The request as it goes out, with newer credentials where the first ones were refused.
    fn request(&self) -> Request {
        let mut request = redirect::again(&self.request);
        if let Some(newer) = self.credentials().clone() {
            request.headers_mut().insert(AUTHORIZATION, newer);
        }
        request
    }

    fn credentials(&self) -> MutexGuard<'_, Option<HeaderValue>> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent(&self, mut response: Response, attempts: u32) -> Response {
        let key = self.request.headers().get(&self.inner.key_header).map(|key| IdempotencyKey(text(key)));
        let sent = Sent { attempts, replayed: is_replayed(response.headers()), key };
        response.extensions_mut().insert(sent);
        response
    }
}
