//! What a closed breaker remembers of its calls: a stretch of time, a number of calls, or nothing.
//!
//! A time window is ten buckets side by side on a grid that begins with the first call it holds, so that the same calls
//! a day later give the same answers. A call is forgotten when its bucket leaves the window: never later than the
//! window's length after it, at most one bucket earlier. Time passes whether or not calls come. A count window is a
//! ring of two bits per call and forgets only by new calls.

use serde::{Deserialize, Serialize};

use super::spec::WindowSpec;
use crate::time::{Micros, Tick};

pub(super) const BUCKETS: usize = 10;
const CALLS_PER_WORD: usize = 32;
const FAILED: u64 = 0b01;
const SLOW: u64 = 0b10;

/// How many calls there were, how many of them failed, how many were slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failures: u32,
    pub(super) slow: u32,
}

impl Tally {
    fn add(&mut self, failed: bool, slow: bool) {
        self.calls += 1;
        self.failures += u32::from(failed);
        self.slow += u32::from(slow);
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}

#[derive(Clone, Debug)]
pub(super) enum Window {
    Time(TimeWindow),
    Count(CountWindow),
    None,
}

impl Window {
    pub(super) fn new(spec: WindowSpec) -> Self {
        match spec {
            WindowSpec::Time(length) => Self::Time(TimeWindow::new(length)),
            WindowSpec::Count(calls) => Self::Count(CountWindow::new(calls)),
            WindowSpec::None => Self::None,
        }
    }

    /// Forgets what `now` has outlived and answers what is left.
    pub(super) fn at(&mut self, now: Tick) -> Tally {
        match self {
            Self::Time(window) => {
                window.advance(now);
                window.total
            }
            Self::Count(window) => window.total,
            Self::None => Tally::default(),
        }
    }

    /// The same without forgetting anything, for those who only look.
    pub(super) fn seen_from(&self, now: Tick) -> Tally {
        match self {
            Self::Time(window) => Self::Time(*window).at(now),
            Self::Count(window) => window.total,
            Self::None => Tally::default(),
        }
    }

    /// Remembers one call that ended at `now`.
    #[inline]
    pub(super) fn record(&mut self, now: Tick, failed: bool, slow: bool) -> Tally {
        match self {
            Self::Time(window) => {
                window.record(now, failed, slow);
                window.total
            }
            Self::Count(window) => {
                window.record(failed, slow);
                window.total
            }
            Self::None => Tally::default(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Time(window) => window.clear(),
            Self::Count(window) => window.clear(),
            Self::None => {}
        }
    }

    pub(super) fn snapshot(&self, now: Tick) -> WindowSnapshot {
        match self {
            Self::Time(window) => window.snapshot(now),
            Self::Count(window) => window.snapshot(),
            Self::None => WindowSnapshot::None,
        }
    }

    /// Takes over what fits this window; anything else leaves it empty.
    pub(super) fn restore(&mut self, snapshot: &WindowSnapshot, now: Tick) {
        match (self, snapshot) {
            (Self::Time(window), WindowSnapshot::Time { width, left, buckets }) if window.width == *width => {
                window.restore(*left, buckets, now);
            }
            (Self::Count(window), WindowSnapshot::Count { size, calls }) if window.size == *size => {
                for call in calls.iter().take(*size as usize) {
                    let bits = u64::from(*call);
                    window.record(bits & FAILED != 0, bits & SLOW != 0);
                }
            }
            _ => {}
        }
    }
}

/// A window as data: times in microseconds relative to the snapshot's, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WindowSnapshot {
    Time {
        width: u64,
        /// How much of the newest bucket is left.
        left: u64,
        /// Calls, failures and slow calls of each bucket.
        buckets: Vec<[u32; 3]>,
    },
    Count {
        size: u32,
        /// 1 failed, 2 slow, 3 both.
        calls: Vec<u8>,
    },
    None,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct TimeWindow {
    /// The length of one bucket in microseconds, at least 1.
    width: u64,
    /// When the newest bucket ends.
    end: Tick,
    newest: usize,
    buckets: [Tally; BUCKETS],
    /// The sum of the buckets.
    total: Tally,
}

impl TimeWindow {
    fn new(length: Micros) -> Self {
        Self {
            width: (length.get() / BUCKETS as u64).max(1),
            end: Tick::ZERO,
            newest: 0,
            buckets: [Tally::default(); BUCKETS],
            total: Tally::default(),
        }
    }

