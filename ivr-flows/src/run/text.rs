//! Words: what is typed on text channels.
//!
//! Crisis words come first, at every step, and prefer a false alarm (facts 5.2). Then words that
//! mean a key everywhere, then keys, then the words of the step.

use super::{Phase, Spoken, Turn};
use crate::flow::{Choice, Kind};
use crate::say::Digits;
use std::collections::BTreeMap;

/// What is looked at of one message; a longer one is an agent's to read.
const MAX_READ: usize = 2_000;

/// A text as it is compared: lower case, hyphens and apostrophes gone (`anani-abuse` is
/// `ananiabuse`), everything else that is no letter or digit one space.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    for c in text.chars().take(MAX_READ).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !matches!(c, '-' | '\'' | '\u{2019}' | '\u{2010}' | '\u{2011}') && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.trim().to_owned()
}

impl Turn<'_> {
    /// A message outside a conversation with an agent.
    pub(super) fn text(&mut self, text: &str) {
        let folded = fold(text);
        if self.crisis(&folded) {
            return;
        }
        if let Phase::Speaking { then: Spoken::End(_), .. } = self.run.phase {
            return;
        }
        if let Some(key) = self.meant_key(text, &folded) {
            if matches!(self.run.phase, Phase::Collecting(_)) {
                return match key {
                    '9' => self.safe_line(),
                    '*' => self.repeat(),
                    _ => self.person(),
                };
            }
            return self.digit(key);
        }
        let flow = self.flow;
        match &flow.step(&self.run.step).kind {
            Kind::Choose(choose) => match by_words(&choose.keys, &folded) {
                Some((key, choice)) => self.chosen(key, choice),
                None if folded.is_empty() || choose.ignore_others => {}
                None => self.wrong_try("invalid"),
            },
            Kind::Collect(_) => self.number_given(Digits::new(text)),
            // Who waits may write: an agent will read it.
            _ => {}
        }
    }

    /// The message a conversation begins with: it was written before anything was asked, so only
    /// words that mean something everywhere count.
    pub(super) fn first_text(&mut self, text: &str) {
        let folded = fold(text);
        let word = self.flow.words.iter().any(|(_, words)| words.contains(&folded));
        if word || self.flow.crisis.iter().any(|c| c.stems.iter().any(|stem| folded.contains(stem.as_str()))) {
            self.text(text);
        }
    }

    /// The first crisis group one of whose stems is in the text leads to a counsellor at once.
    fn crisis(&mut self, folded: &str) -> bool {
        let hit = self.flow.crisis.iter().find(|c| c.stems.iter().any(|stem| folded.contains(stem.as_str())));
        let Some(then) = hit.map(|c| c.then.clone()) else { return false };
        // On the way to a counsellor already: saying it again must not move the contact.
        if self.run.queued != Some(true) {
            self.hush();
            self.go(then);
        }
        true
    }

    /// A key typed as itself, or a word that means one everywhere. In a number only the words do,
    /// and 9 alone.
    fn meant_key(&self, text: &str, folded: &str) -> Option<char> {
        let word = self.flow.words.iter().find(|(_, words)| words.iter().any(|w| w == folded)).map(|(key, _)| *key);
        if word.is_some() {
            return word;
        }
        let mut letters = text.trim().chars();
        let (Some(key), None) = (letters.next(), letters.next()) else { return None };
        let typing = matches!(self.run.phase, Phase::Collecting(_));
        let is_key = if typing { matches!(key, '9' | '*') } else { key.is_ascii_digit() || key == '*' };
        is_key.then_some(key)
    }
}

/// The choice one of whose words is in the text as a whole word (or words); of several the longest
/// word decides, and when two are equally long none does.
fn by_words<'a>(keys: &'a BTreeMap<char, Choice>, folded: &str) -> Option<(char, &'a Choice)> {
    let padded = format!(" {folded} ");
    let longest = |choice: &Choice| {
        choice.words.iter().filter(|w| padded.contains(&format!(" {w} "))).map(|w| w.len()).max().unwrap_or(0)
    };
    let best = keys.values().map(longest).max().filter(|n| *n > 0)?;
    let mut found = keys.iter().filter(|(_, choice)| longest(choice) == best);
    let (key, choice) = found.next()?;
    if found.any(|(_, other)| other.then != choice.then) {
        return None;
    }
    Some((*key, choice))
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folds_what_people_type() {
        assert_eq!(fold("  Anani-ABUSE!!  "), "ananiabuse");
        assert_eq!(fold("don't\nknow…"), "dont know");
        assert_eq!(fold("?!"), "");
        assert_eq!(fold(&"x".repeat(5_000)).len(), 2_000);
    }
}
