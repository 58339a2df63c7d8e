//! G.711 A-law (ITU-T G.711), one sample at a time.

/// The A-law byte of a sample.
pub fn encode(sample: i16) -> u8 {
    let negative = sample < 0;
    let magnitude = (if negative { !sample } else { sample } as u16) >> 3;
    let chord = (16 - magnitude.leading_zeros()).saturating_sub(5) as u16;
    let step = if chord == 0 { magnitude >> 1 } else { magnitude >> chord } & 0x0f;
    let byte = (chord << 4 | step) as u8 | if negative { 0 } else { 0x80 };
    byte ^ 0x55
}

/// The sample of an A-law byte.
pub fn decode(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (chord, step) = (i16::from(byte >> 4 & 7), i16::from(byte & 0x0f));
    let magnitude = match chord {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (chord - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        for byte in 0..=255u8 {
            assert_eq!(encode(decode(byte)), byte, "{byte:#x} is {}", decode(byte));
        }
    }

    #[test]
    fn silence_is_the_byte_everyone_sends() {
        assert_eq!(encode(0), 0xd5);
        assert_eq!(decode(0xd5), 8);
    }
}
