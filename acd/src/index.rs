//! What is computed from the state so that nothing has to be searched: lines of contacts that ask
//! for the same, groups of agents that offer the same, who is free, what is due when.
//!
//! It is never stored: [`Index::rebuild`] makes it from a state, and after each event the contacts
//! and agents it touched are linked again. Whether a pair may be matched is decided here once per
//! line and group; which pair is, in `matching`.

mod agents;
mod lines;
mod profile;

pub(crate) use agents::{Group, Standing};
pub(crate) use lines::{Line, Pool};

use crate::rank::Key;
use crate::state::room::{KINDS, Kind, Kinds};
use crate::state::{AgentIx, Contact, OPENNESS, Openness, Stage, State};
use crate::table::Table;
use agents::Reserve;
use lines::{LineKey, PoolKey, QueueLines};
use profile::Profile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vocabulary::{ContactId, Lane, Needs, QueueName, TenantName, Time};

/// Where a contact is linked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ContactLinks {
    /// The line it belongs to whenever it waits; `None` when what it asks for has changed.
    pub line: Option<u32>,
    place: Place,
    named: bool,
    /// Whom it prefers.
    prefers: Option<AgentIx>,
    due: Option<Time>,
    rest: Option<Time>,
}

/// Where a contact stands in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Place {
    #[default]
    Nowhere,
    InLine(Key),
    /// Out of its line while agents see it, it is meant for one agent, or its call-back is not due; and
    /// still in its queue.
    Aside(Key),
}

/// What becomes due. The order is the order of work among things due in the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Contact(ContactId),
    Agent(AgentIx),
    Place(ContactId),
    Storm,
    /// Somebody may be asked again for this contact, it is meant for one agent no longer, or its score
    /// has reached the cap.
    Rest(ContactId),
    /// A queue opens or closes.
    Hours,
    /// Too many silent contacts came, and that is long ago.
    Silents,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub lines: Vec<Line>,
    line_of: BTreeMap<LineKey, u32>,
    queues: Table<QueueName, QueueLines>,
    /// What lines ask for, each once: contacts of a line share it.
    needs: Vec<Arc<Needs>>,
    needs_of: BTreeMap<u64, Vec<u32>>,
    /// Number of the needs asked for last.
    newest: u32,
    tenants: Vec<TenantName>,
    pub pools: Vec<Pool>,
    pool_of: BTreeMap<PoolKey, u32>,
    /// A group was added: which lines have the same groups must be found anew.
    pools_stale: bool,
    pub groups: Vec<Group>,
    group_of: BTreeMap<Profile, u32>,
    /// Groups in which somebody is free, by openness and kind, in no order.
    free_groups: [[Vec<u32>; KINDS]; OPENNESS],
    /// How many kinds of contacts there are; see [`Kinds`].
    kinds: usize,
    /// Waiting contacts that are meant for one agent.
    pub named: BTreeSet<ContactId>,
    /// Waiting contacts by the agent they prefer, whether or not that one can be asked.
    prefers: BTreeSet<(AgentIx, ContactId)>,
    /// Lines of contacts that are kept for an agent they prefer.
    lines_for: BTreeMap<AgentIx, Vec<u32>>,
    /// Numbers of lines that nobody is in any more.
    spare_lines: Vec<u32>,
    /// Who is free with their group, in idle order, by openness and kind.
    idle: [[BTreeSet<(u64, AgentIx, u32)>; KINDS]; OPENNESS],
    pub timers: BTreeSet<(Time, Subject)>,
    /// When training of an agent expires next. It is looked at before anything else that is due.
    pub trainings: BTreeSet<(Time, AgentIx)>,
    storm: Option<Time>,
    hours: Option<Time>,
    /// Who is on shift, or which queues are open, changed since staffing was last looked at.
    pub staffing_changed: bool,
    languages: Vec<Reserve>,
    /// Who is free or on shift changed for a reserve since it was last looked at.
    reserves_changed: bool,
    /// The slice of time the reserves were last made to follow the load in, and whether the load
    /// changed since.
    load_slice: i64,
    pub loads_changed: bool,
    silents: Option<Time>,
    /// Ready agents cleared for each lane, by [`Lane`] number.
    pub ready: [u32; 5],
    /// Safeguarding lanes that have a queue.
    pub safe_lanes: Vec<Lane>,
    /// Lines a contact joined since matching last came to rest, each once.
    pub fresh_lines: Vec<u32>,
    /// Groups in which somebody became free since then, by kind, each once.
    pub fresh_groups: [Vec<u32>; KINDS],
    /// Lines of contacts to which work yields, and somebody waits in them.
    pub taking_lines: BTreeSet<u32>,
    /// Agents whose work changed since matching last came to rest.
    pub fresh_yields: Vec<AgentIx>,
}

