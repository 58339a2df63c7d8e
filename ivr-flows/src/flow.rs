//! A flow: the steps of one menu program, as read from its file. What the words mean is described
//! in `ivr-flows/FLOWS.md`; the interpreter is [`crate::Run`].

mod check;
mod read;

pub(crate) use check::check;
pub(crate) use read::read;

use std::collections::{BTreeMap, BTreeSet};
use vocabulary::spanned::At;
use vocabulary::{ConsentKind, EndCause, FlowName, Lane, Language, Needs, PromptName, QueueName, Risk, StepName};

/// Keys that mean the same everywhere and cannot be bound by a step.
pub(crate) const SYSTEM_KEYS: [char; 4] = ['9', '0', '*', '#'];

/// One program.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub name: FlowName,
    /// Where a contact begins.
    pub start: StepName,
    /// Where key 9 leads.
    pub confidential: StepName,
    /// The queue step of a caller who says nothing on the safe line.
    pub silent: StepName,
    /// The queue step of key 0, and of a caller who could not choose.
    pub person: StepName,
    /// Where an ordinary contact goes after the agent's part, if anywhere.
    pub survey: Option<StepName>,
    /// Crisis words of text channels, most urgent first.
    pub crisis: Vec<Crisis>,
    /// Words that mean a key everywhere.
    pub words: Vec<(char, Vec<String>)>,
    pub steps: BTreeMap<StepName, Step>,
    /// Steps that are there but could not be read; with one, nothing is said about how steps hang
    /// together.
    pub broken: BTreeSet<StepName>,
}

/// Words that show that a life may be at stake, and where they lead.
#[derive(Debug, Clone)]
pub(crate) struct Crisis {
    /// Stems, folded as [`crate::run`] folds what is typed.
    pub stems: Vec<String>,
    pub then: StepName,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub at: At,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Says something and goes on.
    Say { lines: Vec<Line>, then: StepName },
    /// Asks for one key.
    Choose(Choose),
    /// Asks for a number of several digits.
    Collect(Collect),
    /// Goes one way or the other.
    Branch { when: Condition, then: StepName, otherwise: StepName },
    /// Enters a queue and goes on at once: what follows is said while waiting.
    Enqueue(Enqueue),
    /// Waits in the queue for an agent.
    Wait(Wait),
    /// Says something and ends the contact.
    Finish { lines: Vec<Line>, cause: EndCause },
}

#[derive(Debug, Clone)]
pub(crate) struct Choose {
    pub lines: Vec<Line>,
    pub keys: BTreeMap<char, Choice>,
    /// Where silence leads; without it silence is a wrong try.
    pub quiet: Option<StepName>,
    pub quiet_seconds: i64,
    /// A queue step carried out, without leaving this one, when no key has come this long after
    /// the question began: help is on its way while the menu is still being read.
    pub meanwhile: Option<(StepName, i64)>,
    /// Where three wrong tries lead, instead of to a person.
    pub tired: Option<StepName>,
    /// What it proves that the lines were heard to their end.
    pub heard: Option<ConsentKind>,
    /// Whether keys that are no choice are passed over instead of being wrong tries.
    pub ignore_others: bool,
    /// Whether the key is reported as an answer.
    pub answer: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    pub then: Option<StepName>,
    /// Words that mean the same on text channels, folded.
    pub words: Vec<String>,
    pub language: Option<Language>,
    pub consent: Option<ConsentKind>,
    pub claim_place: bool,
    /// The lane the citizen declares, such as special needs.
    pub lane: Option<Lane>,
    /// Points that come with it.
    pub base: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Collect {
    pub lines: Vec<Line>,
    /// The name the digits are kept under.
    pub into: String,
    pub least: usize,
    pub most: usize,
    pub then: StepName,
}

#[derive(Debug, Clone)]
pub(crate) struct Enqueue {
    pub queue: QueueName,
    pub needs: Needs,
    pub lane: Option<Lane>,
    pub risk: Risk,
    pub base: Option<i64>,
    pub then: StepName,
}

#[derive(Debug, Clone)]
pub(crate) struct Wait {
    /// Said on entering.
    pub first: Vec<Line>,
    /// Said in turn, one at each announcement.
    pub lines: Vec<Line>,
    pub every_seconds: i64,
    pub position: bool,
    pub estimate: bool,
    pub music: bool,
    pub keys: BTreeMap<char, Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// The caller may take up a kept place.
    PlaceKept,
    /// The contact is in a queue already.
    Queued,
    /// The channel is voice.
    Voice,
    /// A language was chosen before or in this contact.
    LanguageKnown,
}

/// A prompt and where its values come from.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub prompt: PromptName,
    pub at: At,
    pub values: Vec<(String, Source)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    RetentionDays,
    Number(u64),
    Clock { hour: u8, minute: u8 },
    /// Digits kept by a collect step.
    Collected(String),
}

/// A queue a flow sends contacts to, and where the file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUse {
    /// The queue.
    pub queue: QueueName,
    /// The lane the flow names, if it names one.
    pub lane: Option<Lane>,
    /// The flow file, as it was named to [`crate::FlowSet::parse`].
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Kind {
    /// The lines it says.
    pub(crate) fn lines(&self) -> Vec<&Line> {
        match self {
            Kind::Say { lines, .. } | Kind::Finish { lines, .. } => lines.iter().collect(),
            Kind::Choose(choose) => choose.lines.iter().collect(),
            Kind::Collect(collect) => collect.lines.iter().collect(),
            Kind::Wait(wait) => wait.first.iter().chain(&wait.lines).collect(),
            Kind::Branch { .. } | Kind::Enqueue(_) => Vec::new(),
        }
    }

    /// The steps it may lead to by itself or by a key of its own.
    pub(crate) fn exits(&self) -> Vec<&StepName> {
        fn of_keys(keys: &BTreeMap<char, Choice>) -> Vec<&StepName> {
            keys.values().filter_map(|choice| choice.then.as_ref()).collect()
        }
        match self {
            Kind::Say { then, .. } => vec![then],
            Kind::Choose(choose) => {
                let mut exits = of_keys(&choose.keys);
                exits.extend(choose.quiet.iter().chain(&choose.tired));
                exits.extend(choose.meanwhile.iter().map(|(step, _)| step));
                exits
            }
            Kind::Collect(collect) => vec![&collect.then],
            Kind::Branch { then, otherwise, .. } => vec![then, otherwise],
            Kind::Enqueue(enqueue) => vec![&enqueue.then],
            Kind::Wait(wait) => of_keys(&wait.keys),
            Kind::Finish { .. } => Vec::new(),
        }
    }

    /// Whether the run may pass through without waiting for sound, time or the citizen. A say step
    /// does on text channels.
    pub(crate) fn is_passed_through(&self) -> bool {
        matches!(self, Kind::Say { .. } | Kind::Branch { .. } | Kind::Enqueue(_))
    }
}

impl Flow {
    /// The step, which [`check`] made sure is there.
    pub(crate) fn step(&self, name: &StepName) -> &Step {
        self.steps.get(name).expect("a flow with an unknown step is refused when it is read")
    }

    /// The waiting step that comes after a step, by the shortest way.
    pub(crate) fn wait_after(&self, from: &StepName) -> Option<StepName> {
        let mut seen = vec![from.clone()];
        let mut next = 0;
        while let Some(name) = seen.get(next).cloned() {
            let step = self.step(&name);
            if matches!(step.kind, Kind::Wait(_)) {
                return Some(name);
            }
            for exit in step.kind.exits() {
                if !seen.contains(exit) {
                    seen.push(exit.clone());
                }
            }
            next += 1;
        }
        None
    }
}
