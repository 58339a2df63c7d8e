//! Writing `centre.toml`: every value, defaults included, so that a difference of two files is a
//! difference of two centres.

mod hours;

use crate::centre::{
    Agent, Centre, Choose, EntryPoint, LastResort, LastResortTo, Ledger, Queue, Role, Rules, SkillMode, Widening,
    WrapUpMode,
};
use crate::{Day, Level, SkillName, Tier};
use std::collections::BTreeMap;
use std::fmt::Display;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

pub(super) fn centre(centre: &Centre) -> String {
    let mut document = DocumentMut::new();
    document["floor"] = value(centre.floor.as_str());
    document["rules"] = Item::Table(rules(&centre.rules));
    let mut ledgers = group();
    for (name, each) in &centre.rules.ledgers {
        ledgers.insert(name.as_str(), Item::Table(ledger(each)));
    }
    document["ledgers"] = Item::Table(ledgers);
    let mut entries = group();
    for entry in centre.entries.values() {
        entries.insert(entry.name.as_str(), Item::Table(entry_point(entry)));
    }
    document["entries"] = Item::Table(entries);
    let mut queues = group();
    for each in centre.queues.values() {
        queues.insert(each.name.as_str(), Item::Table(queue(each)));
    }
    document["queues"] = Item::Table(queues);
    let mut agents = group();
    for each in centre.agents.values() {
        agents.insert(each.name.as_str(), Item::Table(agent(each)));
    }
    document["agents"] = Item::Table(agents);
    hours::add(&mut document, centre);
    document.to_string()
}

/// A table that only holds tables gets no header of its own.
fn group() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn rules(rules: &Rules) -> Table {
    let mut table = Table::new();
    table["place_seconds"] = value(rules.place_seconds);
    table["reserve"] = value(i64::from(rules.reserve));
    table["reserve_cap_percent"] = value(i64::from(rules.reserve_cap_percent));
    table["reserve_wait_percent"] = value(i64::from(rules.reserve_wait_percent));
    table["silent_per_source"] = value(i64::from(rules.silent_per_source));
    table["silent_per_hour"] = value(i64::from(rules.silent_per_hour));
    table["short_abandon_seconds"] = value(rules.short_abandon_seconds);
    table["small_count"] = value(i64::from(rules.small_count));
    table["recovery_after"] = value(i64::from(rules.recovery_after));
    table["recovery_seconds"] = value(rules.recovery_seconds);
    table["alarm_seconds"] = value(rules.alarm_seconds);
    table["grace_seconds"] = value(rules.grace_seconds);
    table["storm_expiries"] = value(i64::from(rules.storm_expiries));
    table["retention_days"] = value(i64::from(rules.retention_days));
    table["away_reasons"] = texts(&rules.away_reasons);
    table["dispositions"] = texts(&rules.dispositions);
    table
}

fn ledger(ledger: &Ledger) -> Table {
    let mut table = Table::new();
    table["capacity"] = value(i64::from(ledger.capacity));
    let load = |(channel, load): (&crate::Channel, _)| (channel.as_str(), Value::from(hours::load(load)));
    table["channels"] = value(ledger.channels.iter().map(load).collect::<InlineTable>());
    table
}

fn entry_point(entry: &EntryPoint) -> Table {
    let mut table = Table::new();
    if let Some(number) = &entry.number {
        table["number"] = value(number.to_string());
    }
    table["tenant"] = value(entry.tenant.as_str());
    table["flow"] = value(entry.flow.as_str());
    table
}

