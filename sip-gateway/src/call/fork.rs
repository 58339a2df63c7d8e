//! One ring, several devices: the first that answers has the call, the others are called off
//! (RFC 3261 §16.7 as far as it concerns a centre ringing one agent).

use crate::call::cause;
use std::collections::BTreeMap;
use vocabulary::LegId;

/// What a branch's news means for the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Wait,
    /// The first device rings: tell it once.
    Ringing,
    /// This branch has the call; these are to be called off.
    Won {
        /// The branches that lost.
        call_off: Vec<LegId>,
    },
    /// All refused, or one refused for all (6xx): call off the rest, report this code.
    Failed {
        /// The branches still ringing.
        call_off: Vec<LegId>,
        /// The code that tells most; 0 when none came.
        code: u16,
    },
}

/// One ring in progress.
#[derive(Debug)]
pub struct Fork {
    /// Branches without a final answer.
    open: BTreeMap<LegId, ()>,
    winner: Option<LegId>,
    code: u16,
    ringing: bool,
}

impl Fork {
    /// Starts with these branches; at least one.
    pub fn new(branches: &[LegId]) -> Fork {
        Fork { open: branches.iter().map(|b| (*b, ())).collect(), winner: None, code: 0, ringing: false }
    }

    /// The branch that has the call.
    pub fn winner(&self) -> Option<LegId> {
        self.winner
    }

    /// Branches without a final answer.
    pub fn open(&self) -> Vec<LegId> {
        self.open.keys().copied().collect()
    }

    /// A device rings.
    pub fn ringing(&mut self) -> Decision {
        if self.ringing || self.winner.is_some() {
            return Decision::Wait;
        }
        self.ringing = true;
        Decision::Ringing
    }

    /// A device answered.
    pub fn answered(&mut self, branch: LegId) -> Decision {
        if self.open.remove(&branch).is_none() {
            return Decision::Wait;
        }
        if self.winner.is_some() {
            return Decision::Wait;
        }
        self.winner = Some(branch);
        Decision::Won { call_off: self.take_open() }
    }

    /// A device refused, or never answered.
    pub fn failed(&mut self, branch: LegId, code: u16) -> Decision {
        if self.open.remove(&branch).is_none() || self.winner.is_some() {
            return Decision::Wait;
        }
        self.code = if self.code == 0 { code } else { cause::better(self.code, code) };
        if code >= 600 || self.open.is_empty() {
            return Decision::Failed { call_off: self.take_open(), code: self.code };
        }
        Decision::Wait
    }

    fn take_open(&mut self) -> Vec<LegId> {
        std::mem::take(&mut self.open).into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Ulid;

    fn legs() -> [LegId; 3] {
        [1, 2, 3].map(|n| LegId(Ulid(n)))
    }

    #[test]
    fn the_first_answer_wins_and_only_that() {
        let [a, b, c] = legs();
        let mut fork = Fork::new(&[a, b, c]);
        assert_eq!(fork.ringing(), Decision::Ringing);
        assert_eq!(fork.ringing(), Decision::Wait);
        assert_eq!(fork.failed(a, 486), Decision::Wait);
        assert_eq!(fork.answered(c), Decision::Won { call_off: vec![b] });
        assert_eq!(fork.answered(b), Decision::Wait);
        assert_eq!(fork.failed(b, 487), Decision::Wait);
        assert_eq!(fork.winner(), Some(c));
    }

    #[test]
    fn fails_when_all_do_with_the_code_that_tells_most() {
        let [a, b, c] = legs();
        let mut fork = Fork::new(&[a, b, c]);
        assert_eq!(fork.failed(a, 486), Decision::Wait);
        assert_eq!(fork.failed(b, 408), Decision::Wait);
        assert_eq!(fork.failed(b, 408), Decision::Wait, "told twice, counted once");
        assert_eq!(fork.failed(c, 408), Decision::Failed { call_off: vec![], code: 486 });
    }

    #[test]
    fn a_decline_speaks_for_the_person() {
        let [a, b, c] = legs();
        let mut fork = Fork::new(&[a, b, c]);
        assert_eq!(fork.failed(b, 603), Decision::Failed { call_off: vec![a, c], code: 603 });
    }
}
