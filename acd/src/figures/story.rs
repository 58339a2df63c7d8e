//! One contact as the figures see it, while it is on the floor: the queues it entered, who served
//! it, how it ended.

use super::book::Row;
use super::clock::Doing;
use super::part::Part;
use super::{Counts, Errors, HUMAN_WITHIN, IMMINENT_WITHIN, Safe};
use serde::{Deserialize, Serialize};
use vocabulary::{AgentName, Channel, EndCause, Lane, Party, QueueName, Risk, Span, TenantName, Time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Story {
    pub channel: Channel,
    #[serde(default)]
    tenant: Option<TenantName>,
    /// When it came in: the quarter-hour its figures are of.
    #[serde(default)]
    pub came: Time,
    /// A request for help is no contact: only the helper's time counts.
    #[serde(default)]
    pub help: bool,
    pub queue: Option<QueueName>,
    pub lane: Lane,
    #[serde(default)]
    risk: Option<Risk>,
    pub phase: Phase,
    /// From when its age counts.
    #[serde(default)]
    age_from: Option<Time>,
    /// When it first entered a queue.
    entered: Option<Time>,
    /// How long it waited, once it was connected, had agreed to a call-back or was over.
    wait: Option<Span>,
    answered: bool,
    in_time: bool,
    #[serde(default)]
    called_back: bool,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    over: bool,
    /// Since when it waits in a safeguarding lane for a person.
    #[serde(default)]
    safe_since: Option<Time>,
    #[serde(default)]
    safe: Safe,
    /// What it was told first, and when.
    #[serde(default)]
    told: Option<(Time, Span, Span)>,
    #[serde(default)]
    errors: Errors,
    /// What happened along the way, in the columns of its kind.
    #[serde(default)]
    marks: Counts,
    #[serde(default)]
    visits: Vec<Visit>,
    /// Who serves it or still writes it up.
    #[serde(default)]
    parts: Vec<Part>,
}

/// One queue it entered, however often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    queue: QueueName,
    entered: Time,
    wait: Option<Span>,
    phase: Phase,
    answered: bool,
    in_time: bool,
    late: bool,
    marks: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    InFlow,
    InQueue,
    Served,
    WrappingUp,
    SelfServed,
    Refused,
    Left,
    Abandoned,
    Dropped,
    /// Agreed to a call-back and was not reached.
    Unreached,
    /// Of a visit: it went on to another queue.
    Moved,
}

/// What is known of the queue it is in when something happens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    pub target: Option<Span>,
    pub short_abandon: Span,
}

impl Story {
    pub fn new(at: Time, channel: Channel, tenant: Option<TenantName>) -> Story {
        Story {
            channel,
            tenant,
            came: at,
            help: false,
            queue: None,
            lane: Lane::Standard,
            risk: None,
            phase: Phase::InFlow,
            age_from: None,
            entered: None,
            wait: None,
            answered: false,
            in_time: false,
            called_back: false,
            late: false,
            over: false,
            safe_since: None,
            safe: Safe::default(),
            told: None,
            errors: Errors::default(),
            marks: Counts::default(),
            visits: Vec::new(),
            parts: Vec::new(),
        }
    }

    pub fn queued(&mut self, at: Time, queue: QueueName, age_from: Time) {
        if let Some(visit) = self.visit()
            && visit.queue != queue
            && visit.phase == Phase::InQueue
        {
            visit.phase = Phase::Moved;
            visit.wait = Some(at.since(visit.entered));
        }
        // The visit it is in is the last: one entered again goes there.
        match self.visits.iter().position(|visit| visit.queue == queue) {
            Some(again) => {
                let visit = self.visits.remove(again);
                self.visits.push(visit);
                self.parts.iter_mut().for_each(|part| part.visit = moved(part.visit, again, self.visits.len() - 1));
            }
            None => self.visits.push(Visit::new(at, queue.clone())),
        }
        let answered = self.answered;
        if let Some(visit) = self.visit() {
            visit.phase = Phase::InQueue;
            if !visit.answered {
                visit.wait = None;
            }
        }
        self.queue = Some(queue);
        self.age_from = Some(age_from);
        self.entered.get_or_insert(at);
        self.phase = if answered { Phase::Served } else { Phase::InQueue };
    }

