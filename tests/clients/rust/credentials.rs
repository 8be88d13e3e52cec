//! New credentials after a 401.

use crate::scripted::{Story, builder, header, sent, status};
use http::HeaderValue;
use once_again::http::client::IdempotentHttpClient;
use once_again::testing::VirtualClock;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A client whose credentials are `Bearer 1`, `Bearer 2` and so on, each of which takes a moment.
fn refreshing() -> (IdempotentHttpClient, Arc<AtomicU32>) {
    let fetched = Arc::new(AtomicU32::new(0));
    let counted = fetched.clone();
    let client = builder()
        .refresh_auth(move |_| {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                HeaderValue::try_from(format!("Bearer {number}")).ok()
            }
        })
        .clock(VirtualClock::no_sleep())
        .build();
    (client.unwrap(), fetched)
}

#[tokio::test]
async fn a_refused_call_goes_out_once_more_with_new_credentials_and_the_same_key() {
    let (client, fetched) = refreshing();
    let story = Story::new("refreshed", json!([status(401), status(200)])).await;
    let response = client.post(story.url()).header("authorization", "Bearer old").send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (200, 2));
    let (requests, _) = story.log().await;
    assert_eq!(header(&requests, "authorization"), ["Bearer old", "Bearer 1"]);
    let keys = header(&requests, "idempotency-key");
    assert_eq!(keys[0], keys[1]);
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_second_refusal_is_final_and_without_new_credentials_so_is_the_first() {
    let (client, fetched) = refreshing();
    let story = Story::new("refused-twice", json!([status(401)])).await;
    assert_eq!(client.post(story.url()).send().await.unwrap().status(), 401);
    assert_eq!((story.requests().await, fetched.load(Ordering::SeqCst)), (2, 1));

    let plain = builder().clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("refused-once", json!([status(401)])).await;
    assert_eq!(plain.post(story.url()).send().await.unwrap().status(), 401);
    assert_eq!(story.requests().await, 1);
}

#[tokio::test]
async fn who_cannot_get_new_credentials_stays_refused() {
    let client = builder().refresh_auth(|_| async { None }).clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("no-credentials", json!([status(401), status(200)])).await;
    assert_eq!(client.post(story.url()).send().await.unwrap().status(), 401);
    assert_eq!(story.requests().await, 1);
}

#[tokio::test]
async fn calls_that_are_refused_together_share_what_is_fetched() {
    let (client, fetched) = refreshing();
    let calls = (0..10).map(|number| {
        let client = client.clone();
        async move {
            let id: &'static str = format!("together-{number}").leak();
            let story = Story::new(id, json!([status(401), status(200)])).await;
            let response = client.post(story.url()).send().await.unwrap();
            let (requests, _) = story.log().await;
            (response.status().as_u16(), header(&requests, "authorization")[1].to_owned())
        }
    });
    for call in futures_util::future::join_all(calls).await {
        assert_eq!(call, (200, "Bearer 1".to_owned()));
    }
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn calls_that_are_refused_together_share_that_there_is_nothing_to_be_had() {
    let fetched = Arc::new(AtomicU32::new(0));
    let counted = fetched.clone();
    let refresh = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    };
    let client = builder().refresh_auth(refresh).clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("nothing-to-be-had", json!([status(401)])).await;
    // All of them are sent before the first is refused and the fetch is over.
    let calls = (0..5).map(|_| client.post(story.url()).send());
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status(), 401);
    }
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_origin_whose_credentials_are_slow_holds_up_no_other() {
    let asked = Arc::new(tokio::sync::Notify::new());
    let told = asked.clone();
    let refresh = move |url: reqwest::Url| {
        told.notify_one();
        async move {
            if url.host_str() == Some("localhost") {
                std::future::pending::<()>().await;
            }
            Some(HeaderValue::from_static("Bearer new"))
        }
    };
    let client = builder().refresh_auth(refresh).clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("slow-credentials", json!([status(401)])).await;
    let slow = client.post(story.url().replace("127.0.0.1", "localhost"));
    let slow = tokio::spawn(slow.send());
    asked.notified().await;
    let story = Story::new("quick-credentials", json!([status(401), status(200)])).await;
    assert_eq!(client.post(story.url()).send().await.unwrap().status(), 200);
    slow.abort();
}

#[tokio::test]
async fn later_attempts_keep_the_new_credentials() {
    let (client, _) = refreshing();
    let story = Story::new("kept", json!([status(401), status(503), status(200)])).await;
    assert_eq!(client.post(story.url()).send().await.unwrap().status(), 200);
    let (requests, _) = story.log().await;
    assert_eq!(header(&requests, "authorization"), ["none", "Bearer 1", "Bearer 1"]);
}
