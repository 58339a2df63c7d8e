//! Digits arrive as RTP events (RFC 4733) and as SIP INFO; some phones send both for one press.

use std::collections::VecDeque;
use vocabulary::{Span, Time};

/// A digit of the other way within this time is the same press.
pub const SAME_PRESS: Span = Span::millis(1_500);
/// The most presses remembered.
const MAX_REMEMBERED: usize = 16;

/// How a digit travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// RFC 4733.
    Rtp,
    /// SIP INFO.
    Info,
}

/// Digits of one leg, each press once.
#[derive(Debug, Default)]
pub struct Digits {
    /// Presses that the other way may still repeat.
    unmatched: VecDeque<(Time, Way, char)>,
}

impl Digits {
    /// Whether this digit is a press of its own. One earlier digit of the other way excuses one
    /// later digit, so that `1 1` sent both ways is still two presses.
    pub fn press(&mut self, now: Time, way: Way, digit: char) -> bool {
        self.unmatched.retain(|(at, ..)| now.since(*at) <= SAME_PRESS);
        let twin = self.unmatched.iter().position(|(_, w, d)| *w != way && *d == digit);
        if let Some(twin) = twin {
            self.unmatched.remove(twin);
            return false;
        }
        if self.unmatched.len() == MAX_REMEMBERED {
            self.unmatched.pop_front();
        }
        self.unmatched.push_back((now, way, digit));
        true
    }
}

/// The digit in an INFO body: `application/dtmf-relay` (`Signal=5`, Cisco) or `application/dtmf`
/// (the digit alone). 10 and 11 are star and hash there.
pub fn of_info(kind: &str, body: &str) -> Option<char> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = match kind.as_str() {
        "application/dtmf-relay" => body.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?,
        "application/dtmf" => {
            let body = body.trim();
            body.split_once('=').map_or(body, |(_, value)| value.trim())
        }
        _ => return None,
    };
    match text {
        "10" => Some('*'),
        "11" => Some('#'),
        _ => {
            let mut chars = text.chars();
            let digit = chars.next()?.to_ascii_uppercase();
            (chars.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(digit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_press_counts_once_however_it_came() {
        let mut digits = Digits::default();
        let mut press = |at, way, digit| digits.press(Time(at), way, digit);
        assert!(press(0, Way::Rtp, '1'));
        assert!(!press(20, Way::Info, '1'));
        assert!(press(300, Way::Info, '1'), "the order may change from press to press");
        assert!(!press(330, Way::Rtp, '1'));
        assert!(press(400, Way::Rtp, '2'));
        assert!(press(600, Way::Rtp, '2'), "the same key twice on one way is two presses");
        assert!(!press(610, Way::Info, '2'));
        assert!(!press(620, Way::Info, '2'));
        assert!(press(700, Way::Info, '9'), "another digit is another press");
        assert!(press(3_000, Way::Rtp, '9'), "too late to be the same");
    }

    #[test]
    fn reads_info_bodies() {
        for (kind, body, digit) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
            ("Application/DTMF-Relay; x=y", "Duration=1\r\nsignal = * ", Some('*')),
            ("application/dtmf-relay", "Signal=11\r\n", Some('#')),
            ("application/dtmf", "9", Some('9')),
            ("application/dtmf", "Signal=a", Some('A')),
            ("application/dtmf", "55", None),
            ("application/dtmf", "", None),
            ("text/plain", "5", None),
            ("application/dtmf-relay", "Signal=\u{e9}", None),
        ] {
            assert_eq!(of_info(kind, body), digit, "{kind} {body}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in "\\PC{0,40}") {
            let _ = (of_info("application/dtmf-relay", &body), of_info("application/dtmf", &body));
        }
    }
}
