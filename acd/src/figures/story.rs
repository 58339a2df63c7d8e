//! One contact as the figures see it, while it is on the floor.

use super::{Counts, SHORT_ABANDON};
use crate::decide::OUTSIDE;
use serde::{Deserialize, Serialize};
use vocabulary::{AgentName, Channel, EndCause, Lane, Party, QueueName, Span, Time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Story {
    pub channel: Channel,
    pub queue: Option<QueueName>,
    pub lane: Lane,
    pub phase: Phase,
    /// When it first entered a queue.
    entered: Option<Time>,
    /// How long it waited, once it was connected or over.
    wait: Option<Span>,
    answered: bool,
    in_time: bool,
    /// Since when it talks, and with whom.
    talks: Option<(Time, AgentName)>,
    talked: Span,
    ended: Option<Time>,
    wrap_up: Option<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    InFlow,
    InQueue,
    Served,
    WrappingUp,
    SelfServed,
    Refused,
    Left,
    Abandoned,
    Dropped,
}

impl Story {
    pub fn new(channel: Channel) -> Story {
        Story {
            channel,
            queue: None,
            lane: Lane::Standard,
            phase: Phase::InFlow,
            entered: None,
            wait: None,
            answered: false,
            in_time: false,
            talks: None,
            talked: Span::ZERO,
            ended: None,
            wrap_up: None,
        }
    }

    pub fn queued(&mut self, at: Time, queue: QueueName, lane: Lane) {
        self.queue = Some(queue);
        self.lane = lane;
        self.entered.get_or_insert(at);
        self.phase = Phase::InQueue;
    }

    pub fn connected(&mut self, at: Time, agent: AgentName, target: Option<Span>) {
        self.phase = Phase::Served;
        self.talks = Some((at, agent));
        if !self.answered {
            self.answered = true;
            let wait = self.entered.map_or(Span::ZERO, |entered| at.since(entered));
            self.in_time = target.is_some_and(|target| wait <= target);
            self.wait = Some(wait);
        }
    }

    /// The agent's leg was lost; before it ever was up nothing changes.
    pub fn parted(&mut self, at: Time) {
        if let Some((since, _)) = self.talks.take() {
            self.talked = self.talked + at.since(since);
            self.phase = Phase::InQueue;
        }
    }

    pub fn ended(&mut self, at: Time, by: Party, cause: EndCause) {
        self.ended = Some(at);
        let ours = self.talks.as_ref().is_some_and(|(_, agent)| !agent.as_str().starts_with(OUTSIDE));
        self.parted(at);
        self.phase = match cause {
            _ if ours => Phase::WrappingUp,
            _ if self.answered => Phase::Served,
            EndCause::SelfServed => Phase::SelfServed,
            EndCause::Busy | EndCause::UnknownNumber | EndCause::Closed => Phase::Refused,
            EndCause::MessageLeft => Phase::SelfServed,
            // The new contact is counted as what becomes of it.
            EndCause::Redialled => Phase::Left,
            _ if self.entered.is_none() => Phase::Left,
            EndCause::Fault | EndCause::Restart => Phase::Dropped,
            EndCause::Normal if by != Party::Citizen => Phase::Dropped,
            EndCause::Normal | EndCause::Lost | EndCause::Idle => Phase::Abandoned,
            EndCause::NotReached | EndCause::HelpOver => Phase::Abandoned,
        };
        if let (Some(entered), None) = (self.entered, self.wait) {
            self.wait = Some(at.since(entered));
        }
    }

    pub fn wrapped_up(&mut self, at: Time) {
        self.wrap_up = self.ended.map(|ended| at.since(ended));
    }

    /// What this one contact adds to its row.
    pub fn counts(&self) -> Counts {
        let one = |phase: Phase| u64::from(self.phase == phase && !self.answered);
        let waits = self.phase == Phase::InQueue && !self.answered;
        let short = self.wait.is_some_and(|wait| wait < SHORT_ABANDON);
        Counts {
            arrived: 1,
            in_flow: one(Phase::InFlow),
            waiting: u64::from(waits),
            waiting_since: self.entered.filter(|_| waits),
            answered: u64::from(self.answered),
            abandoned: one(Phase::Abandoned),
            abandoned_short: if short { one(Phase::Abandoned) } else { 0 },
            dropped: one(Phase::Dropped),
            self_served: one(Phase::SelfServed),
            refused: one(Phase::Refused),
            left: one(Phase::Left),
            in_time: u64::from(self.in_time),
            wait_sum: self.wait.unwrap_or_default(),
            wait_longest: self.wait.unwrap_or_default(),
            handled: u64::from(self.wrap_up.is_some()),
            handled_sum: self.wrap_up.map_or(Span::ZERO, |wrap_up| self.talked + wrap_up),
        }
    }
}
