//! All flows of a centre, checked.

use crate::flow::{Flow, Kind, QueueUse, check, read};
use crate::prompts::Catalogue;
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::centre::Centre;
use vocabulary::spanned::{Document, nearest};
use vocabulary::{Fault, FlowName};

/// The flows, by name, with the prompts they say.
#[derive(Debug, Clone)]
pub struct FlowSet {
    flows: BTreeMap<FlowName, Flow>,
    queues: Vec<QueueUse>,
    catalogue: Arc<Catalogue>,
}

impl FlowSet {
    /// Reads flow files. Each is a name as the person knows it (`flows/main.toml`; the flow is
    /// called after its last part, without the ending) and its text.
    ///
    /// # Errors
    /// Every fault of every file, with lines.
    pub fn parse(files: &[(String, String)], catalogue: Arc<Catalogue>) -> Result<FlowSet, Vec<Fault>> {
        let mut set = FlowSet { flows: BTreeMap::new(), queues: Vec::new(), catalogue };
        let mut faults = Vec::new();
        for (file, source) in files {
            match set.flow(file, source) {
                Ok((flow, queues)) => {
                    set.queues.extend(queues);
                    let name = flow.name.clone();
                    if set.flows.insert(name.clone(), flow).is_some() {
                        faults.push(Fault::whole(file, format!("another file is called flow `{name}` too")));
                    }
                }
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() { Ok(set) } else { Err(faults) }
    }

    /// The prompts.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The names of the flows.
    pub fn names(&self) -> impl Iterator<Item = &FlowName> {
        self.flows.keys()
    }

    /// Every queue the flows send contacts to, with the place that says so.
    pub fn queues(&self) -> &[QueueUse] {
        &self.queues
    }

    /// What flows and set-up ask of each other: queues that are named must exist, safeguarding
    /// lanes must go to safeguarding queues, and the flow of every entry must be there.
    pub fn check_against(&self, centre: &Centre, centre_file: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for used in &self.queues {
            let help = match centre.queues.get(&used.queue) {
                None => {
                    let hint = nearest(used.queue.as_str(), centre.queues.keys().map(|q| q.as_str()));
                    let hint = hint.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
                    format!("queue `{}` is not in {centre_file}{hint}", used.queue)
                }
                Some(queue) => match used.lane {
                    Some(lane) if lane.is_safeguarding() != queue.lane.is_safeguarding() => format!(
                        "contacts of lane `{}` cannot enter queue `{}`, which is of lane `{}`",
                        lane.as_str(),
                        queue.name,
                        queue.lane.as_str()
                    ),
                    None if queue.lane.is_safeguarding() => {
                        format!("queue `{}` is of lane `{}`: the step must name the lane", queue.name, queue.lane.as_str())
                    }
                    _ => continue,
                },
            };
            faults.push(Fault { file: used.file.clone(), line: used.line, column: used.column, help });
        }
        for entry in centre.entries.values().filter(|e| !self.flows.contains_key(&e.flow)) {
            let hint = nearest(entry.flow.as_str(), self.flows.keys().map(|f| f.as_str()));
            let hint = hint.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
            let help = format!("entry `{}` is answered by flow `{}`, which is not there{hint}", entry.name, entry.flow);
            faults.push(Fault::whole(centre_file, help));
        }
        faults
    }

    pub(crate) fn get(&self, name: &FlowName) -> Option<&Flow> {
        self.flows.get(name)
    }

    fn flow(&self, file: &str, source: &str) -> Result<(Flow, Vec<QueueUse>), Vec<Fault>> {
        let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let name = FlowName::new(base.strip_suffix(".toml").unwrap_or(base));
        let name = name.map_err(|error| vec![Fault::whole(file, error.to_string())])?;
        let document = Document::parse(file, source);
        let flow = read(name, &document);
        if let Some(flow) = &flow
            && !document.is_broken()
        {
            check(flow, &self.catalogue, &document);
        }
        let queues = flow.as_ref().map(|flow| queue_uses(flow, file, &document)).unwrap_or_default();
        Ok((document.finish(flow)?, queues))
    }
}

fn queue_uses(flow: &Flow, file: &str, document: &Document) -> Vec<QueueUse> {
    let uses = flow.steps.values().filter_map(|step| {
        let Kind::Enqueue(enqueue) = &step.kind else { return None };
        let (line, column) = document.line_and_column(step.at);
        Some(QueueUse { queue: enqueue.queue.clone(), lane: enqueue.lane, file: file.to_owned(), line, column })
    });
    uses.collect()
}
