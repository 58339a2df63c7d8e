//! The course of one contact, with the flow files the centre ships: what is told to the floor, when
//! agents ring, who is released, and what happens when a leg is lost.

use acd::Command as Floor;
use ivr_flows::{Catalogue, FlowSet};
use journey::{Command, Effect, Journey, Opening, Stage};
use std::sync::Arc;
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, EntryName, Event, FlowName, Lane, Party, Risk, Span, TenantName, Time, Ulid,
};

struct Course {
    journey: Journey,
    now: i64,
    last: Vec<Effect>,
}

fn flows() -> Arc<FlowSet> {
    let catalogue = include_str!("../../ivr-flows/prompts/prompts.toml");
    let main = include_str!("../../ivr-flows/flows/main.toml");
    let catalogue = Arc::new(Catalogue::parse("prompts.toml", catalogue).expect("good prompts"));
    Arc::new(FlowSet::parse(&[("main.toml".into(), main.into())], catalogue).expect("good flows"))
}

fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("a name")
}

impl Course {
    fn start() -> Course {
        let opening = Opening {
            contact: ContactId(Ulid(7)),
            channel: Channel::Voice,
            tenant: TenantName::new("huduma").expect("a name"),
            entry: EntryName::new("phone").expect("a name"),
            flow: FlowName::new("main").expect("a name"),
            place: None,
            safe_place: None,
            retention_days: 90,
            language: None,
            confidential: false,
            source: None,
        };
        let mut last = Vec::new();
        let journey = Journey::start(flows(), opening, &mut last);
        let mut course = Course { journey, now: 0, last };
        assert!(course.told(|c| matches!(c, Floor::Arrive { .. })));
        course.does(Command::Begin);
        course
    }

    fn does(&mut self, command: Command) -> &mut Course {
        self.now += 100;
        self.last.clear();
        self.journey.handle(Time(self.now), command, &mut self.last);
        self
    }

    /// Lets time and sound pass until the floor is told something that fits.
    fn until_told(&mut self, fits: impl Fn(&Floor) -> bool) {
        for _ in 0..200 {
            if self.told(&fits) {
                return;
            }
            match self.journey.deadline() {
                Some(due) if !self.last.iter().any(|e| matches!(e, Effect::Play(_))) => {
                    self.now = self.now.max(due.0);
                    self.does(Command::Tick);
                }
                _ => {
                    self.does(Command::Played);
                }
            }
        }
        panic!("the floor was never told");
    }

    fn told(&self, fits: impl Fn(&Floor) -> bool) -> bool {
        self.last.iter().any(|e| matches!(e, Effect::Floor(command) if fits(command)))
    }

    fn did(&self, fits: impl Fn(&Effect) -> bool) -> bool {
        self.last.iter().any(fits)
    }

    /// A caller who waits for a person in English.
    fn waiting() -> Course {
        let mut course = Course::start();
        course.does(Command::Digit('2'));
        course.does(Command::Digit('0'));
        course.until_told(|c| matches!(c, Floor::Enqueue { .. }));
        assert_eq!(course.journey.stage(), Stage::Waiting);
        course
    }

    /// The same, talking to amina.
    fn talking() -> Course {
        let mut course = Course::waiting();
        course.does(Command::Ring { offer: 1, agent: agent("amina") });
        course.does(Command::AgentAnswered { agent: agent("amina") });
        assert!(course.told(|c| matches!(c, Floor::Accept { offer: 1, .. })));
        course.does(Command::Bridge { offer: 1, agent: agent("amina") });
        assert!(course.did(|e| matches!(e, Effect::Bridge { .. })));
        assert!(course.told(|c| matches!(c, Floor::Connect { .. })));
        course
    }
}

#[test]
fn the_floor_hears_of_language_and_queue() {
    let mut course = Course::start();
    course.does(Command::Digit('2'));
    assert!(course.told(|c| matches!(c, Floor::Report(Event::LanguageChosen { language, .. }) if language.as_str() == "en")));
    course.does(Command::Digit('0'));
    course.until_told(|c| matches!(c, Floor::Enqueue { .. }));
}

