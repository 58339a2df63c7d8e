//! RTCP for SIP legs (RFC 3550 §6): the reports we send, and what we take from theirs. It leaves out
//! feedback and extended reports, and everything of WebRTC legs, whose engine speaks RTCP itself.

/// The most packets one compound datagram may have.
const MAX_PACKETS: usize = 16;
/// A round trip beyond this is no measurement: 20 s in 1/65536 s.
const MAX_ROUND_TRIP: u32 = 20 << 16;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;

/// One report block: how somebody hears one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block {
    /// The source that is heard.
    pub ssrc: u32,
    /// Share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning, 24 bits signed on the wire.
    pub lost: i32,
    /// Extended highest sequence number received.
    pub highest: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, 0 when there was none.
    pub last_report: u32,
    /// Time since that report in 1/65536 s.
    pub since_report: u32,
}

/// What a sender tells about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// NTP time, 32.32 fixed point.
    pub ntp: u64,
    /// The RTP timestamp at that moment.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What one compound datagram held, as far as it matters to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told<'a> {
    /// Who sent it.
    pub from: u32,
    /// Middle 32 bits of the NTP time of their sender report.
    pub report: Option<u32>,
    /// What they say they have sent.
    pub sent: Option<Sent>,
    /// Their report on the source that was asked for.
    pub heard: Option<Block>,
    /// Their canonical name (RFC 3550 §6.5.1): which streams are of one sender.
    pub name: Option<&'a [u8]>,
    /// They said goodbye. It ends nothing: only signalling does.
    pub goodbye: bool,
}

/// Reads a compound datagram, looking for reports on `ssrc`. `None` unless all of it is RTCP by the
/// rules of RFC 3550 A.2: it opens with a report that is not padded, every packet is of version 2, and
/// the lengths add up. That is a strong check, as anything may arrive on an open port.
pub fn parse(datagram: &[u8], ssrc: u32) -> Option<Told<'_>> {
    let mut told = Told::default();
    let mut rest = datagram;
    for round in 0..MAX_PACKETS {
        let Packet { kind, count, body, next } = split(rest, round == 0)?;
        match kind {
            SENDER_REPORT => {
                told.sent = Some(read_sent(body)?);
                told.report = told.sent.map(|sent| (sent.ntp >> 16) as u32);
                told.from = word(body, 0)?;
                read_blocks(body.get(24..)?, count, ssrc, &mut told)?;
            }
            RECEIVER_REPORT => {
                told.from = word(body, 0)?;
                read_blocks(body.get(4..)?, count, ssrc, &mut told)?;
            }
            DESCRIPTION if count > 0 => told.name = told.name.or(read_name(body, told.from)),
            GOODBYE => {
                // A BYE may name sources that a mixer carried; only its own ends the sender.
                let named = body.chunks_exact(4).take(count).filter_map(|source| word(source, 0));
                told.goodbye |= named.into_iter().any(|source| source == told.from);
            }
            _ => {}
        }
        if next.is_empty() {
            return Some(told);
        }
        rest = next;
    }
    None
}

/// The round trip that a report about us proves (RFC 3550 §6.4.1), in 1/65536 s: from our sender report
/// to this one, without the time they held it. `now` is the middle 32 bits of our NTP clock. `None` when
/// they had no report of ours yet, or when their figures cannot be.
pub fn round_trip(now: u32, heard: Block) -> Option<u32> {
    if heard.last_report == 0 {
        return None;
    }
    let away = now.wrapping_sub(heard.last_report);
    // A clock that was set back, or a far end that invents, gives times of hours.
    away.checked_sub(heard.since_report).filter(|trip| *trip <= MAX_ROUND_TRIP)
}

/// Writes a sender report (when we `sent` anything) or a receiver report, with at most one block,
/// and the source description that must follow (RFC 3550 §6.1). `goodbye` appends a BYE.
pub fn write(ssrc: u32, sent: Option<Sent>, heard: Option<Block>, cname: &str, goodbye: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let count = u8::from(heard.is_some());
    let kind = if sent.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    packet(&mut out, kind, count, |out| {
        out.extend(ssrc.to_be_bytes());
        if let Some(sent) = sent {
            out.extend(sent.ntp.to_be_bytes());
            for word in [sent.timestamp, sent.packets, sent.octets] {
                out.extend(word.to_be_bytes());
            }
        }
        if let Some(block) = heard {
            write_block(out, block);
        }
    });
    packet(&mut out, DESCRIPTION, 1, |out| {
        let name = &cname.as_bytes()[..cname.len().min(255)];
        out.extend(ssrc.to_be_bytes());
        out.extend([1, name.len() as u8]);
        out.extend(name);
        out.push(0);
    });
    if goodbye {
        packet(&mut out, GOODBYE, 1, |out| out.extend(ssrc.to_be_bytes()));
    }
    out
}

