//! What a shared breaker asks of its store, as the scripts and arguments that any Redis client can send.

use serde::Serialize;

use crate::breaker::config::{Rules, Trial};
use crate::breaker::spec::Abandoned;
use crate::time::Micros;

/// Bumped when a script's key, arguments or answer change, so that versions which differ do not meet in one record.
const LAYOUT: &str = "once-again:breaker:1:";

macro_rules! script {
    ($file:literal) => {
        concat!(include_str!("record.lua"), "\n", include_str!($file))
    };
}

const REFRESH: &str = script!("refresh.lua");
const PUBLISH: &str = script!("publish.lua");
const CLAIM: &str = script!("claim.lua");
const SETTLE: &str = script!("settle.lua");

/// How long a probe's number that nobody waits for is kept for the next caller.
pub(super) const RESERVED: Micros = Micros::from_secs(5);
/// How long a claim may keep a caller waiting.
const CLAIM_TIMEOUT: Micros = Micros::from_millis(250);
/// How long everything else may take, which nobody waits for.
const TIMEOUT: Micros = Micros::from_secs(1);
/// A record outlives everything that is under way in it by this much; what is absent counts as closed.
const KEPT: Micros = Micros::from_secs(3_600);

/// One request to the store. It is made by [`Link`](super::Link) and goes back to it with the reply, as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// What is the record now?
    Refresh,
    /// This breaker has opened or closed, going by the record's epoch `base`.
    Publish {
        /// The epoch it went by.
        base: u64,
        /// Whether it opened.
        open: bool,
        /// How long it stays open.
        open_for: Micros,
        /// How long the next opening lasts, in 2⁻¹⁶ µs.
        wait: u64,
    },
    /// May one more probe fly?
    Claim {
        /// The epoch it goes by.
        base: u64,
        /// Whether a health check has ended the wait early.
        healthy: bool,
        /// How long the next opening lasts, in 2⁻¹⁶ µs.
        wait: u64,
        /// Whether no caller waits for it: then its number is kept for the next one.
        reserve: bool,
    },
    /// A probe has ended, or, being reserved, has begun.
    Settle {
        /// The probe's epoch.
        epoch: u64,
        /// The probe's number.
        probe: u32,
        /// What happened to it.
        what: Settled,
    },
}

/// What happened to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Settled {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// It says nothing: its place goes to somebody else.
    Nothing,
    /// It has begun: its lease runs from now.
    Hold,
}

/// A script for the store to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The script's text.
    pub script: &'static str,
    /// Its only key.
    pub key: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// After this long without an answer the store counts as away.
    pub timeout: Micros,
}

/// The key of the record that breakers of this name share.
pub(super) fn key(name: &str) -> String {
    format!("{LAYOUT}{name}")
}

impl Request {
    /// The command that carries it out; `clock` is the time in microseconds, 0 for the store's own.
    pub(super) fn command(self, key: &str, rules: &Rules, clock: u64) -> Command {
        let trial = &rules.trial;
        let flag = |yes: bool| u8::from(yes).to_string();
        let kept = (keep(rules).get() / 1_000).to_string();
        let mut args = vec![clock.to_string()];
        let (script, timeout) = match self {
            Self::Refresh => (REFRESH, TIMEOUT),
            Self::Publish { base, open, open_for, wait } => {
                args.extend([
                    base.to_string(),
                    flag(open),
                    open_for.get().to_string(),
                    wait.to_string(),
                    kept,
                ]);
                (PUBLISH, TIMEOUT)
            }
            Self::Claim { base, healthy, wait, reserve } => {
                // A probe that was never made fails nobody.
                let (lease, counts) = if reserve { (RESERVED, false) } else { lease(trial) };
                args.extend([
                    base.to_string(),
                    flag(healthy),
                    wait.to_string(),
                    trial.calls.to_string(),
                    trial.max_concurrent.to_string(),
                    lease.get().to_string(),
                    flag(counts),
                    kept,
                ]);
                (CLAIM, if reserve { TIMEOUT } else { CLAIM_TIMEOUT })
            }
            Self::Settle { epoch, probe, what } => {
                args.extend([epoch.to_string(), probe.to_string(), what.name().into()]);
                if what == Settled::Hold {
                    let (lease, counts) = lease(trial);
                    args.extend([lease.get().to_string(), flag(counts)]);
                }
                (SETTLE, TIMEOUT)
            }
        };
        Command { script, key: key.into(), args, timeout }
    }
}

impl Settled {
    const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Nothing => "nothing",
            Self::Hold => "hold",
        }
    }
}

/// How long a probe may fly, and whether the end of that is a failure.
fn lease(trial: &Trial) -> (Micros, bool) {
    (trial.lease, trial.abandoned == Abandoned::Failure)
}

/// How long a record must be kept: through an open wait, or through all that a trial may take.
fn keep(rules: &Rules) -> Micros {
    rules.wait.max.plus(rules.trial.lease).plus(KEPT)
}
