//! How fast calls are set up, from INVITE to 200, with SIPp as the citizens. Exit 1 if calls failed.

use clap::Parser;
use load_tests::bench::setup::run;
use std::path::PathBuf;
use std::process::ExitCode;

/// Set-up time and CPU at several rates.
#[derive(Parser)]
struct Options {
    /// Calls a second, one row each.
    #[arg(long, value_delimiter = ',', default_value = "25,50,100,200")]
    rates: Vec<u32>,
    /// Seconds each rate is kept up.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// The core the centre runs on; SIPp should have another.
    #[arg(long)]
    core: Option<usize>,
    /// The centre's binary; without it HCTC_BINARY, or `hctc` beside this program.
    #[arg(long)]
    hctc: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Options { rates, seconds, core, hctc } = Options::parse();
    if rates.contains(&0) || seconds == 0 {
        eprintln!("bench_setup: a rate and a time above 0 are needed");
        return ExitCode::FAILURE;
    }
    match run(hctc, &rates, seconds, core).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench_setup: {trouble}");
            ExitCode::FAILURE
        }
    }
}
