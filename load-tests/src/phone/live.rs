//! The voice of one call as a task: a sound over and over at 20 ms, keys as RFC 4733 events, and an ear.

use super::Voice;
use crate::sound::{Ear, FRAME, Player, Sound};
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

/// RTP's fixed header.
const HEADER: usize = 12;
/// A-law's payload type.
const ALAW: u8 = 8;
/// The payload type our descriptions give to digits.
const EVENTS: u8 = 101;
/// Packets of one key, 20 ms each; three more repeat its end (RFC 4733 §2.5.1.4).
const KEY_PACKETS: u16 = 5;
/// Packets of silence between two keys, so that two equal ones are two.
const GAP: u16 = 4;
/// Keys typed ahead.
const KEYS: usize = 32;

/// An ear that the call's owner can ask.
pub type SharedEar = Arc<Mutex<Ear>>;

/// An ear for these tones.
pub fn shared_ear(tones: &[f64]) -> SharedEar {
    Arc::new(Mutex::new(Ear::new(tones)))
}

/// A person's voice and ear in one call.
pub struct LiveVoice {
    sound: Sound,
    ear: SharedEar,
    keys: Option<mpsc::Sender<char>>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl LiveVoice {
    /// Will say `sound` and hear with `ear`.
    pub fn new(sound: Sound, ear: SharedEar) -> LiveVoice {
        LiveVoice { sound, ear, keys: None, task: None }
    }
}

impl Voice for LiveVoice {
    fn connect(&mut self, socket: UdpSocket, target: SocketAddr) {
        let Ok(socket) = tokio::net::UdpSocket::from_std(socket) else { return };
        let (keys, typed) = mpsc::channel(KEYS);
        let sender = Sender::new(target, Player::new(Arc::clone(&self.sound)));
        self.keys = Some(keys);
        self.task = Some(tokio::spawn(run(socket, sender, typed, Arc::clone(&self.ear))));
    }

    fn press(&mut self, key: char) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.try_send(key).is_ok())
    }

    fn disconnect(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Drop for LiveVoice {
    fn drop(&mut self) {
        self.disconnect();
    }
}

async fn run(socket: tokio::net::UdpSocket, mut sender: Sender, mut typed: mpsc::Receiver<char>, ear: SharedEar) {
    let mut ticks = tokio::time::interval_at(Instant::now(), Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut buffer = [0u8; 1_500];
    loop {
        tokio::select! {
            read = socket.recv_from(&mut buffer) => {
                let Ok((length, _)) = read else { continue };
                if let Some(sound) = sound_of(&buffer[..length]) {
                    ear.lock().expect("no holder of this lock panics").hear(sound);
                }
            }
            _ = ticks.tick() => {
                if sender.key.is_none() {
                    sender.key = typed.try_recv().ok().map(|key| Key { event: event_of(key), sent: 0, stamp: sender.stamp });
                }
                let packet = sender.packet();
                // A port that is not open yet or any more is the silence a person would hear.
                let _ = socket.send_to(&packet, sender.target).await;
            }
        }
    }
}

/// A key being sent.
struct Key {
    event: u8,
    sent: u16,
    stamp: u32,
}

/// The outgoing stream.
struct Sender {
    target: SocketAddr,
    player: Player,
    source: u32,
    sequence: u16,
    stamp: u32,
    key: Option<Key>,
}

impl Sender {
    fn new(target: SocketAddr, player: Player) -> Sender {
        Sender { target, player, source: rand::random(), sequence: rand::random(), stamp: rand::random(), key: None }
    }

    /// The packet of this tick: a piece of the sound, or of a key.
    fn packet(&mut self) -> Vec<u8> {
        let frame = self.player.frame();
        let (sequence, stamp) = (self.sequence, self.stamp);
        self.sequence = self.sequence.wrapping_add(1);
        self.stamp = self.stamp.wrapping_add(FRAME as u32);
        let Some(key) = &mut self.key else {
            return packet(ALAW, sequence, stamp, self.source, &frame);
        };
        key.sent += 1;
        let (number, event, began) = (key.sent, key.event, key.stamp);
        if number > KEY_PACKETS + 3 + GAP {
            self.key = None;
        }
        if number > KEY_PACKETS + 3 {
            return packet(ALAW, sequence, stamp, self.source, &frame);
        }
        let last = number > KEY_PACKETS;
        let duration = number.min(KEY_PACKETS) * FRAME as u16;
        let [high, low] = duration.to_be_bytes();
        let payload = [event, if last { 0x8a } else { 0x0a }, high, low];
        let mut packet = packet(EVENTS, sequence, began, self.source, &payload);
        if number == 1 {
            packet[1] |= 0x80;
        }
        packet
    }
}

fn packet(kind: u8, sequence: u16, stamp: u32, source: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(HEADER + payload.len());
    packet.extend_from_slice(&[0x80, kind]);
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&stamp.to_be_bytes());
    packet.extend_from_slice(&source.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

/// The A-law sound of a packet; `None` for anything else.
fn sound_of(packet: &[u8]) -> Option<&[u8]> {
    let head = packet.get(..HEADER)?;
    let plain = head[0] == 0x80 && head[1] & 0x7f == ALAW;
    plain.then(|| &packet[HEADER..])
}

/// The event number of a key (RFC 4733 §3.2).
fn event_of(key: char) -> u8 {
    match key {
        '*' => 10,
        '#' => 11,
        digit => digit.to_digit(10).unwrap_or(0) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::tone;

    #[test]
    fn a_key_is_one_event_with_its_end_said_three_times() {
        let target = SocketAddr::from(([127, 0, 0, 1], 4));
        let mut sender = Sender::new(target, Player::new(tone(440.0, 20)));
        sender.key = Some(Key { event: event_of('#'), sent: 0, stamp: sender.stamp });
        let packets: Vec<Vec<u8>> = (0..8).map(|_| sender.packet()).collect();
        assert_eq!(packets[0][1], 0x80 | EVENTS, "the first packet is marked");
        assert!(packets.iter().all(|p| p[1] & 0x7f == EVENTS && p[HEADER] == 11 && p[4..8] == packets[0][4..8]));
        assert_eq!(packets.iter().filter(|p| p[HEADER + 1] & 0x80 != 0).count(), 3);
        assert_eq!(packets[7][HEADER + 2..], (5 * 160u16).to_be_bytes());
        assert_eq!(sound_of(&sender.packet()).map(<[u8]>::len), Some(FRAME));
        assert_eq!(sound_of(&packets[0]), None);
    }
}
