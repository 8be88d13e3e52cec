//! Connections and answers that break.

use crate::scripted::{Story, builder, client, header, sent, status, with};
use once_again::Code;
use once_again::http::client::Error;
use serde_json::{Value, json};

/// That every request had the same key and the same bytes; the key.
fn same(requests: &[Value]) -> String {
    let keys = header(requests, "idempotency-key");
    assert!(requests.windows(2).all(|pair| pair[0]["bodySha256"] == pair[1]["bodySha256"]), "{requests:?}");
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
    keys[0].to_owned()
}

#[tokio::test]
async fn a_write_that_was_reset_is_sent_again_with_one_key_and_the_same_bytes() {
    for (id, steps) in [
        ("reset-before", json!([{"do": "resetBefore"}, {"do": "effect", "status": 201}])),
        ("reset-after", json!([{"do": "resetAfter"}, {"do": "effect", "status": 201}])),
    ] {
        let story = Story::new(id, steps).await;
        let response = client().0.post(story.url()).json(&json!({"amount": 5})).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let (requests, effects) = story.log().await;
        assert_eq!(requests.len(), 2, "{id}");
        let key = same(&requests);
        assert_eq!(key.len(), 36, "a UUID");
        assert_eq!(effects, json!({key.clone(): 1}), "{id}");
        let sent = sent(&response);
        assert_eq!((sent.attempts, sent.replayed), (2, false));
        assert_eq!(sent.key.unwrap().as_str(), key);
    }
}

#[tokio::test]
async fn two_calls_have_two_keys_and_a_callers_own_is_kept() {
    let story = Story::new("keys", json!([{"do": "effect"}])).await;
    let (client, _) = client();
    for _ in 0..2 {
        client.post(story.url()).send().await.unwrap();
    }
    client.post(story.url()).idempotency_key("order-7").send().await.unwrap();
    client.get(story.url()).send().await.unwrap();
    let (requests, _) = story.log().await;
    let keys = header(&requests, "idempotency-key");
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2..], ["order-7", "none"]);
}

#[tokio::test]
async fn a_body_that_comes_as_a_stream_is_the_same_each_time() {
    let story = Story::new("streamed-body", json!([status(503), status(200)])).await;
    let pieces = futures_util::stream::iter(["one ", "two"].map(Ok::<_, std::io::Error>));
    let body = http_body_util::StreamBody::new(futures_util::StreamExt::map(pieces, |piece| {
        piece.map(|piece| http_body::Frame::data(bytes::Bytes::from(piece)))
    }));
    let response = client().0.post(story.url()).body(reqwest::Body::wrap(body)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (requests, _) = story.log().await;
    same(&requests);
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0]["bodySha256"], "8ab63e29a4ba14e4e1688f9c15e5af90895421358c945b0431f85d66977bd3d2",
        "of \"one two\""
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let steps = json!([{"do": "truncate", "body": "half"}, {"do": "answer", "body": "whole"}]);
    let story = Story::new("truncated", steps.clone()).await;
    let response = client().0.post(story.url()).send().await.unwrap();
    assert_eq!(response.url().as_str(), story.url());
    assert_eq!(response.text().await.unwrap(), "whole");
    assert_eq!(story.requests().await, 2);

    let story = Story::new("truncated-stream", steps).await;
    let response = client().0.get(story.url()).streamed().send().await.unwrap();
    response.bytes().await.unwrap_err();
    assert_eq!(story.requests().await, 1);
}

#[tokio::test]
async fn without_a_key_only_an_idempotent_method_is_sent_twice() {
    let client =
        builder().auto_key(false).clock(once_again::testing::VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("no-key", json!([{"do": "resetBefore"}])).await;
    let error = client.post(story.url()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::ServiceUnavailable, 1));
    assert_eq!(story.requests().await, 1);
    let story = Story::new("no-key-put", json!([status(503), status(200)])).await;
    assert_eq!(client.put(story.url()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_answer_that_no_repetition_changes_is_the_callers() {
    for (id, code) in [("s400", 400), ("s404", 404), ("s409", 409), ("s422", 422), ("s501", 501)] {
        let story = Story::new(id, json!([status(code), status(200)])).await;
        let response = client().0.post(story.url()).send().await.unwrap();
        assert_eq!((response.status().as_u16(), sent(&response).attempts), (code, 1));
    }
}

#[tokio::test]
async fn the_last_answer_is_the_callers_when_attempts_run_out() {
    let failing = json!({"do": "answer", "status": 503, "headers": {"x-last": "yes"}, "body": "down"});
    let story = Story::new("exhausted", json!([failing])).await;
    let response = client().0.post(story.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (503, 5));
    assert_eq!(response.headers()["x-last"], "yes");
    assert_eq!(response.text().await.unwrap(), "down");
}

#[tokio::test]
async fn a_replayed_failure_is_final() {
    let story = Story::new("replayed", json!([with(500, "idempotent-replayed", "true"), status(200)])).await;
    let response = client().0.post(story.url()).send().await.unwrap();
    let sent = sent(&response);
    assert_eq!((response.status().as_u16(), sent.attempts, sent.replayed), (500, 1, true));
}

#[tokio::test]
async fn redirects_are_followed_within_an_attempt() {
    let target = Story::new("target", json!([{"do": "effect", "body": "there"}])).await;
    for (id, code, method) in [("see-other", 303, "GET"), ("temporary", 307, "POST")] {
        let story = Story::new(id, json!([status(503), with(code, "location", &target.url())])).await;
        let response = client().0.post(story.url()).body("5").send().await.unwrap();
        assert_eq!(response.url().as_str(), target.url());
        let (requests, _) = target.log().await;
        assert_eq!(requests.last().unwrap()["method"], method);
        let key = sent(&response).key.unwrap();
        let led = if method == "GET" { "none" } else { key.as_str() };
        assert_eq!(header(&requests, "idempotency-key").last(), Some(&led));
        assert_eq!(sent(&response).attempts, 2);
    }
}

#[tokio::test]
async fn nobody_there_is_an_error_that_says_so() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    drop(socket);
    let error = client().0.post(&url).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::ServiceUnavailable, 5));
    let Error::NoAnswer(no) = &error else { panic!("{error:?}") };
    assert!(no.error().unwrap().is_connect());
    assert!(error.to_string().contains("every attempt failed"), "{error}");
    let wrong = client().0.post("not a url").send().await.unwrap_err();
    assert!(matches!(wrong, Error::Request(_)));
    assert_eq!(wrong.attempts(), 0);
}

#[tokio::test]
async fn an_error_names_the_address_without_what_may_be_secret_in_it() {
    let url = "http://user:hunter2@127.0.0.1:1/orders?token=hunter2#hunter2";
    let error = client().0.get(url).send().await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(told.contains("http://127.0.0.1:1/orders") && !told.contains("hunter2"), "{told}");

    let error = client().0.get("ftp://host/orders?token=hunter2").send().await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("hunter2"), "{told}");
}
