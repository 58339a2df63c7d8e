//! Tables: books added up by queue, lane, channel, tenant or agent, by quarter-hour or day, for one
//! viewer.

use super::small::{Shape, masks};
use super::{Book, Counts, Errors, Quarter, Row, Safe, Work};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vocabulary::{Lane, Time};

pub use vocabulary::calendar::Day;

/// What a table has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Each queue, and one row for contacts without a queue the viewer sees.
    Queue,
    /// Each lane the viewer sees, and one row for the rest.
    Lane,
    /// Each channel.
    Channel,
    /// Each tenant.
    Tenant,
    /// Each agent.
    Agent,
}

/// The spans of time of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Quarters of an hour.
    QuarterHour,
    /// Days.
    Day,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Safeguarding lanes they are cleared for.
    pub clearances: &'a BTreeSet<Lane>,
}

/// Figures added up for one viewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// By span of time, then by key.
    pub rows: Vec<Cell>,
    /// Everyone, by span of time: each contact once.
    pub totals: Vec<Cell>,
}

/// One row of a table in one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The first moment of the span.
    pub at: Time,
    /// The name of the queue, lane, channel, tenant or agent; `None` for everyone else, and in totals.
    pub key: Option<String>,
    /// Figures of contacts.
    pub counts: Counts,
    /// Errors of told waits.
    pub errors: Errors,
    /// Time to a human, of lanes the viewer sees; `None` where they see none.
    pub safe: Option<Safe>,
    /// Figures of agents.
    pub work: Work,
    /// Counted columns left out because they would tell of small counts. What is in them must not
    /// be shown.
    pub left_out: BTreeSet<&'static str>,
}

impl Scope<'_> {
    /// Whether the viewer sees figures of a lane by itself.
    pub fn sees(&self, lane: Lane) -> bool {
        !lane.is_safeguarding() || self.clearances.contains(&lane)
    }

    /// Whether they see every lane.
    pub fn sees_all(&self) -> bool {
        Lane::ALL.into_iter().all(|lane| self.sees(lane))
    }

    /// Whether they see any safeguarding lane.
    pub fn sees_any(&self) -> bool {
        Lane::ALL.into_iter().any(|lane| lane.is_safeguarding() && self.sees(lane))
    }

    /// A row as the viewer may have it in figures of everyone.
    pub(super) fn folded(&self, row: &Row) -> Row {
        if self.sees(row.lane) {
            return row.clone();
        }
        Row { queue: None, lane: Lane::Standard, safe: Safe::default(), ..row.clone() }
    }
}

/// Adds books up. Whole days only: what is left out of a day's quarter-hours depends on the day.
/// `None` for a table by lane when the viewer sees no safeguarding lane.
///
/// `small`: fewer contacts of lanes the viewer does not see than this are not to be found out:
/// cells are left out until neither they nor a total minus the visible rest tell.
pub fn table(books: &BTreeMap<Quarter, Arc<Book>>, scope: Scope, by: By, step: Step, small: u32) -> Option<Table> {
    if by == By::Lane && !scope.sees_any() {
        return None;
    }
    let mut days: BTreeMap<Day, Vec<(Quarter, &Book)>> = BTreeMap::new();
    for (quarter, book) in books {
        days.entry(quarter.day()).or_default().push((*quarter, book));
    }
    let mut table = Table::default();
    for (day, quarters) in days {
        let mut grid = Grid::of(day, &quarters, scope, by);
        grid.leave_out(u64::from(small), by);
        grid.into_table(step, &mut table);
    }
    Some(table)
}

/// One cell with what the viewer may not see of it.
#[derive(Clone)]
struct Sum {
    cell: Cell,
    secret: Counts,
    secret_work: Work,
}

impl Sum {
    fn new(at: Time, key: Option<String>, scope: Scope) -> Sum {
        let cell = Cell {
            at,
            key,
            counts: Counts::default(),
            errors: Errors::default(),
            safe: scope.sees_any().then(Safe::default),
            work: Work::default(),
            left_out: BTreeSet::new(),
        };
        Sum { cell, secret: Counts::default(), secret_work: Work::default() }
    }

    fn add_row(&mut self, row: &Row, scope: Scope) {
        self.cell.counts.add(&row.counts);
        self.cell.errors.add(&row.errors);
        if !scope.sees(row.lane) {
            self.secret.add(&row.counts);
        } else if let Some(safe) = &mut self.cell.safe {
            safe.add(&row.safe);
        }
    }

    fn add_work(&mut self, lane: Lane, work: &Work, scope: Scope) {
        self.cell.work.add(work);
        if !scope.sees(lane) {
            self.secret_work.add(work);
        }
    }
}

/// Rows over the quarter-hours of one day. The last row is the total, the last span the day.
struct Grid {
    rows: Vec<Vec<Sum>>,
}

impl Grid {
    fn of(day: Day, quarters: &[(Quarter, &Book)], scope: Scope, by: By) -> Grid {
        let mut keys: BTreeSet<Option<String>> = BTreeSet::new();
        for (_, book) in quarters {
            each(book, scope, by, |key, _| {
                keys.insert(key);
            });
        }
        let keys: Vec<Option<String>> = keys.into_iter().collect();
        let spans: Vec<Time> = quarters.iter().map(|(quarter, _)| quarter.start()).chain([day.start()]).collect();
        let new = |key: &Option<String>| spans.iter().map(|at| Sum::new(*at, key.clone(), scope)).collect();
        let mut rows: Vec<Vec<Sum>> = keys.iter().chain([&None]).map(new).collect();
        let (whole, total) = (spans.len() - 1, keys.len());
        for (span, (_, book)) in quarters.iter().enumerate() {
            each(book, scope, by, |key, figure| {
                let row = keys.binary_search(&key).expect("every key was collected");
                figure.add_to(&mut rows[row][span], scope);
                figure.add_to(&mut rows[row][whole], scope);
            });
            for figure in everyone(book, by) {
                figure.add_to(&mut rows[total][span], scope);
                figure.add_to(&mut rows[total][whole], scope);
            }
        }
        Grid { rows }
    }

