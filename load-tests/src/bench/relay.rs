//! The media plane alone beside rtpengine: as many two-way G.711 sessions through each, in turns, while the
//! other rests. The plane runs in a process of its own, so that its CPU is counted as the rival's is.

use crate::Trouble;
use crate::bench::cpu::{Cpu, memory};
use crate::bench::fair::{compare, kept_up};
use crate::bench::peers::{self, About};
use crate::bench::rtp_load::{Group, Leg, Report, RtpLoad};
use crate::bench::rtpengine::RtpEngine;
use crate::phone::media_socket;
use crate::sip::{sdp, sdp_target};
use sip_gateway::live::plane::{MediaKind, Plane, PlaneCommand, PlaneConfig, PlaneEvent};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use vocabulary::{LegId, Ulid};

/// After a group begins to send, before it is measured.
const SETTLE: Duration = Duration::from_secs(2);
/// Times a window is measured again because the generator was late in it.
const AGAIN: usize = 3;
/// The first number of the rival's legs.
const RIVALS: u32 = 1_000_000;
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Sessions up at once, two legs each.
    pub sessions: usize,
    /// Windows of each system.
    pub rounds: usize,
    /// Seconds a window lasts.
    pub seconds: u64,
    /// The core both systems run on; `None` lets them run on all.
    pub core: Option<usize>,
}

/// The plane's process: for each line with two addresses of phones it bridges two legs and answers with
/// the addresses the phones shall send to. Ends with its input.
///
/// # Errors
/// The plane cannot start, or refuses a leg.
pub async fn serve() -> Result<(), Trouble> {
    let any = SocketAddr::new(HOST, 0);
    let config = PlaneConfig { rtp_ports: 0..=0, rtp_ip: HOST, webrtc_listen: any, advertised_ip: None };
    let failed = |error: sip_gateway::live::plane::PlaneError| Trouble::program("the plane", error.to_string());
    let (plane, mut events, _) = Plane::start(config).map_err(failed)?;
    let (mut lines, mut out) = (BufReader::new(tokio::io::stdin()).lines(), tokio::io::stdout());
    let mut number = 0u128;
    loop {
        // Events of running legs must be taken away meanwhile.
        let line = tokio::select! {
            line = lines.next_line() => line?,
            event = events.recv() => match event { Some(_) => continue, None => None },
        };
        let Some(line) = line else { return Ok(()) };
        let mut answers = Vec::new();
        for phone in line.split(' ') {
            let phone: SocketAddr = phone.parse().map_err(|_| Trouble::answer("the benchmark", phone))?;
            number += 1;
            let leg = LegId(Ulid(number));
            plane.command(PlaneCommand::Open { leg, kind: MediaKind::Rtp }).map_err(failed)?;
            plane.command(PlaneCommand::Answer { leg, sdp: sdp(phone) }).map_err(failed)?;
            answers.push(loop {
                match events.recv().await {
                    Some(PlaneEvent::Local { leg: of, sdp }) if of == leg => {
                        break sdp_target(&sdp).ok_or_else(|| Trouble::answer("the plane", &sdp))?.to_string();
                    }
                    Some(PlaneEvent::Refused { why, .. }) => return Err(Trouble::answer("the plane", why)),
                    Some(_) => {}
                    None => return Err(Trouble::program("the plane", "it ended")),
                }
            });
        }
        let (a, b) = (LegId(Ulid(number - 1)), LegId(Ulid(number)));
        plane.command(PlaneCommand::Bridge { a, b }).map_err(failed)?;
        out.write_all(format!("{}\n", answers.join(" ")).as_bytes()).await?;
        out.flush().await?;
    }
}

