//! The row in which a server's own rules (a Lua script, a plpgsql function) answer.
//!
//! | reply | epoch | attempts | `lease_until` | created | data |
//! |---|---|---|---|---|---|
//! | `acquired` | number | number | number, or nothing: no lease | | checkpoint, if there is one |
//! | `replay` | | | | number | outcome |
//! | `lost` | | | | number, when there is an outcome | outcome, if there is one |
//! | `busy` | | | number, or nothing | | |
//! | `renewed` | | | number | | |
//! | `mismatchCaller`, `mismatchFingerprint`, `outcomeUnknown`, `completed`, `checkpointed`, `released`, `abandoned`, `resolved`, `notFound` | | | | | |
//!
//! Two answers are rows of their own: `found` and then the record's [columns](super::COLUMNS), `swept` and then how many.
//! No row at all is `notFound`.
//!
//! Nothing is NULL, or empty text where Redis answers, which has no NULL inside a list; there, data that is nothing is
//! left out.

use super::command::Cell;
use super::reply::{Mismatch, StoreReply};
use super::row;
use crate::idempotency::record::RecordError;
use crate::time::Timestamp;

/// The columns, in this order.
const COLUMNS: [&str; 6] = ["reply", "epoch", "attempts", "lease_until", "created", "data"];

pub(super) fn read(row: &[Cell]) -> Result<StoreReply, RecordError> {
    let row = Answer(row);
    Ok(match row.name()? {
        "acquired" => StoreReply::Acquired {
            epoch: row.required(1)?,
            attempts: u32::try_from(row.required(2)?).map_err(|_| wrong(2))?,
            lease_until: row.optional(3)?.map(Timestamp::new),
            checkpoint: row.data()?,
        },
        "replay" => StoreReply::Replay {
            outcome: row.data()?.ok_or(wrong(5))?,
            created: Timestamp::new(row.required(4)?),
        },
        "lost" => StoreReply::Lost { outcome: row.data()?, created: row.optional(4)?.map(Timestamp::new) },
        "busy" => StoreReply::Busy { lease_until: row.optional(3)?.map(Timestamp::new) },
        "renewed" => StoreReply::Renewed { lease_until: Timestamp::new(row.required(3)?) },
        "mismatchCaller" => StoreReply::Mismatch { what: Mismatch::Caller },
        "mismatchFingerprint" => StoreReply::Mismatch { what: Mismatch::Fingerprint },
        "outcomeUnknown" => StoreReply::OutcomeUnknown,
        "completed" => StoreReply::Completed,
        "checkpointed" => StoreReply::Checkpointed,
        "released" => StoreReply::Released,
        "abandoned" => StoreReply::Abandoned,
        "resolved" => StoreReply::Resolved,
        "notFound" => StoreReply::NotFound,
        "found" => StoreReply::Found { record: Box::new(row::read(&row.0[1..])?) },
        "swept" => {
            let count = row.0.get(1).and_then(Cell::as_number).and_then(|count| u32::try_from(count).ok());
            StoreReply::Swept { count: count.ok_or(RecordError::Column("count"))? }
        }
        _ => return Err(wrong(0)),
    })
}

const fn wrong(column: usize) -> RecordError {
    RecordError::Column(COLUMNS[column])
}

struct Answer<'a>(&'a [Cell]);

impl<'a> Answer<'a> {
    fn name(&self) -> Result<&'a str, RecordError> {
        self.0.first().and_then(Cell::as_text).ok_or(wrong(0))
    }

    fn required(&self, column: usize) -> Result<u64, RecordError> {
        self.optional(column)?.ok_or(wrong(column))
    }

    fn optional(&self, column: usize) -> Result<Option<u64>, RecordError> {
        match self.0.get(column) {
            None | Some(Cell::Null) => Ok(None),
            Some(cell) if cell.as_text() == Some("") => Ok(None),
            Some(cell) => cell.as_number().map(Some).ok_or(wrong(column)),
        }
    }

    fn data(&self) -> Result<Option<Vec<u8>>, RecordError> {
        match self.0.get(5) {
            None | Some(Cell::Null) => Ok(None),
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes.clone())),
            Some(_) => Err(wrong(5)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_null_in_sql_and_empty_or_left_out_in_redis() {
        let acquired = StoreReply::Acquired { epoch: 7, attempts: 1, lease_until: None, checkpoint: None };
        let sql = [Cell::text("acquired"), Cell::text("7"), Cell::Int(1), Cell::Null, Cell::Null, Cell::Null];
        let redis = ["acquired", "7", "1", "", ""].map(|text| Cell::bytes(text.as_bytes()));
        assert_eq!(read(&sql), Ok(acquired.clone()));
        assert_eq!(read(&redis), Ok(acquired));
    }

    #[test]
    fn empty_data_is_not_the_same_as_none() {
        let mut row = ["lost", "", "", "", "9", ""].map(|text| Cell::bytes(text.as_bytes()));
        let created = Some(Timestamp::new(9));
        assert_eq!(read(&row), Ok(StoreReply::Lost { outcome: Some(Vec::new()), created }));
        row[5] = Cell::Null;
        assert_eq!(read(&row), Ok(StoreReply::Lost { outcome: None, created }));
    }

    #[test]
    fn an_answer_that_nobody_of_us_gave_names_its_first_wrong_column() {
        let wrong = [
            (vec![], "reply"),
            (vec![Cell::text("granted")], "reply"),
            (vec![Cell::text("acquired"), Cell::text("-1")], "epoch"),
            (vec![Cell::text("acquired"), Cell::Int(1), Cell::Int(1 << 32)], "attempts"),
            (vec![Cell::text("renewed")], "lease_until"),
            (vec![Cell::text("replay")], "data"),
        ];
        for (row, column) in wrong {
            assert_eq!(read(&row), Err(RecordError::Column(column)), "{row:?}");
        }
    }
}
