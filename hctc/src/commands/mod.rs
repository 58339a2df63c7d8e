//! The commands besides `serve`, one file each, and what they share: reading the configuration and
//! showing faults.

pub mod centre;
pub mod cert;
pub mod check;
pub mod figures;
pub mod simulate;
pub mod user;
pub mod why;

use crate::config::Config;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::process::ExitCode;
use vocabulary::Fault;

/// Reads the named file (or none) and the environment.
///
/// # Errors
/// Every fault of both.
pub fn read_config(file: Option<&Path>) -> Result<Config, Vec<Fault>> {
    let environment: BTreeMap<String, String> =
        std::env::vars().filter(|(name, _)| name.starts_with("HCTC_")).collect();
    let Some(path) = file else {
        return Config::read("hctc.toml", "", &environment);
    };
    let shown = path.display().to_string();
    let source = std::fs::read_to_string(path).map_err(|e| vec![Fault::whole(&shown, format!("cannot be read: {e}"))])?;
    Config::read(&shown, &source, &environment)
}

/// Prints every fault, one a line, to standard error.
pub fn show_faults(faults: &[Fault]) -> ExitCode {
    let mut sorted: Vec<&Fault> = faults.iter().collect();
    sorted.sort();
    for fault in sorted {
        eprintln!("{fault}");
    }
    eprintln!("{} fault{}", faults.len(), if faults.len() == 1 { "" } else { "s" });
    ExitCode::FAILURE
}

/// Prints what a command has to say.
pub fn say(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a short command that needs the database.
pub fn block_on(command: impl Future<Output = Result<String, String>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => say(runtime.block_on(command)),
        Err(error) => say(Err(format!("the runtime does not start: {error}"))),
    }
}
