//! The promises, each judged from the evidence. A promise lists what broke it; nothing listed is kept.

use super::cast::{End, Kept, Way};
use super::evidence::{Evidence, File, HEARD, Heard};
use super::team::tone_of;
use crate::sound::agent_tone;
use std::collections::BTreeSet;

/// A promise and what broke it.
pub struct Promise {
    text: &'static str,
    broken: Vec<String>,
}

/// Judges all of them.
pub fn judge(evidence: &Evidence) -> Vec<Promise> {
    let each = |test: fn(&File) -> Vec<String>| {
        let told = |file: &File| {
            test(file).into_iter().map(|what| format!("{}: {what}", file.outcome.citizen.name)).collect::<Vec<_>>()
        };
        evidence.files.iter().flat_map(told).collect()
    };
    let promise = |text, broken| Promise { text, broken };
    vec![
        promise("everyone got as far as they wanted", each(|file| file.outcome.trouble.clone().into_iter().collect())),
        promise("each contact is in the CRM exactly once, and ended", in_the_crm(evidence)),
        promise("each side of a call heard the other and nobody else; each chat was answered", each(heard)),
        promise("what was agreed is recorded with both voices, and nothing else is", each(recorded)),
        promise("safeguarding contacts do not exist for those without clearance", hidden(evidence)),
        promise("safe-line callers were served by cleared counsellors only", each(cleared)),
        promise("no agent is left with anything", stuck(evidence)),
        promise("the wall adds up to the crowd", adds_up(evidence)),
    ]
}

/// Prints them; true if all were kept.
pub fn print(promises: &[Promise]) -> bool {
    for Promise { text, broken } in promises {
        println!("  {}  {text}", if broken.is_empty() { "kept  " } else { "BROKEN" });
        broken.iter().for_each(|what| println!("            {what}"));
    }
    promises.iter().all(|p| p.broken.is_empty())
}

fn in_the_crm(evidence: &Evidence) -> Vec<String> {
    let mut broken = Vec::new();
    let (came, kept) = (evidence.files.len(), evidence.contacts.len());
    let different = evidence.contacts.iter().collect::<BTreeSet<_>>().len();
    if kept != came || different != came {
        broken.push(format!("{came} citizens came, {kept} records of {different} contacts are there"));
    }
    let mut owners = BTreeSet::new();
    for file in &evidence.files {
        let name = file.outcome.citizen.name;
        // A web call that nobody answered leaves nothing by which it could be told from another.
        match file.records.as_slice() {
            [one] if one["ended"].is_null() => broken.push(format!("{name}: the record has no end")),
            [one] if !owners.insert(one["contact"].to_string()) => {
                broken.push(format!("{name}: the record is someone else's too"))
            }
            [_] => {}
            none_or_many => broken.push(format!("{name}: {} records", none_or_many.len())),
        }
    }
    broken
}

fn has(heard: &Heard, hertz: f64) -> bool {
    heard.iter().any(|(tone, long)| (tone - hertz).abs() < 1.0 && *long >= HEARD)
}

/// Voices in `heard` that are none of `expected`.
fn strangers(heard: &Heard, expected: &[f64]) -> Vec<f64> {
    let known = |tone: f64| expected.iter().any(|hertz| (tone - hertz).abs() < 1.0);
    heard.iter().filter(|(tone, long)| *long >= HEARD && !known(*tone)).map(|(tone, _)| *tone).collect()
}

fn heard(file: &File) -> Vec<String> {
    let (outcome, citizen) = (&file.outcome, &file.outcome.citizen);
    if citizen.end != End::Served {
        let agents = outcome.heard.iter().filter(|(hertz, _)| *hertz >= agent_tone(0)).count();
        return if agents > 0 { vec!["heard an agent although they left before one came".into()] } else { Vec::new() };
    }
    if citizen.way == Way::Chat {
        return if outcome.agent_lines > 0 { Vec::new() } else { vec!["no agent wrote back".into()] };
    }
    let mut broken = Vec::new();
    let agents: Vec<&(String, Heard)> = file.heard_by.iter().filter(|(_, heard)| has(heard, citizen.hertz)).collect();
    let [(agent, by_agent)] = agents.as_slice() else {
        return vec![format!("{} agents heard them", agents.len())];
    };
    let Some(tone) = tone_of(agent) else { return vec![format!("{agent} is not of the team")] };
    if !has(&outcome.heard, tone) {
        broken.push(format!("did not hear {agent}"));
    }
    for hertz in strangers(&outcome.heard, &[tone]) {
        broken.push(format!("heard a stranger at {hertz} Hz"));
    }
    for hertz in strangers(by_agent, &[citizen.hertz]) {
        broken.push(format!("{agent} heard a stranger at {hertz} Hz"));
    }
    broken
}

