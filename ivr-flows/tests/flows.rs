//! Flow files: every fault at its line, what flows and set-up ask of each other, and that nobody is
//! ever dropped.

use ivr_flows::{Catalogue, FlowSet, Input, Output, Run, RunContext, wav};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use vocabulary::centre::Centre;
use vocabulary::{Channel, ContactId, EndCause, FlowName, Language, Span, Time, Ulid};

const MAIN: &str = include_str!("../flows/main.toml");
const PROMPTS: &str = include_str!("../prompts/prompts.toml");
const CENTRE: &str = include_str!("../../centre.toml");

fn catalogue() -> Arc<Catalogue> {
    static READ: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(READ.get_or_init(|| Arc::new(Catalogue::parse("prompts.toml", PROMPTS).expect("good prompts"))))
}

fn parse(source: &str) -> Result<FlowSet, Vec<String>> {
    let files = [("flows/main.toml".to_owned(), source.to_owned())];
    let parsed = FlowSet::parse(&files, catalogue());
    parsed.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn flows() -> Arc<FlowSet> {
    static READ: OnceLock<Arc<FlowSet>> = OnceLock::new();
    Arc::clone(READ.get_or_init(|| Arc::new(parse(MAIN).unwrap_or_else(|f| panic!("{f:#?}")))))
}

/// The faults of our flow with one piece replaced.
fn damaged(from: &str, to: &str) -> Vec<String> {
    assert!(MAIN.contains(from), "{from}");
    parse(&MAIN.replacen(from, to, 1)).expect_err("the flow has a fault now")
}

fn line_of(text: &str) -> usize {
    MAIN[..MAIN.find(text).expect("there")].matches('\n').count() + 1
}

#[test]
fn our_flow_and_our_centre_fit() {
    let centre = Centre::parse("centre.toml", CENTRE).expect("a good centre");
    assert_eq!(flows().check_against(&centre, "centre.toml"), []);
    let flows = flows();
    let named: Vec<&str> = flows.queues().iter().map(|q| q.queue.as_str()).collect();
    for queue in ["general", "ids", "business", "complaints", "gbv", "child", "mental_health"] {
        assert!(named.contains(&queue), "{queue} is not used");
    }
}

#[test]
fn a_queue_that_is_not_there_is_told_with_its_line() {
    let set = parse(&MAIN.replacen("queue = \"ids\"", "queue = \"idz\"", 1)).expect("good by itself");
    let mut centre = Centre::parse("centre.toml", CENTRE).expect("a good centre");
    let found = set.check_against(&centre, "centre.toml");
    assert_eq!(found.len(), 1, "{found:?}");
    let line = line_of("[steps.to_ids]");
    assert_eq!(
        found[0].to_string(),
        format!("flows/main.toml:{line}:8: queue `idz` is not in centre.toml; did you mean `ids`?")
    );
    let gbv = centre.queues.values_mut().find(|q| q.name.as_str() == "gbv").expect("there");
    gbv.lane = vocabulary::Lane::Standard;
    let entry = centre.entries.values_mut().next().expect("an entry");
    entry.flow = FlowName::new("mian").expect("a name");
    let found: Vec<String> = set.check_against(&centre, "centre.toml").iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|f| f.contains("contacts of lane `gbv` cannot enter queue `gbv`")), "{found:?}");
    assert!(found.iter().any(|f| f.contains("answered by flow `mian`, which is not there; did you mean `main`?")), "{found:?}");
}

#[test]
fn three_faults_show_all_three_with_lines() {
    let source = MAIN
        .replacen("say = [\"lang\"]", "say = [\"langs\"]", 1)
        .replacen("then = \"to_business\"", "then = \"to_busines\"", 1)
        .replacen("every_seconds = 45", "evry_seconds = 45", 1);
    let found = parse(&source).expect_err("faulty");
    assert_eq!(found.len(), 3, "{found:#?}");
    let at = |text: &str| format!("flows/main.toml:{}:", line_of(text));
    assert!(found[0].starts_with(&at("say = [\"lang\"]")) && found[0].contains("did you mean `lang`?"), "{found:#?}");
    assert!(found[1].starts_with(&at("[steps.main]")) && found[1].contains("did you mean `to_business`?"), "{found:#?}");
    assert!(found[2].starts_with(&at("every_seconds = 45")) && found[2].contains("did you mean `every_seconds`?"), "{found:#?}");
}

