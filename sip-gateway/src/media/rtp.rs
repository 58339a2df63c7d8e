//! RTP packets (RFC 3550 §5.1): reading the header of what arrives, writing the header of what we
//! send. It leaves out header extensions and contributing sources: both are stepped over.

/// Length of a header without extensions, as we write it.
pub const HEADER: usize = 12;

/// The parts of a header that matter to a bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Start of a talk spurt, or of a digit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp at 8 kHz.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// Splits a datagram into header and payload. `None` for anything that is not a well-formed RTP
/// packet of version 2 with a payload, RTCP on the RTP port (RFC 5761 §4) included.
pub fn parse(datagram: &[u8]) -> Option<(Header, &[u8])> {
    let fixed: &[u8; HEADER] = datagram.first_chunk()?;
    if fixed[0] >> 6 != 2 {
        return None;
    }
    let payload_type = fixed[1] & 0x7f;
    if (64..=95).contains(&payload_type) {
        return None;
    }
    let mut start = HEADER + 4 * (fixed[0] & 0x0f) as usize;
    if fixed[0] & 0x10 != 0 {
        let words: &[u8; 2] = datagram.get(start + 2..)?.first_chunk()?;
        start += 4 + 4 * u16::from_be_bytes(*words) as usize;
    }
    let mut end = datagram.len();
    if fixed[0] & 0x20 != 0 {
        let padding = *datagram.last()? as usize;
        if padding == 0 {
            return None;
        }
        end = end.checked_sub(padding)?;
    }
    let payload = datagram.get(start..end).filter(|payload| !payload.is_empty())?;
    let header = Header {
        payload_type,
        marker: fixed[1] & 0x80 != 0,
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
    };
    Some((header, payload))
}

/// The header as it travels.
pub fn write(header: Header) -> [u8; HEADER] {
    let mut out = [0; HEADER];
    out[0] = 0x80;
    out[1] = (header.payload_type & 0x7f) | if header.marker { 0x80 } else { 0 };
    out[2..4].copy_from_slice(&header.sequence.to_be_bytes());
    out[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
    out[8..12].copy_from_slice(&header.ssrc.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some((_, payload)) = parse(&bytes) {
                prop_assert!(!payload.is_empty() && payload.len() < bytes.len());
            }
        }

        #[test]
        fn reads_what_another_library_writes(
            sequence: u16, timestamp: u32, ssrc: u32, marker: bool, payload_type in 0u8..64,
            csrc in proptest::collection::vec(any::<u32>(), 0..15),
            words in 0usize..4,
            payload in proptest::collection::vec(any::<u8>(), 1..200),
        ) {
            let mut bytes = vec![0x80 | csrc.len() as u8, payload_type | if marker { 0x80 } else { 0 }];
            bytes.extend(sequence.to_be_bytes());
            bytes.extend(timestamp.to_be_bytes());
            bytes.extend(ssrc.to_be_bytes());
            csrc.iter().for_each(|c| bytes.extend(c.to_be_bytes()));
            if words > 0 {
                bytes[0] |= 0x10;
                bytes.extend([0xbe, 0xde, 0, words as u8]);
                bytes.extend(vec![0; words * 4]);
            }
            bytes.extend(&payload);
            let (header, found) = parse(&bytes).expect("well formed");
            prop_assert_eq!(found, &payload[..]);
            prop_assert_eq!(header, Header { payload_type, marker, sequence, timestamp, ssrc });
        }

        #[test]
        fn another_library_reads_what_we_write(
            sequence: u16, timestamp: u32, ssrc: u32, marker: bool, payload_type in 0u8..128,
        ) {
            use rtc_rtp::packet::Packet;
            let header = Header { payload_type, marker, sequence, timestamp, ssrc };
            let mut bytes = write(header).to_vec();
            bytes.extend([1, 2, 3]);
            let packet = unmarshal(&bytes);
            let Packet { header: theirs, payload } = packet;
            prop_assert_eq!(&payload[..], &[1, 2, 3][..]);
            prop_assert_eq!(
                (theirs.payload_type, theirs.marker, theirs.sequence_number, theirs.timestamp, theirs.ssrc),
                (payload_type, marker, sequence, timestamp, ssrc)
            );
        }
    }

    fn unmarshal(bytes: &[u8]) -> rtc_rtp::packet::Packet {
        use rtc_shared::marshal::Unmarshal;
        rtc_rtp::packet::Packet::unmarshal(&mut &bytes[..]).expect("they read it")
    }

    #[test]
    fn refuses_padding_that_eats_the_packet_and_rtcp() {
        let mut packet = write(Header { payload_type: 8, marker: false, sequence: 1, timestamp: 2, ssrc: 3 }).to_vec();
        packet.extend([1, 2, 3, 200]);
        packet[0] |= 0x20;
        assert_eq!(parse(&packet), None);
        packet[15] = 2;
        assert_eq!(parse(&packet).map(|(_, payload)| payload), Some(&[1u8, 2][..]));
        packet[1] = 200;
        assert_eq!(parse(&packet), None, "a sender report is not speech");
    }
}
