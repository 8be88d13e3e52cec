//! What a shared breaker sends, and what it makes of the replies.
//!
//! ```text
//!          admit · settle             poll                      hear · lost · late
//!   host ────────────────▶ Link ────────────────▶ Request ──▶ store ─────────────────▶ Link
//! ```
//!
//! The record's epoch orders everything. A reply with a greater one than this process goes by (`known`) is newer and is
//! taken over; what this process finds out is published as the successor of `known`, and comes too late when the record
//! has moved on. While the two agree, the counts of all processes' probes decide as those of one would. What this
//! process counted alone is part of those counts, so a verdict that it reaches by itself is right as well.

use std::collections::VecDeque;

use super::request::{Command, Request, Settled, key};
use crate::breaker::config::BreakerConfig;
use crate::breaker::machine::{Breaker, WAIT_FRACTION};
use crate::breaker::permit::{
    Admission, Change, Decision, Outcome, Permit, PermitKind, Settlement, State, Verdict,
};
use crate::draw::Draw;
use crate::error::ConfigError;
use crate::time::{Micros, Tick};

/// The record is looked at, and an absent store tried again, at most this often.
pub(super) const INTERVAL: Micros = Micros::from_secs(1);

/// Whether the store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It has not been asked yet.
    New,
    /// It does: state and probes are shared.
    Attached,
    /// It does not: this process goes on alone.
    Detached,
}

/// May a call be made?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The answer.
    Answer(Admission),
    /// The store must say: send this, and the reply brings the answer.
    Claim(Request, Option<Change>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    None,
    Wanted,
    UnderWay,
}

/// The part of a breaker that is shared.
#[derive(Clone, Debug)]
pub struct Link {
    pub(super) key: String,
    pub(super) connection: Connection,
    /// The record's epoch that this process goes by; 0 for none.
    pub(super) known: u64,
    /// The breaker's own epoch when the link last looked. Where it differs, an operator has changed the state.
    pub(super) local: u64,
    /// When an open breaker is due by what was shared; earlier, and a health check has said so.
    pub(super) due: Tick,
    /// The breaker has opened or closed, and the store does not know.
    pub(super) news: bool,
    pub(super) publishing: bool,
    pub(super) refreshing: bool,
    /// The claim that nobody waits for.
    pub(super) reservation: Errand,
    /// When the record was last asked for.
    pub(super) asked: Option<Tick>,
    /// Claims under way. More than may fly at once would be in vain.
    pub(super) claims: u32,
    /// There was no place for a probe; there may be one at this time.
    pub(super) full_until: Tick,
    /// The probes in flight: this breaker's number and the record's.
    pub(super) probes: Vec<(u32, u32)>,
    /// A granted probe nobody has made yet, and until when it may be made.
    pub(super) spare: Option<(u32, Tick)>,
    pub(super) queue: VecDeque<Request>,
}

impl Link {
    /// Shares the breakers of this name.
    ///
    /// # Errors
    /// The configuration has no name.
    pub fn new(config: &BreakerConfig) -> Result<Self, ConfigError> {
        let name = config.name().filter(|name| !name.is_empty()).ok_or_else(|| {
            ConfigError::new("name", "nothing", "a name, by which the processes that share a breaker find it")
        })?;
        let most = config.rules.trial.max_concurrent as usize;
        Ok(Self {
            key: key(name),
            connection: Connection::New,
            known: 0,
            local: 1,
            due: Tick::ZERO,
            news: false,
            publishing: false,
            refreshing: false,
            reservation: Errand::None,
            asked: None,
            claims: 0,
            full_until: Tick::ZERO,
            probes: Vec::with_capacity(most),
            spare: None,
            queue: VecDeque::with_capacity(most),
        })
    }

    /// Whether the store answers.
    #[must_use]
    pub const fn connection(&self) -> Connection {
        self.connection
    }

