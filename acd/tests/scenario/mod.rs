//! The scenario language: what a supervisor would say, one command a line.

mod read;
mod write;

use acd::{Command, Effect, Floor, Output, Snapshot};
use std::collections::BTreeMap;
use vocabulary::{ContactId, Event, FloorName, Time, Ulid};

/// Scenario times count from here: a real moment, so that large numbers are exercised.
const START: i64 = 1_795_000_000_000;

/// Names of contacts, in the order they come in.
#[derive(Default)]
pub struct Names(BTreeMap<String, ContactId>);

impl Names {
    fn id(&mut self, name: &str) -> ContactId {
        let next = ContactId(Ulid::from_parts(START as u64, self.0.len() as u128 + 1));
        *self.0.entry(name.to_owned()).or_insert(next)
    }

    fn name(&self, id: ContactId) -> &str {
        self.0.iter().find(|(_, i)| **i == id).map_or("?", |(name, _)| name)
    }
}

struct Run {
    floor: Floor,
    names: Names,
    now: i64,
    journal: Vec<(Time, Event)>,
    text: String,
}

/// Runs a script and gives it back with what the engine said below each command.
pub fn run(script: &str) -> Result<String, String> {
    let floor = FloorName::new("nairobi").unwrap();
    let mut run = Run {
        floor: Floor::new(floor.clone()),
        names: Names::default(),
        now: 0,
        journal: Vec::new(),
        text: String::new(),
    };
    for (number, line) in script.lines().enumerate() {
        if line.starts_with("    ") {
            continue;
        }
        run.text.push_str(line);
        run.text.push('\n');
        let said = line.trim();
        if !said.is_empty() && !said.starts_with('#') {
            run.line(said).map_err(|fault| format!("line {}: {fault}", number + 1))?;
        }
    }
    run.check(floor);
    Ok(run.text)
}

impl Run {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let timed = words[0].contains(':') && words[0].starts_with(|c: char| c.is_ascii_digit());
        if timed {
            let at = read::time(words[0])?;
            self.pass_to(at);
            let command = read::command(&words[1..], &mut self.names)?;
            self.obey(command, true);
        } else {
            let command = read::command(&words, &mut self.names)?;
            self.obey(command, false);
        }
        Ok(())
    }

    /// Whatever becomes due on the way happens at its own time.
    fn pass_to(&mut self, at: i64) {
        while let Some(due) = self.floor.deadline()
            && due.0 <= START + at * 1_000
        {
            self.now = self.now.max((due.0 - START) / 1_000);
            self.obey(Command::Tick, true);
        }
        self.now = at;
    }

    fn obey(&mut self, command: Command, tell: bool) {
        let now = Time(START + self.now * 1_000);
        let mut out = Vec::new();
        self.floor.handle(now, command, &mut out);
        for output in out {
            let refused = matches!(output, Output::Effect(Effect::Refused(_)));
            let set_up = matches!(output, Output::Event(Event::SetUp { .. } | Event::FloorOpened { .. }));
            if refused || (tell && !set_up) {
                let time = write::time(self.now * 1_000);
                self.text.push_str(&format!("    {time} {}\n", write::output(&output, &self.names)));
            }
            if let Output::Event(event) = output {
                self.journal.push((now, event));
            }
        }
    }

    /// Replay of the events alone, and the snapshot written out and read back, give the same floor.
    fn check(&self, name: FloorName) {
        let mut replayed = Floor::new(name);
        for (at, event) in &self.journal {
            replayed.apply(*at, event);
        }
        assert_eq!(replayed.state_hash(), self.floor.state_hash(), "replay");
        let text = serde_json::to_string(&self.floor.snapshot()).unwrap();
        let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
        let restored = Floor::restore(snapshot);
        assert_eq!(restored.state_hash(), self.floor.state_hash(), "snapshot");
        assert_eq!(restored.deadline(), self.floor.deadline(), "snapshot");
    }
}
