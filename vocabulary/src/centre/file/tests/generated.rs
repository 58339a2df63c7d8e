//! Generated centres: whatever is valid is written and read back the same.

use crate::centre::{
    Absence, Agent, Beside, CallBackRules, Centre, Choose, Climb, EntryPoint, LastResort, LastResortTo, Ledger, Load,
    Overflow, OverflowWhen, Queue, Role, Rules, Shift, SkillMode, Treatment, Widening, WrapUpMode,
};
use crate::{
    AgentName, Calendar, Channel, Clock, Day, E164, FloorName, Holiday, Hours, Lane, Language, Level, QueueName,
    ReasonName, SkillName, TenantName, Tier, Weekday,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// splitmix64: one seed is one centre.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as i64
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize].clone()
    }

    fn some<T: Clone + Ord>(&mut self, of: &[T]) -> BTreeSet<T> {
        of.iter().filter(|_| self.flip()).cloned().collect()
    }

    fn day(&mut self) -> Day {
        Day::from_date(2026, 1, 1).expect("a day").plus(self.below(1_000) as i32)
    }

    fn hours(&mut self) -> Vec<Hours> {
        let mut edges: BTreeSet<i64> = (0..self.below(5)).map(|_| self.below(1_441)).collect();
        if edges.len() % 2 == 1 {
            edges.pop_last();
        }
        let clock = |minutes: i64| Clock::from_minutes(minutes as u16).expect("of a day");
        let edges: Vec<i64> = edges.into_iter().collect();
        let mut hours: Vec<Hours> =
            edges.chunks(2).map(|pair| Hours { from: clock(pair[0]), to: clock(pair[1]) }).collect();
        if self.flip() {
            hours.reverse();
        }
        hours
    }

    fn shown(&mut self) -> String {
        self.pick(&["Amina", "Ng'ang'a \"wa\" Mŭgo", "Huduma \\ kwa jumla", "日本 = [x]", "# no comment"]).to_owned()
    }
}

fn name<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

const SAFE: [Lane; 3] = [Lane::Gbv, Lane::Child, Lane::MentalHealth];
const SKILLS: [&str; 3] = ["ids", "tax.v2", "ksl"];

fn rules(dice: &mut Dice) -> Rules {
    let mut rules = Rules {
        place_seconds: dice.below(900),
        reserve: dice.below(9) as u32,
        reserve_cap_percent: dice.below(101) as u32,
        reserve_wait_percent: dice.below(101) as u32,
        recovery_after: 1 + dice.below(9) as u32,
        recovery_seconds: 1 + dice.below(900),
        alarm_seconds: 1 + dice.below(60),
        grace_seconds: 1 + dice.below(60),
        storm_expiries: 1 + dice.below(60) as u32,
        silent_per_source: dice.below(9) as u32,
        silent_per_hour: dice.below(90) as u32,
        away_reasons: dice.some(&[name("break"), name("meal")]),
        dispositions: dice.some(&[name("resolved"), name("other")]),
        retention_days: 1 + dice.below(900) as u32,
        ledgers: BTreeMap::new(),
        short_abandon_seconds: dice.below(9),
        small_count: dice.below(9) as u32,
    };
    for ledger in 0..dice.below(3) {
        let capacity = 1 + dice.below(200) as u32;
        let loads = dice.some(&Channel::ALL).into_iter().map(|channel| {
            let most = if channel.is_voice() { 1 } else { 1 + dice.below(9) as u32 };
            let rules = [Beside::Nothing, Beside::SameChannel, Beside::Anything];
            let (beside, admits) = (dice.pick(&rules), dice.pick(&rules));
            (channel, Load { weight: dice.below(i64::from(capacity) + 1) as u32, most, beside, admits })
        });
        let channels = loads.collect();
        rules.ledgers.insert(name(&format!("ledger-{ledger}")), Ledger { capacity, channels });
    }
    rules
}