/// One packet of a compound.
struct Packet<'a> {
    kind: u8,
    count: usize,
    body: &'a [u8],
    next: &'a [u8],
}

/// Splits off the first packet, by the rules of RFC 3550 A.2.
fn split(bytes: &[u8], first: bool) -> Option<Packet<'_>> {
    let head: &[u8; 4] = bytes.first_chunk()?;
    let (kind, padded) = (head[1], head[0] & 0x20 != 0);
    if head[0] >> 6 != 2 || !(192..=223).contains(&kind) {
        return None;
    }
    if first && (padded || !matches!(kind, SENDER_REPORT | RECEIVER_REPORT)) {
        return None;
    }
    let length = 4 * u16::from_be_bytes([head[2], head[3]]) as usize;
    let mut body = bytes.get(4..4 + length)?;
    let next = &bytes[4 + length..];
    if padded {
        // Only the last packet may be padded (§6.4.1).
        let padding = *body.last()? as usize;
        if !next.is_empty() || padding == 0 || !padding.is_multiple_of(4) {
            return None;
        }
        body = body.get(..body.len().checked_sub(padding)?)?;
    }
    Some(Packet { kind, count: (head[0] & 0x1f) as usize, body, next })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

fn read_sent(body: &[u8]) -> Option<Sent> {
    let ntp = (word(body, 4)? as u64) << 32 | word(body, 8)? as u64;
    Some(Sent { ntp, timestamp: word(body, 12)?, packets: word(body, 16)?, octets: word(body, 20)? })
}

/// As many blocks as the head counts must be there; profile extensions may follow.
fn read_blocks(bytes: &[u8], count: usize, ssrc: u32, told: &mut Told<'_>) -> Option<()> {
    for block in bytes.get(..24 * count)?.chunks_exact(24) {
        let block = read_block(block);
        if block.ssrc == ssrc {
            told.heard = Some(block);
        }
    }
    Some(())
}

/// The canonical name in the first chunk of a description, if that chunk is the sender's.
fn read_name(body: &[u8], from: u32) -> Option<&[u8]> {
    let mut items = body.get(4..).filter(|_| word(body, 0) == Some(from))?;
    while let [kind, length, rest @ ..] = items
        && *kind != 0
    {
        let text = rest.get(..*length as usize)?;
        if *kind == 1 {
            return Some(text);
        }
        items = &rest[*length as usize..];
    }
    None
}

fn packet(out: &mut Vec<u8>, kind: u8, count: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0x80 | count, kind, 0, 0]);
    body(out);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn read_block(bytes: &[u8]) -> Block {
    let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Block {
        ssrc: word(0),
        fraction_lost: bytes[4],
        // Sign-extends the 24-bit count.
        lost: ((word(4) << 8) as i32) >> 8,
        highest: word(8),
        jitter: word(12),
        last_report: word(16),
        since_report: word(20),
    }
}

