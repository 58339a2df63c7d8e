//! What a run tells: the same bytes for the same seed and plan.

use crate::Seed;
use crate::check::Violation;
use crate::promise::Kept;
use serde::Serialize;
use std::fmt;
use vocabulary::{Event, Risk, Span};

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Commands given, repeated and late ones included.
    pub commands: u64,
    /// Commands the floor refused.
    pub refused: u64,
    /// Events journaled.
    pub events: u64,
    /// Times the floor was made anew from its journal.
    pub rebirths: u64,
    /// Of these, with the process killed in the middle of a command.
    pub torn: u64,
    /// Contacts that came.
    pub arrived: u64,
    /// Connected to a person.
    pub answered: u64,
    /// Left from a queue.
    pub abandoned: u64,
    /// Lost by a restart or a fault while they waited.
    pub dropped: u64,
    /// Places claimed by redials.
    pub claimed: u64,
    /// Connected in the queue's time, in thousandths of those answered.
    pub in_time: u64,
    /// Time to a human, by risk, of safeguarding contacts that reached one.
    pub safeguarding: Vec<(Risk, Waits)>,
    /// The promise of the safe line.
    pub promise: Kept,
    /// Requests for help asked.
    pub helps: u64,
    /// Contacts handed over, given up to a queue, climbed, overflowed; call-backs agreed.
    pub moved: [u64; 5],
    /// Times the machine's clock jumped.
    pub jumps: u64,
    /// Times the journal stalled.
    pub stalls: u64,
    /// Safeguarding contacts that ended before a human was reached.
    pub unreached: u64,
    /// The longest any of those had waited.
    pub unreached_longest: Span,
    /// The floor's fingerprint at the end.
    pub state_hash: u64,
    /// Promises broken; none is the aim.
    pub violations: Vec<Violation>,
}

/// How long some contacts waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Waits {
    /// How many they were.
    pub count: u64,
    /// Half of them waited no longer.
    pub half: Span,
    /// Most of them waited no longer: 95 % in reports of seeds, 90 % in findings.
    pub most: Span,
    /// None waited longer.
    pub longest: Span,
}

impl Waits {
    /// Sums up; `most` is the share in percent that [`Waits::most`] speaks of.
    pub fn of(mut waits: Vec<Span>, most: usize) -> Waits {
        waits.sort_unstable();
        let at = |percent: usize| waits.get((waits.len() * percent / 100).min(waits.len().saturating_sub(1)));
        Waits {
            count: waits.len() as u64,
            half: at(50).copied().unwrap_or_default(),
            most: at(most).copied().unwrap_or_default(),
            longest: waits.last().copied().unwrap_or_default(),
        }
    }
}

impl Report {
    pub(crate) fn new(seed: Seed) -> Report {
        Report {
            seed: seed.0,
            commands: 0,
            refused: 0,
            events: 0,
            rebirths: 0,
            torn: 0,
            arrived: 0,
            answered: 0,
            abandoned: 0,
            dropped: 0,
            claimed: 0,
            in_time: 0,
            safeguarding: Vec::new(),
            promise: Kept::default(),
            helps: 0,
            moved: [0; 5],
            jumps: 0,
            stalls: 0,
            unreached: 0,
            unreached_longest: Span::ZERO,
            state_hash: 0,
            violations: Vec::new(),
        }
    }

    /// Counts an event that went to the journal.
    pub(crate) fn note(&mut self, event: &Event) {
        let [handed, given, climbed, overflowed, call_backs] = &mut self.moved;
        match event {
            Event::PlaceClaimed { .. } => self.claimed += 1,
            Event::HandedOver { .. } => *handed += 1,
            Event::Transferred { .. } => *given += 1,
            Event::Climbed { .. } => *climbed += 1,
            Event::Overflowed { .. } => *overflowed += 1,
            Event::CallBackAgreed { .. } => *call_backs += 1,
            _ => {}
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} contacts, {} answered, {} left, {} lost by us, {} back in their place",
            self.seed, self.arrived, self.answered, self.abandoned, self.dropped, self.claimed
        )?;
        writeln!(
            f,
            "  {} commands ({} refused), {} events, {} rebirths ({} in mid-command)",
            self.commands, self.refused, self.events, self.rebirths, self.torn
        )?;
        let [handed, given, climbed, overflowed, call_backs] = self.moved;
        writeln!(
            f,
            "  {} helped, {handed} handed over, {given} given up, {climbed} climbed, {overflowed} overflowed, \
             {call_backs} to be called back; {} clock jumps, {} stalls",
            self.helps, self.jumps, self.stalls
        )?;
        writeln!(f, "  safe line: {}", self.promise)?;
        writeln!(f, "  in time: {}.{} % of answered", self.in_time / 10, self.in_time % 10)?;
        for (risk, waits) in &self.safeguarding {
            let [half, most, longest] = [waits.half, waits.most, waits.longest].map(|w| w.0 as f64 / 1_000.0);
            writeln!(
                f,
                "  safe line {}: {} reached a human, half in {half:.1} s, 95 % in {most:.1} s, all in {longest:.1} s",
                risk.as_str(),
                waits.count
            )?;
        }
        writeln!(
            f,
            "  safe line: {} ended unreached, after {:.1} s at most",
            self.unreached,
            self.unreached_longest.0 as f64 / 1_000.0
        )?;
        writeln!(f, "  state {:016x}", self.state_hash)?;
        for violation in &self.violations {
            writeln!(f, "  BROKEN {violation}")?;
        }
        Ok(())
    }
}
