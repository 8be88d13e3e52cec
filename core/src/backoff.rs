//! How long to wait before retry 0, 1, 2…: the strategies, before any jitter.
//!
//! Everything that grows is computed once, at construction, into a table that ends where the cap is reached, so a delay
//! is one look-up on a failure and the same number in every language.

use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// The most entries a table may have. A table ends at the cap, which takes 9 entries from 100 ms to 30 s when doubling
/// and 4 096 when growing by 0.14 %; slower growth than that [stands still](Backoff::levels_off) there.
const MAX_ENTRIES: usize = 4_096;

/// Multipliers are whole millionths: 2 is 2 000 000.
pub(crate) const MILLION: u64 = 1_000_000;

/// How the delay grows from retry to retry. Retry `n` = 0, 1, 2… follows failure `n + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The base delay, every time.
    Fixed,
    /// base · multiplierⁿ.
    Exponential,
    /// base · (1 + multiplier · n).
    Linear,
    /// base · F(n + 1): 1, 1, 2, 3, 5…
    Fibonacci,
    /// A given list; its last value repeats.
    Schedule,
    /// Whatever the caller's own function says.
    Custom,
}

impl Strategy {
    /// The names, in the order an error lists them.
    pub const NAMES: &'static [&'static str] =
        &["fixed", "exponential", "linear", "fibonacci", "schedule", "custom"];

    const ALL: [Self; 6] =
        [Self::Fixed, Self::Exponential, Self::Linear, Self::Fibonacci, Self::Schedule, Self::Custom];

    /// The name, as users write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The strategy of this name, without regard to case and separators. The constants of the advanced retry
    /// (`StrategyFixedDelay`, `StrategyExponentialBackoff`…) are names too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_ascii_lowercase();
        let plain = plain.strip_prefix("strategy").unwrap_or(&plain);
        let plain = plain.strip_suffix("backoff").or_else(|| plain.strip_suffix("delay")).unwrap_or(plain);
        Self::ALL.into_iter().find(|strategy| strategy.name() == plain)
    }
}

/// The delays of one policy, capped, before jitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    growth: Growth,
    base: Micros,
    max: Micros,
    levels_off: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Growth {
    /// Never empty; the last entry repeats.
    Table(Box<[Micros]>),
    Linear {
        multiplier: u64,
    },
    Custom,
}

impl Backoff {
    /// `multiplier` is in millionths. `schedule` matters to [`Strategy::Schedule`] alone; an empty one waits `base`.
    #[must_use]
    pub fn new(strategy: Strategy, base: Micros, multiplier: u64, max: Micros, schedule: &[Micros]) -> Self {
        let mut levels_off = false;
        let growth = match strategy {
            Strategy::Fixed => table([base], max),
            Strategy::Exponential => {
                let entries = exponential(base, multiplier, max);
                let last = entries.last().copied().unwrap_or(base);
                levels_off = last < max && multiplier > MILLION && !base.is_zero();
                Growth::Table(entries.into())
            }
            Strategy::Linear => Growth::Linear { multiplier },
            Strategy::Fibonacci => Growth::Table(fibonacci(base, max).into()),
            Strategy::Schedule if schedule.is_empty() => table([base], max),
            Strategy::Schedule => table(schedule.iter().copied(), max),
            Strategy::Custom => Growth::Custom,
        };
        Self { growth, base, max, levels_off }
    }

    /// The delay before retry `retry` (0 follows the first failure), never above the cap.
    ///
    /// `custom` is what the caller's function answered, and matters to [`Strategy::Custom`] alone; without an answer
    /// that strategy waits the base delay.
    #[must_use]
    pub fn delay(&self, retry: u32, custom: Option<Micros>) -> Micros {
        match &self.growth {
            Growth::Table(table) => table[(retry as usize).min(table.len() - 1)],
            Growth::Linear { multiplier } => self.linear(*multiplier, retry),
            Growth::Custom => custom.unwrap_or(self.base).min(self.max),
        }
    }

    /// The first delay there is to compute with: what decorrelated jitter starts from.
    #[must_use]
    pub const fn base(&self) -> Micros {
        self.base
    }

    /// The cap.
    #[must_use]
    pub const fn max(&self) -> Micros {
        self.max
    }

    /// Whether growth is so slow that the delay stops growing, after 4 096 retries, before it reaches the cap.
    #[must_use]
    pub const fn levels_off(&self) -> bool {
        self.levels_off
    }

    fn linear(&self, multiplier: u64, retry: u32) -> Micros {
        let factor = u128::from(MILLION) + u128::from(multiplier) * u128::from(retry);
        let delay = u128::from(self.base.get()) * factor / u128::from(MILLION);
        u64::try_from(delay).map_or(self.max, |delay| Micros::new(delay).min(self.max))
    }
}

fn table(delays: impl IntoIterator<Item = Micros>, max: Micros) -> Growth {
    Growth::Table(delays.into_iter().map(|delay| delay.min(max)).collect())
}

/// Carried with a 32-bit fraction and floored once, at the end: flooring every step would leave 1 µs × 1.5 at 1 µs for
/// ever. A product below 2^53 · 2^32 · 10^9 fits 128 bits with room to spare.
fn exponential(base: Micros, multiplier: u64, max: Micros) -> Vec<Micros> {
    let mut entries = Vec::new();
    let mut exact = u128::from(base.get()) << 32;
    loop {
        let whole = u64::try_from(exact >> 32).map_or(max, Micros::new).min(max);
        entries.push(whole);
        if whole >= max || multiplier <= MILLION || base.is_zero() || entries.len() == MAX_ENTRIES {
            return entries;
        }
        exact = exact * u128::from(multiplier) / u128::from(MILLION);
    }
}

