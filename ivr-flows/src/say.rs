//! What is said to a citizen, before it is sound or text.

use std::fmt;
use vocabulary::{Language, PromptName};

/// One utterance in one language. Before a language is chosen the same thing is said in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// The language it is said in.
    pub language: Language,
    /// What is said.
    pub what: What,
}

impl Say {
    /// Whether it tells how long the wait may be.
    pub fn tells_wait(&self) -> bool {
        matches!(&self.what, What::Prompt { prompt, .. } if prompt.as_str().starts_with("queue_ewt"))
    }
}

/// The content of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A prompt of the catalogue, with a value for each of its placeholders.
    Prompt {
        /// Its name.
        prompt: PromptName,
        /// Placeholder and value.
        values: Vec<(String, What)>,
    },
    /// A number: `kumi na moja`, `eleven`.
    Number(u64),
    /// Digits one by one in groups, as phone and reference numbers are read.
    Digits(Digits),
    /// A length of time in minutes, in the correct form: `dakika moja`, `one minute`.
    Minutes(u64),
    /// A time of day in Nairobi, by the Swahili clock in Kiswahili.
    Clock {
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
    /// A date with its day of the week.
    Date {
        /// Year of our era.
        year: u16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
}

/// Digits a citizen typed: an application or identity number. Personal data, so `Debug` shows none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Digits(String);

impl Digits {
    /// The longest run of digits kept; longer than any number a citizen is asked for.
    pub const MAX: usize = 32;

    /// Keeps the digits of a text, up to [`Digits::MAX`].
    pub fn new(text: &str) -> Digits {
        Digits(text.chars().filter(char::is_ascii_digit).take(Digits::MAX).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
