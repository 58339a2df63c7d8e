//! What came of a study: plain integers, so that the same study prints the same bytes.

use super::generated::TEXT_AT_ONCE;
use super::tally::{Quarter, Tally, Wait};
use super::theory;
use crate::promise::Kept;
use crate::report::Waits;
use crate::{Seed, erlang};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use vocabulary::calendar::Day;
use vocabulary::centre::Centre;
use vocabulary::{Lane, QueueName, Risk, Span, Time};

/// Calls per candidate when the engine itself looks for the staff a load needs: enough for a
/// service level to within two points.
const SEARCH_CALLS: u64 = 2_000;

/// Agents who serve text are planned to be busy so many percent of the time (facts.md 2.2).
const TEXT_OCCUPANCY: f64 = 0.85;

/// What came of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Its seed.
    pub seed: u64,
    /// Hours simulated.
    pub hours: u32,
    /// The load, in percent of the plan.
    pub load: u32,
    /// Agents set up.
    pub agents: u64,
    /// Contacts that came.
    pub arrived: u64,
    /// Of these, served by a flow alone.
    pub self_served: u64,
    /// Of these, asked for a person ...
    pub asked: u64,
    /// ... and were connected to one,
    pub answered: u64,
    /// of these within the queue's target;
    pub in_time: u64,
    /// gave up,
    pub abandoned: u64,
    /// were told that nobody can serve them, left a message, or were not reached,
    pub turned_away: u64,
    /// or were lost by us.
    pub dropped: u64,
    /// In time out of answered, in thousandths.
    pub service_level: u64,
    /// In time out of answered and abandoned, in thousandths.
    pub service_level_of_all: u64,
    /// Agents' time with something in hand, in thousandths of their time on the floor.
    pub occupancy: u64,
    /// The most contacts that waited at once.
    pub most_waiting: u64,
    /// Mean conversation and wrap-up of a call, a text, and a contact of the safe line.
    pub handling: [Span; 3],
    /// Places claimed by redials.
    pub places_claimed: u64,
    /// What was done with contacts that a queue could not serve as it wished.
    pub overflow: BTreeMap<String, u64>,
    /// Call-backs agreed.
    pub call_backs: u64,
    /// Tries that reached nobody.
    pub call_backs_failed: u64,
    /// Contacts answered by outside lines.
    pub outside: u64,
    /// Rungs of last-resort chains taken.
    pub rungs: u64,
    /// Offers that expired, and that were declined.
    pub offers_missed: [u64; 2],
    /// The promise of the safe line.
    pub promise: Kept,
    /// Waits by lane, risk and kind.
    pub waits: Vec<WaitRow>,
    /// By queue.
    pub queues: Vec<QueueRow>,
    /// By quarter-hour of the day.
    pub quarters: Vec<QuarterRow>,
    /// By hour of the day: the staff that calls need, by theory and by trial.
    pub staffing: Vec<StaffingRow>,
    /// Commands given.
    pub commands: u64,
    /// Of these, refused.
    pub refused: u64,
    /// Events decided.
    pub events: u64,
    /// The floor's fingerprint at the end.
    pub state_hash: String,
}

/// How long people waited for a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitRow {
    /// The lane.
    pub lane: Lane,
    /// The risk.
    pub risk: Risk,
    /// Calls, or texts.
    pub voice: bool,
    /// Those who reached one: half, 90 % and all of them in this time.
    #[serde(flatten)]
    pub waits: Waits,
    /// Those who did not.
    pub unreached: u64,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueRow {
    /// Its name.
    pub queue: QueueName,
    /// Contacts that entered it first.
    pub asked: u64,
    /// Of these, answered.
    pub answered: u64,
    /// In time, in thousandths of those answered.
    pub service_level: u64,
    /// Gave up.
    pub abandoned: u64,
    /// What the set-up aims at: thousandths within seconds.
    pub target: (u64, i64),
}

