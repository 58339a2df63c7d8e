//! `centre.toml`: reading with every fault at its line, and writing.
//!
//! Owns the form of the file. What a good centre is, beyond each value for itself, is in
//! [`sense`]; what a centre is at all is the parent's.

mod read;
mod sense;
mod write;

use super::Centre;
use crate::Fault;
use crate::spanned::{At, Document};
use std::collections::BTreeMap;

/// Where each thing was read, for the checks of sense: by its path, such as `queues.gbv`.
type Places = BTreeMap<String, At>;

pub(super) fn parse(file: &str, source: &str) -> Result<Centre, Vec<Fault>> {
    let document = Document::parse(file, source);
    let mut places = Places::new();
    let centre = read::centre(&document, &mut places);
    // Half a centre makes no sense by itself: what a broken line held would be missed everywhere.
    if let Some(centre) = &centre
        && !document.is_broken()
    {
        sense::check(centre, &document, &places);
    }
    document.finish(centre)
}

pub(super) fn write(centre: &Centre) -> String {
    write::centre(centre)
}

#[cfg(test)]
mod tests;
