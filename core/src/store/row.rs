//! A record as a row, and back. A row that this version did not write is an error, never a panic.

use super::command::Cell;
use crate::idempotency::record::{Owner, Record, RecordError, RecordKey, State};
use crate::time::Timestamp;

/// The fields of a record beside its key, as columns in this order.
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
    Cell::bytes(&key.0)
}

/// The key, then [`COLUMNS`].
pub(super) fn cells(key: &RecordKey, record: Record) -> Vec<Cell> {
    vec![
        self::key(key),
        Cell::text(record.fingerprint.to_string()),
        record.caller.map_or(Cell::Null, |caller| Cell::bytes(&caller)),
        Cell::text(record.state.name()),
        Cell::bytes(&record.owner.0),
        Cell::number(record.epoch),
        record.lease_until.map_or(Cell::Null, |until| Cell::number(until.get())),
        Cell::number(record.attempts),
        Cell::number(record.takeovers),
        record.checkpoint.into(),
        record.outcome.into(),
        Cell::number(record.created.get()),
        Cell::number(record.updated.get()),
        Cell::number(record.expires_at.get()),
        Cell::number(record.derived),
    ]
}

pub(super) fn read(row: &[Cell]) -> Result<Record, RecordError> {
    let mut row = Row { cells: row.iter(), columns: COLUMNS.iter() };
    let record = Record {
        fingerprint: row.take(|cell| cell.as_text()?.parse().ok())?,
        caller: row.nullable(|cell| cell.as_bytes()?.try_into().ok())?,
        state: row.take(|cell| State::from_name(cell.as_text()?))?,
        owner: row.take(|cell| cell.as_bytes()?.try_into().ok().map(Owner))?,
        epoch: row.take(Cell::as_number)?,
        lease_until: row.nullable(instant)?,
        attempts: row.take(|cell| cell.as_number()?.try_into().ok())?,
        takeovers: row.take(|cell| cell.as_number()?.try_into().ok())?,
        checkpoint: row.nullable(|cell| cell.as_bytes().map(<[u8]>::to_vec))?,
        outcome: row.nullable(|cell| cell.as_bytes().map(<[u8]>::to_vec))?,
        created: row.take(instant)?,
        updated: row.take(instant)?,
        expires_at: row.take(instant)?,
        derived: row.take(|cell| cell.as_number().filter(|number| *number <= 1))? == 1,
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

fn instant(cell: &Cell) -> Option<Timestamp> {
    cell.as_number().map(Timestamp::new)
}
