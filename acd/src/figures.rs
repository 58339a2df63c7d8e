//! What every figure of the centre means, in one place. The wall, the table by quarter-hour and a
//! fresh fold of the journal all read it, so they cannot disagree.
//!
//! # Contacts
//!
//! | Figure | Meaning |
//! |---|---|
//! | arrived | contacts that came in; each is in exactly one row and counted once, wherever it was moved |
//! | in flow | of these, still with a flow |
//! | waiting | of these, in a queue and never yet connected |
//! | answered | of these, connected to a person at least once |
//! | abandoned | of these, left by the citizen (or their line lost) from a queue, never connected |
//! | unreached | of these, agreed to a call-back and were never connected |
//! | dropped | of these, ended in a queue by us: a fault, a restart |
//! | self-served | of these, served by the flow alone, or left a message |
//! | refused | of these, turned away: centre full, number unknown, queue closed |
//! | left | of these, gone from a flow before any queue, or their place taken over by a redial |
//! | in time | of the answered, connected within the queue's target from entering a queue; never by a call-back |
//! | called back | of the answered, by a call-back |
//! | abandoned short | of the abandoned, within `Rules::short_abandon_seconds` of entering a queue |
//! | abandoned late | of the abandoned, after the queue's target |
//! | wait | from first entering a queue to first being connected, to agreeing to a call-back, or to the end in vain |
//! | handled | over, wrap-up included, and talked with one of our agents; with its talk, hold and wrap-up |
//! | transferred, overflowed, climbed, call-backs, call-backs failed | how often that happened |
//! | told, told kept | told a wait (the first telling counts) and then connected; of these, within the upper bound |
//!
//! `arrived = in flow + waiting + answered + abandoned + unreached + dropped + self-served + refused
//! + left + moved`, in every row and in the total.
//!
//! **When.** Whatever happens to a contact is counted in the quarter-hour (East Africa Time) in
//! which it *arrived*, so a quarter-hour's outcomes add up to its arrivals; they are final once all
//! of its contacts are over. In flow and waiting are of the moment.
//!
//! **Where.** A contact is in one row: its queue is the one it is in or was in last. A table by
//! queue counts it once in *each* queue it entered, with what became of it there; who went on
//! without being connected has *moved*, which no contact as a whole ever has. Rows of that table
//! add up to more than the total, which counts each contact once. A request for help
//! (`HelpAsked`) is no contact.
//!
//! **Who.** Several agents may handle one contact (transfer, hand-over, conference): talk, hold and
//! wrap-up are the sums over all of them, the contact is handled once.
//!
//! # Derived
//!
//! - Service level both ways: in time out of answered; in time out of answered and abandoned late.
//! - Abandonment: abandoned out of answered and abandoned; the same without short abandons.
//! - ASA: the average wait of the answered. AHT: talk, hold and wrap-up of the handled, on average.
//! - EWT error: the difference between the middle of the range told and the wait from that moment,
//!   relative to that wait; the median, read off classes (so that days add up), and the share of
//!   waits within the upper bound.
//! - Time to a human ([`Safe`]): from entering a safeguarding lane, queued, to first being
//!   connected to a person, outside lines included. Bounds: [`HUMAN_WITHIN`], [`IMMINENT_WITHIN`].
//!
//! # Agents
//!
//! Each moment of an agent is one thing ([`Work`]): talking, holding, writing, else ready, on an owed
//! break (recovery), away, or offline; several chats at once are one moment. It is counted in the
//! quarter-hour in which it was spent. *Handled* counts an agent's parts in contacts, in the
//! quarter-hour in which the part was over, under the lane the contact had then; help given to a
//! colleague counts as time only.
//!
//! - Occupancy: talking, holding and writing out of these and ready. Recovery and breaks are outside.
//! - Adherence: there (ready, with a contact, or away for a reason the rules name) while on shift
//!   by the roster, out of on shift. The roster plans no breaks, so breaks are within it.
//!
//! # Who sees what
//!
//! Whoever lacks clearance for a safeguarding lane sees its contacts only inside figures of
//! everyone: [`Figures::view`] and [`table()`] put them in the row of contacts without a queue, so that
//! rows still add up to the total. What a total minus the visible rest would tell of fewer than
//! `Rules::small_count` of them is left out of tables; see [`table()`].

mod book;
mod clock;
mod counts;
mod part;
mod small;
mod story;
mod table;

