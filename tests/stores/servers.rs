//! Servers for this process, started when first asked for and gone with it.

use std::io::{BufRead, BufReader, Write, stderr};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// What the program of `tests/servers` has told of the servers. Its standard input stays open, and so do they, until this
/// process ends.
static SERVERS: LazyLock<Value> = LazyLock::new(|| {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/main.mjs");
    let mut child = Command::new("node")
        .args([program, "redis", "postgres"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js starts the servers");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::mem::forget(child);
    serde_json::from_str(&line).expect("one line of JSON")
});

/// The address of a server; `None`, and a reason on standard error, where this machine has no such server.
pub(crate) fn server(name: &str) -> Option<String> {
    let server = &SERVERS[name];
    if let Some(why) = server["missing"].as_str() {
        // The test harness swallows what `eprintln` prints.
        stderr().write_all(format!("SKIP: {name}: {why}\n").as_bytes()).unwrap();
        return None;
    }
    Some(server["url"].as_str().unwrap().to_owned())
}
