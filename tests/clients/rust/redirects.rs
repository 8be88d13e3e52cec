//! Redirects of a client that sends in somebody's name, within an origin and to another one.

use crate::scripted::{Story, builder, client, header, sent, status, with};
use http::{HeaderMap, HeaderValue};
use once_again::http::client::{Error, IdempotentHttpClient, RequestBuilder};
use once_again::testing::VirtualClock;
use once_again::{Code, RetryPolicy};
use serde_json::{Value, json};
use std::time::Duration;

const OWN: [(&str, &str); 8] = [
    ("x-squid-id", "me"),
    ("x-subid", "sub"),
    ("x-dao-id", "dao"),
    ("x-api-key", "secret"),
    ("authorization", "Bearer secret"),
    ("cookie", "session=secret"),
    ("accept", "text/x"),
    ("traceparent", "t"),
];

fn asked(request: RequestBuilder) -> RequestBuilder {
    OWN.iter().fold(request, |request, (name, value)| request.header(*name, *value)).json(&json!({"a": 1}))
}

/// What a request says of who asks, and of what is asked.
fn says(request: &Value) -> Vec<&str> {
    OWN.iter().map(|(name, _)| request["headers"][name].as_str().unwrap_or("-")).collect()
}

const NOBODY: [&str; 8] = ["-", "-", "-", "-", "-", "-", "text/x", "t"];

fn all() -> Vec<&'static str> {
    OWN.map(|(_, value)| value).into()
}

/// The same server by another name is another origin.
fn elsewhere(story: &Story) -> String {
    story.url().replace("127.0.0.1", "localhost")
}

#[tokio::test]
async fn to_another_origin_a_write_goes_with_its_key_and_its_bytes_and_without_a_word_on_who_asks() {
    let there = Story::new("told-nothing", json!([status(503), status(201)])).await;
    let here = Story::new("tells-nothing", json!([with(307, "location", &elsewhere(&there))])).await;
    let response = asked(client().0.post(here.url())).send().await.unwrap();
    assert_eq!((response.status().as_u16(), sent(&response).attempts), (201, 2));
    assert_eq!(response.url().as_str(), elsewhere(&there));
    let (mut requests, _) = here.log().await;
    let (mut led, _) = there.log().await;
    assert_eq!(requests.iter().map(says).collect::<Vec<_>>(), [all(), all()]);
    assert_eq!(led.iter().map(says).collect::<Vec<_>>(), [NOBODY, NOBODY]);
    requests.append(&mut led);
    let key = sent(&response).key.unwrap();
    assert_eq!(header(&requests, "idempotency-key"), [key.as_str(); 4]);
    assert!(requests.windows(2).all(|pair| pair[0]["bodySha256"] == pair[1]["bodySha256"]), "{requests:?}");
}

#[tokio::test]
async fn within_an_origin_a_redirect_keeps_every_header() {
    let there = Story::new("told-all", json!([status(200)])).await;
    let here = Story::new("tells-all", json!([with(308, "location", "/r/told-all?x=1")])).await;
    asked(client().0.put(here.url())).send().await.unwrap();
    let (requests, _) = there.log().await;
    assert_eq!((says(&requests[0]), requests[0]["url"].as_str()), (all(), Some("/r/told-all?x=1")));
}

#[tokio::test]
async fn after_a_see_other_a_write_is_answered_by_a_get_without_body_and_key() {
    let there = Story::new("read", json!([status(200)])).await;
    for (id, code) in [("moved-301", 301), ("found-302", 302), ("see-other-303", 303)] {
        for to in [there.url(), elsewhere(&there)] {
            let here = Story::new(id, json!([with(code, "location", &to)])).await;
            assert_eq!(asked(client().0.post(here.url())).send().await.unwrap().status(), 200);
            let (requests, _) = there.log().await;
            let last = requests.last().unwrap();
            assert_eq!(last["method"], "GET", "{code} to {to}");
            for gone in ["idempotency-key", "content-type", "content-length"] {
                assert_eq!(last["headers"][gone], Value::Null, "{gone} after {code} to {to}");
            }
        }
    }
}