    pub fn classed(&mut self, at: Time, lane: Lane, risk: Risk) {
        let waits = self.phase == Phase::InQueue && self.parts.is_empty();
        self.safe_since = match (lane.is_safeguarding(), self.safe_since) {
            (true, None) if waits && !self.answered => Some(at),
            (true, since) => since,
            (false, _) => None,
        };
        self.lane = lane;
        self.risk = Some(risk);
    }

    pub fn connected(&mut self, at: Time, bounds: Bounds) {
        self.phase = Phase::Served;
        let called_back = self.marks.call_backs > 0;
        if !self.answered {
            self.answered = true;
            self.called_back = called_back;
            let wait = self.entered.map_or(Span::ZERO, |entered| at.since(entered));
            self.in_time = !called_back && bounds.target.is_some_and(|target| wait <= target);
            self.wait.get_or_insert(wait);
            self.measure_told(at);
        }
        if let Some(visit) = self.visit() {
            visit.phase = Phase::Served;
            if !visit.answered {
                visit.answered = true;
                let wait = at.since(visit.entered);
                visit.wait.get_or_insert(wait);
                visit.in_time = !called_back && bounds.target.is_some_and(|target| wait <= target);
                visit.marks.called_back = u64::from(called_back);
            }
        }
        self.reach_human(at);
    }

    fn reach_human(&mut self, at: Time) {
        let Some(since) = self.safe_since.take() else { return };
        let wait = at.since(since);
        let imminent = u64::from(self.risk == Some(Risk::P0));
        let safe = Safe {
            reached: 1,
            reached_in_bound: u64::from(wait <= HUMAN_WITHIN),
            imminent,
            imminent_in_bound: imminent * u64::from(wait <= IMMINENT_WITHIN),
            unreached: 0,
            human_wait: wait,
            human_longest: wait,
        };
        self.safe.add(&safe);
    }

    pub fn told(&mut self, at: Time, low: Span, high: Span) {
        if !self.answered {
            self.told.get_or_insert((at, low, high));
        }
    }

    fn measure_told(&mut self, at: Time) {
        let Some((told, low, high)) = self.told else { return };
        let lasted = at.since(told);
        let kept = u64::from(lasted <= high);
        self.errors.count(Span((low.0 + high.0) / 2), lasted);
        self.mark(|marks| {
            marks.told += 1;
            marks.told_kept += kept;
        });
    }

    /// Notes something in its own figures and in those of the queue it is in.
    pub fn mark(&mut self, note: impl Fn(&mut Counts)) {
        note(&mut self.marks);
        if let Some(visit) = self.visit() {
            note(&mut visit.marks);
        }
    }

    /// The wait on the line is over when a call-back is agreed.
    pub fn call_back_agreed(&mut self, at: Time) {
        self.mark(|marks| marks.call_backs = 1);
        let entered = self.entered.filter(|_| self.wait.is_none());
        self.wait = self.wait.or(entered.map(|entered| at.since(entered)));
        if let Some(visit) = self.visit().filter(|visit| visit.wait.is_none()) {
            visit.wait = Some(at.since(visit.entered));
        }
    }

    /// The agent's leg was lost and nobody else serves: it waits again.
    pub fn parted(&mut self) {
        if self.phase == Phase::Served && !self.serves() {
            self.phase = Phase::InQueue;
            if let Some(visit) = self.visit() {
                visit.phase = Phase::InQueue;
            }
        }
    }

