//! Settings of outboxes of one thread, behind handles; the writes themselves are the driver's, and cross as JSON text.

use crate::answer;
use crate::mailbox::{self, drawn, millis, span, timestamp};
use crate::slab::Slab;
use once_again_core::json::{self, Fields, Json, JsonError, Read};
use once_again_core::outbox::{Counts, Fate, OutboxConfig, Sending, Waiting};
use once_again_core::retry::Verdict;
use once_again_core::spec::Unit;
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static OUTBOXES: RefCell<Slab<OutboxConfig>> = const { RefCell::new(Slab::new()) };
}

#[derive(Serialize)]
struct Opened {
    handle: f64,
}

/// A write that waits; times in milliseconds.
struct Write(Waiting);

impl Read<'_> for Write {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        Ok(Self(Waiting {
            origin: fields.need("origin")?,
            made_at: timestamp(fields.need("madeAt")?),
            failed_at: fields.or("failedAt", None)?.map(timestamp),
            wait: span(fields.need("wait")?).unwrap_or_default(),
            busy: fields.need("busy")?,
        }))
    }
}

/// When a plan is asked for; milliseconds since the Unix epoch.
struct Moment {
    now: f64,
    online: bool,
    asked_at: f64,
    writes: Vec<Write>,
}

impl Read<'_> for Moment {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        Ok(Self {
            now: fields.need("now")?,
            online: fields.need("online")?,
            asked_at: fields.need("askedAt")?,
            writes: fields.need("writes")?,
        })
    }
}

/// What to do; `wake` in milliseconds from now.
#[derive(Default, Serialize)]
struct Plan {
    send: Vec<usize>,
    expired: Vec<usize>,
    wake: Option<f64>,
}

/// How a sending ended.
struct Ended {
    before: Counts,
    sending: Sending,
    draw: f64,
}

impl Read<'_> for Ended {
    fn read(json: Json<'_, '_>) -> Result<Self, JsonError> {
        let mut fields = Fields::of(json)?;
        Ok(Self {
            before: Counts { failures: fields.need("failures")?, answers: fields.need("answers")? },
            sending: Sending {
                status: fields.or("status", None)?,
                verdict: Verdict::from_bits(crate::retry::bits(fields.need("verdict")?)),
                // Milliseconds; negative for none.
                retry_after: mailbox::span(fields.need("retryAfter")?),
                watched: fields.need("watched")?,
            },
            draw: fields.need("draw")?,
        })
    }
}

/// What becomes of it; `wait` in milliseconds.
#[derive(Default, Serialize)]
struct Told {
    fate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
}

/// Reads the settings of an outbox; answers a handle, or the refusal. `path` stands before a field's name.
#[must_use]
pub fn open(config: &str, path: &str) -> String {
    let read = answer::config(config).and_then(|config| OutboxConfig::read(&config, Unit::Millis, path));
    answer::text(
        read.map(|config| Opened { handle: OUTBOXES.with_borrow_mut(|outboxes| outboxes.insert(config)) }),
    )
}

/// Frees settings; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    OUTBOXES.with_borrow_mut(|outboxes| outboxes.remove(handle));
}

/// The setting that leaves no room for a write of `size` bytes beside `records` of `bytes` in all; empty when there is
/// room, `gone` when the outbox was closed.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
pub fn admit(handle: f64, records: f64, bytes: f64, size: f64) -> String {
    let full = ask(handle, |config| config.admit(records as u64, bytes as u64, size as u64));
    full.map_or("gone", |full| full.map_or("", once_again_core::outbox::Full::name)).into()
}

/// Which writes are sent now; JSON in and out. Nothing at all when the outbox was closed.
#[must_use]
pub fn plan(handle: f64, moment: &str) -> String {
    let Ok(Moment { now, online, asked_at, writes }) = json::read(moment) else {
        return json::to_string(&Plan::default());
    };
    let waiting: Vec<Waiting> = writes.into_iter().map(|Write(waiting)| waiting).collect();
    let plan = ask(handle, |config| config.plan(&waiting, timestamp(now), online, timestamp(asked_at)));
    let plan = plan.map(|plan| Plan { send: plan.send, expired: plan.expired, wake: plan.wake.map(millis) });
    json::to_string(&plan.unwrap_or_default())
}

/// What becomes of a write after an attempt; JSON in and out. `gone` when the outbox was closed: then it stays as it is.
#[must_use]
pub fn settle(handle: f64, ended: &str) -> String {
    let fate = json::read::<Ended>(ended).ok().and_then(|Ended { before, sending, draw }| {
        ask(handle, |config| config.settle(before, &sending, drawn(draw)))
    });
    json::to_string(&match fate {
        None => Told { fate: "gone", ..Told::default() },
        Some(Fate::Settled) => Told { fate: "settled", ..Told::default() },
        Some(Fate::Dead(death)) => Told { fate: "dead", reason: Some(death.name()), ..Told::default() },
        Some(Fate::Later { wait, counts }) => Told {
            fate: "later",
            wait: Some(millis(wait)),
            failures: Some(counts.failures),
            answers: Some(counts.answers),
            ..Told::default()
        },
    })
}

fn ask<T>(handle: f64, question: impl FnOnce(&OutboxConfig) -> T) -> Option<T> {
    OUTBOXES.with_borrow_mut(|outboxes| outboxes.get_mut(handle).map(|config| question(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_were_closed_decide_nothing() {
        let opened = open(r#"{"maxRecords": 1}"#, "");
        let handle = opened.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        let moment = r#"{"now": 9, "online": true, "askedAt": 0, "writes": [
            {"origin": "a", "madeAt": 1, "wait": 0, "busy": false},
            {"origin": "b", "madeAt": 1, "failedAt": 5, "wait": 10.5, "busy": false}]}"#;
        let ended = r#"{"failures": 0, "answers": 0, "status": 422, "verdict": 0, "retryAfter": -1, "watched": false, "draw": 0}"#;
        assert_eq!(
            (admit(handle, 0.0, 0.0, 9.0), admit(handle, 1.0, 0.0, 9.0)),
            (String::new(), "maxRecords".into())
        );
        assert_eq!(plan(handle, moment), r#"{"send":[0],"expired":[],"wake":6.5}"#);
        assert_eq!(settle(handle, ended), r#"{"fate":"dead","reason":"refused"}"#);
        close(handle);
        assert_eq!(admit(handle, 0.0, 0.0, 9.0), "gone");
        assert_eq!(plan(handle, moment), r#"{"send":[],"expired":[],"wake":null}"#);
        assert_eq!(settle(handle, ended), r#"{"fate":"gone"}"#);
    }

    #[test]
    fn a_write_that_waits_is_told_for_how_long() {
        let opened = open("{}", "");
        let handle = opened.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        // Kind Network, retried.
        let verdict = f64::from(once_again_core::classify::Kind::Network as u32 | 1 << 4);
        let ended = format!(
            r#"{{"failures": 1, "answers": 0, "status": null, "verdict": {verdict}, "retryAfter": -1, "watched": true, "draw": 0}}"#
        );
        assert_eq!(settle(handle, &ended), r#"{"fate":"later","wait":1000,"failures":2,"answers":0}"#);
    }
}
