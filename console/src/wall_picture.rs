//! What stands on the wall, drawn from the floor's picture and the day's figures for one viewer. The day
//! begins at midnight in East Africa; what waits is of now, whenever it came.

use crate::api::shown;
use crate::session::Me;
use crate::view::{RingingAlarm, View};
use acd::figures::{self, Counts, Figures, Row};
use acd::{AgentView, Doing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Agent, Queue, Role};
use vocabulary::event::Alarm;
use vocabulary::{Channel, Lane, Presence, Time};

/// The whole wall but its moment, as `PROTOCOL.md` has it. What waits and what the day was like both come
/// from the figures, so that the wall adds up with the reports.
pub(crate) fn picture(now: Time, view: &View, figures: &Figures, me: &Me) -> Value {
    let seen = figures.today(now, &me.agent.clearances);
    let mut picture = json!({
        "t": "wall",
        "queues": queues(view, &seen, me),
        "agents": agents(view),
        "presence": presence(view),
        "totals": told(&Sum { counts: seen.total.clone(), since: seen.waiting_since }),
        "channels": channels(&seen),
        "alarms": alarms(view, me),
    });
    let lanes = lanes(view, &seen, me);
    if !lanes.is_empty() {
        picture["lanes"] = json!(lanes);
    }
    picture
}

/// The queues the viewer may see. A contact of a lane the viewer is not cleared for is counted in the
/// totals only, whatever queue it waits in.
fn queues(view: &View, seen: &figures::View, me: &Me) -> Vec<Value> {
    let visible = view.set_up.queues.values().filter(|q| me.cleared_for(q.lane));
    visible
        .map(|queue| {
            let mut row = told(&sum(&seen.queues, |row| row.queue.as_ref() == Some(&queue.name)));
            row["queue"] = json!(queue.name);
            row["shown_as"] = json!(shown::texts(queue));
            if let Some(state) = view.queues.get(&queue.name) {
                row["open"] = json!(state.open);
                row["switch"] = json!(state.switch);
                row["surge"] = json!(state.surge);
            }
            row["agents_ready"] = json!(ready(view, |agent| may_serve(agent, queue)));
            row
        })
        .collect()
}

/// Every channel that was used.
fn channels(seen: &figures::View) -> BTreeMap<&'static str, Value> {
    let used: BTreeSet<Channel> = seen.rows.iter().map(|row| row.channel).collect();
    used.into_iter().map(|channel| (channel.as_str(), told(&sum(&seen.rows, |row| row.channel == channel)))).collect()
}

/// Rows added up.
#[derive(Default)]
struct Sum {
    counts: Counts,
    /// From when the age of the first who waits counts.
    since: Option<Time>,
}

fn sum(rows: &[Row], which: impl Fn(&Row) -> bool) -> Sum {
    let mut total = Sum::default();
    for row in rows.iter().filter(|row| which(row)) {
        total.counts.add(&row.counts);
        total.since = [total.since, row.waiting_since].into_iter().flatten().min();
    }
    total
}

/// Counts as the wall shows them; `acd::figures` says what each means.
fn told(Sum { counts, since }: &Sum) -> Value {
    json!({
        "arrived": counts.arrived, "in_flow": counts.in_flow, "waiting": counts.waiting,
        "longest_since": since, "answered": counts.answered, "abandoned": counts.abandoned,
        "self_served": counts.self_served, "average_wait_ms": counts.average_wait(),
        "service_level": counts.service_level_of_offered().map(|thousandths| thousandths as f64 / 1_000.0),
    })
}

/// Whether an agent meets what every contact of a queue asks, language apart.
fn may_serve(agent: &Agent, queue: &Queue) -> bool {
    let skilled = queue.skills.iter().all(|(skill, level)| agent.skills.get(skill).is_some_and(|has| has >= level));
    skilled && agent.tier >= queue.tier && agent.cleared_for(queue.lane)
}

