//! What happened, counted from events as they come. It knows nothing of the engine, so it also reads
//! a journal that was written long ago.

use super::story::Story;
use crate::promise::Promise;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Change, Treatment};
use vocabulary::{AgentName, Channel, ContactId, EndCause, Event, Lane, Party, Presence, QueueName, Risk, Span, Time};

/// Quarter-hours of a day.
pub(crate) const QUARTERS: usize = 96;

const QUARTER: i64 = 900_000;

/// East Africa Time is three hours ahead of UTC.
const AHEAD: i64 = 3 * 3_600_000;

/// Everything counted.
pub(crate) struct Tally {
    /// Contacts that came before this are not counted.
    from: Time,
    targets: BTreeMap<QueueName, Span>,
    lanes: BTreeMap<QueueName, Lane>,
    stories: BTreeMap<ContactId, Story>,
    staff: BTreeMap<AgentName, Staff>,
    last: Time,
    on_floor: i64,
    busy: i64,
    waiting: u64,
    pub promise: Promise,
    pub count: Count,
    pub quarters: Vec<Quarter>,
    pub waits: BTreeMap<(Lane, Risk, bool), Wait>,
    pub queues: BTreeMap<QueueName, QueueCount>,
    /// Contacts treated otherwise than by waiting, by what was done.
    pub overflow: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Staff {
    ready: bool,
    /// Contacts in hand: accepted, talking, being written up.
    hands: Vec<ContactId>,
}

/// Counts over the whole run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    pub events: u64,
    pub arrived: u64,
    pub self_served: u64,
    pub asked: u64,
    pub answered: u64,
    pub in_time: u64,
    pub abandoned: u64,
    pub dropped: u64,
    /// Told that nobody can serve them, or left a message.
    pub turned_away: u64,
    pub claimed: u64,
    pub call_backs: u64,
    pub not_reached: u64,
    pub outside: u64,
    pub rungs: u64,
    /// Offers to one agent or several, and what became of them.
    pub offered: u64,
    pub expired: u64,
    pub declined: u64,
    pub most_waiting: u64,
    /// Conversations and wrap-ups that are over, by voice or not, with their lengths.
    pub handled: [(u64, i64); 2],
    /// The same on the safe line.
    pub handled_safe: (u64, i64),
}

/// Counts of one quarter-hour of the day, over all days.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quarter {
    pub arrived: u64,
    pub calls: u64,
    pub texts: u64,
    pub safe: u64,
    pub answered: u64,
    pub in_time: u64,
    pub abandoned: u64,
    /// Agents on the floor times milliseconds, and of these, with something in hand.
    pub staffed: i64,
    pub busy: i64,
}

/// Waits of those who reached a human, and how many did not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wait {
    /// In milliseconds, as they came.
    pub reached: Vec<u32>,
    pub unreached: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct QueueCount {
    pub asked: u64,
    pub answered: u64,
    pub in_time: u64,
    pub abandoned: u64,
}

impl QueueCount {
    fn add(&mut self, other: &QueueCount) {
        self.asked += other.asked;
        self.answered += other.answered;
        self.in_time += other.in_time;
        self.abandoned += other.abandoned;
    }
}

fn quarter(at: Time) -> usize {
    ((at.0 + AHEAD).div_euclid(QUARTER)).rem_euclid(QUARTERS as i64) as usize
}

impl Tally {
    pub fn new(from: Time) -> Tally {
        Tally {
            from,
            targets: BTreeMap::new(),
            lanes: BTreeMap::new(),
            stories: BTreeMap::new(),
            staff: BTreeMap::new(),
            last: from,
            on_floor: 0,
            busy: 0,
            waiting: 0,
            promise: Promise::default(),
            count: Count::default(),
            quarters: vec![Quarter::default(); QUARTERS],
            waits: BTreeMap::new(),
            queues: BTreeMap::new(),
            overflow: BTreeMap::new(),
        }
    }

