//! What a contact knows of itself.

use super::{AgentIx, Company, Contact, NEVER, Preferred, Server, Stage};
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
            preferred: None,
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

    /// The agent nobody else is asked before, at a moment, if they can be asked at all. P0 and P1 wait
    /// for nobody, and on the last rung anybody will do.
    pub fn prefers(&self, at: Time) -> Option<Preferred> {
        let order = self.order.as_ref()?;
        let delays_nobody = self.waits() && !order.risk.offers_to_several() && !order.any_agent;
        self.preferred.filter(|preferred| delays_nobody && preferred.until > at)
    }

    pub fn waits(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Offered { .. })
    }

    /// When the next agent who did not take it may be asked again, it waits for one alone no more or
    /// prefers one no longer, or its call-back is due.
    pub fn rest_due(&self, clock: Time) -> Option<Time> {
        let waits = self.stage == Stage::Waiting;
        let rests = self.rests.iter().map(|(_, until)| *until).filter(|until| *until < NEVER);
        let due = self.call_back.iter().map(|agreed| agreed.from);
        let preferred = self.prefers(clock).map(|preferred| preferred.until);
        let due = rests.chain(self.named_due(clock)).chain(due).chain(preferred);
        due.filter(|until| waits && *until > clock).min()
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
        // Whoever did not take it is preferred no more.
        self.preferred.take_if(|preferred| preferred.agent == agent);
    }

    pub fn rests(&self, agent: AgentIx, now: Time) -> bool {
        self.rests.iter().any(|(ix, until)| *ix == agent && *until > now)
    }
}
