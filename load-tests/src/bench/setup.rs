//! How fast calls are set up: SIPp places them at a rate, each is answered, acknowledged and ended. From
//! INVITE to 200 the centre mints a contact, journals its arrival, opens media and begins to speak.
//! SIPp's clock moves in steps of 4 ms, so phones of our own call beside it and are timed finely.

use crate::Trouble;
use crate::bench::cpu::{Cpu, memory};
use crate::bench::peers::{self, About};
use crate::centre::{Centre, NUMBER, Settings, project};
use crate::phone::{Call, Order, Plan, Stage, Voice};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How long SIPp may take beyond its calls.
const GRACE: Duration = Duration::from_secs(40);
/// Between two calls of ours beside SIPp's.
const PROBE_EVERY: Duration = Duration::from_millis(100);
/// How long a call of ours may take to be answered.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);

/// One rate's result.
struct Row {
    rate: u32,
    placed: u32,
    done: u32,
    cores: f64,
    /// As SIPp timed them, sorted.
    sipp: Vec<f64>,
    /// As our own phones did, sorted.
    ours: Vec<f64>,
    memory: f64,
}

/// Measures each rate for so many seconds and prints.
///
/// # Errors
/// It could not be carried out, or calls failed.
pub async fn run(binary: Option<PathBuf>, rates: &[u32], seconds: u32, core: Option<usize>) -> Result<(), Trouble> {
    let centre = Centre::start(&Settings { binary, core, ..Settings::default() }).await?;
    println!(
        "{:>8} {:>8} {:>8} {:>7} {:>12} {:>12} {:>8} {:>8} {:>8} {:>6}",
        "calls/s", "placed", "done", "cores", "SIPp p50 ms", "SIPp p99 ms", "p50 ms", "p99 ms", "max ms", "MB"
    );
    let mut failed = Vec::new();
    for rate in rates {
        let row = one(&centre, *rate, rate * seconds).await?;
        let (sipp, ours) = (|share| at(&row.sipp, share), |share| at(&row.ours, share));
        println!(
            "{:>8} {:>8} {:>8} {:>7.2} {:>12.0} {:>12.0} {:>8.2} {:>8.2} {:>8.2} {:>6.0}",
            row.rate,
            row.placed,
            row.done,
            row.cores,
            sipp(0.5),
            sipp(0.99),
            ours(0.5),
            ours(0.99),
            ours(1.0),
            row.memory
        );
        if row.done != row.placed {
            failed.push(format!(
                "{} of {} calls at {}/s failed",
                row.placed.saturating_sub(row.done),
                row.placed,
                row.rate
            ));
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
    let mut ours = Vec::new();
    let ended = tokio::select! {
        ended = tokio::time::timeout(limit + GRACE, sipp.wait()) => ended,
        trouble = probe(centre, &mut ours) => return Err(trouble),
    };
    ended.map_err(|_| Trouble::Late { what: "SIPp to end".into(), patience: limit + GRACE })??;
    ours.sort_by(f64::total_cmp);
    let used = Cpu::read(centre.pid())?.seconds_since(&before);
    let (done, sipp) = read(folder.path())?;
    let cores = used / began.elapsed().as_secs_f64();
    Ok(Row { rate, placed: calls, done, cores, sipp, ours, memory: memory(centre.pid())? })
}

/// Calls again and again, noting how long each took to be answered; ends only in trouble.
async fn probe(centre: &Centre, millis: &mut Vec<f64>) -> Trouble {
    loop {
        match one_probe(centre).await {
            Ok(took) => millis.push(took.as_secs_f64() * 1_000.0),
            Err(trouble) => return trouble,
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

async fn one_probe(centre: &Centre) -> Result<Duration, Trouble> {
    let plan = Plan { server: centre.sip, number: NUMBER.to_owned(), from: "anonymous".to_owned() };
    let began = tokio::time::Instant::now();
    let mut call = Call::place(plan, Box::new(Mute)).await?;
    match call.until("a call to be answered", PROBE_PATIENCE, |stage| stage != Stage::Calling).await? {
        Stage::Up(at) => {
            call.order(Order::HangUp).await;
            Ok(at.duration_since(began))
        }
        stage => Err(Trouble::answer("the centre", format!("{stage:?} to a call beside SIPp's"))),
    }
}

/// Nobody speaks and nobody listens.
struct Mute;

impl Voice for Mute {
    fn connect(&mut self, _socket: UdpSocket, _target: SocketAddr) {}

    fn press(&mut self, _key: char) -> bool {
        false
    }

    fn disconnect(&mut self) {}
}

/// The value below which this share of sorted values lies; not a number where there are none.
fn at(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
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
