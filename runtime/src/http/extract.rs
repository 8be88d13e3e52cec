//! Extractors for axum.

use super::claim::Claim;
use super::headers;
use crate::idempotency::IdempotencyKey;
use axum::body::Body;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use once_again_core::http::{HttpConfig, Ready, problem};
use once_again_core::idempotency::key;
use std::convert::Infallible;

/// Answers 400 with core's problem.
#[derive(Debug)]
pub struct KeyRejection(Ready);

impl IntoResponse for KeyRejection {
    fn into_response(self) -> Response {
        headers::response(self.0).map(Body::from)
    }
}

/// The key of the request: as the layer read it, or where no layer guards it, that of its `Idempotency-Key` header. One
/// without either is answered 400, as is one that is malformed.
impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = KeyRejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, KeyRejection> {
        if let Some(key) = parts.extensions.get::<Self>() {
            return Ok(key.clone());
        }
        let lines: Vec<String> =
            parts.headers.get_all(HttpConfig::HEADER).iter().map(headers::text).collect();
        if lines.is_empty() {
            return Err(KeyRejection(problem::key_missing(HttpConfig::HEADER).into()));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        key::parse(&lines)
            .map(|key| Self::from(key.as_str()))
            .map_err(|error| KeyRejection(problem::key_invalid(HttpConfig::HEADER, &error).into()))
    }
}

/// `None` where there is no key at all; a malformed one is still answered 400.
impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = KeyRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, KeyRejection> {
        if parts.extensions.get::<Self>().is_none() && !parts.headers.contains_key(HttpConfig::HEADER) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// Answers 500: the route is not guarded, or its method is not.
#[derive(Clone, Copy, Debug)]
pub struct NoClaim;

impl IntoResponse for NoClaim {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "no IdempotencyLayer has claimed this request").into_response()
    }
}

/// The claim under which the request runs; without one it is answered 500. `Option<Claim>` is for handlers that also run
/// without, as they do for requests that pass, or while the store is away under `fail_open`.
impl<S: Sync> FromRequestParts<S> for Claim {
    type Rejection = NoClaim;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, NoClaim> {
        parts.extensions.get::<Self>().cloned().ok_or(NoClaim)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Claim {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
