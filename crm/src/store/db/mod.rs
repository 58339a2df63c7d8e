//! One door to SQLite and PostgreSQL: statements with `$1` placeholders, four kinds of values, plain
//! rows, transactions and forward-only migrations. It owns connections and the translation of values
//! and errors; what the statements say belongs to the stores that use it.
//!
//! Statements are portable SQL: TEXT, BIGINT and `{blob}` columns, `ON CONFLICT`, `RETURNING`. A sum is
//! written `CAST(SUM(x) AS BIGINT)`, because PostgreSQL makes a NUMERIC of it. Nothing in a statement
//! may come from a person: values go in as arguments.

mod error;
mod migrate;
mod value;

pub use error::{Constraint, DbError};
pub use value::{Row, Value};

use sqlx::postgres::{PgPoolOptions, PgRow, PgTypeInfo, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column, Pool, Row as _, Transaction, TypeInfo, ValueRef};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Connections that read a SQLite file beside its one writer.
const SQLITE_READERS: u32 = 4;
/// Connections to a PostgreSQL server.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a statement waits for a lock or a connection before it is [`DbError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);

/// Which database is behind a [`Db`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// One file, one machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct Db(Pools);

#[derive(Clone)]
enum Pools {
    /// One writer, so that writers queue in order instead of racing for the file's lock.
    Sqlite {
        writer: Pool<Sqlite>,
        readers: Pool<Sqlite>,
    },
    Postgres(Pool<Postgres>),
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx(Open);

enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password: only the kind of database is shown.
        write!(f, "Db({:?})", self.backend())
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tx({:?})", self.backend())
    }
}

impl Db {
    /// Opens `sqlite:<path>` (the file is made, readable by its owner only, where it is missing; its
    /// folder must be there) or `postgres://user:password@host:port/database`.
    ///
    /// SQLite runs in WAL mode with `synchronous=FULL`, so that a commit is on disk when it returns, and
    /// with `secure_delete`, so that what is deleted is overwritten.
    ///
    /// # Errors
    /// [`DbError::Address`] for another address, [`DbError::Unavailable`] when nobody answers.
    pub async fn open(url: &str) -> Result<Db, DbError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return open_sqlite(path).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = url.parse().map_err(|_: sqlx::Error| DbError::Address)?;
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(PATIENCE)
                .connect_with(options)
                .await
                .map_err(unreachable_server)?;
            return Ok(Db(Pools::Postgres(pool)));
        }
        Err(DbError::Address)
    }

    /// Which database this is, for the few statements that cannot be portable.
    pub fn backend(&self) -> Backend {
        match &self.0 {
            Pools::Sqlite { .. } => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs one statement by itself and says how many rows it touched. When it returns, it is on disk.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn execute(&self, sql: &str, args: &[Value]) -> Result<u64, DbError> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => Ok(sqlite_query(sql, args).execute(writer).await?.rows_affected()),
            Pools::Postgres(pool) => Ok(postgres_query(sql, args).execute(pool).await?.rows_affected()),
        }
    }

    /// Reads rows. It only reads: a statement that writes and returns rows goes through [`Db::begin`].
    ///
    /// # Errors
    /// [`DbError`]; on SQLite, [`DbError::Unavailable`] (code 8, read-only) when the statement would write.
    pub async fn rows(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, DbError> {
        match &self.0 {
            Pools::Sqlite { readers, .. } => {
                let rows = sqlite_query(sql, args).fetch_all(readers).await?;
                rows.iter().map(sqlite_row).collect()
            }
            Pools::Postgres(pool) => {
                let rows = postgres_query(sql, args).fetch_all(pool).await?;
                rows.iter().map(postgres_row).collect()
            }
        }
    }

    /// The first row, where there is one. Reads only, as [`Db::rows`].
    ///
    /// # Errors
    /// As [`Db::rows`].
    pub async fn row(&self, sql: &str, args: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Begins a transaction that may write. SQLite takes its write lock here, so that the transaction
    /// cannot fail later because another wrote in between; PostgreSQL reads what is committed.
    ///
    /// # Errors
    /// [`DbError::Busy`] when no connection became free in five seconds.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => Ok(Tx(Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))),
            Pools::Postgres(pool) => Ok(Tx(Open::Postgres(pool.begin().await?))),
        }
    }

    /// Brings one component's tables up to date: runs the steps not yet run, all or none. A step may hold
    /// several statements; `{blob}` becomes the database's type for bytes. Steps are only ever added
    /// at the end.
    ///
    /// # Errors
    /// [`DbError::Newer`] when the database has more steps than are known here; nothing was changed.
    pub async fn migrate(&self, component: &str, steps: &[&str]) -> Result<(), DbError> {
        migrate::migrate(self, component, steps).await
    }

    /// Pushes what was overwritten out of SQLite's write-ahead file, so that erased bytes are in no file
    /// of ours. PostgreSQL frees the rows of these tables by a vacuum; its pages, its own write-ahead log
    /// and its backups forget them in their own time.
    ///
    /// # Errors
    /// [`DbError`]; a reader in the way is none, the next call gets further.
    pub async fn forget_erased(&self, tables: &[&str]) -> Result<(), DbError> {
        match &self.0 {
            Pools::Sqlite { writer, .. } => {
                sqlite_query("PRAGMA wal_checkpoint(TRUNCATE)", &[]).fetch_all(writer).await?;
            }
            Pools::Postgres(pool) => {
                sqlx::raw_sql(AssertSqlSafe(format!("VACUUM {}", tables.join(", ")))).execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Closes every connection; what was committed stays.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match &self.0 {
            Open::Sqlite(_) => Backend::Sqlite,
            Open::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs one statement and says how many rows it touched.
    ///
    /// # Errors
    /// [`DbError`]. On PostgreSQL an error ends the transaction: begin again.
    pub async fn execute(&mut self, sql: &str, args: &[Value]) -> Result<u64, DbError> {
        match &mut self.0 {
            Open::Sqlite(tx) => Ok(sqlite_query(sql, args).execute(&mut **tx).await?.rows_affected()),
            Open::Postgres(tx) => Ok(postgres_query(sql, args).execute(&mut **tx).await?.rows_affected()),
        }
    }

    /// Runs one statement and gives its rows; it may write (`... RETURNING`).
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub async fn rows(&mut self, sql: &str, args: &[Value]) -> Result<Vec<Row>, DbError> {
        match &mut self.0 {
            Open::Sqlite(tx) => {
                let rows = sqlite_query(sql, args).fetch_all(&mut **tx).await?;
                rows.iter().map(sqlite_row).collect()
            }
            Open::Postgres(tx) => {
                let rows = postgres_query(sql, args).fetch_all(&mut **tx).await?;
                rows.iter().map(postgres_row).collect()
            }
        }
    }

    /// The first row, where there is one.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub async fn row(&mut self, sql: &str, args: &[Value]) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Makes it so. When it returns, everything in it is on disk.
    ///
    /// # Errors
    /// [`DbError`]; nothing of it was written.
    pub async fn commit(self) -> Result<(), DbError> {
        match self.0 {
            Open::Sqlite(tx) => Ok(tx.commit().await?),
            Open::Postgres(tx) => Ok(tx.commit().await?),
        }
    }

    /// Runs several statements without arguments: migrations only.
    async fn script(&mut self, sql: &str) -> Result<(), DbError> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match &mut self.0 {
            Open::Sqlite(tx) => script.execute(&mut **tx).await.map(|_| ())?,
            Open::Postgres(tx) => script.execute(&mut **tx).await.map(|_| ())?,
        }
        Ok(())
    }
}

async fn open_sqlite(path: &str) -> Result<Db, DbError> {
    // Two pools cannot share a database in memory.
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(DbError::Address);
    }
    make_private(Path::new(path)).map_err(|_| DbError::Unavailable { code: "file".to_owned() })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .pragma("secure_delete", "ON");
    let pool = |most: u32| SqlitePoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
    // The writer first: it sets the file's mode before anyone reads.
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = pool(SQLITE_READERS).connect_with(options.pragma("query_only", "ON")).await?;
    Ok(Db(Pools::Sqlite { writer, readers }))
}

/// Makes the file for its owner only; SQLite gives its companions the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// At the first connection a pool that timed out means that nobody answers.
fn unreachable_server(error: sqlx::Error) -> DbError {
    match DbError::from(error) {
        DbError::Busy { code } => DbError::Unavailable { code },
        other => other,
    }
}

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn sqlite_query<'q>(sql: &str, args: &[Value]) -> SqliteQuery<'q> {
    args.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, arg| match arg {
        Value::Null => query.bind(None::<i64>),
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.clone()),
        Value::Blob(value) => query.bind(value.clone()),
    })
}

