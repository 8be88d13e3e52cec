//! Machines that live long, each behind one number that JavaScript keeps exactly.

/// Values behind handles. A handle is a slot and the slot's generation, so one that was freed is never valid again, and
/// no number a caller makes up reaches memory it does not own.
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// 2^53 is where JavaScript's whole numbers end: 32 bits of slot leave 21 for the generation.
const SLOT_BITS: u32 = 32;
const LAST_GENERATION: u32 = (1 << 21) - 1;

impl<T> Slab<T> {
    /// An empty slab.
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }

    /// Keeps `value` and answers its handle, which is never 0.
    pub(crate) fn insert(&mut self, value: T) -> f64 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 machines live at once")
        });
        let entry = &mut self.slots[slot as usize];
        entry.generation += 1;
        entry.value = Some(value);
        handle(slot, entry.generation)
    }

    /// The value behind `handle`, unless it was freed or never existed.
    pub(crate) fn get_mut(&mut self, handle: f64) -> Option<&mut T> {
        let (slot, generation) = parts(handle)?;
        let entry = self.slots.get_mut(slot as usize)?;
        if entry.generation == generation { entry.value.as_mut() } else { None }
    }

    /// The same, to look at.
    pub(crate) fn get(&self, handle: f64) -> Option<&T> {
        let (slot, generation) = parts(handle)?;
        let entry = self.slots.get(slot as usize)?;
        if entry.generation == generation { entry.value.as_ref() } else { None }
    }

    /// Frees the value behind `handle`. A handle that is not valid any more is left alone.
    pub(crate) fn remove(&mut self, handle: f64) -> Option<T> {
        let (slot, generation) = parts(handle)?;
        let entry = self.slots.get_mut(slot as usize).filter(|entry| entry.generation == generation)?;
        let value = entry.value.take()?;
        // A slot whose generations are used up is never used again: a few bytes against a handle that could come twice.
        if generation < LAST_GENERATION {
            self.free.push(slot);
        }
        Some(value)
    }
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53, so exact")]
fn handle(slot: u32, generation: u32) -> f64 {
    ((u64::from(generation) << SLOT_BITS) | u64::from(slot)) as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates; what is out of range finds no slot"
)]
fn parts(handle: f64) -> Option<(u32, u32)> {
    let whole = handle as u64;
    Some((whole as u32, u32::try_from(whole >> SLOT_BITS).ok()?))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "handles are whole numbers")]
mod tests {
    use super::*;

    #[test]
    fn a_freed_handle_never_finds_the_slots_next_owner() {
        let mut slab = Slab::new();
        let first = slab.insert("first");
        assert_eq!(slab.remove(first), Some("first"));
        let second = slab.insert("second");
        assert_ne!(first, second);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get_mut(second), Some(&mut "second"));
    }

    #[test]
    fn made_up_handles_find_nothing() {
        let mut slab = Slab::new();
        slab.insert(());
        for handle in [0.0, -1.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 4_294_967_297.0] {
            assert_eq!(slab.get_mut(handle), None, "{handle}");
        }
    }

    #[test]
    fn a_slot_retires_before_its_generations_come_round() {
        let mut slab = Slab::new();
        let first = slab.insert(());
        slab.slots[0].generation = LAST_GENERATION - 1;
        assert!(slab.remove(handle(0, LAST_GENERATION - 1)).is_some());
        let last = slab.insert(());
        assert_eq!(last, handle(0, LAST_GENERATION));
        assert!(last < 9_007_199_254_740_992.0);
        slab.remove(last);
        assert_eq!(slab.insert(()), handle(1, 1));
        assert_eq!(slab.get_mut(first), None);
    }
}
