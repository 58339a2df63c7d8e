//! `hctc simulate`: the centre in virtual time, or yesterday's journal again under other rules. What
//! is printed depends on the arguments (and the files they name) alone; progress goes to standard
//! error.

use super::why;
use crate::config::Config;
use crate::journal;
use crate::serve::stores;
use clap::Args;
use crm::{AuditAct, Db};
use simulator::Seed;
use simulator::study::{self, Comparison, MOST_HOURS, MOST_LOAD, Replay, Study};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vocabulary::centre::Centre;
use vocabulary::{AgentName, FloorName, Lane, Span, Time};

/// What is simulated.
#[derive(Args)]
pub struct Simulate {
    /// What decides every chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hours from midnight on; with a journal, the last so many hours of it. A year is 8760.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_HOURS)))]
    hours: u32,
    /// The set-up; without it, the planned centre of 200 agents, or the journal's own.
    #[arg(long)]
    centre: Option<PathBuf>,
    /// Contacts that come, in percent of the plan's 20 million a year.
    #[arg(long, default_value_t = 100, conflicts_with = "journal",
        value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST_LOAD)))]
    load: u32,
    /// Rostered agents who do not come, in percent.
    #[arg(long, conflicts_with = "journal", value_parser = clap::value_parser!(u32).range(0..=100))]
    absent: Option<u32>,
    /// Outside lines are dead.
    #[arg(long, conflicts_with = "journal")]
    lines_down: bool,
    /// Replay the journal of this data folder instead.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Who reads the replay; needed for figures of the safe line, with password and code.
    #[arg(long = "as", requires = "journal")]
    who: Option<AgentName>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Also write one page with charts.
    #[arg(long, conflicts_with = "journal")]
    html: Option<PathBuf>,
}

/// Carries it out.
///
/// # Errors
/// A sentence, or every fault of the centre file.
pub fn run(config: Config, asked: &Simulate) -> Result<String, String> {
    let centre = asked.centre.as_deref().map(super::centre::read).transpose()?;
    if let Some(folder) = &asked.journal {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("the runtime does not start: {error}"))?;
        let told = runtime.block_on(replay(config, folder, asked, centre))?;
        return said(asked, &told);
    }
    let asked_for = Study {
        seed: Seed(asked.seed),
        hours: asked.hours,
        centre,
        load: asked.load,
        absent: asked.absent,
        lines_down: asked.lines_down,
        trials: true,
    };
    let findings = study::study(&asked_for, &mut |day| eprintln!("day {day} is over"))?;
    if let Some(file) = &asked.html {
        std::fs::write(file, findings.page()).map_err(|e| format!("{}: cannot be written: {e}", file.display()))?;
    }
    said(asked, &findings)
}

fn said<T: serde::Serialize + std::fmt::Display>(asked: &Simulate, told: &T) -> Result<String, String> {
    if asked.json {
        return serde_json::to_string_pretty(told).map_err(|e| e.to_string());
    }
    Ok(told.to_string().trim_end().to_owned())
}

async fn replay(
    config: Config,
    folder: &Path,
    asked: &Simulate,
    centre: Option<Centre>,
) -> Result<Comparison, String> {
    let file = folder.join("journal.db");
    if !file.is_file() {
        return Err(format!("there is no journal in `{}`", folder.display()));
    }
    let db = Db::open(&format!("sqlite:{}", file.display())).await.map_err(|e| e.to_string())?;
    let (floor, last) = floor_of(&db, centre.as_ref()).await?;
    // A whole hour ends the replay, so that its quarter-hours are whole.
    let to = Time((last.0 / 3_600_000 + 1) * 3_600_000);
    let mut replay = Replay::new(floor.clone(), to - Span::minutes(60 * i64::from(asked.hours)), to);
    let (mut seq, mut read) = (0, 0);
    loop {
        let page = journal::after(&db, &floor, seq).await.map_err(|e| e.to_string())?;
        let Some(entry) = page.last() else { break };
        seq = entry.seq;
        page.iter().for_each(|entry| replay.see(entry));
        if seq / 100_000 > read {
            read = seq / 100_000;
            eprintln!("{seq} entries read");
        }
    }
    let cleared = match &asked.who {
        Some(name) => cleared(config, folder, &replay, name).await?,
        None => BTreeSet::new(),
    };
    replay.compare(Seed(asked.seed), centre.as_ref(), &cleared)
}

/// The floor of a journal, and when its last entry was written. Of several floors the one is taken
/// that the set-up names.
async fn floor_of(db: &Db, centre: Option<&Centre>) -> Result<(FloorName, Time), String> {
    let floors = journal::floors(db).await.map_err(|e| e.to_string())?;
    let named = centre.and_then(|centre| floors.iter().find(|(floor, _)| *floor == centre.floor));
    match (named, floors.as_slice()) {
        (Some(found), _) | (None, [found]) => Ok(found.clone()),
        (None, []) => Err("the journal is empty".into()),
        (None, _) => {
            let names: Vec<&str> = floors.iter().map(|(floor, _)| floor.as_str()).collect();
            Err(format!("the journal has the floors {}: name one by a centre file", names.join(", ")))
        }
    }
}

/// The lanes whose figures this person may see, once they have shown who they are. It is audited.
async fn cleared(
    config: Config,
    folder: &Path,
    replay: &Replay,
    name: &AgentName,
) -> Result<BTreeSet<Lane>, String> {
    let config = Config { data_dir: folder.to_owned(), database_url: None, ..config };
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    let reader = why::cleared(&stores, replay.centre(), name).await?;
    let at = crate::clock::Clock::start().now();
    let act = AuditAct { at, who: name.as_str(), what: "journal.simulate", contact: None, reason: "" };
    stores.crm.audit.append(act).await.map_err(|e| e.to_string())?;
    Ok(reader.clearances)
}