    pub fn serves(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.doing, Doing::Talking | Doing::Holding))
    }

    /// Everybody's part was already turned to what follows the end.
    pub fn ended(&mut self, at: Time, by: Party, cause: EndCause, bounds: Bounds) {
        let called_back = self.marks.call_backs > 0;
        let phase = |answered: bool| match cause {
            _ if answered => Phase::Served,
            EndCause::SelfServed | EndCause::MessageLeft => Phase::SelfServed,
            EndCause::Busy | EndCause::UnknownNumber | EndCause::Closed => Phase::Refused,
            // The new contact is counted as what becomes of it.
            EndCause::Redialled => Phase::Left,
            _ if self.entered.is_none() => Phase::Left,
            _ if called_back => Phase::Unreached,
            EndCause::Fault | EndCause::Restart => Phase::Dropped,
            EndCause::Normal if by != Party::Citizen => Phase::Dropped,
            EndCause::Normal | EndCause::Lost | EndCause::Idle => Phase::Abandoned,
            EndCause::NotReached | EndCause::HelpOver => Phase::Abandoned,
        };
        let (whole, last) = (phase(self.answered), phase(self.visits.last().is_some_and(|visit| visit.answered)));
        self.phase = if self.writes() { Phase::WrappingUp } else { whole };
        let waited = self.entered.map(|entered| at.since(entered));
        self.wait = self.wait.or(waited);
        if let Some(wait) = self.wait.filter(|_| whole == Phase::Abandoned) {
            self.late = is_late(wait, bounds);
            self.marks.abandoned_short = u64::from(wait < bounds.short_abandon);
        }
        if let Some(visit) = self.visit().filter(|visit| visit.phase == Phase::InQueue) {
            // The place went on with the redial.
            visit.phase = if last == Phase::Left { Phase::Moved } else { last };
            let wait = *visit.wait.get_or_insert(at.since(visit.entered));
            if last == Phase::Abandoned {
                visit.late = is_late(wait, bounds);
                visit.marks.abandoned_short = u64::from(wait < bounds.short_abandon);
            }
        }
        if self.safe_since.take().is_some() {
            self.safe.unreached += 1;
        }
        self.over = true;
    }

    /// Whether somebody still writes it up.
    pub fn writes(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.doing, Doing::Writing | Doing::Paused))
    }

    /// Over for everyone.
    pub fn is_done(&self) -> bool {
        self.over && !self.writes()
    }

    fn visit(&mut self) -> Option<&mut Visit> {
        self.visits.last_mut()
    }

    /// What this one contact adds to the row it is in.
    pub fn row(&self) -> Row {
        let one = |phase: Phase| u64::from(self.phase == phase && !self.answered);
        let mut row = Row::of(self.queue.clone(), self.lane, self.channel, self.tenant.clone());
        row.waiting_since = self.age_from.filter(|_| one(Phase::InQueue) > 0);
        let wait = counted(self.wait, self.phase, self.answered);
        row.counts = Counts {
            arrived: 1,
            in_flow: one(Phase::InFlow),
            answered: u64::from(self.answered),
            self_served: one(Phase::SelfServed),
            left: one(Phase::Left),
            in_time: u64::from(self.in_time),
            called_back: u64::from(self.called_back),
            abandoned_late: u64::from(self.late),
            wait_sum: wait,
            answer_wait: if self.answered { wait } else { Span::ZERO },
            wait_longest: wait,
            ..outcomes(one)
        };
        row.counts.add(&told_marks(&self.marks, self.is_done()));
        row.errors = self.errors.clone();
        row.safe = self.safe.clone();
        row
    }

    /// What it adds to the row of each queue it entered.
    pub fn queue_rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.visits.iter().enumerate().map(|(at, visit)| {
            let mut row = Row::of(Some(visit.queue.clone()), self.lane, self.channel, self.tenant.clone());
            let current = at + 1 == self.visits.len();
            row.waiting_since = self.age_from.filter(|_| current && visit.waits());
            row.counts = visit.counts(self.is_done());
            if current {
                row.errors = self.errors.clone();
                row.safe = self.safe.clone();
            }
            row
        })
    }
}

