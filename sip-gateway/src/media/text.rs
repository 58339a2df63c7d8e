//! Real-time text (ITU-T T.140 over RFC 4103): letters as they are typed, for people who cannot speak
//! or hear. Each packet says the two before it again (RFC 2198), so that two losses in a row lose no
//! letter. It leaves out when packets are sent; its caller asks every 300 ms.

use std::collections::VecDeque;

/// RTP clock rate of text in hertz.
pub const CLOCK_RATE: u32 = 1_000;
/// Milliseconds that letters are gathered before they are sent (RFC 4103 §5.1).
pub const GATHER: u64 = 300;
/// Packets that each packet says again.
pub const GENERATIONS: usize = 2;
/// Most bytes of text in one packet; the rest waits for the next.
const MAX_BLOCK: usize = 160;
/// Most bytes of text waiting to be sent.
pub const MAX_WAITING: usize = 4_096;
/// Longest payload that is written or read.
pub const MAX_PAYLOAD: usize = (GENERATIONS + 1) * (MAX_BLOCK + 4);
/// Most redundant blocks read of one packet.
const MAX_BLOCKS: usize = 8;
/// Stands where letters were lost (T.140 §8).
const MISSING: char = '\u{fffd}';
/// An offset of redundant text is 14 bits wide.
const MAX_OFFSET: u64 = 0x3fff;

/// A packet to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPacket {
    /// It begins anew after a pause.
    pub marker: bool,
    /// Milliseconds, its RTP timestamp.
    pub timestamp: u32,
    /// With redundancy, in the format of RFC 2198; or the bare text.
    pub payload: Vec<u8>,
}

/// Sends text of ours on one leg.
#[derive(Debug, Default)]
pub struct TextWriter {
    waiting: VecDeque<char>,
    bytes: usize,
    /// What the last packets said, oldest first.
    said: VecDeque<(u64, String)>,
    idle: bool,
    begun: bool,
}

impl TextWriter {
    /// Queues text. `false` when too much waits already; then nothing of it is queued.
    pub fn write(&mut self, text: &str) -> bool {
        if self.bytes + text.len() > MAX_WAITING {
            return false;
        }
        self.bytes += text.len();
        self.waiting.extend(text.chars());
        true
    }

    /// What to send at `now` milliseconds. `redundant` is the payload type of bare text within
    /// redundancy, where that was agreed.
    pub fn tick(&mut self, now: u64, redundant: Option<u8>) -> Option<TextPacket> {
        let unsaid = self.said.iter().any(|(_, text)| !text.is_empty());
        if self.waiting.is_empty() && (!unsaid || redundant.is_none()) {
            self.said.clear();
            self.idle = true;
            return None;
        }
        let mut fresh = String::new();
        while let Some(letter) = self.waiting.front()
            && fresh.len() + letter.len_utf8() <= MAX_BLOCK
        {
            fresh.extend(self.waiting.pop_front());
        }
        self.bytes -= fresh.len();
        let payload = match redundant {
            Some(payload_type) => self.redundant(now, payload_type, &fresh),
            None => fresh.clone().into_bytes(),
        };
        let marker = std::mem::take(&mut self.idle) || !std::mem::replace(&mut self.begun, true);
        self.said.push_back((now, fresh));
        if self.said.len() > GENERATIONS {
            self.said.pop_front();
        }
        Some(TextPacket { marker, timestamp: now as u32, payload })
    }

    fn redundant(&self, now: u64, payload_type: u8, fresh: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_PAYLOAD);
        // A block too old for its offset is sent empty: blocks are known by their place.
        let blocks = || self.said.iter().map(|(at, text)| (now - at, if now - at > MAX_OFFSET { "" } else { text }));
        for (age, text) in blocks() {
            let head = (0x80 | payload_type as u32) << 24 | (age.min(MAX_OFFSET) as u32) << 10 | text.len() as u32;
            out.extend(head.to_be_bytes());
        }
        out.push(payload_type & 0x7f);
        for (_, text) in blocks() {
            out.extend(text.as_bytes());
        }
        out.extend(fresh.as_bytes());
        out
    }
}

/// Puts together the text of one far end.
#[derive(Debug, Default)]
pub struct TextReader {
    next: Option<u64>,
}

