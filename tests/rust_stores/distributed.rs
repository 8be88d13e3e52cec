//! `DistributedStore` over a real primary with its replica, over independent servers, and in a real Cluster.

use crate::samples::{begin, begin_key, complete, epoch_of};
use crate::servers::{server, servers};
use crate::wire::Wire;
use crate::{race, round_trips};
use once_again::Code;
use once_again::storage::{
    ConsistencyLevel, DistributedConfig, DistributedIdempotencyStorage, DistributedStore, Micros, RecordKey,
    RedisStore, ShardingStrategy, Store, StoreError, StoreOp, StoreReply,
};
use redis::aio::MultiplexedConnection;
use std::error::Error;
use std::sync::Arc;
use tokio::sync::{Mutex, MutexGuard};

/// These tests share a primary and its replica, and some of them part the two.
static REPLICATION: Mutex<()> = Mutex::const_new(());

async fn replicated() -> Option<(MutexGuard<'static, ()>, String, String)> {
    let guard = REPLICATION.lock().await;
    let urls = servers("replicated")?;
    // Whatever an earlier test left.
    let _emptied: () = redis::cmd("FLUSHALL").query_async(&mut connection(&urls[0]).await).await.unwrap();
    Some((guard, urls[0].clone(), urls[1].clone()))
}

async fn connection(url: &str) -> MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn open(
    urls: &[String],
    replication_factor: u32,
    consistency_level: ConsistencyLevel,
) -> Result<DistributedStore, StoreError> {
    DistributedIdempotencyStorage::new(DistributedConfig {
        redis_cluster: urls.to_vec(),
        replication_factor,
        consistency_level,
        sharding_strategy: ShardingStrategy::ConsistentHashing,
    })
    .await
}

fn reason(error: &StoreError) -> String {
    assert_eq!(error.code(), Code::ConfigInvalid);
    error.source().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_with_one_key_one_runs() {
    let Some((_guard, primary, _)) = replicated().await else { return };
    race(Arc::new(open(&[primary], 2, ConsistencyLevel::All).await.unwrap())).await;
}

#[tokio::test]
async fn what_was_answered_is_on_the_replica() {
    let Some((_guard, primary, replica)) = replicated().await else { return };
    let store = open(&[primary], 2, ConsistencyLevel::Quorum).await.unwrap();
    let mut replica = connection(&replica).await;
    for number in 0..50 {
        let key = RecordKey([number; 32]);
        store.apply(begin_key(key, 1)).await.unwrap();
        let there: u32 =
            redis::cmd("EXISTS").arg(format!("idempotency:{key}")).query_async(&mut replica).await.unwrap();
        assert_eq!(there, 1);
    }
}

#[tokio::test]
async fn a_confirmation_costs_no_round_trip() {
    let Some((_guard, primary, _)) = replicated().await else { return };
    let wire = Wire::to(primary.replace("redis://", "")).await;
    let through = format!("redis://127.0.0.1:{}", wire.port);
    let store = open(&[through], 2, ConsistencyLevel::All).await.unwrap();
    assert_eq!(round_trips(&store, &wire).await, [2, 1]);
}

#[tokio::test]
async fn without_its_replica_claims_and_completions_fail_and_stand_all_the_same() {
    let Some((_guard, primary, replica)) = replicated().await else { return };
    let store = open(std::slice::from_ref(&primary), 2, ConsistencyLevel::All).await.unwrap();
    let epoch = epoch_of(&store.apply(begin(1)).await.unwrap());
    let mut replica = connection(&replica).await;
    let follow = async |replica: &mut MultiplexedConnection, host: &str, port: &str| {
        let _ok: String = redis::cmd("REPLICAOF").arg(host).arg(port).query_async(replica).await.unwrap();
    };
    follow(&mut replica, "NO", "ONE").await;

    let StoreOp::Complete { key, owner, .. } = complete(1, epoch) else { unreachable!() };
    let renewed = store.apply(StoreOp::Renew { key, owner, epoch, lease: Micros::from_secs(60) }).await;
    assert!(matches!(renewed, Ok(StoreReply::Renewed { .. })), "{renewed:?}");
    for op in [begin_key(RecordKey([0xc3; 32]), 1), complete(1, epoch)] {
        let error = store.apply(op).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreUnavailable);
        assert_eq!(error.to_string(), "too few replicas have confirmed the write");
    }

    follow(&mut replica, "127.0.0.1", primary.rsplit(':').next().unwrap()).await;
    while open(std::slice::from_ref(&primary), 2, ConsistencyLevel::All).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(store.apply(begin(2)).await, Ok(StoreReply::Replay { .. })), "the completion stands");
}