#[test]
fn key_nine_in_the_first_sentence_is_the_safe_line() {
    let mut course = Course::start();
    course.does(Command::Digit('9'));
    assert!(course.did(|e| matches!(e, Effect::SafeLine { bridged: false })));
    course.until_told(|c| matches!(c, Floor::Enqueue { risk: Risk::P1, .. }));
}

#[test]
fn the_losers_of_an_offer_are_released_and_only_the_winner_is_bridged() {
    let mut course = Course::waiting();
    course.does(Command::Ring { offer: 1, agent: agent("neema") });
    course.does(Command::Ring { offer: 1, agent: agent("zawadi") });
    course.does(Command::AgentAnswered { agent: agent("neema") });
    course.does(Command::AgentAnswered { agent: agent("zawadi") });
    course.does(Command::Bridge { offer: 1, agent: agent("zawadi") });
    assert!(course.did(|e| matches!(e, Effect::ReleaseAgent { agent } if agent.as_str() == "neema")));
    assert!(course.did(|e| matches!(e, Effect::Bridge { agent } if agent.as_str() == "zawadi")));
    course.does(Command::AgentAnswered { agent: agent("neema") });
    assert!(course.did(|e| matches!(e, Effect::ReleaseAgent { agent } if agent.as_str() == "neema")), "a late answer");
    assert!(!course.did(|e| matches!(e, Effect::Floor(_))));
}

#[test]
fn an_agent_who_declines_tells_the_floor_and_the_caller_waits_on() {
    let mut course = Course::waiting();
    course.does(Command::Ring { offer: 1, agent: agent("amina") });
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Normal });
    assert!(course.told(|c| matches!(c, Floor::Decline { offer: 1, .. })));
    assert_eq!(course.journey.stage(), Stage::Waiting);
}

#[test]
fn whoever_hangs_up_ends_both() {
    let mut course = Course::talking();
    course.does(Command::CitizenLeft { cause: EndCause::Normal });
    assert!(course.told(|c| matches!(c, Floor::End { by: Party::Citizen, .. })));
    assert!(course.did(|e| matches!(e, Effect::ReleaseAgent { .. })));
    let mut course = Course::talking();
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Normal });
    assert!(course.told(|c| matches!(c, Floor::End { by: Party::Agent, .. })));
    assert!(course.did(|e| matches!(e, Effect::Close { .. })));
    assert_eq!(course.journey.stage(), Stage::Ended);
}

#[test]
fn a_lost_agent_may_come_back_to_the_same_call() {
    let mut course = Course::talking();
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Lost });
    assert!(course.did(|e| matches!(e, Effect::Music)));
    assert_eq!(course.journey.stage(), Stage::AgentLost);
    course.does(Command::AgentAnswered { agent: agent("amina") });
    assert!(course.did(|e| matches!(e, Effect::Bridge { .. })));
    assert_eq!(course.journey.stage(), Stage::WithAgent);
}

#[test]
fn a_lost_agent_who_stays_away_gives_the_caller_back_to_the_queue() {
    let mut course = Course::talking();
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Lost });
    let mut out = Vec::new();
    course.journey.agent_given_up(Time(course.now + 30_000), &mut out);
    assert!(out.iter().any(|e| matches!(e, Effect::Floor(c) if matches!(**c, Floor::ConnectFail { .. }))));
    assert_eq!(course.journey.stage(), Stage::Waiting);
}

#[test]
fn key_nine_in_a_conversation_stops_the_tape_and_asks_for_the_safe_lane() {
    let mut course = Course::talking();
    course.does(Command::Digit('9'));
    assert!(course.did(|e| matches!(e, Effect::SafeLine { bridged: true })));
    assert!(course.told(|c| matches!(c, Floor::Reclassify { lane: Lane::Gbv, risk: Risk::P1, .. })));
    course.does(Command::Reclassified { lane: Lane::Gbv });
    course.does(Command::Digit('9'));
    assert!(course.last.is_empty(), "once is enough");
}

