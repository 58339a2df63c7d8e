//! Many seeds, no broken promise; one seed, the same bytes.

use simulator::{Plan, Report, Seed, run};
use vocabulary::Span;

fn unbroken(report: &Report) {
    assert!(report.violations.is_empty(), "{report}");
}

#[test]
fn fifty_seeds_break_no_promise() {
    // A long run takes more of them: HCTC_SEEDS=2000.
    let seeds = std::env::var("HCTC_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let (mut torn, mut claimed, mut refused) = (0, 0, 0);
    for seed in 0..seeds {
        let plan = Plan { length: Span::minutes(30), ..Plan::default() };
        let report = run(Seed(seed), plan);
        unbroken(&report);
        assert!(report.answered * 2 > report.arrived, "hardly anyone was served: {report}");
        torn += report.torn;
        claimed += report.claimed;
        refused += report.refused;
    }
    // A crowd in which nothing goes wrong would prove nothing.
    assert!(torn > 10 && claimed > 20 && refused > 200, "{torn} torn, {claimed} claimed, {refused} refused");
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let told = |seed| {
        let report = run(Seed(seed), Plan::default());
        (report.to_string(), serde_json::to_string(&report).expect("plain values"))
    };
    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}

#[test]
fn at_three_times_the_load_the_safe_line_holds() {
    for seed in 0..5 {
        let report = run(Seed(seed), Plan { length: Span::minutes(30), ..Plan::surge() });
        unbroken(&report);
        let reached: u64 = report.safeguarding.iter().map(|(_, waits)| waits.count).sum();
        assert!(reached > report.unreached * 5, "{report}");
    }
}

#[test]
fn with_nobody_at_work_outside_lines_are_the_last_resort() {
    let report = run(Seed(1), Plan { length: Span::minutes(20), ..Plan::deserted() });
    unbroken(&report);
    assert!(report.safeguarding.iter().map(|(_, waits)| waits.count).sum::<u64>() > 5, "{report}");
    let dead = run(Seed(1), Plan { length: Span::minutes(20), lines_down: true, ..Plan::deserted() });
    unbroken(&dead);
    assert_eq!(dead.answered, 0, "{dead}");
}
