//! Which headers of an answer are kept with it, and which are added when it goes out.

use super::config::HttpConfig;
use crate::idempotency::record::{Body, Outcome};
use crate::time::Timestamp;

/// One header line: its name as written, and its value.
pub type Header = (String, String);

/// Tells a first answer (`false`) from a replay (`true`).
pub const REPLAY: &str = "X-Idempotency-Replay";
/// `true` on a replay, absent otherwise: clients treat such an answer as final.
pub const REPLAYED: &str = "Idempotent-Replayed";
/// The key the answer is kept under.
pub const KEY: &str = "X-Idempotency-Key";
/// When the first request began (RFC 3339).
pub const ORIGINAL_TIMESTAMP: &str = "X-Original-Timestamp";
/// `lost` on an answer that could not be recorded: a retry may run the handler again.
pub const COMPLETION: &str = "Idempotency-Completion";

const EXPOSE: &str = "Access-Control-Expose-Headers";
const OURS: [&str; 5] = [REPLAY, REPLAYED, KEY, ORIGINAL_TIMESTAMP, COMPLETION];

/// Headers of one connection (RFC 9110, 7.6.1, and the list of RFC 2616, 13.5.1 that old proxies still follow).
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of one answer: a replay has its own date and length, and must never hand out a session again.
const ONE_ANSWER: [&str; 4] = ["content-length", "date", "set-cookie", "set-cookie2"];

/// Headers of one request's trace: a replay belongs to another trace.
const TRACE: [&str; 14] = [
    "b3",
    "baggage",
    "sentry-trace",
    "server-timing",
    "traceparent",
    "traceresponse",
    "tracestate",
    "uber-trace-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-request-id",
    "x-trace-id",
];
const TRACE_PREFIXES: [&str; 2] = ["x-b3-", "x-datadog-"];

/// The headers to keep with an answer, in their order, each byte for byte.
///
/// Left out: hop-by-hop headers and whatever `Connection` names, `Set-Cookie`, `Date`, `Content-Length` (a replay's is
/// counted from its body), trace headers, our own, and any line that no HTTP message can carry.
#[must_use]
pub fn strip(headers: &[Header]) -> Vec<Header> {
    let named: Vec<&str> = values(headers, "connection").flat_map(list).collect();
    headers
        .iter()
        .filter(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let lower = lower.as_str();
            carriable(name, value)
                && !HOP_BY_HOP.contains(&lower)
                && !ONE_ANSWER.contains(&lower)
                && !TRACE.contains(&lower)
                && !TRACE_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
                && !OURS.iter().any(|our| our.eq_ignore_ascii_case(name))
                && !named.iter().any(|option| option.eq_ignore_ascii_case(name))
        })
        .cloned()
        .collect()
}

impl HttpConfig {
    /// The headers to set on a first answer; `answer` holds those it has already.
    #[must_use]
    pub fn first_answer(&self, shown_key: &str, answer: &[Header]) -> Vec<Header> {
        let mut added = vec![line(REPLAY, "false")];
        added.extend(shown(shown_key));
        added.extend(self.exposed(answer));
        added
    }

    /// All headers of a replay: those kept, the length of the body, and what tells that this is a replay.
    #[must_use]
    pub fn replay(&self, outcome: &Outcome, shown_key: &str, created: Timestamp) -> Vec<Header> {
        let exposed = self.exposed(&outcome.headers);
        // Stripped again, because the record may have been written by another version or another program.
        let mut headers = strip(&outcome.headers);
        if exposed.is_some() {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case(EXPOSE));
        }
        if let (Body::Kept(body), true) = (&outcome.body, has_length(outcome.status)) {
            headers.push(line("Content-Length", &body.len().to_string()));
        }
        headers.push(line(REPLAYED, "true"));
        headers.push(line(REPLAY, "true"));
        headers.extend(shown(shown_key));
        headers.push(line(ORIGINAL_TIMESTAMP, &rfc3339(created)));
        headers.extend(exposed);
        headers
    }

    /// `Access-Control-Expose-Headers` with our names beside those the answer exposes, when a page shall read them.
    fn exposed(&self, answer: &[Header]) -> Option<Header> {
        if !self.expose_headers() {
            return None;
        }
        let mut names: Vec<&str> =
            values(answer, EXPOSE).flat_map(list).filter(|name| is_token(name)).collect();
        for our in OURS {
            if !names.iter().any(|name| name.eq_ignore_ascii_case(our)) {
                names.push(our);
            }
        }
        Some(line(EXPOSE, &names.join(", ")))
    }
}

