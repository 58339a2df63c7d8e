//! The text of a recording: who said what, when, in which language. It owns the shape and the
//! hiding of long numbers; making it is `live/transcription`.

use serde::{Deserialize, Serialize};
use std::fmt;
use vocabulary::audio::Side;
use vocabulary::{ContactId, Language, RecordingId};

/// What one side said without a longer break. Personal data: `Debug` hides the words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Who spoke.
    pub side: Side,
    /// Start, in milliseconds since the start of the recording.
    pub from_millis: u32,
    /// End, in milliseconds since the start of the recording.
    pub to_millis: u32,
    /// The words; numbers of four digits and more are masked, years excepted.
    pub text: String,
}

/// The whole text of one recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The recording it was made from.
    pub recording: RecordingId,
    /// The contact.
    pub contact: ContactId,
    /// The language it was heard as: the contact's.
    pub language: Language,
    /// The model that made it: name of the file, without its folder.
    pub model: String,
    /// Whether the recording was whole; `false` when it ends in a crash.
    pub complete: bool,
    /// Both sides, in the order of speaking.
    pub segments: Vec<Segment>,
}

impl Transcript {
    /// Sorts both sides into one conversation: by start, the citizen first where both start at once.
    pub fn in_order(mut segments: Vec<Segment>) -> Vec<Segment> {
        segments.sort_by_key(|s| (s.from_millis, s.side, s.to_millis));
        segments
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}-{} ms ***", self.side, self.from_millis, self.to_millis)
    }
}

/// Hides numbers that can be an identity card, a PIN or a phone number: four digits and more, with
/// single spaces or dashes between them. Years stay.
pub fn mask_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let joins = matches!(c, ' ' | '-') && !run.is_empty() && chars.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || joins {
            run.push(c);
            continue;
        }
        out.push_str(&masked(&run));
        run.clear();
        out.push(c);
    }
    out.push_str(&masked(&run));
    out
}

fn masked(run: &str) -> String {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let year = run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    if digits < 4 || year { run.to_owned() } else { "\u{2022}".repeat(digits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_identity_numbers_and_leaves_the_rest() {
        for (said, kept) in [
            ("kitambulisho 12345678 sawa", "kitambulisho •••••••• sawa"),
            ("pin 4821.", "pin ••••."),
            ("namba 0712 345-678", "namba ••••••••••"),
            ("dirisha 12, saa 3", "dirisha 12, saa 3"),
            ("mwaka 2026", "mwaka 2026"),
            ("habari", "habari"),
            ("1 2 3", "1 2 3"),
        ] {
            assert_eq!(mask_numbers(said), kept);
        }
    }

    #[test]
    fn debug_hides_the_words() {
        let segment = Segment { side: Side::Citizen, from_millis: 0, to_millis: 5, text: "siri".into() };
        assert!(!format!("{segment:?}").contains("siri"));
    }

    #[test]
    fn orders_both_sides() {
        let segment = |side, from_millis| Segment { side, from_millis, to_millis: from_millis + 1, text: String::new() };
        let ordered = Transcript::in_order(vec![segment(Side::Agent, 5), segment(Side::Agent, 0), segment(Side::Citizen, 5)]);
        let starts: Vec<_> = ordered.iter().map(|s| (s.from_millis, s.side)).collect();
        assert_eq!(starts, [(0, Side::Agent), (5, Side::Citizen), (5, Side::Agent)]);
    }
}