fn queue(queue: &Queue) -> Table {
    let mut table = Table::new();
    if !queue.shown_as.is_empty() {
        let shown = queue.shown_as.iter().map(|(language, text)| (language.to_string(), Value::from(text.as_str())));
        table["shown_as"] = value(shown.collect::<InlineTable>());
    }
    table["tenant"] = value(queue.tenant.as_str());
    table["lane"] = value(queue.lane.as_str());
    table["skills"] = levels(&queue.skills);
    table["skill_mode"] = value(match queue.skill_mode {
        SkillMode::All => "all",
        SkillMode::BestAvailable => "best_available",
        SkillMode::Ignore => "ignore",
    });
    table["language"] = value(queue.language);
    table["tier"] = value(tier(queue.tier));
    table["base"] = value(queue.base);
    table["slope"] = value(queue.slope);
    if let Some(most) = queue.most_points {
        table["most_points"] = value(most);
    }
    table["choose"] = value(match queue.choose {
        Choose::LongestIdle => "longest_idle",
        Choose::HighestLevel => "highest_level",
    });
    table["offer_seconds"] = value(queue.offer_seconds);
    table["wrap_up_seconds"] = value(queue.wrap_up_seconds);
    table["wrap_up"] = value(match queue.wrap_up {
        WrapUpMode::MandatoryTimed => "mandatory_timed",
        WrapUpMode::Extendable => "extendable",
        WrapUpMode::Optional => "optional",
    });
    table["target_seconds"] = value(queue.target_seconds);
    table["target_percent"] = value(i64::from(queue.target_percent));
    table["widenings"] = value(queue.widenings.iter().map(widening).collect::<Array>());
    table["last_resort"] = value(queue.last_resort.iter().map(rung).collect::<Array>());
    hours::of_queue(&mut table, queue);
    table
}

fn widening(widening: &Widening) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("after_seconds", widening.after_seconds.into());
    let skills: Array = widening.drop_skills.iter().map(|s| s.as_str()).collect();
    table.insert("drop_skills", skills.into());
    table.insert("lower_levels", i64::from(widening.lower_levels).into());
    table.insert("drop_language", widening.drop_language.into());
    table
}

fn rung(rung: &LastResort) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("after_seconds", rung.after_seconds.into());
    match &rung.to {
        LastResortTo::OnCall(number) => table.insert("on_call", number.to_string().into()),
        LastResortTo::Outside(digits) => table.insert("outside", digits.as_str().into()),
        LastResortTo::AnyAgent => table.insert("any_agent", true.into()),
    };
    table
}

fn agent(agent: &Agent) -> Table {
    let mut table = Table::new();
    table["shown_as"] = value(agent.shown_as.as_str());
    let roles = agent.roles.iter().map(|role| match role {
        Role::Agent => "agent",
        Role::Supervisor => "supervisor",
        Role::Admin => "admin",
        Role::Dpo => "dpo",
    });
    table["roles"] = texts(roles);
    table["languages"] = texts(&agent.languages);
    table["skills"] = levels(&agent.skills);
    if !agent.skills_until.is_empty() {
        table["skills_until"] = days(agent.skills_until.iter().map(|(skill, day)| (skill.as_str(), day)));
    }
    table["clearances"] = texts(agent.clearances.iter().map(|lane| lane.as_str()));
    table["tenants"] = texts(&agent.tenants);
    table["tier"] = value(tier(agent.tier));
    table["text_contacts"] = value(i64::from(agent.text_contacts));
    if !agent.clearances_until.is_empty() {
        table["clearances_until"] = days(agent.clearances_until.iter().map(|(lane, day)| (lane.as_str(), day)));
    }
    if let Some(ledger) = &agent.ledger {
        table["ledger"] = value(ledger.as_str());
    }
    table["auto_ready"] = value(agent.auto_ready);
    table
}

fn days<'a>(until: impl Iterator<Item = (&'a str, &'a Day)>) -> Item {
    value(until.map(|(name, day)| (name, Value::from(day.to_string()))).collect::<InlineTable>())
}

fn texts<T: Display>(items: impl IntoIterator<Item = T>) -> Item {
    value(items.into_iter().map(|item| item.to_string()).collect::<Array>())
}

fn levels(skills: &BTreeMap<SkillName, Level>) -> Item {
    let pairs = skills.iter().map(|(skill, level)| (skill.to_string(), Value::from(i64::from(level.get()))));
    value(pairs.collect::<InlineTable>())
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::L1 => "L1",
        Tier::L2 => "L2",
        Tier::L3 => "L3",
    }
}
