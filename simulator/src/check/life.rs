//! One contact, or one request for help, as the checkers see it.

use std::collections::BTreeSet;
use vocabulary::{AgentName, Channel, ContactId, Lane, Needs, QueueName, Risk, Span, TenantName, Time};

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
    /// The contact it asks help for, if it is a request.
    pub help: Option<ContactId>,
    /// Agents beside the one who serves.
    pub also: BTreeSet<AgentName>,
    /// Agents who write it up.
    pub writers: BTreeSet<AgentName>,
    /// Of these, the ones whom it keeps from nothing: the queue leaves wrap-up to them.
    pub loose: BTreeSet<AgentName>,
    /// Agents who laid its wrap-up aside.
    pub paused: BTreeSet<AgentName>,
    /// It waits to be called back: it has no leg.
    pub no_leg: bool,
    /// It is for one agent only for a while: assigned, preferred or asked by name.
    pub named: bool,
    /// When it was accepted.
    pub accepted: Time,
    refusals: Vec<(AgentName, Time)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    InFlow,
    Waiting,
    Offered { offer: u32, agents: Vec<AgentName>, until: Time },
    Joining(AgentName),
    Talking(AgentName),
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
    /// Who it keeps from other calls.
    pub fn holds(&self) -> &[AgentName] {
        match self {
            Stand::Offered { agents, .. } => agents,
            Stand::Joining(agent) | Stand::Talking(agent) => std::slice::from_ref(agent),
            _ => &[],
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
            help: None,
            also: BTreeSet::new(),
            writers: BTreeSet::new(),
            loose: BTreeSet::new(),
            paused: BTreeSet::new(),
            no_leg: false,
            named: false,
            accepted: Time::ZERO,
            refusals: Vec::new(),
        }
    }

    /// A request is asked for a contact of the same kind.
    pub fn request(&self, of: ContactId, named: bool) -> Life {
        Life { help: Some(of), named, ..Life::new(self.channel, self.tenant.clone()) }
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

    /// Takes an agent out of the open offer.
    pub fn leave(&mut self, agent: &AgentName) {
        if let Stand::Offered { agents, .. } = &mut self.stand {
            agents.retain(|other| other != agent);
        }
    }

    pub fn rests(&self, agent: &AgentName, now: Time, rest: Span) -> bool {
        self.refusals.iter().any(|(other, at)| other == agent && *at + rest > now)
    }

    pub fn same_kind(&self, other: &Life) -> bool {
        self.channel == other.channel && self.tenant == other.tenant
    }

    /// Anyone who serves the queue may take it: it is no request and nobody's by name.
    pub fn open_to_all(&self) -> bool {
        self.help.is_none() && !self.named && !self.no_leg
    }

    /// Somebody's part is over; they write.
    pub fn write_up(&mut self, agent: AgentName, loose: bool) {
        if loose {
            self.loose.insert(agent.clone());
        }
        self.writers.insert(agent);
    }

    /// Which clock ends an agent's writing.
    pub fn clock(&self, contact: ContactId, agent: &AgentName) -> (AgentName, Option<ContactId>) {
        (agent.clone(), self.loose.contains(agent).then_some(contact))
    }

    /// Agents whom writing it up keeps from the next contact.
    pub fn strict_writers(&self) -> impl Iterator<Item = &AgentName> + '_ {
        self.writers.iter().filter(|agent| !self.loose.contains(*agent))
    }

    /// Over, and written up by everyone who served.
    pub fn is_done(&self) -> bool {
        self.stand == Stand::Over && self.writers.is_empty() && self.paused.is_empty()
    }
}
