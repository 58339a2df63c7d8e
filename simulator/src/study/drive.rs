//! Virtual time around the floor: people come, ask, wait and leave; agents answer, talk and write.

use super::coming::{Coming, Then};
use super::findings::{self, Engine, Findings, Ground};
use super::roster::{Does, Duty};
use super::tally::Tally;
use crate::{Dice, Seed};
use acd::{Command, Effect, Floor, Output, Refusal};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use vocabulary::centre::{Centre, Treatment};
use vocabulary::event::Actor;
use vocabulary::{AgentName, ContactId, EndCause, Event, Party, Presence, Span, Time, Ulid};

/// Nobody is waited for longer than this after the last contact came.
const DRAIN: Span = Span::minutes(180);

/// How people behave beyond what each contact brings with it. Chances in thousandths, times in
/// milliseconds from and to.
#[derive(Debug, Clone)]
pub(crate) struct Conduct {
    pub answers: (i64, i64),
    pub joins: (i64, i64),
    pub misses: u64,
    pub declines: u64,
    pub failed_legs: u64,
    /// Of those who gave up a call, so many call again.
    pub redials: u64,
    /// Of those offered a call-back, so many agree.
    pub agrees: u64,
    /// Of those called back, so many answer.
    pub reached: u64,
    /// Of calls to an outside line, so many are answered by a human.
    pub outside: u64,
    pub lines_down: bool,
}

impl Conduct {
    /// As people are (assumed; every one of these can be measured once a centre runs).
    pub fn usual() -> Conduct {
        Conduct {
            answers: (1_000, 5_000),
            joins: (100, 1_000),
            misses: 10,
            declines: 5,
            failed_legs: 3,
            redials: 300,
            agrees: 500,
            reached: 700,
            outside: 600,
            lines_down: false,
        }
    }

    /// As in a journal: redials, and how long agents let it ring, are in it.
    pub fn recorded() -> Conduct {
        Conduct { misses: 0, declines: 0, failed_legs: 0, redials: 0, ..Conduct::usual() }
    }

    /// As theory has them: everything happens at once.
    pub fn instant() -> Conduct {
        Conduct { answers: (0, 0), joins: (0, 0), ..Conduct::recorded() }
    }
}

/// Something that happens at its time.
#[derive(Debug)]
enum Act {
    AfterFlow(ContactId),
    GiveUp(ContactId, u32),
    Over(ContactId, u32),
    Do(Command),
    Redial(Box<Coming>, ContactId),
    Back(AgentName),
}

/// An act and its place in time; acts of one moment keep their order.
struct Planned(Reverse<(Time, u64)>, Act);

impl PartialEq for Planned {
    fn eq(&self, other: &Planned) -> bool {
        self.0 == other.0
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Planned) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Planned) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// Somebody on the floor.
struct Person {
    coming: Coming,
    joined: bool,
    /// Counts up whenever what was planned for them no longer holds.
    turn: u32,
}

pub(crate) struct Drive<'a> {
    journal: &'a mut dyn FnMut(Time, &Event),
    pub tally: Tally,
    floor: Floor,
    commands: u64,
    refused: u64,
    dice: Dice,
    conduct: Conduct,
    now: Time,
    agenda: BinaryHeap<Planned>,
    planned: u64,
    contacts: u64,
    people: BTreeMap<ContactId, Person>,
    /// Who is on shift.
    here: BTreeSet<AgentName>,
    /// How long the contact that ended last is written up.
    writes: Option<(ContactId, Span)>,
    out: Vec<Output>,
}

impl<'a> Drive<'a> {
    pub fn new(
        seed: Seed,
        centre: &Centre,
        conduct: Conduct,
        from: Time,
        journal: &'a mut dyn FnMut(Time, &Event),
    ) -> Drive<'a> {
        let mut drive = Drive {
            journal,
            tally: Tally::new(from),
            floor: Floor::new(centre.floor.clone()),
            commands: 0,
            refused: 0,
            dice: Dice::new(seed.0 ^ 0x0070_656f_706c_6521),
            conduct,
            now: from,
            agenda: BinaryHeap::new(),
            planned: 0,
            contacts: 0,
            people: BTreeMap::new(),
            here: BTreeSet::new(),
            writes: None,
            out: Vec::new(),
        };
        let empty = Centre::empty(centre.floor.clone());
        for change in empty.changes_to(centre) {
            drive.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        drive
    }

