//! Opening hours, surge, staffing, overflow and call-back, in the words of the rules.

use super::{At, Case, Done, Naive, Person, Want, merged};
use acd::CALL_BACK_AHEAD;
use vocabulary::centre::{OverflowWhen, Queue, Role, SkillMode, Treatment};
use vocabulary::event::{Actor, Alarm, HoursCause, OverflowCause, Switch, WithdrawCause};
use vocabulary::{
    AgentName, CallBackPolicy, ContactId, EndCause, Event, Language, Needs, Party, Presence, QueueName, Risk, Span,
    Time,
};

/// An agreement to be called back.
#[derive(Debug, Clone)]
pub struct Call {
    pub from: Time,
    pub until: Time,
    left: u32,
    retry: Span,
}

impl Naive {
    // --- hours ---

    fn switch_of(&self, queue: &QueueName) -> Switch {
        self.switches.get(queue).copied().unwrap_or_default()
    }

    pub fn is_open(&self, queue: &QueueName) -> bool {
        !self.closed.contains(queue)
    }

    fn should_open(&self, queue: &Queue, at: Time) -> (bool, HoursCause) {
        if queue.lane.is_safeguarding() {
            return (true, HoursCause::Week);
        }
        match self.switch_of(&queue.name) {
            Switch::Open => return (true, HoursCause::Switched),
            Switch::Closed => return (false, HoursCause::Switched),
            Switch::Calendar => {}
        }
        match queue.calendar.as_ref().map(|name| &self.centre.calendars[name]) {
            None => (true, HoursCause::Week),
            Some(calendar) if calendar.holiday(at).is_some() => (calendar.is_open(at), HoursCause::Holiday),
            Some(calendar) => (calendar.is_open(at), HoursCause::Week),
        }
    }

    fn next_turn(&self, queue: &Queue, at: Time) -> Option<Time> {
        let turns = !queue.lane.is_safeguarding() && self.switch_of(&queue.name) == Switch::Calendar;
        self.centre.calendars[queue.calendar.as_ref().filter(|_| turns)?].next_change(at)
    }

    /// When a queue has to be turned, as it was known when hours were last looked at.
    pub fn hours_due(&self) -> Option<Time> {
        let queues = self.centre.queues.values();
        let due =
            queues.filter_map(|queue| match self.should_open(queue, self.looked).0 == self.is_open(&queue.name) {
                true => self.next_turn(queue, self.looked),
                false => Some(self.looked),
            });
        due.min()
    }

    pub fn turn_hours(&mut self) {
        self.looked = self.now;
        let queues: Vec<Queue> = self.centre.queues.values().cloned().collect();
        for queue in queues {
            let (open, why) = self.should_open(&queue, self.now);
            if open == self.is_open(&queue.name) {
                continue;
            }
            if open {
                self.closed.remove(&queue.name);
            } else {
                self.closed.insert(queue.name.clone());
            }
            self.said.push(Event::HoursTurned { queue: queue.name, open, why });
        }
    }

    pub fn switch_queue(&mut self, queue: QueueName, to: Switch, by: Actor) -> Done {
        let row = self.queue(&queue)?;
        (to != Switch::Closed || !row.lane.is_safeguarding()).then_some(())?;
        if self.switch_of(&queue) != to {
            self.switches.insert(queue.clone(), to);
            self.said.push(Event::QueueSwitched { queue, to, by });
            self.turn_hours();
        }
        Some(())
    }

    pub fn set_surge(&mut self, queue: QueueName, on: bool, by: Actor) -> Done {
        self.queue(&queue)?;
        let changed = if on { self.surge.insert(queue.clone()) } else { self.surge.remove(&queue) };
        if changed {
            self.looked = self.now;
            self.said.push(Event::SurgeSet { queue, on, by });
        }
        Some(())
    }

    // --- who could serve ---

