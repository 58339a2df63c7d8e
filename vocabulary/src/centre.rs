//! Set-up: what a centre is made of. Its truth is the journal, where each [`Change`] is one
//! validated, reversible event; `centre.toml` is the exchange format.

mod file;
mod order;
mod queue;
mod rules;
mod staff;

use crate::calendar::{Calendar, Day};
use crate::{AgentName, CalendarName, E164, Fault, FloorName, FlowName, QueueName, ShiftName, TenantName, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use crate::name::EntryName;
pub use queue::{
    CallBackRules, Choose, Climb, LastResort, LastResortTo, Overflow, OverflowWhen, Queue, SkillMode, Treatment,
    Widening, WrapUpMode,
};
pub use rules::Rules;
pub use staff::{Absence, Agent, Beside, Ledger, Load, Role, Shift};

/// One whole set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// The floor.
    pub floor: FloorName,
    /// Rules that hold for the whole floor.
    pub rules: Rules,
    /// Numbers and pages citizens come in by.
    pub entries: BTreeMap<EntryName, EntryPoint>,
    /// Queues.
    pub queues: BTreeMap<QueueName, Queue>,
    /// Everyone who logs in, agents and supervisors alike.
    pub agents: BTreeMap<AgentName, Agent>,
    /// When queues are open.
    #[serde(default)]
    pub calendars: BTreeMap<CalendarName, Calendar>,
    /// Who works when.
    #[serde(default)]
    pub shifts: BTreeMap<ShiftName, Shift>,
    /// Who does not, on one day; in order of day.
    #[serde(default)]
    pub absences: Vec<Absence>,
}

/// A number or a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPoint {
    /// Its name.
    pub name: EntryName,
    /// Whose it is.
    pub tenant: TenantName,
    /// The flow that answers.
    pub flow: FlowName,
    /// The number, for the phone; `None` for a page.
    pub number: Option<E164>,
}

/// One change of set-up: a whole agent, queue, entry or rule book put in place, or one taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Rules replaced.
    RulesSet {
        /// The new rules.
        rules: Rules,
    },
    /// An entry point added or replaced.
    EntrySet {
        /// The entry point.
        entry: EntryPoint,
    },
    /// An entry point removed.
    EntryRemoved {
        /// Its name.
        entry: EntryName,
    },
    /// A queue added or replaced.
    QueueSet {
        /// The queue.
        queue: Queue,
    },
    /// A queue removed. Refused while contacts wait in it.
    QueueRemoved {
        /// Its name.
        queue: QueueName,
    },
    /// An agent added or replaced.
    AgentSet {
        /// The agent.
        agent: Agent,
    },
    /// An agent removed. Refused while engaged.
    AgentRemoved {
        /// Their name.
        agent: AgentName,
    },
    /// A calendar added or replaced.
    CalendarSet {
        /// Its name.
        name: CalendarName,
        /// The calendar.
        calendar: Calendar,
    },
    /// A calendar removed. Refused while a queue names it.
    CalendarRemoved {
        /// Its name.
        name: CalendarName,
    },
    /// A shift added or replaced.
    ShiftSet {
        /// The shift.
        shift: Shift,
    },
    /// A shift removed, with its absences.
    ShiftRemoved {
        /// Its name.
        shift: ShiftName,
    },
    /// Somebody is absent from a shift on one day; replaces what was said of the same three.
    AbsenceSet {
        /// The absence.
        absence: Absence,
    },
    /// They are not absent after all.
    AbsenceRemoved {
        /// The absence.
        absence: Absence,
    },
    /// Several changes at once: all of them, or none.
    Together {
        /// The changes, in an order in which each is valid; none of them is itself several.
        changes: Vec<Change>,
    },
}

impl Change {
    /// Itself, or the changes it puts together.
    pub fn each(&self) -> impl Iterator<Item = &Change> {
        match self {
            Change::Together { changes } => changes.as_slice(),
            one => std::slice::from_ref(one),
        }
        .iter()
    }
}

impl Centre {
    /// An empty centre.
    pub fn empty(floor: FloorName) -> Centre {
        Centre {
            floor,
            rules: Rules::default(),
            entries: BTreeMap::new(),
            queues: BTreeMap::new(),
            agents: BTreeMap::new(),
            calendars: BTreeMap::new(),
            shifts: BTreeMap::new(),
            absences: Vec::new(),
        }
    }