/// Agents who are ready and to whom `fits` applies.
fn ready(view: &View, fits: impl Fn(&Agent) -> bool) -> usize {
    let ready = view.agents.values().filter(|a| a.presence == Presence::Ready);
    ready.filter_map(|a| view.set_up.agents.get(&a.agent)).filter(|a| is_agent(a) && fits(a)).count()
}

fn is_agent(agent: &Agent) -> bool {
    agent.roles.contains(&Role::Agent)
}

/// Everyone who serves. What they do says nothing of a lane.
fn agents(view: &View) -> Vec<Value> {
    let rows = view.agents.values().filter_map(|row| Some((row, view.set_up.agents.get(&row.agent)?)));
    rows.filter(|(_, agent)| is_agent(agent))
        .map(|(row, agent)| {
            let (doing, since) = doing(view, row);
            json!({
                "name": row.agent, "shown_as": agent.shown_as, "presence": row.presence,
                "doing": doing, "since": since, "contacts": row.doing.len(),
            })
        })
        .collect()
}

/// What an agent does above all, and since when. The call first: it takes the whole person.
fn doing(view: &View, row: &AgentView) -> (&'static str, Time) {
    let mut parts: Vec<(u8, &'static str, Time)> = Vec::with_capacity(row.doing.len());
    for (contact, doing) in &row.doing {
        let Some(contact) = view.contacts.get(contact) else { continue };
        let since = view.since(contact);
        let part = match (doing, contact.channel.is_voice()) {
            (Doing::Talking | Doing::Joining, true) => (0, "talking"),
            (Doing::Holding, true) => (1, "held"),
            (Doing::Offered, _) => (2, "offered"),
            (Doing::Talking | Doing::Joining | Doing::Holding, false) => (3, "chat"),
            (Doing::WrapUp, _) => (4, "wrap_up"),
        };
        parts.push((part.0, part.1, since));
    }
    match parts.into_iter().min() {
        Some((_, word, since)) => (word, since),
        None => ("free", row.since.max(row.idle_since)),
    }
}

fn presence(view: &View) -> Value {
    let rows = view.agents.values().filter(|a| view.set_up.agents.get(&a.agent).is_some_and(is_agent));
    let (mut ready, mut away, mut offline) = (0, 0, 0);
    for row in rows {
        match row.presence {
            Presence::Ready => ready += 1,
            Presence::Away { .. } => away += 1,
            Presence::Offline => offline += 1,
        }
    }
    json!({"ready": ready, "away": away, "offline": offline})
}

/// Safeguarding lanes, for those cleared for them.
fn lanes(view: &View, seen: &figures::View, me: &Me) -> Vec<Value> {
    let cleared = Lane::ALL.into_iter().filter(|lane| lane.is_safeguarding() && me.cleared_for(*lane));
    cleared
        .map(|lane| {
            let waits = sum(&seen.rows, |row| row.lane == lane);
            json!({
                "lane": lane, "waiting": waits.counts.waiting, "longest_since": waits.since,
                "ready_cleared": ready(view, |agent| agent.cleared_for(lane)),
            })
        })
        .collect()
}

/// Alarms. Those of safeguarding ring only for those cleared: for the contact's lane where one is named,
/// for any safeguarding lane where none is.
fn alarms(view: &View, me: &Me) -> Vec<Value> {
    let may_see = |ringing: &&RingingAlarm| match ringing.alarm {
        Alarm::ExpiryStorm | Alarm::JournalStalled | Alarm::QueueUnstaffed => true,
        Alarm::SafeguardingWaiting
        | Alarm::NoClearedAgent
        | Alarm::ImminentDropped
        | Alarm::ClimbDue
        | Alarm::SoftCapPassed
        | Alarm::SilentCapReached => match ringing.lane {
            Some(lane) => me.cleared_for(lane),
            None => me.agent.clearances.iter().any(|lane| lane.is_safeguarding()),
        },
    };
    view.alarms
        .iter()
        .filter(may_see)
        .map(|ringing| json!({"alarm": ringing.alarm, "contact": ringing.contact, "since": ringing.since}))
        .collect()
}
