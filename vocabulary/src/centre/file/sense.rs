//! Whether a set-up makes sense as a whole: a safeguarding contact must always end with a human,
//! and every name must lead somewhere.

mod hours;

use super::Places;
use crate::centre::{Centre, LastResortTo, Queue, Role};
use crate::spanned::{At, Document, nearest};
use crate::{E164, EntryName, Lane, TenantName};
use std::collections::{BTreeMap, BTreeSet};

/// The last rung of a safeguarding queue, any agent with the crisis card, is due by then
/// (DESIGN: at 60 s any agent).
const ANY_AGENT_BY_SECONDS: i64 = 60;

/// Agent names that begin so stand for outside lines in the journal.
const RESERVED: &str = "outside.";

/// Notes a fault for everything that cannot work.
pub(super) fn check(centre: &Centre, document: &Document, places: &Places) {
    let check = Check { centre, document, places };
    check.numbers_are_unique();
    for queue in centre.queues.values() {
        check.queue(queue);
        check.last_resort(queue);
        check.widenings(queue);
    }
    check.agents();
    check.lanes_are_served();
    check.hours();
}

struct Check<'a> {
    centre: &'a Centre,
    document: &'a Document,
    places: &'a Places,
}

impl Check<'_> {
    fn fault(&self, path: &str, help: String) {
        // A key that was left out has no place: then it is said where its table begins.
        let noted = |path: &str| self.places.get(path).copied();
        let at = noted(path).or_else(|| noted(path.rsplit_once('.')?.0)).unwrap_or(At(0));
        self.document.fault(at, help);
    }

    fn numbers_are_unique(&self) {
        let mut seen: BTreeMap<&E164, &EntryName> = BTreeMap::new();
        for entry in self.centre.entries.values() {
            let Some(number) = &entry.number else {
                continue;
            };
            if let Some(other) = seen.insert(number, &entry.name) {
                let path = format!("entries.{}", entry.name);
                self.fault(&path, format!("entry `{}` has the same number as `{other}`", entry.name));
            }
        }
    }

    fn queue(&self, queue: &Queue) {
        let path = format!("queues.{}", queue.name);
        for skill in queue.skills.keys() {
            let known = self.centre.agents.values().flat_map(|a| a.skills.keys());
            let known: BTreeSet<&str> = known.map(|s| s.as_str()).collect();
            if !known.contains(skill.as_str()) {
                let hint = hint(skill.as_str(), known);
                self.fault(&path, format!("queue `{}` asks for skill `{skill}`, which no agent has{hint}", queue.name));
            }
        }
    }

    fn last_resort(&self, queue: &Queue) {
        let path = format!("queues.{}", queue.name);
        let name = &queue.name;
        if !queue.lane.is_safeguarding() {
            if !queue.last_resort.is_empty() {
                let help = format!("queue `{name}` is not in a safeguarding lane: `last_resort` belongs to those only");
                self.fault(&path, help);
            }
            return;
        }
        let Some(last) = queue.last_resort.last() else {
            let help = format!(
                "safeguarding queue `{name}` needs a `last_resort` that ends with any_agent by {ANY_AGENT_BY_SECONDS} s"
            );
            self.fault(&path, help);
            return;
        };
        if last.to != LastResortTo::AnyAgent || last.after_seconds > ANY_AGENT_BY_SECONDS {
            let help = format!(
                "the `last_resort` of safeguarding queue `{name}` must end with any_agent by {ANY_AGENT_BY_SECONDS} s"
            );
            self.fault(&path, help);
        }
        let before = &queue.last_resort[..queue.last_resort.len() - 1];
        if before.iter().any(|rung| rung.to == LastResortTo::AnyAgent) {
            self.fault(&path, format!("the `last_resort` of queue `{name}` names any_agent before its end"));
        }
        if !queue.last_resort.is_sorted_by(|a, b| a.after_seconds < b.after_seconds) {
            self.fault(&path, format!("the `last_resort` of queue `{name}` must rise in `after_seconds`"));
        }
    }

    fn widenings(&self, queue: &Queue) {
        let path = format!("queues.{}", queue.name);
        if !queue.widenings.is_sorted_by(|a, b| a.after_seconds < b.after_seconds) {
            self.fault(&path, format!("the `widenings` of queue `{}` must rise in `after_seconds`", queue.name));
        }
        for skill in queue.widenings.iter().flat_map(|w| &w.drop_skills) {
            if !queue.skills.contains_key(skill) {
                let hint = hint(skill.as_str(), queue.skills.keys().map(|s| s.as_str()));
                let help = format!("queue `{}` drops skill `{skill}`, which it does not ask for{hint}", queue.name);
                self.fault(&path, help);
            }
        }
        if !queue.language && queue.widenings.iter().any(|w| w.drop_language) {
            let help = format!("queue `{}` drops the language, which it does not ask for", queue.name);
            self.fault(&path, help);
        }
    }

    fn agents(&self) {
        let of_entries = self.centre.entries.values().map(|e| &e.tenant);
        let tenants: BTreeSet<&TenantName> = of_entries.chain(self.centre.queues.values().map(|q| &q.tenant)).collect();
        for agent in self.centre.agents.values() {
            let path = format!("agents.{}", agent.name);
            if agent.name.as_str().starts_with(RESERVED) {
                self.fault(&path, format!("agent names that begin with `{RESERVED}` are kept for outside lines"));
            }
            if agent.roles.contains(&Role::Agent) && agent.languages.is_empty() {
                self.fault(&path, format!("agent `{}` serves in no language: give `languages`", agent.name));
            }
            for tenant in agent.tenants.iter().filter(|t| !tenants.contains(t)) {
                let hint = hint(tenant.as_str(), tenants.iter().map(|t| t.as_str()));
                let help =
                    format!("agent `{}` serves tenant `{tenant}`, which has no entry and no queue{hint}", agent.name);
                self.fault(&path, help);
            }
        }
    }

    fn lanes_are_served(&self) {
        for lane in Lane::ALL.into_iter().filter(|l| l.is_safeguarding()) {
            let Some(queue) = self.centre.queues.values().find(|q| q.lane == lane) else {
                continue;
            };
            let served =
                self.centre.agents.values().any(|a| a.roles.contains(&Role::Agent) && a.clearances.contains(&lane));
            if !served {
                let path = format!("queues.{}", queue.name);
                self.fault(
                    &path,
                    format!(
                        "no agent is cleared for lane `{}`: queue `{}` would have nobody",
                        lane.as_str(),
                        queue.name
                    ),
                );
            }
        }
    }
}

fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"))
}
