//! Calendars that turn every few minutes, switches, surges, overflow and call-backs.

use super::{Plan, QUEUES};
use acd::{Command, Floor, Stage};
use vocabulary::centre::{CallBackRules, Change, Overflow, OverflowWhen, Queue, Treatment};
use vocabulary::event::{Actor, Alarm, Switch};
use vocabulary::{
    Calendar, CalendarName, CallBackPolicy, Clock, Consent, ConsentKind, ContactId, Day, EndCause, Event, Holiday,
    Hours, Language, PromptName, QueueName, Span, Weekday,
};

/// Queues outside the safeguarding lanes; contacts go only to later ones, so never in a circle.
const ORDINARY: usize = 3;

/// What must have happened often, or the plan proves nothing about it.
pub fn told(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::HoursTurned { .. } => "hours turned",
        Event::QueueSwitched { .. } => "queue switched",
        Event::SurgeSet { .. } => "surge set",
        Event::Overflowed { to: Treatment::Queue(_), .. } => "overflowed to a queue",
        Event::Overflowed { to: Treatment::CallBack, .. } => "overflowed to a call-back",
        Event::Overflowed { .. } => "overflowed back to the flow",
        Event::CallBackAgreed { .. } => "call-back agreed",
        Event::CallBackFailed { next: Some(_), .. } => "call-back failed, to be tried again",
        Event::CallBackFailed { .. } => "call-back failed for good",
        Event::Ended { cause: EndCause::NotReached, .. } => "not reached",
        Event::Ended { cause: EndCause::Redialled, .. } => "redialled",
        Event::AlarmRaised { alarm: Alarm::QueueUnstaffed, .. } => "queue unstaffed",
        _ => return None,
    })
}

/// Whether an agent is about to call somebody back.
pub fn is_calling(floor: &Floor) -> bool {
    let at_hand = |stage: &Stage| matches!(stage, Stage::Offered { .. } | Stage::Accepted { .. });
    floor.contacts().any(|c| c.call_back.is_some() && at_hand(&c.stage))
}

impl Plan {
    pub fn hours(&mut self, floor: &Floor) -> Command {
        match self.dice.below(12) {
            0..=2 => self.agree(floor),
            3..=6 => self.called(floor),
            7 => self.switch(),
            8 => {
                let queue = self.some_queue();
                Command::SetSurge { queue, on: self.dice.chance(60), by: Actor::Centre }
            }
            9 => self.consent(),
            10 => self.redial(floor),
            _ => Command::SetUp { change: Box::new(self.calendar()), by: Actor::Centre },
        }
    }

    fn some_queue(&mut self) -> QueueName {
        QueueName::new(self.dice.pick(&QUEUES).unwrap()).unwrap()
    }

    fn switch(&mut self) -> Command {
        let to = *self.dice.pick(&[Switch::Calendar, Switch::Calendar, Switch::Open, Switch::Closed]).unwrap();
        Command::SwitchQueue { queue: self.some_queue(), to, by: Actor::Centre }
    }

    fn agree(&mut self, floor: &Floor) -> Command {
        let waits = |c: &acd::ContactView| matches!(c.stage, Stage::Waiting | Stage::Offered { .. });
        let waiting: Vec<ContactId> = floor.contacts().filter(waits).map(|c| c.contact).collect();
        let contact = self.dice.pick(&waiting).copied().unwrap_or_else(|| self.some_contact());
        let from = match self.dice.below(10) {
            0..=5 => None,
            6..=8 => Some(self.now + Span::seconds(self.dice.below(90) as i64)),
            _ => Some(self.now + Span::seconds(self.dice.below(1_000_000) as i64)),
        };
        Command::AgreeCallBack { contact, from }
    }

    /// What becomes of a call-back that an agent accepted.
    pub fn called(&mut self, floor: &Floor) -> Command {
        let calling = floor.contacts().filter(|c| c.call_back.is_some()).filter_map(|c| match c.stage {
            Stage::Accepted { agent } => Some((c.contact, agent)),
            _ => None,
        });
        let calling: Vec<_> = calling.collect();
        let Some((contact, agent)) = self.dice.pick(&calling).cloned() else {
            let shown = floor.contacts().filter(|c| c.call_back.is_some()).find_map(|c| match c.stage {
                Stage::Offered { agents, .. } => Some((c.contact, c.offer, agents.first()?.clone())),
                _ => None,
            });
            let Some((contact, offer, agent)) = shown else { return self.agree(floor) };
            return Command::Accept { contact, offer, agent };
        };
        if self.dice.chance(70) {
            Command::FailCallBack { contact, agent }
        } else {
            Command::Connect { contact, agent }
        }
    }

