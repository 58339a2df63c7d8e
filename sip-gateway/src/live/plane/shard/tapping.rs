//! Recording taps: what of a citizen's room goes to the recorder. The citizen's side is what comes from
//! the citizen's leg. The agent's side is what comes from the agent's, or, while the citizen hears more
//! than one, the sum that the citizen hears. A whisper is in neither.

use super::super::ear::Sound;
use super::super::leg::{Heard, Now, Tapped, What};
use super::super::taps::Tap;
use super::super::{PlaneEvent, TapMark};
use super::Shard;
use vocabulary::LegId;
use vocabulary::audio::{Frame, Side};

impl Shard {
    /// Opens a tap.
    pub(super) fn tap(&mut self, citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame>) {
        let (Some(citizen), Some(agent)) = (self.slot(citizen), self.slot(agent)) else { return };
        if citizen == agent {
            return;
        }
        self.untap(citizen);
        self.untap(agent);
        let tap = Tap::new(sink, self.now().millis(), citizen, Some(agent));
        let place = self.taps.iter().position(Option::is_none).unwrap_or_else(|| {
            self.taps.push(None);
            self.taps.len() - 1
        });
        self.taps[place] = Some(tap);
        for (slot, side) in [(citizen, Side::Citizen), (agent, Side::Agent)] {
            if let Some(leg) = &mut self.legs[slot] {
                leg.tapped = Some(Tapped { tap: place, side });
            }
        }
        self.rewire_around(citizen);
    }

    /// Goes on with another agent's leg.
    pub(super) fn follow(&mut self, citizen: LegId, agent: LegId) {
        let (Some(slot), Some(next)) = (self.slot(citizen), self.slot(agent)) else { return };
        let Some(Tapped { tap: place, side: Side::Citizen }) = self.legs[slot].as_ref().and_then(|leg| leg.tapped)
        else {
            return;
        };
        if next == slot {
            return;
        }
        let Some(before) = self.taps[place].as_ref().map(|tap| tap.agent) else { return };
        if before != Some(next) {
            // The next agent's leg may be part of another recording, which goes on without it.
            self.untap(next);
        }
        self.release(before, place);
        if let Some(leg) = &mut self.legs[next] {
            leg.tapped = Some(Tapped { tap: place, side: Side::Agent });
        }
        if let Some(tap) = &mut self.taps[place] {
            tap.agent = Some(next);
        }
        self.mark(slot, TapMark::Followed(agent));
        self.rewire_around(slot);
    }

    /// Stops copying for a while, or goes on.
    pub(super) fn pause_tap(&mut self, citizen: LegId, paused: bool) {
        let Some(slot) = self.slot(citizen) else { return };
        let Some(Tapped { tap, side: Side::Citizen }) = self.legs[slot].as_ref().and_then(|leg| leg.tapped) else {
            return;
        };
        let Some(tap) = self.taps[tap].as_mut().filter(|tap| tap.paused != paused) else { return };
        tap.paused = paused;
        self.mark(slot, if paused { TapMark::Paused } else { TapMark::Resumed });
    }

    /// Ends the tap a leg is part of. An agent's leg that goes leaves the recording to the next.
    pub(super) fn untap(&mut self, slot: usize) {
        let Some(tapped) = self.legs[slot].as_mut().and_then(|leg| leg.tapped.take()) else { return };
        if tapped.side == Side::Agent {
            // Its slot may become another leg's, who must not be recorded for it.
            if let Some(tap) = &mut self.taps[tapped.tap] {
                tap.agent = None;
            }
            return;
        }
        let Some(tap) = self.taps[tapped.tap].take() else { return };
        self.release(tap.agent, tapped.tap);
        self.rewire_around(slot);
    }

    /// A leg is no longer the agent's side of a tap.
    fn release(&mut self, slot: Option<usize>, tap: usize) {
        let leg = slot.and_then(|slot| self.legs[slot].as_mut());
        if let Some(leg) = leg.filter(|leg| leg.tapped.is_some_and(|tapped| tapped.tap == tap)) {
            leg.tapped = None;
        }
    }

    /// Copies one packet of a tapped leg, if it belongs to the recording as it is.
    pub(super) fn record(&mut self, now: Now, slot: usize, heard: &Heard, payload: &[u8]) {
        let What::Sound(codec) = heard.what else { return };
        let (Some(law), Some(Tapped { tap, side })) =
            (codec.law(), self.legs[slot].as_ref().and_then(|leg| leg.tapped))
        else {
            return;
        };
        if let Some(tap) = self.running(tap, side == Side::Agent) {
            let lost = tap.push(side, now.millis(), heard, law, payload);
            self.bench.tally.taps_dropped += lost;
        }
    }

    /// Copies the mix a citizen hears.
    pub(super) fn record_mix(&mut self, now: Now, slot: usize, mix: &Sound) {
        if let Some(Tapped { tap, side: Side::Citizen }) = self.legs[slot].as_ref().and_then(|leg| leg.tapped)
            && let Some(tap) = self.running(tap, false)
        {
            let lost = tap.push_sound(Side::Agent, now.millis(), mix);
            self.bench.tally.taps_dropped += lost;
        }
    }

    /// Copies a citizen whose codec the recorder does not take.
    pub(super) fn record_decoded(&mut self, now: Now, slot: usize, sound: Option<&Sound>) {
        let Some(leg) = &self.legs[slot] else { return };
        let recorded_as_it_is = leg.codec().is_none_or(|codec| codec.law().is_some());
        if let (Some(Tapped { tap, side: Side::Citizen }), Some(sound), false) = (leg.tapped, sound, recorded_as_it_is)
            && let Some(tap) = self.running(tap, false)
        {
            let lost = tap.push_sound(Side::Citizen, now.millis(), sound);
            self.bench.tally.taps_dropped += lost;
        }
    }

    /// The tap, if it copies now: citizen and agent are together, and nobody has paused it. `relayed`
    /// asks besides that the citizen hears the agent alone, untouched.
    fn running(&mut self, place: usize, relayed: bool) -> Option<&mut Tap> {
        let tap = self.taps.get_mut(place)?.as_mut().filter(|tap| !tap.paused)?;
        let citizen = self.legs[tap.citizen].as_ref()?;
        let with = tap.agent.is_some_and(|agent| citizen.with.contains(&agent));
        let together = with && (!relayed || citizen.mouth.is_none());
        together.then_some(tap)
    }

    fn mark(&mut self, citizen: usize, mark: TapMark) {
        let millis = self.now().millis();
        let Some(leg) = &self.legs[citizen] else { return };
        if let Some(tap) = leg.tapped.and_then(|tapped| self.taps[tapped.tap].as_ref()) {
            let at_millis = tap.at(millis);
            self.bench.outbox.tell(PlaneEvent::TapMarked { leg: leg.id, at_millis, mark });
        }
    }
}