    /// Runs until everyone who came is gone.
    pub fn run(
        &mut self,
        comings: &mut dyn Iterator<Item = Coming>,
        duties: &mut dyn Iterator<Item = Duty>,
        mut progress: impl FnMut(Time),
    ) {
        let (mut coming, mut duty) = (comings.next(), duties.next());
        let mut last = self.now;
        loop {
            let planned = self.agenda.peek().map(|Planned(Reverse((at, _)), _)| *at);
            let comes = coming.as_ref().map(|coming| coming.at);
            let works = duty.as_ref().map(|duty| duty.at);
            let Some(at) = [planned, comes, works, self.floor.deadline()].into_iter().flatten().min() else { break };
            let over = coming.is_none() && (self.people.is_empty() || at > last + DRAIN);
            if over {
                break;
            }
            self.now = at.max(self.now);
            progress(self.now);
            if works == Some(at) {
                let next = std::mem::replace(&mut duty, duties.next());
                next.into_iter().for_each(|duty| self.work(duty));
            } else if comes == Some(at) {
                last = at;
                let next = std::mem::replace(&mut coming, comings.next());
                next.into_iter().for_each(|coming| {
                    self.come(coming);
                });
            } else if planned == Some(at) {
                let act = self.agenda.pop();
                act.into_iter().for_each(|Planned(_, act)| self.act(act));
            } else {
                self.obey(Command::Tick);
            }
        }
    }

    /// What came of it.
    pub fn findings(mut self, ground: &Ground) -> Findings {
        let state_hash = self.floor.state_hash();
        let engine = Engine { commands: self.commands, refused: self.refused, state_hash };
        findings::of(ground, &mut self.tally, self.now, engine)
    }

    fn plan(&mut self, later: Span, act: Act) {
        self.planned += 1;
        self.agenda.push(Planned(Reverse((self.now + Span(later.0.max(0)), self.planned)), act));
    }

    fn between(&mut self, (low, high): (i64, i64)) -> Span {
        Span(self.dice.between(low, high))
    }

    fn chance(&mut self, thousandths: u64) -> bool {
        self.dice.below(1_000) < thousandths
    }

    /// Gives a command; whether it was obeyed.
    fn obey(&mut self, command: Command) -> bool {
        self.commands += 1;
        let mut out = std::mem::take(&mut self.out);
        self.floor.handle(self.now, command, &mut out);
        let mut obeyed = true;
        for output in out.drain(..) {
            match output {
                Output::Event(event) => {
                    (self.journal)(self.now, &event);
                    self.tally.see(self.now, &event);
                    self.react(&event);
                }
                Output::Effect(Effect::Refused(refusal)) => obeyed = self.refused(&refusal),
                Output::Effect(effect) => self.carry_out(effect),
            }
        }
        self.out = out;
        obeyed
    }

    fn refused(&mut self, _: &Refusal) -> bool {
        self.refused += 1;
        false
    }

