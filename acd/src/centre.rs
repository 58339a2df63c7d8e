//! Which changes of set-up a floor takes. A file is checked as a whole by `vocabulary`; here each
//! change is checked against what is running, so that nothing a floor journals can break it.

mod hours;

use crate::decide::OUTSIDE;
use crate::rank::{MOST_BASE, MOST_SLOPE};
use crate::state::{Stage, State};
use crate::{LONGEST_WRAP_UP, MOST_SILENT, Refusal};
use vocabulary::AgentName;
use vocabulary::centre::{Agent, Change, LastResortTo, Queue, Rules};

/// The longest time any rule may name: a day.
const MOST_SECONDS: i64 = 86_400;

/// The longest time an offer may stand.
const MOST_OFFER_SECONDS: i64 = 600;

/// By then any agent is offered a safeguarding contact (DESIGN section 6, last resort).
const ANY_AGENT_BY_SECONDS: i64 = 60;

/// The most text contacts one agent may hold.
const MOST_TEXTS: u32 = 50;

/// The most ledgers of a floor.
const MOST_LEDGERS: i64 = 1_000;

/// The largest capacity of a ledger.
const MOST_CAPACITY: i64 = 1_000_000;

/// The most changes put together: every agent, queue and shift of the largest centre.
const MOST_CHANGES: usize = 20_000;

/// Faults named in one refusal.
const FAULTS_TOLD: usize = 5;

/// Whether a change may be put in force.
///
/// # Errors
/// Why not, in words for the person who makes it.
pub(crate) fn check(state: &State, change: &Change) -> Result<(), Refusal> {
    check_one(state, change)?;
    hours::alone(&state.centre, change)
}

/// What can be said of a change without looking at what it names elsewhere.
fn check_one(state: &State, change: &Change) -> Result<(), Refusal> {
    match change {
        Change::RulesSet { rules } => rules_make_sense(rules),
        Change::QueueSet { queue } => queue_makes_sense(queue).and_then(|()| climb_makes_sense(state, queue)),
        Change::AgentSet { agent } => agent_makes_sense(agent),
        Change::EntrySet { .. } => Ok(()),
        Change::EntryRemoved { entry } => {
            let known = state.centre.entries.contains_key(entry);
            known.then_some(()).ok_or_else(|| Refusal::BadSetUp(format!("there is no entry `{entry}`")))
        }
        Change::QueueRemoved { queue } => {
            if state.queue(queue).is_none() {
                return Err(Refusal::UnknownQueue(queue.clone()));
            }
            if let Some(other) = state.climbs_to(queue) {
                return bad(format!("queue `{}` climbs to `{queue}`: change that first", other.name));
            }
            let mut contacts = state.contacts.values().filter(|c| c.stage != Stage::Over);
            if contacts.any(|c| c.order.as_ref().is_some_and(|o| o.queue == *queue)) {
                return Err(Refusal::QueueBusy(queue.clone()));
            }
            Ok(())
        }
        Change::AgentRemoved { agent } => agent_may_go(state, agent),
        Change::CalendarSet { name, calendar } => hours::calendar(name, calendar),
        Change::ShiftSet { shift } => hours::shift(shift),
        Change::CalendarRemoved { .. }
        | Change::ShiftRemoved { .. }
        | Change::AbsenceSet { .. }
        | Change::AbsenceRemoved { .. } => Ok(()),
        Change::Together { changes } => together_makes_sense(state, changes),
    }
}

/// Each change by itself, and the whole that comes of them.
fn together_makes_sense(state: &State, changes: &[Change]) -> Result<(), Refusal> {
    if changes.is_empty() || changes.len() > MOST_CHANGES {
        return bad(format!("one to {MOST_CHANGES} changes can be made together, not {}", changes.len()));
    }
    for change in changes {
        if matches!(change, Change::Together { .. }) {
            return bad(String::from("changes put together cannot hold others put together"));
        }
        check_one(state, change)?;
    }
    let mut whole = state.centre.clone();
    changes.iter().for_each(|change| whole.apply(change));
    match whole.check("set-up") {
        Ok(()) => Ok(()),
        Err(faults) => {
            let shown = faults.iter().take(FAULTS_TOLD).map(|fault| fault.help.as_str());
            bad(shown.collect::<Vec<_>>().join("; "))
        }
    }
}

fn agent_may_go(state: &State, agent: &AgentName) -> Result<(), Refusal> {
    let ix = state.names.get(agent).ok_or_else(|| Refusal::UnknownAgent(agent.clone()))?;
    if state.agent(*ix).engaged() {
        return Err(Refusal::AgentEngaged(agent.clone()));
    }
    Ok(())
}

fn bad<T>(help: String) -> Result<T, Refusal> {
    Err(Refusal::BadSetUp(help))
}

fn within(name: &str, value: i64, low: i64, high: i64) -> Result<(), Refusal> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    bad(format!("{name} is {value}; it must be {low} to {high}"))
}

