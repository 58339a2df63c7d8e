//! The promise of the safe line, counted hour by hour: every contact that holds on reaches a human
//! within [`ANYBODY`], and one in imminent danger within [`IMMINENT`] in 95 of 100 cases.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use vocabulary::{ContactId, Event, Risk, Span, Time};

/// A safeguarding contact that holds on has reached a human by then.
pub const ANYBODY: Span = Span::seconds(90);

/// P0 has, in 95 of 100 cases (facts.md 5.1).
pub const IMMINENT: Span = Span::seconds(10);

/// One in so many P0 contacts may be later.
const ONE_IN: u64 = 20;

const HOUR: i64 = 3_600_000;

/// Every safeguarding contact, by the hour in which it began to wait.
#[derive(Debug, Clone, Default)]
pub struct Promise {
    waiting: BTreeMap<ContactId, Waiter>,
    hours: BTreeMap<i64, Hour>,
}

#[derive(Debug, Clone)]
struct Waiter {
    since: Option<Time>,
    risk: Risk,
    with: bool,
}

/// What came of the safeguarding contacts of one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// They reached a human, or gave up after longer than promised.
    pub counted: u64,
    /// They left before the promised time was over.
    pub left: u64,
    /// Of those counted, not reached within [`ANYBODY`].
    pub late: u64,
    /// P0 contacts among those counted.
    pub imminent: u64,
    /// Of those, not reached within [`IMMINENT`].
    pub imminent_late: u64,
    /// The longest wait of any that was counted.
    pub longest: Span,
    /// The contacts that were late by either measure, the first ten.
    pub who: Vec<ContactId>,
}

/// The promise over a whole run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Hours in which a safeguarding contact was counted.
    pub hours: u64,
    /// Of these, hours in which the promise did not hold.
    pub broken: u64,
    /// Contacts counted.
    pub counted: u64,
    /// Not reached within [`ANYBODY`].
    pub late: u64,
    /// P0 contacts counted.
    pub imminent: u64,
    /// Not reached within [`IMMINENT`].
    pub imminent_late: u64,
    /// The longest wait.
    pub longest: Span,
}

impl Hour {
    /// Whether the promise held in this hour. Nobody was late; of the few in imminent danger in one
    /// hour, one more may have been than the share allows: a single missed ring is no trend. Over many
    /// hours the share itself counts: [`Kept::holds`].
    pub fn holds(&self) -> bool {
        self.late == 0 && self.imminent_late <= 1 + self.imminent.div_ceil(ONE_IN)
    }
}

impl Promise {
    /// Looks at the journal's next event.
    pub fn see(&mut self, at: Time, event: &Event) {
        match event {
            Event::Queued { contact, lane, risk, .. } | Event::Reclassified { contact, lane, risk, .. } => {
                let safe = lane.is_safeguarding();
                let waiter = self.waiting.entry(*contact);
                let waiter = waiter.or_insert(Waiter { since: None, risk: *risk, with: false });
                // More urgent than before: the shorter time begins now.
                let anew = *risk < waiter.risk || waiter.since.is_none();
                waiter.since = if anew { Some(at) } else { waiter.since }.filter(|_| safe);
                waiter.risk = *risk;
            }
            Event::Connected { contact, .. } => {
                self.over(at, *contact, true);
                if let Some(waiter) = self.waiting.get_mut(contact) {
                    waiter.with = true;
                }
            }
            Event::ConnectFailed { contact, .. } | Event::Transferred { contact, .. } => {
                if let Some(waiter) = self.waiting.get_mut(contact).filter(|waiter| waiter.with) {
                    waiter.with = false;
                    waiter.since = waiter.since.map(|_| at);
                }
            }
            // Without a leg nobody waits at the line.
            Event::CallBackAgreed { contact, .. } => drop(self.waiting.remove(contact)),
            Event::Ended { contact, .. } => {
                self.over(at, *contact, false);
                self.waiting.remove(contact);
            }
            _ => {}
        }
    }

    fn over(&mut self, at: Time, contact: ContactId, reached: bool) {
        let Some(waiter) = self.waiting.get(&contact).filter(|waiter| !waiter.with) else { return };
        let Some(since) = waiter.since else { return };
        let (wait, imminent) = (at.since(since), waiter.risk == Risk::P0);
        let hour = self.hours.entry(since.0.div_euclid(HOUR)).or_default();
        if !reached && wait <= ANYBODY {
            hour.left += 1;
            return;
        }
        let (late, imminent_late) = (wait > ANYBODY, imminent && wait > IMMINENT);
        hour.counted += 1;
        hour.late += u64::from(late);
        hour.imminent += u64::from(imminent);
        hour.imminent_late += u64::from(imminent_late);
        hour.longest = hour.longest.max(wait);
        if (late || imminent_late) && hour.who.len() < 10 {
            hour.who.push(contact);
        }
    }

    /// Each hour, by its beginning.
    pub fn hours(&self) -> impl Iterator<Item = (Time, &Hour)> + '_ {
        self.hours.iter().map(|(hour, counts)| (Time(hour * HOUR), counts))
    }

    /// All hours together.
    pub fn kept(&self) -> Kept {
        self.hours.values().fold(Kept::default(), |kept, hour| Kept {
            hours: kept.hours + u64::from(hour.counted > 0),
            broken: kept.broken + u64::from(!hour.holds()),
            counted: kept.counted + hour.counted,
            late: kept.late + hour.late,
            imminent: kept.imminent + hour.imminent,
            imminent_late: kept.imminent_late + hour.imminent_late,
            longest: kept.longest.max(hour.longest),
        })
    }
}

impl Kept {
    /// Whether the promise held in every hour, and the share of imminent danger over all of them.
    pub fn holds(&self) -> bool {
        self.broken == 0 && self.late == 0 && self.imminent_late * ONE_IN <= self.imminent
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: &Kept) -> Kept {
        Kept {
            hours: self.hours + other.hours,
            broken: self.broken + other.broken,
            counted: self.counted + other.counted,
            late: self.late + other.late,
            imminent: self.imminent + other.imminent,
            imminent_late: self.imminent_late + other.imminent_late,
            longest: self.longest.max(other.longest),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} hours kept; {} of {} reached a human within {} s (the longest wait was {}.{} s), {} of {} P0 within {} s",
            self.hours - self.broken.min(self.hours),
            self.hours,
            self.counted - self.late,
            self.counted,
            ANYBODY.as_seconds(),
            self.longest.as_seconds(),
            self.longest.0 % 1_000 / 100,
            self.imminent - self.imminent_late,
            self.imminent,
            IMMINENT.as_seconds()
        )
    }
}
