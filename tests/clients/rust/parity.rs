//! What the clients of JavaScript are asked beside, asked of this one.

use crate::scripted::{Story, builder, client, header, sent, status, with};
use once_again::testing::VirtualClock;
use once_again::{Code, RetryPolicy};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn other_headers_say_how_long_to_wait_too() {
    for (id, name, value) in
        [("rate-limit", "ratelimit", "\"default\";r=0;t=7"), ("rate-limit-reset", "ratelimit-reset", "7")]
    {
        let mut limited = with(503, name, value);
        limited["headers"]["ratelimit-remaining"] = "0".into();
        let story = Story::new(id, json!([limited, status(200)])).await;
        let (client, clock) = client();
        assert_eq!(sent(&client.get(story.url()).send().await.unwrap()).attempts, 2);
        let slept: Duration = clock.slept().iter().sum();
        assert!(slept >= Duration::from_secs(7), "{id}: {slept:?}");
    }
}

#[tokio::test]
async fn a_misdirected_request_is_sent_once_more_and_no_oftener() {
    let story = Story::new("misdirected", json!([status(421)])).await;
    let response = client().0.get(story.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (421, 2));
}

#[tokio::test]
async fn a_call_that_is_dropped_sends_nothing_more() {
    let story = Story::new("dropped", json!([status(503)])).await;
    let policy = RetryPolicy::builder().preset("http").base_delay(Duration::from_secs(30)).build();
    let client = builder().policy(policy.unwrap()).entropy(|| u32::MAX).build().unwrap();
    let call = tokio::spawn(client.post(story.url()).send());
    while story.requests().await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(story.requests().await, 1);
}

#[tokio::test]
async fn a_trace_goes_out_unchanged_in_every_attempt() {
    let story = Story::new("trace", json!([status(503), status(200)])).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client().0.get(story.url()).header("traceparent", trace).send().await.unwrap();
    let (requests, _) = story.log().await;
    assert_eq!(header(&requests, "traceparent"), [trace, trace]);
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_the_callers_to_see() {
    let mut mismatch = with(422, "content-type", "application/problem+json");
    mismatch["body"] = r#"{"type":"key-reused","status":422}"#.into();
    let story = Story::new("mismatch", json!([mismatch, status(200)])).await;
    let response = client().0.post(story.url()).idempotency_key("order-7").send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (422, 1));
    assert!(response.text().await.unwrap().contains("key-reused"));
}

#[tokio::test]
async fn the_lists_of_a_policy_name_codes_and_statuses_of_answers_and_nothing_else_is_retried_then() {
    let policy = RetryPolicy::builder()
        .max_attempts(4)
        .retry_on(["SERVICE_UNAVAILABLE", "TIMEOUT_ERROR"])
        .retry_statuses([503, 504, 429])
        .build()
        .unwrap();
    let coded = json!({"do": "answer", "status": 500, "headers": {"content-type": "application/json"},
                       "body": r#"{"code":"DEPENDENCY_MISSING"}"#});
    let nested = json!({"do": "answer", "status": 500, "headers": {"content-type": "application/vnd.shop+json"},
                        "body": r#"{"error":{"code":"TIMEOUT_ERROR"}}"#});
    let steps: [(&'static str, Value, u32); 8] = [
        ("lists-503", status(503), 4),
        ("lists-504", status(504), 4),
        ("lists-429", status(429), 4),
        ("lists-reset", json!({"do": "resetBefore"}), 4),
        ("lists-408", status(408), 4),
        ("lists-500", coded, 1),
        ("lists-500-nested", nested, 4),
        ("lists-404", status(404), 1),
    ];
    for (id, step, attempts) in steps {
        let story = Story::new(id, json!([step])).await;
        let clock = VirtualClock::no_sleep();
        let client = builder().policy(policy.clone()).without_breakers().clock(clock).build().unwrap();
        let told = match client.get(story.url()).send().await {
            Ok(response) => sent(&response).attempts,
            Err(error) => error.attempts(),
        };
        assert_eq!(told, attempts, "{id}");
    }
}

#[tokio::test]
async fn a_client_may_do_without_a_budget() {
    let story = Story::new("no-budget", json!([status(503)])).await;
    let client =
        builder().without_budget().without_breakers().clock(VirtualClock::no_sleep()).build().unwrap();
    for _ in 0..60 {
        assert_eq!(sent(&client.post(story.url()).send().await.unwrap()).attempts, 5);
    }
}

#[tokio::test]
async fn the_time_out_of_a_call_ends_its_wait_for_the_first_request() {
    let story = Story::new("first-for-ever", json!([crate::scripted::in_progress()])).await;
    let policy = RetryPolicy::builder().preset("http").total_timeout(Duration::from_secs(5)).build();
    let clock = VirtualClock::no_sleep();
    let client = builder().policy(policy.unwrap()).entropy(|| 0).clock(clock.clone()).build().unwrap();
    assert_eq!(client.post(story.url()).send().await.unwrap().status(), 409);
    assert!(clock.elapsed() <= Duration::from_secs(5) && clock.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn an_error_answer_that_breaks_off_is_asked_for_again() {
    let broken = json!({"do": "truncate", "status": 404, "body": "not fo"});
    let story = Story::new("broken-refusal", json!([broken, status(404)])).await;
    let response = client().0.get(story.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (404, 2));
}

#[tokio::test]
async fn hangs_in_a_row_are_a_time_out_of_the_call() {
    let story = Story::new("hangs", json!([{"do": "hang"}])).await;
    let policy = RetryPolicy::builder()
        .max_attempts(10)
        .base_delay(Duration::from_millis(1))
        .attempt_timeout(Duration::from_millis(60))
        .total_timeout(Duration::from_millis(150))
        .build();
    let client = builder().policy(policy.unwrap()).build().unwrap();
    let error = client.post(story.url()).send().await.unwrap_err();
    assert_eq!(error.code(), Code::TimeoutError);
    assert!((2..=3).contains(&error.attempts()), "{}", error.attempts());
}
