//! One key, and what its owners do.

use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::store::{Begin, OnOrphan, StoreOp, StoreReply};
use once_again_core::time::Micros;

pub(crate) const KEY: RecordKey = RecordKey([0xa1; 32]);
const RETENTION: Micros = Micros::from_secs(86_400);

pub(crate) fn begin(owner: u8) -> StoreOp {
    begin_key(KEY, owner)
}

pub(crate) fn begin_key(key: RecordKey, owner: u8) -> StoreOp {
    StoreOp::Begin(Begin {
        key,
        owner: Owner([owner; 16]),
        fingerprint: Fingerprint::new(Alg::Jcs, [0xf1; 32]),
        caller: None,
        lease: Some(Micros::from_secs(60)),
        retention: RETENTION,
        on_orphan: OnOrphan::Reexecute,
        max_takeovers: 5,
        derived: false,
    })
}

pub(crate) fn complete(owner: u8, epoch: u64) -> StoreOp {
    let outcome = b"charged".to_vec();
    StoreOp::Complete { key: KEY, owner: Owner([owner; 16]), epoch, outcome, retention: RETENTION }
}

pub(crate) fn epoch_of(reply: &StoreReply) -> u64 {
    let StoreReply::Acquired { epoch, .. } = reply else { panic!("not acquired: {reply:?}") };
    *epoch
}
