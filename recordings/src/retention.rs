//! What is due for deletion by age. It only says so; the store deletes and the CRM writes the
//! certificate.
//!
//! The periods are a tenant's to set; the defaults are the proposal for section 39 of the Data
//! Protection Act 2019 (facts 3.5): ordinary 90 days, complaint 365, safeguarding per case.

use serde::{Deserialize, Serialize};
use vocabulary::{RecordingId, Span, Time};

/// Why a recording is kept, which decides how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// An ordinary contact.
    Ordinary,
    /// A contact a complaint is about or was made in.
    Complaint,
    /// Recorded at the request of a safeguarding caller: lives as long as the case, which ends by a
    /// person's decision.
    Evidence,
    /// Sealed for the data-protection officer, who decides; at the latest after this time.
    SealedForDpo,
}

/// How long each category is kept, counted from the start of the recording. `None`: no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Days for ordinary contacts.
    pub ordinary_days: Option<u32>,
    /// Days for complaints.
    pub complaint_days: Option<u32>,
    /// Days for evidence.
    pub evidence_days: Option<u32>,
    /// Days for what is sealed for the data-protection officer.
    pub sealed_days: Option<u32>,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { ordinary_days: Some(90), complaint_days: Some(365), evidence_days: None, sealed_days: Some(365) }
    }
}

/// One recording, as far as its age is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub recording: RecordingId,
    /// When it began.
    pub started_at: Time,
    /// Why it is kept.
    pub category: Category,
    /// Whether a legal hold is on it.
    pub legal_hold: bool,
}

/// Whether one recording is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Its time is over: delete.
    Now,
    /// Not before this moment.
    At(Time),
    /// A legal hold keeps it whatever its age.
    Held,
    /// No clock runs; a person decides.
    NoClock,
}

impl Schedule {
    /// Whether `holding` is due at `now`.
    pub fn due(&self, now: Time, holding: &Holding) -> Due {
        if holding.legal_hold {
            return Due::Held;
        }
        let days = match holding.category {
            Category::Ordinary => self.ordinary_days,
            Category::Complaint => self.complaint_days,
            Category::Evidence => self.evidence_days,
            Category::SealedForDpo => self.sealed_days,
        };
        match days.map(|days| holding.started_at + Span::minutes(i64::from(days) * 24 * 60)) {
            None => Due::NoClock,
            Some(at) if at <= now => Due::Now,
            Some(at) => Due::At(at),
        }
    }

    /// Everything that is due, the oldest first.
    pub fn all_due(&self, now: Time, holdings: &[Holding]) -> Vec<RecordingId> {
        let mut due: Vec<&Holding> = holdings.iter().filter(|h| self.due(now, h) == Due::Now).collect();
        due.sort_by_key(|h| (h.started_at, h.recording));
        due.into_iter().map(|h| h.recording).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Ulid;

    const DAY: i64 = 86_400_000;

    fn holding(n: u128, day: i64, category: Category, legal_hold: bool) -> Holding {
        Holding { recording: RecordingId(Ulid(n)), started_at: Time(day * DAY), category, legal_hold }
    }

    #[test]
    fn deletes_by_age_category_and_hold() {
        let all = [
            holding(1, 10, Category::Ordinary, false),
            holding(2, 9, Category::Ordinary, false),
            holding(3, 9, Category::Ordinary, true),
            holding(4, 9, Category::Complaint, false),
            holding(5, 0, Category::Evidence, false),
            holding(6, 11, Category::Ordinary, false),
        ];
        let schedule = Schedule::default();
        let due = |day: i64| schedule.all_due(Time(day * DAY), &all);
        assert_eq!(due(98), vec![]);
        assert_eq!(due(100), vec![all[1].recording, all[0].recording]);
        assert_eq!(due(9 + 365), vec![all[1].recording, all[3].recording, all[0].recording, all[5].recording]);
        assert_eq!(schedule.due(Time(100 * DAY), &all[2]), Due::Held);
        assert_eq!(schedule.due(Time(9_999 * DAY), &all[4]), Due::NoClock);
        assert_eq!(schedule.due(Time(100 * DAY), &all[5]), Due::At(Time(101 * DAY)));
        assert_eq!(schedule.due(Time(101 * DAY - 1), &all[5]), Due::At(Time(101 * DAY)));
    }
}
