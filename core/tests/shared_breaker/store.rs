//! What the scripts do, written again in Rust: slow, plain, and from their comments rather than from their text.

use std::collections::BTreeMap;

use once_again_core::breaker::shared::{Request, Settled};

const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Store {
    pub(crate) epoch: u64,
    pub(crate) state: u64,
    until: u64,
    wait: u64,
    since: u64,
    next: u64,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    /// By number: the end of the lease, and whether that is a failure.
    pub(crate) leases: BTreeMap<u64, (u64, bool)>,
    expires: u64,
}

impl Store {
    /// Carries out a request when the store's clock shows `now` microseconds, and answers as a script does.
    pub(crate) fn run(&mut self, request: Request, args: &[String], now: u64) -> String {
        if self.epoch > 0 && self.expires <= now {
            *self = Self::default();
        }
        let overdue: Vec<_> =
            self.leases.iter().filter(|(_, (due, _))| *due <= now).map(|(n, l)| (*n, l.1)).collect();
        for (probe, counts) in overdue {
            self.leases.remove(&probe);
            self.failures += u64::from(counts);
        }
        let number = |place: usize| args[place].parse::<u64>().expect("a whole number");
        let result = match request {
            Request::Refresh => 0,
            Request::Publish { .. } => self.publish(&number, now),
            Request::Claim { .. } => self.claim(&number, now),
            Request::Settle { epoch, probe, what } => self.settle(epoch, probe.into(), what, &number, now),
        };
        let left = if self.state == OPEN { self.until.saturating_sub(now) } else { 0 };
        let age = if self.state == HALF_OPEN { now.saturating_sub(self.since) } else { 0 };
        format!(
            "{result} {} {} {left} {} {age} {} {} {}",
            self.epoch,
            self.state,
            self.wait,
            self.successes,
            self.failures,
            self.leases.len()
        )
    }

    fn publish(&mut self, number: &dyn Fn(usize) -> u64, now: u64) -> i64 {
        let base = number(1);
        if self.epoch > base {
            return 0;
        }
        let until = now + number(3);
        self.begin(number(2), base, number(5), now);
        self.until = until;
        self.wait = number(4);
        1
    }

    fn claim(&mut self, number: &dyn Fn(usize) -> u64, now: u64) -> i64 {
        let (base, healthy) = (number(1), number(2) == 1);
        let lost = self.epoch == 0 || self.epoch < base;
        let due = self.state == OPEN && (self.until <= now || healthy && self.epoch == base);
        if lost || due {
            let wait = if lost { number(3) } else { self.wait };
            self.begin(HALF_OPEN, base, number(8), now);
            self.wait = wait;
            self.since = now;
        }
        let flying = self.leases.len() as u64;
        let room = flying < number(5) && self.successes + self.failures + flying < number(4);
        if self.state != HALF_OPEN || !room {
            return -1;
        }
        let probe = self.next;
        self.next += 1;
        self.leases.insert(probe, (now + number(6), number(7) == 1));
        self.expires = now + number(8) * 1_000;
        i64::try_from(probe).expect("few probes")
    }

    fn settle(
        &mut self,
        epoch: u64,
        probe: u64,
        what: Settled,
        number: &dyn Fn(usize) -> u64,
        now: u64,
    ) -> i64 {
        if epoch != self.epoch || !self.leases.contains_key(&probe) {
            return 0;
        }
        if what == Settled::Hold {
            self.leases.insert(probe, (now + number(4), number(5) == 1));
            return 1;
        }
        self.leases.remove(&probe);
        self.successes += u64::from(what == Settled::Success);
        self.failures += u64::from(what == Settled::Failure);
        1
    }

    fn begin(&mut self, state: u64, base: u64, kept: u64, now: u64) {
        assert!(matches!(state, CLOSED | OPEN | HALF_OPEN));
        let epoch = (self.epoch + 1).max(base + 1).max(now);
        *self = Self { epoch, state, expires: now + kept * 1_000, ..Self::default() };
    }
}
