//! One leg: what it hears (sound, digits, silence) and what is said to it (the other leg, clips,
//! digits). How packets travel is its link's business, `phone` or `browser`.

mod saying;

use super::browser::Browser;
use super::ear::{Ear, Mouth};
use super::health::Health;
use super::outbox::Outbox;
use super::phone::Phone;
use super::tally::{self, Tally};
use super::{MediaKind, PlaneEvent, Watching};
use crate::media::codec::Codec;
use crate::media::comfort::Comfort;
use crate::media::digits::{DigitReader, DigitWriter, Event};
use crate::media::incoming::{Arrival, Incoming};
use crate::media::outgoing::Outgoing;
use crate::media::player::Player;
use crate::media::rtp::{self, Header};
use crate::media::silence::Silence;
use crate::media::srtp::GROWTH;
use crate::media::tones::{ToneReader, ToneWriter};
use crate::media::voice::QuietWatch;
use crate::media::{FRAME, MAX_PAYLOAD, g711};
use mio::net::UdpSocket;
use std::net::SocketAddr;
use std::time::Instant;
use vocabulary::LegId;
use vocabulary::audio::Side;

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
    Sound(Codec),
    Comfort,
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
    /// Ticks of their clock to one of ours, in the length of a digit.
    pub event_ticks: u16,
    /// The key whose press this packet is the first of.
    pub pressed: Option<char>,
}

/// Room for one packet: header, payload, and the tag of an encrypted one.
pub(super) const PACKET: usize = rtp::HEADER + MAX_PAYLOAD + GROWTH;

/// What all legs of a thread share while they work.
pub(super) struct Bench {
    pub outbox: Outbox,
    pub tally: Tally,
    /// Room for one packet to be sent.
    pub packet: Box<[u8; PACKET]>,
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
}

pub(super) struct Leg {
    pub id: LegId,
    /// Counts legs of the plane: unlike its slot a number is never used again.
    pub number: u64,
    pub link: Link,
    /// The slots of those it is together with: one in a bridge, more in a conference.
    pub with: Vec<usize>,
    /// The slots of those it hears.
    pub hears: Vec<usize>,
    /// The slots its packets are relayed to, and those that mix it.
    pub feeds: Vec<usize>,
    pub mixed_by: Vec<usize>,
    /// What it supervises, and the slots of those who supervise it.
    pub watching: Option<Watching>,
    pub watchers: Vec<usize>,
    /// Decodes it, while somebody mixes it; speaks to it, while it hears a mix.
    pub ear: Option<Box<Ear>>,
    pub mouth: Option<Box<Mouth>>,
    /// It has sent comfort noise.
    pub gives_comfort: bool,
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
    /// Reads digits as sound; speaks our own sounds in a codec that is no table; a digit being said.
    tones: ToneReader,
    voice: Mouth,
    tone: Option<ToneWriter>,
    /// The last packet of ours was of a mix.
    mixing: bool,
    watch: Option<Box<QuietWatch>>,
}