    /// Whether a member of staff serves a queue because of a surge.
    pub fn helps(&self, name: &AgentName, queue: &QueueName) -> bool {
        self.surge.contains(queue) && self.could_help(name)
    }

    pub fn could_help(&self, name: &AgentName) -> bool {
        let staff = &self.centre.agents[name];
        staff.roles.contains(&Role::Supervisor) && !staff.languages.is_empty()
    }

    fn staffed(&self, queue: &Queue) -> bool {
        self.people.iter().any(|p| p.presence != Presence::Offline && self.could_serve(p, queue))
    }

    fn could_serve(&self, p: &Person, queue: &Queue) -> bool {
        let staff = &self.centre.agents[&p.name];
        if !self.cleared(&p.name, queue.lane) {
            return false;
        }
        if queue.tenant.as_str() != self.centre.floor.as_str() && !staff.tenants.contains(&queue.tenant) {
            return false;
        }
        if self.helps(&p.name, &queue.name) {
            return true;
        }
        let dropped = |skill| queue.widenings.iter().any(|w| w.drop_skills.contains(skill));
        let lower: u8 = queue.widenings.iter().map(|w| w.lower_levels).fold(0, u8::saturating_add);
        let kept = queue.skills.iter().filter(|(skill, _)| !dropped(skill));
        let has = kept.map(|(skill, level)| {
            staff.level(skill, self.now).is_some_and(|has| has.get() >= level.get().saturating_sub(lower).max(1))
        });
        let skilled = queue.skill_mode != SkillMode::All || has.into_iter().all(|has| has);
        staff.roles.contains(&Role::Agent) && staff.tier >= queue.tier && skilled
    }

    pub fn watch_staffed(&mut self) {
        let ordinary = |queue: &&Queue| !queue.lane.is_safeguarding();
        let mut open = self.centre.queues.values().filter(ordinary).filter(|queue| self.is_open(&queue.name));
        let unstaffed = open.any(|queue| !self.staffed(queue));
        self.alarm(Alarm::QueueUnstaffed, None, unstaffed);
    }

    // --- overflow ---

    fn can_treat(&self, case: &Case, queue: &Queue, treatment: &Treatment) -> bool {
        let left = case.overflowed.contains(&queue.name);
        match treatment {
            Treatment::Queue(to) => {
                !left && to != &queue.name && self.centre.queues.contains_key(to) && self.is_open(to)
            }
            Treatment::Message | Treatment::Closed => !left,
            Treatment::CallBack => {
                let offered = case.order.as_ref().is_some_and(|w| w.queue == queue.name && w.call_offered);
                case.channel.is_voice() && queue.call_back.is_some() && !offered && case.call.is_none()
            }
        }
    }

    /// When a waiting contact's queue does something else with it because of the time it waited.
    pub fn overflow_at(&self, case: &Case) -> Option<(Time, Treatment)> {
        let w = case.order.as_ref().filter(|_| case.around.asked.is_none())?;
        if w.lane.is_safeguarding() || w.risk == Risk::P0 || case.call.is_some() || case.at != At::Waiting {
            return None;
        }
        let queue = self.queue(&w.queue)?;
        let mut found: Option<(Time, Treatment)> = None;
        for limit in &queue.overflow {
            if let OverflowWhen::WaitedSeconds(n) = limit.when
                && self.can_treat(case, queue, &limit.to)
                && found.as_ref().is_none_or(|(at, _)| w.entered + Span::seconds(n) < *at)
            {
                found = Some((w.entered + Span::seconds(n), limit.to.clone()));
            }
        }
        found
    }

    pub fn overflow_by_time(&mut self, id: ContactId) {
        let Some(case) = self.case(id).cloned() else { return };
        let Some((_, to)) = self.overflow_at(&case).filter(|(at, _)| *at <= self.now) else { return };
        let want = case.order.unwrap();
        let why = OverflowCause::Waited { waited: self.now.since(want.entered) };
        self.treat(id, &want.queue, to.clone(), why);
        if let Treatment::Queue(other) = to {
            let moved = self.moved(id, &want, &other);
            self.enter_by_way(id, moved);
        }
    }

