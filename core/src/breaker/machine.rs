//! The breaker's states and what moves it between them.
//!
//! ```text
//!            a rule trips                   first admit at or after the deadline
//!   Closed ───────────────▶ Open ──────────────────────────────────▶ HalfOpen
//!     ▲                      ▲                                        │    │
//!     │                      └── the probes failed, or took too long ─┘    │
//!     │                          (the next wait is `factor` times longer)  │
//!     └───────────── the probes passed: empty window, first wait ──────────┘
//!
//!   any ── isolate ───▶ ForcedOpen ── the last release ──▶ Closed, or what its mode says
//!   any ── set_mode ──▶ Disabled (records nothing) · MetricsOnly (records, never opens) · Closed
//! ```
//!
//! Every change of state begins a new *epoch*. A permit carries the epoch it was given in, and a result of another epoch
//! changes nothing: a success that left before the trouble began cannot close the breaker, nor a late failure open it.
//!
//! Time only moves here when an event brings it, and never backwards. What a host may skip (admission to a closed
//! breaker, a [quiet](Breaker::quiet) success) does not even do that, so skipping it cannot be told from asking.

use super::config::{BreakerConfig, Rules};
use super::half_open::{Probe, Probes};
use super::permit::{
    Admission, Change, Decision, Mode, Outcome, Permit, PermitKind, Settlement, State, Verdict,
};
use super::spec::Abandoned;
use super::window::Window;
use crate::draw::Draw;
use crate::time::{MAX_MICROS, Micros, Tick};

/// Bits of fraction in a wait, so that growth by a small factor is not floored away at every step.
pub(super) const WAIT_FRACTION: u32 = 16;

/// One circuit breaker. At most 512 bytes with either shape's defaults, all of them taken at construction.
#[derive(Clone, Debug)]
pub struct Breaker {
    pub(super) rules: Rules,
    pub(super) state: State,
    pub(super) mode: Mode,
    pub(super) epoch: u64,
    /// The latest time of an event that counted.
    pub(super) seen: Tick,

    pub(super) window: Window,
    /// Failures without a success between them; kept only where a rule asks for it.
    pub(super) streak: u32,
    /// While it only watches: the rules were already over their mark, so the crossing has been reported.
    crossed: bool,

    pub(super) open_until: Tick,
    /// How long the next opening lasts before jitter, in 2⁻¹⁶ µs.
    pub(super) wait: u64,
    /// The draw of the last opening, for an opening that time alone brings about.
    pub(super) draw: Draw,
    pub(super) probes: Probes,
    /// How many hold it open by hand.
    pub(super) isolations: u32,

    pub(super) rejected: u64,
    pub(super) stale: u64,
    pub(super) opened: u64,
}

const _: () = assert!(
    size_of::<Breaker>() + 3 * size_of::<Probe>() <= 512,
    "a breaker with its three default probes is at most 512 bytes"
);

impl Breaker {
    /// A closed breaker that remembers nothing.
    #[must_use]
    pub fn new(config: &BreakerConfig) -> Self {
        let rules = config.rules;
        Self {
            rules,
            state: State::Closed,
            mode: Mode::Normal,
            epoch: 1,
            seen: Tick::ZERO,
            window: Window::new(rules.window),
            streak: 0,
            crossed: false,
            open_until: Tick::ZERO,
            wait: rules.wait.base.get() << WAIT_FRACTION,
            draw: Draw(1 << 31),
            probes: Probes::new(&rules.trial),
            isolations: 0,
            rejected: 0,
            stale: 0,
            opened: 0,
        }
    }