impl Leg {
    pub fn new(id: LegId, number: u64, link: Link) -> Leg {
        Leg {
            id,
            number,
            link,
            with: Vec::new(),
            hears: Vec::new(),
            feeds: Vec::new(),
            mixed_by: Vec::new(),
            watching: None,
            watchers: Vec::new(),
            ear: None,
            mouth: None,
            gives_comfort: false,
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
            tones: ToneReader::default(),
            voice: Mouth::default(),
            tone: None,
            mixing: false,
            watch: None,
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
        if self.silence.heard(now.millis()) {
            bench.outbox.tell(PlaneEvent::Heard { leg: self.id });
        }
        if arrival.first {
            self.reader.restart();
        }
        let mut pressed = None;
        if what == What::Digit {
            let event = Event::parse(payload)?;
            let event = Event { duration: event.duration / self.event_ticks(), ..event };
            pressed = self.reader.note(header.timestamp, header.marker, event);
            if let Some(digit) = pressed {
                bench.outbox.tell(PlaneEvent::Digit { leg: self.id, digit });
            }
            event.digit()?;
        } else if !self.listens() {
            // They said that they would not send. A microphone left open on hold stays unheard.
            return None;
        }
        match what {
            What::Sound(codec) => self.hear_sound(now, arrival, header.timestamp, codec, payload, bench),
            What::Comfort => {
                self.gives_comfort = true;
                if let (Some(ear), Some(comfort)) = (&mut self.ear, Comfort::parse(payload)) {
                    ear.take_comfort(comfort);
                }
            }
            What::Digit => {}
        }
        Some(Heard {
            what,
            leg: self.number,
            epoch: arrival.epoch,
            sequence: arrival.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            event_ticks: self.event_ticks(),
            pressed,
        })
    }

    /// What a packet of sound is to those who decode it: the ear, the watch for voices, the reader of
    /// tones where the far end has no other way to press a key.
    fn hear_sound(
        &mut self,
        now: Now,
        arrival: Arrival,
        timestamp: u32,
        codec: Codec,
        payload: &[u8],
        bench: &mut Bench,
    ) {
        let samples = payload.len() as u32;
        if let Some(ear) = &mut self.ear {
            ear.take(now.millis(), arrival.epoch, arrival.sequence, timestamp, samples, codec, payload);
        }
        let Some(law) = codec.law() else { return };
        let tones = self.digit_type().is_none();
        if !tones && self.watch.is_none() {
            return;
        }
        let mut sound = [0; FRAME];
        for part in payload.chunks(FRAME) {
            sound.iter_mut().zip(part).for_each(|(sample, byte)| *sample = g711::decode(law, *byte));
            if tones && let Some(digit) = self.tones.hear(&sound[..part.len()]) {
                bench.outbox.tell(PlaneEvent::Digit { leg: self.id, digit });
            }
            if let Some(watch) = &mut self.watch {
                watch.hear(now.millis(), &sound[..part.len()]);
            }
        }
    }

    /// Takes one RTCP datagram of a SIP leg; `false` when it is a stranger's.
    pub fn hear_rtcp(&mut self, now: Now, from: SocketAddr, datagram: &mut [u8]) -> bool {
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
        if let Some(watch) = &mut self.watch
            && let Some(millis) = watch.check(now.millis())
        {
            outbox.tell(PlaneEvent::Quiet { leg: self.id, millis });
        }
    }

    /// Tells when nobody has spoken for so long; 0 ends it.
    pub fn watch_voice(&mut self, now: Now, quiet_millis: u64) {
        self.watch = (quiet_millis > 0).then(|| Box::new(QuietWatch::new(now.millis(), quiet_millis)));
    }

    /// Every five seconds, and with `goodbye` at the end: counters, and RTCP on SIP legs.
    pub fn report(&mut self, now: Now, goodbye: bool, bench: &mut Bench) {
        if let Link::Phone(phone) = &mut self.link {
            phone.report(now, &mut self.incoming, &self.outgoing, goodbye);
        }
        let lost = self.incoming.lost();
        bench.tally.lost += lost.saturating_sub(self.lost_told);
        self.lost_told = self.lost_told.max(lost);
        let codec = self.codec().unwrap_or(Codec::Pcma);
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
        match &self.link {
            Link::Phone(phone) => phone.kind(),
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

    /// The codec agreed on.
    pub fn codec(&self) -> Option<Codec> {
        match &self.link {
            Link::Phone(phone) => phone.codec(),
            Link::Browser(browser) => browser.codec(),
        }
    }

    pub fn takes_comfort(&self) -> bool {
        matches!(&self.link, Link::Phone(phone) if phone.takes_comfort())
    }

    fn event_ticks(&self) -> u16 {
        match &self.link {
            Link::Phone(phone) => phone.event_ticks(),
            Link::Browser(_) => 1,
        }
    }

    /// The codec, and its number, in which the far end can be spoken to now.
    fn can_say(&self) -> Option<(Codec, u8)> {
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
