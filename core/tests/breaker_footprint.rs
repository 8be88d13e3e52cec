//! What a breaker costs: its bytes, and no allocation once it is there.

use allocation_counter::{AllocationInfo, measure};
use once_again_core::breaker::{
    Breaker, BreakerConfig, BreakerSpec, Decision, Mode, Outcome, WindowSpec, presets,
};
use once_again_core::draw::Draw;
use once_again_core::time::{Micros, Tick};

/// What a breaker takes, of itself and of what it points to.
fn bytes(spec: BreakerSpec) -> u64 {
    let config = BreakerConfig::try_from(spec).unwrap();
    let mut made = None;
    let AllocationInfo { bytes_current, .. } = measure(|| made = Some(Breaker::new(&config)));
    size_of::<Breaker>() as u64 + u64::try_from(bytes_current).unwrap()
}

/// A day of a troubled dependency: calls of every outcome, probes, an operator's hand.
fn live(breaker: &mut Breaker) {
    let mut openings = 0;
    for step in 0..20_000_u64 {
        let now = Tick::new(step * 700_000);
        match step % 1_000 {
            997 => drop(breaker.isolate()),
            998 => drop(breaker.release()),
            999 if step % 2_000 == 999 => drop(breaker.set_mode(Mode::MetricsOnly)),
            999 => drop(breaker.reset()),
            _ => {}
        }
        let outcome = match step % 7 {
            0 | 1 => Outcome::Success,
            2 => Outcome::Ignored,
            3 if step % 5 == 0 => Outcome::Abandoned,
            _ => Outcome::Failure,
        };
        if let Decision::Permit(permit) = breaker.admit(now).decision {
            breaker.settle(permit, outcome, Micros::from_millis(step % 90_000), now, Draw(7));
            breaker.settle(permit, outcome, Micros::ZERO, now, Draw(7));
        }
        openings = breaker.counters(now).opened;
    }
    assert!(openings > 10, "opened {openings} times");
}

#[test]
fn a_breaker_of_either_shape_takes_at_most_512_bytes() {
    for spec in [BreakerSpec::threshold(), BreakerSpec::rate()] {
        let bytes = bytes(spec);
        assert!(bytes <= 512, "{bytes} bytes");
    }
}

#[test]
fn a_window_of_calls_adds_a_quarter_of_a_byte_for_each() {
    let of = |calls| bytes(BreakerSpec { window: WindowSpec::Count(calls), ..BreakerSpec::rate() });
    assert_eq!(of(10_000) - of(32), (10_000 - 32) / 4 + 4, "in whole words of 32 calls");
}

#[test]
fn a_breaker_allocates_nothing_after_its_construction() {
    for name in presets::NAMES {
        let mut spec = presets::named(name).unwrap();
        spec.minimum_calls = spec.minimum_calls.map(|least| least.min(20));
        let mut breaker = Breaker::new(&BreakerConfig::try_from(spec).unwrap());
        let met = measure(|| live(&mut breaker));
        assert_eq!((met.count_total, met.bytes_total), (0, 0), "{name}");
    }
}
