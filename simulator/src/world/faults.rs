//! What goes wrong with machines: the process is killed, the clock jumps, the journal stalls.

use super::{Act, World};
use crate::centre::{OPERATOR, name};
use acd::{Command, Effect, Floor, Output};
use vocabulary::{ContactId, Event, FloorName, Risk, Span, Time};

/// The journal has stalled when it took nothing for so long; then the safe line is served from
/// memory.
const STALLED_AFTER: i64 = 500;

/// What a stalled journal holds back.
#[derive(Default)]
pub(crate) struct Stall {
    since: Time,
    /// The floor knows that it stalls: the safe line goes on without it.
    noted: bool,
    events: Vec<(Time, Event)>,
    /// Events and effects nobody has seen yet.
    held: Vec<Output>,
}

impl World {
    pub(super) fn plan_faults(&mut self) {
        let every = [
            (self.plan.kill_every, Act::Kill),
            (self.plan.jump_every, Act::Jump(0)),
            (self.plan.stall_every, Act::Stall),
            (self.plan.change_every, Act::Change),
        ];
        for (every, act) in every {
            self.plan_fault(every, act);
        }
    }

    pub(super) fn plan_fault(&mut self, every: Span, act: Act) {
        if every > Span::ZERO {
            let later = self.dice.around(every.0).max(5_000);
            self.plan_in(later, act);
        }
    }

    /// The floor made anew from its journal alone.
    pub(super) fn reborn(&mut self) -> Floor {
        self.report.rebirths += 1;
        let mut floor = Floor::new(name(FloorName::new(OPERATOR)));
        self.journal.iter().for_each(|(at, event)| floor.apply(*at, event));
        // All it knows of time is what was written.
        self.told = self.journal.last().map_or(self.told, |(at, _)| *at);
        floor
    }

    /// The process dies: between two commands (and its double takes over at once, or it starts
    /// again), or in the middle of the next one.
    pub(super) fn kill(&mut self) {
        self.plan_fault(self.plan.kill_every, Act::Kill);
        if self.stall.is_some() {
            // What was done from memory would be forgotten: that the owner must not survive.
            return;
        }
        if self.dice.percent(40) {
            self.torn = Some(self.dice.below(4) as usize);
            return;
        }
        let floor = self.reborn();
        if floor.state_hash() != self.floor.state_hash() {
            self.check.broken(self.told, String::from("replay of the journal gave another state"));
        }
        let restored = Floor::restore(self.floor.snapshot());
        if restored.state_hash() != self.floor.state_hash() {
            self.check.broken(self.told, String::from("a snapshot gave another state"));
        }
        self.floor = floor;
        if self.dice.percent(60) {
            self.restart();
        }
    }

    /// The clock jumps forward or back, and is set right again later.
    pub(super) fn jump(&mut self, by: i64) {
        if by != 0 {
            self.skew += by;
            return;
        }
        self.report.jumps += 1;
        let by = self.dice.between(2_000, 90_000) * if self.dice.percent(50) { 1 } else { -1 };
        self.skew += by;
        let later = self.dice.between(1_000, 240_000);
        self.plan_in(later, Act::Jump(-by));
        self.plan_fault(self.plan.jump_every, Act::Jump(0));
    }

    pub(super) fn begin_stall(&mut self) {
        self.plan_fault(self.plan.stall_every, Act::Stall);
        if self.stall.is_some() || self.torn.is_some() {
            return;
        }
        self.report.stalls += 1;
        self.stall = Some(Stall { since: self.told, ..Stall::default() });
        let length = self.dice.around(15_000);
        if length > STALLED_AFTER {
            self.plan_in(STALLED_AFTER, Act::StallNoted);
        }
        self.plan_in(length, Act::StallEnds);
    }

    /// Half a second without the journal: the safe line goes on from memory.
    pub(super) fn note_stall(&mut self) {
        self.obey(Command::NoteStalled);
        let Some(stall) = &mut self.stall else { return };
        stall.noted = true;
        let held = std::mem::take(&mut stall.held);
        self.let_safe_out(held);
    }

    /// Nothing leaves before it is written, except what the safe line needs.
    pub(super) fn hold_back(&mut self, out: Vec<Output>) {
        for output in &out {
            if let Output::Event(event) = output {
                self.check.see(self.told, event);
                let written = (self.told, event.clone());
                self.stall.iter_mut().for_each(|stall| stall.events.push(written.clone()));
            }
        }
        self.let_safe_out(out);
    }

    fn let_safe_out(&mut self, out: Vec<Output>) {
        for output in out {
            let noted = self.stall.as_ref().is_some_and(|stall| stall.noted);
            if noted && self.is_safe(&output) {
                self.see(output);
            } else if let Some(stall) = &mut self.stall {
                stall.held.push(output);
            }
        }
    }

    fn is_safe(&self, output: &Output) -> bool {
        let contact = match output {
            Output::Event(event) => event.contact(),
            Output::Effect(effect) => contact_of(effect),
        };
        contact.and_then(|contact| self.floor.contact(contact)).is_some_and(|contact| {
            contact.lane.is_some_and(|lane| lane.is_safeguarding()) || contact.risk == Some(Risk::P0)
        })
    }

    /// People see an event, or an effect is carried out.
    fn see(&mut self, output: Output) {
        match output {
            Output::Event(event) => self.react(&event),
            Output::Effect(effect) => self.carry_out(effect),
        }
    }

    pub(super) fn end_stall(&mut self) {
        let Some(stall) = self.stall.take() else { return };
        let (since, events) = (stall.since, stall.events.len() as u32);
        stall.events.into_iter().for_each(|(at, event)| self.append(at, event));
        stall.held.into_iter().for_each(|output| self.see(output));
        if stall.noted {
            self.obey(Command::NoteUnjournaled { since, events });
        }
    }
}

fn contact_of(effect: &Effect) -> Option<ContactId> {
    match effect {
        Effect::Ring { contact, .. }
        | Effect::StopRinging { contact, .. }
        | Effect::Bridge { contact, .. }
        | Effect::CallOutside { contact, .. }
        | Effect::StopCallingOutside { contact }
        | Effect::Treat { contact, .. }
        | Effect::CallBack { contact, .. }
        | Effect::HandOver { contact, .. }
        | Effect::Join { contact, .. }
        | Effect::Release { contact, .. }
        | Effect::Park { contact, .. } => Some(*contact),
        Effect::Refused(_) => None,
    }
}
