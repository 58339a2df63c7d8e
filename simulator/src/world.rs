//! The run itself: an agenda in virtual time, the floor, its journal, and what goes wrong.

mod faults;
mod people;
mod staff;

use crate::centre::{OPERATOR, SUPERVISORS, agent_name, name, set_up, supervisor_name};
use crate::check::Check;
use crate::dice::Dice;
use crate::report::{Report, Waits};
use crate::{Plan, Seed};
use acd::figures::Figures;
use acd::{Command, Floor, Output, Stage};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::event::{Actor, VERSION};
use vocabulary::{AgentName, ContactId, EndCause, Entry, Event, FloorName, Lane, Party, Presence, Risk, Span, Time};

/// When runs begin: a real moment, so that large numbers are exercised.
const START: Time = Time(1_795_000_000_000);

/// A run that is not over this long after the last contact came has lost somebody.
const DRAIN: Span = Span::minutes(180);

/// Something that happens at its time.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A contact comes, and the next one is planned.
    Arrive,
    /// Somebody who was cut off calls again.
    Redial(ContactId),
    /// Somebody's patience ends.
    GiveUp(ContactId),
    /// Somebody sends a command.
    Do(Command),
    /// An agent takes a break, or loses the network.
    Leave(AgentName),
    /// The process is killed.
    Kill,
    /// The clock of the machine jumps by so many milliseconds.
    Jump(i64),
    /// The journal takes nothing for so long.
    Stall,
    /// It has taken nothing for half a second.
    StallNoted,
    /// It takes entries again.
    StallEnds,
    /// Somebody changes the set-up.
    Change,
    /// A supervisor does something.
    Supervise,
    /// What comes of a request for help once both talk.
    Helped(ContactId),
}

pub(crate) struct World {
    plan: Plan,
    dice: Dice,
    floor: Floor,
    now: Time,
    agenda: BTreeMap<(Time, u64), Act>,
    planned: u64,
    contacts: u64,
    journal: Vec<(Time, Event)>,
    figures: Figures,
    check: Check,
    report: Report,
    /// The next command is cut off after so many of its events.
    torn: Option<usize>,
    /// Agents who came to work.
    present: BTreeSet<AgentName>,
    /// How far the machine's clock is from the truth.
    skew: i64,
    /// The latest moment the floor was told.
    told: Time,
    stall: Option<faults::Stall>,
}

impl World {
    pub fn new(seed: Seed, plan: Plan) -> World {
        World {
            plan,
            dice: Dice::new(seed.0),
            floor: Floor::new(name(FloorName::new(OPERATOR))),
            now: START,
            agenda: BTreeMap::new(),
            planned: 0,
            contacts: 0,
            journal: Vec::new(),
            figures: Figures::default(),
            check: Check::new(plan.jump_every > Span::ZERO),
            report: Report::new(seed),
            torn: None,
            present: BTreeSet::new(),
            skew: 0,
            told: START,
            stall: None,
        }
    }

    pub fn run(mut self, journal: &mut dyn FnMut(Time, &Event)) -> Report {
        self.open();
        let end = START + self.plan.length + DRAIN;
        while let Some(at) = self.next_time() {
            if at > end {
                break;
            }
            self.now = at.max(self.now);
            self.step();
            self.check.settle(self.told);
            self.check_floor();
            if self.now > START + self.plan.length && self.floor.contacts().next().is_none() {
                break;
            }
        }
        self.journal.iter().for_each(|(at, event)| journal(*at, event));
        self.close()
    }

