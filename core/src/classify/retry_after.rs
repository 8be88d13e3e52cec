//! When the server asked to be called again.

use super::date;
use crate::time::{Micros, Timestamp};
use std::borrow::Cow;

/// The response headers that say when, as they came. A header that came more than once is joined with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// By field, the names of its header, in lower case. Where both came, the first stands.
const NAMES: [&[&str]; 6] = [
    &["retry-after"],
    &["retry-after-ms"],
    &["ratelimit"],
    &["ratelimit-reset", "x-ratelimit-reset"],
    &["ratelimit-remaining", "x-ratelimit-remaining"],
    &["date"],
];

impl<'a> Hints<'a> {
    /// Those among the lines of a response's header, whose names may be in any case.
    pub fn of<'n>(lines: impl Iterator<Item = (&'n str, &'a str)> + Clone) -> Self {
        let [retry_after, retry_after_ms, rate_limit, rate_limit_reset, rate_limit_remaining, date] =
            NAMES.map(move |names| names.iter().find_map(|name| joined(lines.clone(), name)));
        Self { retry_after, retry_after_ms, rate_limit, rate_limit_reset, rate_limit_remaining, date }
    }

    /// Whether a header of this name is one.
    #[must_use]
    pub fn reads(name: &str) -> bool {
        NAMES.iter().copied().flatten().any(|known| known.eq_ignore_ascii_case(name))
    }
}

fn joined<'n, 'a>(lines: impl Iterator<Item = (&'n str, &'a str)>, wanted: &str) -> Option<Cow<'a, str>> {
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| Cow::Borrowed(value))
        .reduce(|all, value| format!("{all}, {value}").into())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the instant of RFC 9110's examples.
    const EXAMPLE: Timestamp = Timestamp::new(784_111_777_000_000);

    fn after(text: &str) -> Option<u64> {
        let hints = Hints { retry_after: Some(text.into()), ..Hints::default() };
        read(&hints, EXAMPLE.minus(Micros::from_secs(10))).map(Micros::get)
    }

    #[test]
    fn seconds_are_read_whole_fractional_and_negative() {
        assert_eq!(after("120"), Some(120_000_000));
        assert_eq!(after(" 0 "), Some(0));
        assert_eq!(after("1.5"), Some(1_500_000));
        assert_eq!(after("0.0000001"), Some(1), "rounded up, so that a hint is never undercut");
        assert_eq!(after("-7"), Some(0));
        assert_eq!(after("99999999999999999999999"), Some(crate::time::MAX_MICROS));
    }

    #[test]
    fn all_three_forms_of_a_date_are_one_instant() {
        for form in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(after(form), Some(10_000_000), "{form}");
        }
    }

    #[test]
    fn a_date_in_the_past_is_now() {
        assert_eq!(after("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0));
        assert_eq!(after("Thu, 01 Jan 1903 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn what_is_no_hint_is_none() {
        for text in ["", "soon", "1e3", "+5", "1.", ".5", "0x10", "12 s", "Sun, 06 Nov 1994", "٣"] {
            assert_eq!(after(text), None, "{text}");
        }
    }

    #[test]
    fn the_servers_own_clock_is_what_its_dates_are_read_against() {
        let hints = Hints {
            retry_after: Some("Sun, 06 Nov 1994 08:49:37 GMT".into()),
            date: Some("Sun, 06 Nov 1994 08:49:07 GMT".into()),
            ..Hints::default()
        };
        // Our clock is an hour ahead; the server means thirty seconds.
        assert_eq!(read(&hints, EXAMPLE.plus(Micros::from_secs(3_600))), Some(Micros::from_secs(30)));
    }

    #[test]
    fn an_unreadable_header_gives_way_to_the_next() {
        let all = Hints {
            retry_after: Some("shortly".into()),
            retry_after_ms: Some("250".into()),
            rate_limit: Some("\"default\";r=0;t=5".into()),
            rate_limit_reset: Some("7".into()),
            ..Hints::default()
        };
        assert_eq!(read(&all, EXAMPLE), Some(Micros::from_millis(250)));
        let fewer = Hints { retry_after_ms: None, ..all };
        assert_eq!(read(&fewer, EXAMPLE), Some(Micros::from_secs(5)));
        let last = Hints { rate_limit: None, ..fewer };
        assert_eq!(read(&last, EXAMPLE), Some(Micros::from_secs(7)));
        assert_eq!(read(&Hints::default(), EXAMPLE), None);
    }

    #[test]
    fn hints_are_found_among_the_lines_of_a_header() {
        let lines = [
            ("X-RateLimit-Reset", "7"),
            ("content-type", "text/plain"),
            ("RateLimit", "\"a\";t=3"),
            ("ratelimit-reset", "5"),
            ("ratelimit", "\"b\";t=4"),
            ("X-RATELIMIT-REMAINING", "0"),
        ];
        let expected = Hints {
            rate_limit: Some("\"a\";t=3, \"b\";t=4".into()),
            rate_limit_reset: Some("5".into()),
            rate_limit_remaining: Some("0".into()),
            ..Hints::default()
        };
        assert_eq!(Hints::of(lines.into_iter()), expected);
        let told = |(name, _): &(&str, &str)| Hints::reads(name);
        assert_eq!(lines.iter().filter(|line| told(line)).count(), 5);
    }

    #[test]
    fn of_several_quotas_only_the_used_up_ones_make_us_wait_and_the_longest_counts() {
        let wait = |text: &str| rate_limit(text).map(Micros::get);
        assert_eq!(wait("\"burst\";r=0;t=5, \"daily\";r=0;t=60"), Some(60_000_000));
        assert_eq!(wait("\"burst\";r=0;t=5, \"daily\";r=10;t=3600"), Some(5_000_000));
        assert_eq!(wait("\"burst\";r=3;t=5"), None);
        assert_eq!(wait("\"a;t=9,b\";r=0;t=2"), Some(2_000_000));
        assert_eq!(wait("limit=100, remaining=0, reset=50"), Some(50_000_000));
        assert_eq!(wait("limit=100, remaining=4, reset=50"), None);
        assert_eq!(wait("nonsense"), None);
    }

    #[test]
    fn a_reset_is_a_delay_or_a_point_in_time_and_nothing_while_something_remains() {
        let reset = |reset: &'static str, remaining: Option<&'static str>| {
            let hints = Hints {
                rate_limit_reset: Some(reset.into()),
                rate_limit_remaining: remaining.map(Into::into),
                ..Hints::default()
            };
            read(&hints, Timestamp::new(1_700_000_000_000_000)).map(Micros::get)
        };
        assert_eq!(reset("30", None), Some(30_000_000));
        assert_eq!(reset("1700000042", Some("0")), Some(42_000_000));
        assert_eq!(reset("30", Some("12")), None);
    }
}
