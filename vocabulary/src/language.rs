//! Language tags.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A language: a lower-case BCP 47 tag of at most 12 bytes, such as `sw`, `en`, `luo`, `xki`
/// (Kenyan Sign Language) or `sw-x-sheng`. Kept inline so that copying one costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 12]);

/// Why a text is not a language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag: 2 to 12 characters of a-z and '-', such as sw, en or luo")]
pub struct LanguageError;

impl Language {
    /// Kiswahili: the national language, spoken first.
    pub const SW: Language = Language::literal("sw");
    /// English.
    pub const EN: Language = Language::literal("en");

    const fn literal(text: &str) -> Language {
        let mut bytes = [0u8; 12];
        let mut i = 0;
        while i < text.len() {
            bytes[i] = text.as_bytes()[i];
            i += 1;
        }
        Language(bytes)
    }

    /// Checks a tag.
    pub fn new(text: &str) -> Result<Language, LanguageError> {
        let fits = (2..=12).contains(&text.len());
        if !fits || !text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') || text.starts_with('-') {
            return Err(LanguageError);
        }
        Ok(Language::literal(text))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&b| b == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..end]).expect("checked to be ASCII when made")
    }
}

impl Default for Language {
    fn default() -> Language {
        Language::SW
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = LanguageError;
    fn from_str(text: &str) -> Result<Language, LanguageError> {
        Language::new(text)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Language, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Language::new(&text).map_err(de::Error::custom)
    }
}
