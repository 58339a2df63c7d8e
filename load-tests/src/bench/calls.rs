//! Bridged and recorded calls, and beside them rtpengine relaying as many sessions: the same thread carries
//! the sound of both, in turns, while the other rests. Ours does more (it routes, journals and records);
//! what is compared is what a call costs while it is up, its loss and the delay it adds.

use crate::Trouble;
use crate::bench::cpu::{Cpu, memory};
use crate::bench::fair::{compare, kept_up};
use crate::bench::peers::{self, About};
use crate::bench::rtp_load::{Group, Leg, Report, RtpLoad};
use crate::bench::rtpengine::RtpEngine;
use crate::centre::{Centre, NUMBER, Settings, project, prompt_length};
use crate::phone::{Account, Call, DeskPhone, Habits, Order, PhoneEvent, Plan, Stage, Voice};
use crate::staff::Staff;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use std::fmt::Write as _;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// Log-ins at once: each costs the server a slow hash.
const LOG_INS: usize = 3;
/// Between one call and the next.
const APART: Duration = Duration::from_millis(50);
/// After a group begins to send, before it is measured.
const SETTLE: Duration = Duration::from_secs(2);
/// How long all calls may take to be bridged after the last was placed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Times a window is measured again because the generator was late in it.
const AGAIN: usize = 3;
/// Contacts whose record is read, to know that they are being recorded.
const SAMPLE: usize = 10;
/// The first number of the rival's legs.
const RIVALS: u32 = 1_000_000;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Calls up at once.
    pub calls: usize,
    /// Windows of each system.
    pub rounds: usize,
    /// Seconds a window lasts.
    pub seconds: u64,
    /// The core the server under test runs on; `None` lets it run on all.
    pub core: Option<usize>,
}

/// What agents answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seats {
    /// Desk phones: SIP over UDP.
    DeskPhones,
    /// WebRTC legs, by an engine other than the gateway's.
    #[cfg(feature = "web")]
    WebRtc,
}

/// A seat: kept so that it stays registered.
enum Seat {
    DeskPhone(DeskPhone),
    #[cfg(feature = "web")]
    WebRtc(crate::web::WebAgent),
}

/// Measures and prints.
///
/// # Errors
/// It could not be carried out, or the comparison would be unfair.
pub async fn run(binary: Option<std::path::PathBuf>, size: Size, seats: Seats) -> Result<(), Trouble> {
    let settings = Settings { binary, core: size.core, centre: Some(set_up(size.calls)?), log: None };
    let load = RtpLoad::start()?;
    let rival = RtpEngine::start(size.core).await?;
    for n in 0..size.calls as u32 {
        rival.relay(&load, RIVALS + 2 * n).await?;
    }
    load.switch(Group::Rival, false);
    println!(
        "Starting a centre with {} agents, then {} calls (the recording notice is heard to its end).",
        size.calls, size.calls
    );
    let centre = Centre::start(&settings).await?;
    let measured = measure(&centre, &rival, &load, size, seats).await;
    if measured.is_err() {
        eprintln!("--- the centre's last lines ---\n{}", centre.log());
    }
    measured?;
    centre.stop().await?;
    peers::print(About::Media);
    Ok(())
}

async fn measure(centre: &Centre, rival: &RtpEngine, load: &RtpLoad, size: Size, seats: Seats) -> Result<(), Trouble> {
    let supervisor = Staff::log_in(centre, "pendo").await?;
    let mut seated = seat(centre, load, size.calls, seats, &supervisor).await?;
    let idle = memory(centre.pid())?;
    let mut calls = place(centre, load, size.calls).await?;
    let contacts = answered(&mut seated, &mut calls).await?;
    recorded(&supervisor, &contacts).await?;
    println!(
        "{} calls are bridged and recorded; memory {idle:.0} MB before, {:.0} MB now.\n",
        size.calls,
        memory(centre.pid())?
    );
    println!(
        "{:<10} {:>5} {:>7} {:>15} {:>9} {:>8} {:>8} {:>8} {:>9}",
        "system", "round", "cores", "cores/100 calls", "packets", "loss", "p50 ms", "p99 ms", "late p99"
    );
    let (mut ours, mut theirs) = (0.0, 0.0);
    for round in 1..=size.rounds {
        let our_window = window(load, Group::Ours, centre.pid(), size).await?;
        let their_window = window(load, Group::Rival, rival.pid(), size).await?;
        row("hctc", round, size, &our_window);
        row("rtpengine", round, size, &their_window);
        compare(&our_window.1, &their_window.1)?;
        (ours, theirs) = (ours + our_window.0, theirs + their_window.0);
    }
    let per_hundred = |cores: f64| cores / size.rounds.max(1) as f64 * 100.0 / size.calls as f64;
    println!(
        "\nCores per 100 calls, mean of the windows: {:.3} hctc (bridged, routed, journaled, recorded).",
        per_hundred(ours)
    );
    println!("{:>49} rtpengine (relayed, nothing else).", format!("{:.3}", per_hundred(theirs)));
    for call in &calls {
        call.order(Order::HangUp).await;
    }
    for call in &mut calls {
        call.until_over(PATIENCE).await?;
    }
    Ok(())
}

/// One window: cores used, and what was heard. One in which the generator itself was late is measured
/// again, a few times; if it stays late, the comparison is unfair.
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
    println!(
        "{system:<10} {round:>5} {cores:>7.3} {:>15.3} {:>9} {:>7.3}% {:>8.1} {:>8.1} {:>9.1}",
        cores * 100.0 / size.calls as f64,
        report.meter.received(),
        report.meter.loss() * 100.0,
        millis(report.meter.delay.within(0.5)),
        millis(report.meter.delay.within(0.99)),
        millis(report.late.within(0.99)),
    );
}

