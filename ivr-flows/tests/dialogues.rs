//! Dialogues: what a citizen does and what the centre answers, in virtual time, for each channel
//! and language. A file's `centre` lines are expected; `HCTC_REWRITE=1` writes them anew.

use ivr_flows::{Catalogue, Digits, FlowSet, Input, Output, Resumed, Run, RunContext, Say};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocabulary::{Channel, Consent, ConsentKind, ContactId, FlowName, Lane, Language, Span, Time, Ulid};

/// Where virtual time begins; any moment will do.
const NOON: Time = Time(1_795_000_000_000);

fn flows() -> Arc<FlowSet> {
    let catalogue = Catalogue::parse("prompts/prompts.toml", include_str!("../prompts/prompts.toml"));
    let catalogue = catalogue.unwrap_or_else(|faults| panic!("{faults:#?}"));
    let files = [("flows/main.toml".to_owned(), include_str!("../flows/main.toml").to_owned())];
    Arc::new(FlowSet::parse(&files, Arc::new(catalogue)).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

#[test]
fn every_dialogue_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of dialogues")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    assert!(files.len() >= 15, "only {} dialogues", files.len());
    let rewrite = std::env::var_os("HCTC_REWRITE").is_some();
    let flows = flows();
    let mut differing = Vec::new();
    for path in files {
        let written = std::fs::read_to_string(&path).expect("a dialogue");
        let played = Dialogue::play(&flows, &written);
        if played == written {
            continue;
        }
        if rewrite {
            std::fs::write(&path, played).expect("a dialogue to write");
        } else {
            differing.push(format!("--- {}\n{}", path.display(), first_difference(&written, &played)));
        }
    }
    assert!(differing.is_empty(), "HCTC_REWRITE=1 accepts these:\n{}", differing.join("\n"));
}

fn first_difference(written: &str, played: &str) -> String {
    let mut lines = written.lines().zip(played.lines()).enumerate();
    match lines.find(|(_, (a, b))| a != b) {
        Some((n, (a, b))) => format!("line {}\n  written: {a}\n  played:  {b}", n + 1),
        None => format!("written has {} lines, played {}", written.lines().count(), played.lines().count()),
    }
}

struct Dialogue {
    flows: Arc<FlowSet>,
    context: RunContext,
    run: Option<Run>,
    now: Time,
    text: String,
}

impl Dialogue {
    /// Plays the inputs of a dialogue and gives back the whole file as it should be.
    fn play(flows: &Arc<FlowSet>, written: &str) -> String {
        let context = RunContext {
            channel: Channel::Voice,
            redial_place: None,
            safe_place: None,
            retention_days: 90,
            language: None,
            confidential: false,
        };
        let mut dialogue = Dialogue { flows: Arc::clone(flows), context, run: None, now: NOON, text: String::new() };
        for line in written.lines().filter(|line| !line.starts_with("centre ")) {
            dialogue.text.push_str(line);
            dialogue.text.push('\n');
            if !line.is_empty() && !line.starts_with('#') {
                dialogue.line(line);
            }
        }
        dialogue.text
    }

    fn line(&mut self, line: &str) {
        let (who, what) = line.split_once(": ").unwrap_or_else(|| panic!("not a line of a dialogue: {line}"));
        let (word, rest) = what.split_once(' ').unwrap_or((what, ""));
        match (who, word) {
            ("given", "channel") => {
                self.context.channel = Channel::ALL.into_iter().find(|c| c.as_str() == rest).expect("a channel");
            }
            ("given", "place") => self.context.redial_place = Some(ContactId(Ulid(7))),
            ("given", "safe_place") => self.context.safe_place = Some(ContactId(Ulid(9))),
            ("given", "language") => self.context.language = Some(Language::new(rest).expect("a language")),
            ("given", "confidential") => self.context.confidential = true,
            ("given", "resumed") => {
                let lane = Lane::ALL.into_iter().find(|l| l.as_str() == rest).expect("a lane");
                let (flow, at) = (FlowName::new("main").expect("a name"), self.now);
                let resumed = Resumed { lane, connected: false };
                self.run = Some(Run::resume(Arc::clone(&self.flows), flow, self.context.clone(), at, resumed));
            }
            ("citizen", "calls" | "comes") => self.give(Input::Begin),
            ("citizen", "presses") => rest.chars().filter(|c| *c != ' ').for_each(|key| self.give(Input::Digit(key))),
            ("citizen", "types") => self.give(Input::Text(rest.to_owned())),
            ("citizen", "hears") => self.give(Input::Played),
            ("citizen", "waits") => self.wait(rest.parse().expect("seconds")),
            ("floor", "standing") => {
                let numbers: Vec<i64> = rest.split(' ').map(|n| n.parse().expect("a number")).collect();
                let wait = (numbers.len() == 3).then(|| (Span::seconds(numbers[1]), Span::seconds(numbers[2])));
                self.give(Input::Waiting { position: numbers[0] as u32, wait });
            }
            ("floor", "offered") => self.give(Input::Offered),
            ("floor", "connected") => self.give(Input::Connected),
            ("floor", "requeued") => self.give(Input::Requeued),
            ("floor", "left") => self.give(Input::Left),
            ("floor", "confidential") => self.give(Input::Confidential),
            ("floor", "refused") => self.give(Input::Refused),
            ("floor", "busy") => self.give(Input::Busy),
            ("floor", "turns-away") => self.give(Input::TurnedAway),
            _ => panic!("not a line of a dialogue: {line}"),
        }
    }

    fn run(&mut self) -> &mut Run {
        let (flows, context) = (Arc::clone(&self.flows), self.context.clone());
        self.run.get_or_insert_with(|| Run::start(flows, FlowName::new("main").expect("a name"), context))
    }

    fn give(&mut self, input: Input) {
        let now = self.now;
        let mut out = Vec::new();
        self.run().handle(now, input, &mut out);
        for output in out {
            self.note(&output);
        }
    }

    /// Time passes; ticks come exactly when they are due.
    fn wait(&mut self, seconds: f64) {
        let until = self.now + Span::millis((seconds * 1_000.0).round() as i64);
        while let Some(due) = self.run().deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.give(Input::Tick);
        }
        self.now = until;
    }

    fn note(&mut self, output: &Output) {
        let tenths = self.now.since(NOON).0 / 100;
        let at = format!("centre {:3}.{}", tenths / 10, tenths % 10);
        match output {
            Output::Play { say, .. } => {
                for one in say {
                    let heard = self.rendered(one);
                    for line in heard.lines() {
                        writeln!(self.text, "{at} {}: {line}", one.language).expect("a string takes all");
                    }
                }
            }
            other => writeln!(self.text, "{at} {}", told(other)).expect("a string takes all"),
        }
    }

    fn rendered(&self, say: &Say) -> String {
        let catalogue = self.flows.catalogue();
        if self.context.channel.is_voice() { catalogue.words(say) } else { catalogue.text(say) }
    }
}

