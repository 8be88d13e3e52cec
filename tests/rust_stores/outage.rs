//! Servers that are killed and come back: a store fails meanwhile, and recovers by itself.

use crate::killable::Killable;
use crate::samples::begin;
use deadpool_postgres::{Manager, Pool};
use once_again::Code;
use once_again::storage::{
    ConsistencyLevel, DistributedConfig, DistributedStore, PostgresStore, RedisStore, ShardingStrategy,
    Store, StoreReply,
};
use redis::aio::ConnectionManagerConfig;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

async fn fails_and_recovers(store: &dyn Store, server: &mut Killable, name: &str) -> StoreReply {
    let begun = store.apply(begin(1)).await.unwrap();
    assert!(matches!(begun, StoreReply::Acquired { .. }), "{begun:?}");
    server.tell(&format!("kill {name}"));
    for _ in 0..3 {
        let error = timeout(Duration::from_secs(5), store.apply(begin(2))).await.unwrap().unwrap_err();
        assert_eq!(error.code(), Code::StoreUnavailable);
    }
    server.tell(&format!("start {name}"));
    let again = async {
        loop {
            match store.apply(begin(2)).await {
                Ok(reply) => break reply,
                Err(error) => assert_eq!(error.code(), Code::StoreUnavailable),
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(15), again).await.expect("it recovers within 15 s")
}

#[tokio::test]
async fn postgres_remembers_a_claim_over_its_crash() {
    let Some((mut server, url)) = Killable::start("postgres") else { return };
    let pool = Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).build().unwrap();
    let store = PostgresStore::builder(pool).build().unwrap();
    store.ensure_schema().await.unwrap();
    let reply = fails_and_recovers(&store, &mut server, "postgres").await;
    assert!(matches!(reply, StoreReply::Busy { .. }), "{reply:?}");
}

#[tokio::test]
async fn a_redis_that_writes_nothing_to_disk_forgets_a_claim_and_takes_the_next() {
    let Some((mut server, url)) = Killable::start("redis") else { return };
    let patience = ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(200));
    let client = redis::Client::open(url).unwrap();
    let store = RedisStore::new(client.get_connection_manager_with_config(patience).await.unwrap());
    let reply = fails_and_recovers(&store, &mut server, "redis").await;
    assert!(matches!(reply, StoreReply::Acquired { .. }), "{reply:?}");
}

#[tokio::test]
async fn pinned_connections_are_made_anew() {
    let Some((mut server, url)) = Killable::start("redis") else { return };
    let store = DistributedStore::new(DistributedConfig {
        redis_cluster: vec![url],
        replication_factor: 1,
        consistency_level: ConsistencyLevel::All,
        sharding_strategy: ShardingStrategy::default(),
    });
    let reply = fails_and_recovers(&store.await.unwrap(), &mut server, "redis").await;
    assert!(matches!(reply, StoreReply::Acquired { .. }), "{reply:?}");
}
