//! One suite over every backend: what holds on SQLite holds on PostgreSQL, and the other way round.

mod audit;
mod cases;
mod citizens;
mod db;
mod messages;
mod records;
mod services;
mod support;
mod vault;
