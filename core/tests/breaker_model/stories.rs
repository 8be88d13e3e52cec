//! Random configurations and random sequences of events.

use once_again_core::breaker::{
    Abandoned, BreakerConfig, BreakerSpec, HalfOpenSpec, Mode, OpenWaitSpec, Outcome, Pass, WindowSpec,
};
use once_again_core::time::Micros;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(crate) const SECOND: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Jump {
    By(i64),
    /// To the machine's own deadline, give or take a microsecond: where `>=` and `>` differ.
    Deadline(i64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Admit,
    /// Settles the n-th latest permit, be it settled already or not.
    Settle {
        latest: usize,
        outcome: Outcome,
        took: u64,
        draw: u32,
    },
    Health(bool),
    Isolate,
    Release,
    SetMode(Mode),
    Reset,
    /// Another process goes on from a snapshot, on a clock of its own.
    Restart {
        clock: u64,
    },
}

fn millionths() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), Just(250_000), Just(333_333), Just(500_000), Just(1_000_000)]
}

fn seconds(most: u64) -> impl Strategy<Value = Micros> {
    prop_oneof![(1..=most).prop_map(Micros::from_secs), (1_000..=most * SECOND).prop_map(Micros::new)]
}

pub(crate) fn specs() -> impl Strategy<Value = BreakerSpec> {
    let window = prop_oneof![
        3 => seconds(30).prop_map(WindowSpec::Time),
        2 => (1..=12_u32).prop_map(WindowSpec::Count),
        1 => Just(WindowSpec::None),
    ];
    let rules = (
        option::of(millionths()),
        option::of(1..=6_u32),
        0..=3_u32,
        option::of(1..=4_u32),
        option::of(1..=4_u32),
        option::of(seconds(2)),
        millionths(),
        option::of(1..=5_u32),
    );
    let factor = prop_oneof![Just(1_000_000), Just(1_500_000), Just(2_000_000), Just(3_000_000)];
    let wait = (0..=5 * SECOND, factor, 1..=20_u64, prop_oneof![Just(0), Just(100_000), Just(1_000_000)]);
    let half_open = (1..=5_u32, option::of(1..=5_u32), any::<bool>(), 0..=2, millionths(), any::<bool>());
    let limits = (option::of(seconds(10)), option::of(seconds(20)), any::<bool>());
    (window, rules, wait, half_open, limits).prop_map(|(window, rules, wait, half_open, limits)| {
        let (calls, concurrent, limited, pass, share, early) = half_open;
        let mut spec = BreakerSpec {
            window,
            failure_rate: rules.0,
            minimum_calls: rules.1,
            minimum_failures: rules.2,
            failures_in_window: rules.3,
            consecutive_failures: rules.4,
            slow_call_duration: rules.5,
            slow_call_rate: rules.6,
            slow_minimum_calls: rules.7,
            open_wait: OpenWaitSpec {
                base: Micros::new(wait.0),
                factor: wait.1,
                max: Some(Micros::new(wait.0 * wait.2)),
                jitter: wait.3,
            },
            half_open: HalfOpenSpec {
                calls,
                max_concurrent: concurrent.map(|most| most.min(calls)),
                pass: match pass {
                    0 => None,
                    1 => Some(Pass::FailureRateBelow(share)),
                    _ => Some(Pass::Successes(calls.div_ceil(2))),
                },
                early,
            },
            probe_lease: limits.0,
            half_open_max_wait: limits.1.filter(|_| limited),
            abandoned: if limits.2 { Abandoned::Failure } else { Abandoned::Ignored },
            ..BreakerSpec::threshold()
        };
        match window {
            WindowSpec::Time(_) => {}
            WindowSpec::Count(size) => {
                spec.minimum_calls = spec.minimum_calls.map(|n| n.min(size));
                spec.minimum_failures = spec.minimum_failures.min(size);
                spec.failures_in_window = spec.failures_in_window.map(|n| n.min(size));
                spec.slow_minimum_calls = spec.slow_minimum_calls.map(|n| n.min(size));
            }
            WindowSpec::None => {
                spec.failure_rate = None;
                spec.failures_in_window = None;
                spec.slow_call_duration = None;
            }
        }
        if BreakerConfig::try_from(spec.clone()).is_err() {
            spec.consecutive_failures = Some(2);
        }
        spec
    })
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        6 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Abandoned),
    ]
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<(Jump, Event)>> {
    let second = i64::try_from(SECOND).unwrap();
    let jump = prop_oneof![
        4 => Just(Jump::By(0)),
        6 => (0..second).prop_map(Jump::By),
        2 => (0..20 * second).prop_map(Jump::By),
        1 => (0..3_600 * second).prop_map(Jump::By),
        1 => (-3 * second..0).prop_map(Jump::By),
        3 => (-1..=1_i64).prop_map(Jump::Deadline),
    ];
    let settle = (prop_oneof![4 => 0..4_usize, 1 => 0..40_usize], outcomes(), 0..3 * SECOND, any::<u32>())
        .prop_map(|(latest, outcome, took, draw)| Event::Settle { latest, outcome, took, draw });
    let mode = prop_oneof![2 => Just(Mode::Normal), 1 => Just(Mode::Disabled), 1 => Just(Mode::MetricsOnly)];
    let event = prop_oneof![
        40 => Just(Event::Admit),
        50 => settle,
        1 => any::<bool>().prop_map(Event::Health),
        1 => Just(Event::Isolate),
        2 => Just(Event::Release),
        2 => mode.prop_map(Event::SetMode),
        1 => Just(Event::Reset),
        1 => (0..100 * SECOND).prop_map(|clock| Event::Restart { clock }),
    ];
    vec((jump, event), 1..120)
}
