//! Circuit breakers: one admitted and settled call, and one rejection. Ours is told the time; a peer that needs it reads it.

use crate::measure::row;
use once_again_core::breaker::{Breaker, BreakerConfig, BreakerSpec, Decision, Outcome};
use once_again_core::draw::Draw;
use once_again_core::time::{Micros, Tick};
use recloser::Recloser;
use serde_json::Value;
use std::hint::black_box;
use std::time::Duration;

/// The shape of the Q ecosystem: five failures within a minute open it.
fn breaker() -> Breaker {
    Breaker::new(&BreakerConfig::try_from(BreakerSpec::default()).expect("the defaults are valid"))
}

fn peer() -> Recloser {
    Recloser::custom().error_rate(0.5).closed_len(100).open_wait(Duration::from_secs(3600)).build()
}

fn pair(breaker: &mut Breaker, outcome: Outcome, now: Tick) {
    if let Decision::Permit(permit) = breaker.admit(now).decision {
        black_box(breaker.settle(permit, outcome, Micros::new(10), now, Draw(7)));
    }
}

pub fn rows() -> Vec<Value> {
    let (mut closed, closed_peer) = (breaker(), peer());
    let (mut open, open_peer) = (breaker(), peer());
    for _ in 0..200 {
        pair(&mut open, Outcome::Failure, Tick::new(1));
        let _ = open_peer.call(|| Err::<(), ()>(()));
    }
    let mut now = 0;
    vec![
        row(
            "rust-breaker-pair",
            "breaker: admit + settle a success",
            0.5,
            vec![
                (
                    "ours",
                    Box::new(move || {
                        now += 1;
                        pair(&mut closed, Outcome::Success, Tick::new(now));
                    }),
                ),
                ("recloser", Box::new(move || _ = black_box(closed_peer.call(|| Ok::<_, ()>(1))))),
            ],
        ),
        row(
            "rust-breaker-reject",
            "open breaker rejects",
            0.15,
            vec![
                ("ours", Box::new(move || _ = black_box(open.admit(Tick::new(2))))),
                ("recloser", Box::new(move || _ = black_box(open_peer.call(|| Ok::<_, ()>(1))))),
            ],
        ),
    ]
}