/// The process above, as seen from here; ended when dropped.
struct Ours {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Ours {
    fn start(core: Option<usize>) -> Result<Ours, Trouble> {
        let program = std::env::current_exe()?;
        let mut command = match core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(program);
                pinned
            }
            None => Command::new(program),
        };
        command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| Trouble::Missing { program: "bench_relay".into(), source })?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Trouble::program("bench_relay", "it has no pipes"));
        };
        Ok(Ours { child, orders, answers: BufReader::new(answers).lines() })
    }

    async fn relay(&mut self, load: &RtpLoad, number: u32) -> Result<(), Trouble> {
        let (caller, callee) = (media_socket()?, media_socket()?);
        let order = format!("{} {}\n", caller.local_addr()?, callee.local_addr()?);
        self.orders.write_all(order.as_bytes()).await?;
        let answer = self.answers.next_line().await?.unwrap_or_default();
        let targets: Vec<SocketAddr> = answer.split(' ').filter_map(|address| address.parse().ok()).collect();
        let [to_caller, to_callee] = targets[..] else { return Err(Trouble::answer("the plane", answer)) };
        load.add(Leg { number, group: Group::Ours, socket: caller, target: to_caller });
        load.add(Leg { number: number + 1, group: Group::Ours, socket: callee, target: to_callee });
        Ok(())
    }
}

/// Measures and prints.
///
/// # Errors
/// It could not be carried out, or the comparison would be unfair.
pub async fn run(size: Size) -> Result<(), Trouble> {
    let load = RtpLoad::start()?;
    let rival = RtpEngine::start(size.core).await?;
    let mut ours = Ours::start(size.core)?;
    load.switch(Group::Rival, false);
    for n in 0..size.sessions as u32 {
        rival.relay(&load, RIVALS + 2 * n).await?;
        ours.relay(&load, 2 * n).await?;
    }
    let pid = ours.child.id().unwrap_or(0);
    println!("{} two-way G.711 sessions on each; memory of ours {:.0} MB.\n", size.sessions, memory(pid)?);
    println!(
        "{:<10} {:>5} {:>7} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9}",
        "system", "round", "cores", "us/packet", "packets", "loss", "p50 ms", "p99 ms", "late p99"
    );
    let (mut us, mut them, mut unfair) = (0.0, 0.0, None);
    for round in 1..=size.rounds {
        let our_window = window(&load, Group::Ours, pid, size).await?;
        let their_window = window(&load, Group::Rival, rival.pid(), size).await?;
        row("plane", round, size, &our_window);
        row("rtpengine", round, size, &their_window);
        // All raw rows are printed; the first that cannot be compared fails the run at its end.
        unfair = unfair.or(compare(&our_window.1, &their_window.1).err());
        (us, them) = (us + our_window.0, them + their_window.0);
    }
    println!("\nCPU of the plane as a share of rtpengine's, mean of the windows: {:.2}.", us / them.max(1e-9));
    peers::print(About::Media);
    unfair.map_or(Ok(()), Err)
}

/// One window: cores used, and what was heard. One in which the generator was late is measured again.
async fn window(load: &RtpLoad, group: Group, pid: u32, size: Size) -> Result<(f64, Report), Trouble> {
    load.switch(group, true);
    let mut again = AGAIN;
    let measured = loop {
        tokio::time::sleep(SETTLE).await;
        load.reset();
        let before = Cpu::read(pid)?;
        tokio::time::sleep(Duration::from_secs(size.seconds)).await;
        let cores = Cpu::read(pid)?.cores_since(&before);
        let report = load.report(group);
        if kept_up(&report) || again == 0 {
            break (cores, report);
        }
        again -= 1;
        println!("{:<10} (a window is left out: the generator was {:?} late)", "", report.late.within(0.99));
    };
    load.switch(group, false);
    Ok(measured)
}

fn row(system: &str, round: usize, size: Size, (cores, report): &(f64, Report)) {
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let packets = report.meter.received();
    println!(
        "{system:<10} {round:>5} {cores:>7.3} {:>9.2} {packets:>9} {:>8.4}% {:>8.1} {:>8.1} {:>9.1}",
        cores * size.seconds as f64 * 1e6 / packets.max(1) as f64,
        report.meter.loss() * 100.0,
        millis(report.meter.delay.within(0.5)),
        millis(report.meter.delay.within(0.99)),
        millis(report.late.within(0.99)),
    );
}
