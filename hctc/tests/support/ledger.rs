//! The journal as it lies in the data folder, read beside the running centre.

use super::server::Server;
use crm::Db;
use serde_json::Value;

/// Every entry so far, oldest first.
pub fn journal(server: &Server) -> Vec<Value> {
    let url = format!("sqlite:{}", server.data().join("journal.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&url).await.expect("the journal opens");
        let rows = db.rows("SELECT body FROM journal ORDER BY seq", &[]).await.expect("its rows");
        let entries = rows.iter().map(|row| serde_json::from_str(row.text(0).expect("text")).expect("json")).collect();
        db.close().await;
        entries
    })
}

/// The entries of one kind about one contact.
pub fn of<'a>(entries: &'a [Value], event: &'a str, contact: &'a str) -> Vec<&'a Value> {
    entries.iter().filter(|e| e["event"] == event && e["contact"] == contact).collect()
}
