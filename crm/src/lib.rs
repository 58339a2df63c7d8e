//! The centre's memory: citizens, contacts' records, notes, cases, chat texts, the service catalogue
//! and the audit log, over SQLite or PostgreSQL. It owns what is kept, who may see it and how it is
//! sealed and erased; it decides nothing about routing, calls or screens.
//!
//! [`Crm`] opens all of it. Three rules hold everywhere:
//!
//! * Numbers, names and texts are sealed under a key per contact, citizen or case; erasing is destroying
//!   the key ([`Vault`]).
//! * What a [`Viewer`] may not see is [`CrmError::NotFound`], the same as what does not exist, and is in
//!   no list, search or count.
//! * SQL is in `store` only.

mod error;
mod keys;
mod personal;
mod record;
mod reference;

pub mod store;
mod viewer;

pub use error::{CrmError, Refusal};
pub use keys::{ContactKey, KeyFileError, MasterKey, MasterKeys};
pub use personal::Personal;
pub use record::{ConsentAt, CrmRecord, RecordEnd, RecordingOf, RecordingState, TranscriptState};
pub use reference::{Reference, ReferenceError};
pub use store::Crm;
pub use store::audit::{AuditAct, AuditBroken, AuditEntry, AuditLog, AuditVerified};
pub use store::cases::{CaseKind, CaseState, CaseStep, CaseSummary, CaseView, Cases, NewCase};
pub use store::citizens::{CitizenView, Citizens};
pub use store::db;
pub use store::db::{Backend, Constraint, Db, DbError, Row, Tx, Value};
pub use store::messages::{Appended, Conversation, Message, Messages, NewMessage, Speaker};
pub use store::notes::{Note, Notes};
pub use store::records::{ContactView, Counts, Records, Search, TimelineEntry, TimelineKind};
pub use store::services::{Service, ServiceStatus, Services};
pub use store::transcripts::{Transcript, Transcripts};
pub use store::vault::Vault;
pub use viewer::Viewer;