/// A quarter-hour of the day, as a mean of all days simulated; counts and agents in tenths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarterRow {
    /// When it begins.
    pub from: String,
    /// Everyone who came.
    pub arrived: u64,
    /// Calls that asked for a person.
    pub calls: u64,
    /// Texts that did.
    pub texts: u64,
    /// Contacts for the safe line.
    pub safe: u64,
    /// In time, in thousandths of those answered.
    pub service_level: u64,
    /// Gave up.
    pub abandoned: u64,
    /// Agents on the floor ...
    pub staffed: u64,
    /// ... and of these, busy.
    pub busy: u64,
    /// Agents everything needs (whole ones): calls by Erlang C with 80 % in 20 s, the safe line
    /// with 95 % in 20 s, texts by their load.
    pub need: u32,
}

/// The staff that the calls of one hour of the day need for 80 % in 20 s.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaffingRow {
    /// The hour.
    pub hour: u32,
    /// Load of its calls, in tenths of an erlang.
    pub load: u64,
    /// Agents by Erlang C.
    pub erlang: u32,
    /// The fewest agents with which the routing engine itself keeps that level.
    pub simulated: u32,
}

fn thousandths(part: u64, of: u64) -> u64 {
    (part * 1_000).checked_div(of).unwrap_or(0)
}

/// What findings are about.
pub(super) struct Ground<'a> {
    pub seed: Seed,
    pub load: u32,
    pub trials: bool,
    pub centre: &'a Centre,
    /// Safeguarding lanes that may be told of.
    pub cleared: BTreeSet<Lane>,
    pub from: Time,
    pub to: Time,
}

/// What the floor itself says at the end: commands, refusals, fingerprint. A journal has none.
#[derive(Default)]
pub(super) struct Engine {
    pub commands: u64,
    pub refused: u64,
    pub state_hash: u64,
}

pub(super) fn of(ground: &Ground, tally: &mut Tally, end: Time, engine: Engine) -> Findings {
    tally.pass(ground.to.min(end));
    tally.hide(&ground.cleared);
    let Tally { count, quarters, waits, queues, overflow, promise, .. } = &*tally;
    let handling = [count.handled[0], count.handled[1], count.handled_safe].map(mean);
    let (staffed, busy) = quarters.iter().fold((0, 0), |sum, q| (sum.0 + q.staffed, sum.1 + q.busy));
    Findings {
        seed: ground.seed.0,
        hours: (ground.to.since(ground.from).as_seconds() / 3_600) as u32,
        load: ground.load,
        agents: ground.centre.agents.len() as u64,
        arrived: count.arrived,
        self_served: count.self_served,
        asked: count.asked,
        answered: count.answered,
        in_time: count.in_time,
        abandoned: count.abandoned,
        turned_away: count.turned_away,
        dropped: count.dropped,
        service_level: thousandths(count.in_time, count.answered),
        service_level_of_all: thousandths(count.in_time, count.answered + count.abandoned),
        occupancy: thousandths(busy as u64, staffed as u64),
        most_waiting: count.most_waiting,
        handling,
        places_claimed: count.claimed,
        overflow: overflow.iter().map(|(what, n)| (String::from(*what), *n)).collect(),
        call_backs: count.call_backs,
        call_backs_failed: count.not_reached,
        outside: count.outside,
        rungs: count.rungs,
        offers_missed: [count.expired, count.declined],
        promise: promise.kept(),
        waits: waits.iter().map(|(kind, wait)| wait_row(*kind, wait)).collect(),
        queues: queues.iter().map(|(queue, count)| queue_row(ground.centre, queue, count)).collect(),
        quarters: quarter_rows(ground, quarters, handling),
        staffing: staffing_rows(ground, quarters, handling[0]),
        commands: engine.commands,
        refused: engine.refused,
        events: count.events,
        state_hash: format!("{:016x}", engine.state_hash),
    }
}

fn mean((number, sum): (u64, i64)) -> Span {
    Span(sum.checked_div(number as i64).unwrap_or(0))
}

fn wait_row((lane, risk, voice): (Lane, Risk, bool), wait: &Wait) -> WaitRow {
    let reached = wait.reached.iter().map(|millis| Span(i64::from(*millis))).collect();
    WaitRow { lane, risk, voice, waits: Waits::of(reached, 90), unreached: wait.unreached }
}

