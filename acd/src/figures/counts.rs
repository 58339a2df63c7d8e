//! The columns of the figures, and how they add up. What each means is said in [`super`].

use serde::{Deserialize, Serialize};
use vocabulary::{Span, Time};

/// Edges of the classes of relative error of a told wait, in percent; the last class has no end.
pub const ERROR_EDGES: [u64; 11] = [5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 200];

/// Declares a block of columns: counts (`u64`), sums of time and longest times.
macro_rules! columns {
    (
        $(#[$meta:meta])* $block:ident;
        counts { $($(#[$count_doc:meta])* $count:ident,)* }
        sums { $($(#[$sum_doc:meta])* $sum:ident,)* }
        longest { $($(#[$long_doc:meta])* $long:ident,)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $block {
            $($(#[$count_doc])* #[serde(skip_serializing_if = "is_zero")] pub $count: u64,)*
            $($(#[$sum_doc])* #[serde(skip_serializing_if = "is_no_time")] pub $sum: Span,)*
            $($(#[$long_doc])* #[serde(skip_serializing_if = "is_no_time")] pub $long: Span,)*
        }

        impl $block {
            /// Every counted column: its name and how to read it.
            pub const COUNTS: &[(&str, fn(&$block) -> u64)] = &[$((stringify!($count), |b| b.$count),)*];

            /// Every column of time: its name and how to read it.
            pub const TIMES: &[(&str, fn(&$block) -> Span)] =
                &[$((stringify!($sum), |b| b.$sum),)* $((stringify!($long), |b| b.$long),)*];

            /// Adds the same columns of something else.
            pub fn add(&mut self, other: &$block) {
                $(self.$count += other.$count;)*
                $(self.$sum = self.$sum + other.$sum;)*
                $(self.$long = self.$long.max(other.$long);)*
            }
        }
    };
}

columns! {
    /// Figures of contacts.
    Counts;
    counts {
        /// Came in; in a table by queue: entered it.
        arrived,
        /// With a flow now.
        in_flow,
        /// In a queue now, never connected (in a table by queue: not connected there).
        waiting,
        /// Connected at least once.
        answered,
        /// Left from a queue.
        abandoned,
        /// Agreed to a call-back and were never connected.
        unreached,
        /// Ended in a queue by us.
        dropped,
        /// Served by the flow, or left a message.
        self_served,
        /// Turned away.
        refused,
        /// Gone before any queue, or gone on as a redial.
        left,
        /// Only in a table by queue: gone on to another queue without having been connected.
        moved,
        /// Of the answered: within the target.
        in_time,
        /// Of the answered: by a call-back.
        called_back,
        /// Of the abandoned: so soon that it does not count.
        abandoned_short,
        /// Of the abandoned: after the target.
        abandoned_late,
        /// Over, and talked with one of our agents.
        handled,
        /// Given up to another queue by whoever served, or pulled.
        transferred,
        /// Times a queue could not serve as it wished.
        overflowed,
        /// Climbs to the next tier because nobody answered.
        climbed,
        /// Agreed to be called back.
        call_backs,
        /// Attempts to call back that reached nobody.
        call_backs_failed,
        /// Were told a wait and then connected.
        told,
        /// Of these: within the upper bound they were told.
        told_kept,
    }
    sums {
        /// Waits that are over.
        wait_sum,
        /// Of these: the waits of the answered.
        answer_wait,
        /// Talk time of the handled.
        talk,
        /// Time on hold or laid aside of the handled.
        hold,
        /// Wrap-up of the handled.
        wrap_up,
    }
    longest {
        /// Longest wait that is over.
        wait_longest,
    }
}

columns! {
    /// Time to a human in the safeguarding lanes. Never folded into figures of everyone.
    Safe;
    counts {
        /// Connected to a person.
        reached,
        /// Of these: within [`super::HUMAN_WITHIN`].
        reached_in_bound,
        /// Of the reached: imminent danger (P0).
        imminent,
        /// Of these: within [`super::IMMINENT_WITHIN`].
        imminent_in_bound,
        /// Over without a person.
        unreached,
    }
    sums {
        /// Time to a person.
        human_wait,
    }
    longest {
        /// The longest.
        human_longest,
    }
}

columns! {
    /// Figures of one agent.
    Work;
    counts {
        /// Parts in contacts that are over for the agent.
        handled,
    }
    sums {
        /// Talk time of these parts.
        talk,
        /// Their time on hold or laid aside.
        hold,
        /// Their wrap-up.
        wrap_up,
        /// Of the clock: talking.
        talking,
        /// Of the clock: not talking, a citizen on hold.
        holding,
        /// Of the clock: neither, writing up.
        writing,
        /// Of the clock: nothing of these, ready.
        ready,
        /// Of the clock: nothing of these, on an owed break.
        recovery,
        /// Of the clock: nothing of these, away for any other reason.
        away,
        /// Of the clock: on shift by the roster.
        on_shift,
        /// Of these: there.
        adherent,
        /// There without being on shift.
        off_shift,
    }
    longest {}
}

/// How far told waits were from what happened: told waits by class of relative error; the classes
/// end at [`ERROR_EDGES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Errors(Vec<u64>);

impl Counts {
    /// In time out of answered, in thousandths; `None` before anyone was answered.
    pub fn service_level_of_answered(&self) -> Option<u64> {
        share(self.in_time, self.answered)
    }

    /// In time out of answered and abandoned after the target, in thousandths.
    pub fn service_level_of_offered(&self) -> Option<u64> {
        share(self.in_time, self.answered + self.abandoned_late)
    }

    /// Abandoned out of those who asked for a person and got or gave up one, in thousandths.
    pub fn abandonment(&self) -> Option<u64> {
        share(self.abandoned, self.answered + self.abandoned)
    }

    /// The same, short abandons left out.
    pub fn abandonment_without_short(&self) -> Option<u64> {
        let stayed = self.abandoned - self.abandoned_short;
        share(stayed, self.answered + stayed)
    }

    /// Average speed of answer.
    pub fn average_answer(&self) -> Option<Span> {
        average(self.answer_wait, self.answered)
    }

    /// Average of all waits that are over.
    pub fn average_wait(&self) -> Option<Span> {
        average(self.wait_sum, self.answered + self.abandoned + self.dropped + self.unreached + self.moved)
    }

    /// Average handling time: talk, hold and wrap-up.
    pub fn average_handling(&self) -> Option<Span> {
        average(self.handled_sum(), self.handled)
    }

    /// Talk, hold and wrap-up of the handled.
    pub fn handled_sum(&self) -> Span {
        self.talk + self.hold + self.wrap_up
    }

    /// Whether every contact that arrived is in exactly one of the outcomes.
    pub fn adds_up(&self) -> bool {
        let now = self.in_flow + self.waiting;
        let served = self.answered + self.self_served;
        let lost = self.abandoned + self.unreached + self.dropped + self.refused + self.left + self.moved;
        self.arrived == now + served + lost
    }
}

impl Safe {
    /// The average time to a person.
    pub fn average(&self) -> Option<Span> {
        average(self.human_wait, self.reached)
    }
}

impl Work {
    /// Time spent on contacts out of that and ready time, in thousandths. Recovery, breaks and
    /// every other absence are outside it.
    pub fn occupancy(&self) -> Option<u64> {
        let busy = (self.talking + self.holding + self.writing).0;
        share_of(busy, busy + self.ready.0)
    }

    /// There out of on shift, in thousandths.
    pub fn adherence(&self) -> Option<u64> {
        share_of(self.adherent.0, self.on_shift.0)
    }

    /// Average handling time.
    pub fn average_handling(&self) -> Option<Span> {
        average(self.talk + self.hold + self.wrap_up, self.handled)
    }
}

impl Errors {
    /// Counts one told wait that lasted otherwise. A wait of no time counts as a millisecond.
    pub fn count(&mut self, told: Span, lasted: Span) {
        let error = (told.0 - lasted.0).unsigned_abs() * 100 / lasted.0.max(1).unsigned_abs();
        let class = ERROR_EDGES.iter().position(|edge| error < *edge).unwrap_or(ERROR_EDGES.len());
        self.0.resize(ERROR_EDGES.len() + 1, 0);
        self.0[class] += 1;
    }

    /// Adds others.
    pub fn add(&mut self, other: &Errors) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The median relative error in percent, read off the classes by a straight line within the
    /// class; `None` before anything was told, the last edge for anything beyond it.
    pub fn median(&self) -> Option<u64> {
        let all: u64 = self.0.iter().sum();
        let mut below = 0;
        for (class, count) in self.0.iter().enumerate() {
            if all > 0 && (below + count) * 2 >= all {
                let from = class.checked_sub(1).map_or(0, |before| ERROR_EDGES[before]);
                let to = ERROR_EDGES.get(class).copied().unwrap_or(from);
                return Some(from + (to - from) * (all - 2 * below) / (2 * count).max(1));
            }
            below += count;
        }
        None
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }
}

/// The earlier of two moments that may be missing.
pub(super) fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    [a, b].into_iter().flatten().min()
}

fn share(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| part * 1_000 / whole)
}

fn share_of(part: i64, whole: i64) -> Option<u64> {
    (whole > 0).then(|| part.unsigned_abs() * 1_000 / whole.unsigned_abs())
}

fn average(sum: Span, of: u64) -> Option<Span> {
    let of = i64::try_from(of).ok().filter(|of| *of > 0)?;
    Some(Span(sum.0 / of))
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_no_time(span: &Span) -> bool {
    *span == Span::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_error_is_read_off_the_classes() {
        let mut errors = Errors::default();
        assert_eq!(errors.median(), None);
        // Told 100 s; it took 100 s, 80 s (25 % off) and 40 s (150 % off).
        for lasted in [100, 80, 40] {
            errors.count(Span::seconds(100), Span::seconds(lasted));
        }
        assert_eq!(errors.median(), Some(27), "the second of three lies in the class from 25 to 30");
        let mut twice = errors.clone();
        twice.add(&errors);
        assert_eq!(twice.median(), errors.median());
    }
}
