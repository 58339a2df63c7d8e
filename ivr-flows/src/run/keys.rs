//! Keys: what they mean everywhere, and the choices of a step.

use super::{Entered, MAX_TRIES, Output, Phase, Spoken, Turn};
use crate::flow::{Choice, Enqueue, Kind};
use crate::say::Digits;
use vocabulary::{EndCause, Lane, Span, StepName};

/// On text channels people think and type: silence counts this many times slower.
const TEXT_PATIENCE: i64 = 4;

/// Silence on a text channel before the citizen is asked whether they are there, and again before
/// the conversation is closed (facts 4.7). Never on the safe line.
const IDLE: Span = Span::minutes(5);

impl Turn<'_> {
    /// A key outside a conversation with an agent.
    pub(super) fn digit(&mut self, key: char) {
        if matches!(self.run.phase, Phase::Collecting(_)) {
            return self.typed(key);
        }
        // Nothing can be taken back once the last words are being said, except by key 9.
        let leaving = matches!(&self.run.phase, Phase::Speaking { then: Spoken::End(_) | Spoken::Person, .. });
        match key {
            '9' => self.safe_line(),
            _ if leaving => {}
            '*' => self.repeat(),
            '0' => self.person(),
            '1'..='8' => self.choice(key),
            _ => {}
        }
    }

    fn choice(&mut self, key: char) {
        let flow = self.flow;
        match &flow.step(&self.run.step).kind {
            Kind::Choose(choose) => match choose.keys.get(&key) {
                Some(choice) => self.chosen(key, choice),
                None if choose.ignore_others => {}
                None => self.wrong_try("invalid"),
            },
            Kind::Wait(wait) => {
                if let Some(choice) = wait.keys.get(&key) {
                    self.chosen(key, choice);
                }
            }
            Kind::Say { then, .. } => self.ahead(key, then.clone()),
            _ => {}
        }
    }

    /// A caller who knows the menu presses before it is read: the key is good if it is a choice of
    /// the step that comes next.
    fn ahead(&mut self, key: char, mut step: StepName) {
        for _ in 0..super::MAX_HOPS {
            match &self.flow.step(&step).kind {
                Kind::Say { then, .. } => step = then.clone(),
                Kind::Branch { when, then, otherwise } => {
                    step = if self.holds(*when) { then.clone() } else { otherwise.clone() };
                }
                Kind::Choose(choose) => {
                    if let Some(choice) = choose.keys.get(&key) {
                        self.run.step = step;
                        self.chosen(key, choice);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// Carries out a choice of the current step.
    pub(super) fn chosen(&mut self, key: char, choice: &Choice) {
        self.hush();
        if let Some(language) = choice.language {
            self.run.language = Some(language);
            self.out.push(Output::ChooseLanguage(language));
        }
        if let Some(kind) = choice.consent {
            self.consent(kind, Some(key));
        }
        if matches!(&self.flow.step(&self.run.step).kind, Kind::Choose(c) if c.answer) {
            let about = self.run.step.to_string();
            self.out.push(Output::Answer { about, value: Digits::new(&key.to_string()) });
        }
        if choice.claim_place
            && let Some(from) = self.run.context.redial_place.take()
        {
            self.out.push(Output::ClaimPlace { from });
            self.run.claiming = true;
            self.queue_entered(false);
        }
        self.run.lane = choice.lane.or(self.run.lane);
        self.run.base = choice.base.or(self.run.base);
        if let Some(then) = &choice.then {
            self.go(then.clone());
        }
    }

    /// Key 9: the safe line, at once and from anywhere.
    pub(super) fn safe_line(&mut self) {
        if self.run.safe {
            // Pressed again before a lane was named: a counsellor without more questions.
            if self.run.queued != Some(true) {
                self.hush();
                self.go(self.flow.silent.clone());
            }
            return;
        }
        self.hush();
        self.on_safe_line();
        if self.run.queued.is_some() {
            // Who waits in an ordinary queue must not be answered by someone without clearance
            // while the menu is still being read.
            self.enqueue_silently();
        }
        self.go(self.flow.confidential.clone());
    }

    /// Key 9 in the middle of a conversation: the agent stays, the rules change.
    pub(super) fn safe_while_talking(&mut self) {
        if !self.run.safe {
            self.on_safe_line();
        }
    }

    /// Staff made the contact confidential.
    pub(super) fn made_confidential(&mut self) {
        self.run.safe = true;
        self.run.was_safe = true;
        let waiting = matches!(&self.flow.step(&self.run.step).kind, Kind::Wait(w) if w.position || w.estimate);
        if waiting && self.run.phase != Phase::Talking {
            self.run.queued = Some(true);
            if let Some(step) = self.flow.wait_after(&self.flow.silent) {
                self.go(step);
            }
        }
    }

    pub(super) fn on_safe_line(&mut self) {
        self.run.safe = true;
        self.run.was_safe = true;
        self.run.lane = None;
        self.run.base = None;
        self.out.push(Output::SafeLine);
    }

    fn enqueue_silently(&mut self) {
        let flow = self.flow;
        if let Kind::Enqueue(enqueue) = &flow.step(&flow.silent).kind {
            self.enqueue(enqueue);
        }
    }

    /// No key for a while on the safe line: the contact is queued, and the question goes on.
    pub(super) fn help_meanwhile(&mut self) {
        self.run.meanwhile = None;
        let flow = self.flow;
        if let Kind::Choose(choose) = &flow.step(&self.run.step).kind
            && let Some((step, _)) = &choose.meanwhile
            && let Kind::Enqueue(enqueue) = &flow.step(step).kind
            && self.run.queued.is_none()
        {
            if self.run.is_voice() {
                self.out.push(Output::Silent);
            }
            self.enqueue(enqueue);
        }
    }

    /// How long silence may last: longer on text channels.
    pub(super) fn patience(&self, seconds: i64) -> Span {
        Span::seconds(if self.run.is_voice() { seconds } else { seconds * TEXT_PATIENCE })
    }

    /// Key 0: a person. In a queue already, that is what is being waited for.
    pub(super) fn person(&mut self) {
        if self.run.queued.is_some() {
            return;
        }
        self.hush();
        self.serve_by_person();
    }

    /// To whoever serves those who could not or would not choose.
    pub(super) fn serve_by_person(&mut self) {
        if self.run.queued.is_some() {
            let entered = if self.run.safe { &self.flow.silent } else { &self.flow.person };
            if let Some(step) = self.flow.wait_after(entered) {
                self.go(step);
            }
            return;
        }
        let step = if self.run.safe { &self.flow.silent } else { &self.flow.person };
        self.go(step.clone());
    }

    /// `*`: the step again, from its beginning.
    pub(super) fn repeat(&mut self) {
        let tries = self.run.tries;
        self.hush();
        if matches!(self.flow.step(&self.run.step).kind, Kind::Wait(_)) {
            return self.announce();
        }
        self.go(self.run.step.clone());
        self.run.tries = tries;
    }

    /// Enters a queue.
    pub(super) fn enqueue(&mut self, enqueue: &Enqueue) {
        let safe = enqueue.lane.is_some_and(Lane::is_safeguarding);
        if safe && !self.run.safe {
            self.on_safe_line();
        }
        // Leaving the safe line by a key: the queue is ordinary again, but the contact stays
        // unrecorded and unsurveyed.
        self.run.safe = safe;
        let lane = enqueue.lane.or(self.run.lane);
        let entered = Entered { queue: enqueue.queue.clone(), lane, risk: enqueue.risk };
        if self.run.queued.is_some() && self.run.entered.as_ref() == Some(&entered) {
            return;
        }
        self.run.entered = Some(entered);
        self.out.push(Output::Enqueue {
            queue: enqueue.queue.clone(),
            needs: enqueue.needs.clone(),
            lane,
            risk: enqueue.risk,
            base: enqueue.base.or(self.run.base),
        });
        self.queue_entered(safe);
        if safe && let Some(from) = self.run.context.safe_place.take() {
            self.out.push(Output::ClaimPlace { from });
            self.run.claiming = true;
        }
    }

    pub(super) fn queue_entered(&mut self, safe: bool) {
        self.run.queued = Some(safe);
        self.run.waiting = super::waiting::Standing::default();
    }

    /// A choose step has been heard: silence counts from now.
    pub(super) fn listen(&mut self) {
        let Kind::Choose(choose) = &self.flow.step(&self.run.step).kind else { return };
        let idles = !self.run.is_voice() && choose.quiet.is_none();
        let span = if idles { IDLE } else { self.patience(choose.quiet_seconds) };
        self.run.phase = Phase::Listening { until: self.now + span, warned: false };
    }

    /// Nobody pressed or typed anything.
    pub(super) fn silence(&mut self, warned: bool) {
        let Kind::Choose(choose) = &self.flow.step(&self.run.step).kind else { return };
        if let Some(quiet) = &choose.quiet {
            return self.go(quiet.clone());
        }
        if self.run.is_voice() || self.run.safe || self.run.queued.is_some() {
            return self.wrong_try("no_input");
        }
        if warned {
            return self.end_with("idle_end", EndCause::Idle);
        }
        let said = self.system("idle_warn", Vec::new());
        self.play(said, Spoken::Step);
        self.run.phase = Phase::Listening { until: self.now + IDLE, warned: true };
    }

    /// A try that led nowhere: said again, and after three a person takes over.
    pub(super) fn wrong_try(&mut self, prompt: &str) {
        let flow = self.flow;
        let kind = &flow.step(&self.run.step).kind;
        self.run.tries = self.run.tries.saturating_add(1);
        self.hush();
        if self.run.tries >= MAX_TRIES {
            if let Kind::Choose(choose) = kind
                && let Some(tired) = &choose.tired
            {
                return self.go(tired.clone());
            }
            let said = self.system("too_many", Vec::new());
            if !self.play(said, Spoken::Person) {
                self.serve_by_person();
            }
            return;
        }
        let mut said = self.system(prompt, Vec::new());
        let lines: Vec<_> = kind.lines().into_iter().cloned().collect();
        said.extend(self.rendered(&lines));
        let voice = self.play(said, Spoken::Step);
        if matches!(kind, Kind::Collect(_)) {
            self.run.phase = Phase::Collecting(super::digits::Typing::asking(self.now, self.run.is_voice()));
        } else if !voice {
            self.listen();
        }
    }
}
