//! A breaker that is slow and obviously right: it keeps every call and every probe for ever and answers each question by
//! looking through all of them. Nothing in it is shared with the machine but the types that cross the boundary.

use once_again_core::breaker::{
    Abandoned, BreakerSpec, Mode, Outcome, Pass, Permit, PermitKind, State, Verdict, WindowSpec,
};

const MINUTE: i128 = 60_000_000;

/// What the model says about one event; compared field by field with what the machine said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Admitted(Permit),
    Rejected { state: State, retry_after: i128 },
    Settled { verdict: Verdict, would_open: bool },
    Done,
}

#[derive(Clone, Copy)]
struct Call {
    at: i128,
    failed: bool,
    slow: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Running,
    Succeeded,
    Failed,
    /// Settled without counting; its place is free again.
    Ignored,
    /// Its lease ended, as a failure.
    LapsedAsFailure,
    /// Its lease ended without counting.
    LapsedIgnored,
}

struct Probe {
    admitted: i128,
    end: End,
}

pub(crate) struct Model {
    spec: BreakerSpec,
    mode: Mode,
    holders: u32,
    pub(crate) state: State,
    pub(crate) epoch: u64,
    latest: i128,
    /// Every call that was worth recording since the breaker last started over.
    calls: Vec<Call>,
    /// Every failure (true) and success (false) since then, where a streak matters.
    results: Vec<bool>,
    reported: bool,
    openings: u32,
    open_until: i128,
    last_draw: u32,
    half_open_since: i128,
    probes: Vec<Probe>,
    pub(crate) rejected: u64,
    pub(crate) stale: u64,
}

impl Model {
    pub(crate) fn new(spec: &BreakerSpec) -> Self {
        Self {
            spec: spec.clone(),
            mode: Mode::Normal,
            holders: 0,
            state: State::Closed,
            epoch: 1,
            latest: 0,
            calls: Vec::new(),
            results: Vec::new(),
            reported: false,
            openings: 0,
            open_until: 0,
            last_draw: 1 << 31,
            half_open_since: 0,
            probes: Vec::new(),
            rejected: 0,
            stale: 0,
        }
    }