impl TextReader {
    /// Takes one packet by its long sequence number; gives what is new. Backspace is `\u{8}` and a
    /// new line `\n`; other control codes are left out. Lost letters are one U+FFFD.
    pub fn read(&mut self, sequence: u64, payload: &[u8], redundant: bool) -> String {
        let whole = [payload];
        let mut blocks = Blocks { all: [&[]; MAX_BLOCKS + 1], count: 0 };
        let blocks = match redundant {
            false => &whole[..],
            true if blocks.split(payload) => &blocks.all[..blocks.count],
            true => return String::new(),
        };
        let oldest = sequence.saturating_sub(blocks.len() as u64 - 1);
        let next = *self.next.get_or_insert(sequence);
        let mut text = String::new();
        if next < oldest {
            text.push(MISSING);
        }
        for (at, block) in (oldest..).zip(blocks) {
            if at >= next {
                clean(&String::from_utf8_lossy(block), &mut text);
            }
        }
        self.next = Some(next.max(sequence + 1));
        text
    }

    /// The source became another one.
    pub fn restart(&mut self) {
        self.next = None;
    }
}

/// The blocks of a redundant payload, oldest first.
struct Blocks<'a> {
    all: [&'a [u8]; MAX_BLOCKS + 1],
    count: usize,
}

impl<'a> Blocks<'a> {
    fn split(&mut self, payload: &'a [u8]) -> bool {
        let mut lengths = [0; MAX_BLOCKS];
        let (mut at, mut heads) = (0, 0);
        while payload.get(at).is_some_and(|byte| byte & 0x80 != 0) {
            let Some(head) = payload[at..].first_chunk::<4>().filter(|_| heads < MAX_BLOCKS) else { return false };
            lengths[heads] = (u32::from_be_bytes(*head) & 0x3ff) as usize;
            (at, heads) = (at + 4, heads + 1);
        }
        if at >= payload.len() {
            return false;
        }
        let mut rest = &payload[at + 1..];
        for (place, length) in self.all.iter_mut().zip(&lengths[..heads]) {
            let Some((block, behind)) = rest.split_at_checked(*length) else { return false };
            (*place, rest) = (block, behind);
        }
        self.all[heads] = rest;
        self.count = heads + 1;
        true
    }
}

fn clean(block: &str, out: &mut String) {
    let mut letters = block.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // The byte order mark opens a session and shows nothing (T.140 §7.1).
            '\u{feff}' => {}
            '\r' => {
                letters.next_if_eq(&'\n');
                out.push('\n');
            }
            '\u{2028}' => out.push('\n'),
            '\n' | '\u{8}' => out.push(letter),
            _ if letter.is_control() => {}
            // Marks that turn the direction of writing could make a text look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ => out.push(letter),
        }
    }
}

