//! Lines of contacts that ask for the same thing, and pools of lines that the same agents serve.

use super::profile::Asked;
use super::{Index, Place};
use crate::rank::{Claim, Key};
use crate::state::room::Kind;
use crate::state::{AgentIx, Contact, OPENNESS, Openness, Order, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use vocabulary::centre::{Choose, SkillMode};
use vocabulary::{ContactId, Lane, Needs, QueueName, Time};

/// Everything that decides which agents may serve a contact, and how they are chosen. Queue, needs
/// and tenant are numbers of this index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineKey {
    pub queue: u32,
    needs: u32,
    /// Whose it is; `None` for the operator's own (the tenant named like the floor).
    pub tenant: Option<u32>,
    /// The safeguarding lane, if it is one.
    pub lane: Option<Lane>,
    pub kind: Kind,
    pub ordinary: bool,
    pub urgent: bool,
    pub any: bool,
    /// Age adds no more points to them.
    capped: bool,
    /// The agent they are kept for, because they prefer that one.
    pub only: Option<AgentIx>,
}

impl LineKey {
    /// Whether it is the line of contacts like this, for everyone or for one agent.
    pub fn is_for(&self, capped: bool, only: Option<AgentIx>) -> bool {
        (self.capped, self.only) == (capped, only)
    }

    pub fn is_for_all(&self) -> bool {
        self.only.is_none()
    }

    /// Whether work yields to its contacts: P0, and P1 in a safeguarding lane.
    pub fn takes(&self) -> bool {
        self.urgent || (self.lane.is_none() && !self.ordinary)
    }
}

/// Contacts that ask for the same thing. If the first of them without a resting agent cannot be
/// offered to anyone, none can.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub key: LineKey,
    pub needs: Arc<Needs>,
    /// Points gained a minute: those of the queue, or none.
    pub slope: i64,
    /// Slope and cap of the queue.
    grows: (i64, Option<i64>),
    pub choose: Choose,
    pub mode: SkillMode,
    pub members: BTreeSet<Key>,
    /// In the queue and not to be offered now.
    aside: BTreeSet<Key>,
    head: Option<Key>,
    /// Groups that may serve it, by number, with the sum of their levels in the skills asked for.
    pub groups: Vec<(u32, u32)>,
    pub pool: u32,
    /// Whether it is listed in [`Index::fresh_lines`].
    pub fresh: bool,
    /// Whether supervisors serve its queue too.
    pub surge: bool,
}

/// Lines that the same groups serve and whose order among each other never changes. An agent who
/// becomes free looks at the first line of each pool, not at every line.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub slope: i64,
    pub ordinary: bool,
    pub urgent: bool,
    pub takes: bool,
    /// The first contact of each line that has one.
    pub heads: BTreeSet<(Key, u32)>,
    /// How many agents of its groups are free, by openness.
    free: [u32; OPENNESS],
    /// Those of its groups that a reserve may hold back.
    cleared: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolKey {
    slope: i64,
    kind: Kind,
    ordinary: bool,
    urgent: bool,
    takes: bool,
    groups: Vec<u32>,
}

/// The lines of a queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueueLines {
    lines: Vec<u32>,
}

impl Index {
    pub(super) fn join(&mut self, line: u32, place: Place) {
        let row = &mut self.lines[line as usize];
        match place {
            Place::Nowhere => {}
            Place::Aside(key) => drop(row.aside.insert(key)),
            Place::InLine(key) => {
                row.members.insert(key);
                if row.head.is_none_or(|head| key < head) {
                    self.change_head(line, Some(key));
                }
                self.look_again(line);
            }
        }
    }

    /// Somebody may serve the line who could not before.
    pub fn look_again(&mut self, line: u32) {
        if !std::mem::replace(&mut self.lines[line as usize].fresh, true) {
            self.fresh_lines.push(line);
        }
    }

    pub(super) fn leave(&mut self, line: u32, place: Place) {
        let row = &mut self.lines[line as usize];
        match place {
            Place::Nowhere => {}
            Place::Aside(key) => drop(row.aside.remove(&key)),
            Place::InLine(key) => {
                row.members.remove(&key);
                if row.head == Some(key) {
                    let head = row.members.first().copied();
                    self.change_head(line, head);
                }
            }
        }
        self.drop_line(line);
    }

