//! What stands on the agent's desk: presence, the cards of their engagements, who waits. It draws; the
//! floor's picture and the CRM are where everything comes from.

use crate::ConsoleState;
use crate::api::shown;
use crate::session::Me;
use crate::view::{View, lane_of};
use acd::{ContactView, Doing};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;
use vocabulary::{ContactId, Lane, QueueName, Time};

/// What the CRM knows of a citizen is read again after this long.
const KEEPS: Duration = Duration::from_secs(15);

/// Cards of one desk, with what the CRM said of each citizen.
#[derive(Default)]
pub(crate) struct Cards(BTreeMap<ContactId, Known>);

struct Known {
    doing: Doing,
    lane: Lane,
    read: Instant,
    citizen: Value,
}

impl Cards {
    /// The whole state of a desk, as `PROTOCOL.md` has it.
    pub(crate) async fn state(&mut self, state: &ConsoleState, view: &View, me: &Me, registered: bool) -> Value {
        let engaged: Vec<_> = view.engagements(me.name()).collect();
        self.0.retain(|id, _| engaged.iter().any(|(c, _)| c.contact == *id));
        let mut cards = Vec::with_capacity(engaged.len());
        for (contact, doing) in engaged {
            let citizen = self.citizen(state, me, contact, doing).await;
            let recording = recording(view, contact, state.centre().is_recording(contact.contact));
            cards.push(card(view, me, contact, doing, citizen, recording));
        }
        let agent = view.agents.get(me.name());
        json!({
            "t": "state",
            "presence": agent.map(|a| &a.presence),
            "phone": {"registered": registered},
            "engagements": cards,
            "waiting": waiting(view, me),
            "break_owed": agent.is_some_and(|a| a.break_owed),
            "leaving": agent.and_then(|a| a.leaving.as_ref()),
        })
    }

    async fn citizen(&mut self, state: &ConsoleState, me: &Me, contact: &ContactView, doing: Doing) -> Value {
        let lane = lane_of(contact);
        if let Some(known) = self.0.get(&contact.contact)
            && known.doing == doing
            && known.lane == lane
            && known.read.elapsed() < KEEPS
        {
            return known.citizen.clone();
        }
        // A card without the citizen is better than no card: the CRM may be slow, the call is not.
        let citizen = match state.records().citizen_card(&state.viewer(me), contact.contact, lane).await {
            Ok(citizen) => json!(citizen),
            Err(failure) => {
                tracing::warn!(contact = %contact.contact, error = %failure, "a card shows no citizen");
                Value::Null
            }
        };
        let known = Known { doing, lane, read: Instant::now(), citizen: citizen.clone() };
        self.0.insert(contact.contact, known);
        citizen
    }
}

fn card(view: &View, me: &Me, contact: &ContactView, doing: Doing, citizen: Value, recording: &str) -> Value {
    let facts = view.facts.get(&contact.contact);
    let lane = lane_of(contact);
    let until = match (&contact.stage, doing) {
        (acd::Stage::Offered { until, .. }, Doing::Offered) => Some(*until),
        (_, Doing::WrapUp) => view.agents.get(me.name()).and_then(|a| a.wrap_up_until),
        _ => None,
    };
    let queue = contact.queue.as_ref().and_then(|q| view.set_up.queues.get(q));
    json!({
        "contact": contact.contact,
        "channel": contact.channel,
        "state": state_word(doing),
        "offer": contact.offer,
        "since": view.since(contact),
        "until": until,
        "queue": contact.queue,
        "queue_shown_as": queue.map(shown::texts),
        "lane": lane,
        "risk": contact.risk.unwrap_or(vocabulary::Risk::P3),
        "language": contact.language,
        "arrived": contact.arrived.unwrap_or(contact.came),
        "why": facts.and_then(|f| f.why.as_ref()).map(|why| json!({
            "order": why.order, "agent": why.agent, "candidates": why.candidates, "score": why.score,
        })),
        "citizen": citizen,
        "recording": recording,
        "crisis_card": facts.is_some_and(|f| f.is_last_resort()) || !me.cleared_for(lane),
    })
}

fn state_word(doing: Doing) -> &'static str {
    match doing {
        Doing::Offered => "offered",
        Doing::Joining => "connecting",
        Doing::Talking => "connected",
        Doing::Holding => "held",
        Doing::WrapUp => "wrap_up",
    }
}

fn recording(view: &View, contact: &ContactView, is_on: bool) -> &'static str {
    let refused = view.facts.get(&contact.contact).is_some_and(|f| f.recording_refused);
    match () {
        () if is_on => "on",
        () if !contact.channel.is_voice() => "none",
        () if refused => "refused",
        () if lane_of(contact).is_safeguarding() => "none",
        () => "off",
    }
}

/// Who waits, by queue. A queue of a lane the viewer is not cleared for is not there, and neither is a
/// contact of such a lane that waits in an ordinary queue.
fn waiting(view: &View, me: &Me) -> Vec<Value> {
    let mut queues: BTreeMap<&QueueName, (u32, Option<Time>)> = BTreeMap::new();
    for queue in view.set_up.queues.values().filter(|q| me.cleared_for(q.lane)) {
        queues.insert(&queue.name, (0, None));
    }
    for (queue, arrived) in waiting_contacts(view, &visible_lanes(me)) {
        if let Some((count, longest)) = queues.get_mut(queue) {
            *count += 1;
            *longest = Some(longest.map_or(arrived, |l| l.min(arrived)));
        }
    }
    let row = |(queue, (count, longest))| json!({"queue": queue, "waiting": count, "longest_since": longest});
    queues.into_iter().map(row).collect()
}

/// Lanes whose contacts a person may count.
pub(crate) fn visible_lanes(me: &Me) -> BTreeSet<Lane> {
    Lane::ALL.into_iter().filter(|lane| me.cleared_for(*lane)).collect()
}

/// Contacts of these lanes that wait without an agent: their queue and since when.
pub(crate) fn waiting_contacts<'v>(view: &'v View, lanes: &BTreeSet<Lane>) -> impl Iterator<Item = (&'v QueueName, Time)> {
    view.contacts
        .values()
        .filter(|c| matches!(c.stage, acd::Stage::Waiting | acd::Stage::Offered { .. }))
        .filter(|c| lanes.contains(&lane_of(c)))
        .filter_map(|c| Some((c.queue.as_ref()?, c.arrived.unwrap_or(c.came))))
}
