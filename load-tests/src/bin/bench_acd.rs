//! Commands per second of one floor on one core, at 200 and 10,000 agents, busy and idle, beside the naive
//! twin: the obviously right engine that looks at everyone for every step, fed the same commands.

// The twin is a test's: only a part of it is used here, and it may panic where a program may not.
#[allow(dead_code, clippy::unwrap_used, clippy::nonminimal_bool)]
#[path = "../../../acd/tests/naive/engine.rs"]
mod naive;

use acd::{Command, Floor, Output};
use clap::Parser;
use load_tests::bench::engine::{Engine, Load, Offer, Row, Skills, measure};
use load_tests::bench::peers::{self, About};
use naive::Naive;
use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;
use vocabulary::{Event, FloorName, Time};

/// What each row measures at most, for the twin so that a row of it ends.
#[derive(Parser)]
struct Options {
    /// Commands of each row.
    #[arg(long, default_value_t = 200_000)]
    commands: usize,
    /// Seconds of each row.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

struct Ours {
    floor: Floor,
    out: Vec<Output>,
}

impl Engine for Ours {
    fn obey(&mut self, now: Time, command: Command, offers: &mut VecDeque<Offer>) {
        self.out.clear();
        self.floor.handle(now, command, &mut self.out);
        let events = self.out.iter().filter_map(|o| if let Output::Event(event) = o { Some(event) } else { None });
        offers.extend(events.filter_map(offer));
    }
}

struct Twin(Naive);

impl Engine for Twin {
    fn obey(&mut self, now: Time, command: Command, offers: &mut VecDeque<Offer>) {
        self.0.handle(now, command, true);
        offers.extend(self.0.said.iter().filter_map(offer));
    }
}

fn offer(event: &Event) -> Option<Offer> {
    match event {
        Event::Offered { contact, offer, agents, .. } => Some((*contact, *offer, agents.first()?.clone())),
        _ => None,
    }
}

/// Agents, what they can, contacts waiting: from a night shift to far more than Kenya will need.
const ROWS: [(u64, Skills, u64); 10] = [
    (200, Skills::Sets, 100),
    (200, Skills::Sets, 1_000),
    (200, Skills::Sets, 10_000),
    (10_000, Skills::Sets, 1_000),
    (10_000, Skills::Sets, 100_000),
    (10_000, Skills::Own, 100_000),
    (10_000, Skills::All, 100_000),
    (10_000, Skills::Sets, 0),
    (10_000, Skills::Own, 0),
    (10_000, Skills::All, 0),
];

/// Beyond these the twin would not end: it looks at everyone again for every step.
const TWIN_AGENTS: u64 = 200;
const TWIN_WAITING: u64 = 1_000;

fn main() -> ExitCode {
    let options = Options::parse();
    let lasts = Duration::from_secs(options.seconds);
    let name = FloorName::new("bench").expect("a name");
    println!(
        "{:>8} {:>10} {:>8} {:>12} {:>8} {:>8} {:>9} {:>10} {:>12} {:>8}",
        "agents",
        "skills",
        "waiting",
        "commands/s",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "bytes each",
        "naive twin/s",
        "ratio"
    );
    let mut rows = Vec::new();
    for (agents, skills, waiting) in ROWS {
        let load = Load { agents, skills, waiting, commands: options.commands, lasts };
        let ours = measure(&mut Ours { floor: Floor::new(name.clone()), out: Vec::new() }, load);
        let has_twin = agents <= TWIN_AGENTS && waiting <= TWIN_WAITING;
        let twin = has_twin.then(|| measure(&mut Twin(Naive::new(name.clone())), load));
        show(load, ours, twin);
        if ours.answered == 0 || twin.is_some_and(|twin| twin.answered == 0) {
            eprintln!("bench_acd: nobody was served, so nothing was measured");
            return ExitCode::FAILURE;
        }
        rows.push((load, ours));
    }
    grow(&rows);
    println!("Six commands are one call (arrive, enqueue, accept, connect, end, wrap up). Rates are of CPU time,");
    println!(
        "percentiles of the clock on the wall, so that other work on the machine shows in them. Bytes are what the"
    );
    println!("allocator gave out for each contact that waits. Where nobody waits, half the agents are free.");
    peers::print(About::Routing);
    ExitCode::SUCCESS
}

fn show(load: Load, row: Row, twin: Option<Row>) {
    let micros = |nanos: u64| nanos as f64 / 1_000.0;
    let skills = match load.skills {
        Skills::Sets => "200 sets",
        Skills::Own => "each own",
        Skills::All => "universal",
    };
    let (rate, ratio) = match twin {
        Some(twin) => (format!("{:.0}", twin.per_second), format!("{:.0} x", row.per_second / twin.per_second)),
        None => (String::from("-"), String::from("-")),
    };
    println!(
        "{:>8} {skills:>10} {:>8} {:>12.0} {:>8.2} {:>8.2} {:>9.2} {:>10} {rate:>12} {ratio:>8}",
        load.agents,
        load.waiting,
        row.per_second,
        micros(row.p50),
        micros(row.p99),
        micros(row.p999),
        row.bytes,
    );
}

/// How the cost of a command grows from the smallest busy floor to the largest.
fn grow(rows: &[(Load, Row)]) {
    let mut busy = rows.iter().filter(|(load, _)| load.waiting > 0 && load.skills == Skills::Sets);
    let (Some((small, first)), Some((large, last))) = (busy.next(), busy.next_back()) else { return };
    println!(
        "\nGrowth: from {} agents and {} waiting to {} agents and {} waiting, x{} and x{}, a command costs x{:.1}.",
        small.agents,
        small.waiting,
        large.agents,
        large.waiting,
        large.agents / small.agents,
        large.waiting / small.waiting,
        first.per_second / last.per_second,
    );
}
