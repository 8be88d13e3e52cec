//! Circuit breakers of one thread, behind handles.

use crate::answer;
use crate::answer::Plain;
use crate::mailbox::{self, Mailbox};
use crate::mailbox::{
    ADMITTED, CHANGED_FROM, CLOSED_EPOCH, DURATION, HANDLE, KEPT, MODE, OUTCOME, PERMIT, QUIET, SETTLED,
    STATE, TIMES, WAIT, WAITS, WAKE, WOULD_OPEN,
};
use crate::shared::Shared;
use crate::slab::Slab;
use once_again_core::breaker::shared::Asked;
use once_again_core::breaker::{
    Breaker, BreakerConfig, BreakerSpec, Change, Decision, FallbackStrategy, Mode, Outcome, Permit,
    RegistryConfig, Scraped, Snapshot, Transitions, prometheus,
};
use once_again_core::draw::Draw;
use once_again_core::error::ConfigError;
use once_again_core::json;
use once_again_core::spec::Unit;
use once_again_core::time::{Micros, Tick};
use serde::Serialize;
use std::cell::RefCell;

/// A breaker and what its metrics need beside it.
pub(crate) struct Kept {
    pub(crate) breaker: Breaker,
    transitions: Transitions,
    /// What of it is shared through a store.
    pub(crate) shared: Option<Box<Shared>>,
}

thread_local! {
    static BREAKERS: RefCell<Slab<Kept>> = const { RefCell::new(Slab::new()) };
}

/// The name of a breaker that was given none.
const UNNAMED: &str = "default";

/// What the driver should know about a new breaker. Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    handle: f64,
    name: String,
    fallback_strategy: &'static str,
    /// Whether the driver must measure how long calls take.
    times_calls: bool,
    /// How many values a caching breaker keeps, and for how long.
    cache: Option<Cache>,
    health_check: Option<HealthCheck>,
    closed_epoch: u64,
    quiet: bool,
}

#[derive(Serialize)]
struct Cache {
    values: usize,
    age: f64,
}

#[derive(Serialize)]
struct HealthCheck {
    interval: f64,
    timeout: f64,
}

/// Makes a breaker from a configuration; answers its handle and what the driver needs, or the refusal.
#[must_use]
pub fn open(config: &str) -> String {
    answer::text(try_open(config))
}

fn try_open(config: &str) -> Result<Opened, ConfigError> {
    let config = BreakerConfig::try_from(read(config)?)?;
    let name = config.name().unwrap_or(UNNAMED);
    let breaker = Breaker::new(&config);
    Ok(Opened {
        closed_epoch: breaker.closed_epoch(),
        quiet: breaker.quiet(),
        handle: BREAKERS.with_borrow_mut(|breakers| {
            breakers.insert(Kept { breaker, transitions: Transitions::new(), shared: None })
        }),
        name: name.into(),
        fallback_strategy: config.fallback_strategy().name(),
        times_calls: config.times_calls(),
        cache: (config.fallback_strategy() == FallbackStrategy::Cache).then(|| Cache {
            values: FallbackStrategy::CACHED_VALUES,
            age: mailbox::millis(FallbackStrategy::CACHED_FOR),
        }),
        health_check: config.health_check().map(|check| HealthCheck {
            interval: mailbox::millis(check.interval),
            timeout: mailbox::millis(check.timeout),
        }),
    })
}

pub(crate) fn read(config: &str) -> Result<BreakerSpec, ConfigError> {
    BreakerSpec::read(&answer::config(config)?, Unit::Millis, "")
}

/// A configuration, or the preset of a name, with every default filled in; nothing is kept.
#[must_use]
pub fn complete(config: &str) -> String {
    answer::text(read(config).and_then(|spec| {
        BreakerConfig::try_from(spec.clone())?;
        Ok(Plain(spec.to_value(Unit::Millis)))
    }))
}

/// What is worth keeping of a breaker at `now` (milliseconds), as JSON; `null` when it is closed.
#[must_use]
pub fn snapshot(handle: f64, now: f64) -> String {
    BREAKERS.with_borrow_mut(|breakers| {
        json::to_string(&breakers.get_mut(handle).map(|kept| kept.breaker.snapshot(mailbox::tick(now))))
    })
}

/// What the driver should know about a breaker that goes on where another one stopped.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Restored {
    state: &'static str,
    closed_epoch: u64,
    quiet: bool,
}

/// Has the breaker behind `handle`, which was made from `config`, go on at `now` where `snapshot` stopped.
#[must_use]
pub fn restore(handle: f64, config: &str, snapshot: &str, now: f64) -> String {
    answer::text(try_restore(handle, config, snapshot, now))
}

