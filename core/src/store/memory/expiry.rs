//! Which record expires next: a binary heap of slot numbers, where each slot knows its place, so that a record whose
//! expiry changes, or that goes, is moved in logarithmic time.

use super::Slot;
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Expiry {
    heap: Vec<u32>,
}

impl Expiry {
    pub(super) const fn new() -> Self {
        Self { heap: Vec::new() }
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.heap.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn first(&self) -> Option<u32> {
        self.heap.first().copied()
    }

    pub(super) fn add(&mut self, slot: u32, slots: &mut [Slot]) {
        self.heap.push(slot);
        self.rise(self.heap.len() - 1, slots);
    }

    /// The slot's expiry has changed.
    pub(super) fn moved(&mut self, slot: u32, slots: &mut [Slot]) {
        let place = self.rise(slots[slot as usize].place as usize, slots);
        self.sink(place, slots);
    }

    pub(super) fn remove(&mut self, slot: u32, slots: &mut [Slot]) {
        let place = slots[slot as usize].place as usize;
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            let place = self.rise(place, slots);
            self.sink(place, slots);
        }
    }

    /// Moves what is at `place` towards the first, and answers where it came to lie.
    fn rise(&mut self, mut place: usize, slots: &mut [Slot]) -> usize {
        while place > 0 && self.time(place, slots) < self.time((place - 1) / 2, slots) {
            self.exchange(place, (place - 1) / 2, slots);
            place = (place - 1) / 2;
        }
        self.note(place, slots);
        place
    }

    fn sink(&mut self, mut place: usize, slots: &mut [Slot]) {
        loop {
            let child = (2 * place + 1..self.heap.len().min(2 * place + 3))
                .min_by_key(|&child| self.time(child, slots))
                .filter(|&child| self.time(child, slots) < self.time(place, slots));
            let Some(child) = child else { break };
            self.exchange(place, child, slots);
            place = child;
        }
        self.note(place, slots);
    }

    fn exchange(&mut self, a: usize, b: usize, slots: &mut [Slot]) {
        self.heap.swap(a, b);
        self.note(a, slots);
        self.note(b, slots);
    }

    fn time(&self, place: usize, slots: &[Slot]) -> Timestamp {
        slots[self.heap[place] as usize].expires_at
    }

    fn note(&self, place: usize, slots: &mut [Slot]) {
        slots[self.heap[place] as usize].place = u32::try_from(place).unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::super::slot_expiring;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_always_the_earliest(moves in prop::collection::vec((0..3_u8, 0..24_usize, 0..50_u64), 0..200)) {
            let mut slots: Vec<Slot> = (0..24).map(slot_expiring).collect();
            let (mut expiry, mut held) = (Expiry::new(), [false; 24]);
            for (action, slot, at) in moves {
                let number = u32::try_from(slot).unwrap();
                match (action, held[slot]) {
                    (0, false) => {
                        slots[slot].expires_at = Timestamp::new(at);
                        expiry.add(number, &mut slots);
                    }
                    (1, true) => expiry.remove(number, &mut slots),
                    (2, true) => {
                        slots[slot].expires_at = Timestamp::new(at);
                        expiry.moved(number, &mut slots);
                        continue;
                    }
                    _ => continue,
                }
                held[slot] = action == 0;
                let earliest = (0..24).filter(|slot| held[*slot]).map(|slot| slots[slot].expires_at).min();
                prop_assert_eq!(expiry.first().map(|slot| slots[slot as usize].expires_at), earliest);
            }
        }
    }
}
