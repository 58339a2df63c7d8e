//! Names people give to things: short, printable, safe in a URL, a file name and a metric label.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest name, in bytes.
pub const MAX_NAME: usize = 64;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: 1 to 64 characters of a-z, 0-9, '_', '-' and '.', starting with a letter or digit")]
pub struct NameError(String);

fn check(text: &str) -> Result<(), NameError> {
    let fits = (1..=MAX_NAME).contains(&text.len());
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
    if fits && first && rest {
        return Ok(());
    }
    // The refused text may be hostile and long: what is echoed is cut and printable.
    Err(NameError(text.chars().take(MAX_NAME).filter(|c| !c.is_control()).collect()))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text: 1 to 64 characters of a-z, 0-9, `_`, `-`, `.`.
            pub fn new(text: &str) -> Result<$name, NameError> {
                check(text)?;
                Ok($name(Arc::from(text)))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<$name, NameError> {
                $name::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                $name::new(&text).map_err(de::Error::custom)
            }
        }
    )*};
}

names! {
    /// A floor: the unit of writing.
    FloorName;
    /// A tenant: a ministry or agency that rents the centre.
    TenantName;
    /// An agent's log-in name.
    AgentName;
    /// A queue.
    QueueName;
    /// A skill, such as `passport` or `ksl`.
    SkillName;
    /// A reason for being away, or a disposition of a contact.
    ReasonName;
    /// An entry point: a number or page citizens come in by.
    EntryName;
    /// A flow file, without its folder and ending.
    FlowName;
    /// A step inside a flow.
    StepName;
    /// When queues are open.
    CalendarName;
    /// Who works when.
    ShiftName;
    /// A capacity ledger.
    LedgerName;
    /// A prompt, spoken or written in every language of the centre.
    PromptName;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_names_and_refuses_the_rest() {
        for good in ["a", "general", "l2-passport", "svc.001", "7"] {
            assert!(QueueName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "A", "a b", "a/b", "..", "é", &"x".repeat(65)] {
            assert!(QueueName::new(bad).is_err(), "{bad}");
        }
    }
}