    #[inline]
    fn advance(&mut self, now: Tick) {
        if now >= self.end {
            self.forget(now.since(self.end).get() / self.width + 1);
        }
    }

    fn forget(&mut self, buckets: u64) {
        if buckets >= BUCKETS as u64 {
            return self.clear();
        }
        for _ in 0..buckets {
            self.newest = (self.newest + 1) % BUCKETS;
            self.total.subtract(self.buckets[self.newest]);
            self.buckets[self.newest] = Tally::default();
        }
        self.end = self.end.plus(Micros::new(buckets * self.width));
    }

    #[inline]
    fn record(&mut self, now: Tick, failed: bool, slow: bool) {
        self.advance(now);
        if self.total.calls == 0 {
            self.end = now.plus(Micros::new(self.width));
        }
        // Full: four thousand million calls in one window. What it holds stays as it is until time forgets it.
        if self.total.calls < u32::MAX {
            self.buckets[self.newest].add(failed, slow);
            self.total.add(failed, slow);
        }
    }

    fn clear(&mut self) {
        self.buckets = [Tally::default(); BUCKETS];
        self.total = Tally::default();
    }

    fn snapshot(mut self, now: Tick) -> WindowSnapshot {
        self.advance(now);
        let oldest_first = (1..=BUCKETS).map(|age| self.buckets[(self.newest + age) % BUCKETS]);
        WindowSnapshot::Time {
            width: self.width,
            left: self.end.since(now).get(),
            buckets: oldest_first.map(|tally| [tally.calls, tally.failures, tally.slow]).collect(),
        }
    }

    fn restore(&mut self, left: u64, buckets: &[[u32; 3]], now: Tick) {
        let mut restored =
            Self { end: now.plus(Micros::new(left.min(self.width))), newest: BUCKETS - 1, ..*self };
        if buckets.len() != BUCKETS {
            return;
        }
        for (bucket, &[calls, failures, slow]) in restored.buckets.iter_mut().zip(buckets) {
            let Some(sum) = restored.total.calls.checked_add(calls) else { return };
            *bucket = Tally { calls, failures: failures.min(calls), slow: slow.min(calls) };
            restored.total = Tally {
                calls: sum,
                failures: restored.total.failures + bucket.failures,
                slow: restored.total.slow + bucket.slow,
            };
        }
        *self = restored;
    }
}

#[derive(Clone, Debug)]
pub(super) struct CountWindow {
    size: u32,
    /// Where the next call goes.
    next: u32,
    bits: Box<[u64]>,
    total: Tally,
}

impl CountWindow {
    fn new(size: u32) -> Self {
        let words = (size as usize).div_ceil(CALLS_PER_WORD);
        Self { size, next: 0, bits: vec![0; words].into(), total: Tally::default() }
    }

    fn record(&mut self, failed: bool, slow: bool) {
        let (word, shift) = (self.next as usize / CALLS_PER_WORD, self.next as usize % CALLS_PER_WORD * 2);
        let bits = &mut self.bits[word];
        if self.total.calls == self.size {
            let oldest = *bits >> shift;
            self.total.subtract(Tally {
                calls: 1,
                failures: u32::from(oldest & FAILED != 0),
                slow: u32::from(oldest & SLOW != 0),
            });
        }
        let newest = if failed { FAILED } else { 0 } | if slow { SLOW } else { 0 };
        *bits = *bits & !((FAILED | SLOW) << shift) | newest << shift;
        self.total.add(failed, slow);
        self.next = if self.next + 1 == self.size { 0 } else { self.next + 1 };
    }

    fn clear(&mut self) {
        self.next = 0;
        self.total = Tally::default();
    }

