//! Reading a flow file: each value for itself. How the steps hang together is checked after.

use super::{Choice, Choose, Collect, Condition, Crisis, Enqueue, Flow, Kind, Line, Source, Step, Wait};
use crate::run::fold;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::spanned::{At, Document, Table, Value};
use vocabulary::{
    CallBackPolicy, ConsentKind, EndCause, FlowName, Lane, Language, Level, Needs, PromptName, QueueName, Risk,
    SkillName, StepName, Tier,
};

/// The most steps a flow may have; a menu program of more is several.
const MAX_STEPS: usize = 500;

const LANES: [(&str, Lane); 5] = [
    ("gbv", Lane::Gbv),
    ("child", Lane::Child),
    ("mental_health", Lane::MentalHealth),
    ("special_needs", Lane::SpecialNeeds),
    ("standard", Lane::Standard),
];
const RISKS: [(&str, Risk); 4] = [("P0", Risk::P0), ("P1", Risk::P1), ("P2", Risk::P2), ("P3", Risk::P3)];
const TIERS: [(&str, Tier); 3] = [("L1", Tier::L1), ("L2", Tier::L2), ("L3", Tier::L3)];
const CAUSES: [(&str, EndCause); 2] = [("self_served", EndCause::SelfServed), ("normal", EndCause::Normal)];
const CONDITIONS: [(&str, Condition); 4] = [
    ("place_kept", Condition::PlaceKept),
    ("queued", Condition::Queued),
    ("voice", Condition::Voice),
    ("language_known", Condition::LanguageKnown),
];
const CONSENTS: [(&str, ConsentKind); 5] = [
    ("recording_noticed", ConsentKind::RecordingNoticed),
    ("recording_refused", ConsentKind::RecordingRefused),
    ("recording_requested", ConsentKind::RecordingRequested),
    ("call_back_ok", ConsentKind::CallBack { policy: CallBackPolicy::Ok }),
    ("call_back_never", ConsentKind::CallBack { policy: CallBackPolicy::Never }),
];

#[derive(Clone, Copy)]
enum Do {
    Say,
    Choose,
    Collect,
    Branch,
    Enqueue,
    Wait,
    Finish,
}

const DOES: [(&str, Do); 7] = [
    ("say", Do::Say),
    ("choose", Do::Choose),
    ("collect", Do::Collect),
    ("branch", Do::Branch),
    ("enqueue", Do::Enqueue),
    ("wait", Do::Wait),
    ("finish", Do::Finish),
];

/// Reads a flow file as far as it goes; faults are noted in the document.
pub(crate) fn read(name: FlowName, document: &Document) -> Option<Flow> {
    let mut root = document.root();
    let start = root.need_parsed::<StepName>("start");
    let confidential = root.need_parsed::<StepName>("confidential");
    let silent = root.need_parsed::<StepName>("silent");
    let person = root.need_parsed::<StepName>("person");
    let survey = root.take_parsed::<StepName>("survey").map(|s| s.value);
    let words = root.take_table("words").map(words).unwrap_or_default();
    let crisis = root.take_list("crisis").iter().filter_map(crisis).collect();
    let mut steps = BTreeMap::new();
    let mut broken = BTreeSet::new();
    if let Some(mut all) = root.take_table("steps") {
        let rest = all.take_rest();
        if rest.len() > MAX_STEPS {
            all.fault(format!("a flow has at most {MAX_STEPS} steps"));
        }
        for (key, value) in rest.into_iter().take(MAX_STEPS) {
            match StepName::new(&key.value) {
                Ok(name) => match value.table().and_then(step) {
                    Some(kind) => {
                        steps.insert(name, Step { at: key.at, kind });
                    }
                    None => {
                        broken.insert(name);
                    }
                },
                Err(error) => document.fault(key.at, error.to_string()),
            }
        }
    }
    root.finish();
    Some(Flow {
        name,
        start: start?.value,
        confidential: confidential?.value,
        silent: silent?.value,
        person: person?.value,
        survey,
        crisis,
        words,
        steps,
        broken,
    })
}

fn words(mut table: Table<'_>) -> Vec<(char, Vec<String>)> {
    let meanings = [("person", '0'), ("confidential", '9'), ("repeat", '*')];
    let words = meanings.map(|(name, key)| (key, folded(table.take_list(name))));
    table.finish();
    words.into()
}