pub use book::{AgentRow, Book, Quarter, Row};
pub use clock::LONGEST_STRETCH;
pub use counts::{Counts, ERROR_EDGES, Errors, Safe, Work};
pub use table::{By, Cell, Day, Scope, Step, Table, table};

use clock::{Books, Clock, Doing, page};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use story::{Bounds, Story};
use vocabulary::centre::{Centre, Change};
use vocabulary::event::Alarm;
use vocabulary::{
    AgentName, ContactId, EndCause, Entry, Event, FloorName, Lane, Party, Presence, QueueName, Span, Time,
};

/// By then every safeguarding contact has a human.
pub const HUMAN_WITHIN: Span = Span::seconds(90);

/// By then a contact in imminent danger has one.
pub const IMMINENT_WITHIN: Span = Span::seconds(10);

/// Days with figures that [`Figures::forget`] keeps.
pub const DAYS_KEPT: usize = 2;

/// A book changed later than this before [`Figures::forget`] is kept, whatever its day.
const SETTLES: Span = Span::minutes(24 * 60);

/// How these figures are folded; figures kept by an older program are folded anew.
const FORMAT: u32 = 2;

/// Every figure of a floor, folded from its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    #[serde(default)]
    format: u32,
    /// Contacts that are not over, wrap-up included, and requests for help.
    live: BTreeMap<ContactId, Story>,
    /// Contacts that are over, and agents' time, by quarter-hour.
    #[serde(default)]
    books: Books,
    /// When each book was last changed.
    #[serde(default)]
    changed: BTreeMap<Quarter, Time>,
    targets: BTreeMap<QueueName, Span>,
    /// Rules, shifts and absences; nothing else of the set-up.
    #[serde(default = "no_roster")]
    roster: Arc<Centre>,
    #[serde(default)]
    clocks: BTreeMap<AgentName, Clock>,
    /// The quarter-hour of the last entry: everybody's clock has run up to its beginning.
    #[serde(default)]
    quarter: Option<Quarter>,
    alarms: BTreeSet<(Alarm, Option<ContactId>)>,
}

/// What one viewer may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Everyone, whatever the lane: the sum of the rows.
    pub total: Counts,
    /// From when the age of the first of those who wait counts: when it arrived.
    pub waiting_since: Option<Time>,
    /// By queue, lane, channel and tenant, in that order, each contact once.
    pub rows: Vec<Row>,
    /// The same contacts once for each queue they entered; none of lanes the viewer does not see.
    pub queues: Vec<Row>,
    /// Agents by presence: `ready`, `offline`, `away.<reason>`.
    pub agents: BTreeMap<String, u32>,
    /// Alarms that ring; none without clearance.
    pub alarms: Vec<Alarm>,
}

fn no_roster() -> Arc<Centre> {
    Arc::new(Centre::empty(FloorName::new("floor").expect("a literal name")))
}

impl Default for Figures {
    fn default() -> Figures {
        Figures {
            format: FORMAT,
            live: BTreeMap::new(),
            books: Books::new(),
            changed: BTreeMap::new(),
            targets: BTreeMap::new(),
            roster: no_roster(),
            clocks: BTreeMap::new(),
            quarter: None,
            alarms: BTreeSet::new(),
        }
    }
}

impl Figures {
    /// Whether these figures mean what this program's do. Figures read back from a snapshot of an
    /// older program do not: fold the journal anew.
    pub fn is_current(&self) -> bool {
        self.format == FORMAT
    }

