//! How a layer is built, and what it does by default.

use crate::support::{Server, answer, header, post, post_of, problem};
use http::{Method, Request};
use http_body_util::Full;
use once_again::http::{ConflictStrategy, IdempotencyConfig, IdempotencyLayer, MissingKey, Profile, days};
use once_again::storage::{MemoryStore, OnOrphan};
use once_again::testing::{VirtualClock, settle};
use std::time::Duration;

#[tokio::test]
async fn a_request_that_comes_again_gets_the_first_answer() {
    let server = Server::new(&IdempotencyLayer::new(), async |run, _| {
        let mut answer = answer(&run.to_string());
        *answer.status_mut() = http::StatusCode::CREATED;
        answer.headers_mut().append("x-multi", "a".parse().unwrap());
        answer.headers_mut().append("x-multi", "b".parse().unwrap());
        answer.headers_mut().append("set-cookie", "session=secret".parse().unwrap());
        Ok(answer)
    });
    let (first, body) = server.ask(post("k")).await;
    assert_eq!((first.status.as_u16(), &*body), (201, "1"));
    assert_eq!(header(&first, "x-idempotency-replay"), Some("false"));
    assert_eq!(header(&first, "x-idempotency-key"), Some("k"));
    assert!(first.headers.contains_key("set-cookie"));

    let (again, body) = server.ask(post("k")).await;
    assert_eq!((again.status.as_u16(), &*body), (201, "1"));
    assert_eq!(header(&again, "idempotent-replayed"), Some("true"));
    assert_eq!(again.headers.get_all("x-multi").iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(header(&again, "content-length"), Some("1"));
    assert!(!again.headers.contains_key("set-cookie"));
    assert_eq!(server.runs(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let server = Server::counting(&IdempotencyLayer::new());
    server.ask(post_of("k", r#"{"amount":5}"#)).await;
    let (head, body) = server.ask(post_of("k", r#"{"amount":6}"#)).await;
    assert_eq!((head.status.as_u16(), &*problem(&body)), (422, "key-reused"));
    assert_eq!(server.ask(post_of("k", r#"{ "amount": 5.0 }"#)).await.1, "1");
}

#[tokio::test]
async fn a_configuration_of_nebula_idempotency_is_taken_as_it_is() {
    let config = IdempotencyConfig {
        key_header: "X-Request-Key".to_string(),
        key_prefix: "api".to_string(),
        response_cache_ttl: Duration::from_secs(24 * 3_600),
        supported_methods: vec![Method::DELETE],
        conflict_strategy: ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(30) },
    };
    let server = Server::counting(&IdempotencyLayer::from_config(config, MemoryStore::default()));
    let delete = || Request::delete("/7").header("x-request-key", "k").body(Full::default()).unwrap();
    assert_eq!(server.ask(delete()).await.1, "1");
    assert_eq!(server.ask(delete()).await.1, "1");
    assert_eq!(server.ask(post("k")).await.1, "2");
    assert_eq!(server.ask(post("k")).await.1, "3", "POST is not among its methods");
}

#[tokio::test]
async fn an_answer_is_kept_for_its_time_and_no_longer() {
    let clock = VirtualClock::new();
    let server = Server::counting(&IdempotencyLayer::new().with_ttl(days(1)).with_clock(clock.clone()));
    assert_eq!(server.ask(post("k")).await.1, "1");
    clock.advance(Duration::from_micros(24 * 3_600_000_000 - 1));
    assert_eq!(server.ask(post("k")).await.1, "1");
    clock.advance(Duration::from_micros(1));
    assert_eq!(server.ask(post("k")).await.1, "2");
}

#[tokio::test]
async fn applications_with_prefixes_share_a_store_and_no_keys() {
    let store = MemoryStore::default();
    let server = |prefix| {
        Server::counting(&IdempotencyLayer::new().with_storage(store.clone()).with_key_prefix(prefix))
    };
    let (one, other) = (server("one"), server("other"));
    assert_eq!(one.ask(post("k")).await.1, "1");
    assert_eq!(header(&other.ask(post("k")).await.0, "x-idempotency-replay"), Some("false"));
    assert_eq!(header(&server("one").ask(post("k")).await.0, "x-idempotency-replay"), Some("true"));
}

#[tokio::test]
async fn clones_of_a_layer_share_the_store_that_it_makes() {
    let layer = IdempotencyLayer::new();
    let servers = [Server::counting(&layer), Server::counting(&layer.clone())];
    assert_eq!(servers[0].ask(post("k")).await.1, "1");
    assert_eq!(header(&servers[1].ask(post("k")).await.0, "x-idempotency-replay"), Some("true"));
    let changed = Server::counting(&layer.with_key_prefix("api"));
    assert_eq!(header(&changed.ask(post("k")).await.0, "x-idempotency-replay"), Some("false"));
}

#[tokio::test]
async fn a_second_request_waits_for_the_first_unless_told_to_be_refused() {
    let clock = VirtualClock::new();
    let slow = |layer: IdempotencyLayer| {
        let work = clock.clone();
        Server::new(&layer.with_clock(clock.clone()), move |run, _| {
            let work = work.clone();
            async move {
                once_again::Clock::sleep(&work, Duration::from_secs(5)).await;
                Ok(answer(&run.to_string()))
            }
        })
    };
    let waits = slow(IdempotencyLayer::new());
    let both =
        [waits.clone(), waits.clone()].map(|server| tokio::spawn(async move { server.ask(post("k")).await }));
    for _ in 0..30 {
        settle().await;
        clock.advance(Duration::from_millis(500));
    }
    for one in both {
        assert_eq!(one.await.unwrap().1, "1");
    }
    assert_eq!(waits.runs(), 1);

    let impatient = ConflictStrategy::WaitForFirst { timeout: Duration::from_secs(2) };
    for strategy in [ConflictStrategy::Reject, impatient] {
        let refuses = slow(IdempotencyLayer::new().with_conflict_strategy(strategy));
        let first = tokio::spawn({
            let server = refuses.clone();
            async move { server.ask(post("k")).await }
        });
        settle().await;
        let second = tokio::spawn(async move { refuses.ask(post("k")).await });
        for _ in 0..6 {
            settle().await;
            clock.advance(Duration::from_millis(500));
        }
        let (head, body) = second.await.unwrap();
        assert_eq!((head.status.as_u16(), &*problem(&body)), (409, "in-progress"), "{strategy:?}");
        assert_eq!(header(&head, "retry-after"), Some("1"));
        clock.advance(Duration::from_secs(5));
        assert_eq!(first.await.unwrap().1, "1");
    }
}

#[tokio::test]
async fn what_cannot_be_is_named_before_anything_is_mounted() {
    let says = |layer: IdempotencyLayer| layer.checked().map(|_| ()).unwrap_err().to_string();
    assert!(says(IdempotencyLayer::new().with_key_header("Idempotency Key")).starts_with("key_header:"));
    assert!(says(IdempotencyLayer::new().with_methods([])).contains("at least one method"));
    assert!(says(IdempotencyLayer::new().with_lease(Duration::from_millis(1))).contains("0.1"));
    let twice = IdempotencyLayer::new().with_profile(Profile::AtMostOnce).with_on_orphan(OnOrphan::Reexecute);
    assert!(says(twice).starts_with("on_orphan:"));
    let both = IdempotencyLayer::new().with_body_in_fingerprint(false).with_fingerprint_include(["/amount"]);
    assert!(says(both).starts_with("include_body_in_fingerprint:"));
}

#[test]
#[should_panic(expected = "IdempotencyLayer: key_header:")]
fn mounting_what_cannot_be_panics_as_a_wrong_route_does() {
    let _ = tower::Layer::layer(&IdempotencyLayer::new().with_key_header(""), ());
}

#[tokio::test]
async fn every_option_reaches_core() {
    let layer = IdempotencyLayer::new()
        .with_missing_key(MissingKey::Require)
        .with_principal_cookies(["sid"])
        .with_derived_window(Duration::from_secs(5))
        .with_renew_every(Duration::from_secs(10))
        .with_max_run(Duration::from_secs(100))
        .with_max_takeovers(1)
        .with_on_5xx(once_again::http::On5xx::Keep)
        .with_max_body_bytes(10)
        .with_handler_timeout(Duration::from_secs(9))
        .with_store_timeout(Duration::from_millis(250))
        .with_complete_timeout(Duration::from_millis(750))
        .with_fail_open(true)
        .with_fingerprint_exclude(["/at"])
        .with_fingerprint_headers(["x-subid"])
        .with_expose_headers(true)
        .checked();
    let server = Server::counting(&layer.unwrap());
    let (head, _) = server.ask(post_of("k", r#"{"at":1,"a":2}"#)).await;
    assert!(header(&head, "access-control-expose-headers").unwrap().contains("Idempotent-Replayed"));
    assert_eq!(server.ask(post_of("k", r#"{"at":3,"a":2}"#)).await.1, "1");
    let (head, _) = server.ask(Request::post("/").body(Full::default()).unwrap()).await;
    assert_eq!(head.status.as_u16(), 400);
}

#[tokio::test]
async fn a_layer_counts_where_it_and_its_clones_are_mounted() {
    let layer = IdempotencyLayer::new().with_clock(VirtualClock::new());
    assert_eq!(layer.stats().total_operations, 0);
    let servers = [Server::counting(&layer), Server::counting(&layer.clone())];
    for server in &servers {
        server.ask(post("k")).await;
    }
    let stats = layer.stats();
    assert_eq!((stats.total_operations, stats.duplicates, stats.active), (2, 1, 0));
}
