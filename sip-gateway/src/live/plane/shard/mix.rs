//! The mixing round of each tick: every ear gives its 20 ms, every mouth says the sum of those it hears.
//! Its own voice is not among them.

use super::super::ear::{self, Sound};
use super::super::leg::Now;
use super::Shard;
use crate::media::FRAME;

impl Shard {
    /// One round. Does nothing while no leg is decoded.
    pub(super) fn mix(&mut self, now: Now) {
        self.sounds.clear();
        for (slot, leg) in self.legs.iter_mut().enumerate() {
            if let Some(ear) = leg.as_mut().and_then(|leg| leg.ear.as_mut()) {
                self.sounds.push((slot, *ear.hear(now.millis())));
            }
        }
        if self.sounds.is_empty() {
            return;
        }
        let sounds = std::mem::take(&mut self.sounds);
        let sound_of = |slot: usize| sounds.binary_search_by_key(&slot, |(of, _)| *of).ok().map(|at| &sounds[at].1);
        for slot in 0..self.legs.len() {
            let Some(leg) = &mut self.legs[slot] else { continue };
            if leg.mouth.is_some() {
                let mut mix: Sound = [0; FRAME];
                leg.hears.iter().filter_map(|source| sound_of(*source)).for_each(|voice| ear::add(&mut mix, voice));
                if leg.say_mix(now, &mix, &mut self.bench) && leg.browser().is_some() {
                    self.undrained.push_back(slot);
                }
                self.record_mix(now, slot, &mix);
            }
            self.record_decoded(now, slot, sound_of(slot));
        }
        self.sounds = sounds;
    }
}
