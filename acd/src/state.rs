//! What a floor knows: everything here follows from events and from nothing else. What can be
//! computed from it (orders, free agents, timers) is in `index` and is never stored.

mod company;
mod contact;
mod hours;
pub(crate) mod life;
pub(crate) mod load;
pub(crate) mod room;
mod work;

use crate::index::{ContactLinks, Standing};
use crate::rank::{Claim, Key};
use crate::table::Table;
use life::{Course, Life, Watch};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use vocabulary::centre::{Agent, Centre, EntryName, LastResort, LastResortTo, Queue};
use vocabulary::event::Alarm;
use vocabulary::{
    AgentName, CallBackPolicy, Channel, ContactId, FloorName, Lane, Language, Needs, Presence, QueueName, ReasonName,
    Risk, Span, TenantName, Time,
};

pub(crate) use company::{Company, Help, NEVER, Named};
pub(crate) use hours::{CallBack, Gate, least_skills};
pub(crate) use work::{Pace, Work};

/// Number of an agent: position in [`State::agents`], in the order they were first set up.
pub(crate) type AgentIx = u32;

/// The last resort of a safeguarding contact in a queue that has none and whose lane has no queue.
const FALLBACK: [LastResort; 1] = [LastResort { after_seconds: 60, to: LastResortTo::AnyAgent }];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub opened: bool,
    pub centre: Centre,
    /// The queues of the centre, found by name in one step; see [`State::number_queues`].
    #[serde(skip)]
    pub queues: Table<QueueName, Queue>,
    pub contacts: Table<ContactId, Contact>,
    pub agents: Vec<AgentRow>,
    /// Numbers of the agents that are still set up.
    pub names: Table<AgentName, AgentIx>,
    pub places: BTreeMap<ContactId, Place>,
    /// How work goes in each queue; feeds the estimate.
    pub pace: Table<QueueName, Pace>,
    /// When offers expired, within the storm window of the newest.
    pub expiries: VecDeque<Time>,
    /// Alarms that ring, with their contact.
    pub alarms: BTreeSet<(Alarm, Option<ContactId>)>,
    /// Counts up whenever an agent joins the end of the idle order.
    pub idle_count: u64,
    /// Queues that were ever closed or switched.
    #[serde(default)]
    pub hours: BTreeMap<QueueName, Gate>,
    /// Queues that supervisors serve too.
    #[serde(default)]
    pub surge: BTreeSet<QueueName>,
    #[serde(default)]
    pub watch: Watch,
    #[serde(skip)]
    pub kinds: room::Kinds,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub channel: Channel,
    pub tenant: TenantName,
    pub entry: EntryName,
    pub came: Time,
    pub language: Option<Language>,
    pub stage: Stage,
    pub order: Option<Order>,
    /// Number of the newest offer.
    pub offers: u32,
    /// Agents who lately did not take it, and from when they may be asked again.
    pub rests: Vec<(AgentIx, Time)>,
    /// Arrival of the place it claimed.
    pub claimed: Option<Time>,
    pub connected_once: bool,
    pub company: Company,
    /// The agent it would rather have, for a time.
    #[serde(default)]
    pub preferred: Option<Preferred>,
    /// Whether it may be called back in a safeguarding lane.
    #[serde(default)]
    pub policy: CallBackPolicy,
    /// Agreed and not yet made.
    #[serde(default)]
    pub call_back: Option<Box<CallBack>>,
    /// Queues it left by overflow.
    #[serde(default)]
    pub overflowed: Vec<QueueName>,
    #[serde(default)]
    pub course: Course,
    #[serde(skip)]
    pub links: ContactLinks,
}

/// An agent a contact would rather have: who served this citizen last, holds the case, or is the
/// counsellor of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preferred {
    pub agent: AgentIx,
    /// Until when nobody else is asked.
    pub until: Time,
}

/// Where a contact stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Stage {
    InFlow,
    Waiting,
    Offered {
        agents: Vec<AgentIx>,
        until: Time,
    },
    Accepted {
        server: Server,
        at: Time,
    },
    Talking {
        server: Server,
        held: bool,
    },
    /// Over for the citizen; somebody still writes it up.
    Over,
}

