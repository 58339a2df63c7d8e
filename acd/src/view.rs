//! What can be seen of a floor: plain values for screens, reports and spoken announcements. What a
//! viewer may see of it is for the caller to decide; see `figures` for counts.

use crate::estimate::of_waiting;
use crate::state::{self, AgentIx, Contact, Help, Server};
use crate::{Floor, state::State};
use serde::Serialize;
use vocabulary::centre::EntryName;
use vocabulary::event::{Alarm, HelpKind, HoursCause, Switch};
use vocabulary::{
    AgentName, Channel, ContactId, Lane, Language, Needs, Presence, QueueName, Risk, Span, TenantName, Time,
};

/// A contact on the floor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// The contact.
    pub contact: ContactId,
    /// How it travels.
    pub channel: Channel,
    /// Whose it is.
    pub tenant: TenantName,
    /// Where it came in.
    pub entry: EntryName,
    /// When it came in.
    pub came: Time,
    /// The language chosen.
    pub language: Option<Language>,
    /// What is happening to it.
    pub stage: Stage,
    /// Its queue; `None` while in a flow, like the four that follow.
    pub queue: Option<QueueName>,
    /// The kind of help.
    pub lane: Option<Lane>,
    /// How urgent.
    pub risk: Option<Risk>,
    /// What it asks for now.
    pub needs: Option<Needs>,
    /// From when its age counts.
    pub arrived: Option<Time>,
    /// Number of its newest offer; 0 before the first.
    pub offer: u32,
    /// Agents in the conversation beside the one who serves, and as what they joined.
    pub also: Vec<(AgentName, HelpKind)>,
    /// Agents who write it up. It may live on elsewhere meanwhile.
    pub writers: Vec<AgentName>,
    /// The agent it is meant for, and until when nobody else is offered it (P0 and P1 excepted).
    pub meant_for: Option<(AgentName, Option<Time>)>,
    /// Requests for help with it that are open.
    pub requests: Vec<Request>,
    /// What it asks for, when it is itself a request for help.
    pub request: Option<Request>,
    /// Its call-back, agreed and not yet made.
    pub call_back: Option<CallBackView>,
}

/// A call-back that was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallBackView {
    /// From when it is offered to agents.
    pub from: Time,
    /// When it is over, made or not.
    pub until: Time,
    /// How often it may still be tried.
    pub attempts: u32,
}

/// A request for help with a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The request: a row of its own among the contacts while it is open.
    pub help: ContactId,
    /// The contact it helps with.
    pub of: ContactId,
    /// Who asked.
    pub by: AgentName,
    /// For what.
    pub kind: HelpKind,
}

/// What is happening to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// A flow speaks with the citizen.
    InFlow,
    /// In its queue.
    Waiting,
    /// In its queue and shown to agents.
    Offered {
        /// Who may still take it.
        agents: Vec<AgentName>,
        /// When the offer expires.
        until: Time,
    },
    /// Won; the agent is being joined.
    Accepted {
        /// The winner.
        agent: AgentName,
    },
    /// Agent and citizen hear or read each other.
    Talking {
        /// The agent.
        agent: AgentName,
        /// Whether the citizen is on hold.
        held: bool,
    },
    /// Over for the citizen; those named in `writers` still write it up.
    WrapUp,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentView {
    /// The log-in name.
    pub agent: AgentName,
    /// What they declare.
    pub presence: Presence,
    /// Since when.
    pub since: Time,
    /// Since when nothing new was given to them.
    pub idle_since: Time,
    /// What they do, voice first. A request for help they took stands here under its own id.
    pub doing: Vec<(ContactId, Doing)>,
    /// Their own requests for help that are open.
    pub asked: Vec<ContactId>,
    /// When their wrap-up ends by itself, if they write.
    pub wrap_up_until: Option<Time>,
    /// Safeguarding contacts served since their last break.
    pub safeguarding_in_row: u32,
    /// Whether a break is owed.
    pub break_owed: bool,
    /// What they do when their last contact is over, if they said so.
    pub leaving: Option<Presence>,
}

