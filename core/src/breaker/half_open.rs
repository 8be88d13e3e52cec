//! The probes of a half-open breaker: their places, their leases, and when they have decided.

use super::config::{Trial, at_least};
use super::permit::Verdict;
use super::spec::Pass;
use crate::time::Tick;

/// How many of an epoch's latest probes core remembers the end of, to tell a late result from a second one.
const REMEMBERED: u32 = u64::BITS;

#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    seq: u32,
    /// When its lease ends.
    due: Tick,
}

/// The probes of one epoch.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    /// As many places as probes may be in flight; the first `in_flight` are taken, oldest first.
    places: Box<[Probe]>,
    in_flight: usize,
    /// The number the next probe gets.
    next: u32,
    successes: u32,
    failures: u32,
    /// Bit i: probe `next − 1 − i` was ended by its lease.
    ended_by_lease: u64,
    /// When the epoch began.
    since: Tick,
}

impl Probes {
    pub(super) fn new(trial: &Trial) -> Self {
        let vacant = Probe { seq: 0, due: Tick::MAX };
        Self {
            places: vec![vacant; trial.max_concurrent as usize].into(),
            in_flight: 0,
            next: 0,
            successes: 0,
            failures: 0,
            ended_by_lease: 0,
            since: Tick::ZERO,
        }
    }

    /// Forgets everything: a new epoch begins at `now`.
    pub(super) fn begin(&mut self, now: Tick) {
        self.in_flight = 0;
        self.next = 0;
        self.successes = 0;
        self.failures = 0;
        self.ended_by_lease = 0;
        self.since = now;
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// A place for one more probe, and its number.
    pub(super) fn admit(&mut self, trial: &Trial, now: Tick) -> Option<u32> {
        let taken = self.counted() as usize + self.in_flight;
        if taken >= trial.calls as usize {
            return None;
        }
        let place = self.places.get_mut(self.in_flight)?;
        let seq = self.next;
        *place = Probe { seq, due: now.plus(trial.lease) };
        self.in_flight += 1;
        self.next = self.next.saturating_add(1);
        self.ended_by_lease <<= 1;
        Some(seq)
    }

    /// Gives back the place of a probe. Whether its result counts is the caller's to say.
    pub(super) fn end(&mut self, seq: u32) -> Verdict {
        if let Some(place) = self.places[..self.in_flight].iter().position(|probe| probe.seq == seq) {
            self.vacate(place);
            return Verdict::Counted;
        }
        // A number not yet given out, or too long ago to remember, is not known to be a second result.
        match self.age(seq) {
            Some(age) if self.ended_by_lease >> age & 1 == 0 => Verdict::Duplicate,
            _ => Verdict::Stale,
        }
    }

    /// Takes back the place of the oldest probe whose lease ended at or before `now`.
    pub(super) fn end_overdue(&mut self, now: Tick) -> bool {
        let Some(oldest) = self.places[..self.in_flight].first().filter(|probe| probe.due <= now) else {
            return false;
        };
        if let Some(age) = self.age(oldest.seq) {
            self.ended_by_lease |= 1 << age;
        }
        self.vacate(0);
        true
    }

    pub(super) fn count(&mut self, failed: bool) {
        // Below `calls`, which is at most 10 000.
        if failed { self.failures += 1 } else { self.successes += 1 }
    }

    /// `Some(true)` when the probes have passed, `Some(false)` when they have failed.
    pub(super) fn verdict(&self, trial: &Trial) -> Option<bool> {
        decided(trial, self.successes, self.failures)
    }

    /// When the oldest lease or the longest allowed wait ends; [`Tick::MAX`] when neither will.
    pub(super) fn deadline(&self, trial: &Trial) -> Tick {
        let lease = self.places[..self.in_flight].first().map_or(Tick::MAX, |oldest| oldest.due);
        lease.min(self.latest(trial))
    }

    /// When the epoch has taken too long.
    pub(super) fn latest(&self, trial: &Trial) -> Tick {
        self.since.plus(trial.max_wait)
    }

    /// How many probes were admitted after this one, as far as core remembers.
    fn age(&self, seq: u32) -> Option<u32> {
        self.next.checked_sub(1)?.checked_sub(seq).filter(|age| *age < REMEMBERED)
    }

    const fn counted(&self) -> u32 {
        self.successes + self.failures
    }

    fn vacate(&mut self, place: usize) {
        self.places.copy_within(place + 1..self.in_flight, place);
        self.in_flight -= 1;
    }
}

/// `Some(true)` when so many probes have passed, `Some(false)` when they have failed.
pub(super) fn decided(trial: &Trial, successes: u32, failures: u32) -> Option<bool> {
    // Processes with other limits than ours may have made more probes than we would.
    let left = trial.calls.saturating_sub(successes.saturating_add(failures));
    if left > 0 && !trial.early {
        return None;
    }
    // The rest can still go either way: passed if all of it may fail, failed if all of it may succeed.
    let (passed, failed) = match trial.pass {
        Pass::Successes(least) => (successes >= least, successes + left < least),
        Pass::FailureRateBelow(rate) => {
            (!at_least(failures + left, trial.calls, rate), at_least(failures, trial.calls, rate))
        }
    };
    (passed || failed).then_some(passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerConfig;
    use crate::time::Micros;

    fn one_at_a_time() -> Trial {
        Trial { max_concurrent: 1, ..BreakerConfig::default().rules.trial }
    }

    #[test]
    fn the_ends_of_the_last_sixty_four_probes_are_remembered() {
        let trial = one_at_a_time();
        let mut probes = Probes::new(&trial);
        for seq in 0..65 {
            assert_eq!(probes.admit(&trial, Tick::ZERO), Some(seq));
            assert_eq!(probes.end(seq), Verdict::Counted);
        }
        assert_eq!(probes.end(1), Verdict::Duplicate);
        assert_eq!(probes.end(0), Verdict::Stale);
    }

    #[test]
    fn a_probe_that_was_never_admitted_is_stale() {
        let trial = one_at_a_time();
        let mut probes = Probes::new(&trial);
        assert_eq!(probes.end(0), Verdict::Stale);
        probes.admit(&trial, Tick::ZERO);
        assert_eq!(probes.end(1), Verdict::Stale);
        assert_eq!(probes.end(u32::MAX), Verdict::Stale);
        assert_eq!(probes.in_flight(), 1);
    }

    #[test]
    fn numbers_saturate_and_places_still_come_back() {
        let trial = one_at_a_time();
        let mut probes = Probes::new(&trial);
        probes.next = u32::MAX - 1;
        for _ in 0..3 {
            let seq = probes.admit(&trial, Tick::ZERO).expect("a place");
            assert!(seq >= u32::MAX - 1);
            assert_eq!(probes.end(seq), Verdict::Counted);
        }
        probes.admit(&trial, Tick::ZERO);
        assert!(probes.end_overdue(Tick::ZERO.plus(Micros::from_secs(60))));
        assert_eq!(probes.in_flight(), 0);
    }
}
