//! One row of figures as it is written: every column by its name, with what a share or an average is made
//! of, and nothing of what is left out.

use acd::figures::{By, Cell, Counts, Safe, Table, Work};
use vocabulary::calendar::{Clock, Day};
use vocabulary::{Span, Time};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// A count.
    Count(u64),
    /// A time.
    Millis(i64),
    /// A share, 0 to 1.
    Share(f64),
    /// There is nothing to divide by.
    Nothing,
    /// It would tell of a small count.
    LeftOut,
}

/// A share or an average of contacts: its name, the counted columns it tells of, and itself.
type Derived = (&'static str, &'static [&'static str], fn(&Cell) -> Option<Told>);

const DERIVED: &[Derived] = &[
    ("service_level_of_answered", &["in_time", "answered"], |c| share(c.counts.service_level_of_answered())),
    ("service_level", &["in_time", "answered", "abandoned_late"], |c| share(c.counts.service_level_of_offered())),
    ("abandonment", &["answered", "abandoned"], |c| share(c.counts.abandonment())),
    ("abandonment_without_short", &["answered", "abandoned", "abandoned_short"], |c| {
        share(c.counts.abandonment_without_short())
    }),
    ("asa_ms", &["answered"], |c| millis(c.counts.average_answer())),
    ("aht_ms", &["handled"], |c| millis(c.counts.average_handling())),
    ("told_error_percent", &["told"], |c| c.errors.median().map(Told::Count)),
];

/// Counted columns whose contacts a column of time is of.
fn behind(time: &str) -> &'static [&'static str] {
    match time {
        "answer_wait" => &["answered"],
        "wait_sum" | "wait_longest" => &["answered", "abandoned", "unreached", "dropped"],
        _ => &["handled"],
    }
}

/// Every column of a row, in order.
pub(super) fn columns(cell: &Cell, by: By) -> Vec<(String, Told)> {
    let hidden = |names: &[&str]| names.iter().any(|name| cell.left_out.contains(name));
    let or_hidden = |names: &[&str], told: Told| if hidden(names) { Told::LeftOut } else { told };
    if by == By::Agent {
        return work(&cell.work, hidden(&["handled"]));
    }
    let mut row: Vec<(String, Told)> = Vec::new();
    for (name, read) in Counts::COUNTS {
        row.push(((*name).to_owned(), or_hidden(&[name], Told::Count(read(&cell.counts)))));
    }
    for (name, read) in Counts::TIMES {
        row.push((format!("{name}_ms"), or_hidden(behind(name), Told::Millis(read(&cell.counts).0))));
    }
    for (name, of, read) in DERIVED {
        row.push(((*name).to_owned(), or_hidden(of, read(cell).unwrap_or(Told::Nothing))));
    }
    if let Some(safe) = &cell.safe {
        row.extend(Safe::COUNTS.iter().map(|(name, read)| (format!("human_{name}"), Told::Count(read(safe)))));
        row.extend(Safe::TIMES.iter().map(|(name, read)| (format!("{name}_ms"), Told::Millis(read(safe).0))));
        row.push(("human_average_ms".to_owned(), millis(safe.average()).unwrap_or(Told::Nothing)));
    }
    row
}

/// Time by the clock is an agent's own; what was handled is of contacts.
fn work(work: &Work, hidden: bool) -> Vec<(String, Told)> {
    let of_contacts = |name: &str| matches!(name, "talk" | "hold" | "wrap_up");
    let mut row: Vec<(String, Told)> = Vec::new();
    for (name, read) in Work::COUNTS {
        row.push(((*name).to_owned(), if hidden { Told::LeftOut } else { Told::Count(read(work)) }));
    }
    for (name, read) in Work::TIMES {
        let told = if hidden && of_contacts(name) { Told::LeftOut } else { Told::Millis(read(work).0) };
        row.push((format!("{name}_ms"), told));
    }
    let handling = millis(work.average_handling()).unwrap_or(Told::Nothing);
    row.push(("aht_ms".to_owned(), if hidden { Told::LeftOut } else { handling }));
    row.push(("occupancy".to_owned(), share(work.occupancy()).unwrap_or(Told::Nothing)));
    row.push(("adherence".to_owned(), share(work.adherence()).unwrap_or(Told::Nothing)));
    row
}

fn share(thousandths: Option<u64>) -> Option<Told> {
    thousandths.map(|n| Told::Share(n as f64 / 1_000.0))
}

fn millis(span: Option<Span>) -> Option<Told> {
    span.map(|span| Told::Millis(span.0))
}

/// The table as CSV (RFC 4180): rows, then totals with the key `*total*`. Times of day are Nairobi's.
pub(super) fn csv(table: &Table, by: By) -> String {
    let mut text = String::new();
    let cells = table.rows.iter().map(|cell| (cell, cell.key.as_deref().unwrap_or("*other*")));
    let totals = table.totals.iter().map(|cell| (cell, "*total*"));
    for (number, (cell, key)) in cells.chain(totals).enumerate() {
        let row = columns(cell, by);
        if number == 0 {
            let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
            text.push_str(&format!("day,time,key,{}\r\n", names.join(",")));
        }
        let values: Vec<String> = row.into_iter().map(|(_, told)| plain(&told)).collect();
        let (day, time) = local(cell.at);
        text.push_str(&format!("{day},{time},{key},{}\r\n", values.join(",")));
    }
    text
}

fn plain(told: &Told) -> String {
    match told {
        Told::Count(count) => count.to_string(),
        Told::Millis(millis) => millis.to_string(),
        Told::Share(share) => share.to_string(),
        Told::Nothing => String::new(),
        Told::LeftOut => "*".to_owned(),
    }
}

fn local(at: Time) -> (Day, Clock) {
    let day = Day::of(at);
    let minutes = u16::try_from(at.since(day.start()).as_seconds() / 60).ok();
    (day, minutes.and_then(Clock::from_minutes).unwrap_or(Clock::START))
}