    /// Reads `centre.toml`. All faults at once, with lines; unknown keys are faults. What the file
    /// says is also checked for sense: a safeguarding queue must have a last resort that ends with
    /// any agent, names must be known where they are used, at least one person must be cleared for
    /// each safeguarding lane.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn parse(file: &str, source: &str) -> Result<Centre, Vec<Fault>> {
        file::parse(file, source)
    }

    /// Writes the exchange format. `parse` of the result gives the same centre back.
    pub fn to_toml(&self) -> String {
        file::write(self)
    }

    /// The changes that lead from this centre to `other`, in an order in which each is valid.
    pub fn changes_to(&self, other: &Centre) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.rules != other.rules {
            changes.push(Change::RulesSet { rules: other.rules.clone() });
        }
        for (name, calendar) in other.calendars.iter().filter(|(n, c)| self.calendars.get(*n) != Some(*c)) {
            changes.push(Change::CalendarSet { name: name.clone(), calendar: calendar.clone() });
        }
        for queue in other.queues_by_ways().into_iter().filter(|q| self.queues.get(&q.name) != Some(q)) {
            changes.push(Change::QueueSet { queue: queue.clone() });
        }
        for entry in other.entries.values().filter(|e| self.entries.get(&e.name) != Some(e)) {
            changes.push(Change::EntrySet { entry: entry.clone() });
        }
        for agent in other.agents.values().filter(|a| self.agents.get(&a.name) != Some(a)) {
            changes.push(Change::AgentSet { agent: agent.clone() });
        }
        for shift in other.shifts.values().filter(|s| self.shifts.get(&s.name) != Some(s)) {
            changes.push(Change::ShiftSet { shift: shift.clone() });
        }
        for absence in self.absences.iter().filter(|a| !other.absences.contains(a)) {
            changes.push(Change::AbsenceRemoved { absence: absence.clone() });
        }
        for absence in other.absences.iter().filter(|a| !self.absences.contains(a)) {
            changes.push(Change::AbsenceSet { absence: absence.clone() });
        }
        for name in self.shifts.keys().filter(|n| !other.shifts.contains_key(*n)) {
            changes.push(Change::ShiftRemoved { shift: name.clone() });
        }
        for name in self.agents.keys().filter(|n| !other.agents.contains_key(*n)) {
            changes.push(Change::AgentRemoved { agent: name.clone() });
        }
        for name in self.entries.keys().filter(|n| !other.entries.contains_key(*n)) {
            changes.push(Change::EntryRemoved { entry: name.clone() });
        }
        // Whoever sends contacts to another queue goes before it.
        for queue in self.queues_by_ways().into_iter().rev().filter(|q| !other.queues.contains_key(&q.name)) {
            changes.push(Change::QueueRemoved { queue: queue.name.clone() });
        }
        for name in self.calendars.keys().filter(|n| !other.calendars.contains_key(*n)) {
            changes.push(Change::CalendarRemoved { name: name.clone() });
        }
        changes
    }

    /// What undoes a change of this centre, as one change.
    pub fn undoing(&self, change: &Change) -> Change {
        let mut after = self.clone();
        after.apply(change);
        Change::Together { changes: after.changes_to(self) }
    }

    /// Every fault of this centre as a whole: what `parse` says of it written as a file.
    ///
    /// # Errors
    /// The faults, at lines of the file as [`Centre::to_toml`] writes it.
    pub fn check(&self, shown_as: &str) -> Result<(), Vec<Fault>> {
        Centre::parse(shown_as, &self.to_toml()).map(drop)
    }

    /// Puts one change in place.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::RulesSet { rules } => self.rules = rules.clone(),
            Change::EntrySet { entry } => {
                self.entries.insert(entry.name.clone(), entry.clone());
            }
            Change::EntryRemoved { entry } => {
                self.entries.remove(entry);
            }
            Change::QueueSet { queue } => {
                self.queues.insert(queue.name.clone(), queue.clone());
            }
            Change::QueueRemoved { queue } => {
                self.queues.remove(queue);
            }
            Change::AgentSet { agent } => {
                self.agents.insert(agent.name.clone(), agent.clone());
            }
            Change::AgentRemoved { agent } => {
                self.agents.remove(agent);
            }
            Change::CalendarSet { name, calendar } => {
                self.calendars.insert(name.clone(), calendar.clone());
            }
            Change::CalendarRemoved { name } => {
                self.calendars.remove(name);
            }
            Change::ShiftSet { shift } => {
                self.shifts.insert(shift.name.clone(), shift.clone());
            }
            Change::ShiftRemoved { shift } => {
                self.shifts.remove(shift);
                self.absences.retain(|absence| absence.shift != *shift);
            }
            Change::AbsenceSet { absence } => {
                self.absences.retain(|other| !other.is_of(absence));
                self.absences.push(absence.clone());
                self.absences.sort();
            }
            Change::AbsenceRemoved { absence } => self.absences.retain(|other| other != absence),
            Change::Together { changes } => changes.iter().for_each(|change| self.apply(change)),
        }
    }

    /// The entry point of a dialled number.
    pub fn entry_of(&self, number: &E164) -> Option<&EntryPoint> {
        self.entries.values().find(|e| e.number.as_ref() == Some(number))
    }

    /// Whether the roster has an agent on shift at a moment: by a shift they work and are not
    /// absent from, or in somebody's stead.
    pub fn on_shift(&self, agent: &AgentName, at: Time) -> bool {
        // A shift is at most a day long, so it began today or yesterday.
        let today = Day::of(at);
        self.shifts.values().any(|shift| {
            [today, today.plus(-1)].into_iter().any(|day| {
                let (from, to) = shift.on(day);
                let runs = shift.days.contains(&day.weekday()) && from <= at && at < to;
                runs && self.works(agent, shift, day)
            })
        })
    }

    /// Whether an agent works a shift that begins on a day.
    fn works(&self, agent: &AgentName, shift: &Shift, day: Day) -> bool {
        let mut of_shift = self.absences.iter().filter(|a| a.day == day && a.shift == shift.name);
        let absent = of_shift.clone().any(|a| a.agent == *agent);
        let covers = of_shift.any(|a| a.cover.as_ref() == Some(agent) && shift.agents.contains(&a.agent));
        covers || (shift.agents.contains(agent) && !absent)
    }
}
