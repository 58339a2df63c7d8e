//! A leg's course, in virtual time: each row says what came and everything that was done about it.

use super::*;
use crate::call::digits::Way;

fn spell(effect: &Effect) -> String {
    match effect {
        Effect::Media(ask) => match ask {
            Ask::Open => "open".into(),
            Ask::Offer => "offer".into(),
            Ask::Answer { sdp } => format!("answer {sdp}"),
            Ask::SetAnswer { sdp } => format!("set {sdp}"),
            Ask::Reoffer { sdp } => format!("reoffer {sdp}"),
            Ask::Restart => "restart".into(),
            Ask::Close => "close".into(),
        },
        Effect::Respond { code, sdp } => format!("{code}{}", body(sdp)),
        Effect::Reply { tx, code, sdp } => format!("#{} {code}{}", tx.0, body(sdp)),
        Effect::Invite { sdp } => format!("INVITE {sdp}"),
        Effect::Cancel => "CANCEL".into(),
        Effect::Ack => "ACK".into(),
        Effect::Bye => "BYE".into(),
        Effect::Tell(News::Ended { by_far_end, cause, code }) => {
            format!("ended {} {cause:?} {code}", if *by_far_end { "them" } else { "us" })
        }
        Effect::Tell(news) => format!("{news:?}"),
    }
}

fn body(sdp: &Option<String>) -> String {
    sdp.as_ref().map(|s| format!(" {s}")).unwrap_or_default()
}

fn run(leg: &mut Leg, now: i64, input: Input) -> String {
    let mut out = Vec::new();
    leg.handle(Time(now), input, &mut out);
    out.iter().map(spell).collect::<Vec<_>>().join(", ")
}

fn local(text: &str) -> Input {
    Input::Local { sdp: text.into() }
}

fn waiting() -> Leg {
    let mut out = Vec::new();
    let mut leg = Leg::arriving(Some("theirs"), &mut out);
    assert_eq!(out.iter().map(spell).collect::<Vec<_>>(), ["open", "answer theirs"]);
    assert_eq!(run(&mut leg, 0, local("ours")), "180, Invited");
    leg
}

fn up() -> Leg {
    let mut leg = waiting();
    run(&mut leg, 0, Input::Answer);
    run(&mut leg, 0, Input::Acked { sdp: None });
    leg
}

fn calling() -> Leg {
    let mut out = Vec::new();
    let mut leg = Leg::calling(&mut out);
    assert_eq!(out.iter().map(spell).collect::<Vec<_>>(), ["open", "offer"]);
    assert_eq!(run(&mut leg, 0, local("ours")), "INVITE ours");
    leg
}

fn accepted() -> Input {
    Input::Accepted { sdp: Some("theirs".into()) }
}

#[test]
fn a_call_comes_is_answered_and_ended_by_them() {
    let mut leg = waiting();
    assert_eq!(run(&mut leg, 0, Input::EarlyMedia), "183 ours");
    assert_eq!(run(&mut leg, 0, Input::Answer), "200 ours, Answered");
    assert_eq!(run(&mut leg, 0, Input::Answer), "", "answering twice answers once");
    assert_eq!(run(&mut leg, 0, Input::Acked { sdp: None }), "");
    assert_eq!(run(&mut leg, 0, Input::Digit { way: Way::Rtp, digit: '5' }), "Digit('5')");
    assert_eq!(run(&mut leg, 5, Input::Digit { way: Way::Info, digit: '5' }), "");
    assert_eq!(run(&mut leg, 0, Input::Bye { tx: TxId(7) }), "#7 200, close, ended them Normal 200");
    assert!(leg.is_over());
    assert_eq!(run(&mut leg, 0, Input::HangUp), "", "hanging up what is over does nothing");
}

#[test]
fn bad_media_is_488_and_never_reported() {
    let mut leg = Leg::arriving(Some("nonsense"), &mut Vec::new());
    assert_eq!(run(&mut leg, 0, Input::MediaRefused), "488, close");
    assert!(leg.is_over());
}

#[test]
fn cancel_before_and_after_the_report() {
    let mut leg = Leg::arriving(Some("x"), &mut Vec::new());
    assert_eq!(run(&mut leg, 0, Input::Cancelled), "487, close");
    let mut leg = waiting();
    assert_eq!(run(&mut leg, 0, Input::Cancelled), "487, close, ended them Normal 487");
    let mut leg = up();
    assert_eq!(run(&mut leg, 0, Input::Cancelled), "", "too late (RFC 3261 §9.2)");
}

