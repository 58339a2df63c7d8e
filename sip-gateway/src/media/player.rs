//! The player: clips laid end to end and cut into 20 ms frames. It leaves out the clock (the plane
//! asks for a frame every 20 ms) and the other law (the plane transcodes).

use crate::media::{FRAME, g711};
use std::sync::Arc;
use vocabulary::audio::{Clip, Law};

/// Most clips of one play: a long sentence with numbers has some thirty.
pub const MAX_CLIPS: usize = 256;

/// One play on one leg.
#[derive(Debug)]
pub struct Player {
    play: u64,
    clips: Vec<Arc<Clip>>,
    repeat: bool,
    clip: usize,
    at: usize,
    begun: bool,
}

/// One frame of a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The first of this play: a talk spurt starts.
    pub first: bool,
    /// Nothing follows.
    pub last: bool,
}

impl Player {
    /// A play of these clips; clips beyond [`MAX_CLIPS`] are left out. A play without a single byte
    /// never gives a frame.
    pub fn new(play: u64, mut clips: Vec<Arc<Clip>>, repeat: bool) -> Player {
        clips.truncate(MAX_CLIPS);
        clips.retain(|clip| !clip.alaw.is_empty());
        Player { play, clips, repeat, clip: 0, at: 0, begun: false }
    }

    /// The caller's number of this play.
    pub fn play(&self) -> u64 {
        self.play
    }

    /// Whether there is nothing (more) to play.
    pub fn is_over(&self) -> bool {
        self.clip >= self.clips.len()
    }

    /// Fills one frame with A-law; the end of the last clip is padded with silence. `None` when the
    /// play is over; a repeated one never is.
    pub fn cut(&mut self, frame: &mut [u8; FRAME]) -> Option<Cut> {
        if self.is_over() {
            return None;
        }
        let mut filled = 0;
        while filled < FRAME && !self.is_over() {
            let clip = &self.clips[self.clip].alaw;
            let take = (clip.len() - self.at).min(FRAME - filled);
            frame[filled..filled + take].copy_from_slice(&clip[self.at..self.at + take]);
            filled += take;
            self.at += take;
            if self.at == clip.len() {
                self.at = 0;
                self.clip += 1;
                if self.repeat && self.is_over() {
                    self.clip = 0;
                }
            }
        }
        frame[filled..].fill(g711::silence(Law::A));
        let first = !std::mem::replace(&mut self.begun, true);
        Some(Cut { first, last: self.is_over() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clip(bytes: &[u8]) -> Arc<Clip> {
        Arc::new(Clip { alaw: bytes.into() })
    }

    fn all(mut player: Player, most: usize) -> (Vec<u8>, Vec<Cut>) {
        let (mut bytes, mut cuts, mut frame) = (Vec::new(), Vec::new(), [0; FRAME]);
        while let Some(cut) = player.cut(&mut frame).filter(|_| cuts.len() < most) {
            bytes.extend(frame);
            cuts.push(cut);
        }
        (bytes, cuts)
    }

    proptest! {
        #[test]
        fn clips_follow_each_other_without_a_gap(
            clips in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..500), 0..6),
        ) {
            let whole: Vec<u8> = clips.concat();
            let (bytes, cuts) = all(Player::new(1, clips.iter().map(|c| clip(c)).collect(), false), 1000);
            prop_assert_eq!(cuts.len(), whole.len().div_ceil(FRAME));
            prop_assert_eq!(&bytes[..whole.len()], &whole[..]);
            prop_assert!(bytes[whole.len()..].iter().all(|&b| b == 0xd5));
            for (n, cut) in cuts.iter().enumerate() {
                prop_assert_eq!(*cut, Cut { first: n == 0, last: n + 1 == cuts.len() });
            }
        }
    }

    #[test]
    fn music_goes_round_without_a_seam() {
        let tune: Vec<u8> = (0..250).map(|n| n as u8).collect();
        let (bytes, cuts) = all(Player::new(1, vec![clip(&tune), clip(&[])], true), 100);
        assert!(bytes.iter().zip(tune.iter().cycle()).all(|(a, b)| a == b));
        assert!(cuts.iter().all(|cut| !cut.last));
    }

    #[test]
    fn nothing_to_play_is_over_at_once_even_repeated() {
        assert!(Player::new(1, vec![], true).is_over());
        assert!(Player::new(1, vec![clip(&[])], true).is_over());
    }
}