    pub(crate) fn admit(&mut self, now: i128) -> Reply {
        if self.state == State::Open && self.clock(now) >= self.open_until {
            self.probes.clear();
            self.half_open_since = self.clock(now);
            self.enter(State::HalfOpen);
        } else if self.state == State::HalfOpen {
            let now = self.clock(now);
            self.lapse(now, self.last_draw);
        }
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => Reply::Admitted(Permit::call(self.epoch)),
            State::Open => {
                let retry_after = self.open_until - self.clock(now);
                self.reject(retry_after)
            }
            State::ForcedOpen => self.reject(0),
            State::HalfOpen => {
                let running = self.count(|end| end == End::Running);
                let taken = running + self.count(counts);
                let concurrent = self.spec.half_open.max_concurrent.unwrap_or(self.spec.half_open.calls);
                if running >= concurrent || taken >= self.spec.half_open.calls {
                    return self.reject(0);
                }
                let admitted = self.clock(now);
                self.probes.push(Probe { admitted, end: End::Running });
                let seq = u32::try_from(self.probes.len() - 1).unwrap();
                Reply::Admitted(Permit { epoch: self.epoch, kind: PermitKind::Probe, seq })
            }
        }
    }

    pub(crate) fn settle(
        &mut self,
        permit: Permit,
        outcome: Outcome,
        took: i128,
        now: i128,
        draw: u32,
    ) -> Reply {
        if permit.epoch != self.epoch {
            return self.late();
        }
        let slow = self.spec.slow_call_duration.is_some_and(|limit| took >= i128::from(limit.get()));
        match self.state {
            State::Disabled => Reply::Settled { verdict: Verdict::Counted, would_open: false },
            State::Closed | State::MetricsOnly => self.settle_call(outcome, slow, now, draw),
            State::HalfOpen => self.settle_probe(permit.seq as usize, outcome, slow, now, draw),
            State::Open | State::ForcedOpen => unreachable!("no permit carries such an epoch"),
        }
    }

    fn settle_call(&mut self, outcome: Outcome, slow: bool, now: i128, draw: u32) -> Reply {
        let mut would_open = false;
        let failed = outcome == Outcome::Failure;
        // A success is a share of a rate, or pushes an older call out of a window of calls.
        let pushes =
            matches!(self.spec.window, WindowSpec::Count(_)) && self.spec.failures_in_window.is_some();
        let matters = pushes || self.spec.failure_rate.is_some() || self.spec.slow_call_duration.is_some();
        if failed || outcome == Outcome::Success {
            if failed || matters {
                let now = self.clock(now);
                let before = self.rules_broken(now);
                self.calls.push(Call { at: now, failed, slow });
                self.results.push(failed);
                if failed || slow {
                    self.reported &= before;
                    if self.rules_broken(now) {
                        if self.state == State::Closed {
                            self.open(now, draw);
                        } else {
                            would_open = !self.reported;
                            self.reported = true;
                        }
                    }
                }
            } else {
                self.results.push(false);
            }
        }
        Reply::Settled { verdict: Verdict::Counted, would_open }
    }

    fn settle_probe(&mut self, seq: usize, outcome: Outcome, slow: bool, now: i128, draw: u32) -> Reply {
        let now = self.clock(now);
        let epoch = self.epoch;
        self.lapse(now, draw);
        if self.epoch != epoch {
            return self.late();
        }
        match self.probes[seq].end {
            End::Running => {}
            End::LapsedAsFailure | End::LapsedIgnored => return self.late(),
            // Sixty-three probes later, a second result is no longer told from a late one.
            _ if self.probes.len() - seq > 64 => return self.late(),
            _ => return Reply::Settled { verdict: Verdict::Duplicate, would_open: false },
        }
        self.probes[seq].end = match outcome {
            Outcome::Success if slow => End::Failed,
            Outcome::Success => End::Succeeded,
            Outcome::Failure => End::Failed,
            Outcome::Abandoned if self.spec.abandoned == Abandoned::Failure => End::Failed,
            Outcome::Abandoned | Outcome::Ignored => End::Ignored,
        };
        self.decide(now, draw);
        Reply::Settled { verdict: Verdict::Counted, would_open: false }
    }

    pub(crate) fn health(&mut self, ok: bool, now: i128) {
        if ok && self.state == State::Open {
            self.open_until = self.open_until.min(self.clock(now));
        }
    }

    pub(crate) fn isolate(&mut self) {
        self.holders += 1;
        if self.state != State::ForcedOpen {
            self.enter(State::ForcedOpen);
        }
    }

    pub(crate) fn release(&mut self) {
        if self.holders > 0 {
            self.holders -= 1;
            if self.holders == 0 {
                self.start_over();
            }
        }
    }

    pub(crate) fn set_mode(&mut self, mode: Mode) {
        if self.mode != mode {
            self.mode = mode;
            if self.holders == 0 {
                self.start_over();
            }
        }
    }

    pub(crate) fn reset(&mut self) {
        self.mode = Mode::Normal;
        if self.holders == 0 {
            self.start_over();
        }
    }

    /// The process ends at `now` and another, whose clock reads `then`, takes its place.
    pub(crate) fn restart(&mut self, now: i128, then: i128) {
        let moved = then - now.max(self.latest);
        for call in &mut self.calls {
            call.at += moved;
        }
        self.open_until = match self.state {
            State::Open => (self.open_until + moved).max(then),
            _ => then,
        };
        self.state = match (self.mode, self.state) {
            (Mode::Disabled, _) => State::Disabled,
            (Mode::MetricsOnly, _) => State::MetricsOnly,
            (Mode::Normal, State::Open | State::HalfOpen) => State::Open,
            (Mode::Normal, _) => State::Closed,
        };
        self.holders = 0;
        self.epoch += 1;
        self.latest = then;
        self.reported = false;
        self.rejected = 0;
        self.stale = 0;
    }

    pub(crate) fn deadline(&self) -> Option<i128> {
        match self.state {
            State::Open => Some(self.open_until),
            State::HalfOpen => {
                let running = self.probes.iter().filter(|probe| probe.end == End::Running);
                let leases = running.map(|probe| probe.admitted + self.lease());
                let patience =
                    self.spec.half_open_max_wait.map(|wait| self.half_open_since + i128::from(wait.get()));
                leases.chain(patience).min()
            }
            _ => None,
        }
    }

    /// Calls, failures and slow calls that the window holds at `now`.
    pub(crate) fn window(&self, now: i128) -> (u32, u32, u32) {
        let mut held: Vec<Call> = Vec::new();
        match self.spec.window {
            WindowSpec::None => {}
            WindowSpec::Count(calls) => {
                held.extend(self.calls.iter().rev().take(calls as usize));
            }
            WindowSpec::Time(length) => {
                let width = (i128::from(length.get()) / 10).max(1);
                let mut grid = 0;
                let outlived =
                    |then: i128, now: i128, grid: i128| (now - grid) / width - (then - grid) / width >= 10;
                for call in &self.calls {
                    held.retain(|older| !outlived(older.at, call.at, grid));
                    if held.is_empty() {
                        grid = call.at;
                    }
                    held.push(*call);
                }
                let now = now.max(self.latest);
                held.retain(|older| !outlived(older.at, now, grid));
            }
        }
        let count =
            |what: fn(&Call) -> bool| u32::try_from(held.iter().filter(|call| what(call)).count()).unwrap();
        (count(|_| true), count(|call| call.failed), count(|call| call.slow))
    }

    pub(crate) fn streak(&self) -> u32 {
        if self.spec.consecutive_failures.is_none() {
            return 0;
        }
        u32::try_from(self.results.iter().rev().take_while(|failed| **failed).count()).unwrap()
    }

    pub(crate) fn running(&self) -> u32 {
        if self.state == State::HalfOpen { self.count(|end| end == End::Running) } else { 0 }
    }

    fn rules_broken(&self, now: i128) -> bool {
        let (calls, failures, slow) = self.window(now);
        let spec = &self.spec;
        let size = if let WindowSpec::Count(size) = spec.window { size } else { u32::MAX };
        let minimum = spec.minimum_calls.unwrap_or(size.min(20));
        let share =
            |part: u32, rate: u32| u128::from(part) * 1_000_000 >= u128::from(calls) * u128::from(rate);
        spec.consecutive_failures.is_some_and(|n| self.streak() >= n)
            || spec.failures_in_window.is_some_and(|n| failures >= n)
            || spec.failure_rate.is_some_and(|rate| {
                calls >= minimum && failures >= spec.minimum_failures && share(failures, rate)
            })
            || spec.slow_call_duration.is_some()
                && calls >= spec.slow_minimum_calls.unwrap_or(minimum)
                && share(slow, spec.slow_call_rate)
    }

    fn lapse(&mut self, now: i128, draw: u32) {
        let lease = self.lease();
        for seq in 0..self.probes.len() {
            let probe = &mut self.probes[seq];
            if probe.end == End::Running && now >= probe.admitted + lease {
                probe.end = match self.spec.abandoned {
                    Abandoned::Failure => End::LapsedAsFailure,
                    Abandoned::Ignored => End::LapsedIgnored,
                };
                if self.decide(now, draw) {
                    return;
                }
            }
        }
        let patience = self.spec.half_open_max_wait.map(|wait| self.half_open_since + i128::from(wait.get()));
        if patience.is_some_and(|end| now >= end) {
            self.open(now, draw);
        }
    }

    /// Tries every way the missing probes could end. When all ways agree, that is the verdict.
    fn decide(&mut self, now: i128, draw: u32) -> bool {
        let calls = self.spec.half_open.calls;
        let failures = self.count(|end| matches!(end, End::Failed | End::LapsedAsFailure));
        let missing = calls - self.count(counts);
        let pass = self
            .spec
            .half_open
            .pass
            .unwrap_or(self.spec.failure_rate.map_or(Pass::Successes(calls), Pass::FailureRateBelow));
        let passes = |failures: u32| match pass {
            Pass::Successes(least) => calls - failures >= least,
            Pass::FailureRateBelow(rate) => {
                u128::from(failures) * 1_000_000 < u128::from(calls) * u128::from(rate)
            }
        };
        let ways: Vec<bool> = (0..=missing).map(|more| passes(failures + more)).collect();
        let agreed = ways.iter().all(|way| *way == ways[0]);
        if !agreed || (missing > 0 && !self.spec.half_open.early) {
            return false;
        }
        if ways[0] {
            self.start_over();
        } else {
            self.open(now, draw);
        }
        true
    }

    fn open(&mut self, now: i128, draw: u32) {
        let spec = self.spec.open_wait;
        let base = i128::from(spec.base.get());
        let max = spec.max.map_or(base.max(5 * MINUTE), |max| i128::from(max.get()));
        // Exact as a fraction for as long as it stays under the cap.
        let (mut numerator, mut denominator) = (base, 1);
        for _ in 0..self.openings {
            if numerator / denominator < max {
                numerator *= i128::from(spec.factor) / 100_000;
                denominator *= 10;
            }
        }
        let wait = (numerator / denominator).min(max);
        let spread = wait * i128::from(spec.jitter) / 1_000_000;
        let (low, high) = (wait - spread, (wait + spread).min(max));
        self.open_until = now + low + (((high - low + 1) * i128::from(draw)) >> 32);
        self.last_draw = draw;
        self.openings += 1;
        self.enter(State::Open);
    }

    fn start_over(&mut self) {
        self.calls.clear();
        self.results.clear();
        self.reported = false;
        self.openings = 0;
        self.enter(match self.mode {
            Mode::Normal => State::Closed,
            Mode::Disabled => State::Disabled,
            Mode::MetricsOnly => State::MetricsOnly,
        });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }

    fn clock(&mut self, now: i128) -> i128 {
        self.latest = self.latest.max(now);
        self.latest
    }

    fn lease(&self) -> i128 {
        let base = i128::from(self.spec.open_wait.base.get());
        self.spec.probe_lease.map_or(base.max(MINUTE), |lease| i128::from(lease.get()))
    }

    fn count(&self, what: impl Fn(End) -> bool) -> u32 {
        u32::try_from(self.probes.iter().filter(|probe| what(probe.end)).count()).unwrap()
    }

    fn reject(&mut self, retry_after: i128) -> Reply {
        self.rejected += 1;
        Reply::Rejected { state: self.state, retry_after }
    }

    fn late(&mut self) -> Reply {
        self.stale += 1;
        Reply::Settled { verdict: Verdict::Stale, would_open: false }
    }
}

/// Whether a probe has used one of the calls that decide.
fn counts(end: End) -> bool {
    matches!(end, End::Succeeded | End::Failed | End::LapsedAsFailure)
}
