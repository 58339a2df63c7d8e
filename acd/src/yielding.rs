//! Whose work yields to somebody in danger when nobody is free. Work yields by risk, not by channel:
//! first an offer that only rings, then a wrap-up, then text work in hand; never a live voice
//! conversation. What comes of it is in `decide`.

use crate::index::{Index, Line};
use crate::rank::Key;
use crate::state::{AgentIx, Contact, Order, Stage, State};
use vocabulary::{ContactId, Presence, Risk, Time};

/// An agent freed for a contact, and what of theirs yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taking {
    pub contact: ContactId,
    pub agent: AgentIx,
    /// Offers that only ring.
    pub offers: Vec<ContactId>,
    /// Contacts being wrapped up.
    pub pause: Vec<ContactId>,
    /// Text contacts to be laid aside.
    pub park: Vec<ContactId>,
}

/// How much harm a taking does: smaller is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    Offer,
    WrapUp,
    Text,
}

impl Order {
    /// Whether work yields to it at all: P0, and P1 in a safeguarding lane.
    pub fn takes(&self) -> bool {
        self.danger() < 2
    }

    /// Work yields only to what is in more danger: smaller is more.
    pub fn danger(&self) -> u8 {
        match self.risk {
            Risk::P0 => 0,
            Risk::P1 if self.lane.is_safeguarding() => 1,
            _ => 2,
        }
    }
}

/// The taking to be done next: for the best-ranked contact that can take somebody, the least harm,
/// and among equals the agent idle longest. Looks only at lines and agents in which something
/// changed; everything else was tried before.
pub(crate) fn next(state: &State, index: &Index, now: Time) -> Option<Taking> {
    let mut best: Option<(Key, Taking)> = None;
    for line in &index.taking_lines {
        let line = &index.lines[*line as usize];
        for key in &line.members {
            if best.as_ref().is_some_and(|(found, _)| found < key) {
                break;
            }
            let contact = &state.contacts[&key.id];
            if let Some(taking) = take_for(state, index, line, key.id, now) {
                best = Some((*key, taking));
                break;
            }
            // The same agents would be asked for the next in line.
            if contact.rests.iter().all(|(_, until)| *until <= now) && contact.company.help.is_none() {
                break;
            }
        }
    }
    best.map(|(_, taking)| taking)
}

fn take_for(state: &State, index: &Index, line: &Line, id: ContactId, now: Time) -> Option<Taking> {
    let contact = &state.contacts[&id];
    // Whom a request helps is with somebody already.
    if contact.company.help.is_some() {
        return None;
    }
    let takings = |ix: AgentIx| {
        let group = state.agent(ix).standing.group?;
        let (_, level) = line.groups[line.groups.binary_search_by_key(&group, |(number, _)| *number).ok()?];
        // On the any-agent rung everybody may serve, but only those cleared are taken from others.
        let cleared = level > 0 || !line.key.any || line.key.lane.is_none();
        let asked = cleared && !contact.rests(ix, now);
        let (harm, taking) = if asked { taking(state, ix, id, contact)? } else { return None };
        Some(((harm, state.agent(ix).idle), taking))
    };
    let least = if line.fresh {
        (0..state.agents.len() as AgentIx).filter_map(takings).min_by_key(|(rank, _)| *rank)
    } else {
        index.fresh_yields.iter().copied().filter_map(takings).min_by_key(|(rank, _)| *rank)
    };
    least.map(|(_, taking)| taking)
}

/// What of an agent's would have to yield so that they have room for the contact.
fn taking(state: &State, ix: AgentIx, id: ContactId, contact: &Contact) -> Option<(Harm, Taking)> {
    let order = contact.order.as_ref()?;
    let row = state.agent(ix);
    let here = !row.gone && row.presence == Presence::Ready && row.life.leaving.is_none();
    // Who gave the contact up writes it up: their part in it is over.
    if !here || contact.company.writers.contains(&ix) || (state.break_owed(row) && !order.urgent()) {
        return None;
    }
    let danger = |other: &ContactId| state.contacts[other].order.as_ref().map_or(2, Order::danger);
    let less = |other: &&ContactId| danger(other) > order.danger();
    let offers: Vec<ContactId> = row.offered.iter().filter(less).copied().collect();
    let pause: Vec<ContactId> = row.wrapping.iter().copied().collect();
    let (kind, room) = (state.kinds.kind(contact.channel), row.standing.room);
    let fits = |except: &[ContactId]| state.fits(row, room, kind, except);
    let made = |harm, offers: &[ContactId], park: &[ContactId]| {
        let (offers, park) = (offers.to_vec(), park.to_vec());
        Some((harm, Taking { contact: id, agent: ix, offers, pause: pause.clone(), park }))
    };
    let without_texts = if pause.is_empty() { Harm::Offer } else { Harm::WrapUp };
    if !pause.is_empty() && fits(&[]) {
        return made(Harm::WrapUp, &[], &[]);
    }
    if !offers.is_empty() && fits(&offers) {
        return made(without_texts, &offers, &[]);
    }
    let mut texts: Vec<ContactId> =
        row.texts.iter().filter(less).filter(|other| parks(state, ix, other)).copied().collect();
    // The least in danger first, and of those who came last.
    texts.sort_by_key(|other| (std::cmp::Reverse(danger(other)), std::cmp::Reverse(*other)));
    for count in 1..=texts.len() {
        if fits(&texts[..count]) {
            return made(Harm::Text, &[], &texts[..count]);
        }
    }
    for count in 1..=texts.len() {
        let except: Vec<ContactId> = offers.iter().chain(&texts[..count]).copied().collect();
        if fits(&except) {
            return made(Harm::Text, &offers, &texts[..count]);
        }
    }
    None
}

/// Whether the text contact is work in hand that can be laid aside by its agent.
fn parks(state: &State, ix: AgentIx, id: &ContactId) -> bool {
    let contact = &state.contacts[id];
    let serves = matches!(contact.stage, Stage::Talking { .. }) && contact.agent() == Some(ix);
    serves && contact.company.help.is_none() && !state.agent(ix).life.parked.contains_key(id)
}
