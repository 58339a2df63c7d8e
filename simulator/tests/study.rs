//! The centre at its real size.

use simulator::Seed;
use simulator::study::{Findings, Study, study};

fn hours(hours: u32, seed: u64) -> Findings {
    let asked = Study { hours, trials: hours < 24, ..Study::day(Seed(seed)) };
    study(&asked, &mut |_| {}).expect("the generated centre can be simulated")
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let told = |seed| {
        let findings = hours(3, seed);
        (findings.to_string(), serde_json::to_string(&findings).expect("plain values"), findings.page())
    };
    let first = told(3);
    assert_eq!(first, told(3));
    assert_ne!(first, told(4));
}

#[test]
fn a_day_is_as_planned() {
    let day = hours(24, 1);
    // 20 million a year, of which 18 % ask for a person (facts.md 2.1, 2.3).
    assert!((53_800..55_800).contains(&day.arrived), "{day}");
    assert!((9_500..10_300).contains(&day.asked), "{day}");
    assert_eq!(day.answered + day.abandoned + day.turned_away + day.dropped, day.asked, "{day}");
    // The busiest hour has a tenth of the day.
    let busiest: u64 = day.quarters[40..44].iter().map(|q| q.arrived).sum();
    assert!((52_000..58_000).contains(&busiest), "{busiest}");
    // Four quarter-hours of everyone make everyone.
    assert_eq!(day.quarters.iter().map(|q| q.arrived).sum::<u64>(), day.arrived * 10);
    assert_eq!(day.quarters.iter().map(|q| q.calls + q.texts + q.safe).sum::<u64>(), day.asked * 10);
    assert!((280..320).contains(&day.handling[0].as_seconds()), "{day}");
    let most = day.quarters.iter().map(|q| q.staffed).max().unwrap_or(0);
    assert!((550..950).contains(&most), "agents on the floor at the peak, in tenths: {most}");
}

#[test]
fn trials_with_the_engine_find_the_staff_theory_asks_for() {
    let night = hours(5, 6);
    assert_eq!(night.staffing.len(), 5);
    assert!(night.staffing.iter().all(|row| row.erlang.abs_diff(row.simulated) <= 1), "{night}");
}

#[test]
fn more_load_waits_longer() {
    let loaded = |load| {
        let findings = study(&Study { hours: 10, load, trials: false, ..Study::day(Seed(2)) }, &mut |_| {});
        findings.expect("the generated centre can be simulated")
    };
    let (usual, triple) = (loaded(100), loaded(300));
    assert!(triple.arrived > usual.arrived * 5 / 2 && triple.service_level < usual.service_level, "{triple}");
    assert_eq!(loaded(0).arrived, 0);
}

#[test]
fn a_page_stands_alone() {
    let page = hours(1, 5).page();
    for outside in ["http:", "https:", "src=", "@import", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.matches("<svg").count() == 3);
}

#[test]
fn a_centre_without_agents_or_queues_is_refused() {
    use vocabulary::FloorName;
    use vocabulary::centre::Centre;
    let empty = Centre::empty(FloorName::new("empty").expect("a name"));
    let asked = Study { centre: Some(empty), ..Study::day(Seed(1)) };
    assert!(study(&asked, &mut |_| {}).is_err_and(|fault| fault.contains("queue")));
}
