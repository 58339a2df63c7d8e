//! Outputs into lines.

use super::Names;
use super::read::since_start;
use acd::{Effect, Output, StopCause};
use serde::Serialize;
use vocabulary::event::{Actor, Why};
use vocabulary::{Event, Needs, Presence, Time};

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
    serde_json::to_value(value).unwrap().as_str().unwrap_or("?").replace('_', " ")
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
        Event::WrapUpStarted { agent, until, .. } => format!("{c} wrap-up by {agent} until {}", at(*until)),
        Event::WrappedUp { agent, disposition, .. } => {
            let verdict = disposition.as_ref().map_or("no verdict", |d| d.as_str());
            format!("{c} wrapped up by {agent}: {verdict}")
        }
        Event::PlaceKept { until, .. } => format!("{c} place kept until {}", at(*until)),
        Event::PlaceClaimed { from, .. } => format!("{c} claims the place of {}", names.name(*from)),
        Event::PlaceLapsed { .. } => format!("{c} place lapsed"),
        Event::AlarmRaised { alarm, .. } => format!("ALARM {} {c}", word(alarm)).trim_end().to_owned(),
        Event::AlarmCleared { alarm, .. } => format!("alarm over: {} {c}", word(alarm)).trim_end().to_owned(),
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
        Effect::Bridge { contact, agent, .. } => format!("bridge {} and {agent}", names.name(*contact)),
        Effect::CallOutside { contact, step, to } => {
            format!("call step {step} for {}: {to:?}", names.name(*contact))
        }
        Effect::StopCallingOutside { contact } => format!("stop calling outside for {}", names.name(*contact)),
        Effect::Refused(refusal) => {
            let mut text = refusal.to_string();
            names.0.iter().for_each(|(name, id)| text = text.replace(&id.to_string(), name));
            format!("refused: {text}")
        }
    }
}
