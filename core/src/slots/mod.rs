//! Distributed retry slots: callers that failed together do not come back together (retry policy standards,
//! `coordination`).
//!
//! Behind its backoff a retry waits for its slot: slot `k` of `count` begins `k · width` later. A coordinator can give out
//! the least loaded slot; where there is none, `k` follows from who calls ([`slot_of`]): the processes of a fleet get
//! different slots, and each keeps its own.

use crate::idempotency::key::digest;
use crate::time::Micros;

/// How many slots where nothing is said (retry policy standards, level `default`).
pub(crate) const COUNT: u32 = 10;
/// How wide a slot is where nothing is said (retry policy standards, level `default`).
pub(crate) const WIDTH: Micros = Micros::from_millis(100);

/// The slots of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// How many there are, at least one.
    pub count: u32,
    /// How wide each is.
    pub width: Micros,
}

impl Slots {
    /// How long after its backoff a retry starts in slot `slot`. There is none behind the last one.
    ///
    /// A retry never waits for a slot past its deadline: `room` is what is left after the backoff, and a slot that begins
    /// later gives way to the last one that does not.
    #[must_use]
    pub fn offset(self, slot: u32, room: Micros) -> Micros {
        let Some(fitting) = room.get().checked_div(self.width.get()) else { return Micros::ZERO };
        let slot = u64::from(slot.min(self.count.saturating_sub(1)));
        Micros::new(slot.min(fitting).saturating_mul(self.width.get()))
    }
}

/// The slot of a caller where nobody coordinates: the first eight bytes, big-endian, of
/// `SHA-256(u32(length) part …)` over the parts `slot`, service, operation and instance, modulo the number of slots. Lengths
/// are four bytes, big-endian. The same in every language and every version.
#[must_use]
pub fn slot_of(service: &str, operation: &str, instance: &str, count: u32) -> u32 {
    let hash = digest(&[b"slot", service.as_bytes(), operation.as_bytes(), instance.as_bytes()]);
    let (first, _) = hash.split_first_chunk().unwrap_or((&[0; 8], &[]));
    let slot = u64::from_be_bytes(*first) % u64::from(count.max(1));
    u32::try_from(slot).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOTS: Slots = Slots { count: 10, width: Micros::from_millis(100) };

    #[test]
    fn a_slot_begins_so_many_widths_later() {
        assert_eq!(SLOTS.offset(0, Micros::MAX), Micros::ZERO);
        assert_eq!(SLOTS.offset(7, Micros::MAX), Micros::from_millis(700));
        assert_eq!(SLOTS.offset(10, Micros::MAX), Micros::from_millis(900), "there is no slot 10");
        assert_eq!(SLOTS.offset(u32::MAX, Micros::MAX), Micros::from_millis(900));
    }

    #[test]
    fn a_slot_past_the_deadline_gives_way_to_the_last_before_it() {
        assert_eq!(SLOTS.offset(7, Micros::from_millis(700)), Micros::from_millis(700));
        assert_eq!(SLOTS.offset(7, Micros::new(699_999)), Micros::from_millis(600));
        assert_eq!(SLOTS.offset(7, Micros::from_millis(99)), Micros::ZERO);
    }

    #[test]
    fn slots_without_width_or_number_are_no_slots() {
        assert_eq!(Slots { width: Micros::ZERO, ..SLOTS }.offset(7, Micros::MAX), Micros::ZERO);
        assert_eq!(Slots { count: 0, ..SLOTS }.offset(7, Micros::MAX), Micros::ZERO);
        assert_eq!(slot_of("lake", "fetch", "i-1", 0), 0);
    }

    #[test]
    fn the_slot_follows_from_who_calls() {
        // printf '\0\0\0\4slot\0\0\0\4lake\0\0\0\5fetch\0\0\0\3i-1' | sha256sum
        // begins with 59ca0ec22cf271ab.
        assert_eq!(slot_of("lake", "fetch", "i-1", u32::MAX), 2_260_500_589);
        assert_eq!(slot_of("lake", "fetch", "i-1", 10), 9);
    }

    #[test]
    fn a_fleet_spreads_over_all_slots() {
        let mut callers = [0_u32; 10];
        for instance in 0..1_000 {
            callers[slot_of("lake", "fetch", &instance.to_string(), 10) as usize] += 1;
        }
        // 100 each on average; five standard deviations of a fair draw are 47.
        assert!(callers.iter().all(|callers| (53..=147).contains(callers)), "{callers:?}");
    }
}
