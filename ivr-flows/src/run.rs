//! The interpreter: one contact's course through a flow.
//!
//! It owns what is said, what keys and words mean, and when to give up on silence. It leaves out
//! who serves the contact (the floor decides) and how anything is heard (the gateway plays). Keys
//! follow one rule everywhere: in one-key steps 9 is the safe line at once, `*` repeats and 0 is a
//! person; the exceptions while digits are collected are in [`digits`].

mod digits;
mod exchange;
mod keys;
mod speech;
mod text;
mod waiting;

pub use exchange::{Input, Output, Resumed, RunContext};
pub(crate) use text::fold;

use crate::flow::{Flow, Kind};
use crate::say::Digits;
use crate::set::FlowSet;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::{EndCause, FlowName, Lane, Language, QueueName, Risk, Span, StepName, Time};

/// Wrong tries at one step before a person takes over (facts 3.4).
const MAX_TRIES: u8 = 3;

/// Sound that has not been reported as heard after this long is taken as heard: a lost report must
/// not leave a caller in silence. Longer than any step's prompts in two languages.
const HEARD_BY: Span = Span::seconds(120);

/// Steps taken at one input; a checked flow never comes near it.
const MAX_HOPS: usize = 64;

/// One contact's course through a flow.
#[derive(Debug)]
pub struct Run {
    flows: Arc<FlowSet>,
    flow: FlowName,
    context: RunContext,
    language: Option<Language>,
    step: StepName,
    phase: Phase,
    tries: u8,
    /// In a queue; `None` before. Whether that queue is of the safe line.
    queued: Option<bool>,
    /// What was asked for last: entering the same queue again would take back an offer that rings.
    entered: Option<Entered>,
    /// When the current question's `meanwhile` is due.
    meanwhile: Option<Time>,
    /// On the safe line now.
    safe: bool,
    /// Was on the safe line at any time: no survey.
    was_safe: bool,
    noticed: bool,
    lane: Option<Lane>,
    base: Option<i64>,
    collected: BTreeMap<String, Digits>,
    waiting: waiting::Standing,
    refusals: u8,
    claiming: bool,
}

/// A queue as it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entered {
    queue: QueueName,
    lane: Option<Lane>,
    risk: Risk,
}

/// What the run is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    NotBegun,
    /// Sound is playing; at its end (or `by` then) the step goes on.
    Speaking { by: Time, then: Spoken },
    /// A choose step has spoken; silence counts from now.
    Listening { until: Time, warned: bool },
    /// A collect step takes digits.
    Collecting(digits::Typing),
    /// A wait step between announcements.
    Waiting { next: Time },
    /// An agent is there.
    Talking,
    Over,
}

/// What follows when sound has been heard.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Spoken {
    /// The step's own lines: it goes on as its kind says.
    Step,
    /// An announcement in a wait step.
    Announcement,
    /// Words before a person takes over.
    Person,
    /// The last words.
    End(EndCause),
}

impl Run {
    /// A run about to begin. A flow that is not in the set ends the contact with a fault at
    /// [`Input::Begin`]; [`FlowSet::check_against`] reports it before.
    pub fn start(flows: Arc<FlowSet>, flow: FlowName, context: RunContext) -> Run {
        let start = flows.get(&flow).map(|f| f.start.clone());
        let known = context.language.filter(|l| flows.catalogue().languages().contains(l));
        Run {
            language: known,
            step: start.unwrap_or_else(|| StepName::new("start").expect("a literal name")),
            flow,
            flows,
            phase: Phase::NotBegun,
            tries: 0,
            queued: None,
            entered: None,
            meanwhile: None,
            safe: false,
            was_safe: false,
            noticed: false,
            lane: None,
            base: None,
            collected: BTreeMap::new(),
            waiting: waiting::Standing::default(),
            refusals: 0,
            claiming: false,
            context,
        }
    }

    /// Takes up a contact that was already queued when its process died. It is silent until the
    /// next announcement is due.
    pub fn resume(flows: Arc<FlowSet>, flow: FlowName, context: RunContext, now: Time, as_it_was: Resumed) -> Run {
        let mut run = Run::start(flows, flow, context);
        let Some(flow) = run.flows.get(&run.flow) else { return run };
        let safe = as_it_was.lane.is_safeguarding();
        let entered = if safe { &flow.silent } else { &flow.person };
        let step = flow.wait_after(entered).expect("checked: a wait step follows every queue step");
        run.step = step;
        run.safe = safe;
        run.was_safe = safe;
        run.queued = Some(safe);
        run.phase = if as_it_was.connected { Phase::Talking } else { Phase::Waiting { next: now + waiting::FIRST_AFTER } };
        run
    }