#[test]
fn what_cannot_work_is_refused() {
    for (from, to, said) in [
        ("7 = \"rights\"", "9 = \"rights\"", "key 9 is the safe line everywhere and cannot be bound"),
        ("7 = \"rights\"", "0 = \"rights\"", "key 0 is a person everywhere"),
        ("7 = \"rights\"", "seven = \"rights\"", "`seven` is not a key"),
        ("then = \"centres_more\"", "then = \"centres\"", "comes back to itself without asking anything"),
        ("then = \"centres_more\"", "then = \"goodbye\"", "step `centres_more` is never reached"),
        ("{ prompt = \"notice_rights\", n = \"retention_days\" }", "\"notice_rights\"", "prompt `notice_rights` needs a value for `n`"),
        ("digits = \"application\"", "digits = \"aplication\"", "no collect step keeps it"),
        ("silent = \"conf_silent\"", "silent = \"to_person\"", "`silent` must lead to an enqueue step of a safeguarding lane"),
        ("person = \"to_person\"", "person = \"main\"", "`person` must lead to an enqueue step"),
        ("then = \"crisis_now\"", "then = \"to_person\"", "crisis words must lead to an enqueue step of a safeguarding lane"),
        ("queue = \"general\"\nlane = \"standard\"", "queue = \"general\"", "it must name its `lane`"),
        ("first = [\"conf_wait\"]", "first = [\"conf_wait\"]\nposition = true", "would tell a position on the safe line"),
        ("queue = \"ids\"\nthen = \"waiting\"", "queue = \"ids\"\nthen = \"centres\"", "may end the contact before an agent comes"),
        ("1 = { then = \"kept_place\", language = \"sw\"", "1 = { then = \"kept_place\", language = \"luo\"", "which the prompts do not have"),
        ("2 = \"main\"\n\n[steps.goodbye]", "2 = \"main\"\n3 = \"main\"\n4 = \"main\"\n5 = \"main\"\n6 = \"main\"\n\n[steps.goodbye]", "at most 5 can be remembered"),
        ("do = \"collect\"", "do = \"colect\"", "did you mean `collect`?"),
        ("confidential = \"conf_intro\"", "# no confidential", "`confidential` is missing"),
        ("t1 = \"08:00\"", "t1 = \"25:00\"", "a time of day is written 08:00"),
        ("quiet = \"conf_rec\"\n", "", "`quiet` must say where silence leads"),
    ] {
        let found = damaged(from, to);
        assert!(found.iter().any(|f| f.contains(said)), "{to}: {found:#?}");
    }
}

#[test]
fn every_sound_that_can_be_said_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let catalogue = catalogue();
    let mut total = 0;
    for clip in catalogue.all_clips() {
        let path = folder.join(clip.language.as_str()).join(format!("{}.wav", clip.clip));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run prompts/make.sh", path.display()));
        let sound = wav::read(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!((100..35_000).contains(&sound.millis()), "{} lasts {} ms", path.display(), sound.millis());
        assert!(bytes.len() < 400_000, "{} is too large", path.display());
        // A-law silence is 0x55 and 0xd5; a word has more than that in it.
        let loud = sound.alaw.iter().any(|b| !matches!(b ^ 0x55, 0 | 0x80));
        assert_eq!(loud, !clip.text.is_empty(), "{} is silent or ought to be", path.display());
        total += 1;
    }
    assert!(total > 350, "{total}");
    for common in ["music", "beep"] {
        let bytes = std::fs::read(folder.join(format!("{common}.wav"))).expect("run prompts/make.sh");
        assert!(wav::read(&bytes).expect("A-law").millis() >= 200);
    }
}

/// Something a citizen or the world does.
#[derive(Debug, Clone)]
enum Act {
    Key(char),
    Text(String),
    Heard,
    Waits(i64),
    Standing(u32),
    Refused,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let words = prop::sample::select(vec![
        "1", "2", "9", "0", "*", "mtu", "help", "passport", "nataka kodi", "sijui", "kujiua", "ananipiga", "", "12345", "é\u{202e}",
    ]);
    let act = prop_oneof![
        6 => prop::sample::select("123456789*0#".chars().collect::<Vec<_>>()).prop_map(Act::Key),
        2 => words.prop_map(|w| Act::Text(w.to_owned())),
        1 => "\\PC{0,40}".prop_map(Act::Text),
        6 => Just(Act::Heard),
        4 => (0i64..20_000).prop_map(Act::Waits),
        1 => (1u32..500).prop_map(Act::Standing),
        1 => Just(Act::Refused),
    ];
    prop::collection::vec(act, 0..60)
}

/// A run, what it asked for so far, and the rules it must keep at every moment.
struct Watched {
    run: Run,
    now: Time,
    queued: bool,
    finished: Option<EndCause>,
    safe_was_told: bool,
}

impl Watched {
    fn start(channel: Channel, place: bool, safe_place: bool) -> Watched {
        let context = RunContext {
            channel,
            redial_place: place.then_some(ContactId(Ulid(1))),
            safe_place: safe_place.then_some(ContactId(Ulid(2))),
            retention_days: 90,
            language: None,
            confidential: false,
        };
        let run = Run::start(flows(), FlowName::new("main").expect("a name"), context);
        let mut watched =
            Watched { run, now: Time(1_000_000), queued: false, finished: None, safe_was_told: false };
        watched.give(Input::Begin);
        watched
    }

