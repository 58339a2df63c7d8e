//! The SQL of users, sessions and devices, and of figures kept. It owns their tables; what a right password
//! is and how long a session lives is [`crate::credentials`]' business.

mod figures;

use crm::db::{Db, DbError};
use vocabulary::{AgentName, Time};

/// Forward-only steps of this component's tables.
const STEPS: &[&str] = &["\
CREATE TABLE console_users (
    name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, totp_sealed {blob} NOT NULL,
    totp_step BIGINT NOT NULL, made_at BIGINT NOT NULL, changed_at BIGINT NOT NULL);
CREATE TABLE console_sessions (
    token_hash TEXT PRIMARY KEY, name TEXT NOT NULL REFERENCES console_users (name) ON DELETE CASCADE,
    started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL);
CREATE INDEX console_sessions_by_name ON console_sessions (name);
CREATE TABLE console_devices (
    sip_user TEXT PRIMARY KEY, agent TEXT NOT NULL REFERENCES console_users (name) ON DELETE CASCADE,
    label TEXT NOT NULL, ha1 TEXT NOT NULL,
    session TEXT REFERENCES console_sessions (token_hash) ON DELETE CASCADE, made_at BIGINT NOT NULL);
CREATE INDEX console_devices_by_agent ON console_devices (agent)",
    "CREATE TABLE console_figures (floor TEXT NOT NULL, quarter BIGINT NOT NULL, body TEXT NOT NULL, \
     PRIMARY KEY (floor, quarter))",
];

/// The tables of this crate.
#[derive(Clone)]
pub(crate) struct Store(Db);

/// What is kept of a user.
pub(crate) struct UserRow {
    pub password_hash: String,
    pub totp_sealed: Vec<u8>,
}

/// What is kept of a session.
pub(crate) struct SessionRow {
    pub name: AgentName,
    pub started_at: Time,
    pub seen_at: Time,
}

/// What is kept of a device.
pub(crate) struct DeviceRow {
    pub user: String,
    pub agent: AgentName,
    pub label: String,
    pub ha1: String,
    /// The hash of the session it ends with; `None` for a desk phone.
    pub session: Option<String>,
    pub made_at: Time,
}

impl Store {
    pub(crate) async fn open(db: Db) -> Result<Store, DbError> {
        db.migrate("console", STEPS).await?;
        Ok(Store(db))
    }

    pub(crate) async fn user(&self, name: &str) -> Result<Option<UserRow>, DbError> {
        let sql = "SELECT password_hash, totp_sealed FROM console_users WHERE name = $1";
        let Some(row) = self.0.row(sql, &[name.into()]).await? else { return Ok(None) };
        Ok(Some(UserRow { password_hash: row.text(0)?.to_owned(), totp_sealed: row.blob(1)?.to_vec() }))
    }

    pub(crate) async fn names(&self) -> Result<Vec<AgentName>, DbError> {
        let rows = self.0.rows("SELECT name FROM console_users ORDER BY name", &[]).await?;
        rows.iter().map(|row| row.parse(0)).collect()
    }

    /// Adds a user; a name that is there already is [`DbError::Constraint`].
    pub(crate) async fn add_user(&self, name: &AgentName, user: &UserRow, now: Time) -> Result<(), DbError> {
        let sql = "INSERT INTO console_users (name, password_hash, totp_sealed, totp_step, made_at, changed_at) \
                   VALUES ($1, $2, $3, 0, $4, $4)";
        let sealed = user.totp_sealed.as_slice();
        self.0.execute(sql, &[name.into(), (&user.password_hash).into(), sealed.into(), now.into()]).await?;
        Ok(())
    }

