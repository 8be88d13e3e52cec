//! What holds for every retry policy, whatever the numbers.

use once_again_core::backoff::{Backoff, Strategy as Growth};
use once_again_core::classify::{Kind, retry_after};
use once_again_core::draw::Draw;
use once_again_core::jitter::{Jitter, JitterType};
use once_again_core::retry::{Failure, Once, RetryCall, RetryPolicy, RetrySpec, Step, Stop, Verdict};
use once_again_core::spec::{Unit, Value};
use once_again_core::time::{MAX_MICROS, Micros, Tick, Timestamp};
use proptest::prelude::*;

const YEAR: u64 = 365 * 86_400 * 1_000_000;

fn strategies() -> impl Strategy<Value = Growth> {
    prop_oneof![
        Just(Growth::Fixed),
        Just(Growth::Exponential),
        Just(Growth::Linear),
        Just(Growth::Fibonacci),
        Just(Growth::Schedule),
        Just(Growth::Custom),
    ]
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        any::<u32>().prop_map(Jitter::Deviation),
    ]
}

/// Attempts near both ends of `u32`, and anywhere.
fn attempts() -> impl Strategy<Value = u32> {
    prop_oneof![0..100_u32, any::<u32>(), (u32::MAX - 3)..=u32::MAX]
}

fn micros(most: u64) -> impl Strategy<Value = Micros> {
    prop_oneof![Just(0), 0..100_000_u64.min(most + 1), 0..=most].prop_map(Micros::new)
}

prop_compose! {
    fn backoffs()(
        strategy in strategies(), base in micros(MAX_MICROS), multiplier in 0..=1_000_000_000_u64, max in micros(MAX_MICROS),
        schedule in prop::collection::vec(micros(MAX_MICROS), 0..5),
    ) -> Backoff {
        Backoff::new(strategy, base.min(max), multiplier, max, &schedule)
    }
}

prop_compose! {
    fn specs()(
        max_attempts in 2..50_u32, strategy in strategies(), base in micros(10_000_000), multiplier in 1_000_000..4_000_000_u64,
        max in micros(60_000_000), schedule in prop::collection::vec(micros(60_000_000), 1..4),
        jitter in prop_oneof![
            Just(JitterType::None), Just(JitterType::Full), Just(JitterType::Equal), Just(JitterType::Decorrelated),
            Just(JitterType::Deviation),
        ],
        deviation in 0..=1_000_000_u32, total_timeout in prop::option::of(1..600_000_000_u64),
        slots in prop::option::of((1..20_u32, micros(5_000_000))),
    ) -> RetrySpec {
        RetrySpec {
            max_attempts: Some(max_attempts),
            strategy: Some(strategy),
            base: Some(base.min(max)),
            multiplier: Some(multiplier),
            max_delay: Some(max),
            schedule: Some(schedule),
            custom_backoff: Some(true),
            jitter: Some(jitter),
            deviation: Some(deviation),
            total_timeout: total_timeout.map(Micros::new),
            coordination_enabled: Some(slots.is_some()),
            slot_count: slots.map(|(count, _)| count),
            slot_width: slots.map(|(_, width)| width),
            ..RetrySpec::default()
        }
    }
}

prop_compose! {
    fn failures()(
        kind in 0..9_usize, retry in prop::bool::weighted(0.95), free in prop::bool::weighted(0.1),
        retry_after in prop::option::weighted(0.3, micros(70_000_000)), custom in prop::option::of(micros(MAX_MICROS)),
        once in prop_oneof![9 => Just(Once::No), 1 => Just(Once::NewConnection), 1 => Just(Once::NewCredentials)],
        took in 0..20_000_000_u64, draw in any::<u32>(),
    ) -> (Failure, u64, Draw) {
        let verdict = Verdict { kind: Kind::ALL[kind], retry, free: free || once == Once::NewCredentials, once };
        (Failure { verdict, retry_after, custom_delay: custom, slot: draw }, took, Draw(draw))
    }
}

const FIELDS: [&str; 22] = [
    "maxAttempts",
    "baseDelay",
    "max_delay",
    "multiplier",
    "strategy",
    "jitter",
    "jitter_factor",
    "schedule",
    "timeout",
    "attemptTimeout",
    "maxRetryAfter",
    "retry_on",
    "permanentErrors",
    "retryableStatusCodes",
    "perKind",
    "tags",
    "customBackoff",
    "customConditions",
    "logLevel",
    "slot_count",
    "name",
    "nothing",
];