impl Index {
    /// Makes the whole index anew.
    pub fn rebuild(state: &mut State, clock: Time) -> Index {
        let mut index = Index::default();
        state.number_queues();
        state.kinds = Kinds::of(&state.centre.rules);
        index.kinds = state.kinds.len();
        let lanes = state.centre.queues.values().map(|q| q.lane).filter(|lane| lane.is_safeguarding());
        index.safe_lanes = lanes.collect::<BTreeSet<Lane>>().into_iter().collect();
        for ix in 0..state.agents.len() as AgentIx {
            state.agent_mut(ix).standing = Standing::default();
            index.link_agent(state, ix, clock);
        }
        let ids: Vec<ContactId> = state.contacts.keys().copied().collect();
        for id in ids {
            state.contacts.get_mut(&id).expect("listed above").links = ContactLinks::default();
            index.link_contact(state, id, clock);
        }
        for (id, place) in &state.places {
            index.timers.insert((place.until, Subject::Place(*id)));
        }
        index.link_storm(state);
        index.link_hours(state, clock);
        index.link_silents(state);
        index
    }

    /// Brings up to date what only matching looks at, before it looks.
    pub fn settle(&mut self, state: &State, now: Time) {
        self.follow_load(state, now);
        if std::mem::take(&mut self.pools_stale) {
            self.make_pools();
        }
        if std::mem::take(&mut self.reserves_changed) {
            self.note_reserves(&state.centre.rules);
        }
    }

    /// Something that kept many from being offered is over: everyone who waits is looked at.
    pub fn look_at_all(&mut self) {
        for (number, line) in self.lines.iter_mut().enumerate() {
            if !line.members.is_empty() && !line.fresh {
                line.fresh = true;
                self.fresh_lines.push(number as u32);
            }
        }
    }

    /// Nobody who waits can be offered to anyone: what changed has been looked at.
    pub fn come_to_rest(&mut self) {
        self.fresh_yields.clear();
        for line in self.fresh_lines.drain(..) {
            self.lines[line as usize].fresh = false;
        }
        for kind in Kind::first(self.kinds) {
            for group in self.fresh_groups[kind.ix()].drain(..) {
                self.groups[group as usize].fresh[kind.ix()] = false;
            }
        }
    }

    /// Links a contact as its state now is.
    pub fn link_contact(&mut self, state: &mut State, id: ContactId, clock: Time) {
        let Some(number) = state.contacts.number(&id) else { return };
        let contact = state.contacts.at(number);
        let old = contact.links;
        let new = self.links_of(state, id, contact, clock);
        if old == new {
            return;
        }
        self.move_contact(id, &old, &new);
        // Who rested may be asked again, whatever else happened to the contact in this moment.
        if let (Some(line), true) = (new.line, old.rest.is_some_and(|at| at <= clock)) {
            self.look_again(line);
        }
        let needs = new.line.filter(|line| old.line != Some(*line)).map(|line| &self.lines[line as usize].needs);
        let contact = state.contacts.at_mut(number);
        contact.links = new;
        if let (Some(needs), Some(order)) = (needs, &mut contact.order) {
            order.needs = Arc::clone(needs);
        }
    }

    /// Takes a contact out of everything, before it is forgotten.
    pub fn unlink_contact(&mut self, state: &mut State, id: ContactId) {
        let Some(contact) = state.contacts.get_mut(&id) else { return };
        let old = std::mem::take(&mut contact.links);
        self.move_contact(id, &old, &ContactLinks::default());
    }

