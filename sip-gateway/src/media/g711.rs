//! G.711 (ITU-T G.711): the tables that turn one law into the other and into linear samples. It
//! leaves out packet loss concealment and level control.

use vocabulary::audio::Law;

const A_TO_LINEAR: [i16; 256] = table_linear(true);
const MU_TO_LINEAR: [i16; 256] = table_linear(false);
const A_TO_MU: [u8; 256] = table_across(true);
const MU_TO_A: [u8; 256] = table_across(false);

/// The byte that stands for silence.
pub const fn silence(law: Law) -> u8 {
    match law {
        Law::A => 0xd5,
        Law::Mu => 0xff,
    }
}

/// The static RTP payload type of a law (RFC 3551 §6).
pub const fn payload_type(law: Law) -> u8 {
    match law {
        Law::A => 8,
        Law::Mu => 0,
    }
}

/// The law of a static RTP payload type, if it is one of ours.
pub const fn law_of(payload_type: u8) -> Option<Law> {
    match payload_type {
        8 => Some(Law::A),
        0 => Some(Law::Mu),
        _ => None,
    }
}

/// One G.711 byte as a linear 16-bit sample.
pub const fn decode(law: Law, byte: u8) -> i16 {
    match law {
        Law::A => A_TO_LINEAR[byte as usize],
        Law::Mu => MU_TO_LINEAR[byte as usize],
    }
}

/// One linear 16-bit sample as a G.711 byte.
pub const fn encode(law: Law, sample: i16) -> u8 {
    match law {
        Law::A => encode_a(sample),
        Law::Mu => encode_mu(sample),
    }
}

/// Copies `from` into `to` (equally long), changing the law by table where they differ.
///
/// # Panics
/// When the slices differ in length: both are ours.
pub fn transcode(from_law: Law, from: &[u8], to_law: Law, to: &mut [u8]) {
    let table = match (from_law, to_law) {
        (Law::A, Law::Mu) => &A_TO_MU,
        (Law::Mu, Law::A) => &MU_TO_A,
        _ => return to.copy_from_slice(from),
    };
    assert_eq!(from.len(), to.len(), "a transcoded packet keeps its length");
    for (out, byte) in to.iter_mut().zip(from) {
        *out = table[*byte as usize];
    }
}

const fn decode_a(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let step = ((byte & 0x0f) as i16) << 4;
    let segment = (byte & 0x70) >> 4;
    let level = match segment {
        0 => step + 8,
        _ => (step + 0x108) << (segment - 1),
    };
    if byte & 0x80 != 0 { level } else { -level }
}

const fn decode_mu(byte: u8) -> i16 {
    let byte = !byte;
    let level = ((((byte & 0x0f) as i16) << 3) + 0x84) << ((byte & 0x70) >> 4);
    if byte & 0x80 != 0 { 0x84 - level } else { level - 0x84 }
}

const fn encode_a(sample: i16) -> u8 {
    let (level, mask) = if sample >= 0 { (sample >> 3, 0xd5) } else { (-(sample >> 3) - 1, 0x55) };
    let segment = segment_of(level, 0x1f);
    if segment >= 8 {
        return 0x7f ^ mask;
    }
    let shift = if segment < 2 { 1 } else { segment };
    (((segment as u8) << 4) | ((level >> shift) & 0x0f) as u8) ^ mask
}

const fn encode_mu(sample: i16) -> u8 {
    let (level, mask) = if sample >= 0 { (sample >> 2, 0xff) } else { (-(sample >> 2), 0x7f) };
    let level = if level > 8_159 { 8_159 } else { level } + 33;
    let segment = segment_of(level, 0x3f);
    if segment >= 8 {
        return 0x7f ^ mask;
    }
    (((segment as u8) << 4) | ((level >> (segment + 1)) & 0x0f) as u8) ^ mask
}

/// The first segment whose end, doubling from `end`, holds the level; 8 when none does.
const fn segment_of(level: i16, end: i16) -> usize {
    let mut segment = 0;
    let mut end = end;
    while segment < 8 && level > end {
        segment += 1;
        end = (end << 1) | 1;
    }
    segment
}

const fn table_linear(a: bool) -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if a { decode_a(byte as u8) } else { decode_mu(byte as u8) };
        byte += 1;
    }
    table
}

const fn table_across(from_a: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if from_a { encode_mu(decode_a(byte as u8)) } else { encode_a(decode_mu(byte as u8)) };
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio_codec::Decoder;

    #[test]
    fn decodes_as_an_independent_codec_does() {
        for byte in 0..=255u8 {
            let a = audio_codec::pcma::PcmaDecoder::new().decode(&[byte]);
            let mu = audio_codec::pcmu::PcmuDecoder::new().decode(&[byte]);
            assert_eq!(decode(Law::A, byte), a[0], "A-law {byte}");
            assert_eq!(decode(Law::Mu, byte), mu[0], "mu-law {byte}");
        }
    }

    #[test]
    fn every_byte_survives_its_own_law() {
        for byte in 0..=255u8 {
            assert_eq!(encode(Law::A, decode(Law::A, byte)), byte);
            // Mu-law has two zeros; the negative one comes back as the positive.
            let back = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(encode(Law::Mu, decode(Law::Mu, byte)), back);
        }
    }

    #[test]
    fn the_other_law_is_within_one_step() {
        for byte in 0..=255u8 {
            for (from, to) in [(Law::A, Law::Mu), (Law::Mu, Law::A)] {
                let mut out = [0];
                transcode(from, &[byte], to, &mut out);
                let (was, is) = (decode(from, byte) as i32, decode(to, out[0]) as i32);
                let step = (was.abs() / 16).max(24);
                assert!((was - is).abs() <= step, "{from:?} {byte}: {was} became {is}");
            }
        }
    }

    #[test]
    fn silence_is_quiet() {
        assert!(decode(Law::A, silence(Law::A)).abs() <= 8);
        assert_eq!(decode(Law::Mu, silence(Law::Mu)), 0);
    }
}
