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
            name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
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
