//! Calendars, shifts, ledgers, overflow: what is contradictory is told, all at once.

use super::{DEMO, faults};
use crate::centre::{Centre, Change, Overflow, OverflowWhen, Treatment};
use crate::{CalendarName, Day, FloorName, QueueName, Weekday};

/// A floor with two queues and two people; each test adds what is wrong.
const BASE: &str = "\
floor = 'f'
[agents.amina]
shown_as = 'Amina'
languages = ['sw']
skills = { ids = 3 }
clearances = ['gbv']
[agents.baraka]
shown_as = 'Baraka'
languages = ['sw']
[calendars.office]
week = { mon = ['08:00-12:00', '13:00-17:00'] }
[shifts.day]
days = ['mon']
from = '07:00'
to = '15:00'
agents = ['amina']
[queues.general]
tenant = 't'
lane = 'standard'
[queues.gbv]
tenant = 't'
lane = 'gbv'
last_resort = [{ after_seconds = 60, any_agent = true }]
";

#[test]
fn the_base_of_these_tests_is_good() {
    assert!(Centre::parse("c", BASE).is_ok(), "{:?}", Centre::parse("c", BASE));
}

/// Every fault of the base with `with` after its line `after`.
fn said(after: &str, with: &str) -> Vec<String> {
    faults(&BASE.replace(&format!("{after}\n"), &format!("{after}\n{with}\n")))
}

#[test]
fn ways_out_of_a_queue_must_lead_somewhere() {
    let general = "lane = 'standard'";
    for (with, expected) in [
        (
            "calendar = 'ofice'",
            "20:12: queue `general` is open by calendar `ofice`, which is not set up; did you mean `office`?",
        ),
        ("climb = { after_seconds = 9, to = 'l2' }", "20:9: queue `general` climbs to queue `l2`, which is not set up"),
        ("climb = { after_seconds = 9, to = 'general' }", "20:9: queue `general` climbs to itself"),
        (
            "when_closed = { queue = 'generl' }",
            "20:15: queue `general` sends contacts, when closed, to queue `generl`, which is not set up; did you mean `general`?",
        ),
        (
            "overflow = [{ waiting = 3, to = { queue = 'gbv' } }]",
            "20:13: queue `general` overflows to `gbv`: a safeguarding queue takes its own lane only",
        ),
        (
            "overflow = [{ waiting = 3, to = 'call_back' }]",
            "20:13: queue `general` offers a call-back, but has no `call_back`",
        ),
        (
            "overflow = [{ waiting = 3, nobody_on_shift = true, to = 'closed' }]",
            "20:13: an overflow names exactly one of `waiting`, `waited_seconds`, `estimate_seconds`, `nobody_on_shift`",
        ),
        (
            "overflow = [{ waiting = 3, to = 'mesage' }]",
            "20:33: `queues.general.overflow.to` must be one of `call_back`, `message`, `closed`; did you mean `message`?",
        ),
        (
            "widenings = [{ after_seconds = 9, drop_language = true }]\nlanguage = false",
            "17:9: queue `general` drops the language, which it does not ask for",
        ),
        (
            "skill_mode = 'al'",
            "20:14: `queues.general.skill_mode` must be one of `all`, `best_available`, `ignore`; did you mean `all`?",
        ),
        ("call_back = { attempts = 0 }", "20:26: `queues.general.call_back.attempts` is 0; it must be 1 to 10"),
    ] {
        assert_eq!(said(general, with), [format!("centre.toml:{expected}")], "{with}");
    }
}

#[test]
fn a_safeguarding_queue_never_closes_and_never_sends_away() {
    let with = "calendar = 'office'\nwhen_closed = 'message'\noverflow = [{ waiting = 3, to = 'closed' }]\n\
                climb = { after_seconds = 60, to = 'general' }";
    let found = said("lane = 'gbv'", with);
    assert_eq!(
        found,
        [
            "centre.toml:23:12: safeguarding queue `gbv` never closes: leave its `calendar` out",
            "centre.toml:24:15: safeguarding queue `gbv` never closes: leave its `when_closed` out",
            "centre.toml:25:13: safeguarding queue `gbv` never turns a contact away: leave its `overflow` out",
            "centre.toml:26:9: safeguarding queue `gbv` climbs to `general`, which is not in its lane",
        ]
    );
}

#[test]
fn contacts_never_go_round_in_a_circle() {
    let more = "[queues.a]\ntenant = 't'\nlane = 'standard'\nwhen_closed = { queue = 'b' }\ncalendar = 'office'\n\
                [queues.b]\ntenant = 't'\nlane = 'standard'\nclimb = { after_seconds = 9, to = 'general' }";
    let source = format!("{BASE}{more}\n").replace(
        "lane = 'standard'\n[queues.gbv]",
        "lane = 'standard'\noverflow = [{ waited_seconds = 9, to = { queue = 'a' } }]\n[queues.gbv]",
    );
    assert_eq!(
        faults(&source),
        ["centre.toml:25:9: contacts of queue `a` would go round in a circle: a to b to general to a"]
    );
}

#[test]
fn hours_are_read_one_by_one() {
    let week = "[calendars.bad]\nweek = { mon = ['08:00-12:00', '11:59-17:00'], tue = ['17:00-08:00'], wed = ['8-9'], \
                tur = [] }\nholidays = { 2026-02-29 = { sw = 'x', en = 'y' }, 2026-12-25 = { sw = 'Krismasi' } }";
    let found = said("week = { mon = ['08:00-12:00', '13:00-17:00'] }", week);
    assert_eq!(
        found,
        [
            "centre.toml:13:32: `calendars.bad.week.mon`: 11:59-17:00 overlaps other hours of that day",
            "centre.toml:13:55: `calendars.bad.week.tue`: hours are written \"08:00-17:00\", the later time last",
            "centre.toml:13:78: `calendars.bad.week.wed`: hours are written \"08:00-17:00\", the later time last",
            "centre.toml:13:86: `calendars.bad.week.tur` is not known here; did you mean `tue`?",
            "centre.toml:14:14: a day is written `2026-12-25`, between 1970 and 2199",
            "centre.toml:14:64: `calendars.bad.holidays.2026-12-25.en` is missing: a text is expected",
        ]
    );
}

