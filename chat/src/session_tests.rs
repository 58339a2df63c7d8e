//! The conversation in virtual time, with a store that answers at once or refuses.

use super::*;
use crate::frame::Shown;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

struct Desk {
    session: Session,
    now: Time,
    stored: Vec<Line>,
    refuse: bool,
}

fn id(n: u128) -> Ulid {
    Ulid(n)
}

fn msg(n: u128, text: &str) -> FromCitizen {
    FromCitizen::Msg { id: id(n), text: text.into() }
}

impl Desk {
    fn new(safeguarding: bool) -> Desk {
        let mut desk = Desk { session: Session::open(Time(0), safeguarding), now: Time(0), stored: vec![], refuse: false };
        assert_eq!(desk.tell(Command::Attach { connection: 1, after: None }), []);
        desk
    }

    /// Carries out what the owner would and gives the rest.
    fn tell(&mut self, command: Command) -> Vec<Output> {
        let mut rest = Vec::new();
        let mut todo = VecDeque::from([command]);
        while let Some(command) = todo.pop_front() {
            let mut out = Vec::new();
            self.session.handle(self.now, command, &mut out);
            for output in out {
                match output {
                    Output::Store(_) if self.refuse => todo.push_back(Command::NotStored),
                    Output::Store(line) => {
                        assert_eq!(line.seq, self.stored.len() as u64 + 1, "places have no gaps");
                        self.stored.push(line);
                        todo.push_back(Command::Stored);
                    }
                    Output::Replay { after } => {
                        let lines = self.stored.iter().filter(|line| line.seq > after).cloned().collect();
                        todo.push_back(Command::Replayed { lines });
                    }
                    other => rest.push(other),
                }
            }
        }
        rest
    }

    fn frame(&mut self, frame: FromCitizen) -> Vec<Output> {
        self.tell(Command::Frame { connection: 1, frame })
    }

    fn say(&mut self, text: &str) -> Vec<Output> {
        self.tell(Command::Say { ticket: 9, speaker: Speaker::agent("Achieng Otieno"), text: text.into() })
    }

    fn at(&mut self, millis: i64) -> Vec<Output> {
        self.now = Time(millis);
        self.tell(Command::Tick)
    }
}

#[test]
fn a_message_is_acknowledged_when_stored_and_a_duplicate_again() {
    let mut desk = Desk::new(false);
    let ack = |seq| Output::Send(FromCentre::Ack { id: id(7), seq, at: "1970-01-01T00:00:00Z".into() });
    let out = desk.frame(msg(7, "Habari"));
    assert_eq!(out[0], ack(1));
    assert!(matches!(&out[1..], [Output::Said(Line { seq: 1, text, .. })] if text == "Habari"));
    desk.now = Time(5_000);
    assert_eq!(desk.frame(msg(7, "Habari")), [ack(1)], "the same place and time, and nobody is told twice");
    assert_eq!(desk.stored.len(), 1);
}

#[test]
fn what_is_not_stored_is_not_acknowledged_and_may_come_again() {
    let mut desk = Desk::new(false);
    desk.refuse = true;
    assert_eq!(desk.frame(msg(1, "a")), [Output::Send(FromCentre::Error { code: Refused::NotStored, id: Some(id(1)) })]);
    assert_eq!(desk.say("b"), [Output::Answer { ticket: 9, taken: Err(Refused::NotStored.into()) }]);
    desk.refuse = false;
    assert!(matches!(desk.frame(msg(1, "a"))[..], [Output::Send(FromCentre::Ack { seq: 1, .. }), Output::Said(_)]));
}

#[test]
fn a_duplicate_while_storing_is_stored_once() {
    let mut session = Session::open(Time(0), false);
    let mut out = Vec::new();
    session.handle(Time(0), Command::Attach { connection: 1, after: None }, &mut out);
    for n in [1, 2, 1] {
        session.handle(Time(0), Command::Frame { connection: 1, frame: msg(n, "x") }, &mut out);
    }
    assert!(matches!(&out[..], [Output::Store(Line { seq: 1, .. })]), "one after the other: {out:?}");
    session.handle(Time(0), Command::Stored, &mut out);
    session.handle(Time(0), Command::Stored, &mut out);
    session.handle(Time(0), Command::Stored, &mut out);
    assert_eq!(out.iter().filter(|o| matches!(o, Output::Store(_))).count(), 2);
    assert_eq!(session.last(), 2);
}