fn crisis(value: &Value<'_>) -> Option<Crisis> {
    let mut table = value.table()?;
    let stems = folded(table.take_list("stems"));
    let then = table.need_parsed::<StepName>("then");
    if stems.is_empty() {
        table.fault("`stems` must name at least one word");
    }
    table.finish();
    Some(Crisis { stems, then: then?.value })
}

/// Words as they are compared with what is typed.
fn folded(values: Vec<Value<'_>>) -> Vec<String> {
    let mut words = Vec::new();
    for value in values {
        let Some(text) = value.text() else { continue };
        let word = fold(&text);
        if word.len() < 2 {
            value.fault(format!("`{}` holds a word too short to be told from others", value.path()));
        } else {
            words.push(word);
        }
    }
    words
}

fn step(mut table: Table<'_>) -> Option<Kind> {
    let kind = match table.need_word("do", &DOES)?.value {
        Do::Say => {
            let lines = lines(&mut table, "say");
            goes_to(&mut table, "then").map(|then| Kind::Say { lines, then })
        }
        Do::Choose => Some(Kind::Choose(choose(&mut table))),
        Do::Collect => collect(&mut table).map(Kind::Collect),
        Do::Branch => branch(&mut table),
        Do::Enqueue => enqueue(&mut table).map(Kind::Enqueue),
        Do::Wait => Some(Kind::Wait(wait(&mut table))),
        Do::Finish => {
            let lines = lines(&mut table, "say");
            let cause = table.take_word("cause", &CAUSES).map_or(EndCause::SelfServed, |c| c.value);
            Some(Kind::Finish { lines, cause })
        }
    };
    table.finish();
    kind
}

fn goes_to(table: &mut Table<'_>, key: &str) -> Option<StepName> {
    table.need_parsed::<StepName>(key).map(|s| s.value)
}

fn choose(table: &mut Table<'_>) -> Choose {
    let meanwhile = table.take_parsed::<StepName>("meanwhile").map(|s| s.value);
    let meanwhile_seconds = table.take_int("meanwhile_seconds", 1..=60).map_or(8, |n| n.value);
    let choose = Choose {
        meanwhile: meanwhile.map(|step| (step, meanwhile_seconds)),
        lines: lines(table, "say"),
        keys: keys(table),
        quiet: table.take_parsed("quiet").map(|s| s.value),
        quiet_seconds: table.take_int("quiet_seconds", 1..=60).map_or(7, |n| n.value),
        tired: table.take_parsed("tired").map(|s| s.value),
        heard: table.take_word("heard", &CONSENTS).map(|c| c.value),
        ignore_others: table.take_bool("ignore_others").is_some_and(|b| b.value),
        answer: table.take_bool("answer").is_some_and(|b| b.value),
    };
    if choose.keys.is_empty() && !table.document().is_broken() {
        table.fault("a choose step needs `keys`");
    }
    choose
}

fn collect(table: &mut Table<'_>) -> Option<Collect> {
    let lines = lines(table, "say");
    let into = table.need_str("into");
    let least = table.take_int("least", 1..=32).map_or(1, |n| n.value);
    let most = table.take_int("most", 1..=32).map_or(32, |n| n.value);
    if least > most {
        table.fault("`least` is more than `most`");
    }
    let then = goes_to(table, "then");
    Some(Collect { lines, into: into?.value, least: least as usize, most: most as usize, then: then? })
}

fn branch(table: &mut Table<'_>) -> Option<Kind> {
    let when = table.need_word("when", &CONDITIONS);
    let then = goes_to(table, "then");
    let otherwise = goes_to(table, "otherwise");
    Some(Kind::Branch { when: when?.value, then: then?, otherwise: otherwise? })
}

fn enqueue(table: &mut Table<'_>) -> Option<Enqueue> {
    let queue = table.need_parsed::<QueueName>("queue");
    let mut needs = Needs { tier: table.take_word("tier", &TIERS).map_or(Tier::L1, |t| t.value), ..Needs::default() };
    if let Some(mut skills) = table.take_table("skills") {
        for (key, value) in skills.take_rest() {
            match (SkillName::new(&key.value), value.int(1..=5).and_then(|n| Level::new(n as u8))) {
                (Ok(skill), Some(level)) => {
                    needs.skills.insert(skill, level);
                }
                (Err(error), _) => table.document().fault(key.at, error.to_string()),
                (Ok(_), None) => {}
            }
        }
    }
    let lane = table.take_word("lane", &LANES).map(|l| l.value);
    let risk = table.take_word("risk", &RISKS).map_or(Risk::P3, |r| r.value);
    let base = table.take_int("base", -1_000_000..=1_000_000).map(|n| n.value);
    let then = goes_to(table, "then");
    Some(Enqueue { queue: queue?.value, needs, lane, risk, base, then: then? })
}

