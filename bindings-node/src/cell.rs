//! Values of commands and rows, as JavaScript has them.

use napi::bindgen_prelude::{Either4, Null, Uint8Array};
use once_again_core::store::Cell;

/// A value of a row or a parameter.
pub(crate) type Value = Either4<Null, f64, String, Uint8Array>;

pub(crate) fn values(cells: Vec<Cell>) -> Vec<Value> {
    cells.into_iter().map(value).collect()
}

pub(crate) fn cells(values: Vec<Value>) -> Vec<Cell> {
    values.into_iter().map(cell).collect()
}

#[expect(clippy::cast_precision_loss, reason = "every integer of a record is below 2^53")]
fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Either4::A(Null),
        Cell::Int(number) => Either4::B(number as f64),
        Cell::Text(text) => Either4::C(text),
        Cell::Bytes(bytes) => Either4::D(bytes.into()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "columns hold whole numbers below 2^53; `as` saturates at what nobody of us wrote"
)]
fn cell(value: Value) -> Cell {
    match value {
        Either4::A(_) => Cell::Null,
        Either4::B(number) => Cell::Int(number as i64),
        Either4::C(text) => Cell::Text(text),
        Either4::D(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}
