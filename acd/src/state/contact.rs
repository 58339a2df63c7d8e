//! What a contact knows of itself.

use super::{AgentIx, Company, Contact, NEVER, Server, Stage};
use crate::index::ContactLinks;
use vocabulary::centre::EntryName;
use vocabulary::{Channel, TenantName, Time};

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

    /// When the next agent who did not take it may be asked again, or it waits for one alone no more.
    pub fn rest_due(&self, clock: Time) -> Option<Time> {
        let waits = self.stage == Stage::Waiting;
        let rests = self.rests.iter().map(|(_, until)| *until).filter(|until| *until < NEVER);
        rests.chain(self.named_due(clock)).filter(|until| waits && *until > clock).min()
    }

    pub fn rests(&self, agent: AgentIx, now: Time) -> bool {
        self.rests.iter().any(|(ix, until)| *ix == agent && *until > now)
    }
}
