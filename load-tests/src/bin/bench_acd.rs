//! Commands per second of one floor on one core, at 200 and 10,000 agents, beside the naive twin: the
//! obviously right engine that looks at everyone for every step, fed the same commands.

// The twin is a test's: only a part of it is used here, and it may panic where a program may not.
#[allow(dead_code, clippy::unwrap_used, clippy::nonminimal_bool)]
#[path = "../../../acd/tests/naive/engine.rs"]
mod naive;

use acd::{Command, Floor, Output};
use clap::Parser;
use load_tests::bench::engine::{Engine, Load, Offer, Row, measure};
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

fn main() -> ExitCode {
    let options = Options::parse();
    let lasts = Duration::from_secs(options.seconds);
    let name = FloorName::new("bench").expect("a name");
    println!(
        "{:<12} {:>8} {:>8} {:>12} {:>9} {:>9} {:>10} {:>9}",
        "engine", "agents", "waiting", "commands/s", "p50 us", "p99 us", "p99.9 us", "answered"
    );
    for (agents, waiting) in [(200, 100), (200, 1_000), (200, 10_000), (10_000, 1_000), (10_000, 100_000)] {
        let load = Load { agents, waiting, commands: options.commands, lasts };
        let ours = measure(&mut Ours { floor: Floor::new(name.clone()), out: Vec::new() }, load);
        show("acd", load, ours);
        if ours.answered == 0 {
            eprintln!("bench_acd: nobody was served, so nothing was measured");
            return ExitCode::FAILURE;
        }
        // Beyond these it would not end: it looks at everyone again for every step.
        if agents == 200 && waiting <= 1_000 {
            let twin = measure(&mut Twin(Naive::new(name.clone())), load);
            show("naive twin", load, twin);
            if twin.answered == 0 {
                eprintln!("bench_acd: the twin served nobody: it stands for no rival");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("\nSix commands are one call (arrive, enqueue, accept, connect, end, wrap up).");
    peers::print(About::Routing);
    ExitCode::SUCCESS
}

fn show(engine: &str, load: Load, row: Row) {
    let micros = |nanos: u64| nanos as f64 / 1_000.0;
    println!(
        "{engine:<12} {:>8} {:>8} {:>12.0} {:>9.2} {:>9.2} {:>10.2} {:>9}",
        load.agents,
        load.waiting,
        row.per_second,
        micros(row.p50),
        micros(row.p99),
        micros(row.p999),
        row.answered
    );
}
