//! Who works when: the shifts of the set-up, or made-up ones where it has none.

use super::Study;
use crate::{Dice, Seed};
use std::collections::BTreeMap;
use vocabulary::calendar::Day;
use vocabulary::centre::{Agent, Centre, Role};
use vocabulary::{AgentName, ReasonName, Span, Time};

/// Made-up shifts: when they begin, and how many of 200 agents work them. Eight hours each, five
/// days in seven; with [`ABSENT`] and breaks 60 to 65 are on the floor at the peak (facts.md 2.3).
const SHIFTS: [(i64, usize); 6] = [(6, 34), (8, 53), (10, 42), (13, 33), (16, 20), (22, 18)];

const SHIFT: Span = Span::minutes(8 * 60);

/// Agents the shares of [`SHIFTS`] are counted in.
const OF: usize = 200;

/// Of those rostered by a made-up shift, so many percent are on leave, ill or in training.
const ABSENT: u32 = 20;

/// Breaks of a shift: after so many percent of it, so many minutes.
const BREAKS: [(i64, i64); 3] = [(25, 15), (50, 30), (75, 15)];

/// Shorter shifts have no breaks.
const WITH_BREAKS: Span = Span::minutes(6 * 60);

/// What an agent does at a moment.
#[derive(Debug, Clone)]
pub(crate) struct Duty {
    pub at: Time,
    pub agent: AgentName,
    pub does: Does,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    Comes,
    Rests(ReasonName),
    Returns,
    Goes,
}

/// Every duty, in order; worked out day by day.
pub(super) struct Roster<'a> {
    centre: &'a Centre,
    seed: u64,
    absent: u32,
    from: Time,
    to: Time,
    day: Day,
    planned: BTreeMap<(Time, u64), Duty>,
    count: u64,
    /// Agents with their made-up shift's first hour and their first day off in the week.
    made_up: Vec<(AgentName, i64, i64)>,
    rest: Option<ReasonName>,
}

impl<'a> Roster<'a> {
    /// The shifts of the set-up alone, worked as they are written.
    pub fn written(seed: Seed, centre: &'a Centre, from: Time, to: Time) -> Roster<'a> {
        let reasons = &centre.rules.away_reasons;
        let rest = reasons.iter().find(|reason| reason.as_str() == "break").or(reasons.first());
        Roster {
            centre,
            seed: seed.0,
            absent: 0,
            from,
            to,
            // Whoever works through midnight came yesterday.
            day: Day::of(from).plus(-1),
            planned: BTreeMap::new(),
            count: 0,
            made_up: Vec::new(),
            rest: rest.cloned(),
        }
    }

    /// The same, or made-up shifts where there are none, and with people who do not come.
    pub fn new(study: &Study, centre: &'a Centre, from: Time, to: Time) -> Result<Roster<'a>, String> {
        if !centre.agents.values().any(|agent| agent.roles.contains(&Role::Agent)) {
            return Err(String::from("the set-up has nobody with the role of an agent, so nobody would serve"));
        }
        let (made_up, usual) = if centre.shifts.is_empty() { (made_up(centre), ABSENT) } else { (Vec::new(), 0) };
        let absent = study.absent.unwrap_or(usual);
        Ok(Roster { made_up, absent, ..Roster::written(study.seed, centre, from, to) })
    }

    fn plan_day(&mut self) {
        let day = self.day;
        self.day = day.plus(1);
        let mut shifts: Vec<(AgentName, Time, Time)> = Vec::new();
        for (agent, hour, off) in &self.made_up {
            let number = (day.start().0 / 86_400_000 - off).rem_euclid(7);
            if number >= 2 {
                let from = day.start() + Span::minutes(60 * hour);
                shifts.push((agent.clone(), from, from + SHIFT));
            }
        }
        for shift in self.centre.shifts.values().filter(|shift| shift.days.contains(&day.weekday())) {
            let (from, to) = shift.on(day);
            let covers = self.centre.absences.iter().filter(|a| a.day == day && a.shift == shift.name);
            let all = shift.agents.iter().chain(covers.filter_map(|absence| absence.cover.as_ref()));
            let here = all.filter(|agent| self.centre.on_shift(agent, from));
            shifts.extend(here.map(|agent| (agent.clone(), from, to)));
        }
        for (number, (agent, from, to)) in shifts.into_iter().enumerate() {
            let mut dice = Dice::new(self.seed ^ (day.start().0 as u64) ^ ((number as u64) << 48));
            if !dice.percent(u64::from(self.absent)) {
                self.plan_shift(&agent, from, to, &mut dice);
            }
        }
    }

    fn plan_shift(&mut self, agent: &AgentName, from: Time, to: Time, dice: &mut Dice) {
        if to <= self.from || from >= self.to {
            return;
        }
        let length = to.since(from);
        // Nobody begins or ends on the second.
        let begins = from + Span(dice.between(0, 120_000));
        self.plan(begins, agent, Does::Comes);
        let rest = self.rest.clone().filter(|_| length >= WITH_BREAKS);
        for (percent, minutes) in BREAKS {
            let Some(reason) = rest.clone() else { break };
            let at = from + Span(length.0 * percent / 100 + dice.between(-1_800_000, 1_800_000));
            if at > self.from {
                self.plan(at, agent, Does::Rests(reason));
                self.plan(at + Span::minutes(minutes), agent, Does::Returns);
            }
        }
        // Two shifts in a row are one.
        if !self.centre.on_shift(agent, to) {
            self.plan(to + Span(dice.between(0, 120_000)), agent, Does::Goes);
        }
    }

    fn plan(&mut self, at: Time, agent: &AgentName, does: Does) {
        self.count += 1;
        let at = at.max(self.from);
        self.planned.insert((at, self.count), Duty { at, agent: agent.clone(), does });
    }
}

impl Iterator for Roster<'_> {
    type Item = Duty;

    fn next(&mut self) -> Option<Duty> {
        loop {
            let first = self.planned.first_key_value().map(|((at, _), _)| *at);
            let settled = self.day.start() >= self.to || first.is_some_and(|at| at < self.day.start());
            if settled {
                return self.planned.pop_first().map(|(_, duty)| duty);
            }
            self.plan_day();
        }
    }
}

/// Lays agents over the made-up shifts, cleared ones apart so that every shift has its share.
fn made_up(centre: &Centre) -> Vec<(AgentName, i64, i64)> {
    let agents: Vec<&Agent> = centre.agents.values().filter(|agent| agent.roles.contains(&Role::Agent)).collect();
    let (cleared, others): (Vec<&Agent>, Vec<&Agent>) = agents.into_iter().partition(|a| !a.clearances.is_empty());
    let mut laid = Vec::new();
    for list in [cleared, others] {
        for (i, agent) in list.iter().enumerate() {
            let mut place = i * OF / list.len();
            let shift = SHIFTS.iter().find(|(_, agents)| {
                let here = place < *agents;
                place = place.saturating_sub(*agents);
                here
            });
            let hour = shift.expect("places are below the sum of shares").0;
            laid.push((agent.name.clone(), hour, i as i64 % 7));
        }
    }
    laid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(SHIFTS.iter().map(|(_, agents)| agents).sum::<usize>(), OF);
    }
}
