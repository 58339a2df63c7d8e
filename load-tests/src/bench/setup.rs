//! How fast calls are set up: SIPp places them at a rate, each is answered, acknowledged and ended. From
//! INVITE to 200 the centre mints a contact, journals its arrival, opens media and begins to speak.

use crate::Trouble;
use crate::bench::cpu::{Cpu, memory};
use crate::bench::peers::{self, About};
use crate::centre::{Centre, NUMBER, Settings, project};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long SIPp may take beyond its calls.
const GRACE: Duration = Duration::from_secs(40);

/// One rate's result.
struct Row {
    rate: u32,
    placed: u32,
    done: u32,
    cores: f64,
    millis: Vec<f64>,
    memory: f64,
}

/// Measures each rate for so many seconds and prints.
///
/// # Errors
/// It could not be carried out, or calls failed.
pub async fn run(binary: Option<PathBuf>, rates: &[u32], seconds: u32, core: Option<usize>) -> Result<(), Trouble> {
    let centre = Centre::start(&Settings { binary, core, ..Settings::default() }).await?;
    println!("{:>8} {:>8} {:>8} {:>7} {:>9} {:>9} {:>9} {:>8}", "calls/s", "placed", "done", "cores", "p50 ms", "p99 ms", "max ms", "MB");
    let mut failed = Vec::new();
    for rate in rates {
        let row = one(&centre, *rate, rate * seconds).await?;
        let at = |share: f64| row.millis.get(((row.millis.len() as f64 * share) as usize).min(row.millis.len().saturating_sub(1))).copied();
        let shown = |share: f64| at(share).unwrap_or(f64::NAN);
        println!(
            "{:>8} {:>8} {:>8} {:>7.2} {:>9.1} {:>9.1} {:>9.1} {:>8.0}",
            row.rate, row.placed, row.done, row.cores, shown(0.5), shown(0.99), shown(1.0), row.memory
        );
        if row.done != row.placed {
            failed.push(format!("{} of {} calls at {}/s failed", row.placed - row.done, row.placed, row.rate));
        }
    }
    if !failed.is_empty() {
        eprintln!("--- the centre's last lines ---\n{}", centre.log());
        return Err(Trouble::program("hctc", failed.join("; ")));
    }
    centre.stop().await?;
    peers::print(About::SetUp);
    Ok(())
}

async fn one(centre: &Centre, rate: u32, calls: u32) -> Result<Row, Trouble> {
    let folder = tempfile::tempdir()?;
    let before = Cpu::read(centre.pid())?;
    let began = Instant::now();
    let limit = Duration::from_secs(u64::from(calls / rate)) + GRACE;
    let mut sipp = Command::new("sipp")
        .arg(centre.sip.to_string())
        .arg("-sf")
        .arg(project().join("load-tests/sipp/setup.xml"))
        .args(["-s", NUMBER, "-i", "127.0.0.1", "-nostdin", "-trace_rtt", "-rtt_freq", "1", "-trace_stat", "-fd", "1"])
        .args(["-r", &rate.to_string(), "-m", &calls.to_string(), "-l", &(rate * 20).to_string()])
        .args(["-timeout", &limit.as_secs().to_string(), "-recv_timeout", "20000"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| Trouble::Missing { program: "sipp".into(), source })?;
    let ended = tokio::time::timeout(limit + GRACE, sipp.wait()).await;
    ended.map_err(|_| Trouble::Late { what: "SIPp to end".into(), patience: limit + GRACE })??;
    let used = Cpu::read(centre.pid())?.seconds_since(&before);
    let (done, millis) = read(folder.path())?;
    let cores = used / began.elapsed().as_secs_f64();
    Ok(Row { rate, placed: calls, done, cores, millis, memory: memory(centre.pid())? })
}

/// Calls that succeeded and every response time in milliseconds, sorted, from SIPp's files.
fn read(folder: &Path) -> Result<(u32, Vec<f64>), Trouble> {
    let (mut done, mut millis) = (0, Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()).map(str::to_owned) else { continue };
        if !name.ends_with(".csv") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        if name.contains("_rtt") {
            millis.extend(response_times(&text));
        } else {
            done = successes(&text).unwrap_or(0);
        }
    }
    millis.sort_by(f64::total_cmp);
    Ok((done, millis))
}

/// Lines are `date;milliseconds;name` under a heading.
fn response_times(csv: &str) -> impl Iterator<Item = f64> + '_ {
    csv.lines().skip(1).filter_map(|line| line.split(';').nth(1)?.trim().parse().ok())
}

/// The last line's `SuccessfulCall(C)`.
fn successes(csv: &str) -> Option<u32> {
    let mut lines = csv.lines();
    let column = lines.next()?.split(';').position(|name| name == "SuccessfulCall(C)")?;
    lines.last()?.split(';').nth(column)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sipp_files_are_read() {
        let rtt = "Date_ms;response_time_ms;rtd_name\n1795000000.1;3.5;1\n1795000000.2;12;1\n";
        assert_eq!(response_times(rtt).collect::<Vec<_>>(), [3.5, 12.0]);
        let stat = "StartTime;SuccessfulCall(P);SuccessfulCall(C);\nx;1;1;\nx;2;3;\n";
        assert_eq!(successes(stat), Some(3));
        assert_eq!(successes("Other;\n1;\n"), None);
    }
}