#[test]
fn coming_back_gets_what_was_missed_in_order() {
    let mut desk = Desk::new(false);
    desk.frame(msg(1, "moja"));
    desk.tell(Command::Detach { connection: 1 });
    assert!(matches!(&desk.say("mbili")[..], [Output::Send(FromCentre::Msg(_)), Output::Answer { taken: Ok(2), .. }]));
    desk.say("tatu");
    desk.tell(Command::Agent { shown_as: "Achieng Otieno".into() });
    let out = desk.tell(Command::Attach { connection: 2, after: Some(1) });
    let texts: Vec<&str> = out
        .iter()
        .filter_map(|o| match o {
            Output::Send(FromCentre::Msg(Shown { text, .. })) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["mbili", "tatu"]);
    assert_eq!(out[2..], [
        Output::Send(FromCentre::Resumed { seq: 3 }),
        Output::Send(FromCentre::Agent { name: "Achieng".into() }),
    ]);
    assert_eq!(desk.frame(msg(5, "old tab")), [], "the first connection is not heard any more");
    let out = desk.tell(Command::Attach { connection: 3, after: Some(99) });
    assert_eq!(out[0], Output::Close { connection: 2, why: CloseCode::Elsewhere });
    assert_eq!(out[1], Output::Send(FromCentre::Resumed { seq: 3 }));
}

#[test]
fn a_restart_keeps_places_and_duplicates() {
    let mut desk = Desk::new(false);
    desk.frame(msg(1, "moja"));
    desk.say("mbili");
    let session = Session::adopt(Time(0), false, &desk.stored);
    let mut desk = Desk { session, ..desk };
    desk.tell(Command::Attach { connection: 1, after: Some(2) });
    assert!(matches!(desk.frame(msg(1, "moja"))[..], [Output::Send(FromCentre::Ack { seq: 1, .. })]));
    assert!(matches!(desk.frame(msg(2, "tatu"))[..], [Output::Send(FromCentre::Ack { seq: 3, .. }), _]));
}

#[test]
fn typing_is_throttled_both_ways() {
    let mut desk = Desk::new(false);
    assert_eq!(desk.frame(FromCitizen::Typing {}), [Output::Typing]);
    desk.now = Time(2_999);
    assert_eq!(desk.frame(FromCitizen::Typing {}), []);
    assert_eq!(desk.tell(Command::AgentTyping), [Output::Send(FromCentre::Typing {})]);
    assert_eq!(desk.tell(Command::AgentTyping), []);
    desk.now = Time(3_000);
    assert_eq!(desk.frame(FromCitizen::Typing {}), [Output::Typing]);
}

#[test]
fn limits_are_refused_with_a_word() {
    let mut desk = Desk::new(false);
    let refused = |code, n| [Output::Send(FromCentre::Error { code, id: Some(id(n)) })];
    assert_eq!(desk.frame(msg(1, "  \n ")), refused(Refused::Empty, 1));
    assert_eq!(desk.frame(msg(1, &"x".repeat(4_001))), refused(Refused::TooLong, 1));
    for n in 0..BURST as u128 {
        assert_eq!(desk.frame(msg(100 + n, "x")).len(), 2);
    }
    assert_eq!(desk.frame(msg(1, "x")), refused(Refused::SlowDown, 1));
    desk.now = Time(BURST_SPAN.0);
    assert_eq!(desk.frame(msg(1, "x")).len(), 2, "and the same message is taken later");
    assert_eq!(desk.frame(FromCitizen::Open { entry: None, language: None, phone: None, confidential: false }), [
        Output::Send(FromCentre::Error { code: Refused::Misplaced, id: None })
    ]);
    while desk.session.last() < MAX_LINES {
        desk.say("x");
    }
    assert_eq!(desk.say("x"), [Output::Answer { ticket: 9, taken: Err(Refused::Full.into()) }]);
    desk.now = Time(60_000);
    assert_eq!(desk.frame(msg(2, "x")), refused(Refused::Full, 2));
}

#[test]
fn silence_warns_and_ends() {
    let mut desk = Desk::new(false);
    assert_eq!(desk.session.deadline(), Some(Time(5 * MINUTE)));
    assert_eq!(desk.at(5 * MINUTE - 1), []);
    assert_eq!(desk.at(5 * MINUTE), [Output::Send(FromCentre::Idle { ends_in_s: 300 })]);
    desk.frame(FromCitizen::Typing {});
    assert_eq!(desk.at(10 * MINUTE - 1), [], "a sign of life starts again");
    assert_eq!(desk.at(10 * MINUTE).len(), 1);
    assert_eq!(desk.at(15 * MINUTE), [
        Output::Left { cause: EndCause::Idle },
        Output::Send(FromCentre::End {}),
        Output::Close { connection: 1, why: CloseCode::Over },
        Output::Over,
    ]);
    assert_eq!(desk.session.deadline(), None);
    assert_eq!(desk.say("x"), [Output::Answer { ticket: 9, taken: Err(Refusal::Over) }]);
    assert_eq!(desk.frame(msg(1, "x")), []);
}

#[test]
fn a_late_tick_warns_and_ends_at_once() {
    let mut desk = Desk::new(false);
    let out = desk.at(60 * MINUTE);
    assert_eq!(out[0], Output::Send(FromCentre::Idle { ends_in_s: 300 }));
    assert_eq!(out.last(), Some(&Output::Over));
}

#[test]
fn nobody_idles_in_the_queue_but_who_is_gone() {
    let mut desk = Desk::new(false);
    desk.tell(Command::Queue { position: 3, seconds: Some(180) });
    assert_eq!(desk.session.deadline(), None);
    assert_eq!(desk.at(60 * MINUTE), []);
    desk.tell(Command::Detach { connection: 1 });
    assert_eq!(desk.session.deadline(), Some(Time(65 * MINUTE)));
    desk.tell(Command::Attach { connection: 2, after: Some(0) });
    assert_eq!(desk.session.deadline(), None);
    desk.tell(Command::Agent { shown_as: "Achieng".into() });
    assert_eq!(desk.session.deadline(), Some(Time(65 * MINUTE)));
}

#[test]
fn a_safeguarding_conversation_never_ends_by_itself() {
    for mut desk in [Desk::new(true), {
        let mut desk = Desk::new(false);
        desk.tell(Command::Safeguard);
        desk
    }] {
        assert_eq!(desk.at(10 * MINUTE - 1), []);
        assert_eq!(desk.at(10 * MINUTE), [Output::Silent]);
        assert_eq!(desk.at(600 * MINUTE), [], "told once");
        desk.frame(FromCitizen::Typing {});
        assert_eq!(desk.at(610 * MINUTE), [Output::Silent]);
        desk.tell(Command::Detach { connection: 1 });
        assert!(!desk.at(6_000 * MINUTE).contains(&Output::Over));
    }
}

#[test]
fn the_citizen_or_the_centre_ends() {
    let mut desk = Desk::new(false);
    assert_eq!(desk.frame(FromCitizen::End {})[0], Output::Left { cause: EndCause::Normal });
    let mut desk = Desk::new(true);
    let out = desk.tell(Command::End);
    assert_eq!(out[0], Output::Send(FromCentre::End {}));
    assert_eq!(out.last(), Some(&Output::Over));
}

proptest! {
    /// Whatever comes in whatever order: places count up by one, each id is stored once, time never
    /// stands still for a deadline.
    #[test]
    fn any_course_keeps_its_promises(steps in proptest::collection::vec((0u8..13, 0u128..6, 0i64..400_000), 1..120)) {
        let mut desk = Desk::new(false);
        for (step, n, later) in steps {
            desk.now = Time(desk.now.0 + later);
            let connection = n as u64 % 3;
            let command = match step {
                0..=3 => Command::Frame { connection, frame: msg(n, "x") },
                4 => Command::Frame { connection, frame: FromCitizen::Typing {} },
                5 => Command::Attach { connection, after: Some(n as u64) },
                6 => Command::Detach { connection },
                7 => Command::Say { ticket: 1, speaker: Speaker::Centre, text: "y".into() },
                8 => Command::Queue { position: 1, seconds: None },
                9 => Command::Agent { shown_as: "A B".into() },
                10 => { desk.refuse = !desk.refuse; Command::Tick }
                11 => Command::Stored,
                _ => Command::Tick,
            };
            desk.tell(command);
            prop_assert!(desk.session.deadline().is_none_or(|due| due > desk.now));
            prop_assert_eq!(desk.session.last(), desk.stored.len() as u64);
        }
        let mut ids: Vec<_> = desk.stored.iter().filter_map(|line| line.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
    }
}
