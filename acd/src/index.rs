//! What is computed from the state so that nothing has to be searched: lines of contacts that ask
//! for the same, groups of agents that offer the same, who is free, what is due when.
//!
//! It is never stored: [`Index::rebuild`] makes it from a state, and after each event the contacts
//! and agents it touched are linked again. Whether a pair may be matched is decided here once per
//! line and group; which pair is, in `matching`.

use crate::rank::Key;
use crate::state::{AgentIx, Contact, Kind, Openness, Order, State};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Agent, Choose, Role};
use vocabulary::{ContactId, Lane, Language, Level, Presence, QueueName, SkillName, TenantName, Tier, Time};

/// Where a contact is linked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ContactLinks {
    /// The line it belongs to whenever it waits; `None` when what it asks for has changed.
    pub line: Option<u32>,
    in_line: Option<Key>,
    in_queue: Option<(QueueName, Key)>,
    due: Option<Time>,
    rest: Option<Time>,
}

/// How an agent is linked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Standing {
    pub group: Option<u32>,
    slots: [Option<Openness>; 2],
    idle: u64,
    on_shift: bool,
    ready: bool,
    due: Option<Time>,
}

/// Everything that decides which agents may serve a contact, and how they are chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineKey {
    pub queue: QueueName,
    pub skills: BTreeMap<SkillName, Level>,
    pub language: Option<Language>,
    pub tier: Tier,
    /// The safeguarding lane, if it is one.
    pub lane: Option<Lane>,
    /// Whose it is; `None` for the operator's own (the tenant named like the floor).
    pub tenant: Option<TenantName>,
    pub kind: Kind,
    pub ordinary: bool,
    pub urgent: bool,
    pub any: bool,
}

/// Contacts that ask for the same thing. If the first of them without a resting agent cannot be
/// offered to anyone, none can.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub key: LineKey,
    pub slope: i64,
    pub choose: Choose,
    pub members: BTreeSet<Key>,
    /// Groups that may serve it, with the sum of their levels in the skills asked for.
    pub groups: Vec<(u32, u32)>,
}

/// Everything an agent offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Profile {
    skills: BTreeMap<SkillName, Level>,
    languages: BTreeSet<Language>,
    clearances: BTreeSet<Lane>,
    tenants: BTreeSet<TenantName>,
    tier: Tier,
}

/// Agents who offer the same thing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub profile: Profile,
    /// Rows of [`Index::languages`] the reserve counts these agents in; empty without clearance.
    pub reserves: Vec<usize>,
    /// Lines it may serve, by number.
    pub lines: BTreeSet<u32>,
    /// Who is free, in idle order, by openness (open, resting) and kind.
    free: [[BTreeSet<(u64, AgentIx)>; 2]; 2],
}

/// The reserve of one language.
#[derive(Debug, Clone)]
pub(crate) struct Reserve {
    language: Language,
    /// Cleared agents who could be offered a contact now, by kind.
    pub free: [u32; 2],
    /// Cleared agents who are not offline.
    pub on_shift: u32,
    /// Whether more than the reserve was free when last looked at, by kind.
    was_open: [bool; 2],
}

/// What becomes due. The order is the order of work among things due in the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Contact(ContactId),
    Agent(AgentIx),
    Place(ContactId),
    Storm,
    /// Somebody may be asked again for this contact.
    Rest(ContactId),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub lines: Vec<Line>,
    line_of: BTreeMap<LineKey, u32>,
    pub groups: Vec<Group>,
    group_of: BTreeMap<Profile, u32>,
    /// The first contact of each line that has one, by slope: within a slope the order is fixed.
    pub heads: BTreeMap<i64, BTreeSet<(Key, u32)>>,
    /// Who waits in each queue, offered ones included.
    pub queues: BTreeMap<QueueName, BTreeSet<Key>>,
    pub timers: BTreeSet<(Time, Subject)>,
    storm: Option<Time>,
    pub languages: Vec<Reserve>,
    /// Ready agents cleared for each lane, by [`Lane`] number.
    pub ready: [u32; 5],
    /// Safeguarding lanes that have a queue.
    pub safe_lanes: Vec<Lane>,
    /// Lines a contact joined since matching last came to rest.
    pub fresh_lines: BTreeSet<u32>,
    /// Groups in which somebody became free since then, by kind.
    pub fresh_groups: [BTreeSet<u32>; 2],
}