    /// Takes the journal's next entry into account.
    pub fn fold(&mut self, entry: &Entry) {
        let at = entry.at;
        self.turn_page(at);
        match &entry.event {
            Event::SetUp { change, .. } => change.each().for_each(|one| self.fold_set_up(at, one)),
            Event::PresenceSet { agent, presence, .. } => {
                let presence = presence.clone();
                self.clocks.entry(agent.clone()).or_insert_with(|| Clock::new(at));
                self.with_clock(at, agent, |clock| clock.presence = presence);
            }
            Event::AlarmRaised { alarm, contact } if *alarm != Alarm::ImminentDropped => {
                self.alarms.insert((*alarm, *contact));
            }
            Event::AlarmCleared { alarm, contact } => {
                self.alarms.remove(&(*alarm, *contact));
            }
            Event::Arrived { contact, channel, tenant, .. } => {
                self.live.insert(*contact, Story::new(at, *channel, Some(tenant.clone())));
            }
            Event::HelpAsked { contact, of, .. } => {
                let channel = self.live.get(of).map_or(vocabulary::Channel::Voice, |story| story.channel);
                let story = Story::new(at, channel, None);
                self.live.entry(*contact).or_insert(story).help = true;
            }
            Event::Queued { contact, queue, lane, risk, arrived, .. } => self.change(*contact, |story| {
                story.queued(at, queue.clone(), *arrived);
                story.classed(at, *lane, *risk);
            }),
            Event::Reclassified { contact, lane, risk, .. } => {
                self.change(*contact, |story| story.classed(at, *lane, *risk));
            }
            Event::WaitTold { contact, low, high } => self.change(*contact, |story| story.told(at, *low, *high)),
            Event::Overflowed { contact, .. } => self.mark(*contact, |marks| marks.overflowed += 1),
            Event::Climbed { contact, .. } => self.mark(*contact, |marks| marks.climbed += 1),
            Event::CallBackAgreed { contact, .. } => self.change(*contact, |story| story.call_back_agreed(at)),
            Event::CallBackFailed { contact, .. } => self.mark(*contact, |marks| marks.call_backs_failed += 1),
            event => self.fold_service(at, event),
        }
    }

    /// What agents do with contacts.
    fn fold_service(&mut self, at: Time, event: &Event) {
        match event {
            Event::Connected { contact, agent } => {
                let bounds = self.bounds(*contact);
                self.change(*contact, |story| story.connected(at, bounds));
                self.turn(at, *contact, agent, Some(Doing::Talking));
            }
            Event::Joined { contact, agent, .. } | Event::HandedOver { contact, to: agent, .. } => {
                if let Event::HandedOver { from, .. } = event {
                    self.turn(at, *contact, from, Some(Doing::Out));
                }
                self.turn(at, *contact, agent, Some(Doing::Talking));
            }
            Event::Held { contact, agent } | Event::Parked { contact, agent, .. } => {
                self.turn(at, *contact, agent, Some(Doing::Holding));
            }
            Event::Resumed { contact, agent } | Event::Unparked { contact, agent } => {
                self.turn(at, *contact, agent, Some(Doing::Talking));
            }
            Event::Left { contact, agent } => self.turn(at, *contact, agent, Some(Doing::Out)),
            Event::Transferred { contact, agent, .. } => {
                self.mark(*contact, |marks| marks.transferred += 1);
                self.turn(at, *contact, agent, Some(Doing::Out));
            }
            Event::ConnectFailed { contact, agent } => {
                self.turn(at, *contact, agent, None);
                self.change(*contact, Story::parted);
            }
            Event::WrapUpStarted { contact, agent, .. } => self.turn(at, *contact, agent, Some(Doing::Writing)),
            Event::WrapUpPaused { contact, agent, .. } => self.turn(at, *contact, agent, Some(Doing::Paused)),
            Event::WrappedUp { contact, agent, .. } => {
                self.turn(at, *contact, agent, None);
                self.close(at, *contact);
            }
            Event::Ended { contact, by, cause } => self.fold_end(at, *contact, *by, *cause),
            _ => {}
        }
    }

    fn fold_set_up(&mut self, at: Time, change: &Change) {
        match change {
            Change::QueueSet { queue } => {
                self.targets.insert(queue.name.clone(), Span::seconds(queue.target_seconds));
            }
            Change::QueueRemoved { queue } => {
                self.targets.remove(queue);
            }
            Change::AgentSet { agent } => {
                self.clocks.entry(agent.name.clone()).or_insert_with(|| Clock::new(at));
            }
            Change::AgentRemoved { agent } => {
                self.with_clock(at, agent, |_| {});
                self.clocks.remove(agent);
            }
            Change::RulesSet { .. }
            | Change::ShiftSet { .. }
            | Change::ShiftRemoved { .. }
            | Change::AbsenceSet { .. }
            | Change::AbsenceRemoved { .. } => {
                self.run_clocks(at);
                Arc::make_mut(&mut self.roster).apply(change);
                self.clocks.values_mut().for_each(Clock::forget_shift);
            }
            _ => {}
        }
    }

