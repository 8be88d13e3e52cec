//! Random histories: a few keys, a few owners, and every operation at any moment, also by those who lost their claim.

use once_again_core::fingerprint::{Alg, Fingerprint};
use once_again_core::idempotency::record::{Owner, RecordKey};
use once_again_core::store::{Begin, Mode, OnOrphan, Resolution, StoreOp, StoreReply};
use once_again_core::time::{Micros, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

/// Moves, and how long each comes after the one before.
#[derive(Clone, Debug)]
pub(crate) struct History(Vec<(u64, Move)>);

/// An operation that may refer to a claim made earlier.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    Do(StoreOp),
    /// What an owner does under one of the claims that were ever granted.
    Under(Index, Under),
}

#[derive(Clone, Debug)]
pub(crate) enum Under {
    Renew(Micros),
    Checkpoint(Vec<u8>),
    Complete(Vec<u8>, Micros),
    Release(Mode),
    Abandon,
}

impl History {
    /// Time always passes: two claims within one microsecond of a deleted record are beyond what an epoch can tell apart.
    pub(crate) fn moves(&self) -> impl Iterator<Item = (Timestamp, &Move)> {
        let mut now = 1_000;
        self.0.iter().map(move |(pause, one_move)| {
            now += pause;
            (Timestamp::new(now), one_move)
        })
    }
}

/// Every claim that was ever granted.
#[derive(Default)]
pub(crate) struct Owners(Vec<(RecordKey, Owner, u64)>);

impl Owners {
    pub(crate) fn resolve(&self, one_move: &Move) -> Option<StoreOp> {
        let (index, under) = match one_move {
            Move::Do(op) => return Some(op.clone()),
            Move::Under(..) if self.0.is_empty() => return None,
            Move::Under(index, under) => (index, under.clone()),
        };
        let (key, owner, epoch) = *index.get(&self.0);
        Some(match under {
            Under::Renew(lease) => StoreOp::Renew { key, owner, epoch, lease },
            Under::Checkpoint(data) => StoreOp::Checkpoint { key, owner, epoch, data },
            Under::Complete(outcome, retention) => {
                StoreOp::Complete { key, owner, epoch, outcome, retention }
            }
            Under::Release(mode) => StoreOp::Release { key, owner, epoch, mode },
            Under::Abandon => StoreOp::Abandon { key, owner, epoch },
        })
    }

    pub(crate) fn learn(&mut self, op: &StoreOp, reply: &StoreReply) {
        if let (StoreOp::Begin(begin), StoreReply::Acquired { epoch, .. }) = (op, reply) {
            self.0.push((begin.key, begin.owner, *epoch));
        }
    }
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let pause = prop_oneof![8 => 1..20_u64, 3 => 20..150_u64, 1 => 150..2_000_u64];
    prop::collection::vec((pause, moves()), 1..120).prop_map(History)
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        10 => begins().prop_map(|begin| Move::Do(StoreOp::Begin(begin))),
        10 => (any::<Index>(), unders()).prop_map(|(index, under)| Move::Under(index, under)),
        1 => forged().prop_map(Move::Do),
        1 => (keys(), resolutions(), spans(1_000)).prop_map(|(key, how, retention)| {
            Move::Do(StoreOp::Resolve { key, how, retention })
        }),
        1 => keys().prop_map(|key| Move::Do(StoreOp::Get { key })),
        1 => (0..4_u32).prop_map(|limit| Move::Do(StoreOp::Sweep { limit })),
    ]
}

fn begins() -> impl Strategy<Value = Begin> {
    let rules = (prop_oneof![4 => Just(OnOrphan::Reexecute), 1 => Just(OnOrphan::Fail)], 0..4_u32);
    let request =
        (prop::bool::weighted(0.1), prop::option::weighted(0.3, 1..3_u8), prop::bool::weighted(0.3));
    let spans = (prop::option::weighted(0.9, spans(200)), spans(1_500));
    (keys(), owners(), request, spans, rules).prop_map(
        |(key, owner, (other, caller, derived), (lease, retention), (on_orphan, max_takeovers))| Begin {
            key,
            owner,
            fingerprint: Fingerprint::new(if other { Alg::Raw } else { Alg::Jcs }, [9; 32]),
            caller: caller.map(|caller| [caller; 32]),
            lease,
            retention,
            on_orphan,
            max_takeovers,
            derived,
        },
    )
}

fn unders() -> impl Strategy<Value = Under> {
    prop_oneof![
        3 => spans(200).prop_map(Under::Renew),
        1 => blobs().prop_map(Under::Checkpoint),
        4 => (blobs(), spans(1_500)).prop_map(|(outcome, retention)| Under::Complete(outcome, retention)),
        2 => modes().prop_map(Under::Release),
        1 => Just(Under::Abandon),
    ]
}

/// An owner that never claimed, with an epoch that may have been somebody's.
fn forged() -> impl Strategy<Value = StoreOp> {
    (keys(), 1_000..3_000_u64, blobs()).prop_map(|(key, epoch, outcome)| StoreOp::Complete {
        key,
        owner: Owner([0xff; 16]),
        epoch,
        outcome,
        retention: Micros::new(1_000),
    })
}

fn keys() -> impl Strategy<Value = RecordKey> {
    (1..6_u8).prop_map(|key| RecordKey([key; 32]))
}

fn owners() -> impl Strategy<Value = Owner> {
    (1..6_u8).prop_map(|owner| Owner([owner; 16]))
}

fn spans(most: u64) -> impl Strategy<Value = Micros> {
    (0..=most).prop_map(Micros::new)
}

fn blobs() -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), prop_oneof![3 => 0..4_usize, 1 => 100..400_usize])
        .prop_map(|(byte, length)| vec![byte; length])
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Forget), Just(Mode::Retryable), Just(Mode::Unknown)]
}

fn resolutions() -> impl Strategy<Value = Resolution> {
    prop_oneof![Just(Resolution::Forget), blobs().prop_map(Resolution::Complete)]
}
