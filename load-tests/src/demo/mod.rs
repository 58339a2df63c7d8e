//! The demonstration: a centre of its own, a few agents, a mixed crowd, and at the end the question
//! whether every promise was kept. What people do is `cast`, how they do it `crowd` and `team`, what is
//! asked afterwards `evidence` and `promises`; `table` shows it.

mod browsers;
mod cast;
mod crowd;
mod evidence;
mod promises;
mod table;
mod team;

use crate::Trouble;
use crate::centre::{Centre, Settings};
use crate::staff::{Staff, Wall};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the floor may take to come to rest once the crowd has gone.
const REST: Duration = Duration::from_secs(40);

/// What is told while it runs.
#[derive(Clone, Copy)]
pub struct Progress(Instant);

impl Progress {
    /// Counts from now.
    pub fn begin() -> Progress {
        Progress(Instant::now())
    }

    /// One line with its time.
    pub fn say(&self, text: impl std::fmt::Display) {
        println!("[{:5.1} s] {text}", self.0.elapsed().as_secs_f64());
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Runs it and prints what came of it; true if every promise was kept.
///
/// # Errors
/// It could not be carried out.
pub async fn run(settings: &Settings, progress: Progress) -> Result<bool, Trouble> {
    progress.say("starting a centre on ports of its own, in a temporary folder");
    let mut centre = Arc::new(Centre::start(settings).await?);
    progress.say(format!("the centre is healthy: {}", centre.url()));
    let result = play(&centre, progress).await;
    if result.is_err() || !Arc::get_mut(&mut centre).is_none_or(Centre::is_alive) {
        eprintln!("--- the centre's last lines ---\n{}", centre.log());
    }
    let kept = result?;
    let Some(centre) = Arc::into_inner(centre) else { return Ok(kept) };
    let stopped = centre.stop().await?;
    match stopped {
        Some(status) if status.success() => progress.say("the centre has stopped, as it was told"),
        Some(status) => progress.say(format!("BROKEN: told to stop, the centre ended with {status}")),
        None => progress.say("BROKEN: told to stop, the centre with nothing left to do did not, and was killed"),
    }
    Ok(kept && stopped.is_some_and(|status| status.success()))
}

async fn play(centre: &Arc<Centre>, progress: Progress) -> Result<bool, Trouble> {
    let cleared = Staff::log_in(centre, "pendo").await?;
    let uncleared = Staff::log_in(centre, "kamau").await?;
    let mut wall = Wall::open(&cleared).await?;
    progress.say("pendo, a supervisor cleared for safeguarding, watches the wall");
    let team = team::Team::start(centre, progress).await?;
    let citizens = cast::crowd();
    progress.say(format!("{} citizens come: by phone, web call and chat", citizens.len()));
    let outcomes = crowd::play(centre, &team, citizens, progress).await;
    progress.say("the crowd has gone; waiting for the floor to come to rest");
    let rested = wall.until("the floor to come to rest", REST, at_rest).await;
    // A floor that does not rest is a broken promise, not the end of the demonstration.
    let picture = rested.unwrap_or_else(|_| wall.picture());
    let evidence = evidence::gather(&cleared, &uncleared, &team, outcomes, picture, progress).await?;
    let promises = promises::judge(&evidence);
    team.stop().await;
    println!();
    table::print(&evidence);
    println!();
    let kept = promises::print(&promises);
    Ok(kept)
}

/// Nobody waits or is in a flow, and no agent has anything at hand.
fn at_rest(picture: &Value) -> bool {
    let none = |key: &str| picture["totals"][key].as_u64().unwrap_or(0) == 0;
    let agents = picture["agents"].as_array();
    none("waiting") && none("in_flow") && agents.is_some_and(|agents| agents.iter().all(|a| a["contacts"] == 0))
}
