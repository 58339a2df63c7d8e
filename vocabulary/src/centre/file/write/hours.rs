//! Calendars, shifts, absences, and what a queue does with those it cannot serve at once.

use super::{group, texts};
use crate::centre::{Absence, Beside, Centre, Climb, Load, Overflow, OverflowWhen, Queue, Shift, Treatment};
use crate::{Calendar, Hours, Weekday};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

pub(super) fn add(document: &mut DocumentMut, centre: &Centre) {
    let mut calendars = group();
    for (name, each) in &centre.calendars {
        calendars.insert(name.as_str(), Item::Table(calendar(each)));
    }
    document["calendars"] = Item::Table(calendars);
    let mut shifts = group();
    for each in centre.shifts.values() {
        shifts.insert(each.name.as_str(), Item::Table(shift(each)));
    }
    document["shifts"] = Item::Table(shifts);
    let absences: ArrayOfTables = centre.absences.iter().map(absence).collect();
    if !absences.is_empty() {
        document["absences"] = Item::ArrayOfTables(absences);
    }
}

/// A calendar without a week is a table of its own all the same: it is closed at all times.
fn calendar(calendar: &Calendar) -> Table {
    let mut table = Table::new();
    let day = |(day, hours): (&Weekday, &Vec<Hours>)| (day.as_str().to_owned(), Value::from(spans(hours)));
    table["week"] = value(calendar.week.iter().map(day).collect::<InlineTable>());
    let mut holidays = group();
    for (day, holiday) in &calendar.holidays {
        let mut row = Table::new();
        row["sw"] = value(holiday.sw.as_str());
        row["en"] = value(holiday.en.as_str());
        if !holiday.hours.is_empty() {
            row["hours"] = value(spans(&holiday.hours));
        }
        holidays.insert(&day.to_string(), Item::Table(row));
    }
    table["holidays"] = Item::Table(holidays);
    table
}

fn spans(hours: &[Hours]) -> Array {
    hours.iter().map(|hours| format!("{}-{}", hours.from, hours.to)).collect()
}

fn shift(shift: &Shift) -> Table {
    let mut table = Table::new();
    table["days"] = texts(shift.days.iter().map(|day| day.as_str()));
    table["from"] = value(shift.from.to_string());
    table["to"] = value(shift.to.to_string());
    table["agents"] = texts(&shift.agents);
    table
}

fn absence(absence: &Absence) -> Table {
    let mut table = Table::new();
    table["day"] = value(absence.day.to_string());
    table["shift"] = value(absence.shift.as_str());
    table["agent"] = value(absence.agent.as_str());
    table["reason"] = value(absence.reason.as_str());
    if let Some(cover) = &absence.cover {
        table["cover"] = value(cover.as_str());
    }
    table
}

pub(super) fn of_queue(table: &mut Table, queue: &Queue) {
    if let Some(calendar) = &queue.calendar {
        table["calendar"] = value(calendar.as_str());
    }
    table["when_closed"] = value(treatment(&queue.when_closed));
    table["overflow"] = value(queue.overflow.iter().map(overflow).collect::<Array>());
    if let Some(Climb { after_seconds, to }) = &queue.climb {
        let pairs = [("after_seconds", Value::from(*after_seconds)), ("to", Value::from(to.as_str()))];
        table["climb"] = value(pairs.into_iter().collect::<InlineTable>());
    }
    if let Some(rules) = &queue.call_back {
        let pairs = [
            ("attempts", i64::from(rules.attempts)),
            ("retry_seconds", rules.retry_seconds),
            ("window_seconds", rules.window_seconds),
        ];
        table["call_back"] = value(pairs.into_iter().collect::<InlineTable>());
    }
}

fn treatment(treatment: &Treatment) -> Value {
    match treatment {
        Treatment::Queue(queue) => [("queue", queue.as_str())].into_iter().collect::<InlineTable>().into(),
        Treatment::CallBack => "call_back".into(),
        Treatment::Message => "message".into(),
        Treatment::Closed => "closed".into(),
    }
}

fn overflow(overflow: &Overflow) -> InlineTable {
    let mut table = InlineTable::new();
    match overflow.when {
        OverflowWhen::Waiting(n) => table.insert("waiting", i64::from(n).into()),
        OverflowWhen::WaitedSeconds(n) => table.insert("waited_seconds", n.into()),
        OverflowWhen::EstimateSeconds(n) => table.insert("estimate_seconds", n.into()),
        OverflowWhen::NobodyOnShift => table.insert("nobody_on_shift", true.into()),
    };
    table.insert("to", treatment(&overflow.to));
    table
}

/// What a contact of one channel takes.
pub(super) fn load(load: &Load) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("weight", i64::from(load.weight).into());
    table.insert("most", i64::from(load.most).into());
    table.insert("beside", beside(load.beside).into());
    table.insert("admits", beside(load.admits).into());
    table
}

fn beside(beside: Beside) -> &'static str {
    match beside {
        Beside::Nothing => "nothing",
        Beside::SameChannel => "same_channel",
        Beside::Anything => "anything",
    }
}
