//! `hctc figures`: the figures kept of the past, held against the journal.

use crate::assets::Assets;
use crate::config::Config;
use crate::floor;
use crate::serve::stores;
use clap::Subcommand;
use console::history::History;

/// What can be done with the figures kept.
#[derive(Subcommand)]
pub enum FiguresCommand {
    /// Fold the whole journal and compare every quarter-hour that is over with what is kept of it.
    Verify {
        /// Write those that differ anew.
        #[arg(long)]
        mend: bool,
    },
}

/// Carries it out.
///
/// # Errors
/// A sentence for the person: what differs, or why it could not be compared.
pub async fn run(config: Config, command: FiguresCommand) -> Result<String, String> {
    if !config.data_dir.is_dir() {
        return Err(format!("there is no centre in `{}`", config.data_dir.display()));
    }
    let FiguresCommand::Verify { mend } = command;
    let assets =
        Assets::read(&config).map_err(|faults| faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n"))?;
    let stores = stores::open(&config).await.map_err(|e| e.to_string())?;
    let name = &assets.centre.floor;
    let (fresh, last) = floor::figures_afresh(&stores.journal, name).await.map_err(|e| e.to_string())?;
    let history = History::open(stores.centre.clone()).await.map_err(|e| e.to_string())?;
    let differ = history.differences(name, &fresh, last).await.map_err(|e| e.to_string())?;
    let over = fresh.books(last).keys().filter(|quarter| quarter.end() <= last).count();
    let Some(first) = differ.first() else {
        return Ok(format!("{over} quarter-hours are over; what is kept of them is what the journal says."));
    };
    let what = format!("{} of {over} quarter-hours differ, the first on {}", differ.len(), first.day());
    if !mend {
        return Err(format!("{what}; `hctc figures verify --mend` writes them anew"));
    }
    history.mend(name, &fresh, last, &differ).await.map_err(|e| e.to_string())?;
    Ok(format!("{what}; they were written anew."))
}
