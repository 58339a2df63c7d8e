//! What a queue does with contacts that it cannot serve at once, and how much one agent carries.

use super::{SECONDS, count, named};
use crate::centre::file::Places;
use crate::centre::{Beside, CallBackRules, Climb, Ledger, Load, Overflow, OverflowWhen, Queue, Treatment};
use crate::spanned::{Table, Value};
use crate::{CalendarName, Channel, LedgerName, QueueName};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Contacts waiting in one queue: up to what a floor holds.
const CONTACTS: RangeInclusive<i64> = 0..=250_000;
/// How often a citizen is called before it would be a nuisance.
const ATTEMPTS: RangeInclusive<i64> = 1..=10;
/// Capacity and weights of a ledger.
const WEIGHTS: RangeInclusive<i64> = 0..=10_000;

const TREATMENTS: [(&str, Treatment); 3] =
    [("call_back", Treatment::CallBack), ("message", Treatment::Message), ("closed", Treatment::Closed)];
const BESIDE: [(&str, Beside); 3] =
    [("nothing", Beside::Nothing), ("same_channel", Beside::SameChannel), ("anything", Beside::Anything)];

/// The keys of a queue that say when it is open and where its contacts may go.
pub(super) fn of_queue(queue: &mut Queue, table: &mut Table<'_>, places: &mut Places) {
    let path = format!("queues.{}", queue.name);
    let mut note = |key: &str, at| {
        places.insert(format!("{path}.{key}"), at);
    };
    if let Some(calendar) = table.take_parsed::<CalendarName>("calendar") {
        note("calendar", calendar.at);
        queue.calendar = Some(calendar.value);
    }
    if let Some(value) = table.take("when_closed") {
        note("when_closed", value.at);
        queue.when_closed = treatment(&value).unwrap_or_default();
    }
    for value in table.take_list("overflow") {
        let Some(overflow) = overflow(&value) else { continue };
        note(&format!("overflow {}", queue.overflow.len()), value.at);
        queue.overflow.push(overflow);
    }
    if let Some(value) = table.take("climb") {
        note("climb", value.at);
        queue.climb = value.table().and_then(climb);
    }
    queue.call_back = table.take_table("call_back").map(call_back);
}

/// `"message"`, or `{ queue = "general" }`.
fn treatment(value: &Value<'_>) -> Option<Treatment> {
    if value.is_text() {
        return value.word(&TREATMENTS);
    }
    let mut table = value.table()?;
    let queue = table.need_parsed::<QueueName>("queue");
    table.finish();
    queue.map(|queue| Treatment::Queue(queue.value))
}

fn overflow(value: &Value<'_>) -> Option<Overflow> {
    let mut table = value.table()?;
    let waiting = table.take_int("waiting", CONTACTS).map(|n| OverflowWhen::Waiting(n.value as u32));
    let waited = table.take_int("waited_seconds", SECONDS).map(|n| OverflowWhen::WaitedSeconds(n.value));
    let estimate = table.take_int("estimate_seconds", SECONDS).map(|n| OverflowWhen::EstimateSeconds(n.value));
    let nobody = table.take("nobody_on_shift").and_then(|v| match v.bool()? {
        true => Some(OverflowWhen::NobodyOnShift),
        false => {
            v.fault("`nobody_on_shift` can only be true; leave the limit out instead");
            None
        }
    });
    let keys = ["waiting", "waited_seconds", "estimate_seconds", "nobody_on_shift"];
    if keys.iter().filter(|key| table.has(key)).count() != 1 {
        let known = "`waiting`, `waited_seconds`, `estimate_seconds`, `nobody_on_shift`";
        table.fault(format!("an overflow names exactly one of {known}"));
    }
    let to = table.need("to", "a treatment").and_then(|v| treatment(&v));
    table.finish();
    Some(Overflow { when: waiting.or(waited).or(estimate).or(nobody)?, to: to? })
}

fn climb(mut table: Table<'_>) -> Option<Climb> {
    let after = table.need_int("after_seconds", SECONDS);
    let to = table.need_parsed::<QueueName>("to");
    table.finish();
    Some(Climb { after_seconds: after?.value, to: to?.value })
}

fn call_back(mut table: Table<'_>) -> CallBackRules {
    let mut rules = CallBackRules::default();
    count(&mut table, "attempts", ATTEMPTS, &mut rules.attempts);
    if let Some(n) = table.take_int("retry_seconds", SECONDS) {
        rules.retry_seconds = n.value;
    }
    if let Some(n) = table.take_int("window_seconds", SECONDS) {
        rules.window_seconds = n.value;
    }
    table.finish();
    rules
}

pub(super) fn ledgers(root: &mut Table<'_>, places: &mut Places) -> BTreeMap<LedgerName, Ledger> {
    let read = |(name, table)| ledger(table).map(|ledger| (name, ledger));
    named::<LedgerName>(root, "ledgers", places).into_iter().filter_map(read).collect()
}

fn ledger(mut table: Table<'_>) -> Option<Ledger> {
    let capacity = table.need_int("capacity", 1..=*WEIGHTS.end());
    let mut channels = BTreeMap::new();
    if let Some(mut given) = table.take_table("channels") {
        for channel in Channel::ALL {
            let Some(value) = given.take(channel.as_str()) else { continue };
            let load = value.table().and_then(|t| load(t, channel, capacity.as_ref().map(|c| c.value)));
            channels.extend(load.map(|load| (channel, load)));
        }
        given.finish();
    }
    table.finish();
    capacity.map(|capacity| Ledger { capacity: capacity.value as u32, channels })
}

fn load(mut table: Table<'_>, channel: Channel, capacity: Option<i64>) -> Option<Load> {
    let weight = table.need_int("weight", WEIGHTS);
    let mut most = 1;
    count(&mut table, "most", 1..=50, &mut most);
    let beside = table.take_word("beside", &BESIDE).map_or(Beside::Anything, |b| b.value);
    let admits = table.take_word("admits", &BESIDE).map_or(Beside::Anything, |b| b.value);
    if channel.is_voice() && most > 1 {
        table.fault("an agent has one call at a time: `most` of voice is 1");
    }
    if let (Some(weight), Some(capacity)) = (&weight, capacity)
        && weight.value > capacity
    {
        let word = channel.as_str();
        table.fault(format!("a contact by {word} weighs {}, more than the capacity of {capacity}", weight.value));
    }
    table.finish();
    Some(Load { weight: weight?.value as u32, most, beside, admits })
}
