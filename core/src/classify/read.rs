//! What hosts say of failures and answers, out of JSON.

use super::answer::Refused;
use super::retry_after::Hints;
use super::{Host, HttpSignals, Signals};
use crate::json::{Fields, Json, JsonError, Read, words};
use std::borrow::Cow;

words!(Host: "node" => Node, "browser" => Browser, "python" => Python, "rust" => Rust);

impl<'a> Read<'a> for Signals<'a> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let signals = Self {
            host: fields.need("host")?,
            kind: fields.or("kind", None)?,
            code: fields.or("code", None)?,
            names: fields.or("names", Vec::new())?,
            message: fields.or("message", None)?,
            errno: fields.or("errno", None)?,
            status: fields.or("status", None)?,
            cancelled: fields.or("cancelled", false)?,
            http: fields.or("http", None)?,
        };
        fields.end()?;
        Ok(signals)
    }
}

impl<'a> Read<'a> for HttpSignals<'a> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let signals = Self {
            method: fields.need("method")?,
            has_key: fields.or("hasKey", false)?,
            replayed: fields.or("replayed", false)?,
            problem_type: fields.or("problemType", None)?,
            can_refresh: fields.or("canRefresh", false)?,
            new_connection: fields.or("newConnection", false)?,
        };
        fields.end()?;
        Ok(signals)
    }
}

impl<'a> Read<'a> for Hints<'a> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let mut hint = |name: &str| fields.or::<Option<Cow<'a, str>>>(name, None);
        let hints = Self {
            retry_after: hint("retryAfter")?,
            retry_after_ms: hint("retryAfterMs")?,
            rate_limit: hint("rateLimit")?,
            rate_limit_reset: hint("rateLimitReset")?,
            rate_limit_remaining: hint("rateLimitRemaining")?,
            date: hint("date")?,
        };
        fields.end()?;
        Ok(hints)
    }
}

impl<'a> Read<'a> for Refused<'a> {
    fn read(json: Json<'_, 'a>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        let refused = Self {
            status: fields.or("status", None)?,
            timed_out: fields.or("timedOut", false)?,
            problem_type: fields.or("problemType", None)?,
            code: fields.or("code", None)?,
            replayed: fields.or("replayed", false)?,
        };
        fields.end()?;
        Ok(refused)
    }
}
