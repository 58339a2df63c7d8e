//! `make demo`: a centre, a few agents and a mixed crowd in under two minutes; exit 1 if a promise broke.

use clap::Parser;
use load_tests::centre::Settings;
use load_tests::demo::{self, Progress};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// It is over within two minutes, whatever happens.
const LIMIT: Duration = Duration::from_secs(115);

/// A centre at work: a crowd of citizens by phone, web call and chat, agents at desks, promises checked.
#[derive(Parser)]
struct Options {
    /// The centre's binary; without it HCTC_BINARY, or `hctc` beside this program.
    #[arg(long)]
    hctc: Option<PathBuf>,
    /// What the centre logs, as a filter of `tracing`; shown if something goes wrong.
    #[arg(long, default_value = "warn")]
    log: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let settings = Settings { binary: options.hctc, log: Some(options.log), ..Settings::default() };
    let progress = Progress::begin();
    match tokio::time::timeout(LIMIT, demo::run(&settings, progress)).await {
        Ok(Ok(true)) => {
            println!("Every promise was kept, in {:.0} s.", progress.seconds());
            ExitCode::SUCCESS
        }
        Ok(Ok(false)) => {
            println!("A promise was broken.");
            ExitCode::FAILURE
        }
        Ok(Err(trouble)) => {
            eprintln!("demo: {trouble}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("demo: not over within {} s", LIMIT.as_secs());
            ExitCode::FAILURE
        }
    }
}
