//! Prints the Rust rows as one JSON list; `benches/bench.mjs` puts them beside the other languages'.

mod breaker;
mod measure;

fn main() {
    let rows: Vec<_> = breaker::rows();
    println!("{}", serde_json::to_string(&rows).expect("rows are JSON"));
}
