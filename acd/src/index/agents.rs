//! Groups of agents who offer the same thing, who of them is free, and the reserve.

use super::profile::{Asked, Profile, serves_at_all};
use super::{Index, Line};
use crate::state::load::slice_of;
use crate::state::room::{KINDS, Kind, Room};
use crate::state::{AgentIx, OPENNESS, Openness, State, least_skills};
use std::collections::BTreeSet;
use vocabulary::centre::{Agent, Queue, Rules, SkillMode};
use vocabulary::{Language, Presence, Time};

/// How an agent is linked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Standing {
    pub group: Option<u32>,
    /// What they carry at once.
    pub room: Room,
    /// When the next training of theirs expires.
    trained_until: Option<Time>,
    slots: [Option<Openness>; KINDS],
    idle: u64,
    on_shift: bool,
    leaving: bool,
    ready: bool,
    due: Option<Time>,
}

impl Standing {
    /// Whether they are on shift and stay.
    pub fn is_here(&self) -> bool {
        self.on_shift && !self.leaving
    }

    /// Whether they are free for anything of a kind they may serve.
    pub fn is_open(&self, kind: Kind) -> bool {
        self.slots[kind.ix()] == Some(Openness::Open)
    }
}

/// Agents who offer the same thing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub profile: Profile,
    /// Rows of [`Index::languages`] the reserve counts these agents in; empty without clearance.
    pub reserves: Vec<usize>,
    /// Pools of lines it may serve, by kind.
    pub pools: [Vec<u32>; KINDS],
    /// Who is free, in idle order, by openness (open, resting) and kind.
    free: [[BTreeSet<(u64, AgentIx)>; KINDS]; OPENNESS],
    /// Where the group stands in [`Index::free_groups`], if somebody is free.
    listed: [[u32; KINDS]; OPENNESS],
    /// Whether it is listed in [`Index::fresh_groups`], by kind.
    pub fresh: [bool; KINDS],
    /// How many are not offline.
    on_shift: u32,
    /// How many are ready, busy or not.
    pub ready: u32,
}

/// The reserve of one language.
#[derive(Debug, Clone)]
pub(crate) struct Reserve {
    language: Language,
    /// Groups whose agents it counts.
    groups: Vec<u32>,
    /// Cleared agents who could be offered a contact now, by kind.
    free: [u32; KINDS],
    /// Cleared agents who are not offline.
    on_shift: u32,
    /// How many the load asks to keep free.
    needed: u32,
    /// Whether more than the reserve is free, by kind.
    open: [bool; KINDS],
}

impl Index {
    /// Links an agent as their state now is.
    pub fn link_agent(&mut self, state: &mut State, ix: AgentIx, clock: Time) {
        let new = self.standing_of(state, ix, clock);
        let old = std::mem::replace(&mut state.agent_mut(ix).standing, new);
        // What of their work could yield is not in the links: whoever is linked is looked at again.
        if !self.taking_lines.is_empty() {
            self.fresh_yields.push(ix);
        }
        if old == new {
            return;
        }
        self.move_agent(ix, &old, &new);
        self.move_timer(super::Subject::Agent(ix), old.due, new.due);
        self.move_training(ix, old.trained_until, new.trained_until);
        if (old.group, old.is_here()) != (new.group, new.is_here()) {
            self.link_who_prefers(state, ix, clock);
        }
    }

    fn standing_of(&mut self, state: &State, ix: AgentIx, clock: Time) -> Standing {
        let row = state.agent(ix);
        let due = state.agent_due(row);
        let (group, room, trained_until) = match row.standing.group {
            // The group is kept until `forget_group`: set-up changes are rare, links are not.
            Some(group) if !row.gone => (group, row.standing.room, row.standing.trained_until),
            _ => match state.set_up(ix).filter(|a| serves_at_all(a)) {
                Some(set_up) => (self.group(set_up, clock), state.kinds.room_of(set_up), set_up.next_expiry(clock)),
                None => return Standing { due, ..Standing::default() },
            },
        };
        let mut slots = [None; KINDS];
        if let Some(openness) = state.openness(row) {
            for kind in self.each_kind() {
                slots[kind.ix()] = state.has_room(row, room, kind).then_some(openness);
            }
        }
        Standing {
            group: Some(group),
            room,
            trained_until,
            slots,
            idle: row.idle,
            on_shift: row.presence != Presence::Offline,
            leaving: row.life.leaving.is_some(),
            ready: row.presence == Presence::Ready && row.life.leaving.is_none(),
            due,
        }
    }

    /// The agent's set-up is about to change: they leave their group and find one when linked again.
    pub fn forget_group(&mut self, state: &mut State, ix: AgentIx, clock: Time) {
        let old = state.agent(ix).standing;
        let new = Standing { due: old.due, ..Standing::default() };
        self.move_agent(ix, &old, &new);
        self.move_training(ix, old.trained_until, None);
        state.agent_mut(ix).standing = new;
        self.link_who_prefers(state, ix, clock);
    }

