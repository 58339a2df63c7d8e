//! The rules row by row, then every sequence of facts up to a length against the rules told again
//! from the history.

use super::*;

use Fact::*;

const GBV: Fact = Fact::Lane { lane: vocabulary::Lane::Gbv };
const STANDARD: Fact = Fact::Lane { lane: vocabulary::Lane::Standard };
const HOLD: Fact = LegalHold { on: true };

fn course(facts: &[Fact]) -> Course {
    let mut course = Course::new();
    for fact in facts {
        course.tell(*fact);
    }
    course
}

#[test]
fn the_table() {
    use Purpose::{Evidence, Service};
    let safe_line = Fate::Discard(DiscardCause::SafeLine);
    let refused = Fate::Discard(DiscardCause::Refused);
    let withdrawn = Fate::Discard(DiscardCause::Withdrawn);
    let rows: &[(&[Fact], Option<Purpose>, Order)] = &[
        (&[], None, Order::Nothing),
        (&[Bridged], None, Order::Nothing),
        (&[NoticeHeard], None, Order::Nothing),
        (&[NoticeHeard, Bridged], None, Order::Start(Service)),
        (&[NoticeHeard, Bridged], Some(Service), Order::Nothing),
        (&[NoticeHeard, STANDARD, Bridged], None, Order::Start(Service)),
        (&[NoticeHeard, Refused, Bridged], None, Order::Nothing),
        (&[NoticeHeard, Bridged, Refused], Some(Service), Order::Stop(refused)),
        (&[NoticeHeard, Bridged, Withdrawn], Some(Service), Order::Stop(withdrawn)),
        (&[NoticeHeard, Bridged, Withdrawn, HOLD], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, SafeLine], Some(Service), Order::Stop(safe_line)),
        (&[NoticeHeard, SafeLine, HOLD], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, SafeLine, Bridged], None, Order::Nothing),
        (&[NoticeHeard, SafeLine, Bridged, SafeLine], Some(Service), Order::Stop(safe_line)),
        (&[NoticeHeard, Bridged, SafeLine], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, Bridged, MadeConfidential], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, Bridged, MadeConfidential, Withdrawn], Some(Service), Order::Stop(withdrawn)),
        (&[NoticeHeard, GBV, Bridged], None, Order::Nothing),
        (&[NoticeHeard, Bridged, GBV], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[SafeLine, Requested], None, Order::Nothing),
        (&[SafeLine, Requested, Bridged], None, Order::Start(Evidence)),
        (&[SafeLine, Bridged, Requested], None, Order::Start(Evidence)),
        (&[SafeLine, Requested, Bridged], Some(Evidence), Order::Nothing),
        (&[SafeLine, Requested, Bridged, Withdrawn], Some(Evidence), Order::Stop(withdrawn)),
        (&[SafeLine, Requested, Bridged, Withdrawn, HOLD], Some(Evidence), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, Bridged, MadeConfidential, Requested], Some(Service), Order::Replace(Fate::SealForDpo, Evidence)),
        (&[NoticeHeard, Bridged, Requested], Some(Service), Order::Replace(Fate::Keep, Evidence)),
        (&[NoticeHeard, Refused, SafeLine, Requested, Bridged], None, Order::Start(Evidence)),
        (&[SafeLine, LeftSafeLine, Bridged], None, Order::Nothing),
        (&[SafeLine, LeftSafeLine, NoticeHeard, Bridged], None, Order::Start(Service)),
        (&[NoticeHeard, Bridged, Ended], Some(Service), Order::Stop(Fate::Keep)),
        (&[NoticeHeard, Bridged, MadeConfidential, Ended], Some(Service), Order::Stop(Fate::SealForDpo)),
        (&[NoticeHeard, Bridged, Ended], None, Order::Nothing),
    ];
    for (facts, running, expected) in rows {
        assert_eq!(course(facts).order(*running), *expected, "{facts:?} while {running:?} runs");
    }
}

/// The rules again, read off the history instead of kept in a state.
fn told_again(facts: &[Fact], purpose: Purpose) -> (Option<Purpose>, Fate) {
    let last = |wanted: &dyn Fn(&Fact) -> bool| facts.iter().rposition(wanted);
    let word = last(&|f| matches!(f, Refused | Requested | Withdrawn)).map(|i| facts[i]);
    let fresh = &facts[last(&|f| *f == LeftSafeLine).map_or(0, |i| i + 1)..];
    let noticed = fresh.contains(&NoticeHeard);
    let confided = fresh.iter().position(|f| matches!(f, SafeLine | MadeConfidential) || *f == GBV);
    let offset = facts.len() - fresh.len();
    let after_agent = confided.map(|i| fresh[i] == MadeConfidential || facts[..offset + i].contains(&Bridged));
    let hold = last(&|f| matches!(f, LegalHold { .. })).is_some_and(|i| facts[i] == HOLD);
    let may = match (facts.contains(&Ended), word) {
        (true, _) | (_, Some(Refused | Withdrawn)) => None,
        (_, Some(Requested)) => Some(Purpose::Evidence),
        _ if noticed && confided.is_none() => Some(Purpose::Service),
        _ => None,
    };
    let fate = match (word, purpose, after_agent) {
        (Some(Refused), _, _) => Fate::Discard(DiscardCause::Refused),
        (Some(Withdrawn), _, _) => Fate::Discard(DiscardCause::Withdrawn),
        (_, Purpose::Evidence, _) | (_, _, None) => Fate::Keep,
        (_, _, Some(false)) => Fate::Discard(DiscardCause::SafeLine),
        (_, _, Some(true)) => Fate::SealForDpo,
    };
    let fate = if hold && matches!(fate, Fate::Discard(_)) { Fate::SealForDpo } else { fate };
    (may, fate)
}

#[test]
fn every_sequence_of_five_facts() {
    let facts = [
        NoticeHeard, Refused, SafeLine, LeftSafeLine, Bridged, Requested, Withdrawn, MadeConfidential, GBV,
        STANDARD, HOLD, LegalHold { on: false }, Ended,
    ];
    let mut started = 0;
    for n in 0..facts.len().pow(5) {
        let sequence: Vec<Fact> = (0..5).map(|place| facts[n / facts.len().pow(place) % facts.len()]).collect();
        let course = course(&sequence);
        for purpose in [Purpose::Service, Purpose::Evidence] {
            let (may, fate) = told_again(&sequence, purpose);
            assert_eq!((course.may_record().ok(), course.fate(purpose)), (may, fate), "{sequence:?} {purpose:?}");
        }
        if let Order::Start(purpose) = course.order(None) {
            started += 1;
            assert!(sequence.contains(&Bridged) && !sequence.contains(&Ended), "{sequence:?}");
            assert!(purpose == Purpose::Evidence || sequence.contains(&NoticeHeard), "{sequence:?}");
        }
        if sequence.contains(&HOLD) && !sequence.contains(&LegalHold { on: false }) {
            assert!(!matches!(course.fate(Purpose::Service), Fate::Discard(_)), "{sequence:?}");
        }
    }
    assert!(started > 1_000, "the walk reached recordings: {started}");
}
