//! Prints the Rust rows as one JSON list; `benches/bench.mjs` puts them beside the other languages'.

mod breaker;
mod delay;
mod fingerprint;
mod measure;

fn main() {
    let rows = [breaker::rows(), delay::rows(), fingerprint::rows()].concat();
    println!("{}", serde_json::to_string(&rows).expect("rows are JSON"));
}