    /// Counts agents' time up to a moment.
    pub fn pass(&mut self, at: Time) {
        while self.last < at {
            let end = Time((self.last.0 + AHEAD).div_euclid(QUARTER) * QUARTER + QUARTER - AHEAD).min(at);
            let (length, row) = (end.since(self.last).0, &mut self.quarters[quarter(self.last)]);
            row.staffed += length * self.on_floor;
            row.busy += length * self.busy;
            self.last = end;
        }
    }

    /// Looks at the journal's next event.
    pub fn see(&mut self, at: Time, event: &Event) {
        self.pass(at);
        if at < self.from {
            // Who is at work then is known; what happened is not counted.
            return match event {
                Event::SetUp { .. } | Event::PresenceSet { .. } | Event::WrappedUp { .. } => self.see_any(at, event),
                _ => self.see_contact(at, event),
            };
        }
        self.count.events += 1;
        self.promise.see(at, event);
        self.see_any(at, event);
    }

    fn see_any(&mut self, at: Time, event: &Event) {
        match event {
            Event::SetUp { change, .. } => self.see_set_up(change),
            Event::PresenceSet { agent, presence, .. } => {
                self.change_staff(agent, |staff| staff.ready = *presence == Presence::Ready);
            }
            Event::Arrived { contact, channel, .. } => self.see_arrived(at, *contact, *channel),
            Event::HelpAsked { contact, .. } => {
                self.stories.insert(*contact, Story::new(Channel::Voice, true));
            }
            Event::WrappedUp { contact, agent, .. } => {
                self.let_go(agent, *contact);
                self.close(at, *contact);
            }
            Event::PlaceClaimed { .. } => self.count.claimed += 1,
            Event::LastResortTaken { .. } => self.count.rungs += 1,
            Event::Offered { .. } => self.count.offered += 1,
            Event::Expired { .. } => self.count.expired += 1,
            Event::Declined { .. } => self.count.declined += 1,
            Event::CallBackAgreed { .. } => self.count.call_backs += 1,
            Event::Overflowed { to, .. } => *self.overflow.entry(treated(to)).or_default() += 1,
            _ => self.see_contact(at, event),
        }
    }

    fn see_contact(&mut self, at: Time, event: &Event) {
        match event {
            Event::Queued { contact, queue, lane, risk, .. } => self.see_queued(at, *contact, queue, (*lane, *risk)),
            Event::Reclassified { contact, lane, risk, .. } => {
                if let Some(story) = self.stories.get_mut(contact) {
                    (story.lane, story.risk) = (*lane, *risk);
                }
            }
            Event::Accepted { contact, agent, .. } | Event::Joined { contact, agent, .. } => {
                self.take(agent, *contact);
            }
            Event::ConnectFailed { contact, agent, .. } | Event::Transferred { contact, agent, .. } => {
                self.let_go(agent, *contact);
                self.part(at, *contact);
            }
            Event::CallBackFailed { contact, agent, .. } => {
                self.let_go(agent, *contact);
                self.part(at, *contact);
                self.count.not_reached += u64::from(at >= self.from);
            }
            Event::Left { contact, agent } | Event::WrapUpPaused { contact, agent, .. } => self.let_go(agent, *contact),
            Event::HandedOver { contact, from, to } => {
                self.let_go(from, *contact);
                self.take(to, *contact);
            }
            Event::Connected { contact, agent } => self.see_connected(at, *contact, agent),
            Event::WrapUpStarted { contact, agent, .. } => self.take(agent, *contact),
            Event::Ended { contact, by, cause } => self.see_ended(at, *contact, *by, *cause),
            _ => {}
        }
    }

