//! Which calendars, shifts and ways out of a queue a floor takes, one change at a time. Changes put
//! together are checked as the whole that comes of them.

use super::{MOST_SECONDS, bad, within};
use crate::Refusal;
use vocabulary::calendar::{Calendar, Hours};
use vocabulary::centre::{Absence, Centre, Change, OverflowWhen, Queue, Shift, Treatment};
use vocabulary::{AgentName, CalendarName, QueueName};

/// The most limits one queue has: they are looked at for every contact that enters.
const MOST_LIMITS: usize = 16;

/// The most holidays of a calendar, and hours of a day.
const MOST_HOLIDAYS: usize = 1_000;
const MOST_HOURS: usize = 24;

/// The most often a citizen is called.
const MOST_ATTEMPTS: i64 = 10;

/// What a queue says of itself about hours, overflow and call-back.
pub(super) fn queue(queue: &Queue) -> Result<(), Refusal> {
    let name = &queue.name;
    if queue.lane.is_safeguarding() {
        if queue.calendar.is_some() || queue.when_closed != Treatment::Closed {
            return bad(format!("safeguarding queue `{name}` never closes: it has no calendar and no when_closed"));
        }
        if !queue.overflow.is_empty() {
            return bad(format!("safeguarding queue `{name}` never turns a contact away: it has no overflow"));
        }
    }
    within("overflow limits", queue.overflow.len() as i64, 0, MOST_LIMITS as i64)?;
    for limit in &queue.overflow {
        match limit.when {
            OverflowWhen::WaitedSeconds(n) => within("waited_seconds", n, 1, MOST_SECONDS)?,
            OverflowWhen::EstimateSeconds(n) => within("estimate_seconds", n, 1, MOST_SECONDS)?,
            OverflowWhen::Waiting(_) | OverflowWhen::NobodyOnShift => {}
        }
    }
    if let Some(climb) = &queue.climb {
        within("climb after_seconds", climb.after_seconds, 1, MOST_SECONDS)?;
    }
    let treatments = || [&queue.when_closed].into_iter().chain(queue.overflow.iter().map(|limit| &limit.to));
    match &queue.call_back {
        None if treatments().any(|treatment| *treatment == Treatment::CallBack) => {
            bad(format!("queue `{name}` offers a call-back, but does not say how: give it call_back"))
        }
        None => Ok(()),
        Some(rules) => {
            within("attempts", i64::from(rules.attempts), 1, MOST_ATTEMPTS)?;
            within("retry_seconds", rules.retry_seconds, 1, MOST_SECONDS)?;
            within("window_seconds", rules.window_seconds, 1, MOST_SECONDS)
        }
    }
}

/// What a change made by itself says of things elsewhere in the set-up.
pub(super) fn alone(centre: &Centre, change: &Change) -> Result<(), Refusal> {
    match change {
        Change::QueueSet { queue } => leads_somewhere(centre, queue),
        Change::QueueRemoved { queue } => {
            let named = centre.queues.values().find(|other| other.ways().any(|to| to == queue));
            named.map_or(Ok(()), |other| bad(format!("queue `{}` sends contacts to queue `{queue}`", other.name)))
        }
        Change::CalendarRemoved { name } => {
            known_calendar(centre, name)?;
            let named = centre.queues.values().find(|queue| queue.calendar.as_ref() == Some(name));
            named.map_or(Ok(()), |queue| bad(format!("queue `{}` is open by calendar `{name}`", queue.name)))
        }
        Change::ShiftSet { shift } => shift.agents.iter().try_for_each(|agent| known_agent(centre, agent)),
        Change::ShiftRemoved { shift } => {
            let known = centre.shifts.contains_key(shift);
            known.then_some(()).ok_or_else(|| Refusal::BadSetUp(format!("there is no shift `{shift}`")))
        }
        Change::AbsenceSet { absence } => absence_fits(centre, absence),
        Change::AbsenceRemoved { absence } => {
            let known = centre.absences.contains(absence);
            known.then_some(()).ok_or_else(|| Refusal::BadSetUp(String::from("nobody is absent like that")))
        }
        _ => Ok(()),
    }
}

fn leads_somewhere(centre: &Centre, queue: &Queue) -> Result<(), Refusal> {
    let name = &queue.name;
    queue.calendar.iter().try_for_each(|calendar| known_calendar(centre, calendar))?;
    for to in queue.ways() {
        let Some(other) = centre.queues.get(to).filter(|_| to != name) else {
            return bad(format!("queue `{name}` sends contacts to queue `{to}`, which is {}", absent(to, name)));
        };
        let out = queue.lane.is_safeguarding() && other.lane != queue.lane;
        if out || (other.lane.is_safeguarding() && !queue.lane.is_safeguarding()) {
            return bad(format!("queue `{name}` sends contacts to `{to}`: nothing leads into or out of a safe lane"));
        }
    }
    if queue.ways().next().is_some() {
        let mut after = centre.clone();
        after.queues.insert(name.clone(), queue.clone());
        if let Some(round) = after.circle_from(name) {
            let round: Vec<&str> = round.iter().chain([&name]).map(|queue| queue.as_str()).collect();
            return bad(format!("contacts would go round in a circle: {}", round.join(" to ")));
        }
    }
    Ok(())
}

fn absent(to: &QueueName, name: &QueueName) -> &'static str {
    if to == name { "itself" } else { "not set up" }
}

fn known_calendar(centre: &Centre, name: &CalendarName) -> Result<(), Refusal> {
    let known = centre.calendars.contains_key(name);
    known.then_some(()).ok_or_else(|| Refusal::BadSetUp(format!("there is no calendar `{name}`")))
}

fn known_agent(centre: &Centre, name: &AgentName) -> Result<(), Refusal> {
    centre.agents.contains_key(name).then_some(()).ok_or_else(|| Refusal::UnknownAgent(name.clone()))
}

pub(super) fn calendar(name: &CalendarName, calendar: &Calendar) -> Result<(), Refusal> {
    within("holidays", calendar.holidays.len() as i64, 0, MOST_HOLIDAYS as i64)?;
    for hours in calendar.week.values().chain(calendar.holidays.values().map(|holiday| &holiday.hours)) {
        within("hours of a day", hours.len() as i64, 0, MOST_HOURS as i64)?;
        let overlaps = |a: &Hours, b: &Hours| a.from < b.to && b.from < a.to;
        let wrong = hours
            .iter()
            .enumerate()
            .any(|(n, one)| one.from >= one.to || hours[..n].iter().any(|other| overlaps(one, other)));
        if wrong {
            return bad(format!("hours of calendar `{name}` must begin before they end, and never overlap"));
        }
    }
    Ok(())
}

pub(super) fn shift(shift: &Shift) -> Result<(), Refusal> {
    if shift.days.is_empty() {
        return bad(format!("shift `{}` begins on no day", shift.name));
    }
    Ok(())
}

fn absence_fits(centre: &Centre, absence: &Absence) -> Result<(), Refusal> {
    let Absence { day, shift: name, agent, cover, .. } = absence;
    let Some(shift) = centre.shifts.get(name) else {
        return bad(format!("there is no shift `{name}`"));
    };
    if !shift.agents.contains(agent) {
        return bad(format!("`{agent}` does not work shift `{name}`"));
    }
    if !shift.days.contains(&day.weekday()) {
        return bad(format!("shift `{name}` does not begin on {day}"));
    }
    let Some(cover) = cover else { return Ok(()) };
    known_agent(centre, cover)?;
    if shift.agents.contains(cover) {
        return bad(format!("`{cover}` works shift `{name}` already, so cannot be the cover"));
    }
    Ok(())
}