/// Who serves: an agent of ours or an outside line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Server {
    Agent(AgentIx),
    Outside(AgentName),
}

/// What a queued contact asks for and how far its steps have gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub queue: QueueName,
    /// What it asks now, widenings taken off; shared by all who ask for the same.
    pub needs: Arc<Needs>,
    pub lane: Lane,
    pub risk: Risk,
    pub base: i64,
    /// From when its age counts.
    pub arrived: Time,
    /// From when its widenings count.
    pub entered: Time,
    /// From when its last resort and alarm count: it has been in a safeguarding lane since.
    pub safe_since: Option<Time>,
    /// Widenings taken.
    pub widened: u32,
    /// Rungs taken.
    pub rungs: u32,
    /// The any-agent rung is taken.
    pub any_agent: bool,
    /// Rungs whose outside line is being called.
    pub outside: Vec<u32>,
    /// This queue has offered it a call-back.
    #[serde(default)]
    pub call_back_offered: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AgentRow {
    pub name: AgentName,
    /// Taken out of the set-up; the number is never used again.
    pub gone: bool,
    pub presence: Presence,
    pub since: Time,
    /// Place in the idle order: smaller has been idle longer.
    pub idle: u64,
    pub idle_since: Time,
    /// The voice contact offered to, accepted by or talking with the agent.
    pub voice: Option<ContactId>,
    /// The same for text contacts.
    pub texts: BTreeSet<ContactId>,
    /// Of these, the ones still only offered.
    pub offered: BTreeSet<ContactId>,
    /// Contacts being wrapped up: one clock for all.
    pub wrapping: BTreeSet<ContactId>,
    pub wrap_from: Time,
    pub wrap_until: Time,
    /// Safeguarding contacts served since the last break.
    pub row: u32,
    /// From when an owed break counts.
    pub break_from: Time,
    #[serde(default)]
    pub life: Life,
    /// What they have been doing without a pause.
    #[serde(default)]
    pub work: Work,
    #[serde(skip)]
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub queue: QueueName,
    pub needs: Arc<Needs>,
    pub lane: Lane,
    pub risk: Risk,
    pub base: i64,
    pub arrived: Time,
    pub until: Time,
}

/// Whether an agent may be offered contacts at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Openness {
    /// Anything they may serve.
    Open,
    /// On an owed break: P0 and P1 safeguarding contacts, and only when nobody is open.
    Resting,
    /// Something of theirs yielded to a contact in danger: such contacts only.
    Yielded,
}

/// How many [`Openness`]es there are.
pub(crate) const OPENNESS: usize = 3;

impl Openness {
    pub const ALL: [Openness; OPENNESS] = [Openness::Open, Openness::Resting, Openness::Yielded];
}

impl Order {
    pub fn urgent(&self) -> bool {
        self.lane.is_safeguarding() && self.risk.offers_to_several()
    }

    /// What decides its place, in a queue of this slope and cap.
    pub fn claim(&self, slope: i64, most: Option<i64>) -> Claim {
        Claim { lane: self.lane, risk: self.risk, base: self.base, slope, most, arrived: self.arrived }
    }

    /// Whether the reserve holds cleared agents back from it.
    pub fn ordinary(&self) -> bool {
        !self.lane.is_safeguarding() && self.risk != Risk::P0
    }
}

impl AgentRow {
    pub fn new(name: AgentName, at: Time) -> AgentRow {
        AgentRow {
            name,
            gone: false,
            presence: Presence::Offline,
            since: at,
            idle: 0,
            idle_since: at,
            voice: None,
            texts: BTreeSet::new(),
            offered: BTreeSet::new(),
            wrapping: BTreeSet::new(),
            wrap_from: at,
            wrap_until: at,
            row: 0,
            break_from: at,
            life: Life::default(),
            work: Work::default(),
            standing: Standing::default(),
        }
    }

    pub fn engaged(&self) -> bool {
        !self.idle_hands() || !self.life.writing.is_empty()
    }