    /// May a call be made at `now`?
    #[inline]
    pub fn admit(&mut self, now: Tick) -> Admission {
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => self.permit(None),
            State::Open => {
                let now = self.advance(now);
                if now < self.open_until {
                    self.reject(self.open_until.since(now), None)
                } else {
                    let change = self.half_open(now);
                    self.permit_probe(now, Some(change))
                }
            }
            State::HalfOpen => self.admit_half_open(now),
            State::ForcedOpen => self.reject(Micros::ZERO, None),
        }
    }

    /// The call of `permit` ended at `now` after `duration`. `draw` spreads the wait of an opening.
    #[inline]
    pub fn settle(
        &mut self,
        permit: Permit,
        outcome: Outcome,
        duration: Micros,
        now: Tick,
        draw: Draw,
    ) -> Settlement {
        if permit.epoch != self.epoch {
            return self.stale(None);
        }
        match (self.state, permit.kind) {
            (State::Closed | State::MetricsOnly, PermitKind::Call) => {
                self.settle_call(outcome, duration, now, draw)
            }
            (State::HalfOpen, PermitKind::Probe) => {
                self.settle_probe(permit.seq, outcome, duration, now, draw)
            }
            (State::Disabled, PermitKind::Call) => Settlement::plain(Verdict::Counted),
            // No breaker gave this permit.
            _ => self.stale(None),
        }
    }

    /// Where the breaker stands. Only events change it: an open breaker whose wait is over is open until someone asks.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Grows at every change of state and every reset; from 1, below 2^53.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The epoch a host may put into a [`Permit::call`] by itself without asking; 0 when it must ask.
    #[inline]
    #[must_use]
    pub const fn closed_epoch(&self) -> u64 {
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => self.epoch,
            State::Open | State::HalfOpen | State::ForcedOpen => 0,
        }
    }

    /// Whether a success of [`closed_epoch`](Self::closed_epoch) would change nothing now, so that a host need not tell.
    #[inline]
    #[must_use]
    pub const fn quiet(&self) -> bool {
        match self.state {
            State::Closed | State::MetricsOnly => !self.rules.counts_successes() && self.streak == 0,
            State::Disabled => true,
            State::Open | State::HalfOpen | State::ForcedOpen => false,
        }
    }

    /// When time alone will matter next: the end of an open wait, of a probe's lease, of a half-open breaker's patience.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        match self.state {
            State::Open => Some(self.open_until),
            State::HalfOpen => {
                Some(self.probes.deadline(&self.rules.trial)).filter(|deadline| *deadline < Tick::MAX)
            }
            _ => None,
        }
    }

    fn admit_half_open(&mut self, now: Tick) -> Admission {
        let now = self.advance(now);
        let change = self.overdue(now, self.draw);
        match self.state {
            State::HalfOpen => self.permit_probe(now, change),
            State::Open => self.reject(self.open_until.since(now), change),
            _ => self.permit(change),
        }
    }

    /// Closed, or watching only. Inlined: this is what every call of a healthy dependency costs.
    #[inline]
    fn settle_call(&mut self, outcome: Outcome, duration: Micros, now: Tick, draw: Draw) -> Settlement {
        let failed = match outcome {
            Outcome::Success => false,
            Outcome::Failure => true,
            Outcome::Ignored | Outcome::Abandoned => return Settlement::plain(Verdict::Counted),
        };
        let slow = self.rules.is_slow(duration);
        if failed || slow {
            return self.settle_bad_call(failed, slow, now, draw);
        }
        self.streak = 0;
        if self.rules.counts_successes() {
            let now = self.advance(now);
            self.window.record(now, false, false);
        }
        Settlement::plain(Verdict::Counted)
    }

    /// Only a failure or a slow call can open a closed breaker, so only here are the rules asked.
    fn settle_bad_call(&mut self, failed: bool, slow: bool, now: Tick, draw: Draw) -> Settlement {
        let now = self.advance(now);
        if self.crossed {
            let before = self.window.at(now);
            self.crossed = self.rules.trip(before, self.streak);
        }
        if !failed {
            self.streak = 0;
        } else if self.rules.consecutive_failures.is_some() {
            self.streak = self.streak.saturating_add(1);
        }
        let window = self.window.record(now, failed, slow);
        if !self.rules.trip(window, self.streak) {
            return Settlement::plain(Verdict::Counted);
        }
        if self.state == State::MetricsOnly {
            let would_open = !self.crossed;
            self.crossed = true;
            return Settlement { would_open, ..Settlement::plain(Verdict::Counted) };
        }
        let change = self.open(now, draw);
        Settlement { change: Some(change), ..Settlement::plain(Verdict::Counted) }
    }

    fn settle_probe(
        &mut self,
        seq: u32,
        outcome: Outcome,
        duration: Micros,
        now: Tick,
        draw: Draw,
    ) -> Settlement {
        let now = self.advance(now);
        if let Some(change) = self.overdue(now, draw) {
            return self.stale(Some(change));
        }
        match self.probes.end(seq) {
            Verdict::Counted => {}
            Verdict::Duplicate => return Settlement::plain(Verdict::Duplicate),
            Verdict::Stale => return self.stale(None),
        }
        let change = self.probe_failed(outcome, duration).and_then(|failed| self.judge(failed, now, draw));
        Settlement { change, ..Settlement::plain(Verdict::Counted) }
    }

    /// Whether a probe that ended like this failed; `None`: it counts as nothing.
    pub(super) fn probe_failed(&self, outcome: Outcome, duration: Micros) -> Option<bool> {
        match outcome {
            Outcome::Success => Some(self.rules.is_slow(duration)),
            Outcome::Failure => Some(true),
            Outcome::Ignored => None,
            Outcome::Abandoned => self.abandoned(),
        }
    }

    /// Ends the probes whose lease is over, and a trial that has taken too long.
    pub(super) fn overdue(&mut self, now: Tick, draw: Draw) -> Option<Change> {
        while self.probes.end_overdue(now) {
            let change = self.abandoned().and_then(|failed| self.judge(failed, now, draw));
            if change.is_some() {
                return change;
            }
        }
        (now >= self.probes.latest(&self.rules.trial)).then(|| self.open(now, draw))
    }

    /// What an abandoned probe counts as; `None`: as nothing.
    fn abandoned(&self) -> Option<bool> {
        (self.rules.trial.abandoned == Abandoned::Failure).then_some(true)
    }

    /// Counts a probe's result, and closes or opens when that decides.
    fn judge(&mut self, failed: bool, now: Tick, draw: Draw) -> Option<Change> {
        self.probes.count(failed);
        let passed = self.probes.verdict(&self.rules.trial)?;
        Some(if passed { self.start_over() } else { self.open(now, draw) })
    }

    /// Opens from `now` for the wait whose turn it is, and prepares the next, longer one.
    pub(super) fn open(&mut self, now: Tick, draw: Draw) -> Change {
        let rules = self.rules.wait;
        let wait = self.wait >> WAIT_FRACTION;
        let spread = wait * u64::from(rules.jitter) / 1_000_000;
        let jittered = draw.uniform(wait - spread, (wait + spread).min(rules.max.get()));
        self.open_until = now.plus(Micros::new(jittered));
        self.draw = draw;

        let longer = u128::from(self.wait) * u128::from(rules.factor) / 1_000_000;
        let longest = rules.max.get() << WAIT_FRACTION;
        self.wait = u64::try_from(longer).map_or(longest, |longer| longer.min(longest));
        self.opened = self.opened.saturating_add(1);
        self.enter(State::Open)
    }

    /// Takes over a restored wait and streak, within what the rules allow.
    pub(super) fn resume(&mut self, wait: u64, streak: u32) {
        self.set_wait(wait);
        self.streak = if self.rules.consecutive_failures.is_some() { streak } else { 0 };
    }

    /// Takes over how long the next opening lasts, within what the rules allow.
    pub(super) fn set_wait(&mut self, wait: u64) {
        let rules = self.rules.wait;
        self.wait = wait.clamp(rules.base.get() << WAIT_FRACTION, rules.max.get() << WAIT_FRACTION);
    }

    pub(super) fn half_open(&mut self, now: Tick) -> Change {
        self.probes.begin(now);
        self.enter(State::HalfOpen)
    }

    /// Closes, or does what the mode says instead, with nothing remembered.
    pub(super) fn start_over(&mut self) -> Change {
        self.window.clear();
        self.streak = 0;
        self.crossed = false;
        self.wait = self.rules.wait.base.get() << WAIT_FRACTION;
        self.enter(match self.mode {
            Mode::Normal => State::Closed,
            Mode::Disabled => State::Disabled,
            Mode::MetricsOnly => State::MetricsOnly,
        })
    }

    pub(super) fn enter(&mut self, to: State) -> Change {
        let from = core::mem::replace(&mut self.state, to);
        self.epoch = (self.epoch + 1).min(MAX_MICROS);
        Change { from, to }
    }

    /// Time as this breaker sees it: a clock that goes back stands still.
    #[inline]
    pub(super) fn advance(&mut self, now: Tick) -> Tick {
        self.seen = self.seen.max(now);
        self.seen
    }

    #[inline]
    pub(super) const fn permit(&self, change: Option<Change>) -> Admission {
        Admission { decision: Decision::Permit(Permit::call(self.epoch)), change }
    }

    /// Admits a probe if there is a place. When one will be free is not known, so no time is given.
    pub(super) fn permit_probe(&mut self, now: Tick, change: Option<Change>) -> Admission {
        match self.probes.admit(&self.rules.trial, now) {
            Some(seq) => {
                let permit = Permit { epoch: self.epoch, kind: PermitKind::Probe, seq };
                Admission { decision: Decision::Permit(permit), change }
            }
            None => self.reject(Micros::ZERO, change),
        }
    }

    #[inline]
    pub(super) fn reject(&mut self, retry_after: Micros, change: Option<Change>) -> Admission {
        self.rejected = self.rejected.saturating_add(1);
        Admission { decision: Decision::Rejected { state: self.state, retry_after }, change }
    }

    fn stale(&mut self, change: Option<Change>) -> Settlement {
        self.stale = self.stale.saturating_add(1);
        Settlement { change, ..Settlement::plain(Verdict::Stale) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerSpec;

    fn at(seconds: u64) -> Tick {
        Tick::ZERO.plus(Micros::from_secs(seconds))
    }

    fn fail(breaker: &mut Breaker, now: Tick) -> Settlement {
        let permit = Permit::call(breaker.epoch());
        breaker.settle(permit, Outcome::Failure, Micros::ZERO, now, Draw(0))
    }

    fn opens_at_once() -> Breaker {
        let spec = BreakerSpec { failures_in_window: Some(1), ..BreakerSpec::threshold() };
        Breaker::new(&spec.try_into().unwrap())
    }

    #[test]
    fn epochs_and_counts_saturate() {
        let mut breaker = opens_at_once();
        breaker.epoch = MAX_MICROS;
        (breaker.rejected, breaker.stale, breaker.opened) = (u64::MAX, u64::MAX, u64::MAX);
        fail(&mut breaker, at(0));
        breaker.admit(at(0));
        breaker.settle(Permit::call(0), Outcome::Success, Micros::ZERO, at(0), Draw(0));
        assert_eq!(breaker.epoch(), 9_007_199_254_740_991);
        let counters = breaker.counters(at(0));
        assert_eq!((counters.rejected, counters.stale, counters.opened), (u64::MAX, u64::MAX, u64::MAX));
    }

    #[test]
    fn an_opening_at_the_end_of_time_lasts_until_then() {
        let mut breaker = opens_at_once();
        fail(&mut breaker, Tick::MAX);
        assert_eq!(breaker.deadline(), Some(Tick::MAX));
        let admission = breaker.admit(Tick::MAX);
        assert_eq!(admission.change, Some(Change { from: State::Open, to: State::HalfOpen }));
    }

    #[test]
    fn the_longest_wait_times_the_largest_factor_stays_the_longest_wait() {
        let mut spec = BreakerSpec { failures_in_window: Some(1), ..BreakerSpec::threshold() };
        spec.open_wait.base = Micros::from_secs(86_400);
        spec.open_wait.factor = 100_000_000;
        spec.open_wait.jitter = 0;
        let mut breaker = Breaker::new(&spec.try_into().unwrap());
        let mut now = at(0);
        for _ in 0..50 {
            breaker.open(now, Draw(u32::MAX));
            let deadline = breaker.deadline().unwrap();
            assert_eq!(deadline.since(now), Micros::from_secs(86_400));
            now = deadline;
        }
    }

    #[test]
    fn a_permit_of_the_right_epoch_but_the_wrong_kind_is_stale() {
        let mut breaker = opens_at_once();
        let forged = Permit { kind: PermitKind::Probe, ..Permit::call(1) };
        assert_eq!(
            breaker.settle(forged, Outcome::Failure, Micros::ZERO, at(0), Draw(0)).verdict,
            Verdict::Stale
        );
        fail(&mut breaker, at(0));
        breaker.admit(at(30));
        let forged = Permit::call(breaker.epoch());
        assert_eq!(
            breaker.settle(forged, Outcome::Failure, Micros::ZERO, at(30), Draw(0)).verdict,
            Verdict::Stale
        );
        assert_eq!(breaker.state(), State::HalfOpen);
    }

    #[test]
    fn deadlines_are_those_of_the_wait_then_of_the_oldest_probe() {
        let mut breaker = opens_at_once();
        assert_eq!(breaker.deadline(), None);
        fail(&mut breaker, at(0));
        assert_eq!(breaker.deadline(), Some(at(30)));
        breaker.admit(at(40));
        breaker.admit(at(50));
        assert_eq!(breaker.deadline(), Some(at(100)));
    }

    #[test]
    fn a_host_may_admit_by_itself_only_where_everyone_is_admitted() {
        let mut breaker = opens_at_once();
        assert_eq!((breaker.closed_epoch(), breaker.quiet()), (1, true));
        fail(&mut breaker, at(0));
        assert_eq!((breaker.closed_epoch(), breaker.quiet()), (0, false));
        breaker.admit(at(30));
        assert_eq!((breaker.closed_epoch(), breaker.quiet()), (0, false));
        breaker.isolate();
        assert_eq!((breaker.closed_epoch(), breaker.quiet()), (0, false));
        breaker.set_mode(Mode::Disabled);
        breaker.release();
        assert_eq!((breaker.closed_epoch(), breaker.quiet()), (5, true));
    }

    #[test]
    fn a_success_is_told_while_a_rate_or_a_streak_wants_it() {
        let rate = Breaker::new(&BreakerSpec::rate().try_into().unwrap());
        assert!(!rate.quiet());
        let spec = BreakerSpec { consecutive_failures: Some(3), ..BreakerSpec::threshold() };
        let mut streak = Breaker::new(&spec.try_into().unwrap());
        assert!(streak.quiet());
        fail(&mut streak, at(0));
        assert!(!streak.quiet());
        streak.settle(Permit::call(1), Outcome::Success, Micros::ZERO, at(0), Draw(0));
        assert!(streak.quiet());
    }
}
