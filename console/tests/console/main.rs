//! The console from outside: its router over a real floor and a real CRM, as a browser meets it.

mod desk;
mod document;
mod figures;
mod limits;
mod login;
mod scope;
mod screens;
mod wall;
mod world;
