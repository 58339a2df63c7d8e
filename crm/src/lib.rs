//! The centre's memory: citizens, contacts' records, notes, cases, chat texts, the service catalogue
//! and the audit log, over SQLite or PostgreSQL. It owns what is kept, who may see it and how it is
//! sealed and erased; it decides nothing about routing, calls or screens.

pub mod db;

pub use db::{Backend, Constraint, Db, DbError, Row, Tx, Value};
