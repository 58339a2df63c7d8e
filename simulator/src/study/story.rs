//! One contact as the tally follows it.

use vocabulary::{AgentName, Channel, Lane, QueueName, Risk, Span, Time};

pub(super) struct Story {
    pub channel: Channel,
    /// A request for help, which is no contact of a citizen.
    pub help: bool,
    pub queue: Option<QueueName>,
    pub lane: Lane,
    pub risk: Risk,
    /// When it first asked for a person.
    pub asked: Option<Time>,
    pub answered: bool,
    /// When the present conversation began.
    pub joined: Option<Time>,
    /// Conversations so far.
    pub talked: Span,
    pub ended: Time,
    /// Agents who have it in hand.
    pub with: Vec<AgentName>,
}

impl Story {
    pub fn new(channel: Channel, help: bool) -> Story {
        Story {
            channel,
            help,
            queue: None,
            lane: Lane::Standard,
            risk: Risk::P3,
            asked: None,
            answered: false,
            joined: None,
            talked: Span::ZERO,
            ended: Time::ZERO,
            with: Vec::new(),
        }
    }

    /// In a queue and with nobody.
    pub fn waits(&self) -> bool {
        self.asked.is_some() && self.joined.is_none()
    }

    pub fn part(&mut self, at: Time) {
        if let Some(since) = self.joined.take() {
            self.talked = self.talked + at.since(since);
        }
    }
}
