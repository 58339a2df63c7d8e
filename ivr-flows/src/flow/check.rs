//! Whether the steps of a flow hang together: every name leads somewhere, everything is reached,
//! nobody goes round in circles, and the safe line keeps its rules.

use super::read::place;
use super::{Flow, Kind, Source};
use crate::prompts::Catalogue;
use std::collections::BTreeSet;
use vocabulary::spanned::{At, Document, nearest};
use vocabulary::{Lane, Risk, StepName};

/// The most choices of a menu that can be remembered (facts 3.4).
const MAX_CHOICES: usize = 5;

/// Notes a fault for everything that cannot work.
pub(crate) fn check(flow: &Flow, catalogue: &Catalogue, document: &Document) {
    let check = Check { flow, catalogue, document };
    check.prompts();
    if !check.names() {
        return;
    }
    check.reached();
    check.circles();
    check.choices();
    check.collected();
    check.queued_ends_in_wait();
    check.safe_line();
}

struct Check<'a> {
    flow: &'a Flow,
    catalogue: &'a Catalogue,
    document: &'a Document,
}

impl Check<'_> {
    fn fault(&self, step: &StepName, help: String) {
        self.document.fault(place(self.flow, step), help);
    }

    fn prompts(&self) {
        for step in self.flow.steps.values() {
            for line in step.kind.lines() {
                let Some(wanted) = self.catalogue.placeholders(&line.prompt) else {
                    let known = self.catalogue.names().map(|n| n.as_str());
                    let hint = nearest(line.prompt.as_str(), known).map_or(String::new(), |m| format!("; did you mean `{m}`?"));
                    self.document.fault(line.at, format!("prompt `{}` is not in the catalogue{hint}", line.prompt));
                    continue;
                };
                let given: BTreeSet<&str> = line.values.iter().map(|(key, _)| key.as_str()).collect();
                for missing in wanted.difference(&given) {
                    self.document.fault(line.at, format!("prompt `{}` needs a value for `{missing}`", line.prompt));
                }
                for unknown in given.difference(&wanted) {
                    self.document.fault(line.at, format!("prompt `{}` has no place for `{unknown}`", line.prompt));
                }
            }
        }
    }

    /// Whether every step that is named is there.
    fn names(&self) -> bool {
        let flow = self.flow;
        let mut good = true;
        let mut known = |at: At, name: &StepName, of: &str| {
            if flow.steps.contains_key(name) || flow.broken.contains(name) {
                return;
            }
            good = false;
            let hint = nearest(name.as_str(), flow.steps.keys().map(|s| s.as_str()));
            let hint = hint.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
            self.document.fault(at, format!("{of} leads to step `{name}`, which is not there{hint}"));
        };
        known(At(0), &flow.start, "`start`");
        known(At(0), &flow.confidential, "`confidential`");
        known(At(0), &flow.silent, "`silent`");
        known(At(0), &flow.person, "`person`");
        if let Some(survey) = &flow.survey {
            known(At(0), survey, "`survey`");
        }
        for crisis in &flow.crisis {
            known(At(0), &crisis.then, "`crisis`");
        }
        for (name, step) in &flow.steps {
            for exit in step.kind.exits() {
                known(step.at, exit, &format!("step `{name}`"));
            }
        }
        good && flow.broken.is_empty()
    }

    fn roots(&self) -> Vec<&StepName> {
        let flow = self.flow;
        let mut roots = vec![&flow.start, &flow.confidential, &flow.silent, &flow.person];
        roots.extend(&flow.survey);
        roots.extend(flow.crisis.iter().map(|c| &c.then));
        roots
    }

    fn reached(&self) {
        let reached = self.from(&self.roots(), |_| true);
        for name in self.flow.steps.keys().filter(|name| !reached.contains(*name)) {
            self.fault(name, format!("step `{name}` is never reached"));
        }
    }

    /// Every step reached from some, going on from those that `through` lets pass.
    fn from(&self, starts: &[&StepName], through: impl Fn(&Kind) -> bool) -> BTreeSet<StepName> {
        let mut seen: BTreeSet<StepName> = starts.iter().map(|s| (*s).clone()).collect();
        let mut open: Vec<StepName> = seen.iter().cloned().collect();
        while let Some(name) = open.pop() {
            let kind = &self.flow.step(&name).kind;
            if !through(kind) {
                continue;
            }
            for exit in kind.exits() {
                if seen.insert(exit.clone()) {
                    open.push(exit.clone());
                }
            }
        }
        seen
    }

    fn circles(&self) {
        for (name, step) in &self.flow.steps {
            if !step.kind.is_passed_through() {
                continue;
            }
            let exits = step.kind.exits();
            if self.from(&exits, Kind::is_passed_through).contains(name) {
                self.fault(name, format!("step `{name}` comes back to itself without asking anything"));
            }
        }
    }

    fn choices(&self) {
        for (name, step) in &self.flow.steps {
            let keys = match &step.kind {
                Kind::Choose(choose) => &choose.keys,
                Kind::Wait(wait) => &wait.keys,
                _ => continue,
            };
            // A scale of marks is one question, not a menu.
            let marks = matches!(&step.kind, Kind::Choose(c) if c.answer);
            if keys.len() > MAX_CHOICES && !marks {
                self.fault(name, format!("step `{name}` has {} choices; at most {MAX_CHOICES} can be remembered", keys.len()));
            }
            for language in keys.values().filter_map(|c| c.language) {
                if !self.catalogue.languages().contains(&language) {
                    self.fault(name, format!("step `{name}` chooses language `{language}`, which the prompts do not have"));
                }
            }
        }
    }

    fn collected(&self) {
        let kept = self.flow.steps.values().filter_map(|step| match &step.kind {
            Kind::Collect(collect) => Some(collect.into.as_str()),
            _ => None,
        });
        let kept: BTreeSet<&str> = kept.collect();
        for step in self.flow.steps.values() {
            for line in step.kind.lines() {
                for (_, source) in &line.values {
                    if let Source::Collected(name) = source
                        && !kept.contains(name.as_str())
                    {
                        self.document.fault(line.at, format!("`{name}` is no value: no collect step keeps it"));
                    }
                }
            }
        }
    }

    /// Who has entered a queue must come to a waiting step, whatever they press.
    fn queued_ends_in_wait(&self) {
        for (name, step) in &self.flow.steps {
            let Kind::Enqueue(enqueue) = &step.kind else { continue };
            let on_the_way = self.from(&[&enqueue.then], |kind| !matches!(kind, Kind::Wait(_) | Kind::Enqueue(_)));
            let dropped = on_the_way.iter().find(|s| matches!(self.flow.step(s).kind, Kind::Finish { .. }));
            if let Some(finish) = dropped {
                self.fault(name, format!("step `{name}` enters a queue, but `{finish}` may end the contact before an agent comes"));
            }
            if self.flow.wait_after(&enqueue.then).is_none() {
                self.fault(name, format!("step `{name}` enters a queue, but no wait step follows"));
            }
        }
        for (name, step) in &self.flow.steps {
            if let Kind::Choose(choose) = &step.kind
                && let Some((queue, _)) = &choose.meanwhile
                && !matches!(self.flow.step(queue).kind, Kind::Enqueue(_))
            {
                self.fault(name, format!("`meanwhile` must lead to an enqueue step; `{queue}` is none"));
            }
        }
        if !matches!(self.flow.step(&self.flow.person).kind, Kind::Enqueue(_)) {
            self.fault(&self.flow.person, format!("`person` must lead to an enqueue step; `{}` is none", self.flow.person));
        }
    }

    /// The safe line: never ends by itself, names no position, goes to safeguarding lanes only,
    /// unless the citizen says that they wanted something else.
    fn safe_line(&self) {
        let flow = self.flow;
        match &flow.step(&flow.silent).kind {
            Kind::Enqueue(silent) if silent.lane.is_some_and(Lane::is_safeguarding) && silent.risk <= Risk::P1 => {}
            _ => self.fault(
                &flow.silent,
                format!("`silent` must lead to an enqueue step of a safeguarding lane with risk P0 or P1; `{}` is none", flow.silent),
            ),
        }
        for crisis in &flow.crisis {
            let safe = matches!(&flow.step(&crisis.then).kind, Kind::Enqueue(e) if e.lane.is_some_and(Lane::is_safeguarding));
            if !safe {
                self.fault(&crisis.then, format!("crisis words must lead to an enqueue step of a safeguarding lane; `{}` is none", crisis.then));
            }
        }
        let mut starts = vec![&flow.confidential, &flow.silent];
        starts.extend(flow.crisis.iter().map(|c| &c.then));
        let ordinary = |kind: &Kind| matches!(kind, Kind::Enqueue(e) if !e.lane.is_some_and(Lane::is_safeguarding));
        for name in self.from(&starts, |kind| !ordinary(kind)) {
            match &flow.step(&name).kind {
                Kind::Finish { .. } => self.fault(&name, format!("step `{name}` could end a contact on the safe line")),
                Kind::Wait(wait) if wait.position || wait.estimate => {
                    self.fault(&name, format!("step `{name}` would tell a position on the safe line"));
                }
                Kind::Choose(choose) if choose.quiet.is_none() => {
                    self.fault(&name, format!("step `{name}` is on the safe line: `quiet` must say where silence leads"));
                }
                Kind::Enqueue(enqueue) if enqueue.lane.is_none() => {
                    self.fault(&name, format!("step `{name}` can be reached from the safe line: it must name its `lane`"));
                }
                Kind::Collect(_) => self.fault(&name, format!("step `{name}` would ask for digits on the safe line")),
                _ => {}
            }
        }
    }
}
