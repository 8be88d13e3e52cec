//! Redirects: followed within an attempt, as core says. Reqwest's own following takes only the credentials that it knows by
//! name away from another origin.

use super::builder::Inner;
use bytes::Bytes;
use http::header::LOCATION;
use once_again_core::http::{Follow, Redirect, Redirected, redirect};
use reqwest::{Method, Request, Response, Url};

/// Why an attempt has no answer.
pub(super) enum Unanswered {
    /// Reqwest says so.
    Error(reqwest::Error),
    /// It was led where nobody goes.
    Broken(&'static str),
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        Self::Error(error)
    }
}

/// Sends a request with this body, and goes where its answers lead.
pub(super) async fn send(
    inner: &Inner,
    first: &Request,
    mut body: Option<Bytes>,
) -> Result<Response, Unanswered> {
    let begun = inner.retry.now();
    let mut request = again(first);
    let mut followed = 0;
    loop {
        *request.body_mut() = body.clone().map(Into::into);
        let mut next = again(&request);
        let response = inner.client.execute(request).await?;
        let Some(location) = response.headers().get(LOCATION).filter(|_| inner.follows) else {
            return Ok(response);
        };
        let to = std::str::from_utf8(location.as_bytes()).ok().and_then(|to| next.url().join(to).ok());
        let follow = match led(inner, &next, &response, to.as_ref(), followed) {
            Redirected::Answer => return Ok(response),
            Redirected::Broken(why) => return Err(Unanswered::Broken(why)),
            Redirected::Follow(follow) => follow,
        };
        body = body.filter(|_| follow.body);
        turn(&mut next, &follow, to);
        // An attempt has one limit, wherever it is led.
        *next.timeout_mut() = first.timeout().map(|limit| limit.saturating_sub(inner.retry.now() - begun));
        request = next;
        followed += 1;
    }
}

/// Core's word.
fn led(
    inner: &Inner,
    asked: &Request,
    answer: &Response,
    to: Option<&Url>,
    followed: u32,
) -> Redirected<'static> {
    redirect(Redirect {
        status: answer.status().as_u16(),
        method: asked.method().to_string().into(),
        from: asked.url().to_string().into(),
        to: to.map(|to| to.to_string().into()),
        followed,
        key_header: inner.key_header.to_string().into(),
        headers: asked.headers().keys().map(|name| name.to_string().into()).collect(),
    })
}

/// Makes the next request out of the one before.
fn turn(request: &mut Request, follow: &Follow<'_>, to: Option<Url>) {
    if let Ok(method) = Method::from_bytes(follow.method.as_bytes()) {
        *request.method_mut() = method;
    }
    // Core follows no location that is no URL.
    if let Some(to) = to {
        *request.url_mut() = to;
    }
    let headers = std::mem::take(request.headers_mut());
    for (name, value) in &headers {
        if follow.headers.iter().any(|kept| kept == name.as_str()) {
            request.headers_mut().append(name, value.clone());
        }
    }
}

/// The same request, but for its body.
pub(super) fn again(request: &Request) -> Request {
    let mut copy = Request::new(request.method().clone(), request.url().clone());
    copy.headers_mut().clone_from(request.headers());
    *copy.timeout_mut() = request.timeout().copied();
    *copy.version_mut() = request.version();
    copy
}