fn postgres_query<'q>(sql: &str, args: &[Value]) -> PostgresQuery<'q> {
    args.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, arg| match arg {
        Value::Null => query.bind(UntypedNull),
        Value::Int(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.clone()),
        Value::Blob(value) => query.bind(value.clone()),
    })
}

/// A null whose type PostgreSQL works out from its place, as SQLite does.
struct UntypedNull;

impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(sqlx::postgres::types::Oid(0))
    }
}

impl<'q> sqlx::Encode<'q, Postgres> for UntypedNull {
    fn encode_by_ref(
        &self,
        _: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Ok(sqlx::encode::IsNull::Yes)
    }
}

fn sqlite_row(row: &SqliteRow) -> Result<Row, DbError> {
    let column = |index: usize| {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let kind = raw.type_info().into_owned();
        Ok(match kind.name() {
            "INTEGER" | "BOOLEAN" => Value::Int(row.try_get(index)?),
            "TEXT" => Value::Text(row.try_get(index)?),
            "BLOB" => Value::Blob(row.try_get(index)?),
            _ => return Err(DbError::fault("unsupported_type")),
        })
    };
    (0..row.columns().len()).map(column).collect::<Result<_, _>>().map(Row)
}

fn postgres_row(row: &PgRow) -> Result<Row, DbError> {
    let column = |index: usize| {
        if row.try_get_raw(index)?.is_null() {
            return Ok(Value::Null);
        }
        Ok(match row.column(index).type_info().name() {
            "INT8" => Value::Int(row.try_get(index)?),
            "INT4" => Value::Int(row.try_get::<i32, _>(index)?.into()),
            "INT2" => Value::Int(row.try_get::<i16, _>(index)?.into()),
            "BOOL" => Value::Int(row.try_get::<bool, _>(index)?.into()),
            "TEXT" | "VARCHAR" | "NAME" | "CHAR" => Value::Text(row.try_get(index)?),
            "BYTEA" => Value::Blob(row.try_get(index)?),
            _ => return Err(DbError::fault("unsupported_type")),
        })
    };
    (0..row.columns().len()).map(column).collect::<Result<_, _>>().map(Row)
}