#[tokio::test]
async fn keys_are_shared_among_independent_servers_in_whatever_order() {
    let Some((_guard, primary, _)) = replicated().await else { return };
    let Some(other) = server("redis") else { return };
    let there = open(&[primary.clone(), format!("{other}/1")], 1, ConsistencyLevel::One).await.unwrap();
    let back = open(&[format!("{other}/1"), primary], 1, ConsistencyLevel::One).await.unwrap();
    let claims = |owner| (0..100).map(move |number| begin_key(RecordKey([number; 32]), owner)).collect();
    let first = there.apply_many(claims(1)).await.unwrap();
    assert!(first.iter().all(|reply| matches!(reply, StoreReply::Acquired { .. })), "{first:?}");
    let second = back.apply_many(claims(2)).await.unwrap();
    assert!(second.iter().all(|reply| matches!(reply, StoreReply::Busy { .. })), "{second:?}");
    assert_eq!(back.usage().await.unwrap().unwrap().records, 100);

    let there = RedisStore::new(connection(&format!("{other}/1")).await).usage().await.unwrap().unwrap();
    assert!((20..80).contains(&there.records), "each has its share: {there:?}");
    let warnings = back.check().await.unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("/1: Redis forgets its latest records"), "{warnings:?}");
}

#[tokio::test]
async fn more_copies_than_there_are_replicas_are_refused_at_start() {
    let Some((_guard, primary, replica)) = replicated().await else { return };
    let error = open(std::slice::from_ref(&primary), 3, ConsistencyLevel::Quorum).await.unwrap_err();
    let place = format!("{}/0", primary.replace("redis://", ""));
    let expected =
        format!("replication_factor: got 3, expected at most 2, as {place} and its replicas on line keep");
    assert_eq!(reason(&error), expected);
    let error = open(&[replica], 1, ConsistencyLevel::One).await.unwrap_err();
    assert!(reason(&error).ends_with("expected a primary's address, not a replica's"));
    let error = open(&[], 1, ConsistencyLevel::One).await.unwrap_err();
    assert!(reason(&error).starts_with("redis_cluster: "));
}

#[tokio::test]
async fn a_cluster_places_keys_itself_and_refuses_to_wait() {
    let Some(nodes) = servers("cluster") else { return };
    let error = open(&nodes, 2, ConsistencyLevel::Quorum).await.unwrap_err();
    let expected = "consistency_level: got Quorum, expected One in a Cluster, whose client cannot keep WAIT on the \
                    connection that ran the script";
    assert_eq!(reason(&error), expected);
    // Replicas of a young Cluster come on line one by one.
    let store = loop {
        match open(&nodes, 2, ConsistencyLevel::One).await {
            Ok(store) => break store,
            Err(error) => assert!(reason(&error).starts_with("replication_factor: got 2"), "{error:?}"),
        }
    };
    let error = open(&nodes, 3, ConsistencyLevel::One).await.unwrap_err();
    assert!(reason(&error).starts_with("replication_factor: got 3, expected at most 2"), "{error:?}");
    let claims = (100..130).map(|number| begin_key(RecordKey([number; 32]), 1)).collect();
    let replies = store.apply_many(claims).await.unwrap();
    assert!(replies.iter().all(|reply| matches!(reply, StoreReply::Acquired { .. })), "{replies:?}");
    assert!(store.usage().await.unwrap().unwrap().records >= 30);
}