fn queue_row(centre: &Centre, queue: &QueueName, count: &super::tally::QueueCount) -> QueueRow {
    let target = centre.queues.get(queue).map_or((0, 0), |q| (u64::from(q.target_percent) * 10, q.target_seconds));
    QueueRow {
        queue: queue.clone(),
        asked: count.asked,
        answered: count.answered,
        service_level: thousandths(count.in_time, count.answered),
        abandoned: count.abandoned,
        target,
    }
}

/// How often each quarter-hour of the day was run.
fn times(ground: &Ground, quarter: usize) -> u64 {
    let of_day = Span::minutes(15 * quarter as i64);
    let days = (0..).map(|n| Day::of(ground.from).plus(n).start() + of_day).take_while(|at| *at < ground.to);
    days.filter(|at| *at + Span::minutes(15) > ground.from).count() as u64
}

/// The load, in erlangs, of so many contacts in a quarter-hour.
fn load(contacts: f64, handling: Span) -> f64 {
    contacts / 900.0 * handling.0 as f64 / 1_000.0
}

fn quarter_rows(ground: &Ground, quarters: &[Quarter], handling: [Span; 3]) -> Vec<QuarterRow> {
    let run = quarters.iter().enumerate().map(|(n, row)| (n, times(ground, n), row));
    let rows = run.filter(|(_, times, _)| *times > 0).map(|(n, times, row)| {
        let tenths = |count: u64| (count * 10 + times / 2) / times;
        let agents = |time: i64| ((time * 10 + 450_000 * times as i64) / (900_000 * times as i64)) as u64;
        let load = |count: u64, handling: Span| load(count as f64 / times as f64, handling);
        let texts = load(row.texts, handling[1]) / f64::from(TEXT_AT_ONCE) / TEXT_OCCUPANCY;
        let need = |load, share, handling: Span| erlang::agents_needed(load, share, 20.0, handling.0 as f64 / 1_000.0);
        let calls_need = need(load(row.calls, handling[0]), 0.8, handling[0]);
        let safe_need = need(load(row.safe, handling[2]), 0.95, handling[2]);
        QuarterRow {
            from: format!("{:02}:{:02}", n / 4, n % 4 * 15),
            arrived: tenths(row.arrived),
            calls: tenths(row.calls),
            texts: tenths(row.texts),
            safe: tenths(row.safe),
            service_level: thousandths(row.in_time, row.answered),
            abandoned: tenths(row.abandoned),
            staffed: agents(row.staffed),
            busy: agents(row.busy),
            need: calls_need + safe_need + texts.ceil() as u32,
        }
    });
    rows.collect()
}

fn staffing_rows(ground: &Ground, quarters: &[Quarter], handling: Span) -> Vec<StaffingRow> {
    let seconds = handling.0 as f64 / 1_000.0;
    let hours = quarters.chunks(4).enumerate().filter(|(hour, _)| ground.trials && times(ground, hour * 4) > 0);
    let rows = hours.map(|(hour, rows)| {
        let calls: u64 = rows.iter().map(|row| row.calls).sum();
        let run: u64 = (0..4).map(|n| times(ground, hour * 4 + n)).sum();
        let load = load(calls as f64 / run as f64, handling);
        StaffingRow {
            hour: hour as u32,
            load: (load * 10.0).round() as u64,
            erlang: erlang::agents_needed(load, 0.8, 20.0, seconds),
            simulated: theory::agents_needed(Seed(ground.seed.0 ^ hour as u64), load, 0.8, 20.0, seconds, SEARCH_CALLS),
        }
    });
    rows.collect()
}

/// Thousandths as percent with one decimal.
pub(super) fn percent(thousandths: u64) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// Tenths with one decimal.
pub(super) fn tenths(n: u64) -> String {
    format!("{}.{}", n / 10, n % 10)
}

