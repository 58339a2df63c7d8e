//! Runs each test on every backend: a SQLite file in a temporary folder and, where the environment
//! variable `HCTC_TEST_POSTGRES` holds the address of a server, a fresh schema of a PostgreSQL database.

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

use crm::{Crm, CrmRecord, MasterKey, MasterKeys, Viewer};
use std::collections::BTreeSet;
use vocabulary::centre::Role;
use vocabulary::event::VERSION;
use vocabulary::{
    AgentName, Channel, ContactId, E164, Entry, EntryName, Event, Lane, Needs, QueueName, Risk, TenantName, Time, Ulid,
};

impl Place {
    /// Opens the CRM with key files in the folder, as a centre does.
    pub async fn crm(&self) -> Crm {
        Crm::open(self.open().await, self.keys()).await.expect("the CRM opens")
    }

    /// The key files of the folder.
    pub fn keys(&self) -> MasterKeys {
        let open = |name| MasterKey::open_or_create(&self.folder.join(name)).expect("a key file");
        MasterKeys { ordinary: open("master.key"), safeguarding: open("safeguarding.key") }
    }
}

/// The operator's own tenant.
pub fn huduma() -> TenantName {
    TenantName::new("huduma").expect("a name")
}

/// A moment, in minutes.
pub fn minute(n: i64) -> Time {
    Time(1_795_000_000_000 + n * 60_000)
}

/// A contact that arrived in that minute.
pub fn contact(n: i64) -> ContactId {
    ContactId(Ulid::from_parts(minute(n).0.unsigned_abs(), n.unsigned_abs().into()))
}

/// A mobile number.
pub fn number(n: u32) -> E164 {
    E164::parse(&format!("0712{n:06}")).expect("a number")
}

/// An agent of the operator, cleared for these lanes.
pub fn agent(name: &str, clearances: &[Lane]) -> Viewer {
    Viewer {
        name: AgentName::new(name).expect("a name"),
        roles: BTreeSet::from([Role::Agent]),
        clearances: clearances.iter().copied().collect(),
        tenants: BTreeSet::from([huduma()]),
        engaged: BTreeSet::new(),
    }
}

/// The same viewer, engaged in a contact.
pub fn engaged(viewer: &Viewer, contact: ContactId) -> Viewer {
    Viewer { engaged: BTreeSet::from([contact]), ..viewer.clone() }
}

/// The record of a contact that arrived in that minute and entered a queue of the lane.
pub fn record(n: i64, lane: Lane) -> CrmRecord {
    let id = contact(n);
    let seq = n.unsigned_abs() * 100 + 1;
    let arrived = Event::Arrived {
        contact: id,
        channel: Channel::Voice,
        tenant: huduma(),
        entry: EntryName::new("main").expect("a name"),
    };
    let queued = Event::Queued {
        contact: id,
        queue: QueueName::new(lane.as_str()).expect("a name"),
        needs: Needs::default(),
        lane,
        risk: Risk::P2,
        base: 0,
        arrived: minute(n),
    };
    let entry = |seq, event| Entry { seq, at: minute(n), v: VERSION, event };
    CrmRecord::from_events(id, &[entry(seq, arrived), entry(seq + 1, queued)]).expect("it arrived")
}

/// The record with one more event, a minute after its arrival.
pub fn then(record: &CrmRecord, event: Event) -> CrmRecord {
    let mut next = record.clone();
    let at = Time(record.arrived.0 + 60_000);
    next.apply(&Entry { seq: record.seq + 1, at, v: VERSION, event });
    next
}
