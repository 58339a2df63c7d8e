//! Outputs into lines.

use super::Names;
use super::read::since_start;
use acd::{Effect, Output, StopCause};
use serde::Serialize;
use vocabulary::event::{Actor, Why};
use vocabulary::{ConsentKind, Event, Needs, Presence, Time};

pub fn time(millis: i64) -> String {
    let (seconds, rest) = (millis / 1_000, millis % 1_000);
    let whole = format!("{}:{:02}", seconds / 60, seconds % 60);
    if rest == 0 { whole } else { format!("{whole}.{rest:03}") }
}

pub fn output(output: &Output, names: &Names) -> String {
    match output {
        Output::Event(event) => said(event, names),
        Output::Effect(effect) => format!("-> {}", done(effect, names)),
    }
}

fn at(moment: Time) -> String {
    time(since_start(moment))
}

fn word<T: Serialize>(value: &T) -> String {
    spelled(&serde_json::to_value(value).unwrap())
}

/// A value as words; of a value with parts, the parts.
fn spelled(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.replace('_', " "),
        serde_json::Value::Object(parts) => {
            let part = |(key, value): (&String, &serde_json::Value)| match key.as_str() {
                "because" | "is" => spelled(value),
                _ => format!("{} {}", key.replace('_', " "), spelled(value)),
            };
            parts.iter().map(part).collect::<Vec<_>>().join(" ")
        }
        serde_json::Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    }
}

fn by(actor: &Actor) -> String {
    match actor {
        Actor::Citizen => "the citizen".to_owned(),
        Actor::Centre => "the centre".to_owned(),
        Actor::Staff { name } => name.to_string(),
    }
}

fn wants(needs: &Needs) -> String {
    let mut parts: Vec<String> = needs.skills.iter().map(|(s, l)| format!("{s}:{}", l.get())).collect();
    parts.extend(needs.language.map(|l| l.to_string()));
    if needs.tier != Default::default() {
        parts.push(word(&needs.tier));
    }
    if parts.is_empty() { "anyone".to_owned() } else { parts.join(" ") }
}

fn because(why: &Why) -> String {
    let mut text = format!("{}, {} of {}", word(&why.order), word(&why.agent), why.candidates);
    if why.score != 0 {
        text.push_str(&format!(", score {}", why.score));
    }
    if why.reserved != 0 {
        text.push_str(&format!(", {} held back", why.reserved));
    }
    text
}

fn presence(presence: &Presence) -> String {
    match presence {
        Presence::Ready => "ready".to_owned(),
        Presence::Offline => "offline".to_owned(),
        Presence::Away { reason } => format!("away ({reason})"),
    }
}

fn said(event: &Event, names: &Names) -> String {
    let c = event.contact().map_or("", |id| names.name(id));
    match event {
        Event::PresenceSet { agent, presence: to, by: who } => {
            format!("{agent} is {}, set by {}", presence(to), by(who))
        }
        Event::Arrived { channel, .. } => format!("{c} arrives by {}", word(channel)),
        Event::Queued { queue, needs, lane, risk, base, arrived, .. } => {
            let base = if *base == 0 { String::new() } else { format!(", base {base}") };
            let (lane, wants, from) = (word(lane), wants(needs), at(*arrived));
            format!("{c} queued in {queue} ({lane} {}) for {wants}, age from {from}{base}", risk.as_str())
        }
        Event::Widened { step, .. } => format!("{c} widened, step {step}"),
        Event::LastResortTaken { step, .. } => format!("{c} last resort, step {step}"),
        Event::Offered { offer, agents, until, why, .. } => {
            let agents: Vec<&str> = agents.iter().map(|a| a.as_str()).collect();
            format!("{c} #{offer} offered to {} until {} ({})", agents.join(" and "), at(*until), because(why))
        }
        Event::Declined { offer, agent, .. } => format!("{c} #{offer} declined by {agent}"),
        Event::Expired { offer, .. } => format!("{c} #{offer} expired"),
        Event::Withdrawn { offer, why, .. } => format!("{c} #{offer} withdrawn: {}", word(why)),
        Event::Accepted { offer, agent, .. } => format!("{c} #{offer} accepted by {agent}"),
        Event::ConnectFailed { agent, .. } => format!("{c} lost {agent}"),
        Event::Connected { agent, .. } => format!("{c} connected with {agent}"),
        Event::Held { .. } => format!("{c} held"),
        Event::Resumed { .. } => format!("{c} resumed"),
        Event::Reclassified { lane, risk, by: who, .. } => {
            format!("{c} is now {} {}, by {}", word(lane), risk.as_str(), by(who))
        }
        Event::Ended { by, cause, .. } => format!("{c} ended by {}: {}", word(by), word(cause)),
        Event::WrapUpStarted { agent, until, .. } => {
            format!("{c} wrap-up by {agent} until {}", at(*until))
        }
        Event::WrappedUp { agent, disposition, .. } => {
            let verdict = disposition.as_ref().map_or("no verdict", |d| d.as_str());
            format!("{c} wrapped up by {agent}: {verdict}")
        }
        Event::PlaceKept { until, .. } => format!("{c} place kept until {}", at(*until)),
        Event::PlaceClaimed { from, .. } => {
            format!("{c} claims the place of {}", names.name(*from))
        }
        Event::PlaceLapsed { .. } => format!("{c} place lapsed"),
        Event::AlarmRaised { alarm, .. } => format!("ALARM {} {c}", word(alarm)).trim_end().to_owned(),
        Event::AlarmCleared { alarm, .. } => format!("alarm over: {} {c}", word(alarm)).trim_end().to_owned(),
        other => told_later(other, c, names),
    }
}

