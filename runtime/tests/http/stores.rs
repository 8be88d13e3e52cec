//! Leases, and stores that are away.

use crate::support::{Gate, Server, answer, header, post, problem};
use bytes::Bytes;
use http_body_util::Full;
use once_again::http::{Claim, ConflictStrategy, IdempotencyKey, IdempotencyLayer};
use once_again::storage::{MemoryStore, OpKind, StoreReply};
use once_again::testing::{VirtualClock, settle};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

#[tokio::test]
async fn a_claim_is_renewed_for_as_long_as_its_handler_runs() {
    let clock = VirtualClock::new();
    let go = Arc::new(Notify::new());
    let layer =
        IdempotencyLayer::new().with_clock(clock.clone()).with_conflict_strategy(ConflictStrategy::Reject);
    let server = Server::new(&layer, {
        let go = go.clone();
        move |run, request| {
            let go = go.clone();
            async move {
                go.notified().await;
                assert!(!request.extensions().get::<Claim>().unwrap().signal().has_fired());
                Ok(answer(&run.to_string()))
            }
        }
    });
    let first = tokio::spawn({
        let server = server.clone();
        async move { server.ask(post("k")).await }
    });
    // Five minutes, of leases of one.
    for _ in 0..30 {
        settle().await;
        clock.advance(Duration::from_secs(10));
    }
    settle().await;
    assert_eq!(problem(&server.ask(post("k")).await.1), "in-progress");
    go.notify_one();
    assert_eq!(first.await.unwrap().1, "1");
    assert_eq!(server.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_renewed_fires_the_signal_before_its_lease_ends() {
    let gate = Gate::new();
    let server = Server::new(&IdempotencyLayer::new().with_storage(gate.clone()), async |_, request| {
        let begun = tokio::time::Instant::now();
        request.extensions().get::<Claim>().unwrap().signal().fired().await;
        Ok(answer(&begun.elapsed().as_secs().to_string()))
    });
    gate.close(&[OpKind::Renew]);
    assert_eq!(server.ask(post("k")).await.1, "58", "2 s before the lease of 60 s ends");
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_while_the_store_is_away() {
    let gate = Gate::new();
    let server = Server::counting(&IdempotencyLayer::new().with_storage(gate.clone()));
    gate.fail(true);
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((head.status.as_u16(), &*problem(&body)), (503, "store-unavailable"));
    assert_eq!(header(&head, "retry-after"), Some("1"));
    gate.fail(false);
    gate.close(&[OpKind::Begin]);
    let begun = tokio::time::Instant::now();
    assert_eq!(server.ask(post("k")).await.0.status.as_u16(), 503);
    assert_eq!(begun.elapsed(), Duration::from_secs(4), "asked twice, 2 s each");
    assert_eq!(server.runs(), 0);
    gate.open();
    assert_eq!(server.ask(post("k")).await.1, "1");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_keeps_no_request_in_memory() {
    let gate = Gate::new();
    let server = Server::counting(&IdempotencyLayer::new().with_storage(gate.clone()));
    gate.close(&[OpKind::Begin]);
    let body: Arc<[u8]> = Arc::from(&b"{}"[..]);
    let request = post("k").map(|_| Full::from(Bytes::from_owner(body.clone())));
    assert_eq!(server.ask(request).await.0.status.as_u16(), 503);
    settle().await;
    assert_eq!(Arc::strong_count(&body), 1, "the claim is still waited for, to hand it back");
}

#[tokio::test(start_paused = true)]
async fn where_it_fails_open_the_handler_runs_unmarked_and_its_answer_is_recorded_afterwards() {
    let gate = Gate::new();
    let layer = IdempotencyLayer::new().with_storage(gate.clone()).with_fail_open(true);
    let back = gate.clone();
    let server = Server::new(&layer, move |run, request| {
        let back = back.clone();
        async move {
            assert!(request.extensions().get::<Claim>().is_none());
            assert!(request.extensions().get::<IdempotencyKey>().is_some());
            back.fail(false);
            Ok(answer(&run.to_string()))
        }
    });
    gate.fail(true);
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((&*body, header(&head, "x-idempotency-replay")), ("1", None));
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((&*body, header(&head, "idempotent-replayed")), ("1", Some("true")));
}

#[tokio::test]
async fn a_handler_may_complete_its_record_by_itself() {
    let gate = Gate::new();
    let layer = IdempotencyLayer::new().with_storage(gate.clone());
    let replies = Arc::new(Mutex::new(Vec::new()));
    let noted = replies.clone();
    let server = Server::new(&layer, move |_, request| {
        let (store, noted) = (gate.clone(), noted.clone());
        async move {
            let claim = request.extensions().get::<Claim>().unwrap();
            let jointly =
                http::Response::builder().status(201).header("etag", "\"1\"").body("jointly").unwrap();
            let op = claim.completion(&jointly).unwrap();
            let reply = once_again::storage::Store::apply(&store, op).await.unwrap();
            noted.lock().unwrap().push(reply);
            Ok(answer("the handler's own"))
        }
    });
    assert_eq!(server.ask(post("k")).await.1, "the handler's own");
    assert_eq!(*replies.lock().unwrap(), [StoreReply::Completed]);
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((head.status.as_u16(), &*body, header(&head, "etag")), (201, "jointly", Some("\"1\"")));
}

/// tokio's own panic, which names `enable_time`: a layer has no error of its own to answer with.
#[test]
fn in_a_runtime_without_timers_nothing_is_claimed_and_nothing_runs() {
    let store = MemoryStore::default();
    let server = Server::counting(&IdempotencyLayer::new().with_storage(store.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let asked = catch_unwind(AssertUnwindSafe(|| runtime.block_on(server.ask(post("k")))));
    let panic = asked.expect_err("it cannot keep time");
    let message = panic.downcast_ref::<String>().expect("why");
    assert!(message.contains("enable_time"), "{message}");
    assert_eq!((server.runs(), store.stats().records), (0, 0));
}
