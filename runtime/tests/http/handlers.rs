//! Handlers: what they are told, and how they end.

use crate::support::{Server, answer, header, post};
use once_again::http::{Claim, IdempotencyKey, IdempotencyLayer, Profile};
use once_again::testing::{VirtualClock, settle};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

#[tokio::test]
async fn a_handler_is_told_its_key_its_attempt_and_its_epoch() {
    let claims = Arc::new(Mutex::new(Vec::new()));
    let server = Server::new(&IdempotencyLayer::new(), {
        let claims = claims.clone();
        move |run, request| {
            let claims = claims.clone();
            async move {
                assert_eq!(request.extensions().get(), Some(&IdempotencyKey::from("k")));
                claims.lock().await.push(request.extensions().get::<Claim>().unwrap().clone());
                if run < 3 { Err(io::ErrorKind::Other.into()) } else { Ok(answer("done")) }
            }
        }
    });
    for _ in 0..2 {
        assert!(server.try_ask(post("k")).await.is_err());
    }
    server.ask(post("k")).await;
    let claims = claims.lock().await;
    assert_eq!(claims.iter().map(Claim::attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(claims.windows(2).all(|pair| pair[0].epoch() < pair[1].epoch()));
    assert_eq!(claims[0].key().as_str(), "k");
    assert!(!format!("{:?}", claims[0]).contains("\"k\""), "keys stay out of logs");
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_the_handler() {
    let go = Arc::new(Notify::new());
    let server = Server::new(&IdempotencyLayer::new(), {
        let go = go.clone();
        move |run, _| {
            let go = go.clone();
            async move {
                go.notified().await;
                Ok(answer(&run.to_string()))
            }
        }
    });
    let asked = tokio::spawn({
        let server = server.clone();
        async move { server.ask(post("k")).await }
    });
    settle().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    go.notify_one();
    settle().await;
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((&*body, header(&head, "idempotent-replayed")), ("1", Some("true")));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_while_it_waits_for_another_run_runs_nothing() {
    let go = Arc::new(Notify::new());
    let server = Server::new(&IdempotencyLayer::new(), {
        let go = go.clone();
        move |_, _| {
            let go = go.clone();
            async move {
                go.notified().await;
                Err(io::ErrorKind::Other.into())
            }
        }
    });
    let asks = || {
        let server = server.clone();
        tokio::spawn(async move { server.try_ask(post("k")).await.is_err() })
    };
    let first = asks();
    settle().await;
    let second = asks();
    settle().await;
    second.abort();
    settle().await;
    go.notify_one();
    assert!(first.await.unwrap());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.runs(), 1, "the key was free, but nobody wanted it any more");
}

#[tokio::test]
async fn a_service_that_fails_fails_outwards_and_may_run_again() {
    let server = Server::new(&IdempotencyLayer::new(), async |run, _| {
        if run == 1 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(answer("done")) }
    });
    assert_eq!(server.try_ask(post("k")).await.map(|_| ()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(server.ask(post("k")).await.1, "done");
}

#[tokio::test]
async fn a_handler_that_panics_panics_outwards_and_may_run_again() {
    let server = Server::new(&IdempotencyLayer::new(), async |run, _| {
        assert!(run > 1, "the first run fails");
        Ok(answer("done"))
    });
    let asked = tokio::spawn({
        let server = server.clone();
        async move { server.ask(post("k")).await }
    });
    let panic = asked.await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the first run fails"));
    assert_eq!(server.ask(post("k")).await.1, "done");
}

#[tokio::test]
async fn at_most_once_means_that_a_panic_is_the_end() {
    let server = Server::new(&IdempotencyLayer::new().with_profile(Profile::AtMostOnce), async |_, _| {
        Err(io::ErrorKind::Other.into())
    });
    assert!(server.try_ask(post("k")).await.is_err());
    let (head, body) = server.ask(post("k")).await;
    assert_eq!((head.status.as_u16(), &*crate::support::problem(&body)), (409, "outcome-unknown"));
    assert_eq!(server.runs(), 1);
}

#[tokio::test]
async fn a_handlers_signal_fires_when_its_time_is_up_and_it_decides_what_to_do() {
    let clock = VirtualClock::new();
    let layer =
        IdempotencyLayer::new().with_clock(clock.clone()).with_handler_timeout(Duration::from_secs(5));
    let server = Server::new(&layer, async |_, request| {
        let mut signal = request.extensions().get::<Claim>().unwrap().signal();
        assert!(!signal.has_fired());
        signal.fired().await;
        Ok(answer("cut short"))
    });
    let asked = tokio::spawn(async move { server.ask(post("k")).await.1 });
    settle().await;
    clock.advance(Duration::from_millis(4_999));
    settle().await;
    assert!(!asked.is_finished());
    clock.advance(Duration::from_millis(1));
    assert_eq!(asked.await.unwrap(), "cut short");
}
