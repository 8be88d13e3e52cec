//! Records over Redis servers with replicas, as nebula-idempotency has it.

use super::super::dialect::{Answered, Carrier, Server};
use super::super::together::all;
use super::super::{Answer, Applied, Store, StoreError, StoreOp, StoreReply, StoreUsage};
use super::connection::{Link, Scripts};
use super::pinned::Pinned;
use once_again_core::store::distributed::{ConsistencyLevel, Copies, is_cluster, place};
use once_again_core::store::redis::Redis;
use once_again_core::store::{Command, Dialect};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cmd;
use std::fmt;
use std::sync::Arc;

/// [`DistributedStore`] as nebula-idempotency calls it.
pub type DistributedIdempotencyStorage = DistributedStore;

/// Where a [`DistributedStore`] keeps what, and how many copies.
#[derive(Clone, Debug)]
pub struct DistributedConfig {
    /// Addresses: primaries that know nothing of each other, or nodes of one Cluster.
    pub redis_cluster: Vec<String>,
    /// How many copies each record has, the primary's included: 1 to 100. Checked when the store is made.
    pub replication_factor: u32,
    /// How many copies must hold a claim or a completion before it is answered. In a Cluster only `One`.
    pub consistency_level: ConsistencyLevel,
    /// Which server keeps which record.
    pub sharding_strategy: ShardingStrategy,
}

/// Which server keeps which record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardingStrategy {
    /// By a hash of the record's key: over independent servers by rendezvous hashing, so that every process must list the same
    /// ones, by the same names and in any order; within a Cluster by its own slots.
    #[default]
    ConsistentHashing,
}

/// A store over Redis servers with replicas. A clone is the same store.
///
/// **What `WAIT` does not promise.** Redis answers first and replicates afterwards. With `Quorum` or `All`, each claim and each
/// completion is followed by `WAIT`, on the connection that ran the script, and fails with an error unless enough replicas
/// have confirmed it within a second. That narrows the window in which a failover forgets a claim; it does not close it: the
/// replica that is promoted need not be one that confirmed, a write that too few confirmed stands on the primary all the
/// same, and a primary that is cut off goes on answering until it notices. Where one key must never run twice, use
/// [`PostgresStore`](super::super::PostgresStore).
///
/// Servers do not stand in for each other: while one is away, its keys fail. Adding one gives it a share of all keys, whose
/// records of before are then not found.
///
/// ```no_run
/// use once_again::storage::{
///     ConsistencyLevel, DistributedConfig, DistributedIdempotencyStorage, ShardingStrategy,
/// };
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let storage = DistributedIdempotencyStorage::new(DistributedConfig {
///     redis_cluster: vec!["redis://a.internal".into(), "redis://b.internal".into()],
///     replication_factor: 3,
///     consistency_level: ConsistencyLevel::Quorum,
///     sharding_strategy: ShardingStrategy::ConsistentHashing,
/// })
/// .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DistributedStore {
    carrier: Arc<Carrier<Servers>>,
    copies: Copies,
}

enum Servers {
    Independent { names: Vec<String>, servers: Vec<Pinned> },
    Cluster(Scripts<ClusterConnection>),
}

impl DistributedStore {
    /// Connects to all servers and looks whether they keep as many copies as they are to.
    ///
    /// # Errors
    ///
    /// With [`Code::ConfigInvalid`](crate::Code::ConfigInvalid): there is no address, one is a replica's, a server has too few
    /// replicas on line, or `Quorum` or `All` is asked of a Cluster, whose client sends `WAIT` to any node.
    pub async fn new(config: DistributedConfig) -> Result<Self, StoreError> {
        let DistributedConfig { redis_cluster, replication_factor, consistency_level, sharding_strategy } =
            config;
        let ShardingStrategy::ConsistentHashing = sharding_strategy;
        let copies = Copies::new(replication_factor, consistency_level)?;
        let servers = Servers::open(redis_cluster, copies).await?;
        let carrier = Carrier::new(servers, Dialect::Redis(Redis::default()), None);
        Ok(Self { carrier, copies })
    }

    /// What about the servers' settings endangers records, each behind the server's name where there are several.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let Servers::Independent { names, servers } = &self.carrier.server else {
            return self.carrier.check().await;
        };
        let mut warnings = Vec::new();
        for (name, server) in names.iter().zip(servers) {
            let answer = server.run(&self.carrier.dialect.health(), 1, 0).await?;
            let found = self.carrier.dialect.diagnose(answer.as_deref())?;
            warnings.extend(found.into_iter().map(|warning| format!("{name}: {warning}")));
        }
        Ok(warnings)
    }
}

