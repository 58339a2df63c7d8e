//! One message of a conversation, as it is kept and shown.

use serde::{Deserialize, Serialize};
use std::fmt;
use vocabulary::{Time, Ulid};

/// Who wrote a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", content = "name", rename_all = "snake_case")]
pub enum Speaker {
    /// The citizen.
    Citizen,
    /// The centre itself: the flow, the assistant, a notice.
    Centre,
    /// An agent, by the one word citizens are shown.
    Agent(String),
}

/// One message. Personal data: `Debug` hides the words and the name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Position in the conversation, from 1, without gaps.
    pub seq: u64,
    /// The id the citizen's page gave it; the same id twice is the same message.
    pub id: Option<Ulid>,
    /// Who wrote it.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// When the centre took it.
    pub at: Time,
}

impl Speaker {
    /// An agent as citizens see one: the first word of the name, at most 24 letters.
    pub fn agent(shown_as: &str) -> Speaker {
        Speaker::Agent(first_word(shown_as))
    }
}

/// The first word of a name, at most 24 letters.
pub fn first_word(name: &str) -> String {
    name.split_whitespace().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(24).collect()
}

impl fmt::Debug for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Speaker::Citizen => "Citizen",
            Speaker::Centre => "Centre",
            Speaker::Agent(_) => "Agent(***)",
        })
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?} {:?} ***", self.seq, self.id, self.speaker, self.at)
    }
}

/// A moment as the page reads it: `2026-11-21T06:12:33Z`.
pub fn iso(at: Time) -> String {
    let seconds = at.0.div_euclid(1_000);
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's civil_from_days.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let m = (5 * day_of_year + 2) / 153;
    let (month, date) = (if m < 10 { m + 3 } else { m - 9 }, day_of_year - (153 * m + 2) / 5 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_the_calendar_has_them() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_241_553_999, "2026-11-21T06:12:33Z"),
            (951_827_696_000, "2000-02-29T12:34:56Z"),
            (1_798_761_599_000, "2026-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(iso(Time(millis)), text);
        }
    }

    #[test]
    fn shows_one_word_and_prints_none() {
        assert_eq!(Speaker::agent("  Achieng Otieno"), Speaker::Agent("Achieng".into()));
        let line = Line { seq: 1, id: None, speaker: Speaker::agent("Achieng"), text: "siri".into(), at: Time(0) };
        let shown = format!("{line:?}");
        assert!(!shown.contains("siri") && !shown.contains("Achieng"), "{shown}");
    }
}
