//! Two breakers of the Rust package over one real Redis, which is then killed, and comes back.

#[path = "../stores/killable.rs"]
mod killable;

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use killable::Killable;
use once_again::breaker::{BreakerEvent, RedisScripts, State};
use once_again::{Breaker, CallError};
use redis::Client;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::time::{sleep, timeout};

/// One process's breaker: opens at the second failure, for half a second, and closes after one good probe.
struct Process {
    breaker: Breaker,
    heard: Arc<Mutex<Vec<&'static str>>>,
}

impl Process {
    async fn over(url: &str) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = heard.clone();
        let breaker = Breaker::builder()
            .name("ledger")
            .failure_threshold(2)
            .recovery_timeout(Duration::from_millis(500))
            .half_open_max_calls(1)
            .shared(RedisScripts::new(connection(url).await))
            .on_event(move |event| match event {
                BreakerEvent::Attached { .. } => told.lock().unwrap().push("attached"),
                BreakerEvent::Detached { .. } => told.lock().unwrap().push("detached"),
                _ => {}
            })
            .build()
            .unwrap();
        Self { breaker, heard }
    }

    async fn succeed(&self) -> bool {
        self.breaker.call(|| ready(Ok::<_, ()>(()))).await.is_ok()
    }

    async fn fail(&self) -> Result<(), CallError<()>> {
        self.breaker.call(|| ready(Err(()))).await
    }

    /// Calls now and then until the breaker is as it should be.
    async fn becomes(&self, what: &str, is_so: impl Fn(&Breaker) -> bool) {
        let wait = async {
            while !is_so(&self.breaker) {
                drop(self.breaker.try_acquire());
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(15), wait).await.unwrap_or_else(|_| panic!("not {what} within 15 s"));
    }

    /// What it has said of its connection since the last look.
    fn heard(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

async fn connection(url: &str) -> ConnectionManager {
    let config = ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(200));
    ConnectionManager::new_with_config(Client::open(url).unwrap(), config).await.unwrap()
}

#[tokio::test]
async fn two_breakers_open_and_close_together_and_go_on_alone_when_redis_is_killed() {
    let Some((mut server, url)) = Killable::start("redis") else { return };
    let (one, other) = (Process::over(&url).await, Process::over(&url).await);
    for process in [&one, &other] {
        process.becomes("attached", Breaker::attached).await;
    }

    assert_eq!(one.fail().await, Err(CallError::Failed(())));
    assert_eq!(one.fail().await, Err(CallError::Failed(())));
    assert_eq!(one.breaker.state(), State::Open);
    other.becomes("open", |breaker| breaker.state() != State::Closed).await;

    sleep(Duration::from_millis(600)).await;
    assert!(one.succeed().await, "the probe");
    for process in [&one, &other] {
        process.becomes("closed", |breaker| breaker.state() == State::Closed).await;
        process.becomes("attached still", Breaker::attached).await;
        process.heard();
    }

    server.tell("kill redis");
    for process in [&one, &other] {
        process.becomes("detached", |breaker| !breaker.attached()).await;
        assert!(process.succeed().await);
    }
    assert_eq!(one.fail().await, Err(CallError::Failed(())));
    assert_eq!(one.fail().await, Err(CallError::Failed(())));
    assert_eq!(one.breaker.state(), State::Open);
    // Longer than Redis is let alone: it has been asked again, in vain.
    for _ in 0..15 {
        sleep(Duration::from_millis(100)).await;
        assert!(other.succeed().await, "of the other's failures it knows nothing");
    }
    for process in [&one, &other] {
        assert_eq!(process.heard(), ["detached"]);
    }

    server.tell("start redis");
    for process in [&one, &other] {
        process.becomes("attached again", Breaker::attached).await;
        assert_eq!(process.heard(), ["attached"]);
    }
}
