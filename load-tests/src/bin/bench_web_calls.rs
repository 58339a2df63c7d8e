//! What a bridged and recorded call costs, between SIP citizens and agents on WebRTC legs, beside
//! rtpengine relaying as many sessions in the same run. Exit 1 if the comparison would be unfair.

use clap::Parser;
use load_tests::bench::calls::{Seats, Size, run};
use std::path::PathBuf;
use std::process::ExitCode;

/// CPU per 100 calls, packet loss and added delay.
#[derive(Parser)]
struct Options {
    /// Calls up at once.
    #[arg(long, default_value_t = 30)]
    calls: usize,
    /// Windows of each system, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds a window lasts.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The core both servers run on; the generator should have another (scripts/bench.sh sees to it).
    #[arg(long)]
    core: Option<usize>,
    /// The centre's binary; without it HCTC_BINARY, or `hctc` beside this program.
    #[arg(long)]
    hctc: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Options { calls, rounds, seconds, core, hctc } = Options::parse();
    match run(hctc, Size { calls, rounds, seconds, core }, Seats::WebRtc).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench_web_calls: {trouble}");
            ExitCode::FAILURE
        }
    }
}
