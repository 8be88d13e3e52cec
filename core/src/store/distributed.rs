//! Redis with replicas, and several Redis servers that know nothing of each other: who keeps a record, and how many copies must
//! hold a write before it is answered (nebula-idempotency's distributed storage).
//!
//! Redis replicates after it has answered. `WAIT` after a claim or a completion asks how many replicas have it; what they
//! have may still be lost when another one is promoted, so this narrows the window of a failover and does not close it.

use super::command::Command;
use super::op::OpKind;
use crate::error::ConfigError;
use sha2::{Digest, Sha256};

/// How many of a record's copies must hold a claim or a completion before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsistencyLevel {
    /// The primary's.
    One,
    /// More than half of them.
    Quorum,
    /// All of them.
    All,
}

impl ConsistencyLevel {
    /// Its name in errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "One",
            Self::Quorum => "Quorum",
            Self::All => "All",
        }
    }
}

/// How many copies each record has, the primary's included, and how many must hold a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    factor: u32,
    level: ConsistencyLevel,
}

impl Copies {
    /// The most copies: far more replicas than a primary can feed.
    pub const MOST: u32 = 100;

    /// `factor` copies, of which so many must hold a write as `level` says.
    pub fn new(factor: u32, level: ConsistencyLevel) -> Result<Self, ConfigError> {
        if factor == 0 || factor > Self::MOST {
            let expected = format!("a whole number from 1 to {}", Self::MOST);
            return Err(ConfigError::new("replication_factor", factor.to_string(), expected));
        }
        Ok(Self { factor, level })
    }

    /// How many replicas must confirm what `op` wrote; 0: nobody is asked.
    #[must_use]
    pub const fn confirmations(&self, op: OpKind) -> u32 {
        match (op, self.level) {
            (OpKind::Begin | OpKind::Complete, ConsistencyLevel::Quorum) => self.factor / 2,
            (OpKind::Begin | OpKind::Complete, ConsistencyLevel::All) => self.factor - 1,
            _ => 0,
        }
    }

    /// Whether `server`, whose `INFO` is this, is a primary with enough replicas on line.
    pub fn check(&self, server: &str, info: &str) -> Result<(), ConfigError> {
        if setting(info, "role") != Some("master") {
            return Err(ConfigError::new("redis_cluster", server, "a primary's address, not a replica's"));
        }
        let replica = |line: &&str| {
            let number = line.strip_prefix("slave").and_then(|rest| rest.split(':').next());
            number.is_some_and(|number| number.parse::<u32>().is_ok()) && line.contains(",state=online,")
        };
        let copies = 1 + info.lines().filter(replica).count();
        if usize::try_from(self.factor).is_ok_and(|factor| factor <= copies) {
            return Ok(());
        }
        let expected = format!("at most {copies}, as {server} and its replicas on line keep");
        Err(ConfigError::new("replication_factor", self.factor.to_string(), expected))
    }

    /// A Cluster's client sends `WAIT`, which has no key, over any connection, and it must be the one that ran the script.
    pub fn within_cluster(&self) -> Result<(), ConfigError> {
        if self.level == ConsistencyLevel::One {
            return Ok(());
        }
        let expected =
            "One in a Cluster, whose client cannot keep WAIT on the connection that ran the script";
        Err(ConfigError::new("consistency_level", self.level.name(), expected))
    }
}

/// Whether the server whose `INFO` this is belongs to a Cluster, which places keys itself.
#[must_use]
pub fn is_cluster(info: &str) -> bool {
    setting(info, "cluster_enabled") == Some("1")
}

/// Which of several independent servers runs this script: the one whose name and the script's key have the greatest digest
/// (rendezvous hashing). Where their order, or another server, changes, every other server's keys stay where they are.
///
/// Digest: SHA-256 of the length of the name in four bytes, the name, and the key.
#[must_use]
pub fn place(servers: &[String], command: &Command) -> usize {
    let key = command.args.first().and_then(super::Cell::as_text).unwrap_or_default();
    let digest = |name: &String| {
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes();
        Sha256::new().chain_update(length).chain_update(name).chain_update(key).finalize()
    };
    let greatest = servers.iter().enumerate().max_by_key(|(_, name)| digest(name));
    greatest.map_or(0, |(index, _)| index)
}