#[test]
fn refusing_and_hanging_up_a_waiting_call() {
    assert_eq!(run(&mut waiting(), 0, Input::Reject { code: 404 }), "404, close, ended us UnknownNumber 404");
    assert_eq!(run(&mut waiting(), 0, Input::Reject { code: 200 }), "480, close, ended us Normal 480");
    assert_eq!(run(&mut waiting(), 0, Input::HangUp), "480, close, ended us Normal 0");
    assert_eq!(run(&mut up(), 0, Input::Reject { code: 404 }), "BYE, close, ended us Normal 0");
}

#[test]
fn our_bye_waits_for_their_ack() {
    let mut leg = waiting();
    run(&mut leg, 0, Input::Answer);
    assert_eq!(run(&mut leg, 0, Input::HangUp), "close, ended us Normal 0");
    assert_eq!(run(&mut leg, 0, Input::Acked { sdp: None }), "BYE");
    assert!(leg.is_over());
    let mut leg = waiting();
    run(&mut leg, 0, Input::Answer);
    assert_eq!(run(&mut leg, 0, Input::NotAcked), "BYE, close, ended them Lost 408");
}

#[test]
fn an_invite_without_offer_gets_ours_and_its_ack_the_answer() {
    let mut out = Vec::new();
    let mut leg = Leg::arriving(None, &mut out);
    assert_eq!(out.iter().map(spell).collect::<Vec<_>>(), ["open", "offer"]);
    run(&mut leg, 0, local("ours"));
    assert_eq!(run(&mut leg, 0, Input::Answer), "200 ours, Answered");
    assert_eq!(run(&mut leg, 0, Input::Acked { sdp: Some("theirs".into()) }), "set theirs");
    let mut leg = Leg::arriving(None, &mut Vec::new());
    run(&mut leg, 0, local("ours"));
    run(&mut leg, 0, Input::Answer);
    assert_eq!(run(&mut leg, 0, Input::Acked { sdp: None }), "BYE, close, ended us Fault 488");
}

#[test]
fn offers_inside_the_call() {
    let mut leg = up();
    let offered = |tx, invite, sdp: Option<&str>| Input::Offered { tx: TxId(tx), invite, sdp: sdp.map(str::to_owned) };
    assert_eq!(run(&mut leg, 0, offered(1, false, None)), "#1 200", "a session refresh");
    assert_eq!(run(&mut leg, 0, offered(2, true, Some("hold"))), "reoffer hold");
    assert_eq!(run(&mut leg, 0, offered(3, true, Some("again"))), "#3 500");
    assert_eq!(run(&mut leg, 0, offered(4, false, Some("again"))), "#4 491");
    assert_eq!(run(&mut leg, 0, local("held")), "#2 200 held");
    assert_eq!(run(&mut leg, 0, offered(5, false, Some("bad"))), "reoffer bad");
    assert_eq!(run(&mut leg, 0, Input::MediaRefused), "#5 488", "the call goes on");
    assert_eq!(run(&mut leg, 0, offered(6, true, None)), "restart");
    assert_eq!(run(&mut leg, 0, local("ours")), "#6 200 ours");
    assert_eq!(run(&mut leg, 0, Input::OfferAcked { sdp: Some("theirs".into()) }), "set theirs");
    assert_eq!(run(&mut leg, 0, Input::OfferAcked { sdp: Some("theirs".into()) }), "");
    assert_eq!(run(&mut leg, 0, offered(8, true, Some("x"))), "reoffer x");
    assert_eq!(run(&mut leg, 0, Input::Bye { tx: TxId(9) }), "#9 200, #8 487, close, ended them Normal 200");
    assert_eq!(run(&mut waiting(), 0, offered(1, false, Some("x"))), "#1 491");
}

#[test]
fn we_call_they_ring_answer_and_we_hang_up() {
    let mut leg = calling();
    assert_eq!(leg.deadline(), Some(Time(4_000)));
    assert_eq!(run(&mut leg, 1, Input::Provisional { code: 100 }), "");
    assert_eq!(leg.deadline(), None);
    assert_eq!(run(&mut leg, 1, Input::Provisional { code: 180 }), "Ringing");
    assert_eq!(run(&mut leg, 1, Input::Provisional { code: 183 }), "");
    assert_eq!(run(&mut leg, 1, accepted()), "ACK, set theirs, Answered");
    assert_eq!(run(&mut leg, 1, Input::HangUp), "BYE, close, ended us Normal 0");
    assert_eq!(run(&mut leg, 1, Input::Bye { tx: TxId(1) }), "#1 200", "their BYE crossed ours");
}

