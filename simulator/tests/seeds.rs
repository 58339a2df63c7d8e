//! Many seeds, no broken promise; one seed, the same bytes.

use simulator::promise::Kept;
use simulator::{Plan, Report, Seed, run};
use vocabulary::Span;

fn unbroken(report: &Report) {
    assert!(report.violations.is_empty(), "{report}");
}

/// More of them in a long run: HCTC_SEEDS=2000.
fn seeds(usual: u64) -> u64 {
    let long = std::env::var("HCTC_SEEDS").ok().and_then(|n| n.parse::<u64>().ok());
    long.map_or(usual, |all| usual * all / 200)
}

/// Sums of what happened over many seeds.
#[derive(Default)]
struct Happened {
    torn: u64,
    claimed: u64,
    refused: u64,
    helps: u64,
    moved: [u64; 5],
    jumps: u64,
    stalls: u64,
}

fn many(plan: Plan, seeds: std::ops::Range<u64>) -> Happened {
    let mut sum = Happened::default();
    for seed in seeds {
        let report = run(Seed(seed), plan);
        unbroken(&report);
        sum.torn += report.torn;
        sum.claimed += report.claimed;
        sum.refused += report.refused;
        sum.helps += report.helps;
        sum.moved.iter_mut().zip(report.moved).for_each(|(sum, n)| *sum += n);
        sum.jumps += report.jumps;
        sum.stalls += report.stalls;
    }
    sum
}

#[test]
fn two_hundred_seeds_break_no_promise() {
    let plan = Plan { length: Span::minutes(20), ..Plan::default() };
    let all = seeds(200);
    let sum = many(plan, 0..all);
    // A crowd in which nothing goes wrong would prove nothing.
    let Happened { torn, claimed, refused, helps, moved, jumps, stalls } = sum;
    assert!(torn > all / 4 && claimed > all / 4 && refused > all * 10, "{torn} {claimed} {refused}");
    assert!(jumps > all && stalls > all && helps > all, "{jumps} jumps, {stalls} stalls, {helps} helps");
    // Handed over, given up, overflowed.
    assert!([0, 1, 3].iter().all(|n| moved[*n] > all / 2), "{moved:?}");
}

/// Crowded and without faults of machines, contacts climb, overflow and are called back in numbers.
#[test]
fn a_crowd_climbs_overflows_and_is_called_back() {
    let crowded = Plan { length: Span::minutes(30), per_hour: 900, ..Plan::sound() };
    let moved = many(crowded, 0..seeds(4)).moved;
    assert!(moved[2] > 20 && moved[3] > 100 && moved[4] > 5, "{moved:?}");
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
    let mut kept = Kept::default();
    for seed in 0..seeds(10) {
        let report = run(Seed(seed), Plan::surge());
        unbroken(&report);
        kept = kept.and(&report.promise);
    }
    assert!(kept.holds(), "{kept}");
    assert!(kept.imminent > 80, "too few were in danger to prove anything: {kept}");
}

#[test]
fn a_desk_too_small_for_the_promise_is_found_out() {
    let broken = (0..4).filter(|seed| {
        let report = run(Seed(*seed), Plan::overrun());
        assert!(report.violations.iter().all(|v| v.what.contains("the promise did not hold")), "{report}");
        !report.violations.is_empty()
    });
    assert!(broken.count() >= 2);
}

#[test]
fn with_nobody_at_work_outside_lines_are_the_last_resort() {
    let report = run(Seed(1), Plan { length: Span::minutes(20), ..Plan::deserted() });
    unbroken(&report);
    assert!(report.safeguarding.iter().map(|(_, waits)| waits.count).sum::<u64>() > 5, "{report}");
    // Seeds with dead lines are told apart: with nobody at work nothing can be promised.
    let dead = run(Seed(1), Plan { length: Span::minutes(20), lines_down: true, ..Plan::deserted() });
    unbroken(&dead);
    assert_eq!(dead.answered, 0, "{dead}");
}

#[test]
fn with_outside_lines_dead_the_safe_line_holds_by_its_own_people() {
    let mut kept = Kept::default();
    for seed in 100..100 + seeds(4) {
        let report = run(Seed(seed), Plan { lines_down: true, promised: false, ..Plan::surge() });
        unbroken(&report);
        kept = kept.and(&report.promise);
    }
    assert!(kept.late * 50 <= kept.counted && kept.imminent_late * 10 <= kept.imminent, "{kept}");
}