    fn open(&mut self) {
        for change in set_up(&self.plan, &mut self.dice) {
            self.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        assert_eq!(self.report.refused, 0, "the simulated centre is a good one");
        for n in 0..self.plan.agents {
            if self.dice.percent(self.plan.absent) {
                continue;
            }
            let agent = agent_name(n);
            self.present.insert(agent.clone());
            let later = self.dice.between(0, 60_000);
            self.ready_in(agent.clone(), later);
            let later = self.dice.around(2_400_000);
            self.plan_in(later, Act::Leave(agent));
        }
        self.plan_in(1_000, Act::Arrive);
        self.plan_faults();
        self.plan_in(60_000, Act::Supervise);
        let supervisors = if self.plan.absent < 100 { SUPERVISORS } else { 0 };
        for n in 0..supervisors {
            self.ready_in(supervisor_name(n), 1_000);
        }
    }

    /// The next thing to do: on the agenda, or due on the floor.
    fn next_time(&self) -> Option<Time> {
        let planned = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let due = self.floor.deadline().map(|at| Time(at.0 - self.skew));
        [planned, due].into_iter().flatten().min()
    }

    /// What the machine's clock shows.
    fn shown(&self) -> Time {
        Time(self.now.0 + self.skew)
    }

    fn step(&mut self) {
        if self.floor.deadline().is_some_and(|at| at <= self.shown()) {
            return self.obey(Command::Tick);
        }
        let Some((_, act)) = self.agenda.pop_first() else {
            return;
        };
        self.act(act);
    }

    pub(crate) fn plan_in(&mut self, millis: i64, act: Act) {
        self.planned += 1;
        self.agenda.insert((self.now + Span(millis.max(0)), self.planned), act);
    }

    /// Sends a command, and now and then the same one again a little later.
    pub(crate) fn command(&mut self, command: Command) {
        // Ids are minted once by their owner; these two and set-ups are not sent again.
        let minted = matches!(command, Command::Arrive { .. } | Command::AskHelp { .. });
        let repeatable = !minted && !matches!(command, Command::Restart | Command::SetUp { .. });
        if repeatable && self.dice.percent(self.plan.repeats) {
            let later = self.dice.between(0, 5_000);
            self.plan_in(later, Act::Do(command.clone()));
        }
        self.obey(command);
    }

    fn obey(&mut self, command: Command) {
        self.report.commands += 1;
        let mut out = Vec::new();
        let shown = self.shown();
        self.told = self.told.max(shown);
        self.floor.handle(shown, command, &mut out);
        if self.stall.is_some() {
            return self.hold_back(out);
        }
        let Some(kept) = self.torn.take() else {
            out.into_iter().for_each(|output| self.take(output));
            return;
        };
        // What was decided and not written is gone with the process, and so are all effects.
        let events = out.into_iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            Output::Effect(_) => None,
        });
        let events: Vec<Event> = events.take(kept).collect();
        events.into_iter().for_each(|event| self.write(event));
        self.report.torn += 1;
        self.floor = self.reborn();
        self.restart();
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Event(event) => {
                self.write(event.clone());
                self.react(&event);
            }
            Output::Effect(effect) => self.carry_out(effect),
        }
    }

    /// Writes an event to the journal, and lets everyone see it who reads journals.
    fn write(&mut self, event: Event) {
        self.check.see(self.told, &event);
        self.append(self.told, event);
    }

    fn append(&mut self, at: Time, event: Event) {
        self.report.note(&event);
        let seq = self.journal.len() as u64 + 1;
        let entry = Entry { seq, at, v: VERSION, event };
        self.figures.fold(&entry);
        self.journal.push((at, entry.event));
    }

    fn restart(&mut self) {
        self.obey(Command::Restart);
        for agent in self.present.clone() {
            let later = self.dice.between(5_000, 40_000);
            self.ready_in(agent, later);
        }
        // The chats that are left are taken up again by their sessions.
        let left: Vec<(ContactId, Stage)> = self.floor.contacts().map(|c| (c.contact, c.stage)).collect();
        for (contact, stage) in left {
            match stage {
                Stage::InFlow => self.plan_queueing(contact, None),
                Stage::Talking { .. } => {
                    self.plan_end(contact);
                }
                Stage::WrapUp { .. } => {}
                _ => self.plan_giving_up(contact, false),
            }
        }
    }

    /// Nobody who is over is listed, and past its last rung a contact is with somebody whenever anybody is free.
    fn check_floor(&mut self) {
        let listed = self.floor.contacts().map(|contact| contact.contact);
        if let Some(over) = listed.filter(|contact| self.check.is_over(*contact)).last() {
            self.check.broken(self.told, format!("{over} is over and still on the floor"));
        }
        for contact in self.check.past_last_rung() {
            let voice = self.floor.contact(contact).is_some_and(|c| c.channel.is_voice());
            let idle = self.floor.agents().find(|agent| {
                let free = agent.presence == Presence::Ready && !agent.break_owed && agent.doing.is_empty();
                let willing = !self.check.leaves(&agent.agent) && !self.check.rests(contact, &agent.agent, self.told);
                voice && free && willing
            });
            if let Some(agent) = idle {
                let what = format!("{contact} waits past its last rung while {} is free", agent.agent);
                self.check.broken(self.told, what);
            }
        }
    }

    fn close(mut self) -> Report {
        self.check.finish(self.told);
        self.check_figures();
        let engaged: Vec<AgentName> =
            self.floor.agents().filter(|agent| !agent.doing.is_empty()).map(|agent| agent.agent).collect();
        for agent in engaged {
            self.check.broken(self.told, format!("{agent} is still engaged when everyone has gone"));
        }
        let total = self.figures.view(&Lane::ALL.into_iter().collect()).total;
        let mut report = self.report;
        report.events = self.journal.len() as u64;
        report.arrived = total.arrived;
        report.answered = total.answered;
        report.abandoned = total.abandoned;
        report.dropped = total.dropped;
        report.in_time = total.service_level_of_answered().unwrap_or(0);
        for risk in [Risk::P0, Risk::P1, Risk::P2, Risk::P3] {
            let waits: Vec<Span> = self.check.reached.iter().filter(|(r, _)| *r == risk).map(|(_, w)| *w).collect();
            if !waits.is_empty() {
                report.safeguarding.push((risk, Waits::of(waits, 95)));
            }
        }
        report.promise = self.check.kept.kept();
        report.helps = self.check.helps;
        if self.plan.promised {
            self.check.check_kept();
        }
        report.unreached = self.check.unreached.len() as u64;
        report.unreached_longest = self.check.unreached.iter().copied().max().unwrap_or_default();
        report.state_hash = self.floor.state_hash();
        report.violations = self.check.violations;
        report
    }

    /// Figures folded as events came, folded afresh, and counted by the checkers: one number.
    fn check_figures(&mut self) {
        let mut fresh = Figures::default();
        for (number, (at, event)) in self.journal.iter().enumerate() {
            fresh.fold(&Entry { seq: number as u64 + 1, at: *at, v: VERSION, event: event.clone() });
        }
        let everyone: BTreeSet<Lane> = Lane::ALL.into_iter().collect();
        let (open, all) = (self.figures.view(&BTreeSet::new()), self.figures.view(&everyone));
        let total = &all.total;
        let promises = [
            (fresh == self.figures, "a fresh fold of the journal gives other figures"),
            (open.total == all.total, "the total depends on who looks"),
            (total.adds_up() && all.rows.iter().all(|row| row.counts.adds_up()), "outcomes do not add up to arrivals"),
            (total.arrived == self.check.arrived, "contacts are not counted once each"),
            (total.answered == self.check.answered, "answered contacts are not counted once each"),
            (open.rows.iter().all(|row| !row.lane.is_safeguarding()), "the safe line shows without clearance"),
        ];
        for (holds, what) in promises {
            if !holds {
                self.check.broken(self.told, String::from(what));
            }
        }
    }

    pub(crate) fn end(&mut self, contact: ContactId, by: Party, cause: EndCause) {
        self.command(Command::End { contact, by, cause });
    }
}