    fn change_head(&mut self, line: u32, head: Option<Key>) {
        let row = &mut self.lines[line as usize];
        let old = std::mem::replace(&mut row.head, head);
        if row.key.takes() {
            match head {
                Some(_) => self.taking_lines.insert(line),
                None => self.taking_lines.remove(&line),
            };
        }
        // While pools are stale a line may have none yet; they are made from the heads.
        if let Some(pool) = self.pools.get_mut(row.pool as usize) {
            old.map(|key| pool.heads.remove(&(key, line)));
            head.map(|key| pool.heads.insert((key, line)));
        }
    }

    /// The line of contacts that ask for what this one asks for.
    pub(super) fn line(
        &mut self,
        state: &State,
        contact: &Contact,
        order: &Order,
        (capped, only): (bool, Option<AgentIx>),
    ) -> u32 {
        let own = contact.tenant.as_str() == state.centre.floor.as_str();
        let key = LineKey {
            queue: self.queue_number(&order.queue),
            needs: self.needs_number(&order.needs),
            tenant: (!own).then(|| self.tenant_number(contact)),
            lane: order.lane.is_safeguarding().then_some(order.lane),
            kind: state.kinds.kind(contact.channel),
            ordinary: order.ordinary(),
            urgent: order.urgent(),
            any: order.any_agent,
            capped,
            only,
        };
        if let Some(line) = self.line_of.get(&key) {
            return *line;
        }
        let needs = Arc::clone(&self.needs[key.needs as usize]);
        let queue = state.queue(&order.queue);
        let (mode, slope) = queue.map_or((SkillMode::All, 0), |q| (q.skill_mode, q.slope));
        let surge = state.surge.contains(&order.queue);
        let asked = Asked { needs: &needs, mode, tenant: key.tenant.map(|n| &self.tenants[n as usize]), surge, key };
        // What one agent is kept for no group is looked at for.
        let serving = self.groups.iter().enumerate().filter(|_| key.is_for_all());
        let groups = serving.filter_map(|(group, row)| Some((group as u32, row.profile.serves(&asked)?))).collect();
        self.add_line(Line {
            slope: if capped { 0 } else { slope },
            grows: (slope, queue.and_then(|q| q.most_points)),
            choose: queue.map_or(Choose::LongestIdle, |q| q.choose),
            mode,
            members: BTreeSet::new(),
            aside: BTreeSet::new(),
            head: None,
            groups,
            pool: u32::MAX,
            fresh: false,
            surge,
            key,
            needs,
        })
    }

    fn add_line(&mut self, line: Line) -> u32 {
        let key = line.key;
        let number = self.spare_lines.pop().unwrap_or(self.lines.len() as u32);
        match self.lines.get_mut(number as usize) {
            Some(spare) => *spare = line,
            None => self.lines.push(line),
        }
        self.line_of.insert(key, number);
        self.queues.at_mut(key.queue).lines.push(number);
        match key.only {
            Some(ix) => self.lines_for.entry(ix).or_default().push(number),
            None if self.pools_stale => {}
            None => self.enter_pool(number),
        }
        number
    }

    /// A line for one agent that nobody is in any more is forgotten: there may be as many as there
    /// are agents and lines.
    fn drop_line(&mut self, number: u32) {
        let row = &self.lines[number as usize];
        let (key, empty) = (row.key, row.members.is_empty() && row.aside.is_empty());
        let Some(ix) = key.only.filter(|_| empty) else { return };
        self.line_of.remove(&key);
        self.queues.at_mut(key.queue).lines.retain(|line| *line != number);
        if let Some(lines) = self.lines_for.get_mut(&ix) {
            lines.retain(|line| *line != number);
            if lines.is_empty() {
                self.lines_for.remove(&ix);
            }
        }
        self.spare_lines.push(number);
    }