    fn come(&mut self, coming: Coming) -> ContactId {
        self.contacts += 1;
        let minted = ContactId(Ulid::from_parts(self.now.0 as u64, u128::from(self.contacts)));
        let contact = coming.recorded.as_ref().map_or(minted, |recorded| recorded.contact);
        let recorded = coming.recorded.clone().unwrap_or_default();
        if let Some((later, from)) = recorded.claims {
            self.plan(later, Act::Do(Command::ClaimPlace { contact, from }));
        }
        for (later, lane, risk) in recorded.turns {
            self.plan(later, Act::Do(Command::Reclassify { contact, lane, risk, by: Actor::Centre }));
        }
        let (channel, tenant, entry) = (coming.channel, coming.tenant.clone(), coming.entry.clone());
        let (Then::Leaves { after, .. } | Then::Asks { after, .. }) = coming.then;
        self.plan(after, Act::AfterFlow(contact));
        self.people.insert(contact, Person { coming, joined: false, turn: 0 });
        self.obey(Command::Arrive { contact, channel, tenant, entry });
        contact
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::AfterFlow(contact) => self.after_flow(contact),
            Act::GiveUp(contact, turn) => {
                if self.people.get(&contact).is_some_and(|p| !p.joined && p.turn == turn) {
                    self.obey(Command::End { contact, by: Party::Citizen, cause: EndCause::Normal });
                }
            }
            Act::Over(contact, turn) => {
                if self.people.get(&contact).is_some_and(|p| p.joined && p.turn == turn) {
                    self.obey(Command::End { contact, by: Party::Citizen, cause: EndCause::Normal });
                }
            }
            Act::Do(command) => drop(self.obey(command)),
            Act::Redial(coming, from) => self.redial(*coming, from),
            Act::Back(agent) => {
                if self.here.contains(&agent) {
                    self.present(agent, Presence::Ready);
                }
            }
        }
    }

    fn after_flow(&mut self, contact: ContactId) {
        let Some(person) = self.people.get(&contact).filter(|p| p.turn == 0) else { return };
        let command = match &person.coming.then {
            Then::Leaves { by, cause, .. } => Command::End { contact, by: *by, cause: *cause },
            Then::Asks { asks, .. } => {
                let asks = asks.clone();
                Command::Enqueue {
                    contact,
                    queue: asks.queue,
                    needs: asks.needs,
                    lane: asks.lane,
                    risk: asks.risk,
                    language: asks.language,
                    base: asks.base,
                }
            }
        };
        self.obey(command);
    }

    /// A redial takes its place again after one key: on the safe line after key 9, so when queued.
    fn redial(&mut self, coming: Coming, from: ContactId) {
        let contact = self.come(Coming { at: self.now, ..coming });
        let later = self.between((30_000, 60_000));
        self.plan(later, Act::Do(Command::ClaimPlace { contact, from }));
    }

    fn present(&mut self, agent: AgentName, presence: Presence) {
        let by = Actor::Staff { name: agent.clone() };
        self.obey(Command::SetPresence { agent, presence, by });
    }

    fn work(&mut self, duty: Duty) {
        let Duty { agent, does, .. } = duty;
        match does {
            Does::Comes => {
                self.here.insert(agent.clone());
                self.present(agent, Presence::Ready);
            }
            Does::Rests(reason) => {
                let ready = self.floor.agent(&agent).is_some_and(|a| a.presence == Presence::Ready);
                if ready && self.here.contains(&agent) {
                    self.present(agent, Presence::Away { reason });
                }
            }
            Does::Returns => self.act(Act::Back(agent)),
            Does::Goes => {
                self.here.remove(&agent);
                self.leave(agent);
            }
        }
    }

    /// Whoever serves somebody leaves when that is over.
    fn leave(&mut self, agent: AgentName) {
        let engaged = self.floor.agent(&agent).is_some_and(|a| !a.doing.is_empty());
        let by = Actor::Staff { name: agent.clone() };
        let then = Some(Presence::Offline);
        if !engaged || !self.obey(Command::SetLeaving { agent: agent.clone(), then, by }) {
            self.present(agent, Presence::Offline);
        }
    }

    fn react(&mut self, event: &Event) {
        match event {
            Event::Queued { contact, .. } | Event::Transferred { contact, .. } => self.waits(*contact, false),
            Event::ConnectFailed { contact, .. } => self.waits(*contact, true),
            Event::CallBackAgreed { contact, .. } => {
                self.people.get_mut(contact).into_iter().for_each(|person| person.turn += 1);
            }
            Event::Connected { contact, .. } => {
                if let Some(person) = self.people.get_mut(contact) {
                    person.joined = true;
                    person.turn += 1;
                    let (talk, turn) = (person.coming.talk, person.turn);
                    self.plan(talk, Act::Over(*contact, turn));
                }
            }
            Event::PlaceKept { contact, .. } => {
                if self.chance(self.conduct.redials)
                    && let Some(person) = self.people.get(contact)
                {
                    let coming = Box::new(person.coming.clone());
                    let later = self.between((20_000, 300_000));
                    self.plan(later, Act::Redial(coming, *contact));
                }
            }
            Event::Ended { contact, .. } => {
                let person = self.people.remove(contact);
                self.writes = person.and_then(|person| person.coming.write).map(|write| (*contact, write));
            }
            Event::WrapUpStarted { contact, agent, .. } => {
                // Said again when it is extended or taken up again; the first time counts.
                if let Some((_, write)) = self.writes.take().filter(|(ended, _)| ended == contact) {
                    let (contact, agent) = (*contact, agent.clone());
                    self.plan(write, Act::Do(Command::WrapUp { contact, agent, disposition: None }));
                }
            }
            Event::PresenceSet { agent, presence: Presence::Away { reason }, by: Actor::Centre }
                if reason.as_str() != "recovery" =>
            {
                let later = self.between((20_000, 90_000));
                self.plan(later, Act::Back(agent.clone()));
            }
            _ => {}
        }
    }

    /// In a queue, for the first time or again.
    fn waits(&mut self, contact: ContactId, lost: bool) {
        let Some(person) = self.people.get_mut(&contact) else { return };
        if person.joined || lost {
            person.joined = false;
            person.turn += 1;
        } else if person.turn > 0 {
            return;
        } else {
            person.turn = 1;
        }
        let (patience, turn) = (person.coming.patience, person.turn);
        patience.into_iter().for_each(|patience| self.plan(patience, Act::GiveUp(contact, turn)));
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Ring { contact, offer, agent, .. } => self.ring(contact, offer, agent),
            Effect::Bridge { contact, agent, .. } => self.join(contact, agent, self.conduct.failed_legs),
            Effect::CallBack { contact, agent, .. } => {
                let later = self.between((8_000, 20_000));
                let command = if self.chance(self.conduct.reached) {
                    Command::Connect { contact, agent }
                } else {
                    Command::FailCallBack { contact, agent }
                };
                self.plan(later, Act::Do(command));
            }
            Effect::CallOutside { contact, step, .. } => {
                // Only a human's answer counts; many calls meet none.
                if !self.conduct.lines_down && self.chance(self.conduct.outside) {
                    let later = self.between((4_000, 20_000));
                    self.plan(later, Act::Do(Command::OutsideAnswered { contact, step }));
                }
            }
            Effect::Treat { contact, treatment, .. } => self.treat(contact, treatment),
            Effect::HandOver { .. }
            | Effect::Join { .. }
            | Effect::Release { .. }
            | Effect::Park { .. }
            | Effect::StopRinging { .. }
            | Effect::StopCallingOutside { .. }
            | Effect::Refused(_) => {}
        }
    }

    fn ring(&mut self, contact: ContactId, offer: u32, agent: AgentName) {
        let chance = self.dice.below(1_000);
        if chance < self.conduct.misses {
            return;
        }
        let own = self.people.get(&contact).and_then(|person| person.coming.ring);
        let later = own.unwrap_or_else(|| Span(self.dice.between(self.conduct.answers.0, self.conduct.answers.1)));
        let command = if chance < self.conduct.misses + self.conduct.declines {
            Command::Decline { contact, offer, agent }
        } else {
            Command::Accept { contact, offer, agent }
        };
        self.plan(later, Act::Do(command));
    }

    fn join(&mut self, contact: ContactId, agent: AgentName, failed: u64) {
        let command = if self.chance(failed) {
            Command::ConnectFail { contact, agent }
        } else {
            Command::Connect { contact, agent }
        };
        let later = self.between(self.conduct.joins);
        self.plan(later, Act::Do(command));
    }

    fn treat(&mut self, contact: ContactId, treatment: Treatment) {
        let (seconds, command) = match treatment {
            Treatment::Queue(_) => return,
            Treatment::CallBack if self.chance(self.conduct.agrees) => {
                (12, Command::AgreeCallBack { contact, from: None })
            }
            Treatment::CallBack => return,
            Treatment::Message => (30, Command::End { contact, by: Party::Citizen, cause: EndCause::MessageLeft }),
            Treatment::Closed => (8, Command::End { contact, by: Party::Centre, cause: EndCause::Closed }),
        };
        self.plan(Span::seconds(seconds), Act::Do(command));
    }
}