    /// When [`poll`](Self::poll) has something to send; a caller that comes earlier is in vain.
    #[must_use]
    pub fn wake(&self, breaker: &Breaker) -> Tick {
        if self.has_news() || breaker.epoch() != self.local && !self.refreshing {
            return Tick::ZERO;
        }
        self.refresh_due()
    }

    /// Whether something is to be told, and somebody there to hear it.
    fn has_news(&self) -> bool {
        let waits =
            !self.queue.is_empty() || self.news && !self.publishing || self.reservation == Errand::Wanted;
        waits && self.connection == Connection::Attached
    }

    /// When the store is to be asked again, unless something is to be told before.
    fn refresh_due(&self) -> Tick {
        match self.asked {
            _ if self.refreshing => Tick::MAX,
            Some(asked) => asked.plus(INTERVAL),
            None => Tick::ZERO,
        }
    }

    /// The next request to send in the background. Ask again until there is none.
    pub fn poll(&mut self, breaker: &Breaker, now: Tick) -> Option<Request> {
        self.look(breaker);
        if self.has_news() {
            if let Some(request) = self.queue.pop_front() {
                return Some(request);
            }
            if self.news && !self.publishing {
                self.news = false;
                if let Some(request) = publication(breaker, self.known, now) {
                    self.publishing = true;
                    return Some(request);
                }
            }
            if self.reservation == Errand::Wanted {
                self.reservation = Errand::UnderWay;
                return Some(self.claim(breaker, true, now));
            }
        }
        (now >= self.refresh_due()).then(|| {
            self.refreshing = true;
            self.asked = Some(now);
            Request::Refresh
        })
    }

    /// What to send for a request.
    #[must_use]
    pub fn command(&self, breaker: &Breaker, request: Request) -> Command {
        self.command_at(breaker, request, 0)
    }

    /// As [`command`](Self::command), by a clock of the caller's (microseconds) instead of the store's own, for tests.
    #[must_use]
    pub fn command_at(&self, breaker: &Breaker, request: Request, clock: u64) -> Command {
        request.command(&self.key, &breaker.rules, clock)
    }

    /// May a call be made at `now`? A probe must be granted by the store, for which the caller waits.
    pub fn admit(&mut self, breaker: &mut Breaker, now: Tick) -> Asked {
        match self.admit_known(breaker, now) {
            Ok(admission) => Asked::Answer(admission),
            Err(change) => {
                self.claims += 1;
                Asked::Claim(self.claim(breaker, false, now), change)
            }
        }
    }

    /// May a call be made at `now`, by what is known? A probe is asked for in the background, and goes to a later caller.
    pub fn admit_now(&mut self, breaker: &mut Breaker, now: Tick) -> Admission {
        self.admit_known(breaker, now).unwrap_or_else(|change| {
            if self.reservation == Errand::None {
                self.reservation = Errand::Wanted;
            }
            Admission { decision: breaker.answer(now), change }
        })
    }

    /// The call of `permit` ended; see [`Breaker::settle`].
    pub fn settle(
        &mut self,
        breaker: &mut Breaker,
        permit: Permit,
        outcome: Outcome,
        duration: Micros,
        now: Tick,
        draw: Draw,
    ) -> Settlement {
        self.look(breaker);
        let probe = self.end(permit);
        let failed = breaker.probe_failed(outcome, duration);
        let settlement = breaker.settle(permit, outcome, duration, now, draw);
        if settlement.change.is_some() {
            self.changed(breaker);
        } else if let (Some(probe), Verdict::Counted) = (probe, settlement.verdict) {
            let what = match failed {
                Some(true) => Settled::Failure,
                Some(false) => Settled::Success,
                None => Settled::Nothing,
            };
            self.queue.push_back(Request::Settle { epoch: self.known, probe, what });
        }
        settlement
    }

