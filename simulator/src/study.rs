//! The centre at its real size in virtual time: a day or a year of everyone who comes, through the
//! real routing engine, with the staff of a roster. What is asked goes in as a [`Study`], what came
//! of it comes out as [`Findings`]. Unlike [`crate::run`] nothing is broken on purpose here.

mod coming;
mod demand;
mod drive;
mod findings;
mod generated;
mod page;
mod recorded;
mod roster;
mod story;
mod tally;
mod theory;

pub use findings::{Findings, QuarterRow, QueueRow, StaffingRow, WaitRow};
pub use recorded::{Comparison, Replay};
pub use theory::{Measured, steady};

use crate::Seed;
use demand::Demand;
use drive::{Conduct, Drive};
use findings::Ground;
use roster::Roster;
use vocabulary::calendar::Day;
use vocabulary::centre::Centre;
use vocabulary::{Event, Lane, Span, Time};

/// Interactions a year the plan asks for (facts.md 2.1).
pub const PER_YEAR: u64 = 20_000_000;

/// The most hours of one study: a leap year.
pub const MOST_HOURS: u32 = 366 * 24;

/// The most times the planned load.
pub const MOST_LOAD: u32 = 1_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    /// What decides every chance.
    pub seed: Seed,
    /// How many hours, from midnight on.
    pub hours: u32,
    /// The set-up; `None` for a generated one of 200 agents.
    pub centre: Option<Centre>,
    /// Contacts that come, in percent of the planned load.
    pub load: u32,
    /// Rostered agents who do not come to work, in percent; `None` for what the roster says (its
    /// absences where the set-up has shifts, a planned share where shifts are made up here).
    pub absent: Option<u32>,
    /// Whether outside lines are dead.
    pub lines_down: bool,
    /// Whether the staff that calls need is also found by trial with the routing engine.
    pub trials: bool,
}

impl Study {
    /// One planned day.
    pub fn day(seed: Seed) -> Study {
        Study { seed, hours: 24, centre: None, load: 100, absent: None, lines_down: false, trials: true }
    }
}

/// The first day of every study: a Monday without a holiday in its week.
fn first_day() -> Day {
    Day::from_date(2026, 11, 23).expect("a day of the calendar")
}

/// The centre that is simulated where a study names none: the planned 200 universal agents.
pub fn planned() -> Centre {
    generated::centre()
}

/// Carries a study out. `progress` hears of each whole day that is over.
///
/// # Errors
/// A sentence when the set-up cannot be simulated: nobody serves, or no queue takes contacts.
pub fn study(study: &Study, progress: &mut dyn FnMut(u32)) -> Result<Findings, String> {
    carry_out(study, progress, &mut |_, _| {})
}

/// The same, and every event as the floor decides it: a journal to replay.
///
/// # Errors
/// As [`study`].
pub fn study_into(study: &Study, journal: &mut dyn FnMut(Time, &Event)) -> Result<Findings, String> {
    carry_out(study, &mut |_| {}, journal)
}

fn carry_out(
    study: &Study,
    progress: &mut dyn FnMut(u32),
    journal: &mut dyn FnMut(Time, &Event),
) -> Result<Findings, String> {
    let centre = study.centre.clone().unwrap_or_else(generated::centre);
    let from = first_day().start();
    let to = from + Span::minutes(60 * i64::from(study.hours.min(MOST_HOURS)));
    let mut comings = Demand::new(study, &centre, from, to)?;
    let mut roster = Roster::new(study, &centre, from, to)?;
    let conduct = Conduct { lines_down: study.lines_down, ..Conduct::usual() };
    let mut drive = Drive::new(study.seed, &centre, conduct, from, journal);
    let mut days = 0;
    drive.run(&mut comings, &mut roster, |now: Time| {
        while i64::from(days + 1) * 86_400_000 <= now.since(from).0 {
            days += 1;
            progress(days);
        }
    });
    let ground = Ground {
        seed: study.seed,
        load: study.load,
        trials: study.trials,
        centre: &centre,
        // Nobody in here is real.
        cleared: Lane::ALL.into_iter().collect(),
        from,
        to,
    };
    Ok(drive.findings(&ground))
}
