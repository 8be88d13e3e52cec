//! What a closed breaker remembers of its calls: a stretch of time, a number of calls, or nothing.
//!
//! A time window is ten buckets side by side on a grid that begins with the first call it holds, so that the same calls
//! a day later give the same answers. A call is forgotten when its bucket leaves the window: never later than the
//! window's length after it, at most one bucket earlier. Time passes whether or not calls come. A count window is a
//! ring of two bits per call and forgets only by new calls.

use serde::{Deserialize, Serialize};

use super::spec::WindowSpec;
use crate::time::{Micros, Tick};

const BUCKETS: usize = 10;
/// So many calls in each bucket can still be added up.
const BUCKET_CALLS: u32 = u32::MAX / 10;
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

    fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            failures: self.failures + other.failures,
            slow: self.slow + other.slow,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            calls: self.calls - other.calls,
            failures: self.failures - other.failures,
            slow: self.slow - other.slow,
        }
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
                window.total()
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
                window.total()
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
    /// When the newest bucket ends; the origin while the window is empty, so that the next call begins a grid.
    end: Tick,
    newest: Tally,
    /// A ring of the other buckets.
    older: [Tally; BUCKETS - 1],
    oldest: usize,
    /// The sum of that ring.
    past: Tally,
}

impl TimeWindow {
    fn new(length: Micros) -> Self {
        Self {
            width: (length.get() / BUCKETS as u64).max(1),
            end: Tick::ZERO,
            newest: Tally::default(),
            older: [Tally::default(); BUCKETS - 1],
            oldest: 0,
            past: Tally::default(),
        }
    }

    fn total(&self) -> Tally {
        self.past.plus(self.newest)
    }

    /// Nearly every call falls into the newest bucket and costs one comparison and one sum.
    #[inline]
    fn record(&mut self, now: Tick, failed: bool, slow: bool) {
        if now >= self.end {
            self.begin_bucket(now);
        }
        // Full: four hundred million calls in one bucket. It stays as it is until time forgets it.
        if self.newest.calls < BUCKET_CALLS {
            self.newest.add(failed, slow);
        }
    }

    #[cold]
    fn begin_bucket(&mut self, now: Tick) {
        self.advance(now);
        if self.end == Tick::ZERO {
            self.end = now.plus(Micros::new(self.width));
        }
    }

    fn advance(&mut self, now: Tick) {
        if now < self.end {
            return;
        }
        let buckets = now.since(self.end).get() / self.width + 1;
        if buckets >= BUCKETS as u64 {
            return self.clear();
        }
        for _ in 0..buckets {
            let forgotten = core::mem::replace(&mut self.older[self.oldest], self.newest);
            self.past = self.past.plus(self.newest).minus(forgotten);
            self.newest = Tally::default();
            self.oldest = (self.oldest + 1) % self.older.len();
        }
        self.end = self.end.plus(Micros::new(buckets * self.width));
        if self.past.calls == 0 {
            self.clear();
        }
    }

    fn clear(&mut self) {
        *self = Self { width: self.width, ..Self::new(Micros::ZERO) };
    }

    fn snapshot(mut self, now: Tick) -> WindowSnapshot {
        self.advance(now);
        let (second, first) = self.older.split_at(self.oldest);
        let oldest_first = first.iter().chain(second).chain([&self.newest]);
        WindowSnapshot::Time {
            width: self.width,
            left: self.end.since(now).get(),
            buckets: oldest_first.map(|tally| [tally.calls, tally.failures, tally.slow]).collect(),
        }
    }

    fn restore(&mut self, left: u64, buckets: &[[u32; 3]], now: Tick) {
        let mut tallies = buckets.iter().map(|&[calls, failures, slow]| {
            let calls = calls.min(BUCKET_CALLS);
            Tally { calls, failures: failures.min(calls), slow: slow.min(calls) }
        });
        if buckets.len() != BUCKETS || buckets.iter().all(|[calls, ..]| *calls == 0) {
            return;
        }
        for older in &mut self.older {
            *older = tallies.next().unwrap_or_default();
            self.past = self.past.plus(*older);
        }
        self.newest = tallies.next().unwrap_or_default();
        self.end = now.plus(Micros::new(left.clamp(1, self.width)));
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
            self.total = self.total.minus(Tally {
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
        for second in 0..10 {
            window.record(at(second), true, false);
            window.newest = Tally { calls: BUCKET_CALLS, failures: BUCKET_CALLS, slow: 0 };
            window.record(at(second), true, true);
        }
        assert_eq!(window.total(), Tally { calls: 4_294_967_290, failures: 4_294_967_290, slow: 0 });
        window.record(at(19), false, false);
        assert_eq!(window.total(), Tally { calls: 1, failures: 0, slow: 0 });
    }

    #[test]
    fn the_end_of_time_is_a_time_like_any_other() {
        let mut window = TimeWindow::new(Micros::from_secs(10));
        window.record(Tick::MAX, true, false);
        window.record(Tick::MAX, true, false);
        assert!(window.total().failures >= 1);
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
        assert_eq!(restored(0, vec![[0, 1, 1]; BUCKETS]), nothing);
        let full = Tally { calls: 4_294_967_290, failures: 0, slow: 4_294_967_290 };
        assert_eq!(restored(9, vec![[u32::MAX, 0, u32::MAX]; BUCKETS]), (full, Tally::default()));
        let mut one = vec![[0, 0, 0]; BUCKETS];
        one[BUCKETS - 1] = [1, 7, 7];
        assert_eq!(restored(u64::MAX, one), (Tally { calls: 1, failures: 1, slow: 1 }, Tally::default()));

        let mut calls = Window::new(WindowSpec::Count(2));
        calls.restore(&WindowSnapshot::Count { size: 2, calls: vec![255; 9] }, at(0));
        assert_eq!(calls.at(at(0)), Tally { calls: 2, failures: 2, slow: 2 });
    }
}
