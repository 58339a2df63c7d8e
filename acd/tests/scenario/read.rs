//! Lines into commands.

mod hours;

use super::{Names, START};
use acd::Command;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{
    Agent, Beside, Change, Choose, Climb, LastResort, LastResortTo, Ledger, Load, Queue, Role, Rules, SkillMode,
    Widening, WrapUpMode,
};
use vocabulary::event::{Actor, HelpKind, Source};
use vocabulary::{
    AgentName, CalendarName, Channel, Day, E164, EndCause, EntryName, Event, Lane, Language, LedgerName, Level, Needs,
    Party, Presence, QueueName, ReasonName, Risk, SkillName, TenantName,
};

type Read<T> = Result<T, String>;

pub fn time(text: &str) -> Read<i64> {
    let mut seconds: i64 = 0;
    for part in text.split(':') {
        seconds = seconds * 60 + number::<i64>(part)?;
    }
    Ok(seconds)
}

fn number<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn offer(text: &str) -> Read<u32> {
    number(text.trim_start_matches('#'))
}

fn agent(text: &str) -> Read<AgentName> {
    AgentName::new(text).map_err(|e| e.to_string())
}

fn actor(words: &[&str]) -> Read<Actor> {
    match words {
        ["by", "centre"] => Ok(Actor::Centre),
        ["by", "citizen"] => Ok(Actor::Citizen),
        ["by", name] => Ok(Actor::Staff { name: agent(name)? }),
        other => Err(format!("by whom? {other:?}")),
    }
}

fn named<T: serde::de::DeserializeOwned>(text: &str) -> Read<T> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|e| e.to_string())
}

pub fn command(words: &[&str], names: &mut Names) -> Read<Command> {
    let set_up = |change| Ok(Command::SetUp { change: Box::new(change), by: Actor::Centre });
    match words {
        ["wait"] => Ok(Command::Tick),
        ["restart"] => Ok(Command::Restart),
        ["the", "journal", "stalls"] => Ok(Command::NoteStalled),
        ["the", "journal", "is", "back"] => Ok(Command::NoteUnjournaled { since: vocabulary::Time(START), events: 7 }),
        ["rules", rest @ ..] => set_up(Change::RulesSet { rules: rules(rest)? }),
        ["queue", name, rest @ ..] => set_up(Change::QueueSet { queue: queue(name, rest)? }),
        ["agent", name, rest @ ..] => set_up(Change::AgentSet { agent: staff(name, rest)? }),
        ["remove", "queue", name] => set_up(Change::QueueRemoved { queue: QueueName::new(name).unwrap() }),
        ["remove", "agent", name] => set_up(Change::AgentRemoved { agent: agent(name)? }),
        ["calendar", name, days @ ..] => set_up(hours::calendar(name, days)?),
        ["remove", "calendar", name] => set_up(hours::no_calendar(name)),
        ["queue-switch", queue, rest @ ..] => hours::switch(queue, rest),
        ["surge", queue, rest @ ..] => hours::surge(queue, rest),
        [contact, "agrees", "to", "be", "called", rest @ ..] => hours::agree(names.id(contact), rest),
        [contact, "allows", policy] => hours::consent(names.id(contact), policy),
        [contact, "is", "told", low, high] => hours::told(names.id(contact), low, high),
        [contact, "calls"] => Ok(arrive(names.id(contact), Channel::Voice, "nairobi")),
        [contact, "texts"] => Ok(arrive(names.id(contact), Channel::Sms, "nairobi")),
        [contact, "chats"] => Ok(arrive(names.id(contact), Channel::WebChat, "nairobi")),
        [contact, "calls", "for", tenant] => Ok(arrive(names.id(contact), Channel::Voice, tenant)),
        [contact, "enters", queue, rest @ ..] => enqueue(names.id(contact), queue, rest),
        [contact, "claims", from] => Ok(Command::ClaimPlace { contact: names.id(contact), from: names.id(from) }),
        [contact, "becomes", lane, risk, by @ ..] => Ok(Command::Reclassify {
            contact: names.id(contact),
            lane: named::<Lane>(lane)?,
            risk: named::<Risk>(risk)?,
            by: actor(by)?,
        }),
        [contact, "hangs", "up"] => Ok(end(names, contact, Party::Citizen, EndCause::Normal)),
        [contact, "is", "lost"] => Ok(end(names, contact, Party::Citizen, EndCause::Lost)),
        [contact, "is", "self-served"] => Ok(end(names, contact, Party::Centre, EndCause::SelfServed)),
        ["line", step, "answers", contact] => {
            Ok(Command::OutsideAnswered { contact: names.id(contact), step: number(step)? })
        }
        ["centre", "claims", "offered", contact] => {
            let (contact, by) = (names.id(contact), Actor::Centre);
            Ok(Command::Report(Event::Reclassified { contact, lane: Lane::Standard, risk: Risk::P3, by }))
        }
        ["complete", help] => Ok(Command::CompleteHelp { help: names.id(help) }),
        ["join", help] => Ok(Command::JoinHelp { help: names.id(help) }),
        [contact, "prefers", name, "until", at] => {
            let until = vocabulary::Time(START + time(at)? * 1_000);
            Ok(Command::Prefer { contact: names.id(contact), agent: agent(name)?, until })
        }
        [contact, "starts", "with", n, by @ ..] => {
            Ok(Command::Rescore { contact: names.id(contact), base: number(n)?, by: actor(by)? })
        }
        [contact, "is", "silent"] => Ok(Command::NoteSilent { contact: names.id(contact), source: None }),
        [contact, "is", "silent", "from", n] => {
            Ok(Command::NoteSilent { contact: names.id(contact), source: Some(Source(number(n)?)) })
        }
        [name, rest @ ..] => of_agent(agent(name)?, rest, names),
        [] => Err("nothing said".to_owned()),
    }
}

