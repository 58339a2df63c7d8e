//! RTCP for SIP legs (RFC 3550 §6): the reports we send, and what we take from theirs. It leaves out
//! feedback and extended reports, and everything of WebRTC legs, whose engine speaks RTCP itself.

/// The most packets of one compound datagram that are looked at.
const MAX_PACKETS: usize = 16;

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
pub struct Told {
    /// Middle 32 bits of the NTP time of their sender report.
    pub report: Option<u32>,
    /// Their report on the source that was asked for.
    pub heard: Option<Block>,
    /// They said goodbye. It ends nothing: only signalling does.
    pub goodbye: bool,
}

/// Reads a compound datagram, looking for reports on `ssrc`. `None` when it is not RTCP.
pub fn parse(datagram: &[u8], ssrc: u32) -> Option<Told> {
    let mut told = Told::default();
    let mut rest = datagram;
    for round in 0..MAX_PACKETS {
        if rest.is_empty() {
            break;
        }
        let Some((head, body, next)) = split(rest) else {
            // A torn packet behind good ones does not undo them.
            return (round > 0).then_some(told);
        };
        let blocks = match head[1] {
            SENDER_REPORT => {
                if let Some(ntp) = body.get(6..10).and_then(|b| b.first_chunk()) {
                    told.report = Some(u32::from_be_bytes(*ntp));
                }
                body.get(24..)
            }
            RECEIVER_REPORT => body.get(4..),
            GOODBYE => {
                told.goodbye = true;
                None
            }
            _ => None,
        };
        let count = (head[0] & 0x1f) as usize;
        for block in blocks.unwrap_or_default().chunks_exact(24).take(count) {
            let block = read_block(block);
            if block.ssrc == ssrc {
                told.heard = Some(block);
            }
        }
        rest = next;
    }
    Some(told)
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

/// The first packet of a compound: its head, its body behind the head, and what follows.
fn split(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let head: &[u8; 4] = bytes.first_chunk()?;
    if head[0] >> 6 != 2 || !(192..=223).contains(&head[1]) {
        return None;
    }
    let length = 4 * u16::from_be_bytes([head[2], head[3]]) as usize;
    let body = bytes.get(4..4 + length)?;
    Some((head, body, &bytes[4 + length..]))
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
