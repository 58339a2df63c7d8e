//! Yesterday again, as it was and under other rules.

use simulator::Seed;
use simulator::study::{Comparison, Findings, Replay, Study, planned, study_into};
use std::collections::BTreeSet;
use vocabulary::calendar::{Clock, Weekday};
use vocabulary::centre::{Agent, Centre, Shift};
use vocabulary::event::VERSION;
use vocabulary::{AgentName, Entry, Event, Lane, ShiftName, Time};

/// A night and a morning that runs short of agents before eight.
fn yesterday() -> (Findings, Vec<Entry>) {
    let asked = Study { hours: 9, trials: false, ..Study::day(Seed(1)) };
    let mut journal = Vec::new();
    let mut write = |at: Time, event: &Event| {
        journal.push(Entry { seq: journal.len() as u64 + 1, at, v: VERSION, event: event.clone() });
    };
    let findings = study_into(&asked, &mut write).expect("the planned centre can be simulated");
    (findings, journal)
}

fn replay(journal: &[Entry], other: Option<&Centre>) -> Comparison {
    let from = journal[0].at;
    let to = Time(from.0 + 9 * 3_600_000);
    let mut replay = Replay::new(planned().floor, from, to);
    journal.iter().for_each(|entry| replay.see(entry));
    let all = Lane::ALL.into_iter().collect();
    replay.compare(Seed(1), other, &all).expect("somebody came")
}

/// Ten more universal agents from seven to nine.
fn with_more() -> Centre {
    let mut centre = planned();
    let names: BTreeSet<AgentName> = (0..10).map(|n| AgentName::new(&format!("more-{n}")).expect("a name")).collect();
    for name in &names {
        let like = centre.agents.values().next().expect("the planned centre has agents").clone();
        centre.agents.insert(name.clone(), Agent { name: name.clone(), ..like });
    }
    let clock = |text: &str| text.parse::<Clock>().expect("a time of day");
    let days = Weekday::ALL.into_iter().collect();
    let name = ShiftName::new("morning-help").expect("a name");
    let shift = Shift { name: name.clone(), days, from: clock("07:00"), to: clock("09:00"), agents: names };
    centre.shifts.insert(name, shift);
    centre
}

#[test]
fn replaying_is_like_what_was_and_more_staff_helps() {
    let (was, journal) = yesterday();
    let told = replay(&journal, Some(&with_more()));
    // What is read from the journal is what the run itself counted, but for what came after its end.
    // (A few who gave up in the last minutes call again after it.)
    assert!(told.recorded.arrived <= was.arrived && was.arrived - told.recorded.arrived < 10, "{told}");
    assert_eq!(told.recorded.quarters.len(), was.quarters.len(), "{told}");
    assert!(
        told.recorded.asked.abs_diff(was.asked) < 40 && told.recorded.answered.abs_diff(was.answered) < 60,
        "{told}"
    );
    assert!(was.abandoned > 20, "a quiet morning proves nothing: {told}");
    // Decided anew by the same rules it is much the same.
    assert!(told.again.answered.abs_diff(told.recorded.answered) * 50 < told.recorded.answered, "{told}");
    assert!(told.again.service_level.abs_diff(told.recorded.service_level) < 30, "{told}");
    // With ten more agents at seven it is better.
    let changed = told.changed.as_ref().expect("asked for");
    assert!(changed.service_level > told.again.service_level + 10, "{told}");
    assert!(changed.abandoned < told.again.abandoned, "{told}");
    assert_eq!(told.to_string(), replay(&journal, Some(&with_more())).to_string());
}

#[test]
fn hours_in_which_nobody_came_are_refused() {
    let empty = Replay::new(planned().floor, Time(0), Time(3_600_000));
    assert!(empty.compare(Seed(1), None, &BTreeSet::new()).is_err());
}

#[test]
fn without_clearance_the_safe_line_is_not_told_of() {
    let (_, journal) = yesterday();
    let (from, to) = (journal[0].at, Time(journal[0].at.0 + 9 * 3_600_000));
    let mut replay = Replay::new(planned().floor, from, to);
    journal.iter().for_each(|entry| replay.see(entry));
    let told = replay.compare(Seed(1), None, &BTreeSet::new()).expect("somebody came");
    let text = format!("{told} {}", serde_json::to_string(&told).expect("plain values"));
    for word in ["gbv", "child", "mental_health", "counselling", "safe line", "P0", "P1", "P2"] {
        assert!(!text.contains(word), "{word}");
    }
    let x = &told.recorded;
    assert_eq!(x.waits.iter().map(|row| row.waits.count).sum::<u64>(), x.answered);
    assert_eq!(x.queues.iter().map(|row| row.asked).sum::<u64>(), x.asked);
}
