//! How long the client waits, and for what.

use crate::scripted::{Story, builder, client, in_progress, sent, status, with};
use once_again::RetryPolicy;
use once_again::testing::VirtualClock;
use serde_json::json;
use std::time::{Duration, SystemTime};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_every_form_it_is_told() {
    // Wed, 21 Oct 2015 07:28:00 GMT.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480);
    for (id, name, value) in [
        ("seconds", "retry-after", "7"),
        ("imf-date", "retry-after", "Wed, 21 Oct 2015 07:28:07 GMT"),
        ("rfc-850-date", "retry-after", "Wednesday, 21-Oct-15 07:28:07 GMT"),
        ("asctime-date", "retry-after", "Wed Oct 21 07:28:07 2015"),
        ("milliseconds", "retry-after-ms", "7000"),
    ] {
        let mut limited = with(429, name, value);
        limited["headers"]["date"] = "Wed, 21 Oct 2015 07:28:00 GMT".into();
        let story = Story::new(id, json!([limited, status(200)])).await;
        let clock = VirtualClock::no_sleep().at(now);
        let client = builder().clock(clock.clone()).build().unwrap();
        assert_eq!(client.post(story.url()).send().await.unwrap().status(), 200);
        let slept: Duration = clock.slept().iter().sum();
        assert!(slept >= 7 * SECOND && slept <= Duration::from_millis(7_700), "{id}: {slept:?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_wait_has_its_answer_handed_on() {
    let story = Story::new("too-long", json!([with(503, "retry-after", "61"), status(200)])).await;
    let (client, clock) = client();
    let response = client.post(story.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (503, 1));
    assert!(clock.slept().is_empty());
}

#[tokio::test]
async fn a_request_that_is_still_running_is_waited_for_and_uses_up_no_attempt() {
    let steps =
        json!([in_progress(), in_progress(), in_progress(), with(201, "idempotent-replayed", "true")]);
    let story = Story::new("in-progress", steps).await;
    let clock = VirtualClock::no_sleep();
    let twice = RetryPolicy::builder().preset("http").max_attempts(2).build().unwrap();
    let client = builder().policy(twice).clock(clock.clone()).build().unwrap();
    let response = client.post(story.url()).send().await.unwrap();
    let sent = sent(&response);
    assert_eq!((response.status().as_u16(), sent.attempts, sent.replayed), (201, 4, true));
    assert!(clock.slept().iter().all(|wait| *wait >= SECOND), "{:?}", clock.slept());
}

#[tokio::test]
async fn it_is_not_waited_for_longer_than_the_call_may_take() {
    let story = Story::new("for-ever", json!([in_progress()])).await;
    let clock = VirtualClock::no_sleep();
    // Draws of 0: every wait is what the server asks for, and not one that has grown past the end of the call.
    let client = builder().clock(clock.clone()).entropy(|| 0).build().unwrap();
    let response = client.post(story.url()).send().await.unwrap();
    assert_eq!(response.status(), 409);
    assert!(response.text().await.unwrap().contains("in-progress"), "the answer is whole");
    assert!(clock.elapsed() < 60 * SECOND && clock.elapsed() > 50 * SECOND, "{:?}", clock.elapsed());
}