    fn move_training(&mut self, ix: AgentIx, old: Option<Time>, new: Option<Time>) {
        if old != new {
            old.map(|at| self.trainings.remove(&(at, ix)));
            new.map(|at| self.trainings.insert((at, ix)));
        }
    }

    /// Training that has expired by now counts no more. What an agent does already goes on.
    pub fn expire_trainings(&mut self, state: &mut State, clock: Time) {
        while let Some((at, ix)) = self.trainings.first().copied()
            && at <= clock
        {
            self.forget_group(state, ix, clock);
            self.link_agent(state, ix, clock);
        }
    }

    fn move_agent(&mut self, ix: AgentIx, old: &Standing, new: &Standing) {
        for kind in self.each_kind() {
            let (before, after) = (old.slots[kind.ix()], new.slots[kind.ix()]);
            if (before, old.idle, old.group) == (after, new.idle, new.group) {
                continue;
            }
            if let (Some(openness), Some(group)) = (before, old.group) {
                self.leave_free(group, openness, kind, (old.idle, ix));
            }
            if let (Some(openness), Some(group)) = (after, new.group) {
                self.join_free(group, openness, kind, (new.idle, ix));
                // Who only changed places among the free serves nobody they did not serve before.
                if (before, old.group) != (after, new.group) {
                    self.freshen(group, kind);
                    self.look_again_for(ix);
                }
            }
        }
        if (old.on_shift, old.ready, old.group) != (new.on_shift, new.ready, new.group) {
            self.count_presence(old, false);
            self.count_presence(new, true);
        }
    }

    fn join_free(&mut self, number: u32, openness: Openness, kind: Kind, agent: (u64, AgentIx)) {
        let group = &mut self.groups[number as usize];
        let free = &mut group.free[openness as usize][kind.ix()];
        free.insert(agent);
        self.idle[openness as usize][kind.ix()].insert((agent.0, agent.1, number));
        if free.len() == 1 {
            let listed = &mut self.free_groups[openness as usize][kind.ix()];
            group.listed[openness as usize][kind.ix()] = listed.len() as u32;
            listed.push(number);
        }
        self.count_reserve(number, openness, kind, true);
        self.count_free(number, openness, kind, true);
    }

    fn leave_free(&mut self, number: u32, openness: Openness, kind: Kind, agent: (u64, AgentIx)) {
        let group = &mut self.groups[number as usize];
        let free = &mut group.free[openness as usize][kind.ix()];
        free.remove(&agent);
        self.idle[openness as usize][kind.ix()].remove(&(agent.0, agent.1, number));
        if free.is_empty() {
            let at = group.listed[openness as usize][kind.ix()];
            let listed = &mut self.free_groups[openness as usize][kind.ix()];
            listed.swap_remove(at as usize);
            if let Some(moved) = listed.get(at as usize) {
                self.groups[*moved as usize].listed[openness as usize][kind.ix()] = at;
            }
        }
        self.count_reserve(number, openness, kind, false);
        self.count_free(number, openness, kind, false);
    }

    fn freshen(&mut self, number: u32, kind: Kind) {
        let fresh = &mut self.groups[number as usize].fresh[kind.ix()];
        if !std::mem::replace(fresh, true) {
            self.fresh_groups[kind.ix()].push(number);
        }
    }

    fn count_reserve(&mut self, group: u32, openness: Openness, kind: Kind, join: bool) {
        if openness == Openness::Open {
            for row in &self.groups[group as usize].reserves {
                count(&mut self.languages[*row].free[kind.ix()], join);
                self.reserves_changed = true;
            }
        }
    }

    fn count_presence(&mut self, standing: &Standing, join: bool) {
        let Some(number) = standing.group else { return };
        let group = &mut self.groups[number as usize];
        if standing.on_shift {
            let before = group.on_shift;
            count(&mut group.on_shift, join);
            self.staffing_changed |= (before == 0) != (group.on_shift == 0);
            for row in &group.reserves {
                count(&mut self.languages[*row].on_shift, join);
                self.reserves_changed = true;
            }
        }
        if standing.ready {
            count(&mut group.ready, join);
        }
        if standing.ready && group.profile.agent {
            group.profile.clearances.iter().for_each(|lane| count(&mut self.ready[*lane as usize], join));
        }
    }