    fn treat(&mut self, id: ContactId, queue: &QueueName, to: Treatment, why: OverflowCause) {
        self.said.push(Event::Overflowed { contact: id, queue: queue.clone(), to: to.clone(), why });
        let case = self.case(id).unwrap();
        match to {
            Treatment::CallBack => case.order.as_mut().unwrap().call_offered = true,
            Treatment::Queue(_) => drop(case.overflowed.insert(queue.clone())),
            Treatment::Message | Treatment::Closed => {
                case.overflowed.insert(queue.clone());
                case.order = None;
                case.at = At::Flow;
            }
        }
    }

    /// The same contact in another queue: its own needs and its age go along.
    fn moved(&mut self, id: ContactId, want: &Want, to: &QueueName) -> Want {
        let from = self.queue(&want.queue).cloned();
        let target = self.queue(to).unwrap().clone();
        let language: Option<Language> = self.case(id).unwrap().language.or(want.needs.language);
        let mut own: Needs = want.needs.clone();
        let mut moved = want.clone();
        if let Some(from) = from {
            own.skills.retain(|skill, level| from.skills.get(skill).is_none_or(|asked| *level > *asked));
            if own.tier <= from.tier {
                own.tier = vocabulary::Tier::L1;
            }
            if from.language {
                own.language = None;
            }
            if want.lane == from.lane {
                moved.lane = target.lane;
            }
            if want.base == from.base {
                moved.base = target.base;
            }
        }
        moved.needs = merged(&target, &own, language);
        moved.queue = to.clone();
        moved
    }

    /// Queues a contact where its queue sends it.
    pub fn enter_by_way(&mut self, id: ContactId, mut want: Want) {
        loop {
            let Some((to, why)) = self.turned_away(id, &want) else {
                self.enter_want(id, want);
                break;
            };
            if to == Treatment::CallBack {
                let queue = want.queue.clone();
                self.enter_want(id, want);
                self.treat(id, &queue, to, why);
                break;
            }
            self.withdraw(id, WithdrawCause::Reclassified);
            self.treat(id, &want.queue, to.clone(), why);
            let Treatment::Queue(other) = to else { return };
            want = self.moved(id, &want, &other);
        }
        self.drop_unsafe(id);
    }

    fn enter_want(&mut self, id: ContactId, w: Want) {
        self.enter(id, w.queue, w.needs, w.lane, w.risk, w.base, w.arrived);
    }

    fn turned_away(&mut self, id: ContactId, want: &Want) -> Option<(Treatment, OverflowCause)> {
        let case = self.case(id)?.clone();
        let queue = self.queue(&want.queue)?;
        let waits = |case: &Case| matches!(case.at, At::Waiting | At::Offered(..));
        let inside = waits(&case) && case.order.as_ref().is_some_and(|w| w.queue == want.queue);
        if want.lane.is_safeguarding() || want.risk == Risk::P0 || inside || case.call.is_some() {
            return None;
        }
        if !self.is_open(&queue.name) {
            let possible = match &queue.when_closed {
                Treatment::Queue(to) => self.centre.queues.contains_key(to) && *to != queue.name,
                Treatment::CallBack => self.can_treat(&case, queue, &Treatment::CallBack),
                Treatment::Message | Treatment::Closed => true,
            };
            let to = if possible { queue.when_closed.clone() } else { Treatment::Closed };
            return Some((to, OverflowCause::Closed { hours: self.should_open(queue, self.now).1 }));
        }
        let inside = |c: &&Case| waits(c) && c.order.as_ref().is_some_and(|w| w.queue == queue.name);
        let waiting = self.cases.iter().filter(inside).count() as u32;
        for limit in queue.overflow.iter().filter(|limit| self.can_treat(&case, queue, &limit.to)) {
            let why = match limit.when {
                OverflowWhen::Waiting(most) if waiting >= most => OverflowCause::Waiting { waiting },
                OverflowWhen::NobodyOnShift if !self.staffed(queue) => OverflowCause::NobodyOnShift,
                _ => continue,
            };
            return Some((limit.to.clone(), why));
        }
        None
    }