    /// An agent is free who was not: lines kept for them are looked at.
    pub(super) fn look_again_for(&mut self, ix: AgentIx) {
        let lines = self.lines_for.get(&ix).cloned().unwrap_or_default();
        lines.into_iter().for_each(|line| self.look_again(line));
    }

    /// A reserve holds nobody back any more.
    pub(super) fn look_again_for_each(&mut self) {
        let lines: Vec<u32> = self.lines_for.values().flatten().copied().collect();
        lines.into_iter().for_each(|line| self.look_again(line));
    }

    /// Groups that may serve what a contact would ask for, whether or not a line for it exists.
    pub fn groups_for(&self, state: &State, contact: &Contact, order: &Order) -> Vec<u32> {
        let own = contact.tenant.as_str() == state.centre.floor.as_str();
        let key = LineKey {
            queue: 0,
            needs: 0,
            tenant: None,
            lane: order.lane.is_safeguarding().then_some(order.lane),
            kind: state.kinds.kind(contact.channel),
            ordinary: order.ordinary(),
            urgent: order.urgent(),
            any: order.any_agent,
            capped: false,
            only: None,
        };
        let tenant = (!own).then_some(&contact.tenant);
        let mode = state.queue(&order.queue).map_or(SkillMode::All, |q| q.skill_mode);
        let surge = state.surge.contains(&order.queue);
        let asked = Asked { key, needs: &order.needs, mode, tenant, surge };
        let serving = self.groups.iter().enumerate().filter(|(_, group)| group.profile.serves(&asked).is_some());
        serving.map(|(number, _)| number as u32).collect()
    }