fn agent(dice: &mut Dice, n: i64, rules: &Rules) -> Agent {
    let skills: BTreeMap<SkillName, Level> = dice
        .some(&SKILLS)
        .into_iter()
        .map(|s| (name(s), Level::new(1 + dice.below(5) as u8).expect("1 to 5")))
        .collect();
    // The first can do everything, so that every queue has somebody.
    let first = n == 0;
    let skills = if first { SKILLS.iter().map(|s| (name(s), Level::MIN)).collect() } else { skills };
    let clearances: BTreeSet<Lane> = if first { SAFE.into() } else { dice.some(&SAFE) };
    let roles = dice.some(&[Role::Supervisor, Role::Admin, Role::Dpo]).into_iter().chain([Role::Agent]).collect();
    let ledgers: Vec<_> = rules.ledgers.keys().cloned().collect();
    Agent {
        shown_as: dice.shown(),
        roles,
        languages: [Language::SW].into_iter().chain(dice.some(&[Language::EN])).collect(),
        skills_until: skills.keys().filter(|_| dice.flip()).map(|s| (s.clone(), Day::of(crate::Time(0)))).collect(),
        skills,
        clearances_until: clearances.iter().filter(|_| dice.flip()).map(|l| (*l, Day::of(crate::Time(0)))).collect(),
        clearances,
        tenants: dice.some(&[name::<TenantName>("huduma")]),
        tier: dice.pick(&[Tier::L1, Tier::L2, Tier::L3]),
        text_contacts: dice.below(9) as u32,
        ledger: if ledgers.is_empty() || dice.flip() { None } else { Some(dice.pick(&ledgers)) },
        auto_ready: dice.flip(),
        ..Agent::new(name(&format!("agent.{n}")))
    }
}

/// Contacts go only to queues with a higher number, so never round in a circle.
fn queue(dice: &mut Dice, n: i64, last: i64, calendars: &BTreeMap<crate::CalendarName, Calendar>) -> Queue {
    let lane = if n == last { dice.pick(&SAFE) } else { dice.pick(&[Lane::Standard, Lane::SpecialNeeds]) };
    let of = |n: i64| name::<QueueName>(&format!("queue-{n}"));
    let mut queue = Queue::new(of(n), name("huduma"), lane);
    queue.shown_as = dice.some(&[Language::SW, Language::EN]).into_iter().map(|l| (l, dice.shown())).collect();
    queue.skills = dice.some(&SKILLS).into_iter().map(|s| (name(s), Level::MIN)).collect();
    queue.skill_mode = dice.pick(&[SkillMode::All, SkillMode::BestAvailable, SkillMode::Ignore]);
    queue.most_points = dice.flip().then(|| dice.below(500) - 250);
    queue.choose = dice.pick(&[Choose::LongestIdle, Choose::HighestLevel]);
    queue.wrap_up = dice.pick(&[WrapUpMode::MandatoryTimed, WrapUpMode::Extendable, WrapUpMode::Optional]);
    (queue.base, queue.slope) = (dice.below(200) - 100, dice.below(100));
    queue.target_percent = dice.below(101) as u32;
    if let Some(skill) = queue.skills.keys().next().cloned() {
        let widening = |after_seconds, lower_levels, drop_language| Widening {
            after_seconds,
            drop_skills: [skill.clone()].into(),
            lower_levels,
            drop_language,
        };
        queue.widenings = vec![widening(10, 2, false), widening(20, 0, true)];
    }
    if lane.is_safeguarding() {
        let rung = |after_seconds, to| LastResort { after_seconds, to };
        let on_call = E164::parse("+254700000195").expect("a number");
        queue.last_resort = vec![
            rung(9, LastResortTo::OnCall(on_call)),
            rung(10, LastResortTo::Outside("116".to_owned())),
            rung(60, LastResortTo::AnyAgent),
        ];
        return queue;
    }
    if dice.flip() {
        let (attempts, retry_seconds) = (1 + dice.below(9) as u32, 1 + dice.below(900));
        queue.call_back = Some(CallBackRules { attempts, retry_seconds, window_seconds: 1 + dice.below(9_000) });
    }
    let higher = n + 1 < last;
    let to = |dice: &mut Dice| match dice.below(4) {
        0 if higher => Treatment::Queue(of(n + 1)),
        1 if queue.call_back.is_some() => Treatment::CallBack,
        2 => Treatment::Message,
        _ => Treatment::Closed,
    };
    queue.when_closed = to(dice);
    for _ in 0..dice.below(4) {
        let when = match dice.below(4) {
            0 => OverflowWhen::Waiting(dice.below(90) as u32),
            1 => OverflowWhen::WaitedSeconds(1 + dice.below(900)),
            2 => OverflowWhen::EstimateSeconds(1 + dice.below(900)),
            _ => OverflowWhen::NobodyOnShift,
        };
        queue.overflow.push(Overflow { when, to: to(dice) });
    }
    queue.climb = (higher && dice.flip()).then(|| Climb { after_seconds: 1 + dice.below(900), to: of(n + 1) });
    queue.calendar = calendars.keys().next().filter(|_| dice.flip()).cloned();
    queue
}