    /// An admission that needs no store; else the change that looking brought about.
    fn admit_known(&mut self, breaker: &mut Breaker, now: Tick) -> Result<Admission, Option<Change>> {
        self.look(breaker);
        if self.connection != Connection::Attached {
            let admission = breaker.admit(now);
            if admission.change.is_some() {
                self.changed(breaker);
            }
            return Ok(admission);
        }
        let (wants_probe, change) = breaker.wants_probe(now);
        if change.is_some() {
            self.changed(breaker);
        }
        if !wants_probe {
            return Ok(Admission { decision: breaker.answer(now), change });
        }
        if let Some((probe, until)) = self.spare.take()
            && now < until
            && breaker.state() == State::HalfOpen
        {
            self.queue.push_back(Request::Settle { epoch: self.known, probe, what: Settled::Hold });
            return Ok(Admission { decision: self.fly(breaker, probe, now), change });
        }
        if now < self.full_until || self.claims >= breaker.trial().max_concurrent {
            return Ok(Admission { decision: breaker.answer(now), change });
        }
        Err(change)
    }

    /// Admits a granted probe.
    pub(super) fn fly(&mut self, breaker: &mut Breaker, probe: u32, now: Tick) -> Decision {
        let decision = breaker.admit_granted(now).decision;
        match decision {
            Decision::Permit(permit) => self.probes.push((permit.seq, probe)),
            // Ours are part of all, so there is a place wherever the store has one, unless limits differ.
            Decision::Rejected { .. } => self.return_probe(self.known, probe),
        }
        decision
    }

    pub(super) fn return_probe(&mut self, epoch: u64, probe: u32) {
        self.queue.push_back(Request::Settle { epoch, probe, what: Settled::Nothing });
    }

    /// Forgets a probe of this breaker; answers the record's number of it.
    fn end(&mut self, permit: Permit) -> Option<u32> {
        if permit.kind != PermitKind::Probe || permit.epoch != self.local {
            return None;
        }
        let place = self.probes.iter().position(|(seq, _)| *seq == permit.seq)?;
        Some(self.probes.swap_remove(place).1)
    }

    /// Its answer is the record, so a refresh can wait.
    fn claim(&mut self, breaker: &Breaker, reserve: bool, now: Tick) -> Request {
        self.asked = Some(now);
        let healthy = breaker.state() == State::Open && breaker.open_until < self.due;
        Request::Claim { base: self.known, healthy, wait: breaker.wait, reserve }
    }

    /// Whoever changed the breaker without the link was an operator. That stays local, and when it is over the record,
    /// whatever it is by then, is taken over.
    pub(super) fn look(&mut self, breaker: &Breaker) {
        if breaker.epoch() != self.local {
            self.settled_down(breaker);
            self.known = 0;
            self.news = false;
            self.publishing = false;
            self.asked = None;
        }
    }

    /// The breaker has changed by its own rules, which the others should know.
    pub(super) fn changed(&mut self, breaker: &Breaker) {
        self.settled_down(breaker);
        self.news = true;
    }

    /// A new epoch: whatever flew in the last one is of no interest any more.
    pub(super) fn settled_down(&mut self, breaker: &Breaker) {
        self.local = breaker.epoch();
        self.due = breaker.open_until;
        self.probes.clear();
        let known = self.known;
        self.queue.retain(|request| matches!(request, Request::Settle { epoch, .. } if *epoch >= known));
        self.spare = None;
        self.full_until = Tick::ZERO;
    }
}

/// What the others should know of a breaker. Of a trial that was begun alone, that it is due.
fn publication(breaker: &Breaker, base: u64, now: Tick) -> Option<Request> {
    let (open, open_for) = match breaker.state() {
        State::Closed => (false, Micros::ZERO),
        State::Open => (true, breaker.open_until.since(now)),
        State::HalfOpen => (true, Micros::ZERO),
        _ => return None,
    };
    Some(Request::Publish { base, open, open_for, wait: breaker.wait })
}

const _: () = assert!(WAIT_FRACTION == 16, "requests say so");