    /// Puts what belongs to safeguarding lanes that are not cleared among the figures of everyone,
    /// so that nothing is told of them and nothing can be subtracted.
    pub fn hide(&mut self, cleared: &BTreeSet<Lane>) {
        let hidden = |lane: Lane| lane.is_safeguarding() && !cleared.contains(&lane);
        if !Lane::ALL.into_iter().any(hidden) {
            return;
        }
        for ((lane, risk, voice), wait) in std::mem::take(&mut self.waits) {
            let kind = if hidden(lane) { (Lane::Standard, Risk::P3, voice) } else { (lane, risk, voice) };
            let row = self.waits.entry(kind).or_default();
            row.reached.extend(wait.reached);
            row.unreached += wait.unreached;
        }
        for (queue, count) in std::mem::take(&mut self.queues) {
            let safe = self.lanes.get(&queue).is_some_and(|lane| hidden(*lane));
            let shown = if safe { QueueName::new("other").expect("a literal name") } else { queue };
            self.queues.entry(shown).or_default().add(&count);
        }
        for row in &mut self.quarters {
            row.calls += std::mem::take(&mut row.safe);
        }
        let safe = std::mem::take(&mut self.count.handled_safe);
        self.count.handled[0] = (self.count.handled[0].0 + safe.0, self.count.handled[0].1 + safe.1);
        (self.count.rungs, self.count.outside) = (0, 0);
        self.promise = Promise::default();
    }

    fn see_set_up(&mut self, change: &Change) {
        if let Change::QueueSet { queue } = change {
            self.targets.insert(queue.name.clone(), Span::seconds(queue.target_seconds));
            self.lanes.insert(queue.name.clone(), queue.lane);
        }
    }

    /// Changes what an agent does, and the counts of agents with it.
    fn change_staff(&mut self, agent: &AgentName, change: impl FnOnce(&mut Staff)) {
        if agent.as_str().starts_with("outside.") {
            return;
        }
        let staff = self.staff.entry(agent.clone()).or_default();
        let counted = |staff: &Staff| {
            let busy = !staff.hands.is_empty();
            (i64::from(staff.ready || busy), i64::from(busy))
        };
        let before = counted(staff);
        change(staff);
        let after = counted(staff);
        self.on_floor += after.0 - before.0;
        self.busy += after.1 - before.1;
    }

    fn take(&mut self, agent: &AgentName, contact: ContactId) {
        if let Some(story) = self.stories.get_mut(&contact)
            && !story.with.contains(agent)
        {
            story.with.push(agent.clone());
        }
        self.change_staff(agent, |staff| {
            if !staff.hands.contains(&contact) {
                staff.hands.push(contact);
            }
        });
    }

    fn let_go(&mut self, agent: &AgentName, contact: ContactId) {
        if let Some(story) = self.stories.get_mut(&contact) {
            story.with.retain(|other| other != agent);
        }
        self.change_staff(agent, |staff| staff.hands.retain(|held| *held != contact));
    }

    fn see_arrived(&mut self, at: Time, contact: ContactId, channel: Channel) {
        if at >= self.from {
            self.count.arrived += 1;
            self.quarters[quarter(at)].arrived += 1;
            self.stories.insert(contact, Story::new(channel, false));
        }
    }

    fn see_queued(&mut self, at: Time, contact: ContactId, queue: &QueueName, kind: (Lane, Risk)) {
        let Some(story) = self.stories.get_mut(&contact) else { return };
        (story.lane, story.risk) = kind;
        if story.asked.is_some() || story.help {
            return;
        }
        // Moved to another queue it stays a contact of the first.
        story.queue = Some(queue.clone());
        story.asked = Some(at);
        self.waiting += 1;
        self.count.most_waiting = self.count.most_waiting.max(self.waiting);
        self.count.asked += 1;
        self.queues.entry(queue.clone()).or_default().asked += 1;
        let row = &mut self.quarters[quarter(at)];
        if kind.0.is_safeguarding() {
            row.safe += 1;
        } else if story.channel.is_voice() {
            row.calls += 1;
        } else {
            row.texts += 1;
        }
    }

