//! Yesterday again under other rules: what people did is read from the journal of a floor, and the
//! routing engine decides anew.
//!
//! Taken from the journal: who came when and for what, how long they waited before they gave up,
//! how long conversations, ringing and wrap-ups took, and which agents were there. Somebody who was
//! served never showed their patience: they get that of somebody who waited at least as long before
//! giving up, where there is one, and else hold on. Somebody who gave up never talked: they get
//! another's conversation of the same kind. Help among agents and transfers are not repeated.

use super::coming::{Asks, Coming, Recorded, Then};
use super::drive::{Conduct, Drive};
use super::findings::{self, Engine, Findings, Ground};
use super::roster::{Does, Duty, Roster};
use super::tally::Tally;
use crate::{Dice, Seed};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use vocabulary::centre::{Centre, EntryName, Queue, Shift};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, Entry, Event, FloorName, Lane, Language, Needs, Party, Presence, Span,
    TenantName, Tier, Time,
};

/// A conversation where the journal has none of its kind.
const TALK: Span = Span::seconds(300);

/// What is read of a journal.
pub struct Replay {
    from: Time,
    to: Time,
    centre: Centre,
    tally: Tally,
    presences: BTreeMap<AgentName, Presence>,
    duties: Vec<Duty>,
    lives: BTreeMap<ContactId, Life>,
    over: Vec<Life>,
    /// The contact that ended last, until it is clear whether anybody writes.
    wraps: BTreeMap<ContactId, (Time, usize)>,
}

struct Life {
    contact: ContactId,
    at: Time,
    channel: Channel,
    tenant: TenantName,
    entry: EntryName,
    language: Option<Language>,
    asked: Option<(Time, Asks)>,
    offered: Option<Time>,
    ring: Option<Span>,
    joined: Option<Time>,
    talk: Option<Span>,
    write: Option<Span>,
    ended: Option<(Time, Party, EndCause)>,
    /// When it was last spoken of.
    seen: Time,
    recorded: Recorded,
}

/// What was, what the engine makes of it again, and what it makes of it under other rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// As the journal has it.
    pub recorded: Findings,
    /// Decided anew under the same set-up: how far it is from the recorded says how far to trust
    /// the third.
    pub again: Findings,
    /// Decided anew under the other set-up.
    pub changed: Option<Findings>,
}

impl Replay {
    /// For the hours of a floor's journal from one moment to another.
    pub fn new(floor: FloorName, from: Time, to: Time) -> Replay {
        Replay {
            from,
            to,
            centre: Centre::empty(floor),
            tally: Tally::new(from),
            presences: BTreeMap::new(),
            duties: Vec::new(),
            lives: BTreeMap::new(),
            over: Vec::new(),
            wraps: BTreeMap::new(),
        }
    }

    /// The set-up in force at the end of what was read.
    pub fn centre(&self) -> &Centre {
        &self.centre
    }

    /// Reads the next entry. Every entry from the first on is to be given, in order: who works, and
    /// under what set-up, may have been said long ago.
    pub fn see(&mut self, entry: &Entry) {
        let at = entry.at;
        if at < self.to {
            self.tally.see(at, &entry.event);
        }
        match &entry.event {
            Event::SetUp { change, .. } if at < self.to => self.centre.apply(change),
            Event::PresenceSet { agent, presence, by } => self.see_presence(at, agent, presence, by),
            Event::Arrived { contact, channel, tenant, entry } if at >= self.from && at < self.to => {
                let life = Life::new(*contact, at, *channel, (tenant.clone(), entry.clone()));
                self.lives.insert(*contact, life);
            }
            Event::WrappedUp { contact, .. } => {
                if let Some((ended, place)) = self.wraps.remove(contact) {
                    self.over[place].write = Some(at.since(ended));
                }
            }
            Event::PlaceClaimed { contact, from } => {
                let life = self.lives.get_mut(contact);
                life.into_iter().for_each(|life| life.recorded.claims = Some((at.since(life.at), *from)));
            }
            event => {
                if let Some(life) = event.contact().and_then(|contact| self.lives.get_mut(&contact)) {
                    life.see(at, event, &self.centre);
                }
            }
        }
        if let Event::Ended { contact, .. } = &entry.event
            && let Some(life) = self.lives.remove(contact)
        {
            self.wraps.insert(*contact, (at, self.over.len()));
            self.over.push(life);
        }
    }