    /// Takes one input at `now` and appends what is asked for.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        let flows = Arc::clone(&self.flows);
        let Some(flow) = flows.get(&self.flow) else {
            if self.phase != Phase::Over {
                self.finish(EndCause::Fault, out);
            }
            return;
        };
        Turn { run: self, flow, now, out, hops: 0 }.take(input);
    }

    /// When [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Time> {
        let due = match &self.phase {
            Phase::NotBegun | Phase::Talking | Phase::Over => return None,
            Phase::Speaking { by, .. } => Some(*by),
            Phase::Listening { until, .. } => Some(*until),
            Phase::Collecting(typing) => typing.until,
            Phase::Waiting { next } => Some(*next),
        };
        due.into_iter().chain(self.meanwhile).min()
    }

    /// The language chosen so far.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Whether the rules of the safe line hold.
    pub fn on_safe_line(&self) -> bool {
        self.safe
    }

    fn is_voice(&self) -> bool {
        self.context.channel.is_voice()
    }

    fn finish(&mut self, cause: EndCause, out: &mut Vec<Output>) {
        self.phase = Phase::Over;
        out.push(Output::Finish { cause });
    }
}

/// One input being taken.
struct Turn<'a> {
    run: &'a mut Run,
    flow: &'a Flow,
    now: Time,
    out: &'a mut Vec<Output>,
    hops: usize,
}