    /// A citizen who was to be called back calls again.
    fn redial(&mut self, floor: &Floor) -> Command {
        let agreed: Vec<ContactId> = floor.contacts().filter(|c| c.call_back.is_some()).map(|c| c.contact).collect();
        let from = self.dice.pick(&agreed).copied().unwrap_or_default();
        Command::ClaimPlace { contact: self.some_contact(), from }
    }

    fn consent(&mut self) -> Command {
        let policies =
            [CallBackPolicy::Ok, CallBackPolicy::SafeWindow, CallBackPolicy::SafeNumberOnly, CallBackPolicy::Never];
        let kind = ConsentKind::CallBack { policy: *self.dice.pick(&policies).unwrap() };
        let text = PromptName::new("conf_cb").unwrap();
        let consent = Consent { kind, text, language: Language::SW, key: Some('1') };
        Command::Report(Event::ConsentGiven { contact: self.some_contact(), consent })
    }

    pub fn calendar(&mut self) -> Change {
        let mut calendar = Calendar::default();
        let today = Day::of(self.now);
        let minute = self.now.since(today.start()).as_seconds() / 60;
        for day in Weekday::ALL {
            // A few openings of some minutes around now.
            let mut edges: Vec<i64> =
                (0..6).map(|_| (minute - 20 + self.dice.below(90) as i64).clamp(0, 1_440)).collect();
            edges.sort_unstable();
            edges.dedup();
            let clock = |minutes: i64| Clock::from_minutes(minutes as u16).unwrap();
            let hours = edges.chunks_exact(2).map(|pair| Hours { from: clock(pair[0]), to: clock(pair[1]) });
            calendar.week.insert(day, hours.collect());
        }
        if self.dice.chance(15) {
            let hours = if self.dice.chance(50) { vec![Hours::ALL_DAY] } else { Vec::new() };
            calendar.holidays.insert(today, Holiday { sw: "Sikukuu".to_owned(), en: "Holiday".to_owned(), hours });
        }
        Change::CalendarSet { name: CalendarName::new("office").unwrap(), calendar }
    }

    fn treatment(&mut self, number: usize, calls: bool) -> Treatment {
        let later = &QUEUES[(number + 1).min(ORDINARY)..ORDINARY];
        match self.dice.below(5) {
            0..=1 if !later.is_empty() => Treatment::Queue(QueueName::new(self.dice.pick(later).unwrap()).unwrap()),
            // Now and then out of order: a circle, or a queue of a safe lane, which is refused.
            2 if self.dice.chance(5) => Treatment::Queue(self.some_queue()),
            3 if calls => Treatment::CallBack,
            4 => Treatment::Message,
            _ => Treatment::Closed,
        }
    }

    /// Gives a queue hours, overflow and call-back.
    pub fn dress(&mut self, queue: &mut Queue) {
        if self.dice.chance(60) {
            queue.call_back = Some(CallBackRules {
                attempts: 1 + self.dice.below(3) as u32,
                retry_seconds: 1 + self.dice.below(40) as i64,
                window_seconds: 20 + self.dice.below(2_000) as i64,
            });
        }
        let number = QUEUES.iter().position(|name| *name == queue.name.as_str()).unwrap();
        if number >= ORDINARY {
            return;
        }
        let calls = queue.call_back.is_some();
        queue.calendar = self.dice.chance(25).then(|| CalendarName::new("office").unwrap());
        queue.when_closed = self.treatment(number, calls);
        for _ in 0..self.dice.below(3) {
            // The upper bound of an estimate is the one thing the twin does not work out.
            let when = match self.dice.below(3) {
                0 => OverflowWhen::Waiting(1 + self.dice.below(4) as u32),
                1 => OverflowWhen::WaitedSeconds(5 + self.dice.below(60) as i64),
                _ => OverflowWhen::NobodyOnShift,
            };
            queue.overflow.push(Overflow { when, to: self.treatment(number, calls) });
        }
    }
}
