//! What must hold of each offer: who may serve, who goes first, and what the reserve keeps free.

use super::life::{Life, Stand, Want};
use super::{Check, REST};
use std::collections::BTreeSet;
use vocabulary::centre::Role;
use vocabulary::event::AgentRule;
use vocabulary::{AgentName, ContactId, Language, Presence, Risk, Time};

impl Check {
    pub(super) fn check_offer(
        &mut self,
        at: Time,
        contact: ContactId,
        life: &Life,
        agents: &[AgentName],
        rule: AgentRule,
    ) {
        let Some(want) = &life.want else { return };
        for agent in agents {
            let cleared = self.agents.get(agent).is_some_and(|a| a.cleared_for(want.lane));
            self.promise(cleared || rule == AgentRule::LastResort, at, || {
                format!("{contact} of lane {} offered to {agent}, who is not cleared", want.lane.as_str())
            });
            let ready = self.presences.get(agent) == Some(&Presence::Ready);
            let on_break = want.lane.is_safeguarding() && self.on_break(agent);
            self.promise(ready || on_break, at, || format!("{contact} offered to {agent}, who is not ready"));
            let writes = self.lives.values().any(|other| other.strict_writers().any(|writer| writer == agent));
            self.promise(!writes, at, || format!("{contact} offered to {agent}, who is still wrapping up"));
        }
        let ordinary = !want.lane.is_safeguarding() && want.risk != Risk::P0;
        self.promise(ordinary <= !self.stalled, at, || {
            format!(
                "{contact} of lane {} {} offered while the journal takes nothing",
                want.lane.as_str(),
                want.risk.as_str()
            )
        });
        if ordinary && !matches!(rule, AgentRule::Assigned | AgentRule::Asked) {
            self.check_reserve(at, contact, life, agents);
        }
        self.check_strata(at, contact, life, agents);
        if life.open_to_all() && !matches!(rule, AgentRule::Assigned | AgentRule::Preferred | AgentRule::Asked) {
            self.check_order(at, contact, life, agents);
        }
    }

    fn on_break(&self, agent: &AgentName) -> bool {
        matches!(self.presences.get(agent), Some(Presence::Away { reason }) if reason.as_str() == "recovery")
    }

    /// Imminent danger before the safe line by risk, that before everyone else: of those an agent could
    /// have been offered instead, none comes before what they are offered. On the safe line who
    /// came earlier goes first among equals.
    fn check_strata(&mut self, at: Time, contact: ContactId, life: &Life, agents: &[AgentName]) {
        let rank = |life: &Life, id: ContactId| {
            let want = life.want.as_ref()?;
            let safe = want.lane.is_safeguarding();
            match want.risk {
                Risk::P0 => Some((0, life.arrived, id)),
                risk if safe => Some((1 + risk as u32, life.arrived, id)),
                _ => Some((9, Time::ZERO, ContactId::default())),
            }
        };
        let Some(own) = rank(life, contact) else { return };
        let passed = self.lives.iter().find(|(id, other)| {
            let waits = other.stand == Stand::Waiting && other.open_to_all() && other.channel == life.channel;
            let first = rank(other, **id).is_some_and(|theirs| theirs < own);
            let could = |agent: &AgentName| !other.rests(agent, at, REST) && self.could_serve(agent, other);
            waits && first && agents.iter().all(could)
        });
        if let Some(first) = passed.map(|(id, _)| *id) {
            self.promise(false, at, || format!("{contact} was offered to {agents:?} before {first}, which goes first"));
        }
    }

    /// Whether an agent has everything a contact asked for when it was queued.
    fn could_serve(&self, agent: &AgentName, life: &Life) -> bool {
        let (Some(agent), Some(want)) = (self.agents.get(agent), &life.want) else { return false };
        let skilled =
            want.needs.skills.iter().all(|(skill, level)| agent.skills.get(skill).is_some_and(|l| l >= level));
        let speaks = want.needs.language.is_none_or(|language| agent.languages.contains(&language));
        let ready = self.presences.get(&agent.name) == Some(&Presence::Ready);
        ready && skilled && speaks && agent.tier >= want.needs.tier && agent.cleared_for(want.lane)
    }

    /// Nobody is passed by who asked for the same and would go first: in danger and on the safe line
    /// by arrival; everyone else by points, which is the bound on overtaking: a contact is passed
    /// only by one that came so few minutes later as its points make up for.
    fn check_order(&mut self, at: Time, contact: ContactId, life: &Life, agents: &[AgentName]) {
        let Some(want) = &life.want else { return };
        let slope = self.queues.get(&want.queue).map_or(0, |queue| queue.slope);
        let scored = !want.lane.is_safeguarding() && want.risk != Risk::P0;
        let place = |want: &Want, arrived: Time, id: ContactId| {
            let points = if scored { slope * arrived.0 - want.base * 60_000 } else { 0 };
            (points, arrived, id)
        };
        let own = place(want, life.arrived, contact);
        let passed = self.lives.iter().find(|(id, other)| {
            let Some(theirs) = &other.want else { return false };
            let alike = Want { base: want.base, ..theirs.clone() } == *want && other.same_kind(life);
            let waits = other.stand == Stand::Waiting && other.open_to_all() && other.any == life.any;
            let first = place(theirs, other.arrived, **id) < own;
            waits && alike && first && agents.iter().any(|agent| !other.rests(agent, at, REST))
        });
        if let Some(earlier) = passed.map(|(id, _)| *id) {
            self.promise(false, at, || {
                format!("{contact} was offered before {earlier}, which asked for the same and goes first")
            });
        }
    }

    /// An ordinary call leaves as many cleared agents free as the reserve of each of their languages.
    fn check_reserve(&mut self, at: Time, contact: ContactId, life: &Life, agents: &[AgentName]) {
        if !life.channel.is_voice() {
            return;
        }
        let taken: BTreeSet<&AgentName> = self
            .lives
            .values()
            .filter(|other| other.channel.is_voice())
            .flat_map(|other| other.stand.holds().iter().chain(&other.also))
            .chain(self.lives.values().flat_map(Life::strict_writers))
            .chain(agents)
            .collect();
        let mut short = None;
        for agent in agents.iter().filter_map(|agent| self.agents.get(agent)) {
            if agent.clearances.is_empty() {
                continue;
            }
            for language in &agent.languages {
                let (free, keep) = self.reserve_of(*language, &taken);
                if free < keep {
                    short = Some((agent.name.clone(), *language, free, keep));
                }
            }
        }
        if let Some((agent, language, free, keep)) = short {
            self.promise(false, at, || {
                format!("{contact} offered to {agent} leaves {free} cleared agents free in {language}, not {keep}")
            });
        }
    }

    /// Cleared agents of a language who are free but for these, and how many the reserve keeps at
    /// least.
    fn reserve_of(&self, language: Language, taken: &BTreeSet<&AgentName>) -> (u32, u32) {
        let cleared = self.agents.values().filter(|agent| {
            agent.roles.contains(&Role::Agent) && !agent.clearances.is_empty() && agent.languages.contains(&language)
        });
        let (mut free, mut on_shift) = (0, 0);
        for agent in cleared {
            let presence = self.presences.get(&agent.name).cloned().unwrap_or_default();
            on_shift += u32::from(presence != Presence::Offline);
            free += u32::from(presence == Presence::Ready && !taken.contains(&agent.name));
        }
        (free, self.rules.reserve.min(on_shift * self.rules.reserve_cap_percent / 100))
    }
}