#[test]
fn we_call_and_they_refuse_or_describe_nothing() {
    assert_eq!(run(&mut calling(), 0, Input::Failed { code: 486 }), "close, ended them Busy 486");
    assert_eq!(run(&mut calling(), 0, Input::Accepted { sdp: None }), "ACK, BYE, close, ended us Fault 488");
    let mut leg = calling();
    run(&mut leg, 0, accepted());
    assert_eq!(run(&mut leg, 0, Input::MediaRefused), "BYE, close, ended us Fault 488");
}

#[test]
fn cancelling_waits_for_their_first_word_and_survives_a_crossing_200() {
    let mut leg = calling();
    assert_eq!(run(&mut leg, 0, Input::HangUp), "close, ended us Normal 0");
    assert_eq!(run(&mut leg, 0, Input::Provisional { code: 180 }), "CANCEL");
    assert_eq!(run(&mut leg, 0, Input::Provisional { code: 180 }), "");
    assert_eq!(run(&mut leg, 0, accepted()), "ACK, BYE");
    assert!(leg.is_over());
    let mut leg = calling();
    run(&mut leg, 0, Input::Provisional { code: 180 });
    assert_eq!(run(&mut leg, 0, Input::HangUp), "CANCEL, close, ended us Normal 0");
    assert_eq!(run(&mut leg, 0, Input::Failed { code: 487 }), "");
    assert!(leg.is_over());
}

#[test]
fn a_device_that_says_nothing_is_given_up_after_four_seconds() {
    let mut leg = calling();
    assert_eq!(run(&mut leg, 3_999, Input::Tick), "");
    assert_eq!(run(&mut leg, 4_000, Input::Tick), "close, ended them Lost 408");
    assert_eq!(run(&mut leg, 4_100, accepted()), "ACK, BYE", "it spoke too late");
}

#[test]
fn a_closed_connection_ends_every_state_at_once_and_sends_nothing() {
    for (mut leg, told) in [
        (waiting(), "close, ended them Lost 0"),
        (up(), "close, ended them Lost 0"),
        (calling(), "close, ended them Lost 0"),
        (Leg::arriving(Some("x"), &mut Vec::new()), "close"),
    ] {
        assert_eq!(run(&mut leg, 0, Input::FlowClosed), told);
        assert!(leg.is_over());
        assert_eq!(run(&mut leg, 0, Input::FlowClosed), "");
    }
}

/// Any order of inputs: told once at the beginning, once at the end, nothing after the end.
#[test]
fn no_order_of_inputs_ends_twice() {
    let inputs = || {
        [
            local("a"),
            Input::MediaRefused,
            Input::Answer,
            Input::HangUp,
            Input::Cancelled,
            Input::Acked { sdp: None },
            Input::NotAcked,
            Input::Provisional { code: 180 },
            accepted(),
            Input::Failed { code: 486 },
            Input::Offered { tx: TxId(1), invite: true, sdp: Some("b".into()) },
            Input::Bye { tx: TxId(2) },
            Input::FlowClosed,
            Input::Tick,
        ]
    };
    let count = inputs().len();
    for start in 0..2 {
        for code in 0..count * count * count * count {
            let mut out = Vec::new();
            let mut leg = if start == 0 { Leg::arriving(Some("x"), &mut out) } else { Leg::calling(&mut out) };
            let mut rest = code;
            for _ in 0..4 {
                leg.handle(Time(9_000), inputs()[rest % count].clone(), &mut out);
                rest /= count;
            }
            let spelled: Vec<String> = out.iter().map(spell).collect();
            let times = |word: &str| spelled.iter().filter(|s| s.starts_with(word)).count();
            assert!(times("ended") <= 1 && times("close") <= 1 && times("Invited") <= 1, "{spelled:?}");
            assert!(times("BYE") <= 1 && times("CANCEL") <= 1 && times("INVITE") <= 1, "{spelled:?}");
            assert_eq!(leg.has_ended(), times("close") == 1, "{spelled:?}");
        }
    }
}