/// Milliseconds as seconds with one decimal.
pub(super) fn seconds(span: Span) -> String {
    format!("{}.{} s", span.0 / 1_000, span.0 % 1_000 / 100)
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} h, seed {}, load {} %, {} agents set up", self.hours, self.seed, self.load, self.agents)?;
        writeln!(f, "contacts          {:>10}", self.arrived)?;
        writeln!(
            f,
            "  self-served     {:>10}   {}",
            self.self_served,
            percent(thousandths(self.self_served, self.arrived))
        )?;
        writeln!(f, "  asked a person  {:>10}", self.asked)?;
        writeln!(f, "    answered      {:>10}", self.answered)?;
        writeln!(f, "    gave up       {:>10}", self.abandoned)?;
        writeln!(f, "    turned away   {:>10}", self.turned_away)?;
        writeln!(f, "    lost by us    {:>10}", self.dropped)?;
        writeln!(
            f,
            "service level {} of answered, {} of answered and gave up",
            percent(self.service_level),
            percent(self.service_level_of_all)
        )?;
        let [call, text, safe] = self.handling.map(|span| span.as_seconds());
        writeln!(
            f,
            "occupancy {}; handling: call {call} s, text {text} s, safe line {safe} s",
            percent(self.occupancy)
        )?;
        writeln!(f, "at most {} waited at once; {} took their place again", self.most_waiting, self.places_claimed)?;
        writeln!(f, "offers expired {}, declined {}", self.offers_missed[0], self.offers_missed[1])?;
        let overflow: Vec<String> = self.overflow.iter().map(|(what, n)| format!("{what} {n}")).collect();
        let overflow = if overflow.is_empty() { String::from("none") } else { overflow.join(", ") };
        writeln!(
            f,
            "overflow: {overflow}; call-backs agreed {}, not reached {}",
            self.call_backs, self.call_backs_failed
        )?;
        writeln!(f, "last resort: {} rungs taken, {} answered outside", self.rungs, self.outside)?;
        writeln!(f, "safe line: {}", self.promise)?;
        self.write_tables(f)?;
        writeln!(f)?;
        writeln!(
            f,
            "{} commands ({} refused), {} events, state {}",
            self.commands, self.refused, self.events, self.state_hash
        )
    }
}

impl Findings {
    fn write_tables(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nwaits          risk  kind   reached     half       90 %    longest  unreached")?;
        for row in &self.waits {
            let kind = if row.voice { "voice" } else { "text" };
            let [half, most, longest] = [row.waits.half, row.waits.most, row.waits.longest].map(seconds);
            let (lane, risk) = (row.lane.as_str(), row.risk.as_str());
            let reached = row.waits.count;
            writeln!(
                f,
                "{lane:<14} {risk:<5} {kind:<5} {reached:>8} {half:>10} {most:>10} {longest:>10} {:>10}",
                row.unreached
            )?;
        }
        writeln!(f, "\nqueue                 asked  answered   gave up   in time   aim")?;
        for row in &self.queues {
            let (aim, within) = (percent(row.target.0), row.target.1);
            let level = percent(row.service_level);
            let queue = row.queue.as_str();
            writeln!(
                f,
                "{queue:<18} {:>8} {:>9} {:>9} {level:>9}   {aim} in {within} s",
                row.asked, row.answered, row.abandoned
            )?;
        }
        writeln!(f, "\n            came    calls    texts     safe   in time  gave up  | agents: here   busy   need")?;
        for q in &self.quarters {
            let [arrived, calls, texts, safe] = [q.arrived, q.calls, q.texts, q.safe].map(tenths);
            let [gone, staffed, busy] = [q.abandoned, q.staffed, q.busy].map(tenths);
            let level = percent(q.service_level);
            writeln!(
                f,
                "{}  {arrived:>9} {calls:>8} {texts:>8} {safe:>8} {level:>9} {gone:>8}  |       {staffed:>6} {busy:>6} {:>6}",
                q.from, q.need
            )?;
        }
        writeln!(f, "\nagents that calls need, 80 % in 20 s:  hour     load   Erlang C  simulated")?;
        for row in &self.staffing {
            let (load, erlang, simulated) = (tenths(row.load), row.erlang, row.simulated);
            writeln!(f, "{:>40}:00 {load:>6} E {erlang:>10} {simulated:>10}", row.hour)?;
        }
        Ok(())
    }

    /// The same as one self-contained HTML page with charts.
    pub fn page(&self) -> String {
        super::page::page(self)
    }
}
