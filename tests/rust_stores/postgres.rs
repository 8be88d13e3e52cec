//! `PostgresStore` on a real PostgreSQL.

use crate::samples::{begin, complete, epoch_of};
use crate::servers::server;
use crate::wire::Wire;
use crate::{clock, compare, corner, is_replayed, many, race, round_trips, some_histories};
use deadpool_postgres::{Manager, Pool};
use once_again::storage::{
    PartitionStrategy, PostgresConfig, PostgresIdempotencyStorage, PostgresStore, PostgresStoreBuilder,
    Store, StoreError, StoreOp, StoreReply,
};
use once_again::testing::settle;
use once_again::{Code, ConfigError};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::NoTls;

fn pool(url: &str) -> Pool {
    Pool::builder(Manager::new(url.parse().unwrap(), NoTls)).max_size(8).build().unwrap()
}

async fn store(builder: PostgresStoreBuilder) -> PostgresStore {
    let store = builder.build().unwrap();
    store.ensure_schema().await.unwrap();
    store
}

#[tokio::test]
async fn postgres_is_the_memory_store() {
    let Some(server) = server("postgres") else { return };
    let pool = pool(&server);
    for strategy in [PartitionStrategy::None, PartitionStrategy::Monthly] {
        for history in some_histories(24) {
            let (clock, table) = (clock(), corner());
            let builder = PostgresStore::builder(pool.clone()).table_name(&table).clock(clock.clone());
            compare(&history, &clock, &store(builder.partition_strategy(strategy)).await).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_tasks_with_one_key_one_runs() {
    let Some(server) = server("postgres") else { return };
    let builder = PostgresStore::builder(pool(&server)).table_name(&corner());
    race(Arc::new(store(builder).await)).await;
}

#[tokio::test]
async fn many_claims_go_in_two_statements_and_others_one_by_one() {
    let Some(server) = server("postgres") else { return };
    many(&store(PostgresStore::builder(pool(&server)).table_name(&corner())).await).await;
}

#[tokio::test]
async fn a_first_run_is_two_round_trips_and_a_replay_one() {
    let Some(server) = server("postgres") else { return };
    let config: tokio_postgres::Config = server.parse().unwrap();
    let wire = Wire::to(format!("127.0.0.1:{}", config.get_ports()[0])).await;
    let through = server.replace(&config.get_ports()[0].to_string(), &wire.port.to_string());
    let store = store(PostgresStore::builder(pool(&through)).table_name(&corner())).await;
    assert_eq!(round_trips(&store, &wire).await, [2, 1]);
}

#[tokio::test]
async fn without_a_schema_a_check_says_what_to_do_and_operations_fail() {
    let Some(server) = server("postgres") else { return };
    let table = corner();
    let store = PostgresStore::builder(pool(&server)).table_name(&table).build().unwrap();
    let error = store.check().await.unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    let reason = error.source().unwrap().to_string();
    let expected = format!("table: got {table}, expected a table with schema 1, as ensure_schema makes it");
    assert_eq!(reason, expected);
    assert_eq!(store.apply(begin(1)).await.unwrap_err().code(), Code::StoreUnavailable);
    store.ensure_schema().await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_joint_completion_lives_and_dies_with_the_users_transaction() {
    let Some(server) = server("postgres") else { return };
    let (pool, effects) = (pool(&server), corner());
    let store = store(PostgresStore::builder(pool.clone()).table_name(&corner())).await;
    let epoch = epoch_of(&store.apply(begin(1)).await.unwrap());
    let mut client = pool.get().await.unwrap();
    client.batch_execute(&format!("CREATE TABLE {effects} (done int)")).await.unwrap();
    let charge = format!("INSERT INTO {effects} VALUES (1)");
    let charged = format!("SELECT count(*) FROM {effects}");

    let transaction = client.transaction().await.unwrap();
    transaction.execute(&charge, &[]).await.unwrap();
    store.complete_in(&transaction, complete(1, epoch)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert!(!is_replayed(&store).await, "rolled back");

    let pays = async |client: &mut deadpool_postgres::Client, owner, epoch| -> Result<(), Box<dyn Error>> {
        let transaction = client.transaction().await?;
        transaction.execute(&charge, &[]).await?;
        store.complete_in(&transaction, complete(owner, epoch)).await?;
        transaction.commit().await?;
        Ok(())
    };
    let lost = pays(&mut client, 1, epoch + 1).await.unwrap_err();
    assert_eq!(lost.to_string(), "this run holds its claim no longer; roll back");
    let lost: &StoreError = lost.downcast_ref().unwrap();
    assert_eq!(lost.code(), Code::IdempotencyInProgress);
    assert_eq!(client.query_one(&charged, &[]).await.unwrap().get::<_, i64>(0), 0);

    pays(&mut client, 1, epoch).await.unwrap();
    assert_eq!(client.query_one(&charged, &[]).await.unwrap().get::<_, i64>(0), 1);
    assert!(is_replayed(&store).await);
}

#[tokio::test]
async fn expired_records_are_swept_in_the_background() {
    let Some(server) = server("postgres") else { return };
    let clock = clock();
    let builder = PostgresStore::builder(pool(&server)).table_name(&corner()).clock(clock.clone());
    let store = store(builder.cleanup_interval(Duration::from_secs(100_000))).await;
    assert_eq!(clock.sleeping(), 0);
    store.apply(begin(1)).await.unwrap();
    assert_eq!(clock.sleeping(), 1);
    clock.advance(Duration::from_secs(100_000));
    // The sweep is a task of its own; it found something, so it waits for its next turn when it is done.
    while clock.sleeping() == 0 {
        tokio::task::yield_now().await;
    }
    let swept = StoreOp::Sweep { limit: 10 };
    assert_eq!(store.apply(swept).await.unwrap(), StoreReply::Swept { count: 0 }, "nothing was left");
    store.close();
    settle().await;
    assert_eq!(clock.sleeping(), 0);
}

#[tokio::test]
async fn the_names_of_nebula_make_the_same_store() {
    let Some(server) = server("postgres") else { return };
    let storage = PostgresIdempotencyStorage::new(PostgresConfig {
        connection_pool: pool(&server),
        table_name: "idempotency_keys",
        partition_strategy: PartitionStrategy::Monthly,
    });
    let storage = storage.await.unwrap();
    storage.ensure_schema().await.unwrap();
    let begun = storage.apply(begin(1)).await.unwrap();
    assert!(matches!(begun, StoreReply::Acquired { .. }), "{begun:?}");
}

#[tokio::test]
async fn a_name_that_would_need_an_escape_is_refused() {
    let build = |name: &str| -> Result<PostgresStore, ConfigError> {
        PostgresStore::builder(pool("postgres://localhost/none")).table_name(name).build()
    };
    let expected =
        "table_name: got \"a b\", expected 1 to 40 letters, digits and underscores, the first no digit";
    assert_eq!(build("a b").unwrap_err().to_string(), expected);
}