/// A dropped P0 contact about which a supervisor decides, or decided that a person calls back.
/// Nothing is dialled by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drop {
    /// The contact, which is over.
    pub contact: ContactId,
    /// When it dropped.
    pub at: Time,
    /// The kind of help it wanted: who is not cleared for it must not learn of it. `None` for a
    /// contact of an older journal: for those cleared for any safeguarding lane.
    pub lane: Option<Lane>,
    /// Who decided that a person calls back; `None` while it is undecided and its alarm rings.
    pub call_by: Option<AgentName>,
}

/// An agent's part in a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// It is shown to them.
    Offered,
    /// They won it and are being joined.
    Joining,
    /// They talk.
    Talking,
    /// The citizen is on hold.
    Holding,
    /// They write it up.
    WrapUp,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// Its name.
    pub queue: QueueName,
    /// Its lane.
    pub lane: Lane,
    /// Contacts in it without an agent, offered ones included.
    pub waiting: u32,
    /// Since when the longest of them waits.
    pub longest: Option<Time>,
    /// Whether it is open.
    pub open: bool,
    /// Why it is.
    pub why: HoursCause,
    /// What it was switched to.
    pub switch: Switch,
    /// When it opens or closes next, if nobody switches it.
    pub next_change: Option<Time>,
    /// Whether supervisors serve it too.
    pub surge: bool,
}

/// Where a waiting contact stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Its queue.
    pub queue: QueueName,
    /// From 1: who would be next if every agent could serve everyone in the queue.
    pub position: u32,
    /// How long it may still take; `None` where too little is known to say.
    pub estimate: Option<Estimate>,
}

/// A range of time still to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Hardly less.
    pub low: Span,
    /// As often more as less.
    pub likely: Span,
    /// Hardly more.
    pub high: Span,
}

impl Floor {
    /// One contact, if the floor still holds it.
    pub fn contact(&self, contact: ContactId) -> Option<ContactView> {
        self.state.contacts.get(&contact).map(|row| contact_view(&self.state, contact, row))
    }

    /// Every contact on the floor, by id (which is by time of arrival).
    pub fn contacts(&self) -> impl Iterator<Item = ContactView> + '_ {
        self.state.contacts.iter().map(|(id, row)| contact_view(&self.state, *id, row))
    }

    /// Every agent, in the order they were set up.
    pub fn agents(&self) -> impl Iterator<Item = AgentView> + '_ {
        (0..self.state.agents.len() as AgentIx).filter_map(|ix| agent_view(&self.state, ix))
    }

    /// One agent.
    pub fn agent(&self, agent: &AgentName) -> Option<AgentView> {
        agent_view(&self.state, self.number_of(agent)?)
    }

    /// Every queue, by name. Costs a pass over who waits.
    pub fn queues(&self) -> impl Iterator<Item = QueueView> + '_ {
        self.state.centre.queues.values().map(|queue| {
            let waiting = self.index.waiting(&queue.name);
            let orders = waiting.filter_map(|id| self.state.contacts[&id].order.as_ref());
            QueueView {
                queue: queue.name.clone(),
                lane: queue.lane,
                waiting: self.index.length(&queue.name) as u32,
                longest: orders.map(|order| order.entered).min(),
                open: self.state.is_open(&queue.name),
                why: self.state.should_open(queue, self.clock).1,
                switch: self.state.gate(&queue.name).switch,
                next_change: self.state.next_turn(queue, self.clock),
                surge: self.state.surge.contains(&queue.name),
            }
        })
    }

    /// Alarms that ring, with the contact concerned.
    pub fn alarms(&self) -> impl Iterator<Item = (Alarm, Option<ContactId>)> + '_ {
        self.state.alarms.iter().copied()
    }

    /// Dropped P0 contacts that wait for a decision or for a person who calls back. The caller shows
    /// each only to those cleared for its lane.
    pub fn drops(&self) -> impl Iterator<Item = Drop> + '_ {
        self.state.watch.drops.iter().map(|(id, drop)| Drop {
            contact: *id,
            at: drop.at,
            lane: drop.lane,
            call_by: drop.call_by.clone(),
        })
    }

    /// Where a waiting contact stands; `None` for one that does not wait. Costs O(position).
    pub fn waiting(&self, contact: ContactId) -> Option<Waiting> {
        let row = self.state.contacts.get(&contact).filter(|row| row.waits())?;
        let order = row.order.as_ref()?;
        let (key, slope) = self.state.place(contact, order, self.clock);
        let ahead = self.index.ahead(&order.queue, key, slope, self.clock);
        let position = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
        let estimate = of_waiting(&self.state, &self.index, row, key, self.clock);
        Some(Waiting { queue: order.queue.clone(), position, estimate })
    }

    /// Kept places that may be claimed: whose, in which lane, until when.
    pub fn places(&self) -> impl Iterator<Item = (ContactId, Lane, Time)> + '_ {
        self.state.places.iter().map(|(id, place)| (*id, place.lane, place.until))
    }
}