#[test]
fn hold_parts_and_joins_again() {
    let mut course = Course::talking();
    course.does(Command::Hold(true));
    assert!(course.did(|e| matches!(e, Effect::Unbridge { .. })) && course.did(|e| matches!(e, Effect::Music)));
    course.does(Command::Hold(false));
    assert!(course.did(|e| matches!(e, Effect::Bridge { .. })));
}

#[test]
fn a_contact_given_up_waits_again_and_its_agent_is_let_go() {
    let mut course = Course::talking();
    course.does(Command::Released { agent: agent("somebody") });
    assert_eq!(course.journey.stage(), Stage::WithAgent, "one more in the conversation left it");
    course.does(Command::Released { agent: agent("amina") });
    assert_eq!(course.journey.stage(), Stage::Waiting);
    let gone = |e: &Effect| matches!(e, Effect::ReleaseAgent { agent } if agent.as_str() == "amina");
    assert!(course.did(|e| matches!(e, Effect::Unbridge { .. })) && course.did(gone));
    assert!(course.did(|e| matches!(e, Effect::Music | Effect::Play(_))), "the treatment of the queue again");
    assert!(!course.told(|_| true), "the floor knows: it decided so");
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Normal });
    assert_eq!(course.journey.stage(), Stage::Waiting, "their leg's end is not the contact's");
}

#[test]
fn a_handed_over_contact_has_the_new_agent_before_the_old_one_goes() {
    let mut course = Course::talking();
    course.does(Command::HandedOver { from: agent("amina"), to: agent("zawadi") });
    assert_eq!((course.journey.stage(), course.journey.agent()), (Stage::WithAgent, Some(&agent("zawadi"))));
    let at = |wanted: fn(&Effect) -> bool| course.last.iter().position(wanted).expect("done");
    assert!(at(|e| matches!(e, Effect::Bridge { .. })) < at(|e| matches!(e, Effect::ReleaseAgent { .. })));
    course.does(Command::AgentGone { agent: agent("amina"), cause: EndCause::Normal });
    assert_eq!(course.journey.stage(), Stage::WithAgent);
}

#[test]
fn silence_on_the_safe_line_is_told_before_the_queue() {
    let mut course = Course::start();
    course.does(Command::Digit('9'));
    course.until_told(|c| matches!(c, Floor::NoteSilent { .. }));
    let at = |wanted: fn(&Floor) -> bool| {
        course.last.iter().position(|e| matches!(e, Effect::Floor(command) if wanted(command))).expect("told")
    };
    assert!(at(|c| matches!(c, Floor::NoteSilent { .. })) < at(|c| matches!(c, Floor::Enqueue { .. })));
}

#[test]
fn who_is_turned_away_hears_so_and_is_gone() {
    let mut course = Course::waiting();
    course.does(Command::TurnedAway);
    assert!(course.did(|e| matches!(e, Effect::Play(_))));
    assert_ne!(course.journey.stage(), Stage::Ended, "first it is heard");
    course.does(Command::Played);
    assert!(course.told(|c| matches!(c, Floor::End { by: Party::Centre, cause: EndCause::Closed, .. })));
}

#[test]
fn the_first_estimate_that_is_heard_is_told_to_the_floor_once() {
    let mut course = Course::waiting();
    let position = Command::Position { position: 3, wait: Some((Span::seconds(60), Span::seconds(190))) };
    let mut told = 0;
    for _ in 0..40 {
        course.now += 30_000;
        for command in [position.clone(), Command::Tick, Command::Played] {
            course.does(command);
            told += usize::from(course.told(|c| matches!(c, Floor::Report(Event::WaitTold { .. }))));
        }
    }
    assert_eq!(told, 1);
}

#[test]
fn nothing_follows_the_end() {
    let mut course = Course::talking();
    course.does(Command::HangUp { by: Party::Supervisor });
    for command in [Command::Digit('1'), Command::Played, Command::Tick, Command::CitizenLeft { cause: EndCause::Normal }] {
        course.does(command);
        assert!(course.last.is_empty());
    }
}
