//! `hctc centre`: the set-up as a file. The journal is the truth: an import is one command in it, sent to
//! the centre if it runs and written here if it does not. `export`, `diff` and `history` only read.

use crate::clock::Clock;
use crate::control::{self, Answer, Ask};
use crate::config::Config;
use crate::serve::stores::{self, Stores};
use crate::serve::lock;
use clap::Subcommand;
use std::path::{Path, PathBuf};
use vocabulary::centre::{Centre, Change};
use vocabulary::{Day, Time};

/// What can be done with the set-up.
#[derive(Subcommand)]
pub enum CentreCommand {
    /// Print the set-up in force as `centre.toml`.
    Export,
    /// Put a file in force, all of it or none. A centre that runs takes it at once and drops nobody.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Show every change there was: its number, when, by whom, what.
    History,
    /// Put the set-up back as it was before a change.
    Rollback {
        /// The change's number in the history.
        number: u64,
    },
    /// Show what an import would change.
    Diff {
        /// The file.
        file: PathBuf,
    },
}

/// Carries it out.
///
/// # Errors
/// A sentence, or every fault of the file.
pub async fn run(config: Config, command: CentreCommand) -> Result<String, String> {
    let assets = crate::assets::Assets::read(&config).map_err(|faults| lines(&faults))?;
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    match command {
        CentreCommand::Export => {
            let centre = stores.centre_in_force(&assets.centre).await.map_err(|e| e.to_string())?;
            Ok(centre.to_toml())
        }
        CentreCommand::Diff { file } => {
            let wanted = read(&file)?;
            let centre = stores.centre_in_force(&assets.centre).await.map_err(|e| e.to_string())?;
            let changes = centre.changes_to(&wanted);
            if changes.is_empty() {
                return Ok("Nothing would change.".into());
            }
            Ok(changes.iter().map(|change| said(change, &centre)).collect::<Vec<_>>().join("\n"))
        }
        CentreCommand::Import { file } => {
            let wanted = read(&file)?;
            put_in_force(&config, &stores, &wanted).await
        }
        CentreCommand::History => {
            let changes = stores.set_ups(&assets.centre.floor).await.map_err(|e| e.to_string())?;
            let mut centre = Centre::empty(assets.centre.floor.clone());
            let mut told = Vec::new();
            for (entry, change, by) in &changes {
                let what = change.each().map(|one| said(one, &centre)).collect::<Vec<_>>();
                told.push(format!("{:>8}  {}  {by}  {}", entry.seq, moment(entry.at), what.join(", ")));
                centre.apply(change);
            }
            Ok(if told.is_empty() { "Nothing was ever set up here.".into() } else { told.join("\n") })
        }
        CentreCommand::Rollback { number } => {
            let changes = stores.set_ups(&assets.centre.floor).await.map_err(|e| e.to_string())?;
            if !changes.iter().any(|(entry, ..)| entry.seq == number) {
                return Err(format!("there is no change {number}; `hctc centre history` lists them"));
            }
            if changes.first().is_some_and(|(entry, ..)| entry.seq == number) {
                return Err(format!("change {number} was the first: there is no set-up before it to go back to"));
            }
            let mut wanted = Centre::empty(assets.centre.floor.clone());
            changes.iter().filter(|(entry, ..)| entry.seq < number).for_each(|(_, change, _)| wanted.apply(change));
            wanted.check("the set-up before it").map_err(|faults| lines(&faults))?;
            put_in_force(&config, &stores, &wanted).await
        }
    }
}

/// The journal has one writer: the running centre, or else this process.
async fn put_in_force(config: &Config, stores: &Stores, wanted: &Centre) -> Result<String, String> {
    let changes = match lock::take(&config.data_dir) {
        Ok(_lock) => stores.import(wanted, &Clock::start()).await?,
        Err(lock::Locked::Running(_)) => {
            let ask = Ask::PutInForce { file: wanted.to_toml() };
            match control::ask(&config.data_dir, &ask).await.map_err(|e| e.to_string())? {
                Answer::Done { changes } => changes,
                Answer::Refused { why } => return Err(format!("nothing was changed: {why}")),
            }
        }
        Err(error) => return Err(error.to_string()),
    };
    Ok(format!("{changes} change{} put in force.", if changes == 1 { "" } else { "s" }))
}

/// East Africa Time, to the second.
fn moment(at: Time) -> String {
    let day = Day::of(at);
    let seconds = at.since(day.start()).as_seconds();
    format!("{day} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

pub(super) fn read(file: &Path) -> Result<Centre, String> {
    let shown = file.display().to_string();
    let source = std::fs::read_to_string(file).map_err(|e| format!("{shown}: cannot be read: {e}"))?;
    Centre::parse(&shown, &source).map_err(|faults| lines(&faults))
}

fn lines(faults: &[vocabulary::Fault]) -> String {
    faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n")
}

/// One change as a line a person reads: `+` is new, `~` differs, `-` goes.
fn said(change: &Change, now: &Centre) -> String {
    let sign = |there: bool| if there { '~' } else { '+' };
    match change {
        Change::RulesSet { .. } => "~ rules".into(),
        Change::EntrySet { entry } => format!("{} entry {}", sign(now.entries.contains_key(&entry.name)), entry.name),
        Change::EntryRemoved { entry } => format!("- entry {entry}"),
        Change::QueueSet { queue } => format!("{} queue {}", sign(now.queues.contains_key(&queue.name)), queue.name),
        Change::QueueRemoved { queue } => format!("- queue {queue}"),
        Change::AgentSet { agent } => format!("{} agent {}", sign(now.agents.contains_key(&agent.name)), agent.name),
        Change::AgentRemoved { agent } => format!("- agent {agent}"),
        Change::CalendarSet { name, .. } => format!("{} calendar {name}", sign(now.calendars.contains_key(name))),
        Change::CalendarRemoved { name } => format!("- calendar {name}"),
        Change::ShiftSet { shift } => format!("{} shift {}", sign(now.shifts.contains_key(&shift.name)), shift.name),
        Change::ShiftRemoved { shift } => format!("- shift {shift}"),
        Change::AbsenceSet { absence } => format!("+ absence {} {} {}", absence.day, absence.shift, absence.agent),
        Change::AbsenceRemoved { absence } => format!("- absence {} {} {}", absence.day, absence.shift, absence.agent),
        Change::Together { changes } => changes.iter().map(|one| said(one, now)).collect::<Vec<_>>().join(", "),
    }
}