    fn links_of(&mut self, state: &State, id: ContactId, contact: &Contact, clock: Time) -> ContactLinks {
        let mut new = ContactLinks {
            due: state.contact_due(id, contact),
            rest: contact.rest_due(clock),
            ..ContactLinks::default()
        };
        let Some(order) = &contact.order else { return new };
        new.line = contact.links.line;
        if !contact.waits() {
            // A line for one agent lasts only as long as somebody is in it.
            new.line.take_if(|line| !self.lines[*line as usize].key.is_for_all());
            return new;
        }
        let claim = match new.line {
            Some(line) => self.lines[line as usize].claim(order),
            None => state.claim(order),
        };
        let capped = claim.is_capped(clock);
        let prefers = contact.prefers(clock).map(|preferred| preferred.agent);
        let same = new.line.filter(|line| self.lines[*line as usize].key.is_for(capped, None));
        let line = same.unwrap_or_else(|| self.line(state, contact, order, (capped, None)));
        let only = prefers.filter(|ix| self.is_kept_for(state, *ix, line));
        new.prefers = prefers;
        new.line = Some(match only {
            Some(_) => self.line(state, contact, order, (capped, only)),
            None => line,
        });
        if !capped {
            new.rest = new.rest.into_iter().chain(claim.capped_from()).min();
        }
        let (key, _) = claim.place(id, clock);
        let asks = contact.stage == Stage::Waiting && contact.is_due(clock) && !contact.kept_for_named(clock);
        new.place = if asks { Place::InLine(key) } else { Place::Aside(key) };
        new.named = contact.named(clock).is_some();
        new
    }

    fn move_contact(&mut self, id: ContactId, old: &ContactLinks, new: &ContactLinks) {
        if (old.place, old.line) != (new.place, new.line) {
            // A contact whose line was forgotten left its old place in `leave_line` before. It joins first:
            // a line for one agent is dropped when the last one leaves it.
            new.line.into_iter().for_each(|line| self.join(line, new.place));
            old.line.into_iter().for_each(|line| self.leave(line, old.place));
        }
        if old.named != new.named {
            if new.named {
                self.named.insert(id);
            } else {
                self.named.remove(&id);
            }
        }
        if old.prefers != new.prefers {
            old.prefers.map(|ix| self.prefers.remove(&(ix, id)));
            new.prefers.map(|ix| self.prefers.insert((ix, id)));
        }
        self.move_timer(Subject::Contact(id), old.due, new.due);
        self.move_timer(Subject::Rest(id), old.rest, new.rest);
    }

    /// What the contact asks for is about to change: it leaves its line and finds another one when
    /// linked again.
    pub fn leave_line(&mut self, state: &mut State, id: ContactId) {
        let Some(contact) = state.contacts.get_mut(&id) else { return };
        let place = std::mem::take(&mut contact.links.place);
        if let Some(line) = contact.links.line.take() {
            self.leave(line, place);
        }
    }

    /// Whether contacts of a line that prefer an agent are kept for them: they are on shift and may
    /// serve it.
    fn is_kept_for(&self, state: &State, ix: AgentIx, line: u32) -> bool {
        let standing = &state.agent(ix).standing;
        standing.is_here() && standing.group.is_some_and(|group| self.lines[line as usize].level_of(group).is_some())
    }

    /// An agent came on shift or left, or can serve other contacts than before: contacts that prefer
    /// them are kept for them, or no longer.
    fn link_who_prefers(&mut self, state: &mut State, ix: AgentIx, clock: Time) {
        let first = (ix, ContactId::default());
        let ids: Vec<ContactId> = self.prefers.range(first..).take_while(|row| row.0 == ix).map(|row| row.1).collect();
        ids.into_iter().for_each(|id| self.link_contact(state, id, clock));
    }

    pub fn move_timer(&mut self, subject: Subject, old: Option<Time>, new: Option<Time>) {
        if old != new {
            old.map(|at| self.timers.remove(&(at, subject)));
            new.map(|at| self.timers.insert((at, subject)));
        }
    }

    pub fn link_storm(&mut self, state: &State) {
        let due = state.storm_due();
        self.move_timer(Subject::Storm, self.storm, due);
        self.storm = due;
    }

    /// The time at which a queue opens or closes next; it also says that staffing has to be looked at.
    pub fn link_hours(&mut self, state: &State, clock: Time) {
        let due = state.hours_due(clock);
        self.move_timer(Subject::Hours, self.hours, due);
        self.hours = due;
        self.staffing_changed = true;
    }

    /// Who is free with their group, in idle order.
    pub fn idle(&self, openness: Openness, kind: Kind) -> &BTreeSet<(u64, AgentIx, u32)> {
        &self.idle[openness as usize][kind.ix()]
    }

    /// Every kind of contact.
    pub fn each_kind(&self) -> impl Iterator<Item = Kind> + use<> {
        Kind::first(self.kinds)
    }

    /// Groups in which somebody is free.
    pub fn free_groups(&self, openness: Openness, kind: Kind) -> &[u32] {
        &self.free_groups[openness as usize][kind.ix()]
    }

    pub fn link_silents(&mut self, state: &State) {
        let due = state.silents_due();
        self.move_timer(Subject::Silents, self.silents, due);
        self.silents = due;
    }
}
