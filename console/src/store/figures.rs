//! Figures of quarter-hours that are over: one book a row, as text.

use super::Store;
use crm::db::DbError;
use vocabulary::{FloorName, Time};

impl Store {
    /// Keeps a book; what was kept of the same quarter-hour is replaced.
    pub(crate) async fn keep_book(&self, floor: &FloorName, quarter: Time, body: &str) -> Result<(), DbError> {
        let sql = "INSERT INTO console_figures (floor, quarter, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (floor, quarter) DO UPDATE SET body = excluded.body";
        self.0.execute(sql, &[floor.as_str().into(), quarter.into(), body.into()]).await?;
        Ok(())
    }

    /// Drops the book of a quarter-hour.
    pub(crate) async fn drop_book(&self, floor: &FloorName, quarter: Time) -> Result<(), DbError> {
        let sql = "DELETE FROM console_figures WHERE floor = $1 AND quarter = $2";
        self.0.execute(sql, &[floor.as_str().into(), quarter.into()]).await?;
        Ok(())
    }

    /// Books of quarter-hours that begin within a time, in order.
    pub(crate) async fn books(&self, floor: &FloorName, from: Time, to: Time) -> Result<Vec<(Time, String)>, DbError> {
        let sql = "SELECT quarter, body FROM console_figures WHERE floor = $1 AND quarter >= $2 AND quarter < $3 \
                   ORDER BY quarter";
        let rows = self.0.rows(sql, &[floor.as_str().into(), from.into(), to.into()]).await?;
        rows.iter().map(|row| Ok((Time(row.int(0)?), row.text(1)?.to_owned()))).collect()
    }
}
