//! The machine from outside: commands in, outputs out, time and events. The rules it follows are in
//! `decide`, what an event changes is in `apply`.

use crate::command::{Command, Effect, Output};
use crate::decide::Turn;
use crate::index::Index;
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::io;
use vocabulary::centre::Centre;
use vocabulary::{FloorName, Time};

/// One floor: its queues, its agents and everyone who waits or talks.
#[derive(Debug, Clone)]
pub struct Floor {
    pub(crate) state: State,
    pub(crate) index: Index,
    /// The latest moment seen. Time that goes back is held here.
    pub(crate) clock: Time,
}

/// Everything a floor knows at one point of its journal. Its shape belongs to the version of the
/// program that wrote it; the journal, not the snapshot, is what lasts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    clock: Time,
    state: State,
}

impl Floor {
    /// An empty floor. Its first command also decides `FloorOpened`, the journal's first entry.
    pub fn new(floor: FloorName) -> Floor {
        let mut state = State::new(floor);
        let index = Index::rebuild(&mut state, Time::ZERO);
        Floor { state, index, clock: Time::ZERO }
    }

    /// A floor as it was when the snapshot was taken.
    pub fn restore(snapshot: Snapshot) -> Floor {
        let Snapshot { clock, mut state } = snapshot;
        let index = Index::rebuild(&mut state, clock);
        Floor { state, index, clock }
    }

    /// Obeys a command at `now`, and before it everything that was due. A command that cannot be
    /// obeyed is answered by one [`Effect::Refused`] and changes nothing itself.
    pub fn handle(&mut self, now: Time, command: Command, out: &mut Vec<Output>) {
        let now = now.max(self.clock);
        self.clock = now;
        self.index.expire_trainings(&mut self.state, now);
        let mut turn = Turn::new(self, now, out);
        turn.open();
        turn.take_due();
        if let Err(refusal) = turn.obey(command) {
            turn.effect(Effect::Refused(refusal));
        }
        turn.take_due();
        turn.watch_cleared();
        turn.watch_staffed();
        turn.match_all();
    }

    /// When something becomes due by itself: call again with [`Command::Tick`] by then.
    pub fn deadline(&self) -> Option<Time> {
        let due = self.index.timers.first().map(|(at, _)| *at);
        let training = self.index.trainings.first().map(|(at, _)| *at);
        due.into_iter().chain(training).min()
    }

    /// What is known now, to start from later without reading the whole journal.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { clock: self.clock, state: self.state.clone() }
    }

    /// A fingerprint of everything known: equal for two floors that applied the same events,
    /// whether they decided them or replayed them. Costs a pass over the whole state.
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        serde_json::to_writer(&mut hash, &self.state).expect("the state has only plain keys");
        hash.0
    }

    /// The set-up in force.
    pub fn centre(&self) -> &Centre {
        &self.state.centre
    }
}

/// FNV-1a: small, and the same on every machine and in every build.
struct Fnv(u64);

impl io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
