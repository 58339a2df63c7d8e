//! Collecting a number of several digits.
//!
//! Here 9 and 0 are digits. The safe line stays in reach: 9 as the first key followed by 2 s of
//! silence, or `*9`. `*` alone begins again, `#` ends, and so do 4 s between digits.

use super::{HEARD_BY, Output, Phase, Turn};
use crate::flow::{Collect, Kind};
use crate::say::Digits;
use std::fmt;
use vocabulary::{EndCause, Span, Time};

/// Silence between digits that ends the number.
const BETWEEN: Span = Span::seconds(4);

/// Silence after a first 9, or after `*`, that decides what it meant.
const DECIDES: Span = Span::seconds(2);

/// Silence before the first digit that counts as a wrong try.
const FIRST: Span = Span::seconds(8);

/// On text channels a number is typed at leisure; whoever types none for so long has gone.
const FIRST_IN_TEXT: Span = Span::minutes(10);

/// A number being typed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Typing {
    digits: String,
    /// `*` was pressed and waits for what follows.
    star: bool,
    /// The question is still being heard.
    asking: bool,
    patience: Span,
    pub until: Option<Time>,
}

impl Typing {
    /// The question has just been put.
    pub(super) fn asking(now: Time, voice: bool) -> Typing {
        let (asking, wait) = if voice { (true, HEARD_BY) } else { (false, FIRST_IN_TEXT) };
        let patience = if voice { FIRST } else { FIRST_IN_TEXT };
        Typing { digits: String::new(), star: false, asking, patience, until: Some(now + wait) }
    }

    /// The question was heard to its end.
    pub(super) fn heard(&mut self, now: Time) {
        if self.asking && self.digits.is_empty() && !self.star {
            self.until = Some(now + self.patience);
        }
        self.asking = false;
    }
}

impl fmt::Debug for Typing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Half an identity number is personal too.
        f.debug_struct("Typing").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Turn<'_> {
    /// A key while a number is collected.
    pub(super) fn typed(&mut self, key: char) {
        let now = self.now;
        let Kind::Collect(collect) = &self.flow.step(&self.run.step).kind else { return };
        let Phase::Collecting(typing) = &mut self.run.phase else { return };
        let was_asking = std::mem::take(&mut typing.asking);
        if std::mem::take(&mut typing.star) {
            if key == '9' {
                return self.safe_line();
            }
            typing.digits.clear();
        }
        match key {
            '0'..='9' => {
                typing.digits.push(key);
                let alone = typing.digits == "9";
                typing.until = Some(now + if alone { DECIDES } else { BETWEEN });
                let full = typing.digits.len() >= collect.most;
                if was_asking {
                    self.hush();
                }
                // A single 9 may be the safe line, even where one digit would fill the number.
                if full && !alone {
                    self.number_ended();
                }
            }
            '*' => {
                typing.star = true;
                typing.until = Some(now + DECIDES);
                if was_asking {
                    self.hush();
                }
            }
            '#' => self.number_ended(),
            _ => {}
        }
    }

    /// Silence while a number is collected.
    pub(super) fn typing_paused(&mut self) {
        let Phase::Collecting(typing) = &self.run.phase else { return };
        if typing.star {
            return self.repeat();
        }
        match typing.digits.as_str() {
            "9" => self.safe_line(),
            "" if !self.run.is_voice() => self.end_with("idle_end", EndCause::Idle),
            "" => self.wrong_try("no_input"),
            _ => self.number_ended(),
        }
    }

    /// `#`, enough digits, or 4 s of silence.
    fn number_ended(&mut self) {
        let Phase::Collecting(typing) = &self.run.phase else { return };
        let digits = Digits::new(&typing.digits);
        self.number_given(digits);
    }

    /// A whole number: kept if it is long enough.
    pub(super) fn number_given(&mut self, digits: Digits) {
        let flow = self.flow;
        let Kind::Collect(Collect { into, least, most, then, .. }) = &flow.step(&self.run.step).kind else { return };
        if !(*least..=*most).contains(&digits.as_str().len()) {
            return self.wrong_try("invalid");
        }
        self.hush();
        self.out.push(Output::Answer { about: into.clone(), value: digits.clone() });
        self.run.collected.insert(into.clone(), digits);
        self.go(then.clone());
    }
}