    /// Replaces password and secret and ends every session and page of the user; desk phones stay. Says
    /// whether there is such a user.
    pub(crate) async fn reset_user(&self, name: &AgentName, user: &UserRow, now: Time) -> Result<bool, DbError> {
        let mut tx = self.0.begin().await?;
        tx.execute("DELETE FROM console_sessions WHERE name = $1", &[name.into()]).await?;
        let sql = "UPDATE console_users SET password_hash = $2, totp_sealed = $3, totp_step = 0, changed_at = $4 \
                   WHERE name = $1";
        let sealed = user.totp_sealed.as_slice();
        let args = [name.into(), (&user.password_hash).into(), sealed.into(), now.into()];
        let touched = tx.execute(sql, &args).await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    /// Uses up a time step (RFC 6238 §5.2: a code is accepted once). `false` when it or a later one was
    /// used already.
    pub(crate) async fn use_step(&self, name: &str, step: i64) -> Result<bool, DbError> {
        let sql = "UPDATE console_users SET totp_step = $2 WHERE name = $1 AND totp_step < $2";
        Ok(self.0.execute(sql, &[name.into(), step.into()]).await? == 1)
    }

    pub(crate) async fn add_session(&self, hash: &str, name: &str, now: Time) -> Result<(), DbError> {
        let sql = "INSERT INTO console_sessions (token_hash, name, started_at, seen_at) VALUES ($1, $2, $3, $3)";
        self.0.execute(sql, &[hash.into(), name.into(), now.into()]).await?;
        Ok(())
    }

    pub(crate) async fn session(&self, hash: &str) -> Result<Option<SessionRow>, DbError> {
        let sql = "SELECT name, started_at, seen_at FROM console_sessions WHERE token_hash = $1";
        let Some(row) = self.0.row(sql, &[hash.into()]).await? else { return Ok(None) };
        Ok(Some(SessionRow { name: row.parse(0)?, started_at: Time(row.int(1)?), seen_at: Time(row.int(2)?) }))
    }

    pub(crate) async fn touch_session(&self, hash: &str, now: Time) -> Result<(), DbError> {
        let sql = "UPDATE console_sessions SET seen_at = $2 WHERE token_hash = $1";
        self.0.execute(sql, &[hash.into(), now.into()]).await?;
        Ok(())
    }

    /// Ends one session; its devices go with it.
    pub(crate) async fn end_session(&self, hash: &str) -> Result<(), DbError> {
        self.0.execute("DELETE FROM console_sessions WHERE token_hash = $1", &[hash.into()]).await?;
        Ok(())
    }

    /// Ends every session begun or last seen before these moments and gives their hashes.
    pub(crate) async fn end_sessions(&self, started: Time, seen: Time) -> Result<Vec<String>, DbError> {
        let mut tx = self.0.begin().await?;
        let sql = "DELETE FROM console_sessions WHERE started_at < $1 OR seen_at < $2 RETURNING token_hash";
        let rows = tx.rows(sql, &[started.into(), seen.into()]).await?;
        tx.commit().await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    pub(crate) async fn devices(&self) -> Result<Vec<DeviceRow>, DbError> {
        let sql = "SELECT sip_user, agent, label, ha1, session, made_at FROM console_devices ORDER BY sip_user";
        let rows = self.0.rows(sql, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeviceRow {
                    user: row.text(0)?.to_owned(),
                    agent: row.parse(1)?,
                    label: row.text(2)?.to_owned(),
                    ha1: row.text(3)?.to_owned(),
                    session: row.opt_text(4)?.map(str::to_owned),
                    made_at: Time(row.int(5)?),
                })
            })
            .collect()
    }

    pub(crate) async fn add_device(&self, device: &DeviceRow) -> Result<(), DbError> {
        let sql = "INSERT INTO console_devices (sip_user, agent, label, ha1, session, made_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = [
            (&device.user).into(),
            (&device.agent).into(),
            (&device.label).into(),
            (&device.ha1).into(),
            device.session.as_deref().into(),
            device.made_at.into(),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub(crate) async fn remove_device(&self, user: &str) -> Result<(), DbError> {
        self.0.execute("DELETE FROM console_devices WHERE sip_user = $1", &[user.into()]).await?;
        Ok(())
    }
}