    fn group(&mut self, agent: &Agent, clock: Time) -> u32 {
        let profile = Profile::of(agent, clock);
        if let Some(group) = self.group_of.get(&profile) {
            return *group;
        }
        let number = self.groups.len() as u32;
        let cleared = profile.agent && !profile.clearances.is_empty();
        let languages: Vec<Language> = profile.languages.iter().copied().filter(|_| cleared).collect();
        let reserves: Vec<usize> = languages.into_iter().map(|language| self.reserve_row(language)).collect();
        reserves.iter().for_each(|row| self.languages[*row].groups.push(number));
        for line in self.lines.iter_mut().filter(|line| line.key.is_for_all()) {
            let tenant = line.key.tenant.map(|n| &self.tenants[n as usize]);
            let Line { key, needs, mode, surge, .. } = &*line;
            let asked = Asked { key: *key, needs, mode: *mode, tenant, surge: *surge };
            if let Some(level) = profile.serves(&asked) {
                line.groups.push((number, level));
            }
        }
        self.pools_stale = true;
        self.group_of.insert(profile.clone(), number);
        self.groups.push(Group {
            profile,
            reserves,
            pools: Default::default(),
            free: Default::default(),
            listed: Default::default(),
            fresh: Default::default(),
            on_shift: 0,
            ready: 0,
        });
        number
    }

    fn reserve_row(&mut self, language: Language) -> usize {
        let found = self.languages.iter().position(|row| row.language == language);
        found.unwrap_or_else(|| {
            self.languages.push(Reserve {
                language,
                groups: Vec::new(),
                free: [0; KINDS],
                needed: 0,
                on_shift: 0,
                open: [false; KINDS],
            });
            self.loads_changed = true;
            self.languages.len() - 1
        })
    }

    /// The reserves follow the load of the last hour.
    pub(super) fn follow_load(&mut self, state: &State, now: Time) {
        let slice = slice_of(now);
        if slice == self.load_slice && !self.loads_changed {
            return;
        }
        (self.load_slice, self.loads_changed) = (slice, false);
        for row in &mut self.languages {
            let needed = state.reserve_needed(row.language, slice);
            self.reserves_changed |= needed != row.needed;
            row.needed = needed;
        }
    }

    /// Looks again at every reserve, and marks the groups whose agents one held back and no longer
    /// does.
    pub(super) fn note_reserves(&mut self, rules: &Rules) {
        for row in 0..self.languages.len() {
            for kind in self.each_kind() {
                let reserve = &mut self.languages[row];
                let open = reserve.has_more(kind, rules);
                if std::mem::replace(&mut reserve.open[kind.ix()], open) || !open {
                    continue;
                }
                let groups = std::mem::take(&mut reserve.groups);
                self.look_again_for_each();
                for group in &groups {
                    if !self.groups[*group as usize].free(Openness::Open, kind).is_empty() {
                        self.freshen(*group, kind);
                    }
                }
                self.languages[row].groups = groups;
            }
        }
    }

    /// Whether anybody on shift could ever serve contacts of a queue, whatever their language.
    pub fn is_staffed(&self, state: &State, queue: &Queue) -> bool {
        let own = queue.tenant.as_str() == state.centre.floor.as_str();
        let least = least_skills(queue);
        let surge = state.surge.contains(&queue.name);
        self.groups.iter().filter(|group| group.on_shift > 0).any(|group| {
            let profile = &group.profile;
            let cleared = !queue.lane.is_safeguarding() || profile.clearances.contains(&queue.lane);
            let tenant = own || profile.tenants.contains(&queue.tenant);
            let strict = queue.skill_mode == SkillMode::All;
            let has = |(skill, level)| profile.skills.get(skill).is_some_and(|has| has >= level);
            let skilled = profile.agent && profile.tier >= queue.tier && (!strict || least.iter().all(has));
            cleared && tenant && (skilled || (surge && profile.supervisor))
        })
    }

    /// Whether any reserve holds anybody back.
    pub fn a_reserve_holds(&self, kind: Kind) -> bool {
        self.languages.iter().any(|row| !row.open[kind.ix()])
    }

    /// Whether the reserve of any language of the group forbids it an ordinary contact now.
    pub fn held_back(&self, group: &Group, kind: Kind) -> bool {
        group.reserves.iter().any(|row| !self.languages[*row].open[kind.ix()])
    }
}

impl Reserve {
    /// Whether one more cleared agent may be taken by an ordinary contact.
    fn has_more(&self, kind: Kind, rules: &Rules) -> bool {
        let cap = u64::from(self.on_shift) * u64::from(rules.reserve_cap_percent) / 100;
        u64::from(self.free[kind.ix()]) > cap.min(u64::from(rules.reserve.max(self.needed)))
    }
}

impl Group {
    pub fn free(&self, openness: Openness, kind: Kind) -> &BTreeSet<(u64, AgentIx)> {
        &self.free[openness as usize][kind.ix()]
    }
}

pub(super) fn count(counter: &mut u32, join: bool) {
    if join {
        *counter += 1;
    } else {
        *counter -= 1;
    }
}
