//! Text about a person. It prints as `***`; whoever needs the text itself says so by [`Personal::reveal`].

use serde::{Serialize, Serializer};
use std::fmt;

/// Personal data: a name, a number, a note, a chat line. `Debug` shows `***`. It serialises as the text
/// itself, because what is serialised goes to a viewer who was found to have the right.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Personal(String);

impl Personal {
    /// Marks a text as personal.
    pub fn new(text: impl Into<String>) -> Personal {
        Personal(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Takes the text out.
    pub fn into_text(self) -> String {
        self.0
    }

    /// Reads an opened value.
    pub(crate) fn from_opened(bytes: &[u8]) -> Result<Personal, crate::CrmError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Personal(text.to_owned())),
            Err(_) => Err(crate::CrmError::Unreadable("text")),
        }
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
