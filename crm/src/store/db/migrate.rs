//! Forward-only migrations: each component's tables have a version, the number of steps run. A database
//! written by a newer program is refused untouched, because what that program meant by its tables is
//! not known here.

use super::{Backend, Db, DbError};

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (\
    component TEXT PRIMARY KEY, version BIGINT NOT NULL)";

pub(super) async fn migrate(db: &Db, component: &str, steps: &[&str]) -> Result<(), DbError> {
    let known = i64::try_from(steps.len()).expect("a program has few migration steps");
    let blob = match db.backend() {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    let mut tx = db.begin().await?;
    if tx.backend() == Backend::Postgres {
        // Two processes that start at once must not run the same step; SQLite's write lock sees to it.
        tx.rows("SELECT 1 FROM pg_advisory_xact_lock(4823091746)", &[]).await?;
    }
    tx.execute(VERSIONS, &[]).await?;
    let row = tx.row("SELECT version FROM schema_version WHERE component = $1", &[component.into()]).await?;
    let found = row.map(|r| r.int(0)).transpose()?.unwrap_or(0);
    if found > known {
        return Err(DbError::Newer { component: component.to_owned(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let done = usize::try_from(found).map_err(|_| DbError::fault("negative_version"))?;
    for step in &steps[done..] {
        tx.script(&step.replace("{blob}", blob)).await?;
    }
    tx.execute(
        "INSERT INTO schema_version (component, version) VALUES ($1, $2) \
         ON CONFLICT (component) DO UPDATE SET version = excluded.version",
        &[component.into(), known.into()],
    )
    .await?;
    tx.commit().await
}
