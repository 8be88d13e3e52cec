//! Randomness as an argument: one uniform 32-bit draw, handed in by the host.

/// One uniform draw from the host's generator (`Math.random`, `random.getrandbits(32)`, a per-thread one in Rust).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw(pub u32);

impl Draw {
    /// A whole number from `lo` to `hi`, both included: `lo + ((hi − lo + 1) · draw >> 32)`, in 128 bits.
    ///
    /// Integer arithmetic on purpose: the same draw gives the same number in every language. `hi < lo` gives `lo`.
    #[must_use]
    pub fn uniform(self, lo: u64, hi: u64) -> u64 {
        let Some(width) = hi.checked_sub(lo) else { return lo };
        let scaled = ((u128::from(width) + 1) * u128::from(self.0)) >> 32;
        // `scaled` is at most `width`, so it fits.
        lo + u64::try_from(scaled).unwrap_or(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_reached_and_never_passed() {
        assert_eq!(Draw(0).uniform(10, 20), 10);
        assert_eq!(Draw(u32::MAX).uniform(10, 20), 20);
        assert_eq!(Draw(1 << 31).uniform(0, 99), 50);
        assert_eq!(Draw(u32::MAX).uniform(0, u64::MAX), 0xFFFF_FFFF_0000_0000);
        assert_eq!(Draw(77).uniform(5, 4), 5);
    }
}
