//! `hctc centre`: the set-up as a file. The journal is the truth: an import writes each change into it as
//! one command, so the centre, its other writer, must be stopped; `export` and `diff` only read.

use crate::clock::Clock;
use crate::config::Config;
use crate::serve::{lock, stores};
use clap::Subcommand;
use std::path::{Path, PathBuf};
use vocabulary::centre::{Centre, Change};

/// What can be done with the set-up.
#[derive(Subcommand)]
pub enum CentreCommand {
    /// Print the set-up in force as `centre.toml`.
    Export,
    /// Put a file in force, change by change. The centre must not be running.
    Import {
        /// The file.
        file: PathBuf,
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
            // The journal has one writer: the running centre.
            let _lock = lock::take(&config.data_dir).map_err(|e| e.to_string())?;
            let changes = stores.import(&wanted, &Clock::start()).await?;
            Ok(format!("{changes} change{} put in force.", if changes == 1 { "" } else { "s" }))
        }
    }
}

fn read(file: &Path) -> Result<Centre, String> {
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
    }
}
