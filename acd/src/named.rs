//! Contacts that are meant for one agent: assigned by a supervisor, or a colleague's question to
//! somebody by name. They go before everyone else's score, but never before imminent danger and
//! safeguarding.

use crate::index::Index;
use crate::matching::{self, Match};
use crate::rank::Key;
use crate::state::{AgentIx, Contact, Openness, Order, State};
use crate::{OFFER_SEVERAL, Refusal};
use vocabulary::centre::Role;
use vocabulary::event::{AgentRule, Alarm, OrderRule, Why};
use vocabulary::{ContactId, Presence, Time};

/// Smaller goes first.
type Rank = (u8, Key);

/// The contact to be offered next, and to whom.
pub(crate) fn next(state: &State, index: &Index, now: Time) -> Option<Match> {
    let found = matching::next(state, index, now);
    if index.named.is_empty() {
        return found;
    }
    let mut named: Vec<(Rank, Match)> = index.named.iter().filter_map(|id| match_for(state, index, *id, now)).collect();
    named.sort_by_key(|(rank, _)| *rank);
    let Some((rank, one)) = named.first() else {
        return found;
    };
    let Some(found) = found else {
        return Some(one.clone());
    };
    if found.contact == one.contact {
        return Some(together(state, one, found));
    }
    let waits_for_another = named.iter().any(|(_, other)| other.contact == found.contact);
    let first = waits_for_another || *rank < rank_of(state, found.contact, now, false);
    Some(if first { one.clone() } else { found })
}

/// A P0 or P1 contact is offered to whom the supervisor named and to those who are free.
fn together(state: &State, one: &Match, found: Match) -> Match {
    let mut agents = one.agents.clone();
    let urgent = state.contacts[&one.contact].order.as_ref().is_some_and(Order::urgent);
    if urgent {
        agents.extend(found.agents.into_iter().filter(|ix| !one.agents.contains(ix)));
        agents.truncate(OFFER_SEVERAL);
    }
    let why = Why { candidates: agents.len() as u32, ..one.why.clone() };
    Match { contact: one.contact, agents, why }
}

fn rank_of(state: &State, id: ContactId, now: Time, named: bool) -> Rank {
    let order = state.contacts[&id].order.as_ref().expect("who waits is in a queue");
    let (key, slope) = state.place(id, order, now);
    let group = match key.rule() {
        OrderRule::Imminent | OrderRule::Safeguarding => 0,
        OrderRule::Score if named => 1,
        OrderRule::Score => 2,
    };
    (group, key.at(slope, now))
}

fn match_for(state: &State, index: &Index, id: ContactId, now: Time) -> Option<(Rank, Match)> {
    let contact = &state.contacts[&id];
    let order = contact.order.as_ref()?;
    let ix = contact.named(now).filter(|_| contact.is_due(now))?.agent;
    // Without its journal the floor offers ordinary contacts to nobody, whoever names them.
    if order.ordinary() && state.alarms.contains(&(Alarm::JournalStalled, None)) {
        return None;
    }
    if contact.rests(ix, now) || may_see(state, ix, contact, order, now).is_err() || !is_free(state, ix, contact, order)
    {
        return None;
    }
    let helps = contact.company.help.is_some();
    let kind = state.kinds.kind(contact.channel);
    // A supervisor decides what the reserve is for; a colleague does not.
    if helps
        && order.ordinary()
        && let Some(group) = state.agent(ix).standing.group
        && index.held_back(&index.groups[group as usize], kind)
    {
        return None;
    }
    let (key, slope) = state.place(id, order, now);
    let why = Why {
        order: key.rule(),
        score: key.score(slope, now),
        agent: if helps { AgentRule::Asked } else { AgentRule::Assigned },
        candidates: 1,
        reserved: 0,
    };
    Some((rank_of(state, id, now, true), Match { contact: id, agents: vec![ix], why }))
}

/// Whether an agent may be shown a contact whatever they can: clearance and tenant are never waived.
pub(crate) fn may_see(state: &State, ix: AgentIx, contact: &Contact, order: &Order, now: Time) -> Result<(), Refusal> {
    let name = || state.agent(ix).name.clone();
    let Some(agent) = state.set_up(ix) else {
        return Err(Refusal::UnknownAgent(name()));
    };
    if !agent.clearance_counts(order.lane, now) {
        return Err(Refusal::NotCleared { agent: name() });
    }
    let own = contact.tenant.as_str() == state.centre.floor.as_str();
    if !own && !agent.tenants.contains(&contact.tenant) {
        return Err(Refusal::NotOfTenant { agent: name(), tenant: contact.tenant.clone() });
    }
    Ok(())
}

/// Whether the agent could answer now. Someone who is no agent, a supervisor, is asked whenever
/// they are logged in.
fn is_free(state: &State, ix: AgentIx, contact: &Contact, order: &Order) -> bool {
    let (row, kind) = (state.agent(ix), state.kinds.kind(contact.channel));
    let Some(agent) = state.set_up(ix) else {
        return false;
    };
    let present = match state.openness(row) {
        _ if !agent.roles.contains(&Role::Agent) => row.presence != Presence::Offline,
        Some(Openness::Open) => true,
        Some(Openness::Resting) => order.urgent(),
        Some(Openness::Yielded) => order.takes(),
        None => false,
    };
    present && state.has_room(row, state.kinds.room_of(agent), kind)
}
