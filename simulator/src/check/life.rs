//! One contact as the checkers see it.

use std::collections::BTreeSet;
use vocabulary::{AgentName, Channel, Lane, Needs, QueueName, Risk, Span, TenantName, Time};

pub(super) struct Life {
    pub channel: Channel,
    tenant: TenantName,
    pub stand: Stand,
    pub want: Option<Want>,
    pub arrived: Time,
    pub safe_since: Option<Time>,
    pub rungs: u32,
    /// Its last rung is taken: anybody will do.
    pub any: bool,
    pub answered: bool,
    refusals: Vec<(AgentName, Time)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    InFlow,
    Waiting,
    Offered { offer: u32, agents: Vec<AgentName>, until: Time },
    Joining(AgentName),
    Talking(AgentName),
    Writing(AgentName),
    Over,
}

/// What it asks for: contacts that ask for the same are served in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Want {
    pub queue: QueueName,
    pub needs: Needs,
    pub lane: Lane,
    pub risk: Risk,
    pub base: i64,
    pub widened: u32,
}

impl Stand {
    pub fn with(&self) -> Option<&AgentName> {
        match self {
            Stand::Joining(agent) | Stand::Talking(agent) => Some(agent),
            _ => None,
        }
    }
}

impl Life {
    pub fn new(channel: Channel, tenant: TenantName) -> Life {
        Life {
            channel,
            tenant,
            stand: Stand::InFlow,
            want: None,
            arrived: Time::ZERO,
            safe_since: None,
            rungs: 0,
            any: false,
            answered: false,
            refusals: Vec::new(),
        }
    }

    pub fn queued(&mut self, at: Time, want: Want, arrived: Time) {
        self.safe_since = want.lane.is_safeguarding().then(|| self.safe_since.unwrap_or(at));
        self.want = Some(want);
        self.arrived = arrived;
        self.rungs = 0;
        self.any = false;
        self.stand = Stand::Waiting;
    }

    pub fn reclassified(&mut self, at: Time, lane: Lane, risk: Risk) {
        self.safe_since = lane.is_safeguarding().then(|| self.safe_since.unwrap_or(at));
        if let Some(want) = &mut self.want {
            want.lane = lane;
            want.risk = risk;
        }
    }

    /// The agent was lost; what waited through a conversation waits anew.
    pub fn parted(&mut self, at: Time) {
        if matches!(self.stand, Stand::Talking(_)) {
            self.safe_since = self.safe_since.map(|_| at);
            self.rungs = 0;
            self.any = false;
            // Its widenings begin anew, but what they took off stays off: it is alone with that.
            self.want.iter_mut().for_each(|want| want.widened += 1_000);
        }
        self.stand = Stand::Waiting;
    }

    pub fn refused(&mut self, at: Time, agent: &AgentName) {
        self.refusals.push((agent.clone(), at));
    }

    /// Takes an agent out of the open offer; whether they were in it.
    pub fn leave(&mut self, agent: &AgentName) -> bool {
        let Stand::Offered { agents, .. } = &mut self.stand else {
            return false;
        };
        let before = agents.len();
        agents.retain(|other| other != agent);
        agents.len() < before
    }

    pub fn resting(&self, now: Time, rest: Span) -> BTreeSet<AgentName> {
        let lately = self.refusals.iter().filter(|(_, at)| *at + rest > now);
        lately.map(|(agent, _)| agent.clone()).collect()
    }

    pub fn same_kind(&self, other: &Life) -> bool {
        self.channel.is_voice() == other.channel.is_voice() && self.tenant == other.tenant
    }
}