/// Events of what came with the whole routing engine.
fn told_later(event: &Event, c: &str, names: &Names) -> String {
    match event {
        Event::Preferred { agent, until, .. } => format!("{c} prefers {agent} until {}", at(*until)),
        Event::Rescored { base, by: who, .. } => format!("{c} starts with {base} points, by {}", by(who)),
        Event::SilentNoted { capped: true, .. } => format!("{c} is silent, and too many are"),
        Event::SilentNoted { .. } => format!("{c} is silent"),
        Event::WaitTold { low, high, .. } => format!("{c} is told {} to {} s", low.as_seconds(), high.as_seconds()),
        Event::ConsentGiven { consent, .. } => match consent.kind {
            ConsentKind::CallBack { policy } => format!("{c} may be called back: {}", word(&policy)),
            other => format!("{c} {}", word(&other)),
        },
        Event::Overflowed { queue, to, why, .. } => {
            format!("{c} overflows from {queue} to {}: {}", word(to), word(why))
        }
        Event::Climbed { from, to, .. } => format!("{c} climbs from {from} to {to}"),
        Event::CallBackAgreed { from, until, attempts, .. } => {
            format!("{c} will be called back from {} until {}, {attempts} times at most", at(*from), at(*until))
        }
        Event::CallBackFailed { agent, next: Some(next), .. } => {
            format!("{c} was not reached by {agent}, again at {}", at(*next))
        }
        Event::CallBackFailed { agent, .. } => format!("{c} was not reached by {agent}"),
        Event::DropDecided { by, call, .. } => {
            format!("{c} {} called back, says {by}", if *call { "is" } else { "is not" })
        }
        Event::HelpAsked { of, by, kind, agent, .. } => {
            let whom = agent.as_ref().map_or(String::new(), |agent| format!(" from {agent}"));
            format!("{c} asks {}{whom} for {}, by {by}", word(kind), names.name(*of))
        }
        Event::HandedOver { from, to, .. } => format!("{c} handed over from {from} to {to}"),
        Event::Joined { agent, kind, .. } => format!("{c} joined by {agent} ({})", word(kind)),
        Event::Left { agent, .. } => format!("{c} left by {agent}"),
        Event::Transferred { agent, why, by: who, .. } => {
            format!("{c} given up by {agent}: {}, by {}", word(why), by(who))
        }
        Event::Assigned { agent, by: who, .. } => format!("{c} assigned to {agent}, by {}", by(who)),
        Event::Parked { agent, beneath, .. } => format!("{c} laid aside by {agent} for {}", names.name(*beneath)),
        Event::Unparked { agent, .. } => format!("{c} in hand again with {agent}"),
        Event::WrapUpPaused { agent, beneath, .. } => {
            format!("{c} wrap-up by {agent} paused for {}", names.name(*beneath))
        }
        Event::DispositionNoted { agent, disposition, .. } => format!("{c} verdict by {agent}: {disposition}"),
        Event::LeavingSet { agent, then, by: who } => format!("{agent} leaves for {}, by {}", word(then), by(who)),
        Event::HoursTurned { queue, open, why } => {
            format!("queue {queue} {}: {}", if *open { "opens" } else { "closes" }, word(why))
        }
        Event::QueueSwitched { queue, to, by: who } => {
            format!("queue {queue} switched to {}, by {}", word(to), by(who))
        }
        Event::SurgeSet { queue, on, by: who } => {
            format!("surge in {queue} {}, by {}", if *on { "begins" } else { "ends" }, by(who))
        }
        Event::RanUnjournaled { since, events } => format!("ran without journal since {}: {events} events", at(*since)),
        other => format!("{c} {other:?}"),
    }
}

fn done(effect: &Effect, names: &Names) -> String {
    match effect {
        Effect::Ring { contact, offer, agent, .. } => format!("ring {agent} for {} #{offer}", names.name(*contact)),
        Effect::StopRinging { contact, offer, agent, why } => {
            let why = match why {
                StopCause::Withdrawn(cause) => word(cause),
                StopCause::Expired => "expired".to_owned(),
                StopCause::Lost => "another was first".to_owned(),
                StopCause::Declined => "declined".to_owned(),
            };
            format!("stop ringing {agent} for {} #{offer}: {why}", names.name(*contact))
        }
        Effect::Bridge { contact, agent, .. } => {
            format!("bridge {} and {agent}", names.name(*contact))
        }
        Effect::CallOutside { contact, step, to } => {
            format!("call step {step} for {}: {to:?}", names.name(*contact))
        }
        Effect::StopCallingOutside { contact } => {
            format!("stop calling outside for {}", names.name(*contact))
        }
        Effect::Treat { contact, treatment, .. } => format!("treat {}: {}", names.name(*contact), word(treatment)),
        Effect::CallBack { contact, agent, .. } => format!("call {} back for {agent}", names.name(*contact)),
        Effect::HandOver { contact, from, to } => format!("hand {} over from {from} to {to}", names.name(*contact)),
        Effect::Join { contact, agent } => format!("join {agent} to {}", names.name(*contact)),
        Effect::Release { contact, agent } => format!("release {agent} from {}", names.name(*contact)),
        Effect::Park { contact, agent, parked: true } => format!("lay {} aside for {agent}", names.name(*contact)),
        Effect::Park { contact, agent, .. } => format!("take {} up again for {agent}", names.name(*contact)),
        Effect::Refused(refusal) => {
            let mut text = refusal.to_string();
            names.0.iter().for_each(|(name, id)| text = text.replace(&id.to_string(), name));
            format!("refused: {text}")
        }
    }
}
