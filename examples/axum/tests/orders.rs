//! The example as it stands: started, asked, and ended.

use once_again::http::client::{IdempotentHttpClient, Sent};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The program, and where it listens. It ends with its `Child`.
async fn start() -> (Child, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_once-again-example-axum"));
    program.env("PORT", "0").env_remove("REDIS_URL").stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = program.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it says where it listens");
    let address = line.strip_prefix("listening on ").unwrap().to_owned();
    (child, format!("http://{address}/api/orders"))
}

#[tokio::test]
async fn an_order_that_is_sent_twice_is_created_once() {
    let (_program, url) = start().await;
    let client = IdempotentHttpClient::new(reqwest::Client::builder()).unwrap();
    let send = async |key: &str, quantity: u32| {
        let order = json!({"product_id": "prod-456", "quantity": quantity});
        let answer = client.post(&url).idempotency_key(key).json(&order).send().await.unwrap();
        let replayed = answer.extensions().get::<Sent>().unwrap().replayed;
        (answer.status().as_u16(), replayed, answer.json::<Value>().await.unwrap())
    };
    let created = json!({"number": 1, "key": "order-1", "product_id": "prod-456", "quantity": 2});
    assert_eq!(send("order-1", 2).await, (201, false, created.clone()));
    assert_eq!(send("order-1", 2).await, (201, true, created));
    let (status, _, problem) = send("order-1", 3).await;
    assert_eq!((status, &problem["type"]), (422, &json!("key-reused")));
    assert_eq!(send("order-2", 3).await.2["number"], 2);

    let orders: Value = client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(orders.as_array().unwrap().len(), 2);
}