    /// Lines with their queues' names.
    pub fn lines_of_queues(&self) -> impl Iterator<Item = (&QueueName, &Line)> + '_ {
        let lines = self.queues.iter().flat_map(|(name, row)| row.lines.iter().map(move |line| (name, *line)));
        lines.map(|(name, line)| (name, &self.lines[line as usize]))
    }

    fn queue_number(&mut self, name: &QueueName) -> u32 {
        self.queues.number(name).unwrap_or_else(|| {
            self.queues.insert(name.clone(), QueueLines::default());
            self.queues.number(name).expect("just put in")
        })
    }

    /// Equal needs, once for all who ask for them.
    pub fn shared(&mut self, needs: &Needs) -> Arc<Needs> {
        let number = self.needs_number(needs);
        Arc::clone(&self.needs[number as usize])
    }

    fn needs_number(&mut self, needs: &Needs) -> u32 {
        // Asked for twice in a row: when a contact is queued and when it is linked.
        if self.needs.get(self.newest as usize).is_some_and(|known| std::ptr::eq(Arc::as_ptr(known), needs)) {
            return self.newest;
        }
        let numbers = self.needs_of.entry(fingerprint(needs)).or_default();
        let found = numbers.iter().find(|n| *self.needs[**n as usize] == *needs);
        self.newest = found.copied().unwrap_or_else(|| {
            let number = self.needs.len() as u32;
            self.needs.push(Arc::new(needs.clone()));
            numbers.push(number);
            number
        });
        self.newest
    }

    fn tenant_number(&mut self, contact: &Contact) -> u32 {
        let found = self.tenants.iter().position(|tenant| *tenant == contact.tenant);
        found.unwrap_or_else(|| {
            self.tenants.push(contact.tenant.clone());
            self.tenants.len() - 1
        }) as u32
    }

    /// A line joins the pool of lines that the same groups serve.
    fn enter_pool(&mut self, line: u32) {
        let row = &mut self.lines[line as usize];
        let key = PoolKey {
            slope: row.slope,
            kind: row.key.kind,
            ordinary: row.key.ordinary,
            urgent: row.key.urgent,
            takes: row.key.takes(),
            groups: row.groups.iter().map(|(group, _)| *group).collect(),
        };
        let pool = match self.pool_of.get(&key) {
            Some(pool) => *pool,
            None => {
                let number = self.pools.len() as u32;
                let (mut free, mut cleared) = ([0; OPENNESS], Vec::new());
                for number_of_group in &key.groups {
                    let group = &mut self.groups[*number_of_group as usize];
                    if !group.reserves.is_empty() {
                        cleared.push(*number_of_group);
                    }
                    group.pools[key.kind.ix()].push(number);
                    for openness in Openness::ALL {
                        free[openness as usize] += group.free(openness, key.kind).len() as u32;
                    }
                }
                let PoolKey { slope, ordinary, urgent, takes, .. } = key;
                self.pools.push(Pool { slope, ordinary, urgent, takes, heads: BTreeSet::new(), free, cleared });
                self.pool_of.insert(key, number);
                number
            }
        };
        row.pool = pool;
        row.head.map(|head| self.pools[pool as usize].heads.insert((head, line)));
    }

    /// Finds anew which lines the same groups serve.
    pub(super) fn make_pools(&mut self) {
        self.pools.clear();
        self.pool_of.clear();
        self.groups.iter_mut().for_each(|group| group.pools = Default::default());
        let lines = (0..self.lines.len() as u32).filter(|line| self.lines[*line as usize].key.is_for_all());
        lines.collect::<Vec<u32>>().into_iter().for_each(|line| self.enter_pool(line));
    }

    /// How many agents who may serve the lines of this pool became free, or no longer are.
    pub(super) fn count_free(&mut self, group: u32, openness: Openness, kind: Kind, join: bool) {
        for pool in &self.groups[group as usize].pools[kind.ix()] {
            super::agents::count(&mut self.pools[*pool as usize].free[openness as usize], join);
        }
    }

    /// How many who may serve a line and are free are held back from it by a reserve.
    pub fn reserved(&self, line: &Line) -> u32 {
        let kind = line.key.kind;
        if !line.key.ordinary || !self.a_reserve_holds(kind) {
            return 0;
        }
        let cleared = self.pools[line.pool as usize].cleared.iter().map(|group| &self.groups[*group as usize]);
        let held = cleared.filter(|group| self.held_back(group, kind));
        held.map(|group| group.free(Openness::Open, kind).len() as u32).sum()
    }

    fn lines_in(&self, queue: &QueueName) -> impl Iterator<Item = &Line> + '_ {
        let row = self.queues.get(queue).into_iter();
        row.flat_map(|row| row.lines.iter().map(|line| &self.lines[*line as usize]))
    }

    /// Who waits in a queue, offered ones included, in no order.
    pub fn waiting(&self, queue: &QueueName) -> impl Iterator<Item = ContactId> + '_ {
        self.lines_in(queue).flat_map(|line| line.members.iter().chain(&line.aside).map(|key| key.id))
    }

    /// How many wait in a queue, offered ones included.
    pub fn length(&self, queue: &QueueName) -> usize {
        self.lines_in(queue).map(|line| line.members.len() + line.aside.len()).sum()
    }

    /// How many of those go at `now` before a key that grows by a slope.
    pub fn ahead(&self, queue: &QueueName, key: Key, slope: i64, now: Time) -> usize {
        let before = |line: &Line| {
            let bound = key.among(slope, line.slope, now);
            line.members.range(..bound).count() + line.aside.range(..bound).count()
        };
        self.lines_in(queue).map(before).sum()
    }
}

impl Line {
    /// What decides the place of one of its contacts.
    pub fn claim(&self, order: &Order) -> Claim {
        let (slope, most) = self.grows;
        order.claim(slope, most)
    }

    /// The sum of levels of a group that may serve it.
    pub fn level_of(&self, group: u32) -> Option<u32> {
        let at = self.groups.binary_search_by_key(&group, |(number, _)| *number).ok()?;
        Some(self.groups[at].1)
    }
}

impl Pool {
    /// How many who may serve its lines are free.
    pub fn free(&self, openness: Openness) -> u32 {
        self.free[openness as usize]
    }
}

/// The same for equal needs; different needs rarely share one.
fn fingerprint(needs: &Needs) -> u64 {
    let mut hash = needs.tier as u64;
    let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for (skill, level) in &needs.skills {
        skill.as_str().bytes().chain([level.get()]).for_each(&mut take);
    }
    if let Some(language) = &needs.language {
        language.as_str().bytes().for_each(&mut take);
    }
    hash
}
