//! Counts of what was done under keys.

use crate::clock::Clock;
use once_again_core::idempotency::machine::Refusal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What was done under keys so far, by an executor, a manager or a layer, and by all clones of it. Rates and averages are 0
/// while there is nothing to divide.
///
/// The names are those of the other languages' statistics; each count of the last two fields is told of by an event too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct IdempotencyStats {
    /// Operations that have ended, however they did.
    pub total_operations: u64,
    /// Operations that had been begun before: answered from a record, or refused as theirs had no answer to give.
    pub duplicates: u64,
    /// Of all operations, from 0 to 1.
    pub duplicate_rate: f64,
    /// Operations that were answered from a record, of all: from 0 to 1.
    pub cache_hit_rate: f64,
    /// From the claim to the answer, waits included.
    pub average_processing_time: Duration,
    /// Operations under way.
    pub active: u64,
    /// Operations that ran without a record, because the store was away or full and the configuration lets them. A repetition
    /// runs again.
    pub unprotected: u64,
    /// Operations whose answer left before, or without, the confirmation that it is recorded. A repetition may run again.
    pub lost_completions: u64,
}

/// Where operations are counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    begun: AtomicU64,
    ended: AtomicU64,
    duplicates: AtomicU64,
    hits: AtomicU64,
    /// Microseconds: enough for half a million years of processing.
    processing: AtomicU64,
    unprotected: AtomicU64,
    lost: AtomicU64,
}

impl Counters {
    pub(crate) fn stats(&self) -> IdempotencyStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // In this order none that is under way is missed, and at most one that just began counts twice.
        let (total, begun) = (read(&self.ended), read(&self.begun));
        let duplicates = read(&self.duplicates);
        IdempotencyStats {
            total_operations: total,
            duplicates,
            duplicate_rate: rate(duplicates, total),
            cache_hit_rate: rate(read(&self.hits), total),
            average_processing_time: Duration::from_micros(
                read(&self.processing).checked_div(total).unwrap_or_default(),
            ),
            active: begun.saturating_sub(total),
            unprotected: read(&self.unprotected),
            lost_completions: read(&self.lost),
        }
    }

    pub(super) fn replayed(&self) {
        add(&self.duplicates, 1);
        add(&self.hits, 1);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        if refusal.is_duplicate() {
            add(&self.duplicates, 1);
        }
    }

    pub(super) fn unprotected(&self) {
        add(&self.unprotected, 1);
    }

    pub(super) fn completion_lost(&self) {
        add(&self.lost, 1);
    }
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

/// Counts are below 2⁵³ in any program's life.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// An operation under way; dropped, it has ended.
pub(super) struct Operation {
    counters: Arc<Counters>,
    clock: Arc<dyn Clock>,
    began: Instant,
}

impl Operation {
    pub(super) fn begin(counters: Arc<Counters>, clock: Arc<dyn Clock>, now: Instant) -> Self {
        add(&counters.begun, 1);
        Self { counters, clock, began: now }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        let took = self.clock.now().saturating_duration_since(self.began).as_micros();
        add(&self.counters.processing, u64::try_from(took).unwrap_or(u64::MAX));
        add(&self.counters.ended, 1);
    }
}