fn rules_make_sense(rules: &Rules) -> Result<(), Refusal> {
    within("place_seconds", rules.place_seconds, 0, MOST_SECONDS)?;
    within("reserve_cap_percent", i64::from(rules.reserve_cap_percent), 0, 100)?;
    within("recovery_seconds", rules.recovery_seconds, 1, MOST_SECONDS)?;
    within("alarm_seconds", rules.alarm_seconds, 1, MOST_SECONDS)?;
    within("grace_seconds", rules.grace_seconds, 0, MOST_SECONDS)?;
    within("silent_per_source", i64::from(rules.silent_per_source), 0, i64::from(MOST_SILENT))?;
    within("silent_per_hour", i64::from(rules.silent_per_hour), 0, i64::from(MOST_SILENT))?;
    within("reserve_wait_percent", i64::from(rules.reserve_wait_percent), 0, 100)?;
    ledgers_make_sense(rules)?;
    within("storm_expiries", i64::from(rules.storm_expiries), 1, 10_000)
}

fn ledgers_make_sense(rules: &Rules) -> Result<(), Refusal> {
    within("the number of ledgers", rules.ledgers.len() as i64, 0, MOST_LEDGERS)?;
    for (name, ledger) in &rules.ledgers {
        within(&format!("capacity of ledger `{name}`"), i64::from(ledger.capacity), 1, MOST_CAPACITY)?;
        for (channel, load) in &ledger.channels {
            let of = format!("{} in ledger `{name}`", channel.as_str());
            within(&format!("weight of {of}"), i64::from(load.weight), 0, i64::from(ledger.capacity))?;
            let most = if channel.is_voice() { 1 } else { i64::from(MOST_TEXTS) };
            within(&format!("most of {of}"), i64::from(load.most), 1, most)?;
        }
    }
    Ok(())
}

fn queue_makes_sense(queue: &Queue) -> Result<(), Refusal> {
    within("offer_seconds", queue.offer_seconds, 1, MOST_OFFER_SECONDS)?;
    within("wrap_up_seconds", queue.wrap_up_seconds, 0, LONGEST_WRAP_UP.as_seconds())?;
    within("target_seconds", queue.target_seconds, 0, MOST_SECONDS)?;
    within("target_percent", i64::from(queue.target_percent), 0, 100)?;
    within("base", queue.base, -MOST_BASE, MOST_BASE)?;
    within("most_points", queue.most_points.unwrap_or(0), -MOST_BASE, MOST_BASE)?;
    within("slope", queue.slope, 0, MOST_SLOPE)?;
    let name = &queue.name;
    for after in
        queue.widenings.iter().map(|w| w.after_seconds).chain(queue.last_resort.iter().map(|r| r.after_seconds))
    {
        within("after_seconds", after, 0, MOST_SECONDS)?;
    }
    if !queue.widenings.is_sorted_by_key(|w| w.after_seconds) {
        return bad(format!("the widenings of queue `{name}` must rise in after_seconds"));
    }
    if !queue.last_resort.is_sorted_by_key(|r| r.after_seconds) {
        return bad(format!("the last_resort of queue `{name}` must rise in after_seconds"));
    }
    let ends_with_anyone = queue
        .last_resort
        .last()
        .is_some_and(|rung| rung.to == LastResortTo::AnyAgent && rung.after_seconds <= ANY_AGENT_BY_SECONDS);
    if queue.lane.is_safeguarding() && !ends_with_anyone {
        return bad(format!(
            "the last_resort of safeguarding queue `{name}` must end with any agent by {ANY_AGENT_BY_SECONDS} s"
        ));
    }
    if !queue.lane.is_safeguarding() && !queue.last_resort.is_empty() {
        return bad(format!("queue `{name}` is in no safeguarding lane, so it has no last_resort"));
    }
    hours::queue(queue)
}

/// Contacts climb step by step and never in a circle. A queue named before it is set up is no
/// fault: the changes of a file come one by one.
fn climb_makes_sense(state: &State, queue: &Queue) -> Result<(), Refusal> {
    let Some(climb) = &queue.climb else {
        return Ok(());
    };
    let (name, to) = (&queue.name, &climb.to);
    within("after_seconds", climb.after_seconds, 1, MOST_SECONDS)?;
    let lane = state.queue(to).map(|to| to.lane);
    if !queue.lane.is_safeguarding() && lane.is_some_and(|lane| lane.is_safeguarding()) {
        return bad(format!("queue `{name}` climbs to `{to}`, which is confidential; only people decide about that"));
    }
    let mut at = to;
    // Each queue climbs to one other, so a way longer than there are queues is a circle.
    for _ in 0..=state.centre.queues.len() {
        if at == name {
            return bad(format!("queue `{name}` climbs to `{to}`, from where contacts would climb back to it"));
        }
        match state.queue(at).and_then(|queue| queue.climb.as_ref()) {
            Some(climb) => at = &climb.to,
            None => break,
        }
    }
    Ok(())
}

fn agent_makes_sense(agent: &Agent) -> Result<(), Refusal> {
    if agent.name.as_str().starts_with(OUTSIDE) {
        return bad(format!("agent names that begin with `{OUTSIDE}` are kept for outside lines"));
    }
    within("text_contacts", i64::from(agent.text_contacts), 0, i64::from(MOST_TEXTS))
}