/// Shows received text: appends it, backspaces taking letters away. The oldest letters go when more
/// than `most` bytes are shown.
pub fn show(screen: &mut String, text: &str, most: usize) {
    for letter in text.chars() {
        if letter == '\u{8}' {
            screen.pop();
        } else {
            screen.push(letter);
        }
    }
    if screen.len() > most {
        let cut = (screen.len() - most..screen.len()).find(|at| screen.is_char_boundary(*at));
        screen.drain(..cut.unwrap_or(screen.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packets(texts: &[&str], redundant: Option<u8>) -> Vec<TextPacket> {
        let mut writer = TextWriter::default();
        let mut out = Vec::new();
        for (n, text) in texts.iter().enumerate() {
            assert!(writer.write(text));
            out.extend(writer.tick(n as u64 * GATHER, redundant));
        }
        let mut now = texts.len() as u64 * GATHER;
        while let Some(packet) = writer.tick(now, redundant) {
            out.push(packet);
            now += GATHER;
        }
        out
    }

    fn read(packets: &[TextPacket], lost: impl Fn(usize) -> bool) -> String {
        let mut reader = TextReader::default();
        let kept = packets.iter().enumerate().filter(|(n, _)| !lost(*n));
        kept.map(|(n, packet)| reader.read(1_000 + n as u64, &packet.payload, true)).collect()
    }

    /// RFC 4103 §6.3 draws a packet with two generations; this is one by its layout.
    #[test]
    fn a_packet_looks_as_the_standard_draws_it() {
        let all = packets(&["A", "B", "C"], Some(98));
        assert_eq!(all[0].payload, [98, b'A']);
        assert_eq!(all[1].payload, [0x80 | 98, 0x04, 0xb0, 1, 98, b'A', b'B'], "300 << 10 | 1");
        assert_eq!(all[2].payload, [0xe2, 0x09, 0x60, 1, 0xe2, 0x04, 0xb0, 1, 98, b'A', b'B', b'C']);
        assert_eq!(
            all.iter().map(|p| (p.marker, p.timestamp)).collect::<Vec<_>>()[..3],
            [(true, 0), (false, 300), (false, 600)]
        );
        assert_eq!(all.len(), 5, "the last letter is said three times");
        assert!(all[4].payload.ends_with(&[98, b'C']));
    }

    #[test]
    fn two_losses_in_a_row_lose_no_letter_and_three_are_marked() {
        let all = packets(&["Ni", "sa", "id", "ie ", "ha", "raka"], Some(98));
        assert_eq!(read(&all, |_| false), "Nisaidie haraka");
        assert_eq!(read(&all, |n| n == 2 || n == 3), "Nisaidie haraka");
        assert_eq!(read(&all, |n| n == 5), "Nisaidie haraka", "the last is said again, too");
        assert_eq!(read(&all, |n| (1..4).contains(&n)), "Ni\u{fffd}idie haraka");
    }

    #[test]
    fn duplicates_and_stragglers_say_nothing() {
        let all = packets(&["a", "b", "c"], Some(98));
        let mut reader = TextReader::default();
        let order = [0u64, 2, 1, 2, 0];
        let text: String = order.iter().map(|n| reader.read(*n, &all[*n as usize].payload, true)).collect();
        assert_eq!(text, "abc");
    }

    #[test]
    fn bare_text_is_read_and_written_too() {
        let all = packets(&["Habari"], None);
        assert_eq!(all, [TextPacket { marker: true, timestamp: 0, payload: b"Habari".to_vec() }]);
        assert_eq!(TextReader::default().read(7, &all[0].payload, false), "Habari");
    }

    #[test]
    fn a_pause_begins_anew_and_long_text_is_cut_between_letters() {
        let mut writer = TextWriter::default();
        writer.write("x");
        let mut sent: Vec<_> = (0..10).filter_map(|n| writer.tick(n * 300, Some(98))).collect();
        writer.write(&"é".repeat(500));
        sent.extend((100..120).filter_map(|n| writer.tick(n * 300, Some(98))));
        assert_eq!(sent.iter().map(|p| p.marker).take(5).collect::<Vec<_>>(), [true, false, false, true, false]);
        assert!(sent.iter().all(|packet| packet.payload.len() <= MAX_PAYLOAD));
        assert_eq!(read(&sent, |_| false), "x".to_owned() + &"é".repeat(500));
        assert!(!writer.write(&"z".repeat(MAX_WAITING + 1)));
    }

    #[test]
    fn control_codes_are_tamed_and_backspace_is_shown() {
        let mut reader = TextReader::default();
        let text = reader.read(1, "\u{feff}Helo\u{8}lo\r\nya\u{7}\u{1b}\u{202e}\u{2028}".as_bytes(), false);
        assert_eq!(text, "Helo\u{8}lo\nya\n");
        let mut screen = String::new();
        show(&mut screen, &text, 100);
        assert_eq!(screen, "Hello\nya\n");
        show(&mut screen, &"ß".repeat(100), 25);
        assert_eq!(screen, "ß".repeat(12));
        assert_eq!(reader.read(2, &[0xff, 0xfe], false), "\u{fffd}\u{fffd}");
    }

    proptest! {
        #[test]
        fn never_panics(packets in proptest::collection::vec((0u64..50, proptest::collection::vec(any::<u8>(), 0..60), any::<bool>()), 0..50)) {
            let mut reader = TextReader::default();
            for (sequence, payload, redundant) in packets {
                reader.read(sequence, &payload, redundant);
            }
        }

        /// As long as no three packets in a row are lost, every letter arrives once.
        #[test]
        fn letters_survive(texts in proptest::collection::vec("[a-zA-Zé€ ]{0,8}", 1..30), losses in proptest::collection::vec(0u8..3, 40)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let all = packets(&texts, Some(98));
            let mut run = 0;
            let lost: Vec<bool> = all.iter().enumerate().map(|(n, packet)| {
                // The first and the last copies must come, and idle stretches begin anew.
                let fits = n > 0 && run < 2 && losses[n % 40] == 0 && n + 2 < all.len() && !packet.marker;
                run = if fits { run + 1 } else { 0 };
                fits
            }).collect();
            let anew = all.iter().skip(1).any(|packet| packet.marker);
            prop_assume!(!anew);
            prop_assert_eq!(read(&all, |n| lost[n]), texts.concat());
        }
    }
}
