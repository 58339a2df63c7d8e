//! One agent's part in a contact, and how it was spent.

use super::clock::Doing;
use crate::decide::OUTSIDE;
use serde::{Deserialize, Serialize};
use vocabulary::{AgentName, Span, Time};

/// One agent's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub agent: AgentName,
    /// The visit it belongs to.
    pub visit: usize,
    pub doing: Doing,
    since: Time,
    pub talk: Span,
    pub hold: Span,
    pub wrap_up: Span,
}

impl Part {
    pub fn new(at: Time, agent: AgentName, visit: usize, doing: Doing) -> Part {
        Part { agent, visit, doing, since: at, talk: Span::ZERO, hold: Span::ZERO, wrap_up: Span::ZERO }
    }

    pub fn run(&mut self, at: Time) {
        let spent = at.since(self.since);
        match self.doing {
            Doing::Talking => self.talk = self.talk + spent,
            Doing::Holding => self.hold = self.hold + spent,
            Doing::Writing => self.wrap_up = self.wrap_up + spent,
            Doing::Paused | Doing::Out => {}
        }
        self.since = at;
    }

    /// Whether one of our agents played it, no outside line.
    pub fn is_ours(&self) -> bool {
        is_ours(&self.agent)
    }

    /// Talk, hold and wrap-up.
    pub fn spent(&self) -> (Span, Span, Span) {
        (self.talk, self.hold, self.wrap_up)
    }
}

pub(super) fn is_ours(agent: &AgentName) -> bool {
    !agent.as_str().starts_with(OUTSIDE)
}