    fn fold_end(&mut self, at: Time, contact: ContactId, by: Party, cause: EndCause) {
        let parts = self.live.get(&contact).map(Story::parts).unwrap_or_default();
        let help = self.live.get(&contact).is_some_and(|story| story.help);
        for (agent, doing) in parts {
            match doing {
                // A request leaves nothing to write up, and an outside line writes nothing.
                Doing::Talking | Doing::Holding if help || !part::is_ours(&agent) => {
                    self.turn(at, contact, &agent, None);
                }
                Doing::Talking | Doing::Holding => self.turn(at, contact, &agent, Some(Doing::Writing)),
                Doing::Writing | Doing::Paused | Doing::Out => {}
            }
        }
        let bounds = self.bounds(contact);
        self.change(contact, |story| story.ended(at, by, cause, bounds));
        self.close(at, contact);
    }

    /// Targets of the queue a contact is in, and the rules.
    fn bounds(&self, contact: ContactId) -> Bounds {
        let queue = self.live.get(&contact).and_then(|story| story.queue.as_ref());
        let target = queue.and_then(|queue| self.targets.get(queue)).copied();
        Bounds { target, short_abandon: Span::seconds(self.roster.rules.short_abandon_seconds) }
    }

    fn change(&mut self, contact: ContactId, change: impl FnOnce(&mut Story)) {
        if let Some(story) = self.live.get_mut(&contact) {
            change(story);
        }
    }

    fn mark(&mut self, contact: ContactId, note: impl Fn(&mut Counts)) {
        self.change(contact, |story| story.mark(note));
    }

    /// An agent's part in a contact changes: in the contact, on the agent's clock and, once it is
    /// over, in the agent's row.
    fn turn(&mut self, at: Time, contact: ContactId, agent: &AgentName, to: Option<Doing>) {
        let Some(story) = self.live.get_mut(&contact) else { return };
        let (before, over) = story.turn(at, agent, to);
        let (lane, help) = (story.lane, story.help);
        self.with_clock(at, agent, |clock| clock.turn(before, to));
        if let Some(part) = over.filter(|part| part.is_ours() && !help) {
            let (talk, hold, wrap_up) = part.spent();
            let work = Work { handled: 1, talk, hold, wrap_up, ..Work::default() };
            page(&mut self.books, Quarter::of(at)).add_work(agent, lane, &work);
            self.changed.insert(Quarter::of(at), at);
        }
    }

    /// Puts a contact that is over for everyone into the book of its quarter-hour.
    fn close(&mut self, at: Time, contact: ContactId) {
        if !self.live.get(&contact).is_some_and(Story::is_done) {
            return;
        }
        for (agent, _) in self.live.get(&contact).map(Story::parts).unwrap_or_default() {
            self.turn(at, contact, &agent, None);
        }
        if let Some(story) = self.live.remove(&contact).filter(|story| !story.help) {
            let quarter = Quarter::of(story.came);
            put(page(&mut self.books, quarter), &story);
            self.changed.insert(quarter, at);
        }
    }

    fn with_clock(&mut self, at: Time, agent: &AgentName, change: impl FnOnce(&mut Clock)) {
        if let Some(clock) = self.clocks.get_mut(agent) {
            clock.run(agent, at, &self.roster, &mut self.books);
            clock.hear(at);
            change(clock);
        }
    }

    fn run_clocks(&mut self, to: Time) {
        for (agent, clock) in &mut self.clocks {
            clock.run(agent, to, &self.roster, &mut self.books);
        }
    }

    /// At the first entry of a quarter-hour everybody's time before it goes into the books: no
    /// later entry can change what agents did then.
    fn turn_page(&mut self, at: Time) {
        let quarter = Quarter::of(at);
        if self.quarter.is_none_or(|last| last < quarter) {
            let first = self.quarter.is_none();
            self.quarter = Some(quarter);
            if !first {
                self.run_clocks(quarter.start());
            }
        }
    }

    /// The figures of each quarter-hour as of a moment: what is over, what is live, and
    /// everybody's time up to then.
    pub fn books(&self, at: Time) -> BTreeMap<Quarter, Arc<Book>> {
        let mut books = self.books.clone();
        for (agent, clock) in &self.clocks {
            clock.clone().run(agent, at, &self.roster, &mut books);
        }
        for story in self.live.values().filter(|story| !story.help) {
            put(page(&mut books, Quarter::of(story.came)), story);
        }
        books
    }

