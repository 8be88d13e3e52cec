//! The scripted server, and what it has seen.

use once_again::http::client::{IdempotentHttpClient, IdempotentHttpClientBuilder, Sent};
use once_again::testing::VirtualClock;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// It ends with this process.
static PORT: LazyLock<u16> = LazyLock::new(|| {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/server.mjs");
    let mut child =
        Command::new("node").arg(program).stdout(Stdio::piped()).spawn().expect("Node.js starts it");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::mem::forget(child);
    line.trim().strip_prefix("listening on ").expect("the line it prints").parse().unwrap()
});

/// What is played to the requests of one test.
pub(crate) struct Story(&'static str);

impl Story {
    pub(crate) async fn new(id: &'static str, steps: Value) -> Self {
        let url = format!("http://127.0.0.1:{}/_script/{id}", *PORT);
        let told = reqwest::Client::new().post(url).json(&steps).send().await.unwrap();
        assert_eq!(told.status(), 204);
        Self(id)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/r/{}", *PORT, self.0)
    }

    /// The requests that came, and the effects they had.
    pub(crate) async fn log(&self) -> (Vec<Value>, Value) {
        let url = format!("http://127.0.0.1:{}/_log/{}", *PORT, self.0);
        let mut log: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let Value::Array(requests) = log["requests"].take() else { panic!("no requests") };
        (requests, log["effects"].take())
    }

    pub(crate) async fn requests(&self) -> usize {
        self.log().await.0.len()
    }
}

/// Answers with a status.
pub(crate) fn status(status: u16) -> Value {
    json!({"do": "answer", "status": status})
}

/// Answers with a status and a header.
pub(crate) fn with(status: u16, name: &str, value: &str) -> Value {
    json!({"do": "answer", "status": status, "headers": {name: value}})
}

/// The first request with this key is still running.
pub(crate) fn in_progress() -> Value {
    json!({"do": "answer", "status": 409, "headers": {"content-type": "application/problem+json", "retry-after": "1"},
           "body": r#"{"type":"in-progress","status":409}"#})
}

pub(crate) fn builder() -> IdempotentHttpClientBuilder {
    IdempotentHttpClient::builder(reqwest::Client::builder())
}

/// A client whose waits are over at once.
pub(crate) fn client() -> (IdempotentHttpClient, VirtualClock) {
    let clock = VirtualClock::no_sleep();
    (builder().clock(clock.clone()).build().unwrap(), clock)
}

pub(crate) fn sent(response: &reqwest::Response) -> Sent {
    response.extensions().get::<Sent>().unwrap().clone()
}

/// The field of a header in each request.
pub(crate) fn header<'a>(requests: &'a [Value], name: &str) -> Vec<&'a str> {
    requests.iter().map(|request| request["headers"][name].as_str().unwrap_or("none")).collect()
}
