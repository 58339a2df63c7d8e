//! The viewer's right as a condition of a statement, so that what may not be seen is never read: it is
//! in no page, no count and no limit.

use crate::Viewer;
use crate::db::Value;

/// A statement under construction: its text holds placeholders only, its values go beside it.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub text: String,
    pub args: Vec<Value>,
}

impl Statement {
    /// Begins with fixed text.
    pub fn new(text: &str) -> Statement {
        Statement { text: text.to_owned(), args: Vec::new() }
    }

    /// Adds fixed text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a value and gives its placeholder.
    pub fn arg(&mut self, value: impl Into<Value>) -> String {
        self.args.push(value.into());
        format!("${}", self.args.len())
    }

    /// `column IN (...)`, false for no values at all.
    pub fn within<V: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = V>) -> String {
        let places: Vec<String> = values.into_iter().map(|v| self.arg(v)).collect();
        match places.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("{column} IN ({})", places.join(", ")),
        }
    }

    /// The condition that the viewer may see a row with `tenant`, `safeguarding` and `lane` columns at
    /// `alias`: its tenant is theirs, and it is no safeguarding row or of a lane they are cleared for.
    /// Without the row (an outer join) it is not true.
    pub fn cleared(&mut self, viewer: &Viewer, alias: &str) -> String {
        let tenant = self.within(&format!("{alias}.tenant"), &viewer.tenants);
        let lanes = viewer.safeguarding_lanes().map(|lane| lane.as_str());
        let lane = self.within(&format!("{alias}.lane"), lanes);
        format!("({tenant} AND ({alias}.safeguarding = 0 OR {lane}))")
    }

    /// The condition that the viewer may see a contact: cleared for its row at `alias`, or engaged in
    /// the contact named by `id`.
    pub fn visible(&mut self, viewer: &Viewer, alias: &str, id: &str) -> String {
        let cleared = self.cleared(viewer, alias);
        let engaged = self.within(id, &viewer.engaged);
        format!("({cleared} OR {engaged})")
    }
}
