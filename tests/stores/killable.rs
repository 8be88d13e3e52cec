//! A server that a test kills and starts again.

use std::io::{BufRead, BufReader, Write, stderr};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// It is gone when this is, for then the program of `tests/servers` has no standard input any more.
pub(crate) struct Killable {
    program: Child,
    says: BufReader<ChildStdout>,
}

impl Killable {
    /// The server and its address; `None`, and a reason on standard error, where this machine has no such server.
    pub(crate) fn start(name: &str) -> Option<(Self, String)> {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/main.mjs");
        let piped = Stdio::piped;
        let mut program = Command::new("node")
            .args([program, name])
            .stdin(piped())
            .stdout(piped())
            .spawn()
            .expect("Node.js starts the server");
        let says = BufReader::new(program.stdout.take().unwrap());
        let mut server = Self { program, says };
        let opened = server.line()[name].take();
        if let Some(why) = opened["missing"].as_str() {
            // The test harness swallows what `eprintln` prints.
            stderr().write_all(format!("SKIP: {name}: {why}\n").as_bytes()).unwrap();
            return None;
        }
        let url = opened["url"].as_str().unwrap().to_owned();
        Some((server, url))
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("one line of JSON")
    }

    /// Does what it is told, `kill redis` or `start redis`, before this returns.
    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.program.stdin.as_mut().unwrap(), "{what}").unwrap();
        assert_eq!(self.line()["done"], what);
    }
}
