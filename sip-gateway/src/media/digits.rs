//! Digits as RTP events (RFC 4733): one report a press however often it is repeated, and the packets
//! of a press of ours. It leaves out digits in the sound itself and SIP INFO.

use crate::media::CLOCK_RATE;
use std::collections::VecDeque;

/// One telephone-event payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Event code; 0 to 15 are digits.
    pub code: u8,
    /// The key was let go.
    pub end: bool,
    /// Power level in -dBm0, 0 to 63.
    pub volume: u8,
    /// Length so far in timestamp units.
    pub duration: u16,
}

impl Event {
    /// Reads the first event of a payload; `None` when it is shorter than one.
    pub fn parse(payload: &[u8]) -> Option<Event> {
        let bytes: &[u8; 4] = payload.first_chunk()?;
        Some(Event {
            code: bytes[0],
            end: bytes[1] & 0x80 != 0,
            volume: bytes[1] & 0x3f,
            duration: u16::from_be_bytes([bytes[2], bytes[3]]),
        })
    }

    /// The payload as it travels.
    pub fn write(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, (self.volume & 0x3f) | if self.end { 0x80 } else { 0 }, high, low]
    }

    /// The key, when the event is one.
    pub fn digit(self) -> Option<char> {
        KEYS.get(self.code as usize).map(|&key| key as char)
    }
}

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// The event code of a key: `0` to `9`, `*`, `#`, `A` to `D` in either case.
pub fn code(digit: char) -> Option<u8> {
    let digit = digit.to_ascii_uppercase();
    KEYS.iter().position(|&key| key as char == digit).map(|at| at as u8)
}

/// Longest stretch of one press in one segment; a longer press goes on with a new timestamp
/// (RFC 4733 §2.5.1.3). A little less is taken for it, as the last packets may be lost.
const SEGMENT: std::ops::RangeInclusive<u32> = 0xf000..=0x1_0000;

/// A packet this much older than the last press is no straggler but a source that started anew.
const STRAGGLER: u32 = 10 * CLOCK_RATE;

/// Makes one digit of all packets of one press.
#[derive(Debug, Default)]
pub struct DigitReader {
    last: Option<(u32, Event)>,
}

impl DigitReader {
    /// Takes one telephone-event packet; gives the digit when this is the first seen of a press.
    ///
    /// A press is known by its timestamp. Three habits of phones are allowed for: long presses in
    /// segments, a timestamp that moves with each packet of one press, and end packets that do so.
    pub fn note(&mut self, timestamp: u32, marker: bool, event: Event) -> Option<char> {
        if let Some((at, last)) = self.last {
            let behind = at.wrapping_sub(timestamp);
            if behind == 0 && last.code == event.code {
                let end = last.end || event.end;
                let duration = last.duration.max(event.duration);
                self.last = Some((at, Event { end, duration, ..event }));
                return None;
            }
            if behind != 0 && behind < STRAGGLER {
                return None;
            }
            if !marker && last.code == event.code && continues(timestamp.wrapping_sub(at), last, event) {
                self.last = Some((timestamp, event));
                return None;
            }
        }
        self.last = Some((timestamp, event));
        event.digit()
    }

    /// Forgets the last press: the source changed.
    pub fn restart(&mut self) {
        self.last = None;
    }
}

/// Whether `event`, `later` timestamp units after `last` and of the same key, is the same press.
fn continues(later: u32, last: Event, event: Event) -> bool {
    let next_segment = !last.end && SEGMENT.contains(&later);
    let moving = !last.end && event.duration > last.duration && later < CLOCK_RATE;
    let end_again = last.end && event.end && event.duration == last.duration && later < 480;
    next_segment || moving || end_again
}

/// Most digits waiting to be sent on one leg.
pub const MAX_WAITING: usize = 64;

/// Packets of a press before its end: with the end packets 100 ms of tone.
const UPDATES: u16 = 4;
/// The end is said three times (RFC 4733 §2.5.1.4).
const ENDS: u16 = 3;
/// Ticks of silence between two presses.
const GAP: u16 = 3;
/// -10 dBm0, what phones commonly say.
const VOLUME: u8 = 10;

/// Sends presses of ours, one packet every 20 ms.
#[derive(Debug, Default)]
pub struct DigitWriter {
    waiting: VecDeque<u8>,
    step: u16,
}

impl DigitWriter {
    /// Queues one digit. `false` when it is no key or too many wait.
    pub fn press(&mut self, digit: char) -> bool {
        match code(digit) {
            Some(code) if self.waiting.len() < MAX_WAITING => {
                self.waiting.push_back(code);
                true
            }
            _ => false,
        }
    }

    /// Whether a press is being sent or waits.
    pub fn busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The key that is to be sent next.
    pub fn next_key(&self) -> Option<char> {
        self.waiting.front().map(|code| KEYS[*code as usize] as char)
    }

