//! The picture of the floor that screens are drawn from. The floor itself says who waits and who talks;
//! [`Facts`] remembers of the journal what the floor has no use for but a person wants to see: since
//! when, why, and what was said about recording.

use acd::{AgentView, ContactView, Doing, Floor, QueueView};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vocabulary::centre::Centre as SetUp;
use vocabulary::event::{AgentRule, Alarm, Why};
use vocabulary::{AgentName, ConsentKind, ContactId, Entry, Event, Lane, Presence, QueueName, Time};

/// One picture of the floor. It never changes: a new one replaces it.
#[derive(Debug, Clone)]
pub struct View {
    /// When it was taken.
    pub at: Time,
    /// The set-up in force.
    pub set_up: Arc<SetUp>,
    /// Every contact on the floor, those being wrapped up included.
    pub contacts: BTreeMap<ContactId, ContactView>,
    /// Everyone set up, agents and other staff.
    pub agents: BTreeMap<AgentName, AgentView>,
    /// What is remembered of each contact.
    pub facts: BTreeMap<ContactId, ContactFacts>,
    /// Alarms that ring, with the contact concerned and since when.
    pub alarms: Vec<RingingAlarm>,
    /// Whether each queue is open, and its switch and surge.
    pub queues: BTreeMap<QueueName, QueueView>,
}

/// An alarm that rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingingAlarm {
    /// What.
    pub alarm: Alarm,
    /// The contact concerned, if one is.
    pub contact: Option<ContactId>,
    /// Since when.
    pub since: Time,
    /// The contact's lane when it began, as far as that is known.
    pub lane: Option<Lane>,
}

/// What is remembered of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFacts {
    /// When its present stage began: waiting, offered, talking, held, wrap-up.
    pub since: Time,
    /// The reason of its last offer.
    pub why: Option<Why>,
    /// The citizen refused to be recorded, or withdrew.
    pub recording_refused: bool,
    /// Its lane, once it entered a queue; outlives the contact in its alarms.
    pub lane: Option<Lane>,
}

/// What is remembered of the journal. Fold every entry in order, at start-up those after the snapshot
/// too; what came before it shows as begun at the first moment seen.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    contacts: BTreeMap<ContactId, ContactFacts>,
    alarms: BTreeMap<(Alarm, Option<ContactId>), (Time, Option<Lane>)>,
}

impl Facts {
    /// Folds one entry in.
    pub fn fold(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.event {
            Event::AlarmRaised { alarm, contact } => {
                let lane = contact.and_then(|id| self.contacts.get(&id)?.lane);
                self.alarms.entry((*alarm, *contact)).or_insert((at, lane));
                return;
            }
            Event::AlarmCleared { alarm, contact } => {
                self.alarms.remove(&(*alarm, *contact));
                return;
            }
            _ => {}
        }
        let Some(contact) = entry.event.contact() else { return };
        let fact = self.contacts.entry(contact).or_insert_with(|| ContactFacts::new(at));
        if let Event::Queued { lane, .. } | Event::Reclassified { lane, .. } = &entry.event {
            fact.lane = Some(*lane);
        }
        match &entry.event {
            Event::Offered { why, .. } => {
                fact.why = Some(why.clone());
                fact.since = at;
            }
            Event::Queued { .. } | Event::Expired { .. } | Event::Withdrawn { .. } | Event::Accepted { .. }
            | Event::Connected { .. } | Event::ConnectFailed { .. } | Event::Held { .. } | Event::Resumed { .. }
            | Event::WrapUpStarted { .. } => fact.since = at,
            Event::ConsentGiven { consent, .. } => match consent.kind {
                ConsentKind::RecordingRefused | ConsentKind::RecordingWithdrawn => fact.recording_refused = true,
                ConsentKind::RecordingRequested => fact.recording_refused = false,
                ConsentKind::CallBack { .. } | ConsentKind::RecordingNoticed => {}
            },
            _ => {}
        }
    }
}

impl ContactFacts {
    fn new(at: Time) -> ContactFacts {
        ContactFacts { since: at, why: None, recording_refused: false, lane: None }
    }

    /// Whether an agent without clearance serves it because nobody else could.
    pub(crate) fn is_last_resort(&self) -> bool {
        self.why.as_ref().is_some_and(|why| why.agent == AgentRule::LastResort)
    }
}

impl View {
    /// Takes a picture: a pass over every contact and agent. `facts` forgets contacts that have left.
    /// `set_up` is a copy of the floor's, made anew only when a `SetUp` event changed it.
    pub fn take(at: Time, floor: &Floor, set_up: Arc<SetUp>, facts: &mut Facts) -> View {
        let contacts: BTreeMap<_, _> = floor.contacts().map(|c| (c.contact, c)).collect();
        facts.contacts.retain(|contact, _| contacts.contains_key(contact));
        let ringing: BTreeSet<_> = floor.alarms().collect();
        facts.alarms.retain(|key, _| ringing.contains(key));
        let began = |key: &(Alarm, Option<ContactId>)| facts.alarms.get(key).copied().unwrap_or((at, None));
        View {
            at,
            set_up,
            agents: floor.agents().map(|a| (a.agent.clone(), a)).collect(),
            alarms: ringing
                .iter()
                .map(|key| (key, began(key)))
                .map(|(key, (since, lane))| RingingAlarm { alarm: key.0, contact: key.1, since, lane })
                .collect(),
            facts: facts.contacts.clone(),
            contacts,
            queues: floor.queues().map(|q| (q.queue.clone(), q)).collect(),
        }
    }

