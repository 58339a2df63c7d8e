//! Values that go into a statement and rows that come out, the same for both databases. Four kinds are
//! enough: moments and counts are [`Value::Int`], ids and names [`Value::Text`], sealed things
//! [`Value::Blob`]. Values may be personal data, so `Debug` shows their kind only.

use super::DbError;
use std::fmt;

/// One argument of a statement, or one column of a row.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A 64-bit integer: BIGINT in both databases.
    Int(i64),
    /// Text: TEXT in both databases. PostgreSQL refuses a NUL character in it.
    Text(String),
    /// Bytes: BLOB or BYTEA, which a migration writes as `{blob}`.
    Blob(Vec<u8>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Null => "Null",
            Value::Int(_) => "Int(***)",
            Value::Text(_) => "Text(***)",
            Value::Blob(_) => "Blob(***)",
        })
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

/// Truth is 1 and falsehood 0: a BIGINT column in both databases.
impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(value.into())
    }
}

impl From<vocabulary::Time> for Value {
    fn from(value: vocabulary::Time) -> Value {
        Value::Int(value.0)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::Text(value.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Blob(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Value {
            fn from(value: $kind) -> Value {
                Value::Text(value.to_string())
            }
        }
        impl From<&$kind> for Value {
            fn from(value: &$kind) -> Value {
                Value::Text(value.to_string())
            }
        }
    )*};
}

as_text!(
    vocabulary::ContactId,
    vocabulary::CitizenId,
    vocabulary::CaseId,
    vocabulary::RecordingId,
    vocabulary::AgentName,
    vocabulary::TenantName,
    vocabulary::QueueName,
    vocabulary::ReasonName,
    vocabulary::FloorName,
    vocabulary::Language
);

/// One row of an answer, read by position from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The column as it came.
    ///
    /// # Errors
    /// [`DbError::Fault`] when there is no such column.
    pub fn value(&self, index: usize) -> Result<&Value, DbError> {
        self.0.get(index).ok_or_else(|| DbError::fault("no_such_column"))
    }

    /// An integer.
    ///
    /// # Errors
    /// [`DbError::Fault`] when the column is absent, null or of another kind.
    pub fn int(&self, index: usize) -> Result<i64, DbError> {
        self.opt_int(index)?.ok_or_else(|| DbError::fault("unexpected_null"))
    }

    /// A text.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn text(&self, index: usize) -> Result<&str, DbError> {
        self.opt_text(index)?.ok_or_else(|| DbError::fault("unexpected_null"))
    }

    /// Bytes.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn blob(&self, index: usize) -> Result<&[u8], DbError> {
        self.opt_blob(index)?.ok_or_else(|| DbError::fault("unexpected_null"))
    }

    /// An integer that may be null.
    ///
    /// # Errors
    /// [`DbError::Fault`] when the column is absent or of another kind.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>, DbError> {
        match self.value(index)? {
            Value::Null => Ok(None),
            Value::Int(value) => Ok(Some(*value)),
            _ => Err(DbError::fault("not_an_integer")),
        }
    }

    /// A text that may be null.
    ///
    /// # Errors
    /// As [`Row::opt_int`].
    pub fn opt_text(&self, index: usize) -> Result<Option<&str>, DbError> {
        match self.value(index)? {
            Value::Null => Ok(None),
            Value::Text(value) => Ok(Some(value)),
            _ => Err(DbError::fault("not_a_text")),
        }
    }

    /// Bytes that may be null.
    ///
    /// # Errors
    /// As [`Row::opt_int`].
    pub fn opt_blob(&self, index: usize) -> Result<Option<&[u8]>, DbError> {
        match self.value(index)? {
            Value::Null => Ok(None),
            Value::Blob(value) => Ok(Some(value)),
            _ => Err(DbError::fault("not_bytes")),
        }
    }

    /// A text read as an id, a name or another thing written as text.
    ///
    /// # Errors
    /// [`DbError::Fault`] when it is absent, null or does not parse: the store wrote it, so this is
    /// a fault of ours or a damaged database.
    pub fn parse<T: std::str::FromStr>(&self, index: usize) -> Result<T, DbError> {
        self.text(index)?.parse().map_err(|_| DbError::fault("unreadable_column"))
    }
}
