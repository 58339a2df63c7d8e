//! Calendars, shifts, ledgers, and where the contacts of a queue may go.

use super::{Check, hint};
use crate::centre::file::read::place_of;
use crate::centre::{Absence, Agent, Queue, Treatment};
use crate::{AgentName, QueueName};
use std::collections::BTreeSet;

impl Check<'_> {
    pub(super) fn hours(&self) {
        for queue in self.centre.queues.values() {
            self.calendar(queue);
            self.ways_out(queue);
            self.call_back(queue);
            if queue.lane.is_safeguarding() {
                self.never_closes(queue);
            }
        }
        self.no_circle();
        for agent in self.centre.agents.values() {
            self.ledger(agent);
            self.trainings(agent);
        }
        self.shifts();
        self.centre.absences.iter().for_each(|absence| self.absence(absence));
    }

    fn calendar(&self, queue: &Queue) {
        let Some(calendar) = queue.calendar.as_ref().filter(|name| !self.centre.calendars.contains_key(*name)) else {
            return;
        };
        let hint = hint(calendar.as_str(), self.centre.calendars.keys().map(|name| name.as_str()));
        let help = format!("queue `{}` is open by calendar `{calendar}`, which is not set up{hint}", queue.name);
        self.fault(&format!("queues.{}.calendar", queue.name), help);
    }

    /// Every queue a contact may go to from here leads somewhere, and never out of the lane.
    fn ways_out(&self, queue: &Queue) {
        for (key, word, to) in ways(queue) {
            let path = format!("queues.{}.{key}", queue.name);
            let name = &queue.name;
            match self.centre.queues.get(to) {
                None => {
                    let hint = hint(to.as_str(), self.centre.queues.keys().map(|name| name.as_str()));
                    self.fault(&path, format!("queue `{name}` {word} to queue `{to}`, which is not set up{hint}"));
                }
                Some(_) if to == name => self.fault(&path, format!("queue `{name}` {word} to itself")),
                Some(other) if other.lane.is_safeguarding() && !queue.lane.is_safeguarding() => {
                    let help = format!("queue `{name}` {word} to `{to}`: a safeguarding queue takes its own lane only");
                    self.fault(&path, help);
                }
                Some(other) if queue.lane.is_safeguarding() && other.lane != queue.lane => {
                    let help = format!("safeguarding queue `{name}` {word} to `{to}`, which is not in its lane");
                    self.fault(&path, help);
                }
                Some(other) if key == "climb" && other.tier < queue.tier => {
                    self.fault(&path, format!("queue `{name}` climbs to `{to}`, which is of a lower tier"));
                }
                Some(_) => {}
            }
        }
    }

    fn call_back(&self, queue: &Queue) {
        if queue.call_back.is_some() {
            return;
        }
        let name = &queue.name;
        let help = || format!("queue `{name}` offers a call-back, but has no `call_back`");
        if queue.when_closed == Treatment::CallBack {
            self.fault(&format!("queues.{name}.when_closed"), help());
        }
        for (n, _) in queue.overflow.iter().enumerate().filter(|(_, o)| o.to == Treatment::CallBack) {
            self.fault(&format!("queues.{name}.overflow {n}"), help());
        }
    }

    fn never_closes(&self, queue: &Queue) {
        let name = &queue.name;
        let path = |key: &str| format!("queues.{name}.{key}");
        if queue.calendar.is_some() {
            let help = format!("safeguarding queue `{name}` never closes: leave its `calendar` out");
            self.fault(&path("calendar"), help);
        }
        if queue.when_closed != Treatment::default() {
            let help = format!("safeguarding queue `{name}` never closes: leave its `when_closed` out");
            self.fault(&path("when_closed"), help);
        }
        if !queue.overflow.is_empty() {
            let help = format!("safeguarding queue `{name}` never turns a contact away: leave its `overflow` out");
            self.fault(&path("overflow 0"), help);
        }
    }

    /// Following every way out of a queue must come to an end.
    fn no_circle(&self) {
        let mut told: BTreeSet<&QueueName> = BTreeSet::new();
        for queue in self.centre.queues.values().filter(|q| ways(q).iter().all(|(_, _, to)| **to != q.name)) {
            let Some(round) = self.centre.circle_from(&queue.name) else { continue };
            // One circle is one fault, told at its first queue.
            if round.iter().any(|name| told.contains(name)) {
                continue;
            }
            let path: Vec<&str> = round.iter().chain([&round[0]]).map(|name| name.as_str()).collect();
            told.extend(round);
            let help = format!("contacts of queue `{}` would go round in a circle: {}", queue.name, path.join(" to "));
            self.fault(&format!("queues.{}", queue.name), help);
        }
    }

    fn ledger(&self, agent: &Agent) {
        let ledgers = &self.centre.rules.ledgers;
        let Some(ledger) = agent.ledger.as_ref().filter(|name| !ledgers.contains_key(*name)) else {
            return;
        };
        let hint = hint(ledger.as_str(), ledgers.keys().map(|name| name.as_str()));
        let help = format!("agent `{}` works by ledger `{ledger}`, which is not set up{hint}", agent.name);
        self.fault(&format!("agents.{}.ledger", agent.name), help);
    }

    fn trainings(&self, agent: &Agent) {
        let name = &agent.name;
        for skill in agent.skills_until.keys().filter(|skill| !agent.skills.contains_key(*skill)) {
            let hint = hint(skill.as_str(), agent.skills.keys().map(|skill| skill.as_str()));
            let help = format!("the training of `{name}` in `{skill}` ends, but `{name}` has no such skill{hint}");
            self.fault(&format!("agents.{name}.skills_until"), help);
        }
        for lane in agent.clearances_until.keys().filter(|lane| !agent.clearances.contains(*lane)) {
            let help = format!("the clearance of `{name}` for `{}` ends, but `{name}` has none", lane.as_str());
            self.fault(&format!("agents.{name}.clearances_until"), help);
        }
    }

    fn unknown(&self, agent: &AgentName) -> Option<String> {
        let known = self.centre.agents.contains_key(agent);
        let near = || hint(agent.as_str(), self.centre.agents.keys().map(|name| name.as_str()));
        (!known).then(|| format!("`{agent}`, who is not set up{}", near()))
    }

    fn shifts(&self) {
        for shift in self.centre.shifts.values() {
            for unknown in shift.agents.iter().filter_map(|agent| self.unknown(agent)) {
                self.fault(&format!("shifts.{}", shift.name), format!("shift `{}` is worked by {unknown}", shift.name));
            }
        }
    }

    fn absence(&self, absence: &Absence) {
        let path = place_of(absence);
        let Absence { day, shift: name, agent, cover, .. } = absence;
        let Some(shift) = self.centre.shifts.get(name) else {
            let hint = hint(name.as_str(), self.centre.shifts.keys().map(|name| name.as_str()));
            self.fault(&path, format!("`{agent}` is absent from shift `{name}`, which is not set up{hint}"));
            return;
        };
        if let Some(unknown) = self.unknown(agent) {
            self.fault(&path, format!("absent is {unknown}"));
        } else if !shift.agents.contains(agent) {
            self.fault(&path, format!("`{agent}` is absent from shift `{name}`, but does not work it"));
        }
        if !shift.days.contains(&day.weekday()) {
            let weekday = day.weekday().as_str();
            self.fault(&path, format!("shift `{name}` does not begin on {day}, which is a day `{weekday}`"));
        }
        let Some(cover) = cover else { return };
        if let Some(unknown) = self.unknown(cover) {
            self.fault(&path, format!("the cover is {unknown}"));
        } else if cover == agent {
            self.fault(&path, format!("`{agent}` cannot be their own cover"));
        } else if shift.agents.contains(cover) {
            self.fault(&path, format!("`{cover}` cannot be the cover: they work shift `{name}` themselves"));
        }
    }
}

/// Where contacts of a queue may go: the key, how it is said, the queue.
fn ways(queue: &Queue) -> Vec<(String, &'static str, &QueueName)> {
    let mut ways = Vec::new();
    if let Treatment::Queue(to) = &queue.when_closed {
        ways.push(("when_closed".to_owned(), "sends contacts, when closed,", to));
    }
    for (n, overflow) in queue.overflow.iter().enumerate() {
        if let Treatment::Queue(to) = &overflow.to {
            ways.push((format!("overflow {n}"), "overflows", to));
        }
    }
    if let Some(climb) = &queue.climb {
        ways.push(("climb".to_owned(), "climbs", &climb.to));
    }
    ways
}