#[tokio::test]
async fn headers_of_all_requests_stay_behind_too_and_so_do_new_credentials() {
    let there = Story::new("default-there", json!([status(200)])).await;
    let led = with(307, "location", &elsewhere(&there));
    let here = Story::new("default-here", json!([status(401), led])).await;
    let headers = HeaderMap::from_iter([
        ("x-api-key".parse().unwrap(), HeaderValue::from_static("secret")),
        ("accept".parse().unwrap(), HeaderValue::from_static("text/x")),
    ]);
    let client = builder()
        .default_headers(headers)
        .refresh_auth(|_| async { Some(HeaderValue::from_static("Bearer new")) })
        .clock(VirtualClock::no_sleep())
        .build()
        .unwrap();
    client.post(here.url()).header("accept", "text/own").send().await.unwrap();
    let (first, _) = here.log().await;
    assert_eq!(header(&first, "x-api-key"), ["secret", "secret"]);
    assert_eq!(header(&first, "accept"), ["text/own", "text/own"], "a request's own wins");
    assert_eq!(header(&first, "authorization"), ["none", "Bearer new"]);
    let (second, _) = there.log().await;
    assert_eq!(header(&second, "x-api-key"), ["none"]);
    assert_eq!(header(&second, "authorization"), ["none"]);
    assert_eq!(header(&second, "accept"), ["text/own"]);
}

#[test]
fn default_headers_that_reqwest_would_send_everywhere_are_refused_by_name() {
    let with = |name: &'static str| {
        // Nothing in a value looks like the end of the list.
        let headers = HeaderMap::from_iter([
            ("accept-charset".parse().unwrap(), HeaderValue::from_static("},\t\"},")),
            (name.parse().unwrap(), HeaderValue::from_static("secret")),
        ]);
        let client = reqwest::Client::builder().user_agent("shop/1.0").default_headers(headers);
        IdempotentHttpClient::new(client)
    };
    let error = with("x-api-key").unwrap_err();
    assert_eq!((&*error.field, &*error.value), ("client", "one whose default headers have x-api-key"));
    let error = with("authorization").unwrap_err();
    assert_eq!(error.value, "one whose default headers have authorization");
    with("accept-language").unwrap();
}

#[tokio::test]
async fn redirects_that_go_round_or_where_nobody_goes_end_the_call() {
    for (id, to) in [
        ("round", ""),
        ("out", "ftp://localhost/x"),
        ("no-url", "http://["),
        ("with-credentials", "http://me:secret@localhost/"),
    ] {
        let here = Story::new(id, json!([with(307, "location", to)])).await;
        let error = client().0.post(here.url()).send().await.unwrap_err();
        assert_eq!((error.code(), error.attempts()), (Code::ServiceUnavailable, 1), "{id}");
        assert!(error.to_string().contains("redirect"), "{error}");
        let Error::NoAnswer(no) = &error else { panic!("{error:?}") };
        assert!(no.error().is_none(), "reqwest has nothing to say of it");
        // The first request and 20 more.
        assert_eq!(here.requests().await, if to.is_empty() { 21 } else { 1 }, "{id}");
    }
}

#[tokio::test]
async fn an_attempt_has_one_limit_wherever_it_is_led() {
    let slow = |then: Value| json!({"do": "slowHeaders", "ms": 200, "status": 307, "headers": then});
    let here = Story::new("slowly-round", json!([slow(json!({"location": ""}))])).await;
    let once = RetryPolicy::builder().max_attempts(1).build().unwrap();
    let client = builder().policy(once).build().unwrap();
    let error = client.post(here.url()).timeout(Duration::from_millis(500)).send().await.unwrap_err();
    assert_eq!(error.code(), Code::TimeoutError);
    assert!(here.requests().await <= 3);
}

#[tokio::test]
async fn a_client_that_is_made_already_does_with_redirects_as_it_was_told() {
    let there = Story::new("over-there", json!([status(200)])).await;
    let here = Story::new("over-here", json!([with(303, "location", &there.url())])).await;
    let none = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let client = IdempotentHttpClient::over(none).clock(VirtualClock::no_sleep()).build().unwrap();
    assert_eq!(client.post(here.url()).send().await.unwrap().status(), 303);
    assert_eq!(there.requests().await, 0);
    let follows = IdempotentHttpClient::over(reqwest::Client::new()).build().unwrap();
    assert_eq!(follows.post(here.url()).send().await.unwrap().url().as_str(), there.url());
}