    /// The next key was sent by other means.
    pub fn done(&mut self) {
        self.waiting.pop_front();
        self.step = 0;
    }

    /// The next 20 ms: the packet to send and whether it opens a press (marker set, new
    /// timestamp). `None` in the gap between two presses and when nothing waits.
    pub fn tick(&mut self) -> Option<(Event, bool)> {
        let code = *self.waiting.front()?;
        self.step += 1;
        if self.step > UPDATES + ENDS {
            if self.step >= UPDATES + ENDS + GAP {
                self.step = 0;
                self.waiting.pop_front();
            }
            return None;
        }
        let end = self.step > UPDATES;
        let duration = 160 * self.step.min(UPDATES + 1);
        Some((Event { code, end, volume: VOLUME, duration }, self.step == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(code: u8, end: bool, duration: u16) -> Event {
        Event { code, end, volume: 10, duration }
    }

    fn heard(packets: &[(u32, bool, Event)]) -> String {
        let mut reader = DigitReader::default();
        packets.iter().filter_map(|&(at, marker, event)| reader.note(at, marker, event)).collect()
    }

    #[test]
    fn one_press_is_one_digit_however_often_it_is_said() {
        let mut packets = vec![(1000, true, event(5, false, 160))];
        packets.extend((2..6).map(|n| (1000, false, event(5, false, 160 * n))));
        packets.extend([(1000, false, event(5, true, 960)); 3]);
        assert_eq!(heard(&packets), "5");
    }

    #[test]
    fn two_presses_of_one_key_are_two_even_when_the_ends_are_lost() {
        let press = |at| [(at, true, event(9, false, 160)), (at, false, event(9, false, 320))];
        assert_eq!(heard(&[press(1000), press(4000)].concat()), "99");
        let without_marker = |at| [(at, false, event(9, false, 160)), (at, false, event(9, false, 320))];
        assert_eq!(heard(&[without_marker(1000), without_marker(4000)].concat()), "99");
    }

    #[test]
    fn only_the_end_arrived() {
        assert_eq!(heard(&[(7, false, event(11, true, 800))]), "#");
    }

    #[test]
    fn a_long_press_goes_on_in_a_new_segment() {
        let packets = [
            (1000, true, event(1, false, 160)),
            (1000, false, event(1, false, 0xffff)),
            (1000 + 0xffff, false, event(1, false, 160)),
            (1000 + 0xffff, false, event(1, true, 8000)),
            (1000 + 0x1_0000 + 9000, true, event(1, false, 160)),
        ];
        assert_eq!(heard(&packets), "11", "the second only with the next press");
    }

    #[test]
    fn a_moving_timestamp_is_one_press() {
        let packets: Vec<_> =
            (0..6).map(|n: u16| (1000 + 160 * n as u32, n == 0, event(3, n > 3, 160 * (n + 1).min(5)))).collect();
        assert_eq!(heard(&packets), "3");
    }

    #[test]
    fn a_straggler_of_the_press_before_says_nothing() {
        let packets = [
            (1000, true, event(1, false, 160)),
            (1000, false, event(1, true, 800)),
            (3000, true, event(2, false, 160)),
            (1000, false, event(1, true, 800)),
            (3000, false, event(2, true, 800)),
        ];
        assert_eq!(heard(&packets), "12");
    }

    #[test]
    fn the_timestamp_may_wrap() {
        let packets = [
            (u32::MAX - 10, true, event(1, false, 160)),
            (u32::MAX - 10, false, event(1, true, 800)),
            (2000, true, event(1, false, 160)),
        ];
        assert_eq!(heard(&packets), "11");
    }

    #[test]
    fn what_is_written_is_read_once_each() {
        let mut writer = DigitWriter::default();
        assert!("0123456789*#aD".chars().all(|digit| writer.press(digit)));
        assert!(!writer.press('x'));
        let (mut reader, mut text, mut at) = (DigitReader::default(), String::new(), 0);
        let mut now = 0;
        while writer.busy() {
            now += 160;
            if let Some((event, opens)) = writer.tick() {
                if opens {
                    at = now;
                }
                let event = Event::parse(&event.write()).expect("four bytes");
                text.extend(reader.note(at, opens, event));
            }
        }
        assert_eq!(text, "0123456789*#AD");
    }

    #[test]
    fn waiting_digits_are_bounded() {
        let mut writer = DigitWriter::default();
        assert_eq!((0..1000).filter(|_| writer.press('1')).count(), MAX_WAITING);
    }

    proptest! {
        #[test]
        fn never_panics(packets in proptest::collection::vec((any::<u32>(), any::<bool>(), any::<[u8; 5]>(), 0usize..6), 0..60)) {
            let mut reader = DigitReader::default();
            for (at, marker, bytes, len) in packets {
                if let Some(event) = Event::parse(&bytes[..len.min(5)]) {
                    prop_assert_eq!(Event::parse(&event.write()), Some(event));
                    reader.note(at, marker, event);
                }
            }
        }
    }
}
