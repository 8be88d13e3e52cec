//! Prints the Rust rows as one JSON list; `benches/bench.mjs` puts them beside the other languages'.

mod breaker;
mod delay;
mod fingerprint;
mod measure;
mod retry;
mod store;

use serde_json::Value;

fn main() {
    let groups: [(&str, fn() -> Vec<Value>); 5] = [
        ("breaker", breaker::rows),
        ("delay", delay::rows),
        ("fingerprint", fingerprint::rows),
        ("retry", retry::rows),
        ("store", store::rows),
    ];
    // An argument names the one group to measure.
    let only = std::env::args().nth(1);
    let wanted = groups.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name));
    let rows: Vec<Value> = wanted.flat_map(|(_, rows)| rows()).collect();
    println!("{}", serde_json::to_string(&rows).expect("rows are JSON"));
}