fn wait(table: &mut Table<'_>) -> Wait {
    Wait {
        first: lines(table, "first"),
        lines: lines(table, "say"),
        every_seconds: table.take_int("every_seconds", 10..=600).map_or(45, |n| n.value),
        position: table.take_bool("position").is_some_and(|b| b.value),
        estimate: table.take_bool("estimate").is_some_and(|b| b.value),
        music: table.take_bool("music").is_none_or(|b| b.value),
        keys: keys(table),
    }
}

/// The choices of a step: `1 = "step"` or `1 = { then = "step", words = [...] }`.
fn keys(table: &mut Table<'_>) -> BTreeMap<char, Choice> {
    let Some(mut given) = table.take_table("keys") else { return BTreeMap::new() };
    let mut keys = BTreeMap::new();
    for (name, value) in given.take_rest() {
        let mut letters = name.value.chars();
        let key = letters.next().filter(|c| (c.is_ascii_digit() || "*#".contains(*c)) && letters.next().is_none());
        let Some(key) = key else {
            given.document().fault(name.at, format!("`{}` is not a key: 1 to 8 can be bound", name.value.chars().take(20).collect::<String>()));
            continue;
        };
        if super::SYSTEM_KEYS.contains(&key) {
            let help = match key {
                '9' => "key 9 is the safe line everywhere and cannot be bound",
                '0' => "key 0 is a person everywhere and cannot be bound",
                _ => "keys * and # repeat and end everywhere and cannot be bound",
            };
            given.document().fault(name.at, help);
            continue;
        }
        if let Some(choice) = choice(&value) {
            keys.insert(key, choice);
        }
    }
    keys
}

fn choice(value: &Value<'_>) -> Option<Choice> {
    if value.is_text() {
        return Some(Choice { then: Some(value.parsed()?), ..Choice::default() });
    }
    let mut table = value.table()?;
    let choice = Choice {
        then: goes_to(&mut table, "then"),
        words: folded(table.take_list("words")),
        language: table.take_parsed::<Language>("language").map(|l| l.value),
        consent: table.take_word("consent", &CONSENTS).map(|c| c.value),
        claim_place: table.take_bool("claim_place").is_some_and(|b| b.value),
        lane: table.take_word("lane", &LANES[3..]).map(|l| l.value),
        base: table.take_int("base", -1_000_000..=1_000_000).map(|n| n.value),
    };
    table.finish();
    Some(choice)
}

/// Prompts to say: names, or tables of a name and where its values come from.
fn lines(table: &mut Table<'_>, key: &str) -> Vec<Line> {
    table.take_list(key).iter().filter_map(line).collect()
}

fn line(value: &Value<'_>) -> Option<Line> {
    if value.is_text() {
        return Some(Line { prompt: value.parsed()?, at: value.at, values: Vec::new() });
    }
    let mut table = value.table()?;
    let prompt = table.need_parsed::<PromptName>("prompt");
    let mut values = Vec::new();
    for (key, value) in table.take_rest() {
        if let Some(source) = source(&value) {
            values.push((key.value, source));
        }
    }
    Some(Line { prompt: prompt?.value, at: value.at, values })
}

fn source(value: &Value<'_>) -> Option<Source> {
    if !value.is_text() {
        return value.int(0..=i64::MAX).map(|n| Source::Number(n as u64));
    }
    let text = value.text()?;
    if text == "retention_days" {
        return Some(Source::RetentionDays);
    }
    let Some((hour, minute)) = text.split_once(':') else { return Some(Source::Collected(text)) };
    let clock = (hour.parse::<u8>().ok().filter(|h| *h < 24), minute.parse::<u8>().ok().filter(|m| *m < 60));
    let (Some(hour), Some(minute)) = clock else {
        value.fault("a time of day is written 08:00");
        return None;
    };
    Some(Source::Clock { hour, minute })
}

/// The place of a step, or the beginning of the file.
pub(crate) fn place(flow: &Flow, step: &StepName) -> At {
    flow.steps.get(step).map_or(At(0), |s| s.at)
}