    // --- call-back ---

    pub fn agree(&mut self, id: ContactId, from: Option<Time>) -> Done {
        let case = self.case(id)?.clone();
        case.around.asked.is_none().then_some(())?;
        let want = case.order.as_ref()?;
        let waits = matches!(case.at, At::Waiting | At::Offered(..));
        (waits && case.call.is_none() && case.channel.is_voice()).then_some(())?;
        (!want.lane.is_safeguarding() || case.policy != CallBackPolicy::Never).then_some(())?;
        let queue = self.queue(&want.queue)?.clone();
        let rules = queue.call_back.clone()?;
        let opens = if self.is_open(&queue.name) { None } else { self.next_turn(&queue, self.now) };
        let from = self.now.max(from.unwrap_or(self.now)).max(opens.unwrap_or(self.now));
        (from.since(self.now) <= CALL_BACK_AHEAD).then_some(())?;
        if from > self.now {
            self.withdraw(id, WithdrawCause::Reclassified);
        }
        let until = from + Span::seconds(rules.window_seconds);
        let (attempts, retry) = (rules.attempts, Span::seconds(rules.retry_seconds));
        self.said.push(Event::CallBackAgreed { contact: id, from, until, attempts });
        let case = self.case(id)?;
        case.call = Some(Call { from, until, left: attempts, retry });
        case.order.as_mut()?.wait_for_call(from);
        self.alarm(Alarm::SafeguardingWaiting, Some(id), false);
        Some(())
    }

    pub fn fail_call(&mut self, id: ContactId, agent: AgentName) -> Done {
        let now = self.now;
        let case = self.case(id)?;
        matches!(&case.at, At::Accepted(with, _) if *with == agent).then_some(())?;
        let call = case.call.as_mut()?;
        let again = now + call.retry;
        let next = (call.left > 1 && again < call.until).then_some(again);
        call.left -= 1;
        call.from = next.unwrap_or(call.until);
        let from = call.from;
        case.order.as_mut()?.wait_for_call(from);
        case.at = At::Waiting;
        self.said.push(Event::CallBackFailed { contact: id, agent: agent.clone(), next });
        self.idle_last_if_ours(&agent);
        if next.is_none() {
            self.end(id, Party::Centre, EndCause::NotReached)?;
        }
        Some(())
    }

    /// Whether nobody holds the line of a contact, because it is to be called back.
    pub fn legless(case: &Case) -> bool {
        case.call.is_some() && matches!(case.at, At::Waiting | At::Offered(..) | At::Accepted(..))
    }

    pub fn lapse_call(&mut self, id: ContactId) {
        let now = self.now;
        let over = |case: &mut Case| case.at == At::Waiting && case.call.as_ref().is_some_and(|call| call.until <= now);
        if self.case(id).is_some_and(over) {
            self.end(id, Party::Centre, EndCause::NotReached);
        }
    }

    pub fn drop_unsafe(&mut self, id: ContactId) {
        let unsafe_to_call = |case: &mut Case| {
            let waits = matches!(case.at, At::Waiting | At::Offered(..));
            let safe = case.order.as_ref().is_some_and(|w| w.lane.is_safeguarding());
            waits && safe && case.call.is_some() && case.policy == CallBackPolicy::Never
        };
        if self.case(id).is_some_and(unsafe_to_call) {
            self.end(id, Party::Centre, EndCause::NotReached);
        }
    }
}

impl Want {
    /// Whoever is called back is called by an agent of the queue, when it is time.
    pub fn wait_for_call(&mut self, from: Time) {
        self.called = true;
        self.any = false;
        self.outside.clear();
        self.safe = self.safe.map(|_| from);
    }
}
