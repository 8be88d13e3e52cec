//! The scripts of a shared breaker on a real Redis, beside the plain functions that core's own tests play with.

#[path = "stores/servers.rs"]
mod servers;
#[path = "../core/tests/shared_breaker/store.rs"]
mod store;

use std::sync::atomic::{AtomicU32, Ordering};

use once_again_core::breaker::shared::{Command, Link, Request, Settled};
use once_again_core::breaker::{Breaker, BreakerConfig, BreakerSpec, HalfOpenSpec};
use once_again_core::time::Micros;
use proptest::collection::vec;
use proptest::prelude::*;
use redis::{Client, Connection, Script};
use servers::server;
use store::Store;

/// In our days, so that times have all their digits.
const START: u64 = 1_795_000_000_000_123;
const SECOND: u64 = 1_000_000;

static NAMES: AtomicU32 = AtomicU32::new(0);

/// A breaker of a name of its own: four probes, two at once, a lease of a minute.
fn shared() -> (Breaker, Link) {
    let name = format!("ledger {}", NAMES.fetch_add(1, Ordering::Relaxed));
    let half_open = HalfOpenSpec { calls: 4, max_concurrent: Some(2), pass: None, early: true };
    let spec = BreakerSpec { name: Some(name), half_open, ..BreakerSpec::threshold() };
    let config = BreakerConfig::try_from(spec).unwrap();
    (Breaker::new(&config), Link::new(&config).unwrap())
}

fn run(connection: &mut Connection, command: &Command) -> String {
    let script = Script::new(command.script);
    let mut call = script.prepare_invoke();
    call.key(&command.key);
    for arg in &command.args {
        call.arg(arg);
    }
    call.invoke(connection).unwrap()
}

/// A request by an epoch that is the record's own, an older one, or one that the record has never reached.
#[derive(Clone, Copy, Debug)]
struct Step {
    later: u64,
    behind: i64,
    request: Request,
}

fn steps() -> impl Strategy<Value = Step> {
    let later = prop_oneof![3 => 0..SECOND, 2 => 0..20 * SECOND, 1 => 0..70 * SECOND, 1 => Just(0)];
    let behind = prop_oneof![6 => Just(0_i64), 1 => Just(1), 1 => Just(-1)];
    let wait = (0_u64..1 << 52).prop_map(|wait| wait.max(1));
    let what = prop_oneof![
        Just(Settled::Success),
        Just(Settled::Failure),
        Just(Settled::Nothing),
        Just(Settled::Hold)
    ];
    let request = prop_oneof![
        1 => Just(Request::Refresh),
        2 => (any::<bool>(), 0..20 * SECOND, wait.clone()).prop_map(|(open, open_for, wait)| {
            Request::Publish { base: 0, open, open_for: Micros::new(open_for), wait }
        }),
        6 => (prop::bool::weighted(0.2), wait, prop::bool::weighted(0.3))
            .prop_map(|(healthy, wait, reserve)| Request::Claim { base: 0, healthy, wait, reserve }),
        4 => (0..4_u32, what).prop_map(|(probe, what)| Request::Settle { epoch: 0, probe, what }),
    ];
    (later, behind, request).prop_map(|(later, behind, request)| Step { later, behind, request })
}

fn by_epoch(request: Request, by: u64) -> Request {
    match request {
        Request::Refresh => Request::Refresh,
        Request::Publish { open, open_for, wait, .. } => Request::Publish { base: by, open, open_for, wait },
        Request::Claim { healthy, wait, reserve, .. } => Request::Claim { base: by, healthy, wait, reserve },
        Request::Settle { probe, what, .. } => Request::Settle { epoch: by, probe, what },
    }
}

#[test]
fn the_scripts_do_what_the_plain_functions_do() {
    let Some(url) = server("redis") else { return };
    let client = Client::open(url).unwrap();
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in vec(steps(), 1..60))| {
        let mut connection = client.get_connection().unwrap();
        let (breaker, link) = shared();
        let (mut model, mut now) = (Store::default(), START);
        for Step { later, behind, request } in steps {
            now += later;
            let request = by_epoch(request, model.epoch.saturating_add_signed(-behind));
            let command = link.command_at(&breaker, request, now);
            let answer = run(&mut connection, &command);
            prop_assert_eq!(answer, model.run(request, &command.args, now), "{:?}", request);
        }
    });
}

#[test]
fn time_is_redis_own_and_a_record_outlives_what_is_under_way_by_an_hour() {
    let Some(url) = server("redis") else { return };
    let mut connection = Client::open(url).unwrap().get_connection().unwrap();
    let (breaker, link) = shared();
    let open_for = Micros::from_secs(30);
    let request = Request::Publish { base: 0, open: true, open_for, wait: 1 };
    let command = link.command(&breaker, request);
    let answer = run(&mut connection, &command);
    let epoch: u64 = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(&mut connection).unwrap();
    let now = seconds * SECOND + micros;
    assert!((now - 60 * SECOND..=now).contains(&epoch), "{epoch} at {now}");
    // The longest open wait of five minutes, a lease of one, an hour.
    let left: u64 = redis::cmd("PTTL").arg(&command.key).query(&mut connection).unwrap();
    assert!((3_900_000..=3_960_000).contains(&left), "{left}");
}

#[test]
fn a_key_that_is_something_else_is_an_error_and_not_a_record() {
    let Some(url) = server("redis") else { return };
    let mut connection = Client::open(url).unwrap().get_connection().unwrap();
    let (breaker, link) = shared();
    let command = link.command(&breaker, Request::Refresh);
    redis::cmd("SET").arg(&command.key).arg("somebody's").exec(&mut connection).unwrap();
    let script = Script::new(command.script);
    let mut call = script.prepare_invoke();
    let answer: Result<String, _> = call.key(&command.key).arg("0").invoke(&mut connection);
    assert!(answer.is_err(), "{answer:?}");
}
