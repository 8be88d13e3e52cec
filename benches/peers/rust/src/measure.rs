//! Measures one row: every contender in turn, several rounds, so that a slow minute of the machine hits all of them.

use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(60);

pub type Contender<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The row of `benches/results.json`: the median over the rounds, in nanoseconds a call. The first contender is ours.
pub fn row(id: &str, work: &str, goal: f64, mut contenders: Vec<Contender<'_>>) -> Value {
    eprintln!("  {id}");
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, run), times) in contenders.iter_mut().zip(&mut times) {
            times.push(round(run));
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    let peers: Vec<(&str, f64)> =
        contenders.iter().map(|(name, _)| *name).zip(medians.iter().copied()).skip(1).collect();
    let (best, time) = peers.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).expect("a row has a peer");
    json!({
        "id": id, "work": work, "ours": medians[0], "unit": "ns",
        "peers": peers.into_iter().map(|(name, time)| (name.to_owned(), json!(time))).collect::<serde_json::Map<_, _>>(),
        "best_peer": best, "ratio": medians[0] / time, "goal": goal,
        "runtime": concat!("rust ", env!("RUSTC_VERSION")),
    })
}

/// Nanoseconds a call, over as many calls as fit into one round. Calls go through one indirection, the same for all.
fn round(run: &mut dyn FnMut()) -> f64 {
    let mut calls = 1_u32;
    loop {
        let began = Instant::now();
        for _ in 0..calls {
            black_box(&mut *run)();
        }
        let taken = began.elapsed();
        if taken >= ROUND {
            return taken.as_secs_f64() * 1e9 / f64::from(calls);
        }
        calls = calls.saturating_mul(2);
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
