//! Reading, checking and writing `centre.toml`: every fault at its line, and the round trip.

mod generated;
mod hours;

use crate::centre::Centre;
use crate::{E164, Lane};

const DEMO: &str = include_str!("../../../../centre.toml");

fn faults(source: &str) -> Vec<String> {
    let faults = Centre::parse("centre.toml", source).expect_err("the file has faults");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_demo_centre_is_good_and_complete() {
    let centre = Centre::parse("centre.toml", DEMO).unwrap_or_else(|f| panic!("{f:#?}"));
    assert_eq!(centre.floor.as_str(), "nairobi");
    let number = E164::parse("0206900020").expect("our number");
    assert_eq!(centre.entry_of(&number).expect("an entry").flow.as_str(), "main");
    assert_eq!(centre.queues.values().filter(|q| q.lane.is_safeguarding()).count(), 3);
    for lane in [Lane::Gbv, Lane::Child, Lane::MentalHealth] {
        assert!(centre.agents.values().filter(|a| a.clearances.contains(&lane)).count() >= 2, "{lane:?}");
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let centre = Centre::parse("centre.toml", DEMO).expect("good");
    let written = centre.to_toml();
    assert_eq!(Centre::parse("written.toml", &written).unwrap_or_else(|f| panic!("{f:#?}\n{written}")), centre);
    let empty = Centre::empty("kisumu".parse().expect("a name"));
    assert_eq!(Centre::parse("written.toml", &empty.to_toml()), Ok(empty));
}

#[test]
fn three_faults_show_all_three_with_lines() {
    let source = "\
floor = \"nairobi\"

[entries.phone]
number = \"+25420690\"
tenant = \"huduma\"
flow = \"main\"

[queues.general]
tenant = \"huduma\"
lane = \"standart\"
ofer_seconds = 20
";
    assert_eq!(
        faults(source),
        [
            "centre.toml:4:10: `entries.phone.number`: not a phone number: write it as 0712 345678, 020 6900020 or +254...",
            "centre.toml:10:8: `queues.general.lane` must be one of `gbv`, `child`, `mental_health`, `special_needs`, `standard`; did you mean `standard`?",
            "centre.toml:11:1: `queues.general.ofer_seconds` is not known here; did you mean `offer_seconds`?",
        ]
    );
}

#[test]
fn a_safeguarding_queue_must_end_with_any_agent() {
    let chain = |rungs: &str| {
        format!(
            "floor = 'f'\n[queues.gbv]\ntenant = 't'\nlane = 'gbv'\nlast_resort = [{rungs}]\n\
             [agents.zawadi]\nshown_as = 'Zawadi'\nlanguages = ['sw']\nclearances = ['gbv']\n"
        )
    };
    let good = chain("{ after_seconds = 20, outside = '1195' }, { after_seconds = 60, any_agent = true }");
    assert!(Centre::parse("c", &good).is_ok(), "{:?}", Centre::parse("c", &good));
    for (rungs, said) in [
        ("", "needs a `last_resort` that ends with any_agent"),
        ("{ after_seconds = 20, outside = '1195' }", "must end with any_agent by 60 s"),
        ("{ after_seconds = 61, any_agent = true }", "must end with any_agent by 60 s"),
        ("{ after_seconds = 50, outside = '1195' }, { after_seconds = 40, any_agent = true }", "must rise"),
        ("{ after_seconds = 5, any_agent = true }, { after_seconds = 6, any_agent = true }", "before its end"),
        ("{ after_seconds = 5, outside = '12a' }, { after_seconds = 6, any_agent = true }", "3 to 15 digits"),
        ("{ after_seconds = 6, any_agent = true, outside = '116' }", "exactly one of"),
    ] {
        let found = faults(&chain(rungs));
        assert!(found.iter().any(|f| f.contains(said)), "{rungs}: {found:?}");
    }
    let ordinary = good.replace("lane = 'gbv'", "lane = 'standard'");
    assert!(faults(&ordinary)[0].contains("belongs to those only"));
    let uncleared = good.replace("clearances = ['gbv']", "clearances = ['child']");
    assert_eq!(
        faults(&uncleared),
        ["c:2:9: no agent is cleared for lane `gbv`: queue `gbv` would have nobody".replace("c:", "centre.toml:")]
    );
}

#[test]
fn names_must_lead_somewhere() {
    let source = "\
floor = 'f'
[entries.a]
number = '0206900020'
tenant = 'huduma'
flow = 'main'
[entries.b]
number = '+254 20 6900020'
tenant = 'huduma'
flow = 'main'
[queues.ids]
tenant = 'huduma'
lane = 'standard'
skills = { pasport = 2 }
widenings = [{ after_seconds = 30, drop_skills = ['tax'] }]
[agents.amina]
shown_as = 'Amina'
languages = ['sw']
skills = { passport = 3 }
tenants = ['hudma']
[agents.'outside.1195']
shown_as = 'Nobody'
languages = ['sw']
";
    assert_eq!(
        faults(source),
        [
            "centre.toml:6:10: entry `b` has the same number as `a`",
            "centre.toml:10:9: queue `ids` asks for skill `pasport`, which no agent has; did you mean `passport`?",
            "centre.toml:10:9: queue `ids` drops skill `tax`, which it does not ask for",
            "centre.toml:15:9: agent `amina` serves tenant `hudma`, which has no entry and no queue; did you mean `huduma`?",
            "centre.toml:20:9: agent names that begin with `outside.` are kept for outside lines",
        ]
    );
}

#[test]
fn numbers_out_of_range_are_named() {
    let source = "floor = 'f'\n[rules]\nreserve_cap_percent = 101\nalarm_seconds = 0\nplace_seconds = -1\n";
    let found = faults(source);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("it must be 0 to 100") && found[1].contains("it must be 1 to 86400"), "{found:?}");
}

proptest::proptest! {
    #[test]
    fn one_damaged_character_never_panics(at in 0..DEMO.len(), with in "[a-z0-9\\[\\]={}\"#\\n]") {
        let mut damaged = DEMO.to_owned();
        let at = damaged.floor_char_boundary(at);
        let end = damaged.ceil_char_boundary(at + 1);
        damaged.replace_range(at..end, &with);
        let _ = Centre::parse("centre.toml", &damaged);
    }
}