fn told(output: &Output) -> String {
    match output {
        Output::Play { .. } => unreachable!("rendered line by line"),
        Output::StopPlaying => "-- silence".into(),
        Output::Music => "-- music".into(),
        Output::ChooseLanguage(language) => format!("-- language {language}"),
        Output::Consent(consent) => consented(consent),
        Output::Answer { about, value } => format!("-- answer {about} = {}", Digits::as_str(value)),
        Output::Enqueue { queue, lane, risk, base, .. } => {
            let lane = lane.map_or(String::new(), |lane| format!(" lane {}", lane.as_str()));
            let base = base.map_or(String::new(), |base| format!(" base {base}"));
            format!("-- enqueue {queue}{lane} risk {}{base}", risk.as_str())
        }
        Output::ClaimPlace { from } => format!("-- claim the place of {}", from.0.0),
        Output::Silent => "-- silent".into(),
        Output::SafeLine => "-- safe line".into(),
        Output::Finish { cause } => format!("-- finish {cause:?}"),
    }
}

fn consented(consent: &Consent) -> String {
    let kind = match consent.kind {
        ConsentKind::RecordingNoticed => "recording noticed".to_owned(),
        ConsentKind::RecordingRefused => "recording refused".to_owned(),
        ConsentKind::RecordingRequested => "recording requested".to_owned(),
        ConsentKind::RecordingWithdrawn => "recording withdrawn".to_owned(),
        ConsentKind::CallBack { policy } => format!("call back {policy:?}"),
    };
    let key = consent.key.map_or(String::new(), |key| format!(" by key {key}"));
    format!("-- consent: {kind}{key} ({}, {})", consent.text, consent.language)
}
