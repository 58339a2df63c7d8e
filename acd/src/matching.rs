//! Which contact is offered to whom: the search. What an offer then becomes is in `decide`.

use crate::OFFER_SEVERAL;
use crate::index::{Group, Index, Line, Pool};
use crate::rank::Key;
use crate::state::room::Kind;
use crate::state::{AgentIx, Contact, Openness, State};
use vocabulary::centre::{Choose, SkillMode};
use vocabulary::event::{AgentRule, Alarm, Why};
use vocabulary::{ContactId, Time};

/// A match found: whom to offer a contact to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub contact: ContactId,
    pub agents: Vec<AgentIx>,
    pub why: Why,
}

/// An agent as the choice sees them: smaller is better.
type Candidate = (u32, u64, AgentIx);

/// The best-ranked waiting contact that can be offered to somebody, among lines and groups in
/// which something changed. Everything else was tried before and could not.
pub(crate) fn next(state: &State, index: &Index, now: Time) -> Option<Match> {
    let stalled = state.alarms.contains(&(Alarm::JournalStalled, None));
    let mut search = Search { state, index, now, stalled, best: None };
    for line in &index.fresh_lines {
        search.try_line(*line);
    }
    for kind in index.each_kind() {
        for group in &index.fresh_groups[kind.ix()] {
            search.try_group(&index.groups[*group as usize], kind);
        }
    }
    search.best.map(|found| found.into_match(index, now))
}

struct Search<'a> {
    state: &'a State,
    index: &'a Index,
    now: Time,
    /// What is decided cannot be written: ordinary contacts wait until it can.
    stalled: bool,
    best: Option<Found>,
}

/// A contact that can be offered, and its rank at the moment of the search.
struct Found {
    rank: Key,
    key: Key,
    line: u32,
    choice: Choice,
}

impl Search<'_> {
    /// Whether something was found that goes before this rank.
    fn is_beaten(&self, rank: Key) -> bool {
        self.best.as_ref().is_some_and(|found| found.rank <= rank)
    }

    /// Looks at the heads of the lines a group serves, in the order in which they would be served,
    /// until none can be better than what was found.
    fn try_group(&mut self, group: &Group, kind: Kind) {
        let open = !group.free(Openness::Open, kind).is_empty();
        let ordinary = open && !self.stalled && !self.index.held_back(group, kind);
        let yielded = !group.free(Openness::Yielded, kind).is_empty();
        if !open && !yielded && group.free(Openness::Resting, kind).is_empty() {
            return;
        }
        let pools = || group.pools[kind.ix()].iter().map(|pool| &self.index.pools[*pool as usize]);
        // Who rests is asked for urgent contacts only, whom a reserve holds back for no ordinary one.
        let may_serve = |pool: &Pool| {
            if pool.ordinary { ordinary } else { open || pool.urgent || (yielded && pool.takes) }
        };
        let heads = pools().filter(|pool| may_serve(pool));
        let heads =
            heads.filter_map(|pool| pool.heads.first().map(|(key, line)| (key.at(pool.slope, self.now), *line)));
        let Some((rank, line)) = heads.min() else { return };
        if self.is_beaten(rank) {
            return;
        }
        self.try_line(line);
        if self.is_beaten(rank) {
            return;
        }
        // The first of all asks for somebody else, so the others are looked at too.
        for pool in &group.pools[kind.ix()] {
            let pool = &self.index.pools[*pool as usize];
            if !may_serve(pool) {
                continue;
            }
            for (key, line) in &pool.heads {
                if self.is_beaten(key.at(pool.slope, self.now)) {
                    break;
                }
                self.try_line(*line);
            }
        }
    }

    /// Finds the first contact of a line that can be offered, and keeps it if it ranks better.
    fn try_line(&mut self, number: u32) {
        let line = &self.index.lines[number as usize];
        if self.stalled && line.key.ordinary {
            return;
        }
        if let Some(ix) = line.key.only {
            return self.try_kept(number, ix);
        }
        let pool = &self.index.pools[line.pool as usize];
        let resting = pool.urgent && pool.free(Openness::Resting) > 0;
        let yielded = pool.takes && pool.free(Openness::Yielded) > 0;
        if !resting && !yielded && pool.free(Openness::Open) == 0 {
            return;
        }
        for key in &line.members {
            let rank = key.at(line.slope, self.now);
            if self.is_beaten(rank) {
                return;
            }
            let contact = &self.state.contacts[&key.id];
            if let Some(choice) = self.choose(line, contact) {
                self.best = Some(Found { rank, key: *key, line: number, choice });
                return;
            }
            // The same agents would be asked for the next in line, unless this one alone must let
            // some of them rest.
            if contact.rests.iter().all(|(_, until)| *until <= self.now) {
                return;
            }
        }
    }

    /// The first contact of a line that is kept for one agent, if that one is free.
    fn try_kept(&mut self, number: u32, ix: AgentIx) {
        let line = &self.index.lines[number as usize];
        let standing = &self.state.agent(ix).standing;
        let Some(group) = standing.group.filter(|_| standing.is_open(line.key.kind)) else { return };
        if self.is_held_back(line, group) {
            return;
        }
        let first = line.members.iter().find(|key| !self.state.contacts[&key.id].rests(ix, self.now));
        let Some(key) = first else { return };
        let rank = key.at(line.slope, self.now);
        if !self.is_beaten(rank) {
            self.best = Some(Found { rank, key: *key, line: number, choice: Choice::preferred(ix) });
        }
    }

    fn choose(&self, line: &Line, contact: &Contact) -> Option<Choice> {
        let mut choice = self.choose_among(Openness::Open, line, contact);
        if choice.len == 0 && line.key.urgent {
            choice = self.choose_among(Openness::Resting, line, contact);
        }
        if choice.len == 0 && line.key.takes() {
            choice = self.choose_among(Openness::Yielded, line, contact);
        }
        (choice.len > 0).then_some(choice)
    }

    fn choose_among(&self, openness: Openness, line: &Line, contact: &Contact) -> Choice {
        let mut choice = Choice::of(line);
        let free = self.index.pools[line.pool as usize].free(openness);
        if free == 0 {
            return choice;
        }
        choice.reserved = self.index.reserved(line);
        choice.candidates = free - choice.reserved - self.resting(openness, line, contact);
        if choice.candidates == 0 {
            return choice;
        }
        // Whatever is shortest: hardly any group has somebody free on a busy floor, and on an idle
        // one whoever has been idle longest mostly fits.
        let (listed, serving) = (self.index.free_groups(openness, line.key.kind), &line.groups);
        let idle = self.index.idle(openness, line.key.kind);
        let walk = choice.most * idle.len() / choice.candidates as usize;
        if !choice.by_level && walk < listed.len().min(serving.len()) {
            for (idle, ix, group) in idle {
                let fits = line.level_of(*group).is_some() && !self.is_held_back(line, *group);
                if fits && !contact.rests(*ix, self.now) {
                    choice.add((0, *idle, *ix));
                }
                if choice.len == choice.most {
                    break;
                }
            }
        } else if listed.len() < serving.len() {
            for group in listed {
                if let Some(level) = line.level_of(*group) {
                    self.add_group(openness, line, contact, (*group, level), &mut choice);
                }
            }
        } else {
            serving.iter().for_each(|group| self.add_group(openness, line, contact, *group, &mut choice));
        }
        choice
    }

    /// How many who are free and may serve the line have lately not taken this contact: counted from
    /// the few who rest, never by walking all who are free.
    fn resting(&self, openness: Openness, line: &Line, contact: &Contact) -> u32 {
        // Once each: who is in a conversation twice rests twice.
        let counts = |at: usize| {
            let ix = contact.rests[at].0;
            contact.rests(ix, self.now) && !contact.rests[..at].iter().any(|(other, _)| *other == ix)
        };
        let rests = contact.rests.iter().enumerate().filter(|(at, (ix, _))| {
            let row = self.state.agent(*ix);
            let group = row.standing.group.filter(|_| counts(*at));
            group.is_some_and(|number| {
                let group = &self.index.groups[number as usize];
                let free = group.free(openness, line.key.kind).contains(&(row.idle, *ix));
                free && line.level_of(number).is_some() && !self.is_held_back(line, number)
            })
        });
        rests.count() as u32
    }

    fn is_held_back(&self, line: &Line, group: u32) -> bool {
        line.key.ordinary && self.index.held_back(&self.index.groups[group as usize], line.key.kind)
    }

    fn add_group(
        &self,
        openness: Openness,
        line: &Line,
        contact: &Contact,
        (number, level): (u32, u32),
        choice: &mut Choice,
    ) {
        let group = &self.index.groups[number as usize];
        if group.free(openness, line.key.kind).is_empty() || self.is_held_back(line, number) {
            return;
        }
        let rank = if choice.by_level { u32::MAX - level } else { 0 };
        let free = group.free(openness, line.key.kind).iter();
        let able = free.filter(|(_, ix)| !contact.rests(*ix, self.now));
        able.take(choice.most).for_each(|(idle, ix)| choice.add((rank, *idle, *ix)));
    }
}

