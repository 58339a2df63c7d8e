//! What is said to a leg: the other leg's packets, frames of a mix, clips, digits. One stream, whoever
//! has the word; a digit goes before a clip, a clip before everybody else.

use super::super::PlaneEvent;
use super::super::ear::Sound;
use super::super::outbox::Outbox;
use super::{Bench, Heard, Leg, Link, Now, What};
use crate::media::codec::Way;
use crate::media::digits::Event;
use crate::media::outgoing::{Stamp, Voice};
use crate::media::player::Player;
use crate::media::tones::ToneWriter;
use crate::media::{FRAME, MAX_PAYLOAD, comfort, g711, rtp};
use vocabulary::audio::Law;

impl Leg {
    /// Passes a packet of the bridged leg on to the far end.
    pub fn relay(&mut self, now: Now, heard: &Heard, payload: &[u8], bench: &mut Bench) {
        if self.player.is_some() || self.writer.busy() {
            return;
        }
        let Some((codec, payload_type)) = self.can_say() else { return };
        let (payload_type, samples) = match heard.what {
            What::Sound(from) if from.way_to(codec) == Way::Decode => return,
            What::Sound(_) => (payload_type, payload.len() as u32),
            What::Comfort if self.takes_comfort() => (comfort::PAYLOAD_TYPE, 0),
            What::Comfort => return,
            What::Digit => match self.digit_type() {
                Some(payload_type) => (payload_type, 0),
                None => return,
            },
        };
        let voice = Voice::Leg { leg: heard.leg, epoch: heard.epoch };
        let Heard { sequence, timestamp, marker, .. } = *heard;
        if let Some(stamp) = self.outgoing.relay(now.millis(), voice, sequence, timestamp, samples, marker) {
            let room = &mut bench.packet[rtp::HEADER..][..payload.len()];
            match (heard.what, codec.law()) {
                (What::Sound(from), Some(law)) => g711::transcode(from.law().unwrap_or(law), payload, law, room),
                _ => room.copy_from_slice(payload),
            }
            if let (What::Digit, Some(event)) = (heard.what, Event::parse(payload)) {
                // They may count the event's length on another clock than we.
                let duration = (event.duration / heard.event_ticks).saturating_mul(self.event_ticks());
                room[..4].copy_from_slice(&Event { duration, ..event }.write());
            }
            self.say(now, payload_type, stamp, payload.len(), bench);
        }
    }

    /// The 20 ms tick: the next frame of the player, or the next packet of a digit. Gives whether
    /// the link's engine has something to send.
    pub fn tick(&mut self, now: Now, bench: &mut Bench) -> bool {
        if self.player.is_none() && !self.writer.busy() {
            return false;
        }
        let Some((codec, payload_type)) = self.can_say() else { return false };
        if self.writer.busy() {
            return self.tick_digit(now, bench);
        }
        let Some(player) = &mut self.player else { return false };
        let mut frame = [0; FRAME];
        let cut = player.cut(&mut frame);
        let play = player.play();
        if let Some(cut) = cut {
            let length = match codec.law() {
                Some(law) => {
                    g711::transcode(Law::A, &frame, law, &mut bench.packet[rtp::HEADER..][..FRAME]);
                    FRAME
                }
                None => self.voice.say(
                    codec,
                    &frame.map(|byte| g711::decode(Law::A, byte)),
                    &mut bench.packet[rtp::HEADER..],
                ),
            };
            let stamp = self.outgoing.own(now.millis(), FRAME as u32, cut.first);
            self.say(now, payload_type, stamp, length, bench);
        }
        if cut.is_none_or(|cut| cut.last) {
            self.player = None;
            bench.outbox.tell(PlaneEvent::Played { leg: self.id, play });
        }
        true
    }

    fn tick_digit(&mut self, now: Now, bench: &mut Bench) -> bool {
        let Some(payload_type) = self.digit_type() else {
            return self.tick_tone(now, bench);
        };
        let Some((event, opens)) = self.writer.tick() else { return false };
        let event = Event { duration: event.duration.saturating_mul(self.event_ticks()), ..event };
        bench.packet[rtp::HEADER..][..4].copy_from_slice(&event.write());
        let stamp = self.outgoing.press(now.millis(), opens);
        self.say(now, payload_type, stamp, 4, bench);
        true
    }

    /// A digit as sound, for a far end that takes no events.
    fn tick_tone(&mut self, now: Now, bench: &mut Bench) -> bool {
        let Some((codec, payload_type)) = self.can_say() else { return false };
        let mut sound = [0; FRAME];
        let first = self.tone.is_none();
        if first {
            self.tone = self.writer.next_key().and_then(ToneWriter::press);
        }
        if !self.tone.as_mut().is_some_and(|tone| tone.write(&mut sound)) {
            self.tone = None;
            self.writer.done();
            return false;
        }
        let length = self.voice.say(codec, &sound, &mut bench.packet[rtp::HEADER..]);
        let stamp = self.outgoing.own(now.millis(), FRAME as u32, first);
        self.say(now, payload_type, stamp, length, bench);
        true
    }

    /// Says one frame of a mix, unless a player or a digit has the word. Gives whether the link's engine
    /// has something to send.
    pub fn say_mix(&mut self, now: Now, mix: &Sound, bench: &mut Bench) -> bool {
        if self.player.is_some() || self.writer.busy() {
            self.mixing = false;
            return false;
        }
        let (Some((codec, payload_type)), Some(mouth)) = (self.can_say(), &mut self.mouth) else { return false };
        let length = mouth.say(codec, mix, &mut bench.packet[rtp::HEADER..][..MAX_PAYLOAD]);
        if length == 0 {
            return false;
        }
        let first = !std::mem::replace(&mut self.mixing, true);
        let stamp = self.outgoing.own(now.millis(), FRAME as u32, first);
        self.say(now, payload_type, stamp, length, bench);
        true
    }

    /// Sends what stands in the bench's packet behind the header.
    fn say(&mut self, now: Now, payload_type: u8, stamp: Stamp, length: usize, bench: &mut Bench) {
        let sent = match &mut self.link {
            Link::Phone(phone) => phone.say(payload_type, stamp, &mut bench.packet[..], rtp::HEADER + length),
            Link::Browser(browser) => {
                browser.say(now.instant, payload_type, stamp, &bench.packet[rtp::HEADER..][..length])
            }
        };
        if sent {
            self.outgoing.count(length);
            bench.tally.packets_out += 1;
        } else {
            bench.tally.unsent += 1;
        }
    }

    pub fn play(&mut self, player: Player, repeat: bool, outbox: &mut Outbox) {
        if player.is_over() {
            // Nothing to say is said at once; nothing repeated is silence.
            self.player = None;
            if !repeat {
                outbox.tell(PlaneEvent::Played { leg: self.id, play: player.play() });
            }
        } else {
            self.player = Some(player);
        }
    }

    pub fn stop_playing(&mut self) {
        self.player = None;
    }

    pub fn press(&mut self, digit: char) -> bool {
        self.writer.press(digit)
    }
}