    /// A centre with this set-up and nobody in it.
    pub fn empty(at: Time, set_up: Arc<SetUp>) -> View {
        View {
            at,
            set_up,
            contacts: BTreeMap::new(),
            agents: BTreeMap::new(),
            facts: BTreeMap::new(),
            alarms: Vec::new(),
            queues: BTreeMap::new(),
        }
    }

    /// What an agent declares; `None` for nobody.
    pub(crate) fn presence(&self, agent: &AgentName) -> Option<&Presence> {
        self.agents.get(agent).map(|a| &a.presence)
    }

    /// An agent's part in each of their contacts.
    pub(crate) fn engagements<'v>(
        &'v self,
        agent: &AgentName,
    ) -> impl Iterator<Item = (&'v ContactView, Doing)> + use<'v> {
        let doing = self.agents.get(agent).into_iter().flat_map(|a| a.doing.iter());
        doing.filter_map(|(contact, doing)| Some((self.contacts.get(contact)?, *doing)))
    }

    /// Every contact the agent is engaged in: offered, connected or in wrap-up.
    pub(crate) fn engaged(&self, agent: &AgentName) -> BTreeSet<ContactId> {
        self.engagements(agent).map(|(contact, _)| contact.contact).collect()
    }

    /// Whether the agent has won the contact and not yet written it up.
    pub(crate) fn serves(&self, agent: &AgentName, contact: ContactId) -> bool {
        self.engagements(agent).any(|(c, doing)| c.contact == contact && doing != Doing::Offered)
    }

    /// Whether the agent is in a call.
    pub(crate) fn talks(&self, agent: &AgentName) -> bool {
        self.engagements(agent).any(|(c, doing)| {
            c.channel.is_voice() && matches!(doing, Doing::Joining | Doing::Talking | Doing::Holding)
        })
    }

    /// Text contacts whose conversation the agent reads: those they serve.
    pub(crate) fn conversations_of(&self, agent: &AgentName) -> BTreeSet<ContactId> {
        self.engagements(agent)
            .filter(|(c, doing)| !c.channel.is_voice() && *doing != Doing::Offered)
            .map(|(c, _)| c.contact)
            .collect()
    }

    /// When the contact's present stage began.
    pub(crate) fn since(&self, contact: &ContactView) -> Time {
        self.facts.get(&contact.contact).map_or(contact.came, |f| f.since)
    }
}

/// The lane a contact is in. One that is still in a flow is in none yet: it is not known to be anything
/// but ordinary.
pub(crate) fn lane_of(contact: &ContactView) -> Lane {
    contact.lane.unwrap_or(Lane::Standard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::{Channel, EntryName, FloorName, Needs, QueueName, Risk, TenantName, Ulid};

    fn fold(facts: &mut Facts, at: i64, event: Event) {
        facts.fold(&Entry { seq: at as u64, at: Time(at), v: vocabulary::event::VERSION, event });
    }

    fn queued(contact: ContactId, lane: Lane) -> Event {
        Event::Queued {
            contact,
            queue: QueueName::new("siri").expect("a name"),
            needs: Needs::default(),
            lane,
            risk: Risk::P1,
            base: 0,
            arrived: Time(1),
        }
    }

    #[test]
    fn an_alarm_remembers_the_lane_of_a_contact_that_has_left() {
        let contact = ContactId(Ulid(7));
        let mut facts = Facts::default();
        fold(&mut facts, 1, Event::Arrived {
            contact,
            channel: Channel::Voice,
            tenant: TenantName::new("huduma").expect("a name"),
            entry: EntryName::new("main").expect("a name"),
        });
        fold(&mut facts, 2, queued(contact, Lane::Child));
        fold(&mut facts, 3, Event::AlarmRaised { alarm: Alarm::ImminentDropped, contact: Some(contact) });
        facts.contacts.clear();
        assert_eq!(facts.alarms[&(Alarm::ImminentDropped, Some(contact))], (Time(3), Some(Lane::Child)));
        fold(&mut facts, 4, Event::AlarmCleared { alarm: Alarm::ImminentDropped, contact: Some(contact) });
        assert!(facts.alarms.is_empty());
    }

    #[test]
    fn what_has_left_the_floor_is_forgotten() {
        let floor = Floor::new(FloorName::new("huduma").expect("a name"));
        let mut facts = Facts::default();
        fold(&mut facts, 1, queued(ContactId(Ulid(7)), Lane::Gbv));
        let set_up = Arc::new(floor.centre().clone());
        let view = View::take(Time(2), &floor, set_up, &mut facts);
        assert!(view.facts.is_empty() && facts.contacts.is_empty());
    }
}