    /// Contacts offered to, accepted by or talking with the agent, voice first.
    pub fn engagements(&self) -> impl Iterator<Item = ContactId> + '_ {
        self.voice.iter().chain(&self.texts).copied()
    }

    pub fn release(&mut self, contact: ContactId) {
        if self.voice == Some(contact) {
            self.voice = None;
        }
        self.texts.remove(&contact);
        self.offered.remove(&contact);
        self.life.parked.remove(&contact);
    }

    pub fn engage(&mut self, contact: ContactId, voice: bool) {
        if voice {
            self.voice = Some(contact);
        } else {
            self.texts.insert(contact);
        }
    }

    pub fn on_break(&self) -> bool {
        matches!(&self.presence, Presence::Away { reason } if reason.as_str() == RECOVERY)
    }
}

/// The away reason of an owed break.
pub(crate) const RECOVERY: &str = "recovery";

/// The away reason of an agent who let an offer expire.
pub(crate) const NO_ANSWER: &str = "no_answer";

pub(crate) fn away(reason: &str) -> Presence {
    Presence::Away { reason: ReasonName::new(reason).expect("a literal name") }
}

impl State {
    pub fn new(floor: FloorName) -> State {
        State {
            opened: false,
            centre: Centre::empty(floor),
            queues: Table::default(),
            contacts: Table::default(),
            agents: Vec::new(),
            names: Table::default(),
            places: BTreeMap::new(),
            pace: Table::default(),
            expiries: VecDeque::new(),
            alarms: BTreeSet::new(),
            idle_count: 0,
            hours: BTreeMap::new(),
            surge: BTreeSet::new(),
            watch: Watch::default(),
            kinds: room::Kinds::default(),
        }
    }

    pub fn agent(&self, ix: AgentIx) -> &AgentRow {
        &self.agents[ix as usize]
    }

    pub fn agent_mut(&mut self, ix: AgentIx) -> &mut AgentRow {
        &mut self.agents[ix as usize]
    }

    /// What is set up for an agent; `None` for one taken out.
    pub fn set_up(&self, ix: AgentIx) -> Option<&Agent> {
        let row = self.agent(ix);
        if row.gone { None } else { self.centre.agents.get(&row.name) }
    }

    pub fn queue(&self, name: &QueueName) -> Option<&Queue> {
        self.queues.get(name)
    }

    /// To be called when the queues of the centre have changed.
    pub fn number_queues(&mut self) {
        self.queues = Table::default();
        for (name, queue) in &self.centre.queues {
            self.queues.insert(name.clone(), queue.clone());
        }
    }

    /// What decides the place of a contact in its queue.
    pub fn claim(&self, order: &Order) -> Claim {
        let queue = self.queue(&order.queue);
        order.claim(queue.map_or(0, |q| q.slope), queue.and_then(|q| q.most_points))
    }

    /// Its place at a moment, and the slope by which it compares with others.
    pub fn place(&self, id: ContactId, order: &Order, now: Time) -> (Key, i64) {
        self.claim(order).place(id, now)
    }

    /// The last-resort chain of a contact: its queue's, else that of a queue of its lane, else any
    /// agent at 60 s. Empty outside the safeguarding lanes.
    pub fn chain(&self, order: &Order) -> &[LastResort] {
        if !order.lane.is_safeguarding() {
            return &[];
        }
        let own = self.queue(&order.queue).filter(|q| !q.last_resort.is_empty());
        match own.or_else(|| self.home_of(order.lane)) {
            Some(queue) => &queue.last_resort,
            None => &FALLBACK,
        }
    }

    /// The queue safeguarding contacts of a lane belong in: the first by name.
    pub fn home_of(&self, lane: Lane) -> Option<&Queue> {
        self.centre.queues.values().find(|q| q.lane == lane && !q.last_resort.is_empty())
    }

    /// Whether the agent has served as many safeguarding contacts as the rules allow in a row.
    pub fn break_owed(&self, row: &AgentRow) -> bool {
        let after = self.centre.rules.recovery_after;
        after > 0 && row.row >= after
    }

