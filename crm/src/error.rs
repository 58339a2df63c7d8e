//! What can go wrong in the CRM, by what the caller does about it. What a viewer must not know exists is
//! [`CrmError::NotFound`], word for word the same as what does not exist.

use crate::db::DbError;
use serde::Serialize;

/// Why the CRM did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrmError {
    /// There is no such thing, or the viewer must not know that there is.
    #[error("there is no such thing")]
    NotFound,
    /// Its key was destroyed: what was sealed can never be read again, and nothing new is sealed.
    #[error("it was erased")]
    Erased,
    /// A sealed value does not open with its key: it was changed, moved or cut short.
    #[error("a sealed value was tampered with")]
    Tampered,
    /// The master key in the file is not the one this database was sealed with.
    #[error("the {0} key file does not belong to this database: put back the one it was made with")]
    WrongKey(&'static str),
    /// A person can do something about it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] DbError),
    /// A stored thing cannot be read: a fault of ours, or a damaged database.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
}

/// What a person asked for and cannot have, to be told to that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// A text is longer than its limit.
    #[error("a {what} has at most {most} characters")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// The limit, in characters.
        most: usize,
    },
    /// A text is empty.
    #[error("a {what} cannot be empty")]
    Empty {
        /// What it is.
        what: &'static str,
    },
    /// A text holds blanks or characters that cannot be printed.
    #[error("a {what} is letters, digits and signs without blanks")]
    Unprintable {
        /// What it is.
        what: &'static str,
    },
    /// A case does not go from this state to that one.
    #[error("a case that is {from:?} cannot become {to:?}")]
    CaseStep {
        /// The state it is in.
        from: crate::CaseState,
        /// The state asked for.
        to: crate::CaseState,
    },
    /// No such service in the catalogue.
    #[error("there is no such service")]
    UnknownService,
}

/// Checks a text a person wrote: not blank, not longer than `most` characters, free of NUL, which
/// PostgreSQL refuses in names and no one means to write.
pub(crate) fn written(what: &'static str, text: &str, most: usize) -> Result<String, CrmError> {
    let text: String = text.trim().chars().filter(|c| *c != '\0').collect();
    if text.is_empty() {
        return Err(CrmError::Refused(Refusal::Empty { what }));
    }
    if text.chars().nth(most).is_some() {
        return Err(CrmError::Refused(Refusal::TooLong { what, most }));
    }
    Ok(text)
}