    /// What an agent did by themself or lost the network; what a rule made of them it decides anew.
    fn see_presence(&mut self, at: Time, agent: &AgentName, presence: &Presence, by: &Actor) {
        if *by == Actor::Centre && *presence != Presence::Offline {
            return;
        }
        if at >= self.from {
            self.duties.push(duty(at, agent, presence));
        } else {
            self.presences.insert(agent.clone(), presence.clone());
        }
    }

    /// Decides everything anew, and once more under another set-up if there is one. Of safeguarding
    /// lanes that are not `cleared` nothing is told.
    ///
    /// # Errors
    /// A sentence when nobody came in these hours.
    pub fn compare(
        mut self,
        seed: Seed,
        other: Option<&Centre>,
        cleared: &BTreeSet<Lane>,
    ) -> Result<Comparison, String> {
        // What is not over when the journal ends goes on as far as is known.
        self.over.extend(std::mem::take(&mut self.lives).into_values());
        if self.over.is_empty() {
            return Err(String::from("nobody came and went in these hours of the journal"));
        }
        let comings = self.comings(seed);
        let before = self.presences.iter().map(|(agent, presence)| duty(self.from, agent, presence));
        self.duties.splice(0..0, before.collect::<Vec<Duty>>());
        let centre = self.centre.clone();
        let (from, to) = (self.from, self.to);
        let missed = self.tally.count.expired * 1_000;
        let conduct =
            Conduct { misses: missed.checked_div(self.tally.count.offered).unwrap_or(0), ..Conduct::recorded() };
        let recorded = findings::of(&ground(seed, &centre, cleared, from, to), &mut self.tally, to, Engine::default());
        let run = |under: &Centre| {
            let mut duties = self.duties_under(seed, under).into_iter();
            let mut unwritten = |_, _: &Event| {};
            let mut drive = Drive::new(seed, under, conduct.clone(), from, &mut unwritten);
            drive.run(&mut comings.iter().cloned(), &mut duties, |_| {});
            drive.findings(&ground(seed, under, cleared, from, to))
        };
        Ok(Comparison { recorded, again: run(&centre), changed: other.map(run) })
    }

    /// Who is at work under a set-up: as recorded, except who is new in it or works other shifts.
    fn duties_under(&self, seed: Seed, under: &Centre) -> Vec<Duty> {
        let shifts = |centre: &Centre, agent: &AgentName| -> Vec<Shift> {
            let of = centre.shifts.values().filter(|shift| shift.agents.contains(agent));
            of.map(|shift| Shift { agents: Default::default(), ..shift.clone() }).collect()
        };
        let moved = |agent: &AgentName| {
            !self.centre.agents.contains_key(agent) || shifts(&self.centre, agent) != shifts(under, agent)
        };
        let rostered = Roster::written(seed, under, self.from, self.to).filter(|duty| moved(&duty.agent));
        let mut duties: Vec<Duty> = rostered.collect();
        duties.extend(self.duties.iter().filter(|duty| !moved(&duty.agent)).cloned());
        for (agent, set_up) in &under.agents {
            let new = moved(agent) && shifts(under, agent).is_empty();
            let serves = set_up.roles.contains(&vocabulary::centre::Role::Agent);
            if new && serves {
                duties.push(duty(self.from, agent, &Presence::Ready));
            }
        }
        duties.sort_by_key(|duty| duty.at);
        duties
    }

    /// Everyone who came, in order, with what the journal does not tell taken from others.
    fn comings(&mut self, seed: Seed) -> Vec<Coming> {
        let over = std::mem::take(&mut self.over);
        let (mut patiences, mut talks) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for life in &over {
            let kind = usize::from(!life.channel.is_voice());
            patiences[kind].extend(life.patience());
            talks[kind].extend(life.talk);
        }
        patiences.iter_mut().for_each(|all| all.sort_unstable());
        let mut dice = Dice::new(seed.0);
        let mut comings: Vec<Coming> =
            over.into_iter().map(|life| life.coming(&mut dice, &patiences, &talks)).collect();
        comings.sort_by_key(|coming| (coming.at, coming.recorded.as_ref().map(|recorded| recorded.contact)));
        comings
    }
}