/// Ends within 80 entries: F(79) is above 2^53.
fn fibonacci(base: Micros, max: Micros) -> Vec<Micros> {
    let (mut delay, mut next) = (base, base);
    let mut entries = vec![delay.min(max)];
    while delay < max && !base.is_zero() {
        (delay, next) = (next, delay.plus(next));
        entries.push(delay.min(max));
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: &Backoff, count: u32) -> Vec<u64> {
        (0..count).map(|retry| backoff.delay(retry, None).get()).collect()
    }

    fn backoff(strategy: Strategy, base: u64, multiplier: u64, max: u64) -> Backoff {
        Backoff::new(strategy, Micros::new(base), multiplier, Micros::new(max), &[])
    }

    #[test]
    fn one_microsecond_grows_by_half_because_the_fraction_is_carried() {
        let growing = backoff(Strategy::Exponential, 1, 1_500_000, 1_000);
        assert_eq!(delays(&growing, 11), [1, 1, 2, 3, 5, 7, 11, 17, 25, 38, 57]);
    }

    #[test]
    fn doubling_ends_at_the_cap_and_stays_there() {
        let kernel = backoff(Strategy::Exponential, 1_000_000, 2_000_000, 30_000_000);
        assert_eq!(
            delays(&kernel, 7),
            [1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000, 30_000_000, 30_000_000]
        );
        assert_eq!(kernel.delay(u32::MAX, None).get(), 30_000_000);
        assert!(!kernel.levels_off());
    }

    #[test]
    fn a_decimal_multiplier_is_exact_as_long_as_the_result_is_whole() {
        let custom = backoff(Strategy::Exponential, 100_000, 1_800_000, 10_000_000);
        assert_eq!(delays(&custom, 7), [100_000, 180_000, 324_000, 583_200, 1_049_760, 1_889_568, 3_401_222]);
    }

    #[test]
    fn linear_fibonacci_and_fixed_follow_their_formulas() {
        assert_eq!(delays(&backoff(Strategy::Fixed, 7, 2_000_000, 100), 3), [7, 7, 7]);
        assert_eq!(delays(&backoff(Strategy::Linear, 100, 1_000_000, 350), 5), [100, 200, 300, 350, 350]);
        assert_eq!(delays(&backoff(Strategy::Linear, 100, 250_000, 1_000), 4), [100, 125, 150, 175]);
        assert_eq!(delays(&backoff(Strategy::Fibonacci, 10, 0, 100), 8), [10, 10, 20, 30, 50, 80, 100, 100]);
    }

    #[test]
    fn a_schedule_repeats_its_last_value_and_is_capped() {
        let schedule = [50, 10, 900].map(Micros::new);
        let backoff = Backoff::new(Strategy::Schedule, Micros::ZERO, 0, Micros::new(500), &schedule);
        assert_eq!(delays(&backoff, 5), [50, 10, 500, 500, 500]);
    }

    #[test]
    fn a_custom_answer_is_capped_and_the_base_stands_in_for_a_missing_one() {
        let custom = backoff(Strategy::Custom, 100, 0, 1_000);
        assert_eq!(custom.delay(0, Some(Micros::new(5_000))).get(), 1_000);
        assert_eq!(custom.delay(3, Some(Micros::new(250))).get(), 250);
        assert_eq!(custom.delay(3, None).get(), 100);
    }

    #[test]
    fn growth_too_slow_for_the_table_levels_off_and_says_so() {
        let slow = backoff(Strategy::Exponential, 100_000, 1_000_001, 30_000_000);
        assert!(slow.levels_off());
        assert_eq!(slow.delay(4_095, None), slow.delay(u32::MAX, None));
        assert!(!backoff(Strategy::Exponential, 100_000, 1_000_000, 30_000_000).levels_off());
        assert!(!backoff(Strategy::Exponential, 0, 2_000_000, 30_000_000).levels_off());
    }

    #[test]
    fn the_largest_numbers_saturate_at_the_cap() {
        for strategy in [Strategy::Exponential, Strategy::Linear, Strategy::Fibonacci] {
            let widest = backoff(strategy, Micros::MAX.get(), 1_000_000_000, Micros::MAX.get());
            assert_eq!(widest.delay(u32::MAX, None), Micros::MAX);
        }
    }

    #[test]
    fn the_advanced_retrys_constants_are_names_too() {
        for (name, strategy) in [
            ("StrategyFixedDelay", Strategy::Fixed),
            ("StrategyExponentialBackoff", Strategy::Exponential),
            ("StrategyLinearBackoff", Strategy::Linear),
            ("StrategyFibonacciBackoff", Strategy::Fibonacci),
            ("StrategyCustom", Strategy::Custom),
            ("exponential", Strategy::Exponential),
            ("EXPONENTIAL_BACKOFF", Strategy::Exponential),
        ] {
            assert_eq!(Strategy::from_name(name), Some(strategy), "{name}");
        }
        assert_eq!(Strategy::from_name("quadratic"), None);
        assert_eq!(Strategy::from_name(""), None);
    }
}
