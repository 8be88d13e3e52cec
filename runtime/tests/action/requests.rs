//! Requests, known by their key alone.

use super::{pass, seconds};
use once_again::action::ConflictBehavior;
use once_again::request::RequestIdempotencyManager;
use once_again::storage::MemoryStore;
use once_again::testing::VirtualClock;
use once_again::{Clock, Code, IdempotencyKey};

#[tokio::test]
async fn two_requests_at_once_get_one_result() {
    let clock = VirtualClock::new();
    let store = MemoryStore::builder().clock(clock.clone()).build().unwrap();
    let manager = RequestIdempotencyManager::new(store).clock(clock.clone());
    let key = IdempotencyKey::from("test-key");
    let slow = async {
        clock.sleep(seconds(1)).await;
        Ok("result".to_owned())
    };
    let second = async {
        once_again::testing::settle().await;
        manager.execute_request("test-key", async { Ok("different-result".to_owned()) }).await
    };
    let (first, second, ()) =
        tokio::join!(manager.execute_request(key, slow), second, pass(&clock, seconds(5)));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first, second);
    assert_eq!((second.output.as_str(), first.is_replay(), second.is_replay()), ("result", false, true));
}

#[tokio::test]
async fn a_request_that_fails_leaves_its_key_free() {
    let manager = RequestIdempotencyManager::new(MemoryStore::default());
    let failed = manager.execute_request("k", async { Err::<u8, _>("down".into()) }).await.unwrap_err();
    assert_eq!(failed.to_string(), "down");
    assert_eq!(manager.execute_request("k", async { Ok(7) }).await.unwrap().output, 7);
}

#[tokio::test]
async fn scopes_do_not_share_keys_and_a_busy_key_can_be_refused() {
    let store = MemoryStore::default();
    let one = RequestIdempotencyManager::new(store.clone()).with_conflict_behavior(ConflictBehavior::Reject);
    let other = one.clone().with_scope("other");
    let busy = async {
        let inner = one.execute_request("k", async { Ok(1) }).await.unwrap_err();
        let elsewhere = other.execute_request("k", async { Ok(2) }).await.unwrap();
        Ok((inner.code().map(Code::name).map(str::to_owned), elsewhere.output))
    };
    let (inner, elsewhere) = one.execute_request("k", busy).await.unwrap().output;
    assert_eq!((inner.as_deref(), elsewhere), (Some("IDEMPOTENCY_IN_PROGRESS"), 2));
}