fn name(state: &State, server: &Server) -> AgentName {
    match server {
        Server::Agent(ix) => state.agent(*ix).name.clone(),
        Server::Outside(name) => name.clone(),
    }
}

fn stage_view(state: &State, contact: &Contact) -> Stage {
    match &contact.stage {
        state::Stage::InFlow => Stage::InFlow,
        state::Stage::Waiting => Stage::Waiting,
        state::Stage::Offered { agents, until } => {
            let agents = agents.iter().map(|ix| state.agent(*ix).name.clone()).collect();
            Stage::Offered { agents, until: *until }
        }
        state::Stage::Accepted { server, .. } => Stage::Accepted { agent: name(state, server) },
        state::Stage::Talking { server, held } => Stage::Talking { agent: name(state, server), held: *held },
        state::Stage::Over => Stage::WrapUp,
    }
}

fn contact_view(state: &State, contact: ContactId, row: &Contact) -> ContactView {
    let order = row.order.as_ref();
    ContactView {
        contact,
        channel: row.channel,
        tenant: row.tenant.clone(),
        entry: row.entry.clone(),
        came: row.came,
        language: row.language,
        stage: stage_view(state, row),
        queue: order.map(|o| o.queue.clone()),
        lane: order.map(|o| o.lane),
        risk: order.map(|o| o.risk),
        needs: order.map(|o| Needs::clone(&o.needs)),
        arrived: order.map(|o| o.arrived),
        offer: row.offers,
        also: row.company.also.iter().map(|(ix, kind)| (state.agent(*ix).name.clone(), *kind)).collect(),
        writers: row.company.writers.iter().map(|ix| state.agent(*ix).name.clone()).collect(),
        meant_for: row.company.named.as_ref().map(|named| (state.agent(named.agent).name.clone(), named.until)),
        requests: row.company.requests.iter().filter_map(|id| request_view(state, *id)).collect(),
        request: request_view(state, contact),
        call_back: row.call_back.as_ref().map(|agreed| CallBackView {
            from: agreed.from,
            until: agreed.until,
            attempts: agreed.left,
        }),
    }
}

fn request_view(state: &State, help: ContactId) -> Option<Request> {
    let Help { of, by, kind } = state.contacts.get(&help)?.company.help.as_ref()?;
    Some(Request { help, of: *of, by: state.agent(*by).name.clone(), kind: *kind })
}

fn agent_view(state: &State, ix: AgentIx) -> Option<AgentView> {
    let row = state.agent(ix);
    if row.gone {
        return None;
    }
    let doing = row.engagements().map(|id| {
        let doing = match &state.contacts[&id].stage {
            state::Stage::Accepted { .. } => Doing::Joining,
            state::Stage::Talking { held: false, .. } => Doing::Talking,
            state::Stage::Talking { held: true, .. } => Doing::Holding,
            _ => Doing::Offered,
        };
        (id, doing)
    });
    Some(AgentView {
        agent: row.name.clone(),
        presence: row.presence.clone(),
        since: row.since,
        idle_since: row.idle_since,
        doing: doing.chain(row.write_ups().map(|id| (id, Doing::WrapUp))).collect(),
        asked: row.engagements().flat_map(|id| state.asked_by(id, ix)).collect(),
        wrap_up_until: (!row.wrapping.is_empty()).then_some(row.wrap_until),
        safeguarding_in_row: row.row,
        break_owed: state.break_owed(row),
        leaving: row.life.leaving.clone(),
    })
}
