//! One leg: what it hears (sound, digits, silence) and what is said to it (the other leg, clips,
//! digits). How packets travel is its link's business, `phone` or `browser`.

use super::browser::Browser;
use super::health::Health;
use super::outbox::Outbox;
use super::phone::Phone;
use super::tally::{self, Tally};
use super::{MediaKind, PlaneEvent};
use crate::media::digits::{DigitReader, DigitWriter, Event};
use crate::media::incoming::Incoming;
use crate::media::outgoing::{Outgoing, Stamp, Voice};
use crate::media::player::Player;
use crate::media::rtp::{self, Header};
use crate::media::silence::Silence;
use crate::media::{FRAME, MAX_PAYLOAD, g711};
use mio::net::UdpSocket;
use std::net::SocketAddr;
use std::time::Instant;
use vocabulary::LegId;
use vocabulary::audio::{Law, Side};

/// A moment on the plane's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub instant: Instant,
    /// Microseconds since the plane started.
    pub micros: u64,
}

impl Now {
    pub fn millis(self) -> u64 {
        self.micros / 1_000
    }
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Sound(Law),
    Digit,
}

/// A packet that was heard on one leg, ready for another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub what: What,
    /// The number of the leg it came from.
    pub leg: u64,
    pub epoch: u32,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
}

/// What all legs of a thread share while they work.
pub(super) struct Bench {
    pub outbox: Outbox,
    pub tally: Tally,
    /// Room for one packet to be sent.
    pub packet: Box<[u8; rtp::HEADER + MAX_PAYLOAD]>,
}

#[allow(clippy::large_enum_variant, reason = "legs live in one table and are never moved")]
pub(super) enum Link {
    Phone(Phone),
    Browser(Browser),
}

/// The tap a leg is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tapped {
    /// Place of the tap in the thread's table.
    pub tap: usize,
    pub side: Side,
    /// The slot of the other leg: nothing is copied unless the two are bridged.
    pub with: usize,
}

pub(super) struct Leg {
    pub id: LegId,
    /// Counts legs of the plane: unlike its slot a number is never used again.
    pub number: u64,
    pub link: Link,
    /// The slot of the leg it is bridged to.
    pub peer: Option<usize>,
    pub tapped: Option<Tapped>,
    incoming: Incoming,
    outgoing: Outgoing,
    reader: DigitReader,
    writer: DigitWriter,
    player: Option<Player>,
    silence: Silence,
    up: bool,
    held: bool,
    lost_told: u64,
    health: Health,
}

impl Leg {
    pub fn new(id: LegId, number: u64, link: Link) -> Leg {
        Leg {
            id,
            number,
            link,
            peer: None,
            tapped: None,
            incoming: Incoming::default(),
            outgoing: Outgoing::new(rand::random(), rand::random()),
            reader: DigitReader::default(),
            writer: DigitWriter::default(),
            player: None,
            silence: Silence::default(),
            up: false,
            held: false,
            lost_told: 0,
            health: Health::default(),
        }
    }

    /// Takes one packet from the far end. Gives it back if another leg or a tap may have it.
    pub fn hear(&mut self, now: Now, header: Header, payload: &[u8], bench: &mut Bench) -> Option<Heard> {
        let what = self.what(header.payload_type)?;
        if payload.len() > MAX_PAYLOAD {
            return None;
        }
        bench.tally.packets_in += 1;
        let arrival = self.incoming.note(now.micros, header, what != What::Digit);
        self.silence.heard(now.millis());
        if arrival.first {
            self.reader.restart();
        }
        if what == What::Digit {
            let event = Event::parse(payload)?;
            if let Some(digit) = self.reader.note(header.timestamp, header.marker, event) {
                bench.outbox.tell(PlaneEvent::Digit { leg: self.id, digit });
            }
            event.digit()?;
        } else if !self.listens() {
            // They said that they would not send. A microphone left open on hold stays unheard.
            return None;
        }
        Some(Heard {
            what,
            leg: self.number,
            epoch: arrival.epoch,
            sequence: arrival.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
        })
    }

    /// Takes one RTCP datagram of a SIP leg; `false` when it is a stranger's.
    pub fn hear_rtcp(&mut self, now: Now, from: SocketAddr, datagram: &[u8]) -> bool {
        let sent = self.outgoing.packets();
        match &mut self.link {
            Link::Phone(phone) => phone.hear_rtcp(now, from, datagram, sent, &mut self.health),
            Link::Browser(_) => false,
        }
    }

    /// What a WebRTC engine read in the far end's reports: the round trip in milliseconds, packets
    /// lost, jitter in timestamp units.
    pub fn hear_report(&mut self, round_trip_ms: Option<u32>, told: Option<(u64, u32)>) {
        self.health.reported_by_engine(round_trip_ms, told, self.outgoing.packets());
    }

    /// Passes a packet of the bridged leg on to the far end.
    pub fn relay(&mut self, now: Now, heard: &Heard, payload: &[u8], bench: &mut Bench) {
        if self.player.is_some() || self.writer.busy() {
            return;
        }
        let Some(law) = self.can_say() else { return };
        let (payload_type, from, samples) = match heard.what {
            What::Sound(from) => (g711::payload_type(law), from, payload.len() as u32),
            What::Digit => match self.digit_type() {
                Some(payload_type) => (payload_type, law, 0),
                None => return,
            },
        };
        let voice = Voice::Leg { leg: heard.leg, epoch: heard.epoch };
        let Heard { sequence, timestamp, marker, .. } = *heard;
        if let Some(stamp) = self.outgoing.relay(now.millis(), voice, sequence, timestamp, samples, marker) {
            let room = &mut bench.packet[rtp::HEADER..][..payload.len()];
            g711::transcode(from, payload, law, room);
            self.say(now, payload_type, stamp, payload.len(), bench);
        }
    }