fn try_restore(handle: f64, config: &str, snapshot: &str, now: f64) -> Result<Restored, ConfigError> {
    let config = BreakerConfig::try_from(read(config)?)?;
    let snapshot: Snapshot = json::read(snapshot)
        .map_err(|error| ConfigError::new("snapshot", error.to_string(), "what `snapshot()` answered"))?;
    let breaker = Breaker::restore(&config, &snapshot, mailbox::tick(now)).map_err(|error| {
        let ConfigError { field, value, expected } = error;
        ConfigError::new(format!("snapshot.{field}"), value, expected)
    })?;
    let restored = Restored {
        state: breaker.state().name(),
        closed_epoch: breaker.closed_epoch(),
        quiet: breaker.quiet(),
    };
    BREAKERS.with_borrow_mut(|breakers| {
        if let Some(kept) = breakers.get_mut(handle) {
            kept.breaker = breaker;
        }
    });
    Ok(restored)
}

/// How many breakers a registry of this configuration keeps, as JSON.
#[must_use]
pub fn registry(config: &str) -> String {
    answer::text(
        answer::config(config)
            .and_then(|config| RegistryConfig::read(&config, Unit::Millis, ""))
            .map(|RegistryConfig { max_breakers }| Registry { max_breakers }),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Registry {
    max_breakers: u32,
}

/// Breakers in the text format of Prometheus, from a JSON list of names and handles; those that are closed are left out.
#[must_use]
pub fn metrics(breakers: &str) -> String {
    let named: Vec<(String, f64)> = json::read(breakers).unwrap_or_default();
    BREAKERS.with_borrow(|breakers| {
        let found = named.iter().filter_map(|(name, handle)| Some((name, breakers.get(*handle)?)));
        prometheus(found.map(|(name, Kept { breaker, transitions, .. })| Scraped {
            name,
            breaker,
            transitions,
        }))
    })
}

/// Frees a breaker; a handle that is not valid any more is left alone.
pub fn close(handle: f64) {
    BREAKERS.with_borrow_mut(|breakers| breakers.remove(handle));
}

/// May a call be made? Reads `HANDLE`, `NOW` and `WAITS`; answers `ADMITTED` with `PERMIT`, or `WAIT`.
pub fn admit(mail: &Mailbox) {
    with(mail, |Kept { breaker, shared, .. }| {
        let now = mailbox::now(mail);
        let admission = match shared {
            None => breaker.admit(now),
            Some(shared) if mail[WAITS].get() == 0.0 => shared.link.admit_now(breaker, now),
            Some(shared) => match shared.link.admit(breaker, now) {
                Asked::Answer(admission) => admission,
                Asked::Claim(request, change) => {
                    shared.claim = Some(request);
                    mail[ADMITTED].set(2.0);
                    return change;
                }
            },
        };
        decide(mail, admission.decision);
        admission.change
    });
}

/// Answers `ADMITTED` with `PERMIT`, or `WAIT`.
pub(crate) fn decide(mail: &Mailbox, decision: Decision) {
    match decision {
        Decision::Permit(permit) => {
            mail[ADMITTED].set(1.0);
            for (word, number) in mail[PERMIT..].iter().zip(permit.to_words()) {
                word.set(number);
            }
        }
        Decision::Rejected { retry_after, .. } => {
            mail[ADMITTED].set(0.0);
            mail[WAIT].set(mailbox::millis(retry_after));
        }
    }
}

/// A call has ended. Reads `HANDLE`, `NOW`, `DRAW`, `PERMIT`, `OUTCOME` and `DURATION`; answers `SETTLED` and `WOULD_OPEN`.
pub fn settle(mail: &Mailbox) {
    with(mail, |kept| {
        let permit = Permit::from_words([mail[PERMIT].get(), mail[PERMIT + 1].get(), mail[PERMIT + 2].get()]);
        let duration = mailbox::span(mail[DURATION].get()).unwrap_or(Micros::ZERO);
        let (outcome, now, draw) = (outcome(mail[OUTCOME].get()), mailbox::now(mail), mailbox::draw(mail));
        let breaker = &mut kept.breaker;
        let settlement = match &mut kept.shared {
            None => breaker.settle(permit, outcome, duration, now, draw),
            Some(shared) => shared.link.settle(breaker, permit, outcome, duration, now, draw),
        };
        mail[SETTLED].set(f64::from(settlement.verdict as u8));
        mail[WOULD_OPEN].set(f64::from(u8::from(settlement.would_open)));
        settlement.change
    });
}

/// Calls of `CLOSED_EPOCH` have succeeded, and the driver kept that back until somebody could tell the difference. Each
/// counts at its own time, so this is the same as having been told at once. Reads `HANDLE`, `KEPT` and `TIMES`.
pub fn succeeded(mail: &Mailbox) {
    with(mail, |Kept { breaker, .. }| {
        let permit = Permit::call(breaker.closed_epoch());
        for time in mail[TIMES..].iter().take(kept(mail)) {
            // No success of a closed breaker opens it, so no draw is taken.
            let now = mailbox::tick(time.get());
            breaker.settle(permit, Outcome::Success, Micros::ZERO, now, Draw::default());
        }
        None
    });
}

/// An active health check has ended: well when `OUTCOME` is that of a success. Reads `HANDLE` and `NOW`.
pub fn health(mail: &Mailbox) {
    with(mail, |kept| {
        kept.breaker.health(outcome(mail[OUTCOME].get()) == Outcome::Success, mailbox::now(mail));
        None
    });
}

/// An operator holds the breaker open. Reads `HANDLE`.
pub fn isolate(mail: &Mailbox) {
    with(mail, |kept| kept.breaker.isolate());
}

/// An operator lets go of it. Reads `HANDLE`.
pub fn release(mail: &Mailbox) {
    with(mail, |kept| kept.breaker.release());
}

/// An operator turns the breaker off, into an observer, or on again. Reads `HANDLE` and `MODE`.
pub fn set_mode(mail: &Mailbox) {
    with(mail, |kept| kept.breaker.set_mode(mode(mail[MODE].get())));
}

/// An operator has the breaker begin anew. Reads `HANDLE`.
pub fn reset(mail: &Mailbox) {
    with(mail, |kept| kept.breaker.reset());
}

/// What the breaker has counted as of `now` (milliseconds), as JSON; `null` when it is closed.
#[must_use]
pub fn stats(handle: f64, now: f64) -> String {
    BREAKERS.with_borrow_mut(|breakers| {
        let counters = breakers.get_mut(handle).map(|kept| kept.breaker.counters(mailbox::tick(now)));
        json::to_string(&counters)
    })
}

/// Plays an event on the breaker that is asked, and tells the driver what it keeps on its own object between two questions.
pub(crate) fn with(mail: &Mailbox, event: impl FnOnce(&mut Kept) -> Option<Change>) {
    BREAKERS.with_borrow_mut(|breakers| {
        mailbox::answer(
            mail,
            breakers.get_mut(mail[HANDLE].get()).map(|kept| {
                let change = event(kept);
                if let Some(change) = change {
                    kept.transitions.count(change);
                }
                mail[WAKE].set(kept.wake());
                mail[STATE].set(f64::from(kept.breaker.state() as u8));
                mail[CHANGED_FROM].set(change.map_or(-1.0, |change| f64::from(change.from as u8)));
                mail[CLOSED_EPOCH].set(epoch(kept.breaker.closed_epoch()));
                mail[QUIET].set(f64::from(u8::from(kept.breaker.quiet())));
            }),
        );
    });
}

impl Kept {
    /// What `look` sees of the breaker behind `handle`, if it is not closed.
    pub(crate) fn find<R>(handle: f64, look: impl FnOnce(&mut Self) -> R) -> Option<R> {
        BREAKERS.with_borrow_mut(|breakers| breakers.get_mut(handle).map(look))
    }

    /// When it has something to send, milliseconds.
    fn wake(&self) -> f64 {
        let at = self.shared.as_ref().map_or(Tick::MAX, |shared| shared.link.wake(&self.breaker));
        if at == Tick::MAX { f64::INFINITY } else { mailbox::tick_millis(at) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "epochs stay below 2^53")]
fn epoch(epoch: u64) -> f64 {
    epoch as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn kept(mail: &Mailbox) -> usize {
    mail[KEPT].get() as usize
}

/// Whatever is no outcome says nothing about the dependency.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked whole and in range")]
fn outcome(number: f64) -> Outcome {
    let whole = (number.fract() == 0.0 && (0.0..=255.0).contains(&number)).then_some(number as u8);
    whole.and_then(Outcome::from_number).unwrap_or(Outcome::Ignored)
}

/// Whatever is no mode is the one without any.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn mode(number: f64) -> Mode {
    Mode::from_number(number as u8).unwrap_or(Mode::Normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_outcome_says_nothing_about_the_dependency() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.5, 4.0, 256.0, 1e300] {
            assert_eq!(outcome(number), Outcome::Ignored, "{number}");
        }
        let known = [0.0, 1.0, 2.0, 3.0].map(|number| outcome(number).name());
        assert_eq!(known, ["success", "failure", "ignored", "abandoned"]);
    }
}
