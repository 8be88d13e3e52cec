//! Servers for this process, started when first asked for and gone with it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write, stderr};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// What the program of `tests/servers` has told of each server.
static SERVERS: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());

/// The address of a server, or of the first of several; `None`, and a reason on standard error, where this machine has no
/// such server.
pub(crate) fn server(name: &str) -> Option<String> {
    servers(name).map(|urls| urls[0].clone())
}

/// The addresses of all servers that make up `name`.
pub(crate) fn servers(name: &str) -> Option<Vec<String>> {
    let mut servers = SERVERS.lock().unwrap();
    let server = servers.entry(name.into()).or_insert_with(|| start(name));
    if let Some(why) = server["missing"].as_str() {
        // The test harness swallows what `eprintln` prints.
        stderr().write_all(format!("SKIP: {name}: {why}\n").as_bytes()).unwrap();
        return None;
    }
    let url = |port: &Value| format!("redis://127.0.0.1:{port}");
    Some(match server["url"].as_str() {
        Some(url) => vec![url.to_owned()],
        None => server["ports"].as_array().unwrap().iter().map(url).collect(),
    })
}

/// Its standard input stays open, and so does the server, until this process ends.
fn start(name: &str) -> Value {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/main.mjs");
    let mut child = Command::new("node")
        .args([program, name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js starts the servers");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::mem::forget(child);
    serde_json::from_str::<Value>(&line).expect("one line of JSON")[name].take()
}
