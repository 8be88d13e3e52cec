//! How much a store holds.

use super::command::Cell;
use crate::idempotency::record::RecordError;
use serde::Serialize;

/// What a store on a server holds, or one page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Records that are alive.
    pub records: u64,
    /// Bytes they take, about.
    pub bytes: u64,
    /// Where the next page begins; absent after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Usage {
    /// The cursor of the first page.
    pub const FIRST: &str = "0";

    /// Reads `usage`, records, bytes, next cursor.
    pub(super) fn read(row: &[Cell]) -> Result<Self, RecordError> {
        let [name, records, bytes, next] = row else { return Err(RecordError::Column("usage")) };
        if name.as_text() != Some("usage") {
            return Err(RecordError::Column("usage"));
        }
        let next = next.as_text().ok_or(RecordError::Column("next"))?;
        Ok(Self {
            records: records.as_number().ok_or(RecordError::Column("records"))?,
            bytes: bytes.as_number().ok_or(RecordError::Column("bytes"))?,
            next: (next != Self::FIRST).then(|| next.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_of_the_first_page_comes_back_after_the_last() {
        let page = |next: &str| {
            Usage::read(&[Cell::text("usage"), Cell::Int(2), Cell::text("300"), Cell::bytes(next.as_bytes())])
        };
        assert_eq!(page("17"), Ok(Usage { records: 2, bytes: 300, next: Some("17".into()) }));
        assert_eq!(page("0"), Ok(Usage { records: 2, bytes: 300, next: None }));
    }

    #[test]
    fn what_is_no_usage_names_its_first_wrong_column() {
        assert_eq!(Usage::read(&[]), Err(RecordError::Column("usage")));
        let row = [Cell::text("usage"), Cell::Null, Cell::Int(1), Cell::text("0")];
        assert_eq!(Usage::read(&row), Err(RecordError::Column("records")));
    }
}
