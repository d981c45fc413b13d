//! A session: the handle through which rows are read and written.

use std::sync::atomic::{AtomicI64, AtomicU64};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    DeleteMany, EntityTrait, FromQueryResult, Insert, PaginatorTrait, PrimaryKeyTrait, QueryResult,
    Select, Statement, StatementBuilder, UpdateMany,
};

use crate::Error;
use crate::conn::{Conn, Fault, Via};
use crate::notes::Shared;

/// Reads and writes rows. One from [`crate::Store::read`] sends each statement on its own; one
/// that is given to a job of [`crate::Store::write`] is inside of that job's transaction.
///
/// A job whose statement fails has to fail: the transaction that it was in is of no use any more.
pub struct Session<'s> {
    conn: Conn<'s>,
    notes: Shared,
}

impl<'s> Session<'s> {
    /// A session on a pool.
    pub(crate) fn reading(pool: &'s DatabaseConnection, statements: &'s AtomicU64) -> Self {
        Self { conn: Conn::new(Via::Pool(pool), statements, None), notes: Shared::default() }
    }

    /// A session in a transaction, or in one of its savepoints.
    pub(crate) fn writing(
        transaction: &'s DatabaseTransaction,
        statements: &'s AtomicU64,
        events: &'s AtomicI64,
    ) -> Self {
        let conn = Conn::new(Via::Transaction(transaction), statements, Some(events));
        Self { conn, notes: Shared::default() }
    }

    /// What was noted, see [`Session::notes`].
    pub(crate) const fn shared_notes(&self) -> &Shared {
        &self.notes
    }

    /// What went wrong in this session so far.
    pub(crate) fn fault(&self) -> Fault {
        self.conn.fault()
    }

    /// The connection, for statements of every kind.
    pub(crate) const fn conn(&self) -> &Conn<'s> {
        &self.conn
    }

    /// Whether this is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        self.conn.get_database_backend() == DbBackend::Postgres
    }

    /// Whether this session is part of a job, and so of a transaction.
    pub(crate) const fn is_in_job(&self) -> bool {
        self.conn.is_in_job()
    }

    /// The place of the next event in its transaction; `None` outside of one.
    pub(crate) fn next_event(&self) -> Option<i64> {
        self.conn.next_event()
    }

    /// The first row.
    pub(crate) async fn one<E: EntityTrait>(
        &self,
        select: Select<E>,
    ) -> Result<Option<E::Model>, Error> {
        select.one(&self.conn).await.map_err(Error::of)
    }

    /// All rows.
    pub(crate) async fn all<E: EntityTrait>(
        &self,
        select: Select<E>,
    ) -> Result<Vec<E::Model>, Error> {
        select.all(&self.conn).await.map_err(Error::of)
    }

    /// How many rows there are.
    pub(crate) async fn count<E: EntityTrait>(&self, select: Select<E>) -> Result<u64, Error>
    where
        E::Model: Send + Sync,
    {
        select.count(&self.conn).await.map_err(Error::of)
    }

    /// All rows of a hand-built query.
    pub(crate) async fn rows<T: FromQueryResult>(
        &self,
        query: &impl StatementBuilder,
    ) -> Result<Vec<T>, Error> {
        let rows = self.conn.query_all(query).await.map_err(Error::of)?;
        rows.iter().map(|row| T::from_query_result(row, "").map_err(Error::of)).collect()
    }

    /// Adds one row and returns its number.
    pub(crate) async fn insert<A: ActiveModelTrait>(&self, row: A) -> Result<i64, Error>
    where
        <A::Entity as EntityTrait>::PrimaryKey: PrimaryKeyTrait<ValueType = i64>,
    {
        let done = Insert::one(row).exec(&self.conn).await.map_err(Error::of)?;
        Ok(done.last_insert_id)
    }

    /// Adds rows, 500 at a time.
    pub(crate) async fn insert_all<A: ActiveModelTrait>(&self, rows: Vec<A>) -> Result<(), Error> {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let some: Vec<A> = rows.by_ref().take(500).collect();
            let insert = Insert::<A>::many(some);
            insert.exec_without_returning(&self.conn).await.map_err(Error::of)?;
        }
        Ok(())
    }

    /// Changes rows and returns how many.
    pub(crate) async fn update<E: EntityTrait>(&self, update: UpdateMany<E>) -> Result<u64, Error> {
        Ok(update.exec(&self.conn).await.map_err(Error::of)?.rows_affected)
    }

    /// Removes rows and returns how many.
    pub(crate) async fn delete<E: EntityTrait>(&self, delete: DeleteMany<E>) -> Result<u64, Error> {
        Ok(delete.exec(&self.conn).await.map_err(Error::of)?.rows_affected)
    }

    /// Runs a hand-built statement and returns how many rows it touched.
    pub(crate) async fn execute(&self, statement: &impl StatementBuilder) -> Result<u64, Error> {
        Ok(self.conn.execute(statement).await.map_err(Error::of)?.rows_affected())
    }

    /// Makes a statement of SQL that both databases understand, `?` for each value.
    pub(crate) fn statement(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = sea_orm::Value>,
    ) -> Statement {
        let backend = self.conn.get_database_backend();
        if backend != DbBackend::Postgres {
            return Statement::from_sql_and_values(backend, sql, values);
        }
        Statement::from_sql_and_values(backend, numbered(sql), values)
    }

    /// Runs SQL with `?` for each value and returns how many rows it touched.
    pub(crate) async fn execute_sql(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = sea_orm::Value>,
    ) -> Result<u64, Error> {
        let statement = self.statement(sql, values);
        Ok(self.conn.execute_raw(statement).await.map_err(Error::of)?.rows_affected())
    }

    /// The rows of SQL with `?` for each value.
    pub(crate) async fn query_sql(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = sea_orm::Value>,
    ) -> Result<Vec<QueryResult>, Error> {
        let statement = self.statement(sql, values);
        self.conn.query_all_raw(statement).await.map_err(Error::of)
    }
}

/// Row numbers in groups of equal keys, so that one statement can change each group.
pub(crate) fn alike<K: PartialEq>(rows: impl Iterator<Item = (K, i64)>) -> Vec<(K, Vec<i64>)> {
    let mut groups: Vec<(K, Vec<i64>)> = Vec::new();
    for (key, id) in rows {
        match groups.iter_mut().rfind(|(known, _)| *known == key) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((key, vec![id])),
        }
    }
    groups
}

/// Turns each `?` into `$1`, `$2` and so on. The SQL of this crate has no `?` in its texts.
fn numbered(sql: &str) -> String {
    let mut numbered = String::with_capacity(sql.len() + 16);
    let mut parts = sql.split('?');
    numbered.push_str(parts.next().unwrap_or_default());
    for (at, part) in parts.enumerate() {
        numbered.push('$');
        numbered.push_str(&(at + 1).to_string());
        numbered.push_str(part);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn question_marks_are_numbered() {
        assert_eq!(numbered("a = ? and b = ?"), "a = $1 and b = $2");
        assert_eq!(numbered("select 1"), "select 1");
    }
}
