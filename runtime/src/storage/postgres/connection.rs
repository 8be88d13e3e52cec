//! Statements of core's over `tokio-postgres`: each is one round trip, unprepared, so it runs behind any pooler too.

use super::super::StoreError;
use super::super::dialect::{Answered, Server};
use deadpool_postgres::Pool;
use once_again_core::store::{Cell, Command};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{GenericClient, Row};

impl Server for Pool {
    async fn send(&self, command: Command) -> Answered {
        Ok(rows_on(self, &command).await?.pop())
    }
}

/// All rows of a statement on any connection of the pool.
pub(super) async fn rows_on(pool: &Pool, command: &Command) -> Result<Vec<Vec<Cell>>, StoreError> {
    let connection = pool.get().await.map_err(StoreError::unavailable)?;
    rows(&**connection, command).await
}

/// All rows of a statement.
pub(super) async fn rows(
    client: &impl GenericClient,
    command: &Command,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let args: Vec<_> = command.args.iter().map(Argument).collect();
    let args: Vec<_> = args.iter().map(|arg| (arg as &(dyn ToSql + Sync), arg.kind())).collect();
    let rows = client.query_typed(&command.text, &args).await.map_err(StoreError::unavailable)?;
    rows.iter().map(cells).collect()
}

fn cells(row: &Row) -> Result<Vec<Cell>, StoreError> {
    let cell = |index: usize| {
        let cell = match *row.columns()[index].type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|cell| cell.map(Cell::Int)),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(|cell| cell.map(Cell::Bytes)),
            _ => row.try_get::<_, Option<String>>(index).map(|cell| cell.map(Cell::Text)),
        };
        cell.map(|cell| cell.unwrap_or(Cell::Null)).map_err(StoreError::unavailable)
    };
    (0..row.len()).map(cell).collect()
}

/// A value as PostgreSQL is told of it. The statements cast it to what they need; nothing is text, which casts to anything.
#[derive(Debug)]
struct Argument<'a>(&'a Cell);

impl Argument<'_> {
    const fn kind(&self) -> Type {
        match self.0 {
            Cell::Int(_) => Type::INT8,
            Cell::Bytes(_) => Type::BYTEA,
            Cell::Null | Cell::Text(_) => Type::TEXT,
        }
    }
}

impl ToSql for Argument<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(number) => number.to_sql(kind, out),
            Cell::Text(text) => text.to_sql(kind, out),
            Cell::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}
