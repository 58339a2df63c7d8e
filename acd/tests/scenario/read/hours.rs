//! Calendars, switches, overflow and call-back.

use super::{Read, named, number, time};
use crate::scenario::START;
use acd::Command;
use vocabulary::centre::{CallBackRules, Change, Overflow, OverflowWhen, Treatment};
use vocabulary::event::Switch;
use vocabulary::{
    Calendar, CalendarName, CallBackPolicy, Clock, Consent, ConsentKind, ContactId, Day, Event, Holiday, Hours,
    Language, PromptName, QueueName, Span, Time, Weekday,
};

/// `fri 14:00-17:00 holiday 2026-11-20`: hours of weekdays (`all` for each), then holidays.
pub fn calendar(name: &str, words: &[&str]) -> Read<Change> {
    let mut calendar = Calendar::default();
    for pair in words.chunks(2) {
        match pair {
            ["holiday", day] => {
                let day: Day = day.parse().map_err(|_| format!("`{day}` is no day"))?;
                let holiday = Holiday { sw: "Sikukuu".to_owned(), en: "Holiday".to_owned(), hours: Vec::new() };
                calendar.holidays.insert(day, holiday);
            }
            [day, text] => {
                let (from, to) = text.split_once('-').ok_or("hours are from-to")?;
                let clock = |text: &str| text.parse::<Clock>().map_err(|_| format!("`{text}` is no time of day"));
                let hours = Hours { from: clock(from)?, to: clock(to)? };
                let days: Vec<Weekday> = if *day == "all" { Weekday::ALL.to_vec() } else { vec![named(day)?] };
                days.into_iter().for_each(|day| calendar.week.entry(day).or_default().push(hours));
            }
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(Change::CalendarSet { name: CalendarName::new(name).unwrap(), calendar })
}

pub fn no_calendar(name: &str) -> Change {
    Change::CalendarRemoved { name: CalendarName::new(name).unwrap() }
}

pub fn switch(queue: &str, words: &[&str]) -> Read<Command> {
    let [to, by @ ..] = words else { return Err("switched to what?".to_owned()) };
    Ok(Command::SwitchQueue { queue: QueueName::new(queue).unwrap(), to: named::<Switch>(to)?, by: super::actor(by)? })
}

pub fn surge(queue: &str, words: &[&str]) -> Read<Command> {
    let (on, by) = match words {
        ["begins", by @ ..] => (true, by),
        ["ends", by @ ..] => (false, by),
        other => return Err(format!("a surge begins or ends: {other:?}")),
    };
    Ok(Command::SetSurge { queue: QueueName::new(queue).unwrap(), on, by: super::actor(by)? })
}

/// `agrees to be called back`, `agrees to be called back from 0:30`.
pub fn agree(contact: ContactId, words: &[&str]) -> Read<Command> {
    let from = match words {
        ["back"] => None,
        ["back", "from", at] => Some(Time(START + time(at)? * 1_000)),
        other => return Err(format!("called back when? {other:?}")),
    };
    Ok(Command::AgreeCallBack { contact, from })
}

pub fn consent(contact: ContactId, policy: &str) -> Read<Command> {
    let kind = ConsentKind::CallBack { policy: named::<CallBackPolicy>(policy)? };
    let consent = Consent { kind, text: PromptName::new("conf_cb").unwrap(), language: Language::SW, key: Some('1') };
    Ok(Command::Report(Event::ConsentGiven { contact, consent }))
}

pub fn told(contact: ContactId, low: &str, high: &str) -> Read<Command> {
    let (low, high) = (Span::seconds(number(low)?), Span::seconds(number(high)?));
    Ok(Command::Report(Event::WaitTold { contact, low, high }))
}

/// `call-back`, `message`, `closed`, or the name of a queue.
pub fn treatment(text: &str) -> Read<Treatment> {
    Ok(match text {
        "call-back" => Treatment::CallBack,
        "message" => Treatment::Message,
        "closed" => Treatment::Closed,
        queue => Treatment::Queue(QueueName::new(queue).map_err(|e| e.to_string())?),
    })
}

/// `waiting=3:general`, `waited=60:message`, `estimate=60:call-back`, `nobody:closed`.
pub fn overflow(text: &str) -> Read<Overflow> {
    let (when, to) = text.split_once(':').ok_or("an overflow is limit:treatment")?;
    let when = match when.split_once('=') {
        Some(("waiting", n)) => OverflowWhen::Waiting(number(n)?),
        Some(("waited", n)) => OverflowWhen::WaitedSeconds(number(n)?),
        Some(("estimate", n)) => OverflowWhen::EstimateSeconds(number(n)?),
        None if when == "nobody" => OverflowWhen::NobodyOnShift,
        _ => return Err(format!("no such limit: `{when}`")),
    };
    Ok(Overflow { when, to: treatment(to)? })
}

/// `attempts/retry/window`: `3/60/600`.
pub fn call_back(text: &str) -> Read<CallBackRules> {
    let parts: Vec<&str> = text.split('/').collect();
    let [attempts, retry, window] = parts[..] else { return Err("attempts/retry/window".to_owned()) };
    let (attempts, retry_seconds, window_seconds) = (number(attempts)?, number(retry)?, number(window)?);
    Ok(CallBackRules { attempts, retry_seconds, window_seconds })
}