fn recorded(file: &File) -> Vec<String> {
    let citizen = &file.outcome.citizen;
    let Some(record) = file.records.first() else { return Vec::new() };
    let state = record["recording"]["state"].as_str().unwrap_or_default();
    let absent = record["recording"]["id"].is_null() && file.played.is_none();
    match citizen.recording {
        Kept::Refused if !absent || state != "refused" => vec![format!("refused, yet the recording is `{state}`")],
        Kept::No if !absent || !matches!(state, "none" | "refused") => {
            vec![format!("nothing to record, yet it is `{state}`")]
        }
        Kept::Refused | Kept::No => Vec::new(),
        Kept::Yes => {
            let Some((left, right)) = &file.played else {
                return vec![format!("the recording (`{state}`) cannot be played")];
            };
            let agent = record["agent"].as_str().and_then(tone_of).unwrap_or_default();
            let mut broken = Vec::new();
            if state != "kept" {
                broken.push(format!("the recording is `{state}`"));
            }
            if !has(left, citizen.hertz) || has(left, agent) {
                broken.push("the citizen's channel holds not their voice alone".into());
            }
            if !has(right, agent) || has(right, citizen.hertz) {
                broken.push("the agent's channel holds not their voice alone".into());
            }
            broken
        }
    }
}

fn hidden(evidence: &Evidence) -> Vec<String> {
    let mut broken = Vec::new();
    for file in &evidence.files {
        let name = file.outcome.citizen.name;
        let Some(record) = file.records.first() else { continue };
        let listed = evidence.uncleared_list.contains(record["contact"].as_str().unwrap_or_default());
        match (file.outcome.citizen.safe, file.uncleared, listed) {
            (true, 404, false) | (false, 200, true) => {}
            (true, status, listed) => broken.push(format!("{name}: kamau gets {status}, listed: {listed}")),
            (false, status, listed) => {
                broken.push(format!("{name}: an ordinary record is hidden from kamau ({status}, listed: {listed})"))
            }
        }
        if let Some(lane) = record["lane"].as_str()
            && matches!(lane, "gbv" | "child" | "mental_health") != file.outcome.citizen.safe
        {
            broken.push(format!("{name}: is in the lane {lane}"));
        }
    }
    if evidence.wall["lanes"].as_array().is_none_or(Vec::is_empty) {
        broken.push("pendo, who is cleared, sees no lanes on the wall".into());
    }
    broken
}

fn cleared(file: &File) -> Vec<String> {
    let agent = file.records.first().and_then(|r| r["agent"].as_str());
    match agent {
        Some(agent) if file.outcome.citizen.safe && !matches!(agent, "neema" | "zawadi") => {
            vec![format!("was served by {agent}")]
        }
        None if file.outcome.citizen.safe => vec!["was served by nobody".into()],
        _ => Vec::new(),
    }
}

fn stuck(evidence: &Evidence) -> Vec<String> {
    let mut broken = Vec::new();
    for agent in evidence.wall["agents"].as_array().into_iter().flatten() {
        if agent["contacts"] != 0 {
            broken.push(format!("{}: {} contacts, {}", agent["name"], agent["contacts"], agent["doing"]));
        }
    }
    if evidence.stuck > 0 {
        broken.push(format!("{} contacts are left on desks", evidence.stuck));
    }
    broken
}

fn adds_up(evidence: &Evidence) -> Vec<String> {
    let count = |end| evidence.files.iter().filter(|f| f.outcome.citizen.end == end).count() as u64;
    let expected = [
        ("arrived", evidence.files.len() as u64),
        ("answered", count(End::Served)),
        ("abandoned", count(End::LeavesQueue)),
        ("waiting", 0),
    ];
    let told = |key: &str| evidence.wall["totals"][key].as_u64();
    let wrong = expected.into_iter().filter(|(key, number)| told(key) != Some(*number));
    wrong
        .map(|(key, number)| format!("{key}: {number} in the crowd, {} on the wall", evidence.wall["totals"][key]))
        .collect()
}
