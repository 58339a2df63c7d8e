//! Days and hours as people in Kenya count them: East Africa Time, three hours ahead of UTC the
//! year round (no daylight saving since 1960).

use crate::{Span, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// Milliseconds East Africa Time is ahead of UTC.
const AHEAD: i64 = 3 * 3_600_000;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Minutes of a day.
const MINUTES: u16 = 24 * 60;

/// How far ahead a calendar is searched for a change: past it, it never changes.
const HORIZON_DAYS: i32 = 400;

/// A calendar day in East Africa Time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A time of day, in whole minutes from midnight; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock(u16);

/// A text that is not a day or a time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not a day of the Gregorian calendar between 1970 and 2199.
    #[error("a day is written `2026-12-25`, between 1970 and 2199")]
    Day,
    /// Not a time of day.
    #[error("a time of day is written `08:00`, from `00:00` to `24:00`")]
    Clock,
}

/// From when to when something is open within one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute.
    pub from: Clock,
    /// The minute after the last.
    pub to: Clock,
}

/// A day that differs from the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// Its name in Kiswahili, spoken to citizens.
    pub sw: String,
    /// Its name in English.
    pub en: String,
    /// Hours kept all the same; empty for closed all day.
    #[serde(default)]
    pub hours: Vec<Hours>,
}

/// When something is open: hours by weekday, and the days that differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calendar {
    /// Hours of each weekday; a day left out is closed. Hours of one day never overlap.
    pub week: BTreeMap<Weekday, Vec<Hours>>,
    /// Days that differ: public holidays, gazetted one by one.
    pub holidays: BTreeMap<Day, Holiday>,
}

impl Day {
    /// The day of a moment.
    pub fn of(at: Time) -> Day {
        Day((at.0 + AHEAD).div_euclid(DAY) as i32)
    }

    /// Its first moment.
    pub fn start(self) -> Time {
        Time(i64::from(self.0) * DAY - AHEAD)
    }

    /// The moment after its last.
    pub fn end(self) -> Time {
        self.plus(1).start()
    }

    /// So many days later.
    pub fn plus(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// Its weekday.
    pub fn weekday(self) -> Weekday {
        // 1 January 1970 was a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }

    /// From year, month (1 to 12) and day of the month.
    pub fn from_date(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1970..=2199).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
            return None;
        }
        let years: i32 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
        let months: u32 = (1..month).map(|m| month_days(year, m)).sum();
        Some(Day(years + (months + day - 1) as i32))
    }

    /// Year, month and day of the month.
    pub fn date(self) -> (i32, u32, u32) {
        // Howard Hinnant's civil_from_days, for days since 1970-01-01.
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }
}

fn leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn month_days(year: i32, month: u32) -> u32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Day, CalendarError> {
        let digits =
            text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if text.len() != 10 || !digits {
            return Err(CalendarError::Day);
        }
        let number = |part: &str| part.parse::<u32>().expect("only digits, at most four");
        Day::from_date(number(&text[..4]) as i32, number(&text[5..7]), number(&text[8..])).ok_or(CalendarError::Day)
    }
}

impl Weekday {
    /// Monday first.
    pub const ALL: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    /// The stable name, as in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Weekday::Mon => "mon",
            Weekday::Tue => "tue",
            Weekday::Wed => "wed",
            Weekday::Thu => "thu",
            Weekday::Fri => "fri",
            Weekday::Sat => "sat",
            Weekday::Sun => "sun",
        }
    }
}

impl Clock {
    /// Midnight at the beginning of the day.
    pub const START: Clock = Clock(0);
    /// Midnight at its end.
    pub const END: Clock = Clock(MINUTES);

    /// From minutes since midnight.
    pub fn from_minutes(minutes: u16) -> Option<Clock> {
        (minutes <= MINUTES).then_some(Clock(minutes))
    }

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The moment it is on a day.
    pub fn on(self, day: Day) -> Time {
        day.start() + Span::minutes(i64::from(self.0))
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Clock {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Clock, CalendarError> {
        let (hours, minutes) = text.split_once(':').ok_or(CalendarError::Clock)?;
        let two = |part: &str| {
            let fits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse::<u16>().expect("two digits"))
        };
        let (hours, minutes) = two(hours).zip(two(minutes)).ok_or(CalendarError::Clock)?;
        let fits = minutes < 60;
        fits.then(|| Clock::from_minutes(hours * 60 + minutes)).flatten().ok_or(CalendarError::Clock)
    }
}

impl Hours {
    /// The whole day.
    pub const ALL_DAY: Hours = Hours { from: Clock::START, to: Clock::END };
}

impl Calendar {
    /// Open at all times.
    pub fn always() -> Calendar {
        let week = Weekday::ALL.into_iter().map(|day| (day, vec![Hours::ALL_DAY])).collect();
        Calendar { week, holidays: BTreeMap::new() }
    }

