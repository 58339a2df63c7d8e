//! What can go wrong in a store, by what the caller does about it. No variant carries a value, a
//! statement or a driver's message: those may quote personal data. What remains is the database's own
//! code, which names the kind of failure and nothing else.

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// Others hold the lock, or the pool is exhausted, or the transaction lost a race: try again.
    #[error("the store is busy (code {code})")]
    Busy {
        /// The database's own code, or the name of the condition.
        code: String,
    },
    /// The database cannot be reached or has no room: nothing was written.
    #[error("the store is not available (code {code})")]
    Unavailable {
        /// The database's own code, or the name of the condition.
        code: String,
    },
    /// A rule of the schema refused it: a duplicate key, a missing parent, a value out of range.
    #[error("the store refused: {0}")]
    Constraint(Constraint),
    /// The database was written by a newer version of this program.
    #[error(
        "the database is newer than this program: {component} is at version {found}, this program knows \
         {known}; start the newer program, or restore the backup taken before it ran"
    )]
    Newer {
        /// Which part of the schema.
        component: String,
        /// The version in the database.
        found: i64,
        /// The highest version this program knows.
        known: i64,
    },
    /// The address of the database cannot be used.
    #[error("not a database address: write sqlite:<path of a file> or postgres://...")]
    Address,
    /// A fault of ours: a wrong statement or a column read as what it is not.
    #[error("a fault in the store (code {code})")]
    Fault {
        /// The database's own code, or the name of the condition.
        code: String,
    },
}

/// Which rule of the schema refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    /// A key is there already.
    #[error("a key is there already")]
    Unique,
    /// A row it refers to is not there, or is still referred to.
    #[error("a row it refers to is missing or still referred to")]
    Reference,
    /// A value is missing or out of its range.
    #[error("a value is missing or out of range")]
    Value,
}

impl DbError {
    /// Whether a key was there already: the caller lost a race it may have meant to lose.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, DbError::Constraint(Constraint::Unique))
    }

    pub(super) fn fault(condition: &str) -> DbError {
        DbError::Fault { code: condition.to_owned() }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> DbError {
        let condition = |name: &str| name.to_owned();
        match &error {
            sqlx::Error::Database(inner) => from_database(inner.as_ref()),
            sqlx::Error::PoolTimedOut => DbError::Busy { code: condition("pool_timed_out") },
            sqlx::Error::Io(_) => DbError::Unavailable { code: condition("io") },
            sqlx::Error::Tls(_) => DbError::Unavailable { code: condition("tls") },
            sqlx::Error::PoolClosed => DbError::Unavailable { code: condition("closed") },
            sqlx::Error::WorkerCrashed => DbError::Unavailable { code: condition("worker") },
            sqlx::Error::BeginFailed => DbError::Unavailable { code: condition("begin") },
            sqlx::Error::Configuration(_) => DbError::Address,
            sqlx::Error::Protocol(_) => DbError::fault("protocol"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => DbError::fault("decode"),
            sqlx::Error::Encode(_) => DbError::fault("encode"),
            _ => DbError::fault("driver"),
        }
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> DbError {
    use sqlx::error::ErrorKind;
    match error.kind() {
        ErrorKind::UniqueViolation => return DbError::Constraint(Constraint::Unique),
        ErrorKind::ForeignKeyViolation => return DbError::Constraint(Constraint::Reference),
        ErrorKind::NotNullViolation | ErrorKind::CheckViolation => return DbError::Constraint(Constraint::Value),
        _ => {}
    }
    let code = error.code().map(|c| c.into_owned()).unwrap_or_default();
    match code.parse::<u32>() {
        // SQLite's codes are short numbers (the low byte is the primary one); PostgreSQL's have five places.
        Ok(number) if code.len() < 5 => match number & 0xff {
            5 | 6 => DbError::Busy { code },
            8 | 10 | 13 | 14 => DbError::Unavailable { code },
            _ => DbError::Fault { code },
        },
        _ => match code.get(..2) {
            // 40: rolled back (serialisation, deadlock); 55P03: lock not available.
            Some("40") => DbError::Busy { code },
            _ if code == "55P03" => DbError::Busy { code },
            // 08: connection; 53: no resources; 57P: shutting down; 58: system.
            Some("08" | "53" | "58") => DbError::Unavailable { code },
            _ if code.starts_with("57P") => DbError::Unavailable { code },
            _ => DbError::Fault { code },
        },
    }
}
