//! Our 2xx to an INVITE until its ACK (RFC 3261 §13.3.1.4): repeated over every transport, as the ACK
//! comes end to end.

use crate::sip::transaction::timers::{LIMIT, T1, backed_off};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vocabulary::{Span, Time};

/// A 2xx that waits for its ACK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unacked {
    /// The INVITE's transaction, through which the 2xx goes again.
    pub tx: u64,
    /// The INVITE's CSeq number, which the ACK repeats.
    pub seq: u32,
    text: Arc<str>,
    again: Time,
    pause: Span,
    until: Time,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// Nothing.
    Wait,
    /// This text goes out again.
    Again(Arc<str>),
    /// Nobody acknowledged it in 64 x T1: the dialog stands, the session does not.
    GivenUp,
}

impl Unacked {
    /// The 2xx has just gone out.
    pub fn new(now: Time, tx: u64, seq: u32, text: Arc<str>) -> Unacked {
        Unacked { tx, seq, text, again: now + T1, pause: T1, until: now + LIMIT }
    }

    /// When to call [`Unacked::tick`].
    pub fn deadline(&self) -> Time {
        self.again.min(self.until)
    }

    /// What is due now.
    pub fn tick(&mut self, now: Time) -> Wait {
        if self.until <= now {
            return Wait::GivenUp;
        }
        if self.again > now {
            return Wait::Wait;
        }
        self.pause = backed_off(self.pause);
        self.again = now + self.pause;
        Wait::Again(self.text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_four_seconds_and_gives_up_at_thirty_two() {
        let mut unacked = Unacked::new(Time(0), 1, 7, "200".into());
        let mut seen = Vec::new();
        loop {
            let at = unacked.deadline();
            assert_eq!(unacked.tick(Time(at.0 - 1)), Wait::Wait);
            match unacked.tick(at) {
                Wait::Again(_) => seen.push(at.0),
                Wait::GivenUp => break,
                Wait::Wait => panic!("a deadline at which nothing is due"),
            }
        }
        assert_eq!(seen, [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
        assert_eq!(unacked.deadline(), Time(32_000));
    }
}
