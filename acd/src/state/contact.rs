//! What a contact knows of itself.

use super::{AgentIx, Company, Contact, NEVER, Server, Stage};
use crate::index::ContactLinks;
use vocabulary::centre::EntryName;
use vocabulary::{CallBackPolicy, Channel, Span, TenantName, Time};

impl Contact {
    pub fn new(channel: Channel, tenant: TenantName, entry: EntryName, came: Time) -> Contact {
        Contact {
            channel,
            tenant,
            entry,
            came,
            language: None,
            stage: Stage::InFlow,
            order: None,
            offers: 0,
            rests: Vec::new(),
            claimed: None,
            connected_once: false,
            company: Company::default(),
            policy: CallBackPolicy::default(),
            call_back: None,
            overflowed: Vec::new(),
            course: Default::default(),
            links: ContactLinks::default(),
        }
    }

    /// The agent of ours who serves it.
    pub fn agent(&self) -> Option<AgentIx> {
        match &self.stage {
            Stage::Accepted { server: Server::Agent(ix), .. } | Stage::Talking { server: Server::Agent(ix), .. } => {
                Some(*ix)
            }
            _ => None,
        }
    }

    pub fn waits(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Offered { .. })
    }

    /// When the next agent who did not take it may be asked again, it waits for one alone no more, or
    /// its call-back is due.
    pub fn rest_due(&self, clock: Time) -> Option<Time> {
        let waits = self.stage == Stage::Waiting;
        let rests = self.rests.iter().map(|(_, until)| *until).filter(|until| *until < NEVER);
        let due = self.call_back.iter().map(|agreed| agreed.from);
        rests.chain(self.named_due(clock)).chain(due).filter(|until| waits && *until > clock).min()
    }

    /// How long an agent who accepted may take to be joined.
    pub fn join_within(&self) -> Span {
        if self.call_back.is_some() { crate::CALL_WITHIN } else { crate::CONNECT_WITHIN }
    }

    /// An agent is not asked until then; once each, for the later of two times.
    pub fn let_rest(&mut self, agent: AgentIx, until: Time, now: Time) {
        let longer = self.rests.iter().filter(|(ix, _)| *ix == agent).map(|(_, other)| *other).max();
        self.rests.retain(|(ix, other)| *ix != agent && *other > now);
        self.rests.push((agent, longer.map_or(until, |other| until.max(other))));
    }

    pub fn rests(&self, agent: AgentIx, now: Time) -> bool {
        self.rests.iter().any(|(ix, until)| *ix == agent && *until > now)
    }
}
