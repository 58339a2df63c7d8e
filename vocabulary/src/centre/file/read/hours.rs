//! Calendars, shifts and absences.

use super::{check_shown, named, set};
use crate::centre::file::Places;
use crate::centre::{Absence, Shift};
use crate::spanned::{Spanned, Table, Value};
use crate::{AgentName, Calendar, CalendarName, Clock, Day, Holiday, Hours, ReasonName, ShiftName, Weekday};
use std::collections::BTreeMap;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

pub(super) fn calendars(root: &mut Table<'_>, places: &mut Places) -> BTreeMap<CalendarName, Calendar> {
    named::<CalendarName>(root, "calendars", places).into_iter().map(|(name, table)| (name, calendar(table))).collect()
}

pub(super) fn shifts(root: &mut Table<'_>, places: &mut Places) -> BTreeMap<ShiftName, Shift> {
    let read = |(name, table)| shift(name, table).map(|shift| (shift.name.clone(), shift));
    named::<ShiftName>(root, "shifts", places).into_iter().filter_map(read).collect()
}

/// In order of day, as a centre keeps them.
pub(super) fn absences(root: &mut Table<'_>, places: &mut Places) -> Vec<Absence> {
    let mut found: Vec<Absence> = Vec::new();
    for value in root.take_list("absences") {
        let Some(absence) = absence(&value) else { continue };
        if found.iter().any(|other| other.is_of(&absence)) {
            value.fault(format!(
                "`{}` is named absent from shift `{}` on {} twice",
                absence.agent, absence.shift, absence.day
            ));
            continue;
        }
        places.insert(place_of(&absence), value.at);
        found.push(absence);
    }
    found.sort();
    found
}

/// Under which name the place of an absence is noted.
pub(in crate::centre::file) fn place_of(absence: &Absence) -> String {
    format!("absences.{} {} {}", absence.day, absence.shift, absence.agent)
}

fn calendar(mut table: Table<'_>) -> Calendar {
    let mut calendar = Calendar::default();
    if let Some(mut week) = table.take_table("week") {
        for (name, day) in WEEKDAYS {
            if week.has(name) {
                calendar.week.insert(day, hours(&mut week, name));
            }
        }
        week.finish();
    }
    if let Some(mut holidays) = table.take_table("holidays") {
        let document = holidays.document();
        for (key, value) in holidays.take_rest() {
            let Some(holiday) = value.table().map(holiday) else { continue };
            match key.value.parse::<Day>() {
                Ok(day) => {
                    calendar.holidays.extend(holiday.map(|holiday| (day, holiday)));
                }
                Err(error) => document.fault(key.at, error.to_string()),
            }
        }
    }
    table.finish();
    calendar
}

fn holiday(mut table: Table<'_>) -> Option<Holiday> {
    let (sw, en) = (table.need_str("sw"), table.need_str("en"));
    sw.iter().chain(&en).for_each(|text| check_shown(&table, text));
    let hours = hours(&mut table, "hours");
    table.finish();
    Some(Holiday { sw: sw?.value, en: en?.value, hours })
}

/// Hours of one day; a fault where two of them overlap.
fn hours(table: &mut Table<'_>, key: &str) -> Vec<Hours> {
    let values = table.take_list(key);
    let read: Vec<(Hours, &Value<'_>)> = values.iter().filter_map(|v| Some((hours_of(v)?, v))).collect();
    for (i, (hours, value)) in read.iter().enumerate() {
        if read[..i].iter().any(|(other, _)| hours.from < other.to && other.from < hours.to) {
            value.fault(format!("`{}`: {}-{} overlaps other hours of that day", value.path(), hours.from, hours.to));
        }
    }
    read.into_iter().map(|(hours, _)| hours).collect()
}

/// `08:00-17:00`.
fn hours_of(value: &Value<'_>) -> Option<Hours> {
    let text = value.text()?;
    let parts = text.split_once('-');
    let read = parts.and_then(|(from, to)| Some(Hours { from: from.parse().ok()?, to: to.parse().ok()? }));
    if read.is_none_or(|hours| hours.from >= hours.to) {
        value.fault(format!("`{}`: hours are written \"08:00-17:00\", the later time last", value.path()));
        return None;
    }
    read
}

fn shift(name: ShiftName, mut table: Table<'_>) -> Option<Shift> {
    let days = set(table.take_list("days"), |v| v.word(&WEEKDAYS));
    let from = table.need_parsed::<Clock>("from");
    let to = table.need_parsed::<Clock>("to");
    let agents = set(table.take_list("agents"), Value::parsed::<AgentName>);
    if days.is_empty() {
        table.fault(format!("shift `{name}` begins on no day: give `days`, such as [\"mon\", \"tue\"]"));
    }
    if from.as_ref().is_some_and(|from| from.value == Clock::END) {
        table.fault(format!("shift `{name}` begins at 24:00; write 00:00 of the next day"));
    }
    table.finish();
    Some(Shift { name, days, from: from?.value, to: to?.value, agents })
}

fn absence(value: &Value<'_>) -> Option<Absence> {
    let mut table = value.table()?;
    let day = table.need_parsed::<Day>("day");
    let shift = table.need_parsed::<ShiftName>("shift");
    let agent = table.need_parsed::<AgentName>("agent");
    let reason = table.need_parsed::<ReasonName>("reason");
    let cover = table.take_parsed::<AgentName>("cover").map(|c| c.value);
    table.finish();
    let (day, shift, agent, reason) = (day?.value, shift?.value, agent?.value, reason?.value);
    Some(Absence { day, shift, agent, reason, cover })
}

/// Until when the training behind each of some names counts.
pub(super) fn until<K: Ord>(
    table: &mut Table<'_>,
    key: &str,
    name: impl Fn(&Spanned<String>, &Value<'_>) -> Option<K>,
) -> BTreeMap<K, Day> {
    let Some(mut given) = table.take_table(key) else {
        return BTreeMap::new();
    };
    let pairs = given.take_rest();
    pairs.into_iter().filter_map(|(key, value)| Some((name(&key, &value)?, value.parsed::<Day>()?))).collect()
}
