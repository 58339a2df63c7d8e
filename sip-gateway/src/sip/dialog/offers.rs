//! Offer and answer inside a dialog: one at a time, whoever begins (RFC 3264, RFC 3261 §14, RFC 3311
//! §5.2). What an offer says is the media's.

use serde::{Deserialize, Serialize};
use vocabulary::{Span, Time};

/// The last whole second an offer refused for ours may be asked to wait (RFC 3261 §14.2).
pub const MAX_RETRY_AFTER: u32 = 10;

/// Where the exchange stands, and whether an offer of ours waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offers {
    turn: Turn,
    /// When ours, refused with 491, is tried again.
    retry: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Turn {
    /// Nobody's.
    #[default]
    Free,
    /// Our offer is out.
    Ours,
    /// Theirs is here and not answered.
    Theirs,
}

/// Whether their re-INVITE or UPDATE is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has its turn.
    Take,
    /// 491: ours is out (glare).
    Pending,
    /// 500 with Retry-After of this many seconds: theirs is still here.
    Later(u32),
}

impl Offers {
    /// Their re-INVITE, or their UPDATE with an offer. `draw` is random.
    pub fn theirs(&mut self, draw: u32) -> Verdict {
        match self.turn {
            Turn::Ours => Verdict::Pending,
            Turn::Theirs => Verdict::Later(draw % (MAX_RETRY_AFTER + 1)),
            Turn::Free => {
                self.turn = Turn::Theirs;
                Verdict::Take
            }
        }
    }

    /// Our offer would go out: whether it may.
    pub fn ours(&mut self) -> bool {
        let free = self.turn == Turn::Free;
        if free {
            (self.turn, self.retry) = (Turn::Ours, None);
        }
        free
    }

    /// The offer under way was answered or refused.
    pub fn settled(&mut self) {
        self.turn = Turn::Free;
    }

    /// Ours met 491: it is tried again after 2.1 to 4 s by whoever made the Call-ID, after 0 to 2 s by
    /// the other, so that they do not meet again (RFC 3261 §14.1). `draw` is random.
    pub fn met(&mut self, now: Time, call_id_is_ours: bool, draw: u32) {
        self.turn = Turn::Free;
        let pause = match call_id_is_ours {
            true => 2_100 + i64::from(draw % 191) * 10,
            false => i64::from(draw % 201) * 10,
        };
        self.retry = Some(now + Span::millis(pause));
    }

    /// When to call [`Offers::tick`].
    pub fn deadline(&self) -> Option<Time> {
        self.retry
    }

    /// Whether ours is to be offered again now. While theirs has its turn it keeps waiting.
    pub fn tick(&mut self, now: Time) -> bool {
        let due = self.retry.is_some_and(|at| at <= now);
        if due && self.turn != Turn::Free {
            self.retry = Some(now + Span::seconds(1));
            return false;
        }
        if due {
            self.retry = None;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let mut offers = Offers::default();
        assert_eq!(offers.theirs(0), Verdict::Take);
        assert_eq!(offers.theirs(25), Verdict::Later(3));
        assert!(!offers.ours());
        offers.settled();
        assert!(offers.ours());
        assert_eq!(offers.theirs(0), Verdict::Pending);
    }

    #[test]
    fn after_glare_the_two_sides_wait_in_different_windows() {
        for draw in 0..1_000 {
            let (mut owner, mut other) = (Offers::default(), Offers::default());
            assert!(owner.ours() && other.ours());
            owner.met(Time(0), true, draw);
            other.met(Time(0), false, draw);
            let (owner, other) = (owner.deadline().expect("waits"), other.deadline().expect("waits"));
            assert!((2_100..=4_000).contains(&owner.0) && owner.0 % 10 == 0, "{owner:?}");
            assert!((0..=2_000).contains(&other.0) && other.0 % 10 == 0, "{other:?}");
        }
    }

    #[test]
    fn a_retry_waits_for_their_turn_to_end() {
        let mut offers = Offers::default();
        offers.met(Time(0), false, 100);
        assert_eq!(offers.theirs(0), Verdict::Take);
        assert!(!offers.tick(Time(999)));
        assert!(!offers.tick(Time(1_000)), "due, but it is their turn");
        offers.settled();
        assert!(offers.tick(Time(2_000)));
        assert_eq!(offers.deadline(), None);
    }
}
