//! The clock of one agent: how each moment is spent, cut at quarter-hours and shifts. At any moment
//! an agent does one thing: the first of talking, holding, writing, else what they declare.

use super::{Book, Quarter, Work};
use crate::state::RECOVERY;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::calendar::Day;
use vocabulary::centre::Centre;
use vocabulary::{AgentName, Lane, Presence, Span, Time};

/// Time after an agent's last event that still counts as spent there: a session lasts no longer.
/// What comes after it, a centre that was switched off, is nobody's work.
pub const LONGEST_STRETCH: Span = Span::minutes(16 * 60);

/// What an agent does with one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Doing {
    Talking,
    /// The citizen is on hold, or the text work laid aside.
    Holding,
    Writing,
    /// Wrap-up interrupted: nothing is done, yet it is not over.
    Paused,
    /// Out of the contact, which goes on: over unless a wrap-up begins.
    Out,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Clock {
    pub presence: Presence,
    /// Up to here the books have it.
    since: Time,
    /// The last event about them.
    heard: Time,
    talking: u32,
    holding: u32,
    writing: u32,
    /// Whether they are on shift, and until when that stays so.
    shift: Option<(bool, Time)>,
}

/// Everybody's books, by quarter-hour.
pub(super) type Books = BTreeMap<Quarter, Arc<Book>>;

/// The book of a quarter-hour, to be written in.
pub(super) fn page(books: &mut Books, quarter: Quarter) -> &mut Book {
    Arc::make_mut(books.entry(quarter).or_default())
}

impl Clock {
    pub fn new(at: Time) -> Clock {
        let presence = Presence::default();
        Clock { presence, since: at, heard: at, talking: 0, holding: 0, writing: 0, shift: None }
    }

    /// Brings the books up to a moment.
    pub fn run(&mut self, agent: &AgentName, to: Time, roster: &Centre, books: &mut Books) {
        while self.since < to {
            let (on_shift, until) = self.shift_now(agent, roster);
            let mut end = to.min(until);
            let there = self.spends().is_some();
            let counted = there && self.since < self.heard + LONGEST_STRETCH;
            if counted {
                end = end.min(self.heard + LONGEST_STRETCH);
            }
            if counted || on_shift {
                let quarter = Quarter::of(self.since);
                end = end.min(quarter.end());
                let work = self.work(end.since(self.since), on_shift, counted, roster);
                page(books, quarter).add_work(agent, Lane::Standard, &work);
            }
            self.since = end;
        }
    }

    /// Something was heard of the agent; the books are already up to date.
    pub fn hear(&mut self, at: Time) {
        self.heard = self.heard.max(at);
    }

    /// What they do with one contact changed.
    pub fn turn(&mut self, from: Option<Doing>, to: Option<Doing>) {
        if let Some(count) = self.count(from) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.count(to) {
            *count += 1;
        }
    }

    /// The roster changed.
    pub fn forget_shift(&mut self) {
        self.shift = None;
    }

    fn count(&mut self, doing: Option<Doing>) -> Option<&mut u32> {
        match doing? {
            Doing::Talking => Some(&mut self.talking),
            Doing::Holding => Some(&mut self.holding),
            Doing::Writing => Some(&mut self.writing),
            Doing::Paused | Doing::Out => None,
        }
    }

    /// The column the moment goes to; `None` for someone who is not there.
    fn spends(&self) -> Option<fn(&mut Work) -> &mut Span> {
        match &self.presence {
            _ if self.talking > 0 => Some(|work| &mut work.talking),
            _ if self.holding > 0 => Some(|work| &mut work.holding),
            _ if self.writing > 0 => Some(|work| &mut work.writing),
            Presence::Ready => Some(|work| &mut work.ready),
            Presence::Away { reason } if reason.as_str() == RECOVERY => Some(|work| &mut work.recovery),
            Presence::Away { .. } => Some(|work| &mut work.away),
            Presence::Offline => None,
        }
    }

    fn work(&self, spent: Span, on_shift: bool, counted: bool, roster: &Centre) -> Work {
        let mut work = Work::default();
        if let Some(column) = self.spends().filter(|_| counted) {
            *column(&mut work) = spent;
        }
        if on_shift {
            work.on_shift = spent;
        }
        if counted && self.keeps_to_it(roster) {
            *(if on_shift { &mut work.adherent } else { &mut work.off_shift }) = spent;
        }
        work
    }

    /// There as the roster wants it: ready, with a contact, or away for a reason an agent may
    /// choose. The roster plans no breaks, so these are within it; an unanswered offer is not.
    fn keeps_to_it(&self, roster: &Centre) -> bool {
        let busy = self.talking + self.holding + self.writing > 0;
        busy || match &self.presence {
            Presence::Ready => true,
            Presence::Away { reason } => roster.rules.away_reasons.contains(reason),
            Presence::Offline => false,
        }
    }

    fn shift_now(&mut self, agent: &AgentName, roster: &Centre) -> (bool, Time) {
        match self.shift {
            Some((on_shift, until)) if self.since < until => (on_shift, until),
            _ => {
                let now = (roster.on_shift(agent, self.since), next_edge(roster, self.since));
                self.shift = Some(now);
                now
            }
        }
    }
}

/// The next moment after `at` at which any shift begins or ends; the end of tomorrow where none
/// does.
fn next_edge(roster: &Centre, at: Time) -> Time {
    let today = Day::of(at);
    let days = [today.plus(-1), today, today.plus(1)];
    let runs = roster.shifts.values().flat_map(|shift| days.iter().map(|day| shift.on(*day)));
    let edges = runs.flat_map(|(from, to)| [from, to]).filter(|edge| *edge > at);
    edges.min().unwrap_or(today.plus(1).end())
}
