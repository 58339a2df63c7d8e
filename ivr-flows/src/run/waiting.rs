//! The waiting treatment: music, and from time to time where the contact stands.

use super::{Output, Phase, Spoken, Turn};
use crate::flow::{Kind, Wait};
use crate::say::{Say, What};
use vocabulary::{Span, Time};

/// Music before the first announcement, so that whoever is served at once hears no "all busy".
pub(super) const FIRST_AFTER: Span = Span::seconds(10);

/// A claimed place that nobody confirms within this time has come to nothing.
const CLAIM_BY: Span = Span::seconds(15);

/// Waits above this are told as "more than".
const LONG_MINUTES: u64 = 30;

/// Where the contact stands, as the floor said last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    position: Option<u32>,
    wait: Option<(Span, Span)>,
    /// The position told last, so that a text channel repeats nothing.
    told: Option<u32>,
    /// Which of the step's lines comes next.
    turn: usize,
    entered: Option<Time>,
}

impl Turn<'_> {
    pub(super) fn enter_wait(&mut self, wait: &Wait) {
        self.run.waiting.entered = Some(self.now);
        if !self.speak(&wait.first, Spoken::Announcement) {
            self.after_announcement();
        }
    }

    /// The floor says where the contact stands.
    pub(super) fn stands(&mut self, position: u32, wait: Option<(Span, Span)>) {
        self.run.claiming = false;
        self.run.waiting.position = Some(position);
        self.run.waiting.wait = wait;
    }

    /// An announcement has been heard: music until the next.
    pub(super) fn after_announcement(&mut self) {
        let Kind::Wait(wait) = &self.flow.step(&self.run.step).kind else { return };
        if wait.music && self.run.is_voice() {
            self.out.push(Output::Music);
        }
        let first = self.run.waiting.turn == 0 && self.run.waiting.told.is_none();
        let span = if first { FIRST_AFTER } else { Span::seconds(wait.every_seconds) };
        self.run.phase = Phase::Waiting { next: self.now + span };
    }

    /// An announcement is due.
    pub(super) fn announce(&mut self) {
        let Kind::Wait(wait) = &self.flow.step(&self.run.step).kind else { return };
        if self.run.claiming && self.claim_came_to_nothing() {
            self.run.claiming = false;
            return self.go(self.flow.person.clone());
        }
        let mut said = self.standing(wait);
        // A text stays on the screen: it is not said again and again.
        let rounds = if self.run.is_voice() { usize::MAX } else { wait.lines.len() };
        if !wait.lines.is_empty() && self.run.waiting.turn < rounds {
            let line = wait.lines[self.run.waiting.turn % wait.lines.len()].clone();
            said.extend(self.rendered(&[line]));
        }
        self.run.waiting.turn = self.run.waiting.turn.saturating_add(1);
        if !self.play(said, Spoken::Announcement) {
            // Nothing to say: the music goes on.
            self.run.phase = Phase::Waiting { next: self.now + Span::seconds(wait.every_seconds) };
        }
    }

    fn claim_came_to_nothing(&self) -> bool {
        !self.run.safe && self.run.waiting.entered.is_some_and(|entered| self.now.since(entered) >= CLAIM_BY)
    }

    /// The agent was lost: back to the waiting treatment, at the head of the queue.
    pub(super) fn requeued(&mut self) {
        if self.run.phase != Phase::Talking {
            return;
        }
        self.queue_entered(self.run.safe);
        let step = match self.run.safe {
            true => self.flow.wait_after(&self.flow.silent),
            false => self.flow.wait_after(&self.run.step).or_else(|| self.flow.wait_after(&self.flow.person)),
        };
        self.go(step.expect("checked: a wait step follows every queue step"));
    }

    fn standing(&mut self, wait: &Wait) -> Vec<Say> {
        let mut said = Vec::new();
        let standing = self.run.waiting.clone();
        let Some(position) = standing.position else { return said };
        if !self.run.is_voice() && standing.told == Some(position) {
            return said;
        }
        self.run.waiting.told = Some(position);
        if wait.position {
            said.extend(self.system("queue_pos", vec![("n".into(), What::Number(u64::from(position)))]));
        }
        if let Some((_, high)) = standing.wait.filter(|_| wait.estimate) {
            said.extend(self.estimate(high));
        }
        said
    }

    /// The upper end of the estimate, in whole minutes: better early than late.
    fn estimate(&self, high: Span) -> Vec<Say> {
        let minutes = high.as_seconds().max(0).unsigned_abs().div_ceil(60);
        let of = |minutes| vec![("m".to_owned(), What::Number(minutes))];
        match minutes {
            0 | 1 => self.system("queue_ewt_1", Vec::new()),
            2..=LONG_MINUTES => self.system("queue_ewt", of(minutes)),
            _ => self.system("queue_ewt_long", of(LONG_MINUTES)),
        }
    }
}