    /// Contacts and requests for help that are not over, wrap-up included.
    pub fn live(&self) -> impl Iterator<Item = ContactId> + '_ {
        self.live.keys().copied()
    }

    /// Quarter-hours whose figures can still change: those not over at a moment, and those of
    /// contacts that are live.
    pub fn open_quarters(&self, at: Time) -> BTreeSet<Quarter> {
        let live = self.live.values().filter(|story| !story.help).map(|story| Quarter::of(story.came));
        let books = self.books.keys().copied().filter(|quarter| quarter.end() > at);
        live.chain(books).collect()
    }

    /// Rules in force, as far as figures depend on them.
    pub fn small_count(&self) -> u32 {
        self.roster.rules.small_count
    }

    /// Lets go of days that are over and were kept elsewhere: all but the last [`DAYS_KEPT`] days
    /// that have figures, quarter-hours of contacts that are live, and what changed within a day.
    /// The owner calls it; a fold never forgets by itself.
    pub fn forget(&mut self, at: Time) {
        let days: BTreeSet<_> = self.books.keys().map(|quarter| quarter.day()).collect();
        let Some(first) = days.iter().rev().nth(DAYS_KEPT - 1).copied() else { return };
        let open = self.open_quarters(at);
        let changed = std::mem::take(&mut self.changed);
        let fresh = |quarter: &Quarter| changed.get(quarter).is_some_and(|when| *when + SETTLES > at);
        self.books.retain(|quarter, _| quarter.day() >= first || open.contains(quarter) || fresh(quarter));
        let books = &self.books;
        self.changed = changed.into_iter().filter(|(quarter, _)| books.contains_key(quarter)).collect();
    }

    /// What a viewer with these clearances may see of every contact that was not forgotten.
    pub fn view(&self, clearances: &BTreeSet<Lane>) -> View {
        self.view_of(clearances, |_| true)
    }

    /// The same of today: contacts that came since midnight in East Africa, and of those that came
    /// before it what is still in a flow or waiting now.
    pub fn today(&self, at: Time, clearances: &BTreeSet<Lane>) -> View {
        let today = vocabulary::calendar::Day::of(at);
        self.view_of(clearances, |quarter| quarter.day() == today)
    }

    fn view_of(&self, clearances: &BTreeSet<Lane>, counts: impl Fn(Quarter) -> bool) -> View {
        let scope = Scope { clearances };
        let (mut rows, mut queues) = (Vec::new(), Vec::new());
        let mut put = |row: &Row| book::add(&mut rows, &scope.folded(row));
        let mut put_queue = |row: &Row| {
            if scope.sees(row.lane) {
                book::add(&mut queues, row);
            }
        };
        for (_, book) in self.books.iter().filter(|(quarter, _)| counts(**quarter)) {
            book.contacts.iter().for_each(&mut put);
            book.queues.iter().for_each(&mut put_queue);
        }
        for story in self.live.values().filter(|story| !story.help) {
            let new = counts(Quarter::of(story.came));
            let shown = |row: Row| if new { Some(row) } else { only_now(row) };
            shown(story.row()).iter().for_each(&mut put);
            story.queue_rows().filter_map(shown).for_each(|row| put_queue(&row));
        }
        let mut total = Counts::default();
        rows.iter().for_each(|row: &Row| total.add(&row.counts));
        let waiting_since = rows.iter().filter_map(|row| row.waiting_since).min();
        let mut agents = BTreeMap::new();
        for clock in self.clocks.values() {
            *agents.entry(label(&clock.presence)).or_default() += 1;
        }
        let alarms: BTreeSet<Alarm> = self.alarms.iter().map(|(alarm, _)| *alarm).collect();
        let alarms = alarms.into_iter().filter(|_| clearances.iter().any(|lane| lane.is_safeguarding())).collect();
        View { total, waiting_since, rows, queues, agents, alarms }
    }
}

/// Adds a contact to its quarter-hour.
fn put(book: &mut Book, story: &Story) {
    book.add_contact(&story.row());
    story.queue_rows().for_each(|row| book.add_queue(&row));
}

/// Of a contact that came on another day: what it does now, if it waits or is in a flow.
fn only_now(row: Row) -> Option<Row> {
    let counts = Counts { in_flow: row.counts.in_flow, waiting: row.counts.waiting, ..Counts::default() };
    if counts == Counts::default() {
        return None;
    }
    let mut now = Row::of(row.queue, row.lane, row.channel, row.tenant);
    now.waiting_since = row.waiting_since;
    now.counts = counts;
    Some(now)
}

fn label(presence: &Presence) -> String {
    match presence {
        Presence::Ready => String::from("ready"),
        Presence::Offline => String::from("offline"),
        Presence::Away { reason } => format!("away.{reason}"),
    }
}

#[cfg(test)]
mod tests;
