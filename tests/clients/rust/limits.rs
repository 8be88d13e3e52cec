//! Time limits, the budget, and breakers.

use crate::scripted::{Story, builder, client, sent, status};
use once_again::breaker::BreakerRegistry;
use once_again::testing::VirtualClock;
use once_again::{Breaker, Budget, Code, RetryPolicy};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_attempt_whose_headers_are_slow_gives_way_to_the_next() {
    let story = Story::new("slow", json!([{"do": "slowHeaders", "ms": 60_000}, status(200)])).await;
    let policy = RetryPolicy::builder()
        .preset("http")
        .base_delay(Duration::from_millis(1))
        .attempt_timeout(Duration::from_millis(100))
        .build();
    let client = builder().policy(policy.unwrap()).build().unwrap();
    let begun = Instant::now();
    let response = client.post(story.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (200, 2));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_time_out() {
    let story = Story::new("hang", json!([{"do": "hang"}])).await;
    let policy = RetryPolicy::builder()
        .max_attempts(2)
        .base_delay(Duration::from_millis(1))
        .attempt_timeout(Duration::from_millis(50))
        .build();
    let client = builder().policy(policy.unwrap()).build().unwrap();
    let error = client.post(story.url()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::TimeoutError, 2));
    assert_eq!(story.requests().await, 2);
    let own = client.post(story.url()).timeout(Duration::from_millis(10)).send().await.unwrap_err();
    assert_eq!(own.code(), Code::TimeoutError);
}

#[tokio::test]
async fn the_whole_call_has_its_limit() {
    let story = Story::new("total", json!([{"do": "hang"}])).await;
    let policy = RetryPolicy::builder().preset("http").total_timeout(Duration::from_millis(100)).build();
    let client = builder().policy(policy.unwrap()).build().unwrap();
    let error = client.post(story.url()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::TimeoutError, 1));
}

#[tokio::test]
async fn a_storm_of_failures_is_not_made_worse() {
    let story = Story::new("storm", json!([status(503)])).await;
    let clock = VirtualClock::no_sleep();
    let budget =
        Budget::builder().capacity(10).ratio(0.1).reserve_per_second(0.0).clock(clock.clone()).build();
    let client = builder().budget(&budget.unwrap()).without_breakers().clock(clock).build().unwrap();
    for _ in 0..100 {
        assert_eq!(client.post(story.url()).send().await.unwrap().status(), 503);
    }
    // Ten tokens there were at first, and ten that a hundred calls deposited.
    let requests = story.requests().await;
    assert!((110..=120).contains(&requests), "{requests}");
}

#[tokio::test]
async fn there_is_a_budget_unless_told_otherwise() {
    let story = Story::new("default-budget", json!([status(503)])).await;
    let client = builder().without_breakers().clock(VirtualClock::no_sleep()).build().unwrap();
    let mut attempts = 0;
    for _ in 0..60 {
        attempts += sent(&client.post(story.url()).send().await.unwrap()).attempts;
    }
    // A hundred tokens at first, a fifth of one for each call, and ten a second.
    assert!(attempts < 60 * 5, "{attempts}: some calls found no token");
}

#[tokio::test]
async fn each_origin_has_a_breaker_that_refusals_do_not_open() {
    let (client, _) = client();
    let refusing = Story::new("refusing", json!([status(404)])).await;
    for _ in 0..20 {
        assert_eq!(client.post(refusing.url()).send().await.unwrap().status(), 404);
    }
    let failing = Story::new("failing", json!([status(500)])).await;
    assert_eq!(client.post(failing.url()).send().await.unwrap().status(), 500, "the fifth failure opens it");
    let error = client.post(failing.url()).send().await.unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::CircuitBreakerOpen, 1));
    assert_eq!(failing.requests().await, 5);

    // The same server by another name is another origin.
    let other = refusing.url().replace("127.0.0.1", "localhost");
    assert_eq!(client.post(other).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_refusal_says_nothing_about_the_service_neither_good_nor_bad() {
    let breakers = BreakerRegistry::new(|origin| Breaker::rate().name(origin).build());
    let client = builder().breakers(&breakers).clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("refusals", json!([status(404), status(422), status(200)])).await;
    let origin = story.url().split("/r/").next().unwrap().to_owned();
    let mut counted = Vec::new();
    for _ in 0..3 {
        client.post(story.url()).send().await.unwrap();
        counted.push(breakers.peek(&origin).unwrap().stats().calls);
    }
    assert_eq!(counted, [0, 0, 1]);
}

#[tokio::test]
async fn breakers_may_be_shared_and_what_is_wrong_with_one_is_told() {
    let breakers =
        BreakerRegistry::new(|origin| Breaker::builder().name(origin).failure_threshold(1).build());
    let client = builder().breakers(&breakers).clock(VirtualClock::no_sleep()).build().unwrap();
    let story = Story::new("shared-breaker", json!([status(500)])).await;
    client.post(story.url()).send().await.unwrap_err();
    let origin = story.url().split("/r/").next().unwrap().to_owned();
    assert!(breakers.peek(&origin).unwrap().is_open());

    let wrong = BreakerRegistry::new(|_| Breaker::builder().failure_threshold(0).build());
    let client = builder().breakers(&wrong).build().unwrap();
    assert_eq!(client.post(story.url()).send().await.unwrap_err().code(), Code::ConfigInvalid);
}

#[test]
fn options_that_cannot_be_are_named() {
    assert_eq!(builder().key_header("a b").build().unwrap_err().field, "header_name");
    assert_eq!(builder().key_header("").build().unwrap_err().field, "header_name");
}