impl Servers {
    async fn open(urls: Vec<String>, copies: Copies) -> Result<Self, StoreError> {
        let servers = urls.iter().map(|url| Pinned::open(url)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = servers.iter().map(Pinned::name).collect();
        let mut infos = Vec::new();
        for server in &servers {
            infos.push(server.info().await?);
        }
        let clustered = infos.iter().filter(|info| is_cluster(info)).count();
        if infos.is_empty() || clustered != 0 && clustered != infos.len() {
            let expected = "addresses of independent servers, or of nodes of one Cluster";
            return Err(once_again_core::error::ConfigError::new(
                "redis_cluster",
                names.join(", "),
                expected,
            )
            .into());
        }
        if clustered > 0 {
            return Self::open_cluster(urls, copies).await;
        }
        for (name, info) in names.iter().zip(&infos) {
            copies.check(name, info)?;
        }
        Ok(Self::Independent { names, servers })
    }

    async fn open_cluster(urls: Vec<String>, copies: Copies) -> Result<Self, StoreError> {
        copies.within_cluster()?;
        let client = ClusterClient::new(urls).map_err(StoreError::unavailable)?;
        let connection = client.get_async_connection().await.map_err(StoreError::unavailable)?;
        for node in connection.primaries().await?.iter().flatten() {
            let info = connection.send(cmd("INFO"), Some(node)).await.map_err(StoreError::unavailable)?;
            let info: String = redis::from_redis_value(info).map_err(StoreError::unavailable)?;
            copies.check(&node.to_string(), &info)?;
        }
        Ok(Self::Cluster(Scripts::new(connection)))
    }

    async fn run(&self, command: Command, confirmations: u32) -> Answered {
        match self {
            Self::Cluster(scripts) => scripts.run(&command, 1, None).await,
            Self::Independent { names, servers } => {
                servers[place(names, &command)].run(&command, 1, confirmations).await
            }
        }
    }
}

impl Server for Servers {
    async fn send(&self, command: Command) -> Answered {
        self.run(command, 0).await
    }
}

impl Store for DistributedStore {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move {
            let confirmations = self.copies.confirmations(op.kind());
            self.carrier.apply_by(&op, |command| self.carrier.server.run(command, confirmations)).await
        })
    }

    fn apply_many(&self, ops: Vec<StoreOp>) -> Answer<'_, Vec<StoreReply>> {
        Box::pin(all(ops.into_iter().map(|op| self.apply(op)).collect()))
    }

    fn usage(&self) -> Answer<'_, Option<StoreUsage>> {
        Box::pin(async move {
            let mut usage = StoreUsage::default();
            match &self.carrier.server {
                Servers::Cluster(scripts) => {
                    for node in &scripts.connection.primaries().await? {
                        usage += self
                            .carrier
                            .usage(async |command| scripts.run(&command, 0, node.as_ref()).await)
                            .await?;
                    }
                }
                Servers::Independent { servers, .. } => {
                    for server in servers {
                        usage += self.carrier.usage(async |command| server.run(&command, 0, 0).await).await?;
                    }
                }
            }
            Ok(Some(usage))
        })
    }
}

impl fmt::Debug for DistributedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DistributedStore").field("copies", &self.copies).finish_non_exhaustive()
    }
}