/// The demo's set-up with as many agents more.
fn set_up(agents: usize) -> Result<String, Trouble> {
    let mut text = std::fs::read_to_string(project().join("centre.toml"))?;
    for n in 0..agents {
        let name = name(n);
        let _ = write!(
            text,
            "\n[agents.{name}]\nshown_as = \"{name}\"\nlanguages = [\"sw\", \"en\"]\n\
             skills = {{ ids = 3 }}\ntenants = [\"huduma\"]\ntext_contacts = 0\n"
        );
    }
    Ok(text)
}

fn name(n: usize) -> String {
    format!("bench{n:04}")
}

/// Logs everyone in, gives them their seat and makes them ready.
async fn seat(
    centre: &Centre,
    load: &RtpLoad,
    agents: usize,
    seats: Seats,
    supervisor: &Staff,
) -> Result<Vec<Seat>, Trouble> {
    let seated = stream::iter(0..agents).map(|n| async move {
        let staff = Staff::log_in(centre, &name(n)).await?;
        let seat = match seats {
            Seats::DeskPhones => Seat::DeskPhone(desk_phone(centre, load, &staff, agents + n).await?),
            #[cfg(feature = "web")]
            Seats::WebRtc => {
                Seat::WebRtc(crate::web::WebAgent::register(&staff, load.clone(), (agents + n) as u32).await?)
            }
        };
        let ready = json!({"agent": staff.name, "presence": {"is": "ready"}});
        let answer = supervisor.post("/api/wall/presence", ready).await?;
        if answer.status != 204 {
            return Err(Trouble::answer("the wall", answer.body));
        }
        Ok(seat)
    });
    seated.buffer_unordered(LOG_INS).try_collect().await
}

async fn desk_phone(centre: &Centre, load: &RtpLoad, staff: &Staff, number: usize) -> Result<DeskPhone, Trouble> {
    let answer = staff.post("/api/desk/devices", json!({"label": "bench"})).await?;
    let text = |key: &str| answer.body[key].as_str().map(str::to_owned);
    let (Some(user), Some(secret)) = (text("user"), text("secret")) else {
        return Err(Trouble::answer("the desk", &answer.body));
    };
    let load = load.clone();
    let voice =
        Box::new(move |_: &str| Box::new(LoadVoice { load: load.clone(), number: number as u32 }) as Box<dyn Voice>);
    let habits = Habits { rings: Duration::from_millis(20), hangs_up_after: None };
    DeskPhone::register(Account { server: centre.sip, user, secret }, habits, voice).await
}

/// Places the calls and leads each through the menu: English, the notice to its end, a person.
async fn place(centre: &Centre, load: &RtpLoad, calls: usize) -> Result<Vec<Call>, Trouble> {
    let notice = prompt_length("en", "notice") + Duration::from_millis(3_500);
    let placed = (0..calls).map(|n| async move {
        tokio::time::sleep(APART * n as u32).await;
        let plan = Plan { server: centre.sip, number: NUMBER.to_owned(), from: format!("07{n:08}") };
        let voice = Box::new(LoadVoice { load: load.clone(), number: n as u32 });
        let mut call = Call::place(plan, voice).await?;
        let stage = call.until("a call to be answered", PATIENCE, |stage| stage != Stage::Calling).await?;
        if let Stage::Ended { code, .. } = stage {
            return Err(Trouble::answer("the centre", code));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        call.order(Order::Press('2')).await;
        tokio::time::sleep(notice).await;
        call.order(Order::Press('0')).await;
        Ok(call)
    });
    futures_util::future::try_join_all(placed).await
}

/// Waits until every seat has a call; gives the contacts where the seat knows them.
async fn answered(seats: &mut [Seat], calls: &mut [Call]) -> Result<Vec<String>, Trouble> {
    let mut contacts = Vec::new();
    for seat in seats {
        let event = match seat {
            Seat::DeskPhone(phone) => tokio::time::timeout(PATIENCE, phone.next()).await,
            #[cfg(feature = "web")]
            Seat::WebRtc(agent) => tokio::time::timeout(PATIENCE, agent.next()).await,
        };
        let late = |_| Trouble::Late { what: "every agent to have a call".into(), patience: PATIENCE };
        match event.map_err(late)? {
            Some(PhoneEvent::Answered { contact }) => contacts.push(contact),
            other => return Err(Trouble::answer("an agent's phone", format!("{other:?}"))),
        }
    }
    match calls.iter().map(Call::stage).find(|stage| matches!(stage, Stage::Ended { .. })) {
        Some(stage) => Err(Trouble::answer("the centre", format!("{stage:?} to a call that should be up"))),
        None => Ok(contacts),
    }
}

/// What is measured must be recorded calls.
async fn recorded(supervisor: &Staff, contacts: &[String]) -> Result<(), Trouble> {
    for contact in contacts.iter().step_by((contacts.len() / SAMPLE).max(1)) {
        let record = supervisor.get(&format!("/api/crm/contacts/{contact}")).await?.body;
        if record["recording"]["state"] != "on" {
            return Err(Trouble::Unfair(format!("a call is not being recorded: {}", record["recording"])));
        }
    }
    Ok(())
}

/// The voice of a call carried by the load's thread.
struct LoadVoice {
    load: RtpLoad,
    number: u32,
}

impl Voice for LoadVoice {
    fn connect(&mut self, socket: UdpSocket, target: SocketAddr) {
        self.load.add(Leg { number: self.number, group: Group::Ours, socket, target });
    }

    fn press(&mut self, _key: char) -> bool {
        false
    }

    fn disconnect(&mut self) {
        self.load.remove(self.number);
    }
}
