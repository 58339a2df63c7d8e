//! What relaying a session costs in the media plane alone, beside rtpengine relaying as many in the same
//! run. Exit 1 if the comparison would be unfair.

use clap::Parser;
use load_tests::bench::relay::{Size, run, serve};
use std::process::ExitCode;

/// CPU, packet loss and added delay of relayed sessions, as a ratio to rtpengine's.
#[derive(Parser)]
struct Options {
    /// Sessions up at once.
    #[arg(long, default_value_t = 1_000)]
    sessions: usize,
    /// Windows of each system, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds a window lasts.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The core both systems run on; the generator should have another (scripts/bench.sh sees to it).
    #[arg(long)]
    core: Option<usize>,
    /// Be the plane's process; the benchmark starts it itself.
    #[arg(long, hide = true)]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Options { sessions, rounds, seconds, core, serve: as_plane } = Options::parse();
    let done = if as_plane { serve().await } else { run(Size { sessions, rounds, seconds, core }).await };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench_relay: {trouble}");
            ExitCode::FAILURE
        }
    }
}
