//! A record as a row, and back. A row that this version did not write is an error, never a panic.

use super::Cell;
use crate::idempotency::record::{Owner, Record, RecordError, RecordKey, State};
use crate::time::{MAX_MICROS, Timestamp};

/// What [`SELECT`](super::SELECT) answers and [`PUT`](super::PUT) takes after the key, in this order.
pub const COLUMNS: &[&str] = &[
    "fingerprint",
    "caller",
    "state",
    "owner",
    "epoch",
    "lease_until",
    "attempts",
    "takeovers",
    "checkpoint",
    "outcome",
    "created",
    "updated",
    "expires_at",
    "derived",
];

pub(super) fn key(key: &RecordKey) -> Cell {
    Cell::Bytes(key.0.to_vec())
}

pub(super) fn integer(number: u64) -> Cell {
    // Every number of a record is below 2^53.
    Cell::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The parameters of [`PUT`](super::PUT).
pub(super) fn cells(key: &RecordKey, record: Record) -> Vec<Cell> {
    vec![
        self::key(key),
        Cell::Text(record.fingerprint.to_string()),
        record.caller.map_or(Cell::Null, |caller| Cell::Bytes(caller.to_vec())),
        Cell::Text(record.state.name().into()),
        Cell::Bytes(record.owner.0.to_vec()),
        integer(record.epoch),
        record.lease_until.map_or(Cell::Null, |until| integer(until.get())),
        integer(record.attempts.into()),
        integer(record.takeovers.into()),
        record.checkpoint.map_or(Cell::Null, Cell::Bytes),
        record.outcome.map_or(Cell::Null, Cell::Bytes),
        integer(record.created.get()),
        integer(record.updated.get()),
        integer(record.expires_at.get()),
        integer(record.derived.into()),
    ]
}

pub(super) fn read(row: &[Cell]) -> Result<Record, RecordError> {
    let mut row = Row { cells: row.iter(), columns: COLUMNS.iter() };
    let record = Record {
        fingerprint: row.take(|cell| text(cell)?.parse().ok())?,
        caller: row.nullable(|cell| bytes(cell)?.try_into().ok())?,
        state: row.take(|cell| State::from_name(text(cell)?))?,
        owner: row.take(|cell| bytes(cell)?.try_into().ok().map(Owner))?,
        epoch: row.take(number)?,
        lease_until: row.nullable(instant)?,
        attempts: row.take(|cell| number(cell)?.try_into().ok())?,
        takeovers: row.take(|cell| number(cell)?.try_into().ok())?,
        checkpoint: row.nullable(|cell| bytes(cell).map(<[u8]>::to_vec))?,
        outcome: row.nullable(|cell| bytes(cell).map(<[u8]>::to_vec))?,
        created: row.take(instant)?,
        updated: row.take(instant)?,
        expires_at: row.take(instant)?,
        derived: row.take(|cell| number(cell).filter(|number| *number <= 1))? == 1,
    };
    row.end()?;
    Ok(record)
}

struct Row<'a> {
    cells: core::slice::Iter<'a, Cell>,
    columns: core::slice::Iter<'static, &'static str>,
}

impl<'a> Row<'a> {
    fn take<T>(&mut self, read: impl FnOnce(&'a Cell) -> Option<T>) -> Result<T, RecordError> {
        let column = self.columns.next().copied().unwrap_or_default();
        self.cells.next().and_then(read).ok_or(RecordError::Column(column))
    }

    fn nullable<T>(&mut self, read: impl FnOnce(&'a Cell) -> Option<T>) -> Result<Option<T>, RecordError> {
        self.take(|cell| if *cell == Cell::Null { Some(None) } else { read(cell).map(Some) })
    }

    fn end(mut self) -> Result<(), RecordError> {
        self.cells.next().map_or(Ok(()), |_| Err(RecordError::Column("one too many")))
    }
}

fn text(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn bytes(cell: &Cell) -> Option<&[u8]> {
    if let Cell::Bytes(bytes) = cell { Some(bytes) } else { None }
}

fn number(cell: &Cell) -> Option<u64> {
    let Cell::Int(number) = cell else { return None };
    u64::try_from(*number).ok().filter(|number| *number <= MAX_MICROS)
}

fn instant(cell: &Cell) -> Option<Timestamp> {
    number(cell).map(Timestamp::new)
}
