//! When the server asked to be called again.

use super::date;
use crate::time::{Micros, Timestamp};
use serde::Deserialize;
use std::borrow::Cow;

/// The response headers that say when, as they came. A header that came more than once is joined with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Hints<'a> {
    /// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of HTTP.
    pub retry_after: Option<Cow<'a, str>>,
    /// `retry-after-ms`, as some services send it beside the former.
    pub retry_after_ms: Option<Cow<'a, str>>,
    /// `RateLimit`, of the draft on rate-limit headers: the parameter `t`, or `reset` in its older form.
    pub rate_limit: Option<Cow<'a, str>>,
    /// `RateLimit-Reset` or `X-RateLimit-Reset`: seconds, or (from 10⁹ on) seconds since the Unix epoch.
    pub rate_limit_reset: Option<Cow<'a, str>>,
    /// `RateLimit-Remaining` or `X-RateLimit-Remaining`: while something remains, a reset is no reason to wait.
    pub rate_limit_remaining: Option<Cow<'a, str>>,
    /// `Date`: the server's own clock, against which its dates are read.
    pub date: Option<Cow<'a, str>>,
}

/// How long the server asked to wait: the first hint that can be read, in the order of the fields. A time that has passed
/// is zero.
#[must_use]
pub fn read(hints: &Hints<'_>, now: Timestamp) -> Option<Micros> {
    let clock = hints.date.as_deref().and_then(|text| date::parse(text, now)).unwrap_or(now);
    hints
        .retry_after
        .as_deref()
        .and_then(|text| seconds(text).or_else(|| date::parse(text, now).map(|at| at.since(clock))))
        .or_else(|| hints.retry_after_ms.as_deref().and_then(|text| decimal(text, 1_000)))
        .or_else(|| hints.rate_limit.as_deref().and_then(rate_limit))
        .or_else(|| reset(hints, clock))
}

fn seconds(text: &str) -> Option<Micros> {
    decimal(text, 1_000_000)
}

/// From here on, a reset is a point in time: as a delay it would be thirty-one years.
const EPOCH_FROM: Micros = Micros::from_secs(1_000_000_000);

fn reset(hints: &Hints<'_>, clock: Timestamp) -> Option<Micros> {
    let remaining = hints.rate_limit_remaining.as_deref().and_then(seconds);
    if remaining.is_some_and(|remaining| !remaining.is_zero()) {
        return None;
    }
    let reset = seconds(hints.rate_limit_reset.as_deref()?)?;
    Some(if reset >= EPOCH_FROM { Timestamp::new(reset.get()).since(clock) } else { reset })
}

/// The longest wait among the quotas that are used up (`r=0`, or no `r` at all): the request needs all of them.
fn rate_limit(text: &str) -> Option<Micros> {
    // The older form is one quota written as a list: `limit=100, remaining=0, reset=50`.
    let old = text.contains("reset=");
    let quotas = if old { vec![text] } else { outside_quotes(text, ',') };
    quotas
        .into_iter()
        .filter_map(|quota| {
            let mut wait = None;
            for parameter in outside_quotes(quota, if old { ',' } else { ';' }) {
                match parameter.trim().split_once('=') {
                    Some(("t" | "reset", value)) => wait = seconds(value),
                    Some(("r" | "remaining", value)) if !seconds(value)?.is_zero() => return None,
                    _ => {}
                }
            }
            wait
        })
        .max()
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// A decimal number of units of `micros` microseconds each, in whole microseconds, rounded up so that a hint is never
/// undercut. Negative is zero; the RFC allows digits alone, services send fractions all the same.
fn decimal(text: &str, micros: u64) -> Option<Micros> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty()
        || fraction.is_empty()
        || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    if negative {
        return Some(Micros::ZERO);
    }
    // Digits only, so a failure to parse is an overflow.
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(micros);
    let (mut part, mut rest, mut scale) = (0, false, micros);
    for digit in fraction.bytes().map(|b| u64::from(b - b'0')) {
        scale /= 10;
        part += digit * scale;
        rest |= scale == 0 && digit > 0;
    }
    Some(Micros::new(whole.saturating_add(part + u64::from(rest))))
}