fn end(names: &mut Names, contact: &str, by: Party, cause: EndCause) -> Command {
    Command::End { contact: names.id(contact), by, cause }
}

fn arrive(contact: vocabulary::ContactId, channel: Channel, tenant: &str) -> Command {
    let entry = EntryName::new("main").unwrap();
    Command::Arrive { contact, channel, tenant: TenantName::new(tenant).unwrap(), entry }
}

fn of_agent(agent: AgentName, words: &[&str], names: &mut Names) -> Read<Command> {
    let own = Actor::Staff { name: agent.clone() };
    let presence = |presence, by: &[&str]| {
        let by = if by.is_empty() { own.clone() } else { actor(by)? };
        Ok(Command::SetPresence { agent: agent.clone(), presence, by })
    };
    match words {
        ["ready", by @ ..] => presence(Presence::Ready, by),
        ["offline", by @ ..] => presence(Presence::Offline, by),
        ["away", reason, by @ ..] => presence(Presence::Away { reason: ReasonName::new(reason).unwrap() }, by),
        ["leaves", "for", "nothing"] => Ok(Command::SetLeaving { agent, then: None, by: own }),
        ["leaves", "for", what, by @ ..] => {
            let by = if by.is_empty() { own } else { actor(by)? };
            Ok(Command::SetLeaving { agent, then: Some(declared(what)), by })
        }
        ["has", contact, "called", "back"] => {
            Ok(Command::DecideDrop { contact: names.id(contact), by: agent, call: true })
        }
        ["has", contact, "not", "called", "back"] => {
            Ok(Command::DecideDrop { contact: names.id(contact), by: agent, call: false })
        }
        ["accepts", contact, n] => Ok(Command::Accept { contact: names.id(contact), offer: offer(n)?, agent }),
        ["declines", contact, n] => Ok(Command::Decline { contact: names.id(contact), offer: offer(n)?, agent }),
        ["connects", contact] => Ok(Command::Connect { contact: names.id(contact), agent }),
        ["loses", contact] => Ok(Command::ConnectFail { contact: names.id(contact), agent }),
        ["reaches", "nobody", "for", contact] => Ok(Command::FailCallBack { contact: names.id(contact), agent }),
        ["holds", contact] => Ok(Command::Report(Event::Held { contact: names.id(contact), agent })),
        ["resumes", contact] => Ok(Command::Report(Event::Resumed { contact: names.id(contact), agent })),
        ["ends", contact] => Ok(end(names, contact, Party::Agent, EndCause::Normal)),
        ["extends", contact] => Ok(Command::ExtendWrapUp { contact: names.id(contact), agent }),
        ["wraps", "up", contact] => Ok(Command::WrapUp { contact: names.id(contact), agent, disposition: None }),
        ["wraps", "up", contact, verdict] => {
            let disposition = Some(ReasonName::new(verdict).unwrap());
            Ok(Command::WrapUp { contact: names.id(contact), agent, disposition })
        }
        ["asks", help, "for", contact, "in", queue, rest @ ..] => {
            let (help, of) = (names.id(help), names.id(contact));
            ask(help, of, agent, queue, rest)
        }
        ["leaves", contact] => Ok(Command::Leave { contact: names.id(contact), agent }),
        ["gives", contact, "to", queue, rest @ ..] => give(names.id(contact), agent, queue, rest),
        ["assigns", contact, "to", to] => {
            Ok(Command::Assign { contact: names.id(contact), agent: self::agent(to)?, by: own })
        }
        other => Err(format!("what does `{agent}` do? {other:?}")),
    }
}