    fn snapshot(&self) -> WindowSnapshot {
        let oldest = self.next + self.size - self.total.calls;
        let call = |age: u32| {
            let at = ((oldest + age) % self.size) as usize;
            // Two bits.
            (self.bits[at / CALLS_PER_WORD] >> (at % CALLS_PER_WORD * 2) & (FAILED | SLOW)) as u8
        };
        WindowSnapshot::Count { size: self.size, calls: (0..self.total.calls).map(call).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = Micros::from_secs(1);

    fn at(seconds: u64) -> Tick {
        Tick::ZERO.plus(Micros::from_secs(seconds))
    }

    #[test]
    fn a_full_window_stays_full_until_time_empties_it() {
        let mut window = TimeWindow::new(Micros::from_secs(10));
        window.record(at(0), true, false);
        let full = Tally { calls: u32::MAX, failures: u32::MAX, slow: 0 };
        window.buckets[window.newest] = full;
        window.total = full;
        window.record(at(1), true, true);
        assert_eq!(window.total, full);
        window.record(at(10), false, false);
        assert_eq!(window.total, Tally { calls: 1, failures: 0, slow: 0 });
    }

    #[test]
    fn the_end_of_time_is_a_time_like_any_other() {
        let mut window = TimeWindow::new(Micros::from_secs(10));
        window.record(Tick::MAX, true, false);
        window.record(Tick::MAX, true, false);
        assert!(window.total.failures >= 1);
    }

    #[test]
    fn looking_forgets_nothing() {
        let mut window = Window::new(WindowSpec::Time(Micros::from_secs(10)));
        window.record(at(0), true, false);
        assert_eq!(window.seen_from(at(11)), Tally::default());
        assert_eq!(window.seen_from(at(9)).failures, 1);
    }

    #[test]
    fn a_ring_of_calls_is_written_oldest_first() {
        let mut window = Window::new(WindowSpec::Count(3));
        for (failed, slow) in [(true, true), (true, false), (false, false), (false, true)] {
            window.record(at(0), failed, slow);
        }
        assert_eq!(window.snapshot(at(0)), WindowSnapshot::Count { size: 3, calls: vec![1, 0, 2] });
    }

    #[test]
    fn a_window_of_another_shape_is_not_taken_over() {
        let count = WindowSnapshot::Count { size: 3, calls: vec![1, 1, 1] };
        let time = WindowSnapshot::Time { width: SECOND.get(), left: 5, buckets: vec![[1, 1, 0]; BUCKETS] };
        for (spec, snapshot) in [
            (WindowSpec::Count(4), &count),
            (WindowSpec::Time(SECOND), &count),
            (WindowSpec::Time(SECOND), &time),
            (WindowSpec::Count(3), &time),
            (WindowSpec::None, &time),
        ] {
            let mut window = Window::new(spec);
            window.restore(snapshot, at(0));
            assert_eq!(window.at(at(0)), Tally::default(), "{spec:?} from {snapshot:?}");
        }
    }

    #[test]
    fn a_window_that_no_breaker_wrote_is_cut_to_what_one_could_hold() {
        let ten_seconds = WindowSpec::Time(Micros::from_secs(10));
        let restored = |left, buckets| {
            let mut window = Window::new(ten_seconds);
            window.restore(&WindowSnapshot::Time { width: SECOND.get(), left, buckets }, at(0));
            (window.at(at(0)), window.at(at(10)))
        };
        let nothing = (Tally::default(), Tally::default());
        assert_eq!(restored(0, vec![[1, 1, 0]; BUCKETS - 1]), nothing);
        assert_eq!(restored(0, vec![[u32::MAX, 0, 0]; BUCKETS]), nothing);
        let mut one = vec![[0, 0, 0]; BUCKETS];
        one[BUCKETS - 1] = [1, 7, 7];
        assert_eq!(restored(u64::MAX, one), (Tally { calls: 1, failures: 1, slow: 1 }, Tally::default()));

        let mut calls = Window::new(WindowSpec::Count(2));
        calls.restore(&WindowSnapshot::Count { size: 2, calls: vec![255; 9] }, at(0));
        assert_eq!(calls.at(at(0)), Tally { calls: 2, failures: 2, slow: 2 });
    }
}