    fn see_connected(&mut self, at: Time, contact: ContactId, agent: &AgentName) {
        self.take(agent, contact);
        let Some(story) = self.stories.get_mut(&contact).filter(|story| !story.help) else { return };
        story.joined = Some(at);
        let Some(asked) = story.asked.filter(|_| !story.answered) else { return };
        story.answered = true;
        self.waiting -= 1;
        self.count.outside += u64::from(agent.as_str().starts_with("outside."));
        let wait = at.since(asked);
        let target = story.queue.as_ref().and_then(|queue| self.targets.get(queue));
        let in_time = u64::from(target.is_some_and(|target| wait <= *target));
        self.count.answered += 1;
        self.count.in_time += in_time;
        let row = &mut self.quarters[quarter(asked)];
        row.answered += 1;
        row.in_time += in_time;
        let queue = story.queue.clone().and_then(|queue| self.queues.get_mut(&queue));
        queue.into_iter().for_each(|queue| {
            queue.answered += 1;
            queue.in_time += in_time;
        });
        let kind = (story.lane, story.risk, story.channel.is_voice());
        self.waits.entry(kind).or_default().reached.push(u32::try_from(wait.0).unwrap_or(u32::MAX));
    }

    fn part(&mut self, at: Time, contact: ContactId) {
        self.stories.get_mut(&contact).into_iter().for_each(|story| story.part(at));
    }

    fn see_ended(&mut self, at: Time, contact: ContactId, by: Party, cause: EndCause) {
        let Some(story) = self.stories.get_mut(&contact) else { return };
        let waited = story.waits() && !story.answered;
        story.part(at);
        story.ended = at;
        let with = story.with.clone();
        with.iter().for_each(|agent| self.let_go(agent, contact));
        let story = &self.stories[&contact];
        if story.help {
            self.stories.remove(&contact);
        } else if waited {
            self.count_unanswered(at, contact, by, cause);
            self.stories.remove(&contact);
        } else if !story.answered {
            self.count.self_served += u64::from(cause == EndCause::SelfServed);
            self.count.turned_away += u64::from(matches!(cause, EndCause::Closed | EndCause::Busy));
            self.stories.remove(&contact);
        } else if with.is_empty() || with.iter().all(|agent| agent.as_str().starts_with("outside.")) {
            self.close(at, contact);
        }
    }

    fn count_unanswered(&mut self, at: Time, contact: ContactId, by: Party, cause: EndCause) {
        let story = &self.stories[&contact];
        self.waiting -= 1;
        let turned_away =
            matches!(cause, EndCause::Closed | EndCause::MessageLeft | EndCause::Busy | EndCause::NotReached);
        let left = !turned_away && (by == Party::Citizen || cause == EndCause::Lost);
        self.count.turned_away += u64::from(turned_away);
        self.count.abandoned += u64::from(left);
        self.count.dropped += u64::from(!turned_away && !left);
        let asked = story.asked.unwrap_or(at);
        self.quarters[quarter(asked)].abandoned += u64::from(left);
        if let Some(queue) = story.queue.as_ref().and_then(|queue| self.queues.get_mut(queue)) {
            queue.abandoned += u64::from(left);
        }
        self.waits.entry((story.lane, story.risk, story.channel.is_voice())).or_default().unreached += 1;
    }

    /// A contact that was served and, if anybody writes, is written up.
    fn close(&mut self, at: Time, contact: ContactId) {
        let Some(story) = self.stories.get(&contact).filter(|story| story.with.is_empty()) else { return };
        let Some(story) = (!story.help).then_some(()).and_then(|()| self.stories.remove(&contact)) else { return };
        let kind = usize::from(!story.channel.is_voice());
        let length = (story.talked + at.since(story.ended)).0;
        let sum =
            if story.lane.is_safeguarding() { &mut self.count.handled_safe } else { &mut self.count.handled[kind] };
        sum.0 += 1;
        sum.1 += length;
    }
}

/// A treatment as reports name it.
fn treated(to: &Treatment) -> &'static str {
    match to {
        Treatment::Queue(_) => "another queue",
        Treatment::CallBack => "call-back offered",
        Treatment::Message => "message",
        Treatment::Closed => "closed",
    }
}