fn ask(
    help: vocabulary::ContactId,
    of: vocabulary::ContactId,
    by: AgentName,
    queue: &str,
    words: &[&str],
) -> Read<Command> {
    let (mut kind, mut needs, mut only) = (HelpKind::Consult, Needs::default(), None);
    for pair in words.chunks(2) {
        match pair {
            ["kind", text] => kind = named(text)?,
            ["needs", text] => needs.skills = skills(text)?,
            ["only", name] => only = Some(agent(name)?),
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(Command::AskHelp { help, of, by, kind, queue: QueueName::new(queue).unwrap(), needs, agent: only })
}

fn give(contact: vocabulary::ContactId, agent: AgentName, queue: &str, words: &[&str]) -> Read<Command> {
    let (mut needs, mut by) = (Needs::default(), Actor::Staff { name: agent.clone() });
    for pair in words.chunks(2) {
        match pair {
            ["needs", text] => needs.skills = skills(text)?,
            ["by", _] => by = actor(pair)?,
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(Command::Transfer { contact, agent, queue: QueueName::new(queue).unwrap(), needs, by })
}

/// `calls:4=voice,3,1,nothing,anything;web_chat,1,3`: capacity; of each channel its weight, how many
/// at most, beside what it is offered, and what may be offered beside it.
fn ledger(text: &str) -> Read<(LedgerName, Ledger)> {
    let (head, loads) = text.split_once('=').ok_or("a ledger is name:capacity=channels")?;
    let (name, capacity) = head.split_once(':').ok_or("a ledger is name:capacity=channels")?;
    let mut channels = BTreeMap::new();
    for load in loads.split(';') {
        let words: Vec<&str> = load.split(',').collect();
        let [channel, weight, most, rules @ ..] = &words[..] else {
            return Err(format!("a load is channel,weight,most: `{load}`"));
        };
        let rule = |at: usize| rules.get(at).map_or(Ok(Beside::Anything), |word| named(word));
        let load = Load { weight: number(weight)?, most: number(most)?, beside: rule(0)?, admits: rule(1)? };
        channels.insert(named::<Channel>(channel)?, load);
    }
    Ok((LedgerName::new(name).unwrap(), Ledger { capacity: number(capacity)?, channels }))
}

/// `ready`, `offline`, or a reason to be away.
fn declared(word: &str) -> Presence {
    match word {
        "ready" => Presence::Ready,
        "offline" => Presence::Offline,
        reason => Presence::Away { reason: ReasonName::new(reason).unwrap() },
    }
}

fn enqueue(contact: vocabulary::ContactId, queue: &str, words: &[&str]) -> Read<Command> {
    let (mut needs, mut lane, mut risk, mut language, mut base) =
        (Needs::default(), None, Risk::P3, Language::SW, None);
    for pair in words.chunks(2) {
        match pair {
            ["in", tag] => language = Language::new(tag).unwrap(),
            ["risk", text] => risk = named(text)?,
            ["lane", text] => lane = Some(named(text)?),
            ["base", text] => base = Some(number(text)?),
            ["tier", text] => needs.tier = named(text)?,
            ["needs", text] => needs.skills = skills(text)?,
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(Command::Enqueue { contact, queue: QueueName::new(queue).unwrap(), needs, lane, risk, language, base })
}

/// `passport:3,tax:1`.
fn skills(text: &str) -> Read<BTreeMap<SkillName, Level>> {
    text.split(',')
        .map(|pair| {
            let (skill, level) = pair.split_once(':').ok_or("a skill is name:level")?;
            Ok((SkillName::new(skill).unwrap(), Level::new(number(level)?).ok_or("levels are 1 to 5")?))
        })
        .collect()
}

fn rules(words: &[&str]) -> Read<Rules> {
    // The language speaks of the rule under test; the others are out of its way.
    let mut rules = Rules { reserve: 0, reserve_wait_percent: 0, recovery_after: 0, ..Rules::default() };
    for pair in words.chunks(2) {
        match pair {
            ["place", n] => rules.place_seconds = number(n)?,
            ["reserve", n] => rules.reserve = number(n)?,
            ["cap", n] => rules.reserve_cap_percent = number(n)?,
            ["recovery-after", n] => rules.recovery_after = number(n)?,
            ["recovery", n] => rules.recovery_seconds = number(n)?,
            ["alarm", n] => rules.alarm_seconds = number(n)?,
            ["grace", n] => rules.grace_seconds = number(n)?,
            ["reserve-wait", n] => rules.reserve_wait_percent = number(n)?,
            ["ledger", text] => rules.ledgers.extend([ledger(text)?]),
            ["silent-per-source", n] => rules.silent_per_source = number(n)?,
            ["silent-per-hour", n] => rules.silent_per_hour = number(n)?,
            ["storm", n] => rules.storm_expiries = number(n)?,
            other => return Err(format!("no such rule: {other:?}")),
        }
    }
    Ok(rules)
}

fn queue(name: &str, words: &[&str]) -> Read<Queue> {
    let mut queue = Queue {
        language: false,
        slope: 1,
        wrap_up_seconds: 30,
        ..Queue::new(QueueName::new(name).unwrap(), TenantName::new("nairobi").unwrap(), Lane::Standard)
    };
    for pair in words.chunks(2) {
        match pair {
            ["lane", text] => queue.lane = named(text)?,
            ["skills", text] => queue.skills = skills(text)?,
            ["mode", "best"] => queue.skill_mode = SkillMode::BestAvailable,
            ["mode", "ignore"] => queue.skill_mode = SkillMode::Ignore,
            ["language", "asked"] => queue.language = true,
            ["tier", text] => queue.tier = named(text)?,
            ["base", n] => queue.base = number(n)?,
            ["slope", n] => queue.slope = number(n)?,
            ["most", n] => queue.most_points = Some(number(n)?),
            ["choose", "level"] => queue.choose = Choose::HighestLevel,
            ["offer", n] => queue.offer_seconds = number(n)?,
            ["wrap-up", "timed"] => queue.wrap_up = WrapUpMode::MandatoryTimed,
            ["wrap-up", "optional"] => queue.wrap_up = WrapUpMode::Optional,
            ["wrap-up", n] => queue.wrap_up_seconds = number(n)?,
            ["widen", text] => queue.widenings.push(widening(text)?),
            ["calendar", name] => queue.calendar = Some(CalendarName::new(name).unwrap()),
            ["when-closed", text] => queue.when_closed = hours::treatment(text)?,
            ["overflow", text] => queue.overflow.push(hours::overflow(text)?),
            ["call-back", text] => queue.call_back = Some(hours::call_back(text)?),
            ["last-resort", text] => queue.last_resort.push(rung(text)?),
            ["climb", text] => queue.climb = Some(climb(text)?),
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(queue)
}

/// `60:drop=tax`, `60:lower=1`, `60:any-language`.
fn widening(text: &str) -> Read<Widening> {
    let (after, what) = text.split_once(':').ok_or("a widening is seconds:what")?;
    let mut widening = Widening {
        after_seconds: number(after)?,
        drop_skills: BTreeSet::new(),
        lower_levels: 0,
        drop_language: what == "any-language",
    };
    match what.split_once('=') {
        Some(("drop", skill)) => drop(widening.drop_skills.insert(SkillName::new(skill).unwrap())),
        Some(("lower", n)) => widening.lower_levels = number(n)?,
        _ => {}
    }
    Ok(widening)
}

/// `30:specialists`.
fn climb(text: &str) -> Read<Climb> {
    let (after, to) = text.split_once(':').ok_or("a climb is seconds:queue")?;
    Ok(Climb { after_seconds: number(after)?, to: QueueName::new(to).unwrap() })
}

/// `20:on-call`, `45:1195`, `60:anyone`.
fn rung(text: &str) -> Read<LastResort> {
    let (after, to) = text.split_once(':').ok_or("a rung is seconds:whom")?;
    let to = match to {
        "on-call" => LastResortTo::OnCall(E164::parse("+254700000195").unwrap()),
        "anyone" => LastResortTo::AnyAgent,
        line => LastResortTo::Outside(line.to_owned()),
    };
    Ok(LastResort { after_seconds: number(after)?, to })
}

fn staff(name: &str, words: &[&str]) -> Read<Agent> {
    let mut agent = Agent { languages: BTreeSet::from([Language::SW]), text_contacts: 2, ..Agent::new(agent(name)?) };
    for pair in words.chunks(2) {
        match pair {
            ["speaks", tags] => agent.languages = tags.split(',').map(|t| Language::new(t).unwrap()).collect(),
            ["skills", text] => agent.skills = skills(text)?,
            ["cleared", lanes] => agent.clearances = lanes.split(',').map(named).collect::<Read<_>>()?,
            ["trained", text] => agent.skills_until = until(text, |skill| SkillName::new(skill).unwrap())?,
            ["cleared-until", text] => {
                agent.clearances_until = until(text, |lane| named(lane).expect("a lane"))?;
            }
            ["serves", tenants] => {
                agent.tenants = tenants.split(',').map(|t| TenantName::new(t).unwrap()).collect();
            }
            ["tier", text] => agent.tier = named(text)?,
            ["texts", n] => agent.text_contacts = number(n)?,
            ["role", "both"] => agent.roles = BTreeSet::from([Role::Agent, Role::Supervisor]),
            ["ledger", name] => agent.ledger = LedgerName::new(name).ok(),
            ["after-contact", "away"] => agent.auto_ready = false,
            ["role", "supervisor"] => agent.roles = BTreeSet::from([Role::Supervisor]),
            other => return Err(format!("what does it mean: {other:?}")),
        }
    }
    Ok(agent)
}

/// `ids:2026-11-18`: what counts up to the end of which day.
fn until<K: Ord>(text: &str, key: impl Fn(&str) -> K) -> Read<BTreeMap<K, Day>> {
    let pair = |pair: &str| {
        let (what, day) = pair.split_once(':').ok_or("training is what:day")?;
        Ok((key(what), day.parse().map_err(|_| format!("`{day}` is no day"))?))
    };
    text.split(',').map(pair).collect()
}

/// A moment of the script, back from the engine's time.
pub fn since_start(at: vocabulary::Time) -> i64 {
    at.0 - START
}