#[test]
fn absences_are_of_people_who_work_the_shift() {
    let absences = "\
[[absences]]
day = '2026-11-23'
shift = 'day'
agent = 'amina'
reason = 'sick'
cover = 'amina'
[[absences]]
day = '2026-11-24'
shift = 'day'
agent = 'baraka'
reason = 'leave'
cover = 'baruku'
[[absences]]
day = '2026-11-23'
shift = 'dya'
agent = 'amina'
reason = 'leave'
[[absences]]
day = '2026-11-23'
shift = 'day'
agent = 'amina'
reason = 'leave'
";
    let source = format!("{BASE}{absences}").replace("agents = ['amina']", "agents = ['amina', 'asha']");
    assert_eq!(
        faults(&source),
        [
            "centre.toml:12:9: shift `day` is worked by `asha`, who is not set up",
            "centre.toml:24:1: `amina` cannot be their own cover",
            "centre.toml:30:1: `baraka` is absent from shift `day`, but does not work it",
            "centre.toml:30:1: shift `day` does not begin on 2026-11-24, which is a day `tue`",
            "centre.toml:30:1: the cover is `baruku`, who is not set up; did you mean `baraka`?",
            "centre.toml:36:1: `amina` is absent from shift `dya`, which is not set up; did you mean `day`?",
            "centre.toml:41:1: `amina` is named absent from shift `day` on 2026-11-23 twice",
        ]
    );
}

#[test]
fn ledgers_and_trainings_must_add_up() {
    let ledger = "[ledgers.text]\ncapacity = 100\nchannels = { voice = { weight = 100, most = 2 }, web_chat = { weight = \
                  101, beside = 'all' }, whatsap = { weight = 1 } }";
    let source = format!("{BASE}{ledger}\n").replace(
        "skills = { ids = 3 }",
        "skills = { ids = 3 }\nskills_until = { tax = '2026-12-31' }\nclearances_until = { child = '2026-12-31', gvb = \
         '2026-12-31' }\nledger = 'texts'",
    );
    assert_eq!(
        faults(&source),
        [
            "centre.toml:6:16: the training of `amina` in `tax` ends, but `amina` has no such skill",
            "centre.toml:7:20: the clearance of `amina` for `child` ends, but `amina` has none",
            "centre.toml:7:50: `agents.amina.clearances_until.gvb` is no safeguarding lane; did you mean `gbv`?",
            "centre.toml:8:10: agent `amina` works by ledger `texts`, which is not set up; did you mean `text`?",
            "centre.toml:29:22: an agent has one call at a time: `most` of voice is 1",
            "centre.toml:29:61: a contact by web_chat weighs 101, more than the capacity of 100",
            "centre.toml:29:86: `ledgers.text.channels.web_chat.beside` must be one of `nothing`, `same_channel`, `anything`",
            "centre.toml:29:95: `ledgers.text.channels.whatsap` is not known here; did you mean `whats_app`?",
        ]
    );
}

#[test]
fn the_demo_centre_keeps_kenyas_holidays() {
    let centre = Centre::parse("centre.toml", DEMO).expect("good");
    let kenya = &centre.calendars[&CalendarName::new("kenya").expect("a name")];
    assert_eq!(kenya.holidays.len(), 59);
    let day = |text: &str| text.parse::<Day>().expect("a day");
    assert_eq!(kenya.holidays[&day("2026-12-12")].sw, "Siku ya Jamhuri");
    assert!(!kenya.week.contains_key(&Weekday::Sat) && kenya.hours(day("2026-12-25")).is_empty());
    // Nothing that citizens reach directly ever closes.
    let closing: Vec<&str> = centre.queues.values().filter(|q| q.calendar.is_some()).map(|q| q.name.as_str()).collect();
    assert_eq!(closing, ["l2_ids"]);
}

#[test]
fn changes_come_in_an_order_in_which_each_is_valid() {
    let name = |text: &str| QueueName::new(text).expect("a name");
    let chain = |links: &[(&str, Option<&str>)]| {
        let mut centre = Centre::empty(FloorName::new("f").expect("a name"));
        for (from, to) in links {
            let tenant = "t".parse().expect("a name");
            let mut queue = crate::centre::Queue::new(name(from), tenant, crate::Lane::Standard);
            let to = to.map(|to| Overflow { when: OverflowWhen::Waiting(1), to: Treatment::Queue(name(to)) });
            queue.overflow = to.into_iter().collect();
            centre.queues.insert(name(from), queue);
        }
        centre
    };
    let one = chain(&[("a", Some("b")), ("b", Some("c")), ("c", None)]);
    let two = chain(&[("c", Some("b")), ("b", Some("d")), ("d", None)]);
    let mut now = Centre::empty(one.floor.clone());
    for next in [&one, &two, &one, &Centre::empty(one.floor.clone())] {
        for change in now.clone().changes_to(next) {
            let removed = matches!(change, Change::QueueRemoved { .. });
            now.apply(&change);
            let dangling = now.queues.values().flat_map(|q| q.ways()).find(|to| !now.queues.contains_key(*to));
            assert_eq!(dangling, None, "{change:?}, removed: {removed}");
            assert!(now.queues.keys().all(|queue| now.circle_from(queue).is_none()), "{change:?}");
        }
        assert_eq!(&now, next);
    }
}