fn ground<'a>(seed: Seed, centre: &'a Centre, cleared: &BTreeSet<Lane>, from: Time, to: Time) -> Ground<'a> {
    Ground { seed, load: 100, trials: false, centre, cleared: cleared.clone(), from, to }
}

fn duty(at: Time, agent: &AgentName, presence: &Presence) -> Duty {
    let does = match presence {
        Presence::Ready => Does::Comes,
        Presence::Away { reason } => Does::Rests(reason.clone()),
        Presence::Offline => Does::Goes,
    };
    Duty { at, agent: agent.clone(), does }
}

impl Life {
    fn new(contact: ContactId, at: Time, channel: Channel, (tenant, entry): (TenantName, EntryName)) -> Life {
        Life {
            contact,
            at,
            channel,
            tenant,
            entry,
            language: None,
            asked: None,
            offered: None,
            ring: None,
            joined: None,
            talk: None,
            write: None,
            ended: None,
            seen: at,
            recorded: Recorded { contact, ..Recorded::default() },
        }
    }

    fn see(&mut self, at: Time, event: &Event, centre: &Centre) {
        self.seen = at;
        match event {
            Event::LanguageChosen { language, .. } => self.language = Some(*language),
            Event::Queued { queue, needs, lane, risk, base, .. } if self.asked.is_none() => {
                let set_up = centre.queues.get(queue);
                let language = needs.language.or(self.language).unwrap_or_default();
                let asks = Asks {
                    queue: queue.clone(),
                    needs: own_needs(set_up, needs),
                    lane: Some(*lane).filter(|lane| set_up.is_none_or(|queue| queue.lane != *lane)),
                    risk: *risk,
                    language,
                    base: Some(*base).filter(|base| set_up.is_none_or(|queue| queue.base != *base)),
                };
                self.asked = Some((at, asks));
            }
            Event::Reclassified { lane, risk, .. } => self.recorded.turns.push((at.since(self.at), *lane, *risk)),
            Event::Offered { .. } => self.offered = Some(at),
            Event::Accepted { .. } => self.ring = self.offered.map(|offered| at.since(offered)),
            Event::Connected { .. } => self.joined = Some(at),
            Event::ConnectFailed { .. } | Event::Transferred { .. } => self.part(at),
            Event::Ended { by, cause, .. } => {
                self.part(at);
                self.ended = Some((at, *by, *cause));
            }
            _ => {}
        }
    }

    fn part(&mut self, at: Time) {
        if let Some(joined) = self.joined.take() {
            self.talk = Some(self.talk.unwrap_or_default() + at.since(joined));
        }
    }

    /// How long it waited before it gave up, if it did.
    fn patience(&self) -> Option<Span> {
        let (asked, (ended, by, _)) = (self.asked.as_ref()?.0, self.ended?);
        (self.talk.is_none() && by == Party::Citizen).then(|| ended.since(asked))
    }

    fn coming(self, dice: &mut Dice, patiences: &[Vec<Span>; 2], talks: &[Vec<Span>; 2]) -> Coming {
        let kind = usize::from(!self.channel.is_voice());
        let own = self.patience();
        let (ended, by, cause) = self.ended.unwrap_or((self.seen, Party::Centre, EndCause::Normal));
        let (then, patience) = match self.asked {
            None => (Then::Leaves { after: ended.since(self.at), by, cause }, None),
            Some((at, asks)) => {
                // Somebody who was served waited at least until then.
                let waited = ended.since(at).0 - self.talk.unwrap_or_default().0;
                let longer = patiences[kind].partition_point(|patience| patience.0 < waited);
                let patience = own.or_else(|| dice.pick(&patiences[kind][longer..]).copied());
                (Then::Asks { after: at.since(self.at), asks }, patience)
            }
        };
        Coming {
            at: self.at,
            channel: self.channel,
            tenant: self.tenant,
            entry: self.entry,
            then,
            patience,
            talk: self.talk.or_else(|| dice.pick(&talks[kind]).copied()).unwrap_or(TALK),
            write: self.write,
            ring: self.ring,
            recorded: Some(Recorded { contact: self.contact, ..self.recorded }),
        }
    }
}

