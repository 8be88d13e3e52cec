//! How a delay is spread, so that callers who failed together do not come back together.
//!
//! Whole numbers and one draw: the same draw gives the same delay in every language. Bounds are cut to the cap *before*
//! drawing, so nothing piles up on the cap.

use crate::draw::Draw;
use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// The kind of jitter, as users name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JitterType {
    /// The delay as it is.
    None,
    /// Anything from nothing to the delay.
    Full,
    /// Half of the delay, and anything up to the other half.
    Equal,
    /// Anything from the base delay to three times the previous delay.
    Decorrelated,
    /// The delay, a given fraction more or less.
    Deviation,
}

impl JitterType {
    /// The names, in the order an error lists them.
    pub const NAMES: &'static [&'static str] = &["none", "full", "equal", "decorrelated", "deviation"];

    const ALL: [Self; 5] = [Self::None, Self::Full, Self::Equal, Self::Decorrelated, Self::Deviation];

    /// The name, as users write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The type of this name, without regard to case and separators. The constants of the advanced retry
    /// (`JitterTypeFull`…) are names too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_ascii_lowercase();
        let plain = plain.strip_prefix("jittertype").unwrap_or(&plain);
        Self::ALL.into_iter().find(|jitter| jitter.name() == plain)
    }
}

/// Jitter ready to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// d.
    None,
    /// uniform [0, d].
    Full,
    /// d − d/2 + uniform [0, d/2].
    Equal,
    /// uniform [base, min(max, 3 · previous)]: the one jitter that depends on history, and not on d.
    Decorrelated,
    /// uniform [d − f·d, min(max, d + f·d)], with f in millionths (at most 1 000 000).
    Deviation(u32),
}

impl Jitter {
    /// Spreads `capped`, the delay the backoff gave. Never more than `max`; a zero delay stays zero, because it says
    /// "at once".
    #[must_use]
    pub fn apply(self, capped: Micros, base: Micros, max: Micros, previous: Micros, draw: Draw) -> Micros {
        let delay = capped.min(max).get();
        if delay == 0 {
            return Micros::ZERO;
        }
        Micros::new(match self {
            Self::None => delay,
            Self::Full => draw.uniform(0, delay),
            Self::Equal => delay - delay / 2 + draw.uniform(0, delay / 2),
            Self::Decorrelated => {
                let lo = base.min(max).get();
                draw.uniform(lo, previous.get().saturating_mul(3).min(max.get()))
            }
            Self::Deviation(millionths) => {
                let spread = fraction(delay, millionths);
                draw.uniform(delay - spread, (delay + spread).min(max.get()))
            }
        })
    }
}

/// `millionths` of `delay`, floored, and never more than all of it.
fn fraction(delay: u64, millionths: u32) -> u64 {
    let part = u128::from(delay) * u128::from(millionths) / 1_000_000;
    u64::try_from(part).map_or(delay, |part| part.min(delay))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Draw = Draw(0);
    const MIDDLE: Draw = Draw(1 << 31);
    const HIGH: Draw = Draw(u32::MAX);

    /// A delay of 1 000 µs, base 100 µs, cap 1 200 µs.
    fn spread(jitter: Jitter, previous: u64) -> [u64; 3] {
        [LOW, MIDDLE, HIGH].map(|draw| {
            let (base, max) = (Micros::new(100), Micros::new(1_200));
            jitter.apply(Micros::new(1_000), base, max, Micros::new(previous), draw).get()
        })
    }

    #[test]
    fn each_jitter_keeps_to_its_interval() {
        assert_eq!(spread(Jitter::None, 100), [1_000, 1_000, 1_000]);
        assert_eq!(spread(Jitter::Full, 100), [0, 500, 1_000]);
        assert_eq!(spread(Jitter::Equal, 100), [500, 750, 1_000]);
        assert_eq!(spread(Jitter::Deviation(100_000), 100), [900, 1_000, 1_100]);
    }

    #[test]
    fn decorrelated_jitter_grows_from_the_previous_delay_alone() {
        assert_eq!(spread(Jitter::Decorrelated, 100), [100, 200, 300]);
        assert_eq!(spread(Jitter::Decorrelated, 300), [100, 500, 900]);
        assert_eq!(spread(Jitter::Decorrelated, 1_000), [100, 650, 1_200]);
    }

    #[test]
    fn bounds_are_cut_before_drawing_so_nothing_piles_up_on_the_cap() {
        assert_eq!(spread(Jitter::Deviation(500_000), 100), [500, 850, 1_200]);
    }

    #[test]
    fn a_base_above_the_cap_is_cut_to_it() {
        let (base, max) = (Micros::new(900), Micros::new(500));
        assert_eq!(Jitter::Decorrelated.apply(max, base, max, base, LOW), max);
    }

    #[test]
    fn an_odd_delay_loses_nothing_to_halving() {
        let apply =
            |draw| Jitter::Equal.apply(Micros::new(7), Micros::ZERO, Micros::new(9), Micros::ZERO, draw);
        assert_eq!([apply(LOW).get(), apply(HIGH).get()], [4, 7]);
    }

    #[test]
    fn zero_stays_zero_whatever_the_jitter() {
        for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Deviation(1_000_000)] {
            let max = Micros::from_secs(1);
            assert_eq!(jitter.apply(Micros::ZERO, Micros::new(100), max, max, HIGH), Micros::ZERO);
        }
    }

    #[test]
    fn the_advanced_retrys_constants_are_names_too() {
        assert_eq!(JitterType::from_name("JitterTypeDecorrelated"), Some(JitterType::Decorrelated));
        assert_eq!(JitterType::from_name("FULL"), Some(JitterType::Full));
        assert_eq!(JitterType::from_name("jittertype"), None);
    }
}
