//! Who hears whom. A bridge is two legs that hear each other, a conference more; a supervisor hears a
//! citizen's room and is heard by nobody, by the agent, or by all. From that follows how packets travel:
//! a leg that hears one other of a like codec is relayed to, untouched; any other is mixed for.
//!
//! That listening is one-way is not a rule that is checked while packets pass: a listener is on nobody's
//! list of those to be heard, and it has no ear that anything could be mixed from.

use super::super::ear::{Ear, Mouth};
use super::super::{Supervision, Watching};
use super::Shard;
use crate::media::codec::Way;
use vocabulary::LegId;

/// Most legs of one conference.
const MAX_ROOM: usize = 16;

impl Shard {
    /// Lets legs hear each other, and nobody else. Each leaves the room it was in.
    pub(super) fn join(&mut self, ids: &[LegId]) {
        let mut slots: Vec<usize> = ids.iter().take(MAX_ROOM).filter_map(|id| self.slot(*id)).collect();
        slots.sort_unstable();
        slots.dedup();
        if slots.len() < 2 || self.are_room(&slots) {
            return;
        }
        for slot in &slots {
            self.part(*slot);
            self.unsupervise(*slot);
        }
        for slot in &slots {
            if let Some(leg) = &mut self.legs[*slot] {
                leg.with = slots.iter().copied().filter(|other| other != slot).collect();
            }
        }
        self.rewire_around(slots[0]);
    }

    fn are_room(&self, slots: &[usize]) -> bool {
        let together = |slot: &usize| {
            self.legs[*slot].as_ref().is_some_and(|leg| {
                leg.with.len() + 1 == slots.len() && slots.iter().all(|other| other == slot || leg.with.contains(other))
            })
        };
        slots.iter().all(together)
    }

    /// Parts two legs, if they are together. In a conference it is `a` that leaves.
    pub(super) fn unbridge(&mut self, a: LegId, b: LegId) {
        let (Some(a), Some(b)) = (self.slot(a), self.slot(b)) else { return };
        if self.legs[a].as_ref().is_some_and(|leg| leg.with.contains(&b)) {
            self.part(a);
        }
    }

    /// Takes a leg out of its room, by its id.
    pub(super) fn leave(&mut self, leg: LegId) {
        if let Some(slot) = self.slot(leg) {
            self.part(slot);
        }
    }

    /// Takes a leg out of its room.
    pub(super) fn part(&mut self, slot: usize) {
        let with = self.legs[slot].as_mut().map(|leg| std::mem::take(&mut leg.with)).unwrap_or_default();
        for other in &with {
            if let Some(leg) = &mut self.legs[*other] {
                leg.with.retain(|is| *is != slot);
            }
        }
        self.rewire_around(slot);
        if let Some(first) = with.first() {
            self.rewire_around(*first);
        }
    }

    /// Lets a supervisor's leg hear a citizen's room, as it is and as it will be.
    pub(super) fn supervise(&mut self, supervisor: LegId, citizen: LegId, agent: LegId, mode: Supervision) {
        let (Some(supervisor), Some(citizen)) = (self.slot(supervisor), self.slot(citizen)) else { return };
        let agent = self.slot(agent);
        if supervisor == citizen || Some(supervisor) == agent {
            return;
        }
        self.part(supervisor);
        self.unsupervise(supervisor);
        if let Some(leg) = &mut self.legs[supervisor] {
            leg.watching = Some(Watching { citizen, agent, mode });
        }
        if let Some(leg) = &mut self.legs[citizen] {
            leg.watchers.push(supervisor);
        }
        self.rewire_around(citizen);
    }

    /// Ends what a leg supervises.
    pub(super) fn unsupervise(&mut self, supervisor: usize) {
        let watching = self.legs[supervisor].as_mut().and_then(|leg| leg.watching.take());
        let Some(Watching { citizen, .. }) = watching else { return };
        if let Some(leg) = &mut self.legs[citizen] {
            leg.watchers.retain(|slot| *slot != supervisor);
        }
        self.rewire_around(citizen);
        self.rewire(supervisor);
    }