/// The agents chosen so far for one contact, best first.
struct Choice {
    rule: AgentRule,
    /// Whether who has more of what is asked goes first.
    by_level: bool,
    most: usize,
    picked: [Candidate; OFFER_SEVERAL],
    len: usize,
    candidates: u32,
    reserved: u32,
}

impl Choice {
    fn of(line: &Line) -> Choice {
        let best = line.mode == SkillMode::BestAvailable;
        let rule = match (line.key.any, line.key.urgent, line.choose) {
            (true, _, _) => AgentRule::LastResort,
            (_, true, _) => AgentRule::Several,
            _ if best => AgentRule::BestAvailable,
            // Where skills are not looked at, their levels are not either.
            (_, _, Choose::HighestLevel) if line.mode != SkillMode::Ignore => AgentRule::HighestLevel,
            _ => AgentRule::LongestIdle,
        };
        let by_level = match rule {
            AgentRule::Several => best,
            rule => rule != AgentRule::LongestIdle,
        };
        let most = if line.key.urgent { OFFER_SEVERAL } else { 1 };
        Choice { rule, by_level, most, picked: Default::default(), len: 0, candidates: 0, reserved: 0 }
    }

    /// The one agent a contact is kept for.
    fn preferred(ix: AgentIx) -> Choice {
        let picked = [(0, 0, ix), Candidate::default(), Candidate::default()];
        let rule = AgentRule::Preferred;
        Choice { rule, by_level: false, most: 1, picked, len: 1, candidates: 1, reserved: 0 }
    }

    fn add(&mut self, candidate: Candidate) {
        let at = self.picked[..self.len].partition_point(|better| *better < candidate);
        if at < self.most {
            self.len = (self.len + 1).min(self.most);
            self.picked[at..self.len].rotate_right(1);
            self.picked[at] = candidate;
        }
    }
}

impl Found {
    fn into_match(self, index: &Index, now: Time) -> Match {
        let Found { key, choice, .. } = self;
        let score = key.score(index.lines[self.line as usize].slope, now);
        Match {
            contact: key.id,
            agents: choice.picked[..choice.len].iter().map(|(_, _, ix)| *ix).collect(),
            why: Why {
                order: key.rule(),
                score,
                agent: choice.rule,
                candidates: choice.candidates,
                reserved: choice.reserved,
            },
        }
    }
}
