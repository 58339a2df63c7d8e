//! Reading a prompt's sound: an 8 kHz mono A-law WAV file, as `prompts/make.sh` writes it.

use vocabulary::audio::Clip;

/// The longest clip, in bytes of A-law: five minutes.
pub const MAX_CLIP: usize = 8_000 * 60 * 5;

/// A-law in the format chunk (`WAVE_FORMAT_ALAW`, RFC 2361).
const ALAW: u16 = 6;

/// Why bytes are not a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// No RIFF/WAVE file at all.
    #[error("not a WAV file")]
    NotWav,
    /// A chunk runs past the end of the file, or one that is needed is missing.
    #[error("the WAV file is cut off")]
    CutOff,
    /// Another coding, rate or number of channels.
    #[error("the WAV file must be A-law (format 6), 8000 Hz, mono; it is format {format}, {rate} Hz, {channels} channels")]
    Format {
        /// The format tag.
        format: u16,
        /// Samples a second.
        rate: u32,
        /// Channels.
        channels: u16,
    },
    /// Longer than [`MAX_CLIP`].
    #[error("the WAV file is longer than five minutes")]
    TooLong,
}

/// Takes the sound out of a WAV file.
///
/// # Errors
/// [`WavError`] for anything but 8 kHz mono A-law.
pub fn read(bytes: &[u8]) -> Result<Clip, WavError> {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
        return Err(WavError::NotWav);
    }
    let mut rest = &bytes[12..];
    let mut format_seen = false;
    while rest.len() >= 8 {
        let (head, body) = rest.split_at(8);
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if size > body.len() {
            return Err(WavError::CutOff);
        }
        match &head[..4] {
            b"fmt " => {
                check_format(&body[..size])?;
                format_seen = true;
            }
            b"data" if !format_seen => return Err(WavError::CutOff),
            b"data" if size > MAX_CLIP => return Err(WavError::TooLong),
            b"data" => return Ok(Clip { alaw: body[..size].into() }),
            _ => {}
        }
        // Chunks begin on even offsets.
        rest = body.get(size + size % 2..).unwrap_or_default();
    }
    Err(WavError::CutOff)
}

fn check_format(body: &[u8]) -> Result<(), WavError> {
    if body.len() < 16 {
        return Err(WavError::CutOff);
    }
    let half = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
    let (format, channels) = (half(0), half(2));
    let rate = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
    if (format, channels, rate) != (ALAW, 1, 8_000) {
        return Err(WavError::Format { format, rate, channels });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(format: u16, samples: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfact\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        bytes.extend(format.to_le_bytes());
        bytes.extend([1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0]);
        bytes.extend(b"data");
        bytes.extend((samples.len() as u32).to_le_bytes());
        bytes.extend(samples);
        bytes
    }

    #[test]
    fn takes_the_samples_out() {
        let clip = read(&wav(6, &[0xd5; 80])).expect("good");
        assert_eq!((clip.millis(), &clip.alaw[..2]), (10, &[0xd5, 0xd5][..]));
    }

    #[test]
    fn says_why_not() {
        assert_eq!(read(b"OggS"), Err(WavError::NotWav));
        assert_eq!(read(&wav(1, &[0])), Err(WavError::Format { format: 1, rate: 8_000, channels: 1 }));
        let whole = wav(6, &[0xd5; 80]);
        assert_eq!(read(&whole[..whole.len() - 1]), Err(WavError::CutOff));
        assert_eq!(read(&whole[..30]), Err(WavError::CutOff));
        assert_eq!(read(&wav(6, &vec![0; MAX_CLIP + 1])), Err(WavError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80), at in 0usize..60) {
            let _ = read(&bytes);
            let mut damaged = wav(6, &[0xd5; 16]);
            let cut = at.min(damaged.len());
            damaged.splice(cut.., bytes);
            let _ = read(&damaged);
        }
    }
}
