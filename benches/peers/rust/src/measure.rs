//! Measures one row: every contender in turn, many short rounds, so that a slow minute of the machine hits all of them.

use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 100;
/// Short enough to fit between two turns of the machine's other programs.
const ROUND: Duration = Duration::from_millis(2);

pub type Contender<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The row of `benches/results.json`, in nanoseconds a call. The first contender is ours. The best round counts: what else
/// the machine does can only add to a time.
pub fn row(id: &str, work: &str, goal: f64, mut contenders: Vec<Contender<'_>>) -> Value {
    eprintln!("  {id}");
    let calls: Vec<u32> = contenders.iter_mut().map(|(_, run)| calls_in_a_round(run)).collect();
    let mut best = vec![f64::INFINITY; contenders.len()];
    for _ in 0..ROUNDS {
        for (((_, run), calls), best) in contenders.iter_mut().zip(&calls).zip(&mut best) {
            *best = best.min(round(run, *calls));
        }
    }
    let names = contenders.iter().map(|(name, _)| *name);
    figures(id, work, "ns", goal, names.zip(best.iter().copied()).collect())
}

/// The row of figures that are already known, the first of them ours.
pub fn figures(id: &str, work: &str, unit: &str, goal: f64, figures: Vec<(&str, f64)>) -> Value {
    let (_, ours) = figures[0];
    let peers = &figures[1..];
    let (best_peer, best) =
        peers.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).expect("a row has a peer");
    let peers: Map<_, _> = peers.iter().map(|(name, figure)| ((*name).to_owned(), json!(figure))).collect();
    json!({
        "id": id, "work": work, "ours": ours, "unit": unit, "peers": peers, "best_peer": best_peer,
        "ratio": ours / best, "goal": goal, "runtime": concat!("rust ", env!("RUSTC_VERSION")),
    })
}

/// Nanoseconds a call, over as many calls as fill one round. Calls go through one indirection, the same for all.
fn round(run: &mut dyn FnMut(), calls: u32) -> f64 {
    let began = Instant::now();
    for _ in 0..calls {
        black_box(&mut *run)();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn calls_in_a_round(run: &mut dyn FnMut()) -> u32 {
    let mut calls = 1_u32;
    while round(run, calls) * f64::from(calls) < ROUND.as_secs_f64() * 1e9 {
        calls = calls.saturating_mul(2);
    }
    calls
}
