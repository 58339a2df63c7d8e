//! Runs each test on every backend: a SQLite file in a temporary folder and, where the environment
//! variable `HCTC_TEST_POSTGRES` holds the address of a server, a fresh schema of a PostgreSQL database.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use crm::Db;
use std::path::PathBuf;

/// One empty database, and where its bytes are if they are in a file.
pub struct Place {
    /// The address to open (again).
    pub url: String,
    /// A folder for key files, and on SQLite for the database itself.
    pub folder: PathBuf,
    /// Whether it is SQLite.
    pub is_file: bool,
    /// Kept so that the folder lives as long as the test.
    _temporary: tempfile::TempDir,
}

impl Place {
    /// Every byte the database has on disk; empty for a server's.
    pub fn bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for ending in ["", "-wal", "-shm"] {
            all.extend(std::fs::read(self.folder.join(format!("centre.db{ending}"))).unwrap_or_default());
        }
        all
    }

    /// Opens the database.
    pub async fn open(&self) -> Db {
        Db::open(&self.url).await.expect("the database opens")
    }
}

fn sqlite() -> Place {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = temporary.path().to_owned();
    let url = format!("sqlite:{}", folder.join("centre.db").display());
    Place { url, folder, is_file: true, _temporary: temporary }
}

async fn postgres(server: &str) -> Place {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let schema = format!("t{:032x}", rand::random::<u128>());
    let db = Db::open(server).await.expect("the test server answers");
    db.execute(&format!("CREATE SCHEMA {schema}"), &[]).await.expect("a fresh schema");
    db.close().await;
    let joint = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{joint}options[search_path]={schema}");
    Place { url, folder: temporary.path().to_owned(), is_file: false, _temporary: temporary }
}

/// Runs the test once per backend, one after the other.
pub async fn on_every_backend<Test, Run>(test: Test)
where
    Test: Fn(Place) -> Run,
    Run: Future<Output = ()>,
{
    test(sqlite()).await;
    if let Ok(server) = std::env::var("HCTC_TEST_POSTGRES") {
        test(postgres(&server).await).await;
    }
}
