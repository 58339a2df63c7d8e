//! When queues are open, who could serve them, where their contacts may go instead, and what was
//! agreed about calling back.

use super::{Contact, Order, Stage, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vocabulary::centre::{CallBackRules, OverflowWhen, Queue, Treatment};
use vocabulary::event::{HoursCause, Switch};
use vocabulary::{Level, QueueName, SkillName, Span, Time};

/// Whether a queue is open, as it was last decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gate {
    pub open: bool,
    pub why: HoursCause,
    pub switch: Switch,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { open: true, why: HoursCause::Week, switch: Switch::Calendar }
    }
}

/// An agreement to be called back. The contact waits at its place without a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallBack {
    /// Not offered before.
    pub from: Time,
    /// Over when nobody called by then.
    pub until: Time,
    /// How often it may still be tried.
    pub left: u32,
    /// Time between two attempts.
    pub retry: Span,
}

impl CallBack {
    pub fn agreed(from: Time, until: Time, left: u32, rules: Option<&CallBackRules>) -> CallBack {
        let rules = rules.cloned().unwrap_or_default();
        CallBack { from, until, left, retry: Span::seconds(rules.retry_seconds) }
    }
}

impl Contact {
    /// Whether it could be offered now as far as its call-back goes.
    pub fn is_due(&self, clock: Time) -> bool {
        self.call_back.as_ref().is_none_or(|agreed| agreed.from <= clock)
    }

    /// Whether nobody holds the line: its call-back is agreed and has not been made.
    pub fn has_no_leg(&self) -> bool {
        let before = matches!(self.stage, Stage::Waiting | Stage::Offered { .. } | Stage::Accepted { .. });
        self.call_back.is_some() && before
    }
}

impl State {
    /// Whether a queue is open as last decided. Safeguarding queues always are.
    pub fn is_open(&self, queue: &QueueName) -> bool {
        self.gate(queue).open
    }

    pub fn gate(&self, queue: &QueueName) -> Gate {
        self.hours.get(queue).copied().unwrap_or_default()
    }

    /// Whether a queue should be open at a moment, and why.
    pub fn should_open(&self, queue: &Queue, at: Time) -> (bool, HoursCause) {
        let calendar = queue.calendar.as_ref().and_then(|name| self.centre.calendars.get(name));
        match (self.gate(&queue.name).switch, calendar) {
            _ if queue.lane.is_safeguarding() => (true, HoursCause::Week),
            (Switch::Open, _) => (true, HoursCause::Switched),
            (Switch::Closed, _) => (false, HoursCause::Switched),
            (Switch::Calendar, None) => (true, HoursCause::Week),
            (Switch::Calendar, Some(calendar)) => {
                let why = if calendar.holiday(at).is_some() { HoursCause::Holiday } else { HoursCause::Week };
                (calendar.is_open(at), why)
            }
        }
    }

    /// When a queue opens or closes next by its calendar, if nobody switches it.
    pub fn next_turn(&self, queue: &Queue, at: Time) -> Option<Time> {
        let by_calendar = self.gate(&queue.name).switch == Switch::Calendar && !queue.lane.is_safeguarding();
        self.centre.calendars.get(queue.calendar.as_ref().filter(|_| by_calendar)?)?.next_change(at)
    }

    /// When some queue has to be turned: at once, if one is not as it should be.
    pub fn hours_due(&self, clock: Time) -> Option<Time> {
        let due = |queue: &Queue| match self.should_open(queue, clock).0 == self.is_open(&queue.name) {
            true => self.next_turn(queue, clock),
            false => Some(clock),
        };
        self.centre.queues.values().filter_map(due).min()
    }

    /// Whether a treatment can be given to an ordinary contact that leaves `queue`, or, offered a
    /// call-back, stays in it. A contact leaves each queue by overflow once at most, so it never
    /// goes round.
    pub fn can_treat(&self, contact: &Contact, queue: &Queue, treatment: &Treatment) -> bool {
        let left = contact.overflowed.contains(&queue.name);
        match treatment {
            Treatment::Queue(to) => !left && *to != queue.name && self.queue(to).is_some() && self.is_open(to),
            Treatment::Message | Treatment::Closed => !left,
            Treatment::CallBack => {
                let asked = contact.order.as_ref().filter(|order| order.queue == queue.name);
                let asked = asked.is_some_and(|order| order.call_back_offered);
                contact.channel.is_voice() && queue.call_back.is_some() && !asked && contact.call_back.is_none()
            }
        }
    }

    /// When a waiting contact has waited so long that its queue does something else with it, and
    /// which of the queue's limits that is.
    pub fn overflow_due(&self, contact: &Contact, order: &Order) -> Option<(Time, usize)> {
        if !order.ordinary() || contact.call_back.is_some() || contact.company.help.is_some() {
            return None;
        }
        let queue = self.queue(&order.queue)?;
        let limits = queue.overflow.iter().enumerate().filter_map(|(number, limit)| {
            let OverflowWhen::WaitedSeconds(seconds) = limit.when else { return None };
            let due = (order.entered + Span::seconds(seconds), number);
            self.can_treat(contact, queue, &limit.to).then_some(due)
        });
        limits.min()
    }
}

/// What a queue asks for at the least, when every widening has been taken.
pub(crate) fn least_skills(queue: &Queue) -> BTreeMap<SkillName, Level> {
    let mut skills = queue.skills.clone();
    for widening in &queue.widenings {
        skills.retain(|skill, _| !widening.drop_skills.contains(skill));
        for level in skills.values_mut() {
            *level = Level::new(level.get().saturating_sub(widening.lower_levels)).unwrap_or(Level::MIN);
        }
    }
    skills
}