    /// A leg is about to go: nobody hears it, supervises it or whispers to it any more.
    pub(super) fn unwire(&mut self, slot: usize) {
        self.part(slot);
        self.unsupervise(slot);
        let watchers = self.legs[slot].as_ref().map(|leg| leg.watchers.clone()).unwrap_or_default();
        for watcher in watchers {
            self.unsupervise(watcher);
        }
        for leg in self.legs.iter_mut().flatten() {
            if let Some(watching) = leg.watching.as_mut().filter(|watching| watching.agent == Some(slot)) {
                // Its slot may become another leg's, who must not be whispered to.
                watching.agent = None;
            }
        }
    }

    /// Works out anew who hears whom in a leg's room and among those who supervise it.
    pub(super) fn rewire_around(&mut self, slot: usize) {
        let Some(leg) = &self.legs[slot] else { return };
        let mut affected = leg.with.clone();
        affected.push(slot);
        for at in 0..affected.len() {
            if let Some(leg) = &self.legs[affected[at]] {
                affected.extend(&leg.watchers);
            }
        }
        for slot in affected {
            self.rewire(slot);
        }
    }

    /// Whom a leg shall hear.
    fn heard_by(&self, slot: usize) -> Vec<usize> {
        let Some(leg) = &self.legs[slot] else { return Vec::new() };
        if let Some(watching) = leg.watching {
            let room = self.legs[watching.citizen].as_ref().map(|leg| leg.with.clone()).unwrap_or_default();
            return [watching.citizen].into_iter().chain(room).filter(|other| *other != slot).collect();
        }
        let mut hears = leg.with.clone();
        for member in leg.with.iter().chain([&slot]) {
            let watchers = self.legs[*member].as_ref().map_or(&[][..], |leg| &leg.watchers);
            hears.extend(watchers.iter().filter(|watcher| {
                let watching = self.legs[**watcher].as_ref().and_then(|leg| leg.watching);
                watching.is_some_and(|watching| match watching.mode {
                    Supervision::Listen => false,
                    Supervision::Whisper => watching.agent == Some(slot),
                    Supervision::Barge => true,
                })
            }));
        }
        hears
    }

    /// Lays the wires to one leg.
    fn rewire(&mut self, sink: usize) {
        let hears = self.heard_by(sink);
        let Some(leg) = &mut self.legs[sink] else { return };
        let before = std::mem::replace(&mut leg.hears, hears.clone());
        for source in before {
            if let Some(leg) = &mut self.legs[source] {
                leg.feeds.retain(|slot| *slot != sink);
                leg.mixed_by.retain(|slot| *slot != sink);
            }
            self.fit_ear(source);
        }
        let relayed = match hears[..] {
            [] => true,
            [source] => self.passes(source, sink),
            _ => false,
        };
        for source in &hears {
            if let Some(leg) = &mut self.legs[*source] {
                if relayed { &mut leg.feeds } else { &mut leg.mixed_by }.push(sink);
            }
            self.fit_ear(*source);
        }
        if let Some(leg) = &mut self.legs[sink] {
            leg.mouth = (!relayed).then(|| leg.mouth.take().unwrap_or_else(|| Box::new(Mouth::default())));
        }
    }

    /// Whether packets of one leg can go to another as they are.
    fn passes(&self, source: usize, sink: usize) -> bool {
        let (Some(from), Some(to)) = (&self.legs[source], &self.legs[sink]) else { return true };
        let (Some(codec), Some(wanted)) = (from.codec(), to.codec()) else { return true };
        // The recorder takes G.711, so what is recorded in another codec is decoded here anyway.
        let recorded = codec.law().is_none() && (from.tapped.is_some() || to.tapped.is_some());
        codec.way_to(wanted) != Way::Decode && !recorded && !(from.gives_comfort && !to.takes_comfort())
    }

    /// Gives a leg an ear while somebody mixes it, and takes it away afterwards.
    fn fit_ear(&mut self, slot: usize) {
        let Some(leg) = &mut self.legs[slot] else { return };
        if leg.mixed_by.is_empty() {
            leg.ear = None;
        } else if leg.ear.is_none() {
            leg.ear = Some(Box::new(Ear::new(leg.number as u32)));
        }
    }
}