fn setting<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Cell;

    const INFO: &str = "# Replication\r\nrole:master\r\nconnected_slaves:3\r\n\
        slave0:ip=127.0.0.1,port=7001,state=online,offset=14,lag=0\r\n\
        slave1:ip=127.0.0.1,port=7002,state=wait_bgsave,offset=0,lag=0\r\n\
        slave2:ip=127.0.0.1,port=7003,state=online,offset=14,lag=1\r\n\
        slave_repl_offset:14,state=online,\r\n# Cluster\r\ncluster_enabled:0\r\n";

    fn script(key: &str) -> Command {
        Command::new("", vec![Cell::text(key), Cell::text("other")])
    }

    fn servers(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_majority_or_all_of_the_copies_hold_a_claim_and_a_completion() {
        let confirmations = |factor, level| Copies::new(factor, level).unwrap().confirmations(OpKind::Begin);
        let of = |factor| {
            [ConsistencyLevel::One, ConsistencyLevel::Quorum, ConsistencyLevel::All]
                .map(|level| confirmations(factor, level))
        };
        assert_eq!(
            [of(1), of(2), of(3), of(4), of(5)],
            [[0, 0, 0], [0, 1, 1], [0, 1, 2], [0, 2, 3], [0, 2, 4]]
        );
        let copies = Copies::new(3, ConsistencyLevel::All).unwrap();
        assert_eq!((copies.confirmations(OpKind::Complete), copies.confirmations(OpKind::Renew)), (2, 0));
    }

    #[test]
    fn only_replicas_on_line_count_as_copies() {
        let check = |factor| Copies::new(factor, ConsistencyLevel::One).unwrap().check("a:1", INFO);
        assert_eq!(check(3), Ok(()));
        assert_eq!(
            check(4).unwrap_err().to_string(),
            "replication_factor: got 4, expected at most 3, as a:1 and its replicas on line keep"
        );
        let replica = Copies::new(1, ConsistencyLevel::One).unwrap().check("a:1", "role:slave\r\n");
        assert_eq!(
            replica.unwrap_err().to_string(),
            "redis_cluster: got a:1, expected a primary's address, not a replica's"
        );
        for factor in [0, 101] {
            let error = Copies::new(factor, ConsistencyLevel::One).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("replication_factor: got {factor}, expected a whole number from 1 to 100")
            );
        }
    }

    #[test]
    fn in_a_cluster_nothing_can_be_waited_for() {
        let within = |level| Copies::new(3, level).unwrap().within_cluster().is_ok();
        assert!(within(ConsistencyLevel::One));
        assert!(!within(ConsistencyLevel::Quorum) && !within(ConsistencyLevel::All));
        assert!(is_cluster("cluster_enabled:1\r\n") && !is_cluster(INFO));
    }

    /// `for s in a b c; do printf '\0\0\0\3%s:1%s' $s k1 | sha256sum; done` begins db01, e34e, d73d, and so on.
    #[test]
    fn the_greatest_digest_keeps_the_key() {
        let names = servers(&["a:1", "b:1", "c:1"]);
        let places = ["k1", "k2", "k3", "k4", "k5", "k6"].map(|key| place(&names, &script(key)));
        assert_eq!(places, [1, 2, 0, 1, 0, 0]);
    }

    #[test]
    fn a_server_that_goes_moves_its_own_keys_only_and_each_has_its_share() {
        let (three, two) = (servers(&["a:1", "b:1", "c:1"]), servers(&["c:1", "a:1"]));
        let mut counts = [0; 3];
        for number in 0..3_000 {
            let script = script(&format!("idempotency:{number}"));
            let before = place(&three, &script);
            counts[before] += 1;
            if before != 1 {
                assert_eq!(two[place(&two, &script)], three[before]);
            }
        }
        // Binomial: 1 000 give or take 26; five of these are one chance in a million.
        assert!(counts.iter().all(|count| (870..1_130).contains(count)), "{counts:?}");
    }
}
