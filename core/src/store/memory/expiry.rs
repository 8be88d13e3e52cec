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