impl Turn<'_> {
    fn take(&mut self, input: Input) {
        match (&self.run.phase, input) {
            (Phase::Over, _) => {}
            (Phase::NotBegun, Input::Begin) => self.begin(),
            // Key 9 is good from the first millisecond, even before the leg is reported up.
            (Phase::NotBegun, Input::Digit(key)) => {
                self.begin();
                self.digit(key);
            }
            (Phase::NotBegun, Input::Text(text)) => {
                self.begin();
                self.first_text(&text);
            }
            (Phase::NotBegun, _) => {}
            (Phase::Talking, Input::Digit('9')) => self.safe_while_talking(),
            (Phase::Talking, Input::Digit(_) | Input::Text(_) | Input::Tick | Input::Played) => {}
            (_, Input::Digit(key)) => self.digit(key),
            (_, Input::Text(text)) => self.text(&text),
            (_, Input::Played) => self.heard(true),
            (_, Input::Waiting { position, wait }) => self.stands(position, wait),
            (_, Input::Connected) => self.connected(),
            (_, Input::Requeued) => self.requeued(),
            (_, Input::Left) => self.left(),
            (_, Input::Confidential) => self.made_confidential(),
            (_, Input::Refused) => self.refused(),
            (_, Input::Busy) => self.busy(),
            (_, Input::TurnedAway) => self.turned_away(),
            (_, Input::Tick) => self.tick(),
            (_, Input::Begin | Input::Offered) => {}
        }
    }

    fn begin(&mut self) {
        if self.run.context.confidential {
            self.on_safe_line();
            return self.go(self.flow.confidential.clone());
        }
        let start = self.flow.start.clone();
        self.go(start);
    }

    /// Goes to a step, and on from it as far as nothing is waited for.
    fn go(&mut self, step: StepName) {
        self.run.tries = 0;
        self.run.meanwhile = None;
        let mut next = Some(step);
        while let Some(step) = next.take() {
            self.hops += 1;
            if self.hops > MAX_HOPS {
                return self.end_with("fault", EndCause::Fault);
            }
            self.run.step = step;
            next = self.enter();
        }
    }

    /// Enters the current step; gives the step to go on to at once, if there is one.
    fn enter(&mut self) -> Option<StepName> {
        let flow = self.flow;
        match &flow.step(&self.run.step).kind {
            Kind::Say { lines, then } => {
                if self.speak(lines, Spoken::Step) { None } else { Some(then.clone()) }
            }
            Kind::Choose(choose) => {
                self.run.meanwhile = choose.meanwhile.as_ref().map(|(_, seconds)| self.now + self.patience(*seconds));
                if !self.speak(&choose.lines, Spoken::Step) {
                    self.listen();
                }
                None
            }
            Kind::Collect(collect) => {
                // Digits may be typed while the question is still heard.
                self.speak(&collect.lines, Spoken::Step);
                self.run.phase = Phase::Collecting(digits::Typing::asking(self.now, self.run.is_voice()));
                None
            }
            Kind::Branch { when, then, otherwise } => Some(if self.holds(*when) { then } else { otherwise }.clone()),
            Kind::Enqueue(enqueue) => {
                self.enqueue(enqueue);
                Some(enqueue.then.clone())
            }
            Kind::Wait(wait) => {
                self.enter_wait(wait);
                None
            }
            Kind::Finish { lines, cause } => {
                if !self.speak(lines, Spoken::End(*cause)) {
                    self.run.finish(*cause, self.out);
                }
                None
            }
        }
    }

    /// What was being said has been heard; `surely` unless only the time for it has passed.
    fn heard(&mut self, surely: bool) {
        let then = match &mut self.run.phase {
            Phase::Speaking { then, .. } => then.clone(),
            Phase::Collecting(typing) => {
                typing.heard(self.now);
                return;
            }
            _ => return,
        };
        match then {
            Spoken::End(cause) => self.run.finish(cause, self.out),
            Spoken::Announcement => self.after_announcement(),
            Spoken::Person => self.serve_by_person(),
            Spoken::Step => self.step_heard(surely),
        }
    }

    fn step_heard(&mut self, surely: bool) {
        let flow = self.flow;
        match &flow.step(&self.run.step).kind {
            Kind::Say { then, .. } => self.go(then.clone()),
            Kind::Choose(choose) => {
                if let Some(kind) = choose.heard.filter(|_| surely && !self.run.noticed) {
                    self.run.noticed = true;
                    self.consent(kind, None);
                }
                self.listen();
            }
            Kind::Wait(_) => self.after_announcement(),
            Kind::Collect(_) | Kind::Branch { .. } | Kind::Enqueue(_) | Kind::Finish { .. } => {}
        }
    }

    fn tick(&mut self) {
        if self.run.meanwhile.is_some_and(|due| due <= self.now) {
            self.help_meanwhile();
        }
        match &self.run.phase {
            Phase::Speaking { by, .. } if *by <= self.now => self.heard(false),
            Phase::Listening { until, warned } if *until <= self.now => {
                let warned = *warned;
                self.silence(warned);
            }
            Phase::Collecting(typing) if typing.until.is_some_and(|until| until <= self.now) => self.typing_paused(),
            Phase::Waiting { next } if *next <= self.now => self.announce(),
            _ => {}
        }
    }

    fn connected(&mut self) {
        if self.run.queued.is_some() {
            self.hush();
            self.run.phase = Phase::Talking;
        }
    }

    /// The agent's part is over: an ordinary contact is asked how it was.
    fn left(&mut self) {
        if self.run.phase != Phase::Talking {
            return;
        }
        self.run.queued = None;
        self.run.entered = None;
        match &self.flow.survey {
            Some(survey) if !self.run.was_safe => self.go(survey.clone()),
            _ => self.run.finish(EndCause::Normal, self.out),
        }
    }

    /// The floor would not have it. A contact is never left standing: an ordinary one goes to a
    /// person, one on the safe line to the silent queue; only a second refusal ends it.
    fn refused(&mut self) {
        if self.run.queued.is_none() || self.run.phase == Phase::Talking {
            return;
        }
        if std::mem::take(&mut self.run.claiming) {
            // The place had lapsed. On the safe line the contact itself is queued already.
            if !self.run.safe {
                self.go(self.flow.person.clone());
            }
            return;
        }
        self.run.entered = None;
        self.run.refusals += 1;
        if self.run.refusals > 1 {
            return self.end_with("fault", EndCause::Fault);
        }
        let step = if self.run.safe { &self.flow.silent } else { &self.flow.person };
        self.go(step.clone());
    }

    fn turned_away(&mut self) {
        if !self.run.safe {
            self.run.queued = None;
            self.end_with("turned_away", EndCause::Closed);
        }
    }

    fn busy(&mut self) {
        if self.run.queued.is_none() && !self.run.safe {
            self.end_with("busy", EndCause::Busy);
        }
    }
}