fn calendar(dice: &mut Dice) -> Calendar {
    let week = dice.some(&Weekday::ALL).into_iter().map(|day| (day, dice.hours())).collect();
    let holidays = (0..dice.below(4))
        .map(|_| (dice.day(), Holiday { sw: dice.shown(), en: dice.shown(), hours: dice.hours() }))
        .collect();
    Calendar { week, holidays }
}

fn centre(seed: u64) -> Centre {
    let dice = &mut Dice(seed);
    let mut centre = Centre::empty(name::<FloorName>("kisumu"));
    centre.rules = rules(dice);
    let number = dice.flip().then(|| E164::parse("0206900020").expect("a number"));
    let entry = EntryPoint { name: name("phone"), tenant: name("huduma"), flow: name("main"), number };
    centre.entries.insert(entry.name.clone(), entry);
    let agents = 1 + dice.below(5);
    for n in 0..agents {
        let agent = agent(dice, n, &centre.rules);
        centre.agents.insert(agent.name.clone(), agent);
    }
    centre.calendars = (0..dice.below(3)).map(|n| (name(&format!("calendar-{n}")), calendar(dice))).collect();
    let last = dice.below(5);
    for n in 0..=last {
        let queue = queue(dice, n, last, &centre.calendars);
        centre.queues.insert(queue.name.clone(), queue);
    }
    let people: Vec<AgentName> = centre.agents.keys().cloned().collect();
    for n in 0..dice.below(3) {
        let mut days = dice.some(&Weekday::ALL);
        days.insert(Weekday::Mon);
        let clock = |minutes: i64| Clock::from_minutes(minutes as u16).expect("of a day");
        let (from, to) = (clock(dice.below(1_440)), clock(dice.below(1_441)));
        let shift = Shift { name: name(&format!("shift-{n}")), days, from, to, agents: dice.some(&people) };
        for agent in &shift.agents {
            let day = dice.day();
            let others: Vec<AgentName> = people.iter().filter(|p| !shift.agents.contains(*p)).cloned().collect();
            let cover = if others.is_empty() || dice.flip() { None } else { Some(dice.pick(&others)) };
            if shift.days.contains(&day.weekday()) {
                let reason: ReasonName = name("sick");
                let (shift, agent) = (shift.name.clone(), agent.clone());
                centre.absences.push(Absence { day, shift, agent, reason, cover });
            }
        }
        centre.shifts.insert(shift.name.clone(), shift);
    }
    centre.absences.sort();
    centre
}

proptest! {
    #[test]
    fn every_centre_is_written_and_read_back_the_same(seed: u64) {
        let centre = centre(seed);
        let written = centre.to_toml();
        let read = Centre::parse("written.toml", &written);
        prop_assert_eq!(read.unwrap_or_else(|f| panic!("{f:#?}\n{written}")), centre);
    }
}
