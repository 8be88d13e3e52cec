//! Slots in the order they entered, linked through themselves: any one leaves in constant time.

use super::{NONE, Slot};

#[derive(Debug)]
pub(super) struct Queue {
    first: u32,
    last: u32,
    len: u32,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self { first: NONE, last: NONE, len: 0 }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    pub(super) const fn first(&self) -> Option<u32> {
        if self.len == 0 { None } else { Some(self.first) }
    }

    pub(super) fn push(&mut self, slot: u32, slots: &mut [Slot]) {
        slots[slot as usize].previous = self.last;
        slots[slot as usize].next = NONE;
        self.link(self.last, slot, slots);
        self.last = slot;
        self.len += 1;
    }

    pub(super) fn remove(&mut self, slot: u32, slots: &mut [Slot]) {
        let Slot { previous, next, .. } = slots[slot as usize];
        self.link(previous, next, slots);
        match next {
            NONE => self.last = previous,
            next => slots[next as usize].previous = previous,
        }
        self.len -= 1;
    }

    /// What follows `previous`, or is the first, is `next`.
    fn link(&mut self, previous: u32, next: u32, slots: &mut [Slot]) {
        match previous {
            NONE => self.first = next,
            previous => slots[previous as usize].next = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::slot_expiring;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slots_leave_from_anywhere_and_the_order_stays(moves in prop::collection::vec((any::<bool>(), 0..8_u32), 0..60)) {
            let mut slots: Vec<Slot> = (0..8).map(slot_expiring).collect();
            let (mut queue, mut model) = (Queue::new(), Vec::new());
            for (enters, slot) in moves {
                match (enters, model.iter().position(|other| *other == slot)) {
                    (true, None) => {
                        queue.push(slot, &mut slots);
                        model.push(slot);
                    }
                    (false, Some(place)) => {
                        queue.remove(slot, &mut slots);
                        model.remove(place);
                    }
                    _ => {}
                }
                prop_assert_eq!(queue.first(), model.first().copied());
                prop_assert_eq!(queue.len() as usize, model.len());
            }
        }
    }
}