impl Index {
    /// Makes the whole index anew.
    pub fn rebuild(state: &mut State, clock: Time) -> Index {
        let mut index = Index::default();
        let lanes = state.centre.queues.values().map(|q| q.lane).filter(|lane| lane.is_safeguarding());
        index.safe_lanes = lanes.collect::<BTreeSet<Lane>>().into_iter().collect();
        for ix in 0..state.agents.len() as AgentIx {
            state.agent_mut(ix).standing = Standing::default();
            index.link_agent(state, ix);
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
        index
    }

    /// Links a contact as its state now is.
    pub fn link_contact(&mut self, state: &mut State, id: ContactId, clock: Time) {
        let Some(contact) = state.contacts.get_mut(&id) else {
            return;
        };
        let old = std::mem::take(&mut contact.links);
        let contact = state.contacts.get(&id).expect("found above");
        let new = self.links_of(state, id, contact, &old, clock);
        self.move_contact(id, &old, &new);
        state.contacts.get_mut(&id).expect("found above").links = new;
    }

    /// Takes a contact out of everything, before it is forgotten.
    pub fn unlink_contact(&mut self, state: &mut State, id: ContactId) {
        let Some(contact) = state.contacts.get_mut(&id) else {
            return;
        };
        let old = std::mem::take(&mut contact.links);
        self.move_contact(id, &old, &ContactLinks::default());
    }

    fn links_of(
        &mut self,
        state: &State,
        id: ContactId,
        contact: &Contact,
        old: &ContactLinks,
        clock: Time,
    ) -> ContactLinks {
        let mut new = ContactLinks {
            due: state.contact_due(id, contact),
            rest: contact.rest_due(clock),
            ..ContactLinks::default()
        };
        let Some(order) = &contact.order else {
            return new;
        };
        new.line = old.line.or_else(|| Some(self.line(state, contact, order)));
        if contact.waits() {
            let key = state.key(id, order);
            new.in_queue = Some((order.queue.clone(), key));
            new.in_line = matches!(contact.stage, crate::state::Stage::Waiting).then_some(key);
        }
        new
    }

    fn move_contact(&mut self, id: ContactId, old: &ContactLinks, new: &ContactLinks) {
        if (old.in_line, old.line) != (new.in_line, new.line) {
            // A contact whose line was forgotten left its old line in `leave_line` before.
            if let (Some(line), Some(key)) = (old.line, old.in_line) {
                self.change_line(line, |members| members.remove(&key));
            }
            if let (Some(line), Some(key)) = (new.line, new.in_line) {
                self.change_line(line, |members| members.insert(key));
                self.fresh_lines.insert(line);
            }
        }
        if old.in_queue != new.in_queue {
            if let Some((queue, key)) = &old.in_queue {
                self.queues.entry(queue.clone()).or_default().remove(key);
            }
            if let Some((queue, key)) = &new.in_queue {
                self.queues.entry(queue.clone()).or_default().insert(*key);
            }
        }
        self.move_timer(Subject::Contact(id), old.due, new.due);
        self.move_timer(Subject::Rest(id), old.rest, new.rest);
    }

    /// What the contact asks for is about to change: it leaves its line and finds another one when
    /// linked again.
    pub fn leave_line(&mut self, state: &mut State, id: ContactId) {
        let Some(contact) = state.contacts.get_mut(&id) else {
            return;
        };
        let key = contact.links.in_line.take();
        if let (Some(line), Some(key)) = (contact.links.line.take(), key) {
            self.change_line(line, |members| members.remove(&key));
        }
    }

    fn change_line(&mut self, line: u32, change: impl FnOnce(&mut BTreeSet<Key>) -> bool) {
        let row = &mut self.lines[line as usize];
        let before = row.members.first().copied();
        change(&mut row.members);
        let after = row.members.first().copied();
        if before != after {
            let heads = self.heads.entry(row.slope).or_default();
            before.map(|key| heads.remove(&(key, line)));
            after.map(|key| heads.insert((key, line)));
        }
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

    /// Links an agent as their state now is.
    pub fn link_agent(&mut self, state: &mut State, ix: AgentIx) {
        let new = self.standing_of(state, ix);
        let row = state.agent_mut(ix);
        let old = std::mem::replace(&mut row.standing, new);
        if old == new {
            return;
        }
        self.count_agent(ix, &old, false);
        self.count_agent(ix, &new, true);
        self.move_timer(Subject::Agent(ix), old.due, new.due);
    }

    fn standing_of(&mut self, state: &State, ix: AgentIx) -> Standing {
        let row = state.agent(ix);
        let due = state.agent_due(row);
        let Some(set_up) = state.set_up(ix).filter(|a| a.roles.contains(&Role::Agent)) else {
            return Standing { due, ..Standing::default() };
        };
        let group = match row.standing.group {
            // The group is kept until `forget_group`: set-up changes are rare, links are not.
            Some(group) => group,
            None => self.group(set_up),
        };
        let openness = state.openness(row);
        let slots = Kind::BOTH.map(|kind| openness.filter(|_| state.has_room(row, set_up, kind)));
        Standing {
            group: Some(group),
            slots,
            idle: row.idle,
            on_shift: row.presence != Presence::Offline,
            ready: row.presence == Presence::Ready,
            due,
        }
    }

    /// The agent's set-up is about to change: they leave their group and find one when linked again.
    pub fn forget_group(&mut self, state: &mut State, ix: AgentIx) {
        let old = state.agent(ix).standing;
        self.count_agent(ix, &old, false);
        state.agent_mut(ix).standing = Standing { due: old.due, ..Standing::default() };
    }

    fn count_agent(&mut self, ix: AgentIx, standing: &Standing, join: bool) {
        let Some(number) = standing.group else { return };
        let group = &mut self.groups[number as usize];
        for kind in Kind::BOTH {
            let Some(openness) = standing.slots[kind as usize] else {
                continue;
            };
            let free = &mut group.free[openness as usize][kind as usize];
            if join {
                free.insert((standing.idle, ix));
                self.fresh_groups[kind as usize].insert(number);
            } else {
                free.remove(&(standing.idle, ix));
            }
            if openness == Openness::Open {
                for row in &group.reserves {
                    count(&mut self.languages[*row].free[kind as usize], join);
                }
            }
        }
        if standing.on_shift {
            group.reserves.iter().for_each(|row| count(&mut self.languages[*row].on_shift, join));
        }
        if standing.ready {
            group.profile.clearances.iter().for_each(|lane| count(&mut self.ready[*lane as usize], join));
        }
    }

    fn line(&mut self, state: &State, contact: &Contact, order: &Order) -> u32 {
        let key = LineKey {
            queue: order.queue.clone(),
            skills: order.needs.skills.clone(),
            language: order.needs.language,
            tier: order.needs.tier,
            lane: order.lane.is_safeguarding().then_some(order.lane),
            tenant: (contact.tenant.as_str() != state.centre.floor.as_str()).then(|| contact.tenant.clone()),
            kind: Kind::of(contact.channel),
            ordinary: order.ordinary(),
            urgent: order.urgent(),
            any: order.any_agent,
        };
        if let Some(line) = self.line_of.get(&key) {
            return *line;
        }
        let number = self.lines.len() as u32;
        let mut line = Line {
            slope: state.slope(&order.queue),
            choose: state.queue(&order.queue).map_or(Choose::LongestIdle, |q| q.choose),
            members: BTreeSet::new(),
            groups: Vec::new(),
            key,
        };
        for (group, row) in self.groups.iter_mut().enumerate() {
            if let Some(level) = row.profile.serves(&line.key) {
                line.groups.push((group as u32, level));
                row.lines.insert(number);
            }
        }
        self.line_of.insert(line.key.clone(), number);
        self.lines.push(line);
        number
    }

    fn group(&mut self, agent: &Agent) -> u32 {
        let profile = Profile {
            skills: agent.skills.clone(),
            languages: agent.languages.clone(),
            clearances: agent.clearances.iter().copied().filter(|lane| lane.is_safeguarding()).collect(),
            tenants: agent.tenants.clone(),
            tier: agent.tier,
        };
        if let Some(group) = self.group_of.get(&profile) {
            return *group;
        }
        let number = self.groups.len() as u32;
        let cleared = !profile.clearances.is_empty();
        let languages: Vec<Language> = profile.languages.iter().copied().filter(|_| cleared).collect();
        let reserves = languages.into_iter().map(|language| self.reserve_row(language)).collect();
        let mut group = Group { profile, reserves, lines: BTreeSet::new(), free: Default::default() };
        for (line, row) in self.lines.iter_mut().enumerate() {
            if let Some(level) = group.profile.serves(&row.key) {
                row.groups.push((number, level));
                group.lines.insert(line as u32);
            }
        }
        self.group_of.insert(group.profile.clone(), number);
        self.groups.push(group);
        number
    }

    fn reserve_row(&mut self, language: Language) -> usize {
        let found = self.languages.iter().position(|row| row.language == language);
        found.unwrap_or_else(|| {
            self.languages.push(Reserve { language, free: [0; 2], on_shift: 0, was_open: [false; 2] });
            self.languages.len() - 1
        })
    }

    /// Marks the groups whose agents the reserve held back and no longer does.
    pub fn note_reserves(&mut self, rules: &vocabulary::centre::Rules) {
        for row in 0..self.languages.len() {
            for kind in Kind::BOTH {
                let open = self.languages[row].open(kind, rules);
                let before = std::mem::replace(&mut self.languages[row].was_open[kind as usize], open);
                if open && !before {
                    let holders = self.groups.iter().enumerate().filter(|(_, g)| g.reserves.contains(&row));
                    self.fresh_groups[kind as usize].extend(holders.map(|(number, _)| number as u32));
                }
            }
        }
    }

    /// Whether the reserve of any language of the group forbids it an ordinary contact now.
    pub fn held_back(&self, group: &Group, kind: Kind, rules: &vocabulary::centre::Rules) -> bool {
        group.reserves.iter().any(|row| !self.languages[*row].open(kind, rules))
    }
}

impl Reserve {
    /// Whether one more cleared agent may be taken by an ordinary contact.
    fn open(&self, kind: Kind, rules: &vocabulary::centre::Rules) -> bool {
        let cap = u64::from(self.on_shift) * u64::from(rules.reserve_cap_percent) / 100;
        u64::from(self.free[kind as usize]) > cap.min(u64::from(rules.reserve))
    }
}

impl Group {
    pub fn free(&self, openness: Openness, kind: Kind) -> &BTreeSet<(u64, AgentIx)> {
        &self.free[openness as usize][kind as usize]
    }
}

impl Profile {
    /// Whether agents of this profile may serve a line, and the sum of their levels in what it
    /// asks for. On the any-agent rung everybody may, and the level says who is cleared.
    fn serves(&self, line: &LineKey) -> Option<u32> {
        let cleared = line.lane.is_none_or(|lane| self.clearances.contains(&lane));
        if line.any {
            return Some(u32::from(cleared));
        }
        let tenant = line.tenant.as_ref().is_none_or(|tenant| self.tenants.contains(tenant));
        let language = line.language.is_none_or(|language| self.languages.contains(&language));
        if !cleared || !tenant || !language || self.tier < line.tier {
            return None;
        }
        let mut sum = 0;
        for (skill, asked) in &line.skills {
            let level = self.skills.get(skill).filter(|level| *level >= asked)?;
            sum += u32::from(level.get());
        }
        Some(sum)
    }
}

fn count(counter: &mut u32, join: bool) {
    if join {
        *counter += 1;
    } else {
        *counter -= 1;
    }
}