    fn give(&mut self, input: Input) {
        let mut out = Vec::new();
        self.run.handle(self.now, input, &mut out);
        for output in out {
            assert_eq!(self.finished, None, "something after the end: {output:?}");
            match output {
                Output::SafeLine => self.safe_was_told = true,
                Output::Enqueue { lane, .. } => {
                    self.queued = true;
                    let safe = lane.is_some_and(|l| l.is_safeguarding());
                    assert!(!safe || self.safe_was_told, "a safeguarding queue without the safe line");
                }
                Output::ClaimPlace { .. } => self.queued = true,
                Output::Finish { cause } => {
                    assert!(!self.run.on_safe_line() || cause == EndCause::Fault, "the safe line was ended: {cause:?}");
                    self.finished = Some(cause);
                }
                Output::Play { say, .. } => assert!(!say.is_empty()),
                _ => {}
            }
        }
    }

    fn wait(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(due) = self.run.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let before = (self.run.deadline(), self.finished);
            self.give(Input::Tick);
            assert_ne!((self.run.deadline(), self.finished), before, "a deadline that does not move");
        }
        self.now = until;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed, typed or heard, nothing panics, and whoever then falls silent is in a
    /// queue or was told goodbye: nobody is dropped.
    #[test]
    fn nobody_is_dropped(acts in acts(), voice in any::<bool>(), place in any::<bool>(), safe_place in any::<bool>()) {
        let channel = if voice { Channel::Voice } else { Channel::WebChat };
        let mut watched = Watched::start(channel, place, safe_place);
        for act in acts {
            match act {
                Act::Key(key) => watched.give(Input::Digit(key)),
                Act::Text(text) => watched.give(Input::Text(text)),
                Act::Heard => watched.give(Input::Played),
                Act::Waits(millis) => watched.wait(Span::millis(millis)),
                Act::Standing(position) => {
                    watched.give(Input::Waiting { position, wait: Some((Span::seconds(5), Span::minutes(i64::from(position)))) });
                }
                Act::Refused => watched.give(Input::Refused),
            }
            prop_assert!(watched.finished.is_some() || watched.run.deadline().is_some(), "no way on");
        }
        watched.wait(Span::minutes(60));
        prop_assert!(watched.queued || watched.finished.is_some());
    }

    /// The safe line is in reach at every moment before the last word: by 9, and while a number is
    /// being typed by `*9`, which is good everywhere.
    #[test]
    fn key_9_always_leads_to_a_counsellor(acts in acts(), place in any::<bool>()) {
        let mut watched = Watched::start(Channel::Voice, place, false);
        for act in acts {
            match act {
                Act::Key('9') => {}
                Act::Key(key) => watched.give(Input::Digit(key)),
                Act::Heard => watched.give(Input::Played),
                Act::Waits(millis) => watched.wait(Span::millis(millis)),
                _ => {}
            }
        }
        prop_assume!(watched.finished.is_none());
        watched.give(Input::Digit('*'));
        watched.give(Input::Digit('9'));
        watched.wait(Span::minutes(10));
        prop_assert!(watched.safe_was_told);
        prop_assert!(watched.queued && watched.finished.is_none() && watched.run.on_safe_line());
    }

    /// A hostile flow file is refused, not obeyed.
    #[test]
    fn damaged_files_never_panic(at in 0..MAIN.len(), cut in 0usize..40, with in "[a-z0-9\\[\\]={}\"#\\n,]{0,8}") {
        let start = MAIN.floor_char_boundary(at);
        let end = MAIN.floor_char_boundary((at + cut).min(MAIN.len())).max(start);
        let mut source = MAIN.to_owned();
        source.replace_range(start..end, &with);
        let _ = parse(&source);
    }
}

#[test]
fn an_unknown_flow_ends_with_a_fault() {
    let context = RunContext {
        channel: Channel::Voice,
        redial_place: None,
        safe_place: None,
        retention_days: 90,
        language: Some(Language::SW),
        confidential: false,
    };
    let mut run = Run::start(flows(), FlowName::new("gone").expect("a name"), context);
    let mut out = Vec::new();
    run.handle(Time(0), Input::Begin, &mut out);
    run.handle(Time(0), Input::Digit('9'), &mut out);
    assert_eq!(out, [Output::Finish { cause: EndCause::Fault }]);
}

#[test]
fn what_a_citizen_types_is_in_no_debug_line() {
    assert!(!format!("{:?}", Input::Text("nimebakwa".into())).contains("nimebakwa"));
    assert!(!format!("{:?}", Input::Digit('7')).contains('7'));
    let mut run = Run::start(
        flows(),
        FlowName::new("main").expect("a name"),
        RunContext {
            channel: Channel::WebChat,
            redial_place: None,
            safe_place: None,
            retention_days: 90,
            language: Some(Language::EN),
            confidential: false,
        },
    );
    let mut out = Vec::new();
    for text in ["2", "3", "31415926"] {
        run.handle(Time(0), Input::Text(text.into()), &mut out);
    }
    assert!(!format!("{run:?}{out:?}").contains("31415926"));
    let mut call = Watched::start(Channel::Voice, false, false);
    for key in "1823271828".chars() {
        call.give(Input::Digit(key));
    }
    assert!(call.run.deadline().is_some());
    assert!(!format!("{:?}", call.run).contains("271828"));
}
