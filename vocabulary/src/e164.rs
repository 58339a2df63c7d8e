//! Phone numbers: one function normalises them all.
//!
//! Kenya: country code 254, national prefix 0, international prefix 000 (not 00, though callers and
//! carriers write 00 and 011 too). Sources: the national numbering plan as published in the
//! libphonenumber metadata 9.0.43.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A number in E.164 form without the plus: country code and national number, 7 to 15 digits.
/// Personal data: `Debug` shows the last two digits only; `Display` is for people with the right.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(Box<str>);

/// Why a text is not a number we can call or be called from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number: write it as 0712 345678, 020 6900020 or +254...")]
pub struct NumberError;

/// Whether the caller let the number be shown (RFC 3323, RFC 3325).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presentation {
    /// It may be shown.
    Allowed,
    /// The caller withheld it: never shown, never suggested for a place or a call-back.
    Restricted,
    /// None came.
    Unavailable,
}

/// The number a call came from, as far as it is known. It is never proof of identity: phones are
/// shared (14.9 % of persons with disability use a phone they do not own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerNumber {
    /// Normalised, where that was possible.
    pub number: Option<E164>,
    /// Whether it may be shown.
    pub presentation: Presentation,
}

impl E164 {
    /// Reads a number as people and carriers write it: spaces, dashes, brackets and dots ignored;
    /// `tel:` and `sip:` prefixes, user parameters and the host are the caller's to strip.
    ///
    /// # Errors
    /// [`NumberError`] when it cannot be one.
    pub fn parse(text: &str) -> Result<E164, NumberError> {
        if text.len() > 40 {
            return Err(NumberError);
        }
        let mut digits = String::with_capacity(16);
        let mut plus = false;
        for (i, c) in text.trim().char_indices() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if i == 0 => plus = true,
                ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
                _ => return Err(NumberError),
            }
        }
        let international = if plus {
            digits
        } else if let Some(rest) = digits
            .strip_prefix("000")
            .or_else(|| digits.strip_prefix("00"))
            .or_else(|| digits.strip_prefix("011").filter(|r| r.len() >= 10))
        {
            rest.to_owned()
        } else if let Some(rest) = digits.strip_prefix('0') {
            kenyan(rest)?
        } else if digits.len() > 9 {
            digits
        } else {
            kenyan(&digits)?
        };
        let significant = international.strip_prefix("254");
        match significant {
            Some(national) => Ok(E164(kenyan(national.strip_prefix('0').unwrap_or(national))?.into())),
            None if (7..=15).contains(&international.len()) && !international.starts_with('0') => {
                Ok(E164(international.into()))
            }
            None => Err(NumberError),
        }
    }

    /// Country code and national number, digits only.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As Kenyans write it: `0712 345678`, `020 6900020`, `0800 720 999`; foreign ones as `+44...`.
    pub fn shown(&self) -> String {
        let Some(national) = self.0.strip_prefix("254") else {
            return format!("+{}", self.0);
        };
        match national.as_bytes()[0] {
            b'8' => format!("0{} {} {}", &national[..3], &national[3..6], &national[6..]),
            b'7' | b'1' => format!("0{} {}", &national[..3], &national[3..]),
            _ => format!("0{} {}", &national[..2], &national[2..]),
        }
    }

    /// The last two digits behind dots, for people without the right to see more.
    pub fn masked(&self) -> String {
        format!("\u{2026}{}", &self.0[self.0.len() - 2..])
    }
}

/// Checks a Kenyan national significant number and puts the country code before it.
fn kenyan(national: &str) -> Result<String, NumberError> {
    let all_digits = national.bytes().all(|b| b.is_ascii_digit());
    let lengths = match national.as_bytes().first() {
        Some(b'7') | Some(b'1') => 9..=9,
        Some(b'8') => 9..=10,
        Some(b'9') => 9..=9,
        Some(b'2' | b'4' | b'5' | b'6') => 7..=9,
        _ => return Err(NumberError),
    };
    if all_digits && lengths.contains(&national.len()) {
        return Ok(format!("254{national}"));
    }
    Err(NumberError)
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for E164 {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<E164, NumberError> {
        E164::parse(text)
    }
}

impl Serialize for E164 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for E164 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<E164, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        E164::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_our_number() {
        for text in [
            "0206900020",
            "020 6900020",
            "+254 20 6900020",
            "254206900020",
            "+254206900020",
            "000254206900020",
            "00254206900020",
        ] {
            assert_eq!(E164::parse(text).expect(text).to_string(), "+254206900020", "{text}");
        }
    }

    #[test]
    fn reads_the_published_vectors() {
        for (text, e164) in [
            ("0712345678", "+254712345678"),
            ("254712345678", "+254712345678"),
            ("712345678", "+254712345678"),
            ("000254712345678", "+254712345678"),
            ("0110123456", "+254110123456"),
            ("0800720999", "+254800720999"),
            ("0557123456", "+254557123456"),
            ("+44 20 7946 0000", "+442079460000"),
        ] {
            assert_eq!(E164::parse(text).expect(text).to_string(), e164, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in
            ["", "abc", "12", "+", "07123456789", "0312345678", "anonymous", "+0123456789", "+12345678901234567"]
        {
            assert_eq!(E164::parse(text), Err(NumberError), "{text}");
        }
    }

    #[test]
    fn shows_as_kenyans_write_and_hides_in_debug() {
        let shown = |text: &str| E164::parse(text).expect(text).shown();
        assert_eq!(shown("+254712345678"), "0712 345678");
        assert_eq!(shown("+254206900020"), "020 6900020");
        assert_eq!(shown("0800720999"), "0800 720 999");
        assert_eq!(format!("{:?}", E164::parse("0712345678").expect("good")), "\u{2026}78");
    }
}
