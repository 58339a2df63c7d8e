//! What is remembered of the pace of work: how much of an agent's time a contact takes, how often
//! contacts come, how long they wait before they leave. It feeds the estimate and nothing else, and
//! follows from events, so that a replayed floor says the same.

use serde::{Deserialize, Serialize};
use vocabulary::{QueueName, Span, Time};

/// Averages follow this many of the latest contacts.
const FOLLOWS: i64 = 64;

/// One contact in the sums of those who left the queue.
const ONE: i64 = 1_024;

/// A contact that took longer of an agent counts as that long: somebody forgot to end a wrap-up.
const LONGEST: Span = Span::seconds(7_200);

/// The pace of one queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Contacts the average time is made of, up to [`FOLLOWS`].
    served: i64,
    /// Time one contact takes of an agent, from being shown to the end of wrap-up, in ms.
    takes: i64,
    /// Gaps the average gap is made of.
    came: i64,
    /// Time between two contacts that come, in ms.
    gap: i64,
    last: Option<Time>,
    /// Of those who lately stopped waiting, how many gave up, each as [`ONE`].
    left: i64,
    /// And how long all of them waited, in ms.
    waited: i64,
}

/// A stretch of work of one agent, from the first contact shown to them until nothing is left to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    pub from: Option<Time>,
    /// Contacts won in it, and the queue of the first.
    pub contacts: u32,
    pub queue: Option<QueueName>,
}

impl Pace {
    pub fn note_served(&mut self, took: Span) {
        mean(&mut self.takes, &mut self.served, took.0.clamp(0, LONGEST.0));
    }

    pub fn note_came(&mut self, at: Time) {
        if let Some(last) = self.last.replace(at) {
            mean(&mut self.gap, &mut self.came, at.since(last).0.clamp(0, LONGEST.0));
        }
    }

    pub fn note_waited(&mut self, waited: Span, gave_up: bool) {
        self.left += if gave_up { ONE } else { 0 } - self.left / FOLLOWS;
        self.waited += waited.0.clamp(0, LONGEST.0) - self.waited / FOLLOWS;
    }

    /// Time one contact takes of an agent, once enough are known to say.
    pub fn takes(&self, least: i64) -> Option<f64> {
        (self.served >= least).then_some(self.takes.max(1) as f64)
    }

    pub fn served(&self) -> i64 {
        self.served
    }

    /// Contacts that come in a millisecond, at a moment; a queue that has gone quiet has slowed down.
    pub fn comes(&self, now: Time) -> f64 {
        let quiet = self.last.map_or(0, |last| now.since(last).0);
        if self.came == 0 { 0.0 } else { 1.0 / self.gap.max(quiet).max(1) as f64 }
    }

    /// The chance that a waiting contact gives up within a millisecond.
    pub fn gives_up(&self) -> f64 {
        if self.waited <= 0 { 0.0 } else { self.left as f64 / ONE as f64 / self.waited as f64 }
    }
}

/// A true average at first, then one that follows.
fn mean(average: &mut i64, count: &mut i64, value: i64) {
    *count = (*count + 1).min(FOLLOWS);
    *average += (value - *average) / *count;
}