/// What marks an answer whose completion could not be recorded.
#[must_use]
pub fn completion_lost() -> Header {
    line(COMPLETION, "lost")
}

/// `2024-01-01T00:00:00Z`, with milliseconds where they are not zero.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let millis = at.get() / 1_000 % 1_000;
    let seconds = at.get() / 1_000_000;
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counted in years that begin in March, so that the leap day is the last of its year and months have a fixed pattern.
const fn civil(day: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01; 400 years are always 146 097 days.
    let day = day + 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The values of every line with this name.
pub(super) fn values<'a>(headers: &'a [Header], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The members of a comma list.
fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|member| !member.is_empty())
}

fn line(name: &str, value: &str) -> Header {
    (name.into(), value.into())
}

/// The key's own line; none for a text that no key can be, which would break the header apart.
fn shown(key: &str) -> Option<Header> {
    carriable(KEY, key).then(|| line(KEY, key))
}

/// Whether an HTTP message can carry this line: a token for a name (RFC 9110, 5.6.2), and a value of Latin-1 without
/// control characters (5.5). Line breaks in either would let a value become a header.
pub(super) fn carriable(name: &str, value: &str) -> bool {
    is_token(name) && value.chars().all(|c| matches!(c, '\t' | '\u{20}'..='\u{7E}' | '\u{80}'..='\u{FF}'))
}

pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Answers without content carry no length (RFC 9110, 8.6).
const fn has_length(status: u16) -> bool {
    status >= 200 && status != 204 && status != 304
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HttpSpec;
    use crate::idempotency::record::OutcomeKind;
    use crate::time::Micros;
    use proptest::prelude::*;

    fn config(expose: bool) -> HttpConfig {
        HttpConfig::try_from(HttpSpec { expose_headers: Some(expose), ..HttpSpec::default() }).unwrap()
    }

    fn lines(headers: &[(&str, &str)]) -> Vec<Header> {
        headers.iter().map(|(name, value)| line(name, value)).collect()
    }

    fn outcome(headers: &[(&str, &str)], body: &[u8]) -> Outcome {
        Outcome {
            kind: OutcomeKind::Http,
            status: 200,
            headers: lines(headers),
            body: Body::Kept(body.into()),
        }
    }

    #[test]
    fn what_belongs_to_one_connection_one_answer_or_one_trace_is_not_kept() {
        let answer = lines(&[
            ("Content-Type", "application/json"),
            ("connection", "close, X-Hop"),
            ("X-Hop", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Keep-Alive", "timeout=5"),
            ("SET-COOKIE", "sid=1"),
            ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("Content-Length", "2"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("X-B3-TraceId", "463ac35c9f6413ad"),
            ("X-Request-Id", "7"),
            ("X-Idempotency-Replay", "false"),
            ("Location", "/orders/7"),
            ("Link", "</a>; rel=a"),
            ("Link", "</b>; rel=b"),
        ]);
        let kept = lines(&[
            ("Content-Type", "application/json"),
            ("Location", "/orders/7"),
            ("Link", "</a>; rel=a"),
            ("Link", "</b>; rel=b"),
        ]);
        assert_eq!(strip(&answer), kept);
    }

    #[test]
    fn a_line_that_would_break_the_message_apart_never_comes_out() {
        let evil = [
            ("X-A", "1\r\nSet-Cookie: sid=1"),
            ("X-B", "1\nX: 2"),
            ("X-C\r\nX-D", "1"),
            ("X E", "1"),
            ("", "1"),
            ("X-F", "\0"),
            ("X-G", "\u{1F511}"),
        ];
        assert_eq!(strip(&lines(&evil)), []);
        let replay = config(false).replay(&outcome(&evil, b""), "k\r\nX: 1", Timestamp::ZERO);
        let names: Vec<&str> = replay.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Content-Length", REPLAYED, REPLAY, ORIGINAL_TIMESTAMP]);
    }

    #[test]
    fn a_first_answer_and_a_replay_say_which_they_are() {
        let config = config(false);
        assert_eq!(
            config.first_answer("order-1", &lines(&[("Access-Control-Expose-Headers", "ETag")])),
            lines(&[("X-Idempotency-Replay", "false"), ("X-Idempotency-Key", "order-1")])
        );
        // 2024-01-01T00:00:00Z, as in the example of nebula-idempotency.
        let created = Timestamp::new(1_704_067_200_000_000);
        assert_eq!(
            config.replay(&outcome(&[("ETag", "\"7\"")], b"{}"), "order-1", created),
            lines(&[
                ("ETag", "\"7\""),
                ("Content-Length", "2"),
                ("Idempotent-Replayed", "true"),
                ("X-Idempotency-Replay", "true"),
                ("X-Idempotency-Key", "order-1"),
                ("X-Original-Timestamp", "2024-01-01T00:00:00Z"),
            ])
        );
    }

    #[test]
    fn an_answer_without_content_is_replayed_without_a_length() {
        for status in [204, 304] {
            let outcome = Outcome { status, ..outcome(&[], b"") };
            let replay = config(false).replay(&outcome, "k", Timestamp::ZERO);
            assert_eq!(values(&replay, "content-length").next(), None, "{status}");
        }
    }

    #[test]
    fn exposed_names_join_those_the_answer_exposes() {
        const ALL: &str = "X-Idempotency-Replay, Idempotent-Replayed, X-Idempotency-Key, X-Original-Timestamp, \
                           Idempotency-Completion";
        let config = config(true);
        let first = config.first_answer("k", &lines(&[("access-control-expose-headers", "ETag, Link")]));
        assert_eq!(values(&first, EXPOSE).collect::<Vec<_>>(), [format!("ETag, Link, {ALL}")]);
        let broken = config.first_answer("k", &lines(&[(EXPOSE, "ETag, a b, X\r\nSet-Cookie: sid=1")]));
        assert_eq!(values(&broken, EXPOSE).collect::<Vec<_>>(), [format!("ETag, {ALL}")]);
        // What the first answer carried comes back once, not twice.
        let replay = config.replay(&outcome(&[(EXPOSE, &format!("ETag, {ALL}"))], b""), "k", Timestamp::ZERO);
        assert_eq!(values(&replay, EXPOSE).collect::<Vec<_>>(), [format!("ETag, {ALL}")]);
    }

    /// Instants whose text GNU `date -u` gives.
    #[test]
    fn timestamps_read_as_rfc_3339() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999Z"),
            (1_709_251_200_001_000, "2024-03-01T00:00:00.001Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59Z"),
            (4_107_542_400_000_999, "2100-03-01T00:00:00Z"),
            (crate::time::MAX_MICROS, "2255-06-05T23:47:34.740Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::new(micros)), text);
        }
        let day = Timestamp::new(1_735_689_599_000_000);
        assert_eq!(rfc3339(day), "2024-12-31T23:59:59Z");
        assert_eq!(rfc3339(day.plus(Micros::from_secs(1))), "2025-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn whatever_is_kept_comes_out_of_a_replay_byte_for_byte(
            headers in prop::collection::vec(("[A-Za-z-]{1,12}", "[ -~\t\u{80}-\u{FF}]{0,20}"), 0..8),
            expose in any::<bool>(),
        ) {
            let kept = strip(&headers);
            let outcome = Outcome { headers: kept.clone(), ..outcome(&[], b"") };
            let replay = config(expose).replay(&outcome, "k", Timestamp::ZERO);
            prop_assert_eq!(&replay[..kept.len()], &kept[..]);
        }

        #[test]
        fn no_line_break_comes_out_whatever_was_stored(
            headers in prop::collection::vec((any::<String>(), any::<String>()), 0..4),
            key in any::<String>(),
        ) {
            let outcome = Outcome { headers, ..outcome(&[], b"") };
            let config = config(true);
            let mut out = config.replay(&outcome, &key, Timestamp::ZERO);
            out.extend(config.first_answer(&key, &outcome.headers));
            for (name, value) in out {
                prop_assert!(carriable(&name, &value), "{name:?}: {value:?}");
            }
        }
    }
}