fn write_block(out: &mut Vec<u8>, block: Block) {
    out.extend(block.ssrc.to_be_bytes());
    let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
    out.extend(((block.fraction_lost as u32) << 24 | lost).to_be_bytes());
    for word in [block.highest, block.jitter, block.last_report, block.since_report] {
        out.extend(word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), ssrc: u32) {
            parse(&bytes, ssrc);
        }

        #[test]
        fn never_panics_behind_a_good_head(
            mut bytes in proptest::collection::vec(any::<u8>(), 4..300), kind in 192u8..=223, words in 0u16..80,
        ) {
            bytes[0] = 0x80 | (bytes[0] & 0x1f);
            bytes[1] = kind;
            bytes[2..4].copy_from_slice(&words.to_be_bytes());
            parse(&bytes, 1);
        }

        #[test]
        fn reads_back_what_it_writes(
            ssrc: u32, about: u32, fraction_lost: u8, lost in -8_388_608i32..8_388_608, highest: u32,
            jitter: u32, last_report: u32, since_report: u32, ntp: u64, sender: bool, goodbye: bool,
        ) {
            let block = Block { ssrc: about, fraction_lost, lost, highest, jitter, last_report, since_report };
            let sent = sender.then_some(Sent { ntp, timestamp: 1, packets: 2, octets: 3 });
            let bytes = write(ssrc, sent, Some(block), "leg@centre", goodbye);
            prop_assert_eq!(bytes.len() % 4, 0);
            let told = parse(&bytes, about).expect("ours");
            prop_assert_eq!(told.heard, Some(block));
            prop_assert_eq!(told.report, sender.then_some((ntp >> 16) as u32));
            prop_assert_eq!(told.goodbye, goodbye);
            prop_assert_eq!(parse(&bytes, about.wrapping_add(1)).and_then(|t| t.heard), None);
        }
    }

    /// The example of RFC 3550 §6.4.1, figure 2.
    #[test]
    fn the_round_trip_is_that_of_the_standards_example() {
        let heard = Block { last_report: 0xb705_2000, since_report: 0x0005_4000, ..Block::default() };
        let trip = round_trip(0xb710_8000, heard).expect("6.125 s");
        assert_eq!(trip, 0x0006_2000);
        assert_eq!(trip as f64 / 65_536.0, 6.125);
        // The report it answers carries this NTP time.
        let sent = Sent { ntp: 0xb44d_b705_2000_0000, timestamp: 0, packets: 0, octets: 0 };
        let bytes = write(7, Some(sent), None, "n", false);
        assert_eq!(parse(&bytes, 1).and_then(|told| told.report), Some(0xb705_2000));
    }

    #[test]
    fn a_round_trip_that_cannot_be_is_none() {
        let heard = |last_report, since_report| Block { last_report, since_report, ..Block::default() };
        assert_eq!(round_trip(5, heard(0, 0)), None, "they heard no report of ours yet");
        assert_eq!(round_trip(10, heard(5, 6)), None, "held longer than it was away");
        assert_eq!(round_trip(0, heard(1, 0)), None, "18 hours");
        assert_eq!(round_trip(2, heard(u32::MAX - 7, 4)), Some(6), "across the wrap");
    }

    #[test]
    fn only_a_whole_compound_is_believed() {
        let good = write(1, None, Some(Block { ssrc: 9, lost: -5, ..Block::default() }), "name", true);
        let told = parse(&good, 9).expect("ours");
        assert_eq!((told.from, told.name, told.goodbye), (1, Some(&b"name"[..]), true));
        assert_eq!(told.heard.map(|block| block.lost), Some(-5), "duplicates make it negative");
        for cut in 1..good.len() {
            let whole_packets = [32, 48].contains(&cut);
            assert_eq!(parse(&good[..cut], 9).is_some(), whole_packets, "cut at {cut}");
        }
        let change = |at: usize, to: u8| {
            let mut bytes = good.clone();
            bytes[at] = to;
            parse(&bytes, 9).is_some()
        };
        assert!(!change(0, 0xa1), "the first is padded");
        assert!(!change(1, 202), "opens with a description");
        assert!(!change(32, 0x41), "another version behind");
        assert!(!change(0, 0x82), "counts a block that is not there");
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(parse(&longer, 9), None);
        assert_eq!(parse(&good[32..], 9), None, "reduced size was not agreed (RFC 5506)");
    }

    #[test]
    fn padding_is_taken_off_the_last() {
        let mut bytes = write(1, None, None, "abc", false);
        let at = bytes.len();
        bytes.extend([0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4]);
        assert_eq!(parse(&bytes, 1).map(|told| told.goodbye), Some(true));
        bytes[at + 11] = 3;
        assert_eq!(parse(&bytes, 1), None);
    }

    #[test]
    fn a_mixers_goodbye_for_another_is_not_its_own() {
        let mut bytes = write(1, None, None, "a", false);
        bytes.extend([0x81, 203, 0, 1, 0, 0, 0, 5]);
        assert_eq!(parse(&bytes, 1).map(|told| told.goodbye), Some(false));
    }

    #[test]
    fn a_report_looks_as_the_standard_draws_it() {
        let bytes = write(0x0102_0304, None, None, "a", false);
        assert_eq!(bytes[..8], [0x80, 201, 0, 1, 1, 2, 3, 4]);
        assert_eq!(bytes[8..], [0x81, 202, 0, 2, 1, 2, 3, 4, 1, 1, b'a', 0]);
    }

    #[test]
    fn rtp_is_not_rtcp() {
        let packet = crate::media::rtp::write(crate::media::rtp::Header {
            payload_type: 8,
            marker: false,
            sequence: 1,
            timestamp: 1,
            ssrc: 1,
        });
        assert_eq!(parse(&packet, 1), None);
    }
}