    /// The 20 ms tick: the next frame of the player, or the next packet of a digit. Gives whether
    /// the link's engine has something to send.
    pub fn tick(&mut self, now: Now, bench: &mut Bench) -> bool {
        if self.player.is_none() && !self.writer.busy() {
            return false;
        }
        let Some(law) = self.can_say() else { return false };
        if self.writer.busy() {
            return self.tick_digit(now, bench);
        }
        let Some(player) = &mut self.player else { return false };
        let mut frame = [0; FRAME];
        let cut = player.cut(&mut frame);
        let play = player.play();
        if let Some(cut) = cut {
            g711::transcode(Law::A, &frame, law, &mut bench.packet[rtp::HEADER..][..FRAME]);
            let stamp = self.outgoing.own(now.millis(), FRAME as u32, cut.first);
            self.say(now, g711::payload_type(law), stamp, FRAME, bench);
        }
        if cut.is_none_or(|cut| cut.last) {
            self.player = None;
            bench.outbox.tell(PlaneEvent::Played { leg: self.id, play });
        }
        true
    }

    fn tick_digit(&mut self, now: Now, bench: &mut Bench) -> bool {
        let Some(payload_type) = self.digit_type() else {
            self.writer = DigitWriter::default();
            return false;
        };
        let Some((event, opens)) = self.writer.tick() else { return false };
        bench.packet[rtp::HEADER..][..4].copy_from_slice(&event.write());
        let stamp = self.outgoing.press(now.millis(), opens);
        self.say(now, payload_type, stamp, 4, bench);
        true
    }

    /// Sends what stands in the bench's packet behind the header.
    fn say(&mut self, now: Now, payload_type: u8, stamp: Stamp, length: usize, bench: &mut Bench) {
        let sent = match &mut self.link {
            Link::Phone(phone) => phone.say(payload_type, stamp, &mut bench.packet[..rtp::HEADER + length]),
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

    /// Tells what a change of the link has brought: media up, hold on or off.
    pub fn settle(&mut self, outbox: &mut Outbox) {
        let (ready, held) = match &self.link {
            Link::Phone(phone) => (phone.is_ready(), phone.is_held()),
            Link::Browser(browser) => (browser.is_ready(), browser.is_held()),
        };
        if held != self.held {
            self.held = held;
            outbox.tell(PlaneEvent::HoldChanged { leg: self.id, on: held });
        }
        if ready && !self.up {
            self.up = true;
            outbox.tell(PlaneEvent::MediaUp { leg: self.id });
        }
    }

    /// Every second: whether it fell silent.
    pub fn watch(&mut self, now: Now, outbox: &mut Outbox) {
        let due = self.up && !self.held && self.listens() && !self.is_gone();
        if self.silence.check(now.millis(), due) {
            outbox.tell(PlaneEvent::Silent { leg: self.id });
        }
    }

    /// Every five seconds, and with `goodbye` at the end: counters, and RTCP on SIP legs.
    pub fn report(&mut self, now: Now, goodbye: bool, bench: &mut Bench) {
        if let Link::Phone(phone) = &mut self.link {
            phone.report(now, &mut self.incoming, &self.outgoing, goodbye);
        }
        let lost = self.incoming.lost();
        bench.tally.lost += lost.saturating_sub(self.lost_told);
        self.lost_told = self.lost_told.max(lost);
        let codec = self.can_say().unwrap_or(Law::A).into();
        let quality = self.health.quality(codec, &self.incoming, self.outgoing.packets());
        if goodbye {
            // Whoever reads the last counters finds the metrics up to date.
            bench.tally.flush();
            tally::leg_ended(quality, self.incoming.jitter_millis());
        }
        bench.outbox.tell(PlaneEvent::Stats {
            leg: self.id,
            packets_in: self.incoming.received(),
            packets_out: self.outgoing.packets(),
            lost,
            jitter_ms: self.incoming.jitter_millis(),
            quality,
        });
    }

    pub fn kind(&self) -> MediaKind {
        match self.link {
            Link::Phone(_) => MediaKind::Rtp,
            Link::Browser(_) => MediaKind::WebRtc,
        }
    }

    pub fn phone(&mut self) -> Option<&mut Phone> {
        match &mut self.link {
            Link::Phone(phone) => Some(phone),
            Link::Browser(_) => None,
        }
    }

    pub fn browser(&mut self) -> Option<&mut Browser> {
        match &mut self.link {
            Link::Browser(browser) => Some(browser),
            Link::Phone(_) => None,
        }
    }

    /// The sockets of its own, if it has any.
    pub fn sockets(&mut self) -> Option<[&mut UdpSocket; 2]> {
        self.phone().map(Phone::sockets)
    }

    /// The law in which the far end can be spoken to now.
    fn can_say(&self) -> Option<Law> {
        match &self.link {
            Link::Phone(phone) => phone.can_say(),
            Link::Browser(browser) => browser.can_say(),
        }
    }

    fn digit_type(&self) -> Option<u8> {
        match &self.link {
            Link::Phone(phone) => phone.digit_type(),
            Link::Browser(browser) => browser.digit_type(),
        }
    }

    fn what(&self, payload_type: u8) -> Option<What> {
        match &self.link {
            Link::Phone(phone) => phone.what(payload_type),
            Link::Browser(browser) => browser.what(payload_type),
        }
    }

    fn listens(&self) -> bool {
        match &self.link {
            Link::Phone(phone) => phone.listens(),
            Link::Browser(browser) => browser.listens(),
        }
    }

    fn is_gone(&self) -> bool {
        matches!(&self.link, Link::Browser(browser) if browser.is_gone())
    }
}