/// What a contact asked for beyond what its queue asks of everyone.
fn own_needs(queue: Option<&Queue>, needs: &Needs) -> Needs {
    let Some(queue) = queue else { return needs.clone() };
    let own = needs.skills.iter().filter(|(skill, level)| queue.skills.get(*skill) != Some(*level));
    Needs {
        skills: own.map(|(skill, level)| (skill.clone(), *level)).collect(),
        language: needs.language.filter(|_| !queue.language),
        tier: if needs.tier == queue.tier { Tier::L1 } else { needs.tier },
    }
}

impl Comparison {
    fn columns(&self) -> impl Iterator<Item = &Findings> + '_ {
        [&self.recorded, &self.again].into_iter().chain(&self.changed)
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str, value: impl Fn(&Findings) -> String) -> fmt::Result {
        write!(f, "{name:<34}")?;
        self.columns().try_for_each(|findings| write!(f, "{:>16}", value(findings)))?;
        writeln!(f)
    }

    fn write_waits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.columns().flat_map(|findings| &findings.waits).map(|row| (row.lane, row.risk, row.voice));
        let kinds: BTreeSet<_> = kinds.collect();
        for (lane, risk, voice) in kinds {
            let kind = if voice { "voice" } else { "text" };
            let name = format!("{} {} {kind}", lane.as_str(), risk.as_str());
            let of = |findings: &Findings| {
                findings.waits.iter().find(|row| (row.lane, row.risk, row.voice) == (lane, risk, voice)).cloned()
            };
            let said = |findings: &Findings, value: &dyn Fn(findings::WaitRow) -> String| {
                of(findings).map_or(String::from("-"), value)
            };
            let half = format!("{name}: half waited");
            self.row(f, &half, |x| said(x, &|row| findings::seconds(row.waits.half)))?;
            self.row(f, "  90 % waited", |x| said(x, &|row| findings::seconds(row.waits.most)))?;
            self.row(f, "  longest", |x| said(x, &|row| findings::seconds(row.waits.longest)))?;
            self.row(f, "  reached nobody", |x| said(x, &|row| row.unreached.to_string()))?;
        }
        Ok(())
    }

    fn write_hours(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for first in (0..self.recorded.quarters.len()).step_by(4) {
            let from = &self.recorded.quarters[first].from;
            let hour = |findings: &Findings| {
                let rows = findings.quarters.iter().filter(|row| row.from[..2] == from[..2]);
                let (mut here, mut level, mut n) = (0, 0, 0);
                rows.for_each(|row| (here, level, n) = (here + row.staffed, level + row.service_level, n + 1));
                let n = n.max(1);
                format!("{} {:>7}", findings::tenths(here / n), findings::percent(level / n))
            };
            self.row(f, &format!("{}:00 agents here, in time", &from[..2]), hour)?;
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<34}{:>16}{:>16}", "", "recorded", "decided anew")?;
        writeln!(f, "{}", if self.changed.is_some() { "    under change" } else { "" })?;
        self.row(f, "contacts", |x| x.arrived.to_string())?;
        self.row(f, "asked for a person", |x| x.asked.to_string())?;
        self.row(f, "answered", |x| x.answered.to_string())?;
        self.row(f, "gave up", |x| x.abandoned.to_string())?;
        self.row(f, "turned away", |x| x.turned_away.to_string())?;
        self.row(f, "lost by us", |x| x.dropped.to_string())?;
        self.row(f, "in time, of answered", |x| findings::percent(x.service_level))?;
        self.row(f, "in time, of answered and gave up", |x| findings::percent(x.service_level_of_all))?;
        self.row(f, "occupancy", |x| findings::percent(x.occupancy))?;
        self.row(f, "most waiting at once", |x| x.most_waiting.to_string())?;
        self.row(f, "call-backs agreed", |x| x.call_backs.to_string())?;
        self.write_safe_line(f)?;
        self.write_waits(f)?;
        self.write_hours(f)
    }
}

impl Comparison {
    fn write_safe_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.columns().all(|x| x.promise.counted == 0) {
            return Ok(());
        }
        self.row(f, "answered outside", |x| x.outside.to_string())?;
        self.row(f, "safe line: within 90 s", |x| {
            format!("{} of {}", x.promise.counted - x.promise.late, x.promise.counted)
        })?;
        self.row(f, "safe line: P0 within 10 s", |x| {
            format!("{} of {}", x.promise.imminent - x.promise.imminent_late, x.promise.imminent)
        })
    }
}
