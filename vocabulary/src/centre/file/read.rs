//! Reading each value of `centre.toml` for itself.
//!
//! A queue or agent with a fault in one key is still read as far as it goes, with the default in
//! that place, so that the checks of sense can go on; the fault stays noted and the file refused.

mod hours;
mod waiting;

pub(super) use hours::place_of;

use super::Places;
use crate::centre::{
    Agent, Centre, Choose, EntryPoint, LastResort, LastResortTo, Queue, Role, Rules, SkillMode, Widening, WrapUpMode,
};
use crate::spanned::{At, Document, Spanned, Table, Value, nearest};
use crate::{
    AgentName, E164, EntryName, FloorName, FlowName, Lane, Language, LedgerName, Level, QueueName, ReasonName,
    SkillName, TenantName, Tier,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Times within a queue: up to a day.
const SECONDS: RangeInclusive<i64> = 1..=86_400;
/// Points of a queue; wide enough for any policy, narrow enough never to overflow a score.
const POINTS: RangeInclusive<i64> = -1_000_000..=1_000_000;
/// Longest text shown on a screen.
const MAX_SHOWN: usize = 80;

const LANES: [(&str, Lane); 5] = [
    ("gbv", Lane::Gbv),
    ("child", Lane::Child),
    ("mental_health", Lane::MentalHealth),
    ("special_needs", Lane::SpecialNeeds),
    ("standard", Lane::Standard),
];
const ROLES: [(&str, Role); 4] =
    [("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin), ("dpo", Role::Dpo)];
const TIERS: [(&str, Tier); 3] = [("L1", Tier::L1), ("L2", Tier::L2), ("L3", Tier::L3)];
const CHOICES: [(&str, Choose); 2] = [("longest_idle", Choose::LongestIdle), ("highest_level", Choose::HighestLevel)];
const SKILL_MODES: [(&str, SkillMode); 3] =
    [("all", SkillMode::All), ("best_available", SkillMode::BestAvailable), ("ignore", SkillMode::Ignore)];
const WRAP_UPS: [(&str, WrapUpMode); 3] = [
    ("mandatory_timed", WrapUpMode::MandatoryTimed),
    ("extendable", WrapUpMode::Extendable),
    ("optional", WrapUpMode::Optional),
];

/// Reads the file; `None` only when not even a floor can be made out.
pub(super) fn centre(document: &Document, places: &mut Places) -> Option<Centre> {
    let mut root = document.root();
    let floor = root.need_parsed::<FloorName>("floor").map(|f| f.value);
    let mut rules = root.take_table("rules").map(rules).unwrap_or_default();
    rules.ledgers = waiting::ledgers(&mut root, places);
    let mut entries = BTreeMap::new();
    let mut queues = BTreeMap::new();
    let mut agents = BTreeMap::new();
    for (name, table) in named::<EntryName>(&mut root, "entries", places) {
        if let Some(entry) = entry(name, table) {
            entries.insert(entry.name.clone(), entry);
        }
    }
    for (name, table) in named::<QueueName>(&mut root, "queues", places) {
        if let Some(queue) = queue(name, table, places) {
            queues.insert(queue.name.clone(), queue);
        }
    }
    for (name, table) in named::<AgentName>(&mut root, "agents", places) {
        let agent = agent(name, table, places);
        agents.insert(agent.name.clone(), agent);
    }
    let calendars = hours::calendars(&mut root, places);
    let shifts = hours::shifts(&mut root, places);
    let absences = hours::absences(&mut root, places);
    root.finish();
    Some(Centre { floor: floor?, rules, entries, queues, agents, calendars, shifts, absences })
}

/// The tables below `key`, each under a name of its own; notes where each stands.
fn named<'d, N>(root: &mut Table<'d>, key: &str, places: &mut Places) -> Vec<(N, Table<'d>)>
where
    N: FromStr<Err: Display> + Display,
{
    let Some(mut all) = root.take_table(key) else {
        return Vec::new();
    };
    let document = all.document();
    let mut found = Vec::new();
    for (Spanned { value: text, at }, value) in all.take_rest() {
        let Some(table) = value.table() else { continue };
        match text.parse::<N>() {
            Ok(name) => {
                places.insert(format!("{key}.{name}"), at);
                found.push((name, table));
            }
            Err(error) => document.fault(at, error.to_string()),
        }
    }
    found
}

fn rules(mut table: Table<'_>) -> Rules {
    let mut rules = Rules::default();
    let mut seconds = |key: &str, least: i64, into: &mut i64| {
        if let Some(n) = table.take_int(key, least..=*SECONDS.end()) {
            *into = n.value;
        }
    };
    seconds("place_seconds", 0, &mut rules.place_seconds);
    seconds("recovery_seconds", 1, &mut rules.recovery_seconds);
    seconds("alarm_seconds", 1, &mut rules.alarm_seconds);
    seconds("grace_seconds", 1, &mut rules.grace_seconds);
    seconds("short_abandon_seconds", 0, &mut rules.short_abandon_seconds);
    count(&mut table, "reserve", 0..=1_000, &mut rules.reserve);
    count(&mut table, "reserve_cap_percent", 0..=100, &mut rules.reserve_cap_percent);
    count(&mut table, "reserve_wait_percent", 0..=100, &mut rules.reserve_wait_percent);
    count(&mut table, "silent_per_source", 0..=10_000, &mut rules.silent_per_source);
    count(&mut table, "silent_per_hour", 0..=10_000, &mut rules.silent_per_hour);
    count(&mut table, "small_count", 0..=1_000, &mut rules.small_count);
    count(&mut table, "recovery_after", 1..=100, &mut rules.recovery_after);
    count(&mut table, "storm_expiries", 1..=10_000, &mut rules.storm_expiries);
    count(&mut table, "retention_days", 1..=36_500, &mut rules.retention_days);
    if table.has("away_reasons") {
        rules.away_reasons = set(table.take_list("away_reasons"), Value::parsed::<ReasonName>);
    }
    if table.has("dispositions") {
        rules.dispositions = set(table.take_list("dispositions"), Value::parsed::<ReasonName>);
    }
    table.finish();
    rules
}

fn entry(name: EntryName, mut table: Table<'_>) -> Option<EntryPoint> {
    let tenant = table.need_parsed::<TenantName>("tenant");
    let flow = table.need_parsed::<FlowName>("flow");
    let number = table.take_parsed::<E164>("number").map(|n| n.value);
    table.finish();
    Some(EntryPoint { name, tenant: tenant?.value, flow: flow?.value, number })
}

fn queue(name: QueueName, mut table: Table<'_>, places: &mut Places) -> Option<Queue> {
    let shown_as = shown_as(&mut table);
    let tenant = table.need_parsed::<TenantName>("tenant").map(|t| t.value);
    let of = tenant.clone().unwrap_or_else(|| TenantName::new("unknown").expect("a literal name"));
    let lane = table.need_word("lane", &LANES).map_or(Lane::Standard, |l| l.value);
    let mut queue = Queue {
        shown_as,
        skills: skills(&mut table),
        skill_mode: table.take_word("skill_mode", &SKILL_MODES).map_or(SkillMode::All, |m| m.value),
        language: table.take_bool("language").is_none_or(|b| b.value),
        tier: table.take_word("tier", &TIERS).map_or(Tier::L1, |t| t.value),
        base: table.take_int("base", POINTS).map_or(0, |n| n.value),
        slope: table.take_int("slope", 0..=*POINTS.end()).map_or(10, |n| n.value),
        most_points: table.take_int("most_points", POINTS).map(|n| n.value),
        choose: table.take_word("choose", &CHOICES).map_or(Choose::LongestIdle, |c| c.value),
        offer_seconds: table.take_int("offer_seconds", 1..=600).map_or(20, |n| n.value),
        wrap_up_seconds: table.take_int("wrap_up_seconds", 0..=*SECONDS.end()).map_or(60, |n| n.value),
        wrap_up: table.take_word("wrap_up", &WRAP_UPS).map_or(WrapUpMode::Extendable, |w| w.value),
        target_seconds: table.take_int("target_seconds", SECONDS).map_or(20, |n| n.value),
        ..Queue::new(name, of, lane)
    };
    count(&mut table, "target_percent", 0..=100, &mut queue.target_percent);
    queue.widenings = table.take_list("widenings").iter().filter_map(widening).collect();
    queue.last_resort = table.take_list("last_resort").iter().filter_map(rung).collect();
    waiting::of_queue(&mut queue, &mut table, places);
    table.finish();
    tenant.map(|_| queue)
}

fn widening(value: &Value<'_>) -> Option<Widening> {
    let mut table = value.table()?;
    let after = table.need_int("after_seconds", SECONDS);
    let mut lower = 0;
    count(&mut table, "lower_levels", 0..=4, &mut lower);
    let widening = Widening {
        after_seconds: after.as_ref().map_or(1, |n| n.value),
        drop_skills: set(table.take_list("drop_skills"), Value::parsed::<SkillName>),
        lower_levels: lower as u8,
        drop_language: table.take_bool("drop_language").is_some_and(|b| b.value),
    };
    if widening.drop_skills.is_empty() && widening.lower_levels == 0 && !widening.drop_language {
        table.fault("this widening relaxes nothing: give `drop_skills`, `lower_levels` or `drop_language`");
    }
    table.finish();
    after.map(|_| widening)
}

fn rung(value: &Value<'_>) -> Option<LastResort> {
    let mut table = value.table()?;
    let after = table.need_int("after_seconds", SECONDS);
    let on_call = table.take_parsed::<E164>("on_call").map(|n| LastResortTo::OnCall(n.value));
    let outside = table.take("outside").and_then(|v| outside(&v));
    let any = table.take("any_agent").and_then(|v| match v.bool()? {
        true => Some(LastResortTo::AnyAgent),
        false => {
            v.fault("`any_agent` can only be true; leave the rung out instead");
            None
        }
    });
    let named = ["on_call", "outside", "any_agent"].iter().filter(|key| table.has(key)).count();
    if named != 1 {
        table.fault("a rung of the last resort names exactly one of `on_call`, `outside`, `any_agent`");
    }
    table.finish();
    Some(LastResort { after_seconds: after?.value, to: on_call.or(outside).or(any)? })
}

/// A short code or number as it is dialled: `1195`, `116`.
fn outside(value: &Value<'_>) -> Option<LastResortTo> {
    let text = value.text()?;
    if !(3..=15).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        value.fault(format!("`{}` must be the 3 to 15 digits to dial, such as \"1195\"", value.path()));
        return None;
    }
    Some(LastResortTo::Outside(text))
}

fn agent(name: AgentName, mut table: Table<'_>, places: &mut Places) -> Agent {
    let shown_as = table.need_str("shown_as");
    if let Some(shown) = &shown_as {
        check_shown(&table, shown);
    }
    let roles = match table.has("roles") {
        true => set(table.take_list("roles"), |v| v.word(&ROLES)),
        false => BTreeSet::from([Role::Agent]),
    };
    let document = table.document();
    let mut text_contacts = 3;
    count(&mut table, "text_contacts", 0..=20, &mut text_contacts);
    let ledger = table.take_parsed::<LedgerName>("ledger");
    for (key, at) in ["skills_until", "clearances_until"].iter().filter_map(|key| Some((key, table.at_of(key)?))) {
        places.insert(format!("agents.{name}.{key}"), at);
    }
    places.extend(ledger.as_ref().map(|l| (format!("agents.{name}.ledger"), l.at)));
    let agent = Agent {
        shown_as: shown_as.map(|s| s.value).unwrap_or_default(),
        roles,
        languages: set(table.take_list("languages"), Value::parsed::<Language>),
        skills: skills(&mut table),
        skills_until: hours::until(&mut table, "skills_until", |key, _| skill(&key.value, key.at, document)),
        clearances: set(table.take_list("clearances"), clearance),
        clearances_until: hours::until(&mut table, "clearances_until", |key, value| lane(&key.value, value)),
        ledger: ledger.map(|l| l.value),
        auto_ready: table.take_bool("auto_ready").is_none_or(|b| b.value),
        tenants: set(table.take_list("tenants"), Value::parsed::<TenantName>),
        tier: table.take_word("tier", &TIERS).map_or(Tier::L1, |t| t.value),
        text_contacts,
        ..Agent::new(name)
    };
    if agent.roles.is_empty() {
        table.fault(format!("`{}` has no role", agent.name));
    }
    table.finish();
    agent
}

fn clearance(value: &Value<'_>) -> Option<Lane> {
    value.word(&LANES[..3])
}

/// A safeguarding lane as the name of a key.
fn lane(key: &str, value: &Value<'_>) -> Option<Lane> {
    let found = LANES[..3].iter().find(|(word, _)| *word == key).map(|(_, lane)| *lane);
    if found.is_none() {
        let hint = nearest(key, LANES[..3].iter().map(|(word, _)| *word));
        let hint = hint.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        value.fault(format!("`{}` is no safeguarding lane{hint}", value.path()));
    }
    found
}

fn skill(key: &str, at: At, document: &Document) -> Option<SkillName> {
    key.parse::<SkillName>().map_err(|error| document.fault(at, error.to_string())).ok()
}

fn shown_as(table: &mut Table<'_>) -> BTreeMap<Language, String> {
    let Some(mut texts) = table.take_table("shown_as") else {
        table.has("shown_as");
        return BTreeMap::new();
    };
    let mut shown = BTreeMap::new();
    for (key, value) in texts.take_rest() {
        match key.value.parse::<Language>() {
            Ok(language) => {
                if let Some(text) = value.text() {
                    check_shown(&texts, &Spanned { value: text.clone(), at: value.at });
                    shown.insert(language, text);
                }
            }
            Err(error) => value.fault(format!("`{}`: {error}", value.path())),
        }
    }
    shown
}

fn check_shown(table: &Table<'_>, shown: &Spanned<String>) {
    let length = shown.value.chars().count();
    if !(1..=MAX_SHOWN).contains(&length) || shown.value.chars().any(char::is_control) {
        table.document().fault(shown.at, format!("a name to show has 1 to {MAX_SHOWN} printable characters"));
    }
}

fn skills(table: &mut Table<'_>) -> BTreeMap<SkillName, Level> {
    let Some(mut given) = table.take_table("skills") else {
        return BTreeMap::new();
    };
    let mut skills = BTreeMap::new();
    for (key, value) in given.take_rest() {
        let level = value.int(1..=5).and_then(|n| Level::new(n as u8));
        match key.value.parse::<SkillName>() {
            Ok(skill) => {
                skills.extend(level.map(|level| (skill, level)));
            }
            Err(error) => given.document().fault(key.at, error.to_string()),
        }
    }
    skills
}

fn set<'d, T: Ord>(values: Vec<Value<'d>>, read: impl Fn(&Value<'d>) -> Option<T>) -> BTreeSet<T> {
    let mut found = BTreeSet::new();
    for value in &values {
        if let Some(item) = read(value)
            && !found.insert(item)
        {
            value.fault(format!("`{}` names this twice", value.path()));
        }
    }
    found
}

/// A small count; its range must fit a `u32`.
fn count(table: &mut Table<'_>, key: &str, range: RangeInclusive<i64>, into: &mut u32) {
    if let Some(n) = table.take_int(key, range) {
        *into = n.value as u32;
    }
}