/// Outcomes that contacts and visits tell alike.
fn outcomes(one: impl Fn(Phase) -> u64) -> Counts {
    Counts {
        waiting: one(Phase::InQueue),
        abandoned: one(Phase::Abandoned),
        unreached: one(Phase::Unreached),
        dropped: one(Phase::Dropped),
        refused: one(Phase::Refused),
        ..Counts::default()
    }
}

/// The wait, where it ended with a person or in vain.
fn counted(wait: Option<Span>, phase: Phase, answered: bool) -> Span {
    let in_vain = matches!(phase, Phase::Abandoned | Phase::Unreached | Phase::Dropped | Phase::Moved);
    wait.filter(|_| answered || in_vain).unwrap_or_default()
}

/// Marks as they are told: handling only of contacts that are over, and those once each.
fn told_marks(marks: &Counts, done: bool) -> Counts {
    let mut told = marks.clone();
    told.handled = u64::from(done && marks.handled > 0);
    if !done {
        (told.talk, told.hold, told.wrap_up) = (Span::ZERO, Span::ZERO, Span::ZERO);
    }
    told
}

fn is_late(wait: Span, bounds: Bounds) -> bool {
    bounds.target.is_none_or(|target| wait > target)
}

/// Where index `at` is after the one at `from` was taken out and put in at `to`, the end.
fn moved(at: usize, from: usize, to: usize) -> usize {
    match at {
        at if at == from => to,
        at if at > from => at - 1,
        at => at,
    }
}

impl Visit {
    fn new(at: Time, queue: QueueName) -> Visit {
        Visit {
            queue,
            entered: at,
            wait: None,
            phase: Phase::InQueue,
            answered: false,
            in_time: false,
            late: false,
            marks: Counts::default(),
        }
    }

    fn waits(&self) -> bool {
        self.phase == Phase::InQueue && !self.answered
    }

    fn counts(&self, done: bool) -> Counts {
        let one = |phase: Phase| u64::from(self.phase == phase && !self.answered);
        let wait = counted(self.wait, self.phase, self.answered);
        let mut counts = Counts {
            arrived: 1,
            answered: u64::from(self.answered),
            self_served: one(Phase::SelfServed),
            moved: one(Phase::Moved),
            in_time: u64::from(self.in_time),
            abandoned_late: u64::from(self.late),
            wait_sum: wait,
            answer_wait: if self.answered { wait } else { Span::ZERO },
            wait_longest: wait,
            ..outcomes(one)
        };
        counts.add(&told_marks(&self.marks, done));
        counts
    }
}

impl Story {
    /// What an agent does with it from now on; `None` when their part is over. Gives what they did
    /// before, and the part that is over.
    pub fn turn(&mut self, at: Time, agent: &AgentName, to: Option<Doing>) -> (Option<Doing>, Option<Part>) {
        let known = self.parts.iter().position(|part| part.agent == *agent);
        let Some(index) = known else {
            if let Some(doing) = to {
                let visit = self.visits.len().saturating_sub(1);
                self.parts.push(Part::new(at, agent.clone(), visit, doing));
            }
            return (None, None);
        };
        let part = &mut self.parts[index];
        let before = part.doing;
        part.run(at);
        match to {
            Some(doing) => {
                part.doing = doing;
                (Some(before), None)
            }
            None => {
                let part = self.parts.remove(index);
                self.note_part(&part);
                (Some(before), Some(part))
            }
        }
    }

    fn note_part(&mut self, part: &Part) {
        if !part.is_ours() {
            return;
        }
        let note = |marks: &mut Counts| {
            marks.handled += 1;
            marks.talk = marks.talk + part.talk;
            marks.hold = marks.hold + part.hold;
            marks.wrap_up = marks.wrap_up + part.wrap_up;
        };
        note(&mut self.marks);
        if let Some(visit) = self.visits.get_mut(part.visit) {
            note(&mut visit.marks);
        }
    }

    /// Who has a part in it, with what they do.
    pub fn parts(&self) -> Vec<(AgentName, Doing)> {
        self.parts.iter().map(|part| (part.agent.clone(), part.doing)).collect()
    }
}