/// Values a user could write, right and wrong, a few levels deep.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        (0..1_000_u32).prop_map(|number| Value::Number(number.into())),
        prop::sample::select(&["fixed", "custom", "schedule", "full", "deviation", "Server", "http", ""][..])
            .prop_map(|text| Value::Text(text.into())),
        Just(Value::Opaque("function".into())),
    ];
    leaf.prop_recursive(3, 40, 6, |inner| {
        let names = prop::sample::select([&FIELDS[..], Kind::NAMES].concat());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec((names.prop_map(String::from), inner), 0..6).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn any_configuration_is_a_policy_or_an_error_that_names_its_field(value in values()) {
        for unit in [Unit::Millis, Unit::Seconds, Unit::Micros] {
            match RetryPolicy::from_value(&value, unit, "", "standard") {
                Ok(policy) => {
                    let effective = RetryPolicy::try_from(policy.to_spec()).expect("an effective policy is valid");
                    prop_assert_eq!(effective.to_spec(), policy.to_spec());
                }
                Err(error) => prop_assert!(!error.field.is_empty() && !error.expected.is_empty()),
            }
        }
    }

    #[test]
    fn a_delay_never_passes_the_cap_and_depends_on_nothing_but_its_arguments(
        backoff in backoffs(), jitter in jitters(), attempt in attempts(), custom in prop::option::of(micros(MAX_MICROS)),
        previous in micros(MAX_MICROS), draw in any::<u32>(),
    ) {
        let delay = || {
            let capped = backoff.delay(attempt, custom);
            (capped, jitter.apply(capped, backoff.base(), backoff.max(), previous, Draw(draw)))
        };
        let (capped, jittered) = delay();
        prop_assert!(capped <= backoff.max());
        prop_assert!(jittered <= backoff.max());
        prop_assert!(!capped.is_zero() || jittered.is_zero(), "zero stays zero");
        prop_assert_eq!(delay(), (capped, jittered));
    }

    #[test]
    fn growing_strategies_never_shrink(
        base in micros(YEAR), multiplier in 1_000_000..=1_000_000_000_u64, max in micros(YEAR), retry in attempts(),
        strategy in prop_oneof![
            Just(Growth::Fixed), Just(Growth::Exponential), Just(Growth::Linear), Just(Growth::Fibonacci)
        ],
    ) {
        let backoff = Backoff::new(strategy, base.min(max), multiplier, max, &[]);
        prop_assert_eq!(backoff.delay(0, None), base.min(max));
        prop_assert!(backoff.delay(retry, None) <= backoff.delay(retry.saturating_add(1), None));
    }

    #[test]
    fn a_whole_multiplier_is_exact(base in 1..1_000_000_u64, multiplier in 1..=20_u64, retry in 0..12_u32) {
        let backoff =
            Backoff::new(Growth::Exponential, Micros::new(base), multiplier * 1_000_000, Micros::new(YEAR), &[]);
        let exact = u128::from(base) * u128::from(multiplier).pow(retry);
        prop_assert_eq!(u128::from(backoff.delay(retry, None).get()), exact.min(u128::from(YEAR)));
    }

    #[test]
    fn more_of_the_draw_is_never_less_of_the_delay(
        jitter in jitters(), capped in micros(YEAR), base in micros(YEAR), previous in micros(YEAR),
        draws in any::<(u32, u32)>(),
    ) {
        let max = Micros::new(YEAR);
        let (low, high) = (draws.0.min(draws.1), draws.0.max(draws.1));
        let apply = |draw| jitter.apply(capped, base, max, previous, Draw(draw));
        prop_assert!(apply(low) <= apply(high));
    }

    #[test]
    fn a_call_keeps_to_its_attempts_its_deadline_and_every_hint(
        spec in specs(), script in prop::collection::vec(failures(), 1..120), start in 0..1_000_000_000_u64,
    ) {
        let unslotted = RetrySpec { coordination_enabled: Some(false), ..spec.clone() };
        let unslotted = RetryPolicy::try_from(unslotted).expect("the ranges are valid");
        let policy = RetryPolicy::try_from(spec).expect("the ranges are valid");
        let slots = policy.slots().map_or(Micros::ZERO, |slots| {
            Micros::new(slots.width.get() * u64::from(slots.count - 1))
        });
        let start = Tick::new(start);
        let deadline = policy.total_timeout().map(|total| start.plus(total));
        let (mut call, mut now, mut counted) = (policy.begin(start), start, 0);
        for (failure, took, draw) in script {
            now = now.plus(Micros::new(took));
            counted += u32::from(!failure.verdict.free);
            let words = call.to_words();
            let step = policy.failed(&mut call, now, &failure, draw);
            let mut again = RetryCall::from_words(&words);
            prop_assert_eq!(policy.failed(&mut again, now, &failure, draw), step, "six numbers are the whole state");
            let backoff = unslotted.failed(&mut RetryCall::from_words(&words), now, &failure, draw);
            let Step::Retry { delay } = step else {
                prop_assert_eq!(step, backoff, "a slot ends no call");
                break;
            };
            let Step::Retry { delay: backoff } = backoff else { panic!("a slot saves no call") };
            prop_assert!((backoff..=backoff.plus(slots)).contains(&delay), "never earlier than the backoff");
            prop_assert!(failure.verdict.retry);
            prop_assert!(counted < policy.max_attempts());
            let wakes = now.plus(delay);
            prop_assert!(deadline.is_none_or(|deadline| wakes < deadline));
            if failure.verdict.once != Once::NewCredentials {
                if let Some(asked) = failure.retry_after {
                    prop_assert!(delay >= asked && asked <= policy.max_retry_after());
                } else {
                    prop_assert!(delay <= policy.backoff().max().plus(slots));
                }
            }
            now = wakes;
        }
    }

    #[test]
    fn any_six_numbers_are_a_state_that_moves_on(
        spec in specs(), words in prop::array::uniform6(any::<f64>()), failure in failures(), now in any::<u64>(),
    ) {
        let policy = RetryPolicy::try_from(spec).expect("the ranges are valid");
        let mut call = RetryCall::from_words(&words);
        let before = call.attempts();
        let step = policy.failed(&mut call, Tick::new(now), &failure.0, failure.2);
        prop_assert!(call.attempts() >= before);
        prop_assert_eq!(RetryCall::from_words(&call.to_words()), call);
        if !failure.0.verdict.retry {
            prop_assert_eq!(step, Step::Stop(Stop::NotRetryable));
        }
    }

    #[test]
    fn a_verdict_is_read_from_any_bits(bits in any::<u32>()) {
        let verdict = Verdict::from_bits(bits);
        prop_assert_eq!(Verdict::from_bits(verdict.to_bits()), verdict);
    }

    #[test]
    fn any_header_text_is_a_wait_or_nothing(
        texts in prop::array::uniform6(prop::option::of(".{0,40}")), now in any::<u64>(),
    ) {
        let [retry_after, retry_after_ms, rate_limit, rate_limit_reset, rate_limit_remaining, date] =
            texts.map(|text| text.map(Into::into));
        let hints = retry_after::Hints {
            retry_after, retry_after_ms, rate_limit, rate_limit_reset, rate_limit_remaining, date,
        };
        let _ = retry_after::read(&hints, Timestamp::new(now));
    }

    #[test]
    fn a_date_in_any_form_is_the_instant_it_was_written_from(seconds in 0..4_000_000_000_u64) {
        let (imf, asctime) = civil(seconds);
        let at = |text: String| {
            let hints = retry_after::Hints { retry_after: Some(text.into()), ..retry_after::Hints::default() };
            retry_after::read(&hints, Timestamp::ZERO)
        };
        prop_assert_eq!(at(imf), Some(Micros::from_secs(seconds)));
        prop_assert_eq!(at(asctime), Some(Micros::from_secs(seconds)));
    }
}

/// The other direction, counted year by year and month by month.
fn civil(seconds: u64) -> (String, String) {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(days % 7).unwrap()];
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 0;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month];
    let (day, hour, minute, second) = (days + 1, rest / 3_600, rest / 60 % 60, rest % 60);
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    (
        format!("{weekday}, {day:02} {month} {year} {time} GMT"),
        format!("{weekday} {month} {day:2} {time} {year}"),
    )
}
