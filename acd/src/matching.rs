//! Which contact is offered to whom: the search. What an offer then becomes is in `decide`.

use crate::OFFER_SEVERAL;
use crate::index::{Index, Line};
use crate::rank::Key;
use crate::state::{AgentIx, Contact, Openness, State};
use vocabulary::centre::Choose;
use vocabulary::event::{AgentRule, Why};
use vocabulary::{ContactId, Time};

/// A match found: whom to offer a contact to, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub contact: ContactId,
    pub agents: Vec<AgentIx>,
    pub why: Why,
}

/// An agent as the choice sees them: smaller is better.
type Candidate = (u32, u64, AgentIx);

/// The best-ranked waiting contact that can be offered to somebody, among lines and groups in
/// which something changed. Everything else was tried before and could not.
pub(crate) fn next(state: &State, index: &Index, now: Time) -> Option<Match> {
    let mut best: Option<(Key, Match)> = None;
    for line in &index.fresh_lines {
        try_line(state, index, *line, now, &mut best);
    }
    if index.fresh_groups.iter().any(|groups| !groups.is_empty()) {
        walk_heads(state, index, now, &mut best);
    }
    best.map(|(_, found)| found)
}

/// Looks at the heads of lines in the order in which they would be served, until none can be
/// better than what was found.
fn walk_heads(state: &State, index: &Index, now: Time, best: &mut Option<(Key, Match)>) {
    let mut slopes: Vec<_> = index.heads.iter().map(|(slope, heads)| (*slope, heads.iter().peekable())).collect();
    loop {
        let ahead = slopes.iter_mut().filter_map(|(slope, heads)| {
            let (key, line) = **heads.peek()?;
            Some((key.at(*slope, now), line, *slope))
        });
        let Some((rank, line, slope)) = ahead.min() else {
            return;
        };
        if best.as_ref().is_some_and(|(found, _)| *found <= rank) {
            return;
        }
        slopes.iter_mut().filter(|(s, _)| *s == slope).for_each(|(_, heads)| {
            heads.next();
        });
        let row = &index.lines[line as usize];
        let fresh = &index.fresh_groups[row.key.kind as usize];
        if fresh.iter().any(|group| index.groups[*group as usize].lines.contains(&line)) {
            try_line(state, index, line, now, best);
        }
    }
}

/// Finds the first contact of a line that can be offered, and keeps it if it ranks better.
fn try_line(state: &State, index: &Index, number: u32, now: Time, best: &mut Option<(Key, Match)>) {
    let line = &index.lines[number as usize];
    for key in &line.members {
        let rank = key.at(line.slope, now);
        if best.as_ref().is_some_and(|(found, _)| *found <= rank) {
            return;
        }
        let contact = &state.contacts[&key.id];
        if let Some(found) = match_for(state, index, line, *key, contact, now) {
            *best = Some((rank, found));
            return;
        }
        // The same agents would be asked for the next in line, unless this one alone must let
        // some of them rest.
        if contact.rests.iter().all(|(_, until)| *until <= now) {
            return;
        }
    }
}

fn match_for(state: &State, index: &Index, line: &Line, key: Key, contact: &Contact, now: Time) -> Option<Match> {
    let mut reserved = 0;
    let several = line.key.urgent;
    let rule = match (line.key.any, several, line.choose) {
        (true, _, _) => AgentRule::LastResort,
        (_, true, _) => AgentRule::Several,
        (_, _, Choose::LongestIdle) => AgentRule::LongestIdle,
        (_, _, Choose::HighestLevel) => AgentRule::HighestLevel,
    };
    let by_level = line.key.any || rule == AgentRule::HighestLevel;
    let most = if several { OFFER_SEVERAL } else { 1 };
    let mut pick = |openness| -> (Vec<Candidate>, u32) {
        let mut picked: Vec<Candidate> = Vec::new();
        let mut candidates = 0;
        for (number, level) in &line.groups {
            let group = &index.groups[*number as usize];
            let free = group.free(openness, line.key.kind);
            if free.is_empty() {
                continue;
            }
            if line.key.ordinary && index.held_back(group, line.key.kind, &state.centre.rules) {
                reserved += free.len() as u32;
                continue;
            }
            let rank = if by_level { u32::MAX - level } else { 0 };
            // Counted from the few who rest, never by walking all who are free.
            let rests =
                contact.rests.iter().filter(|(ix, until)| *until > now && free.contains(&(state.agent(*ix).idle, *ix)));
            candidates += free.len() as u32 - rests.count() as u32;
            let able = free.iter().filter(|(_, ix)| !contact.rests(*ix, now));
            picked.extend(able.take(most).map(|(idle, ix)| (rank, *idle, *ix)));
        }
        picked.sort_unstable();
        picked.truncate(most);
        (picked, candidates)
    };
    let (mut picked, mut candidates) = pick(Openness::Open);
    if picked.is_empty() && several {
        (picked, candidates) = pick(Openness::Resting);
    }
    if picked.is_empty() {
        return None;
    }
    let why = Why { order: key.rule(), score: key.score(line.slope, now), agent: rule, candidates, reserved };
    Some(Match { contact: key.id, agents: picked.into_iter().map(|(_, _, ix)| ix).collect(), why })
}