    /// Hours of one day.
    pub fn hours(&self, day: Day) -> &[Hours] {
        match self.holidays.get(&day) {
            Some(holiday) => &holiday.hours,
            None => self.week.get(&day.weekday()).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether it is open at a moment.
    pub fn is_open(&self, at: Time) -> bool {
        let day = Day::of(at);
        self.hours(day).iter().any(|hours| hours.from.on(day) <= at && at < hours.to.on(day))
    }

    /// The holiday of a moment.
    pub fn holiday(&self, at: Time) -> Option<&Holiday> {
        self.holidays.get(&Day::of(at))
    }

    /// The next moment after `at` at which it opens or closes; `None` when it never does again
    /// within the time looked ahead (400 days).
    pub fn next_change(&self, at: Time) -> Option<Time> {
        let today = Day::of(at);
        let open = self.is_open(at);
        for days in 0..HORIZON_DAYS {
            let day = today.plus(days);
            let hours = self.hours(day).iter();
            let edges: BTreeSet<Time> =
                hours.flat_map(|h| [h.from.on(day), h.to.on(day)]).chain([day.start()]).collect();
            let found = edges.into_iter().find(|edge| *edge > at && self.is_open(*edge) != open);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// When it is open next: `at` itself when it is open then.
    pub fn next_open(&self, at: Time) -> Option<Time> {
        if self.is_open(at) { Some(at) } else { self.next_change(at) }
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text! { Day Clock }

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        let (day, clock) = text.split_once(' ').expect("a day and a time");
        clock.parse::<Clock>().expect("a time").on(day.parse().expect("a day"))
    }

    #[test]
    fn days_are_nairobis() {
        assert_eq!(Day::of(Time(0)).to_string(), "1970-01-01");
        assert_eq!(at("1970-01-01 03:00"), Time(0));
        assert_eq!(Day::of(Time(-1)).to_string(), "1970-01-01");
        let saturday: Day = "2026-11-21".parse().expect("a day");
        assert_eq!((saturday.weekday(), saturday.date()), (Weekday::Sat, (2026, 11, 21)));
        assert_eq!(saturday.end().since(saturday.start()), Span(DAY));
        for bad in ["2026-02-29", "2026-13-01", "26-01-01", "2026/01/01", "2026-01-1x", "1969-12-31", "", "é026-01-01"]
        {
            assert_eq!(bad.parse::<Day>(), Err(CalendarError::Day), "{bad}");
        }
    }

    #[test]
    fn every_day_of_two_centuries_reads_back() {
        let first = Day::from_date(1970, 1, 1).expect("a day");
        let last = Day::from_date(2199, 12, 31).expect("a day");
        let mut day = first;
        while day <= last {
            assert_eq!(day.to_string().parse(), Ok(day));
            day = day.plus(1);
        }
    }

    #[test]
    fn clocks_are_written_in_four_digits() {
        assert_eq!("24:00".parse(), Ok(Clock::END));
        for bad in ["24:01", "8:00", "08:60", "0800", "ab:cd", "+1:00"] {
            assert_eq!(bad.parse::<Clock>(), Err(CalendarError::Clock), "{bad}");
        }
    }

    #[test]
    fn opens_and_closes_by_week_and_holiday() {
        let office = Hours { from: "08:00".parse().expect("a time"), to: "17:00".parse().expect("a time") };
        let mut calendar = Calendar::default();
        for day in &Weekday::ALL[..5] {
            calendar.week.insert(*day, vec![office]);
        }
        let holiday = Holiday { sw: "Siku ya Krismasi".into(), en: "Christmas Day".into(), hours: Vec::new() };
        calendar.holidays.insert("2026-12-25".parse().expect("a day"), holiday);
        assert!(calendar.is_open(at("2026-12-24 08:00")) && !calendar.is_open(at("2026-12-24 17:00")));
        assert!(!calendar.is_open(at("2026-12-25 12:00")) && !calendar.is_open(at("2026-12-26 12:00")));
        // Thursday evening to Monday morning: Friday is Christmas Day.
        assert_eq!(calendar.next_open(at("2026-12-24 17:00")), Some(at("2026-12-28 08:00")));
        assert_eq!(calendar.next_change(at("2026-12-28 08:00")), Some(at("2026-12-28 17:00")));
        assert_eq!(Calendar::default().next_change(Time(0)), None);
        let always = Calendar::always();
        assert!(always.is_open(at("2026-12-25 00:00")));
        assert_eq!(always.next_change(at("2026-12-25 00:00")), None);
    }
}