    fn leave_out(&mut self, small: u64, by: By) {
        let agents = by == By::Agent;
        let values = |sum: &Sum| -> Vec<u64> {
            match agents {
                true => Work::COUNTS.iter().map(|(_, read)| read(&sum.secret_work)).collect(),
                false => Counts::COUNTS.iter().map(|(_, read)| read(&sum.secret)).collect(),
            }
        };
        let secrets: Vec<Vec<Vec<u64>>> = self.rows.iter().map(|row| row.iter().map(values).collect()).collect();
        if secrets.iter().flatten().flatten().all(|secret| *secret == 0) {
            return;
        }
        let shape = if agents { Shape { free: None, parts: Vec::new() } } else { shape() };
        let total = secrets.len() - 1;
        // By queue (and by lane) the rows beside the one that holds the rest are the viewer's own
        // figures and are never left out; so the rest is left out exactly where the total is.
        let masks = if matches!(by, By::Queue | By::Lane) {
            let of_total = masks(&vec![secrets[total].clone()], small, &shape).remove(0);
            let none = vec![vec![false; of_total[0].len()]; of_total.len()];
            let rows = self.rows.iter().map(|row| row[0].cell.key.is_none());
            rows.map(|rest| if rest { of_total.clone() } else { none.clone() }).collect()
        } else {
            masks(&secrets, small, &shape)
        };
        for (row, masks) in self.rows.iter_mut().zip(masks) {
            for (sum, masks) in row.iter_mut().zip(masks) {
                let names: Vec<&'static str> = match agents {
                    true => Work::COUNTS.iter().map(|(name, _)| *name).collect(),
                    false => Counts::COUNTS.iter().map(|(name, _)| *name).collect(),
                };
                sum.cell.left_out =
                    names.into_iter().zip(masks).filter(|(_, out)| *out).map(|(name, _)| name).collect();
            }
        }
    }

    fn into_table(mut self, step: Step, table: &mut Table) {
        let total = self.rows.pop().unwrap_or_default();
        let last = total.len().saturating_sub(1);
        let spans = match step {
            Step::QuarterHour => 0..last,
            Step::Day => last..last + 1,
        };
        for span in spans {
            let full = |sum: &&Sum| !sum.cell.is_empty();
            table.rows.extend(self.rows.iter().map(|row| &row[span]).filter(full).map(|sum| sum.cell.clone()));
            table.totals.extend([&total[span]].into_iter().filter(full).map(|sum| sum.cell.clone()));
        }
    }
}

impl Cell {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.counts == Counts::default() && self.work == Work::default()
    }
}

/// How the columns of contacts depend on each other.
fn shape() -> Shape {
    let column = |name: &str| {
        let found = Counts::COUNTS.iter().position(|(column, _)| *column == name);
        found.expect("a column of the block")
    };
    let parts = [
        ("in_time", "answered"),
        ("called_back", "answered"),
        ("handled", "answered"),
        ("told", "answered"),
        ("told_kept", "told"),
        ("abandoned_short", "abandoned"),
        ("abandoned_late", "abandoned"),
    ];
    Shape {
        // Who is gone before any queue is in no row by queue, so it is known from nowhere else.
        free: Some(column("left")),
        parts: parts.into_iter().map(|(part, whole)| (column(part), column(whole))).collect(),
    }
}

/// One thing a book holds.
enum Figure<'a> {
    Contact(&'a Row),
    Work(Lane, &'a Work),
}

impl Figure<'_> {
    fn add_to(&self, sum: &mut Sum, scope: Scope) {
        match self {
            Figure::Contact(row) => sum.add_row(row, scope),
            Figure::Work(lane, work) => sum.add_work(*lane, work, scope),
        }
    }
}

/// Everything of a book once.
fn everyone<'a>(book: &'a Book, by: By) -> Vec<Figure<'a>> {
    match by {
        By::Agent => book.agents.iter().map(|row| Figure::Work(row.lane, &row.work)).collect(),
        _ => book.contacts.iter().map(Figure::Contact).collect(),
    }
}

/// Everything of a book with the row it belongs to.
fn each(book: &Book, scope: Scope, by: By, mut see: impl FnMut(Option<String>, Figure)) {
    if by == By::Agent {
        book.agents.iter().for_each(|row| see(Some(row.agent.to_string()), Figure::Work(row.lane, &row.work)));
        return;
    }
    if by == By::Queue {
        let seen = book.queues.iter().filter(|row| scope.sees(row.lane));
        seen.for_each(|row| see(row.queue.as_ref().map(ToString::to_string), Figure::Contact(row)));
    }
    for row in &book.contacts {
        let key = match by {
            By::Queue if row.queue.is_some() && scope.sees(row.lane) => continue,
            By::Queue | By::Agent => None,
            By::Lane => own_lane(row.lane, scope),
            By::Channel => Some(row.channel.as_str().to_owned()),
            By::Tenant => row.tenant.as_ref().map(ToString::to_string),
        };
        see(key, Figure::Contact(row));
    }
}

/// The row of a lane; the standard lane's own only where nothing must be folded into it.
fn own_lane(lane: Lane, scope: Scope) -> Option<String> {
    let own = scope.sees(lane) && (lane != Lane::Standard || scope.sees_all());
    own.then(|| lane.as_str().to_owned())
}
