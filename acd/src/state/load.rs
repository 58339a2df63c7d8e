//! The load of the safeguarding lanes of the last hour, by language, and the reserve that follows it.

use super::{Contact, State};
use crate::erlang::servers_for;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use vocabulary::{Language, Span, Time};

/// Load is counted in slices of this length, so that what is remembered is bounded.
const SLICE: i64 = Span::minutes(5).0;

/// Slices in the hour that counts.
const SLICES: i64 = 12;

/// How long a contact takes as long as none has been served (domain facts, 5.1).
const USUAL: Span = Span::minutes(15);

/// The largest reserve that load can ask for.
const MOST_FREE: u32 = 200;

/// The load of one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// `None` for contacts that have chosen none, which count for every language.
    language: Option<Language>,
    slices: VecDeque<Slice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slice {
    /// Number of the slice since the beginning of time.
    number: i64,
    arrivals: u32,
    served: u32,
    /// What those served took, in milliseconds.
    took: i64,
}

/// The slice of a moment.
pub(crate) fn slice_of(at: Time) -> i64 {
    at.0.div_euclid(SLICE)
}

impl Load {
    /// Milliseconds of work that arrived within the hour.
    fn work(&self, now: i64) -> i64 {
        let hour = self.slices.iter().filter(|slice| slice.number > now - SLICES);
        let (mut arrivals, mut served, mut took) = (0, 0, 0_i64);
        for slice in hour {
            arrivals += i64::from(slice.arrivals);
            served += i64::from(slice.served);
            took = took.saturating_add(slice.took);
        }
        let each = if served > 0 { took / served } else { USUAL.0 };
        arrivals.saturating_mul(each)
    }
}

impl State {
    /// The language whose load a contact is of.
    pub fn language_of(contact: &Contact) -> Option<Language> {
        contact.language.or(contact.order.as_ref().and_then(|order| order.needs.language))
    }

    /// A contact came into a safeguarding lane.
    pub fn count_arrival(&mut self, at: Time, language: Option<Language>) {
        self.slice(at, language).arrivals += 1;
    }

    /// A safeguarding contact was served.
    pub fn count_served(&mut self, at: Time, language: Option<Language>, took: Span) {
        let slice = self.slice(at, language);
        slice.served += 1;
        slice.took = slice.took.saturating_add(took.0);
    }

    fn slice(&mut self, at: Time, language: Option<Language>) -> &mut Slice {
        let number = slice_of(at);
        let loads = &mut self.watch.loads;
        let row = loads.iter().position(|load| load.language == language).unwrap_or_else(|| {
            loads.push(Load { language, slices: VecDeque::new() });
            loads.len() - 1
        });
        let slices = &mut loads[row].slices;
        slices.retain(|slice| slice.number > number - SLICES);
        if slices.back().is_none_or(|slice| slice.number != number) {
            slices.push_back(Slice { number, arrivals: 0, served: 0, took: 0 });
        }
        slices.back_mut().expect("just put in")
    }

    /// How many cleared agents of a language the load asks to keep free: so many that no more than
    /// the share of the rules would find nobody.
    pub fn reserve_needed(&self, language: Language, slice: i64) -> u32 {
        let percent = self.centre.rules.reserve_wait_percent;
        if percent == 0 {
            return 0;
        }
        let counts = |load: &&Load| load.language.is_none_or(|own| own == language);
        let work = self.watch.loads.iter().filter(counts).fold(0_i64, |sum, load| sum.saturating_add(load.work(slice)));
        let hour = (SLICE * SLICES) as f64;
        servers_for(work as f64 / hour, f64::from(percent) / 100.0, MOST_FREE)
    }
}