    pub fn openness(&self, row: &AgentRow) -> Option<Openness> {
        match &row.presence {
            _ if row.gone || row.life.leaving.is_some() => None,
            Presence::Ready if row.life.yielded() => Some(Openness::Yielded),
            Presence::Ready if self.break_owed(row) => Some(Openness::Resting),
            Presence::Ready => Some(Openness::Open),
            Presence::Away { .. } if row.on_break() && self.break_owed(row) => Some(Openness::Resting),
            _ => None,
        }
    }

    /// When something becomes due for a contact by itself; see `decide::due` for what is done.
    pub fn contact_due(&self, id: ContactId, contact: &Contact) -> Option<Time> {
        let order = contact.order.as_ref()?;
        let mut due = Earliest::default();
        match &contact.stage {
            Stage::InFlow | Stage::Over | Stage::Talking { .. } => return None,
            Stage::Accepted { at, .. } => return Some(*at + contact.join_within()),
            Stage::Offered { until, .. } => due.add(Some(*until)),
            Stage::Waiting => {
                due.add(contact.call_back.as_ref().map(|agreed| agreed.until));
                due.add(self.overflow_due(contact, order).map(|(at, _)| at));
            }
        }
        due.add(self.widening_due(order));
        due.add(self.rung_due(order));
        due.add(self.alarm_due(id, order));
        due.add(self.climb_due(id, contact));
        due.0
    }

    /// When a waiting safeguarding contact raises its alarm; `None` once it rings.
    pub fn alarm_due(&self, id: ContactId, order: &Order) -> Option<Time> {
        let since = order.safe_since?;
        let rings = self.alarms.contains(&(Alarm::SafeguardingWaiting, Some(id)));
        (!rings).then(|| since + Span::seconds(self.centre.rules.alarm_seconds))
    }

    pub fn widening_due(&self, order: &Order) -> Option<Time> {
        let widening = self.queue(&order.queue)?.widenings.get(order.widened as usize)?;
        Some(order.entered + Span::seconds(widening.after_seconds))
    }

    pub fn rung_due(&self, order: &Order) -> Option<Time> {
        let rung = self.chain(order).get(order.rungs as usize)?;
        Some(order.safe_since? + Span::seconds(rung.after_seconds))
    }

    /// When the any-agent rung will be due, if it is still ahead.
    pub fn any_agent_due(&self, order: &Order) -> Option<Time> {
        let ahead = self.chain(order).iter().skip(order.rungs as usize);
        let rung = ahead.into_iter().find(|r| r.to == LastResortTo::AnyAgent)?;
        Some(order.safe_since? + Span::seconds(rung.after_seconds))
    }

    /// When something becomes due for an agent by itself: wrap-up over, break over, grace over.
    pub fn agent_due(&self, row: &AgentRow) -> Option<Time> {
        if row.gone {
            return None;
        }
        let mut due = Earliest::default();
        due.add((!row.wrapping.is_empty()).then_some(row.wrap_until));
        due.add(self.break_due(row));
        due.add(self.grace_due(row));
        due.add(self.life_due(row));
        due.0
    }

    /// When an owed break begins (the agent is ready and free) or ends (they are on it).
    pub fn break_due(&self, row: &AgentRow) -> Option<Time> {
        if !self.break_owed(row) || row.engaged() {
            return None;
        }
        match row.presence {
            Presence::Ready => Some(row.break_from),
            _ if row.on_break() => Some(row.break_from + Span::seconds(self.centre.rules.recovery_seconds)),
            _ => None,
        }
    }

    /// When an agent who went offline in the middle of a contact loses it.
    pub fn grace_due(&self, row: &AgentRow) -> Option<Time> {
        let serves = row.voice.is_some() || !row.texts.is_empty();
        (serves && row.presence == Presence::Offline)
            .then(|| row.since + Span::seconds(self.centre.rules.grace_seconds))
    }
}

/// The earliest of some times.
#[derive(Default)]
struct Earliest(Option<Time>);

impl Earliest {
    fn add(&mut self, at: Option<Time>) {
        self.0 = match (self.0, at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}
