//! What must hold for any order of inputs, and the bound of the table. The course of each machine is
//! in `tests/transcripts`.

use super::timers::{C, LIMIT, UNANSWERED};
use super::{Effect, End, Input, News, RESERVED, Source, Transactions, TxId};
use crate::sip::message::Message;
use crate::sip::registrar::{FlowId, Hop};
use proptest::prelude::*;
use std::collections::BTreeSet;
use vocabulary::{Span, Time};

const UDP: &str = "192.0.2.1:5060";

fn source(flow: Option<u64>) -> Source {
    let peer = UDP.parse().expect("good");
    let flow = flow.map(FlowId);
    Source { peer, hop: flow.map_or(Hop::Udp(peer), Hop::Flow), flow }
}

fn request(method: &str, branch: u8) -> Message {
    Message::request(method, "sip:a@b")
        .with("Via", &format!("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{branch}"))
        .with("From", "<sip:x@y>;tag=f")
        .with("To", "<sip:a@b>")
        .with("Call-ID", "c")
        .with("CSeq", &format!("1 {method}"))
}

/// One thing that happens, drawn at random.
#[derive(Debug, Clone)]
enum Step {
    Received { method: &'static str, branch: u8, flow: Option<u64> },
    Answered { method: &'static str, branch: u8, code: u16 },
    Ask { method: &'static str, branch: u8, flow: Option<u64> },
    Respond { tx: u64, code: u16 },
    Cancel { tx: u64 },
    Closed { flow: u64 },
    Wait { millis: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let method = prop::sample::select(vec!["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"]);
    let asked = prop::sample::select(vec!["INVITE", "BYE", "OPTIONS"]);
    let code = prop::sample::select(vec![100u16, 180, 200, 302, 404, 487, 600]);
    let flow = prop::option::of(1u64..3);
    prop_oneof![
        (method.clone(), 0u8..4, flow.clone()).prop_map(|(method, branch, flow)| Step::Received {
            method,
            branch,
            flow
        }),
        (method, 0u8..4, code.clone()).prop_map(|(method, branch, code)| Step::Answered { method, branch, code }),
        (asked, 0u8..4, flow).prop_map(|(method, branch, flow)| Step::Ask { method, branch, flow }),
        (0u64..30, code).prop_map(|(tx, code)| Step::Respond { tx, code }),
        (0u64..30).prop_map(|tx| Step::Cancel { tx }),
        (1u64..3).prop_map(|flow| Step::Closed { flow }),
        (0i64..40_000).prop_map(|millis| Step::Wait { millis }),
    ]
}

fn perform(table: &mut Transactions, now: &mut Time, step: &Step, out: &mut Vec<Effect>) {
    let input = match step {
        Step::Received { method, branch, flow } => {
            Input::Received { message: request(method, *branch), source: source(*flow), tag: "t" }
        }
        Step::Answered { method, branch, code } => {
            let message = Message::response(&request(method, *branch), *code, "r");
            Input::Received { message, source: source(None), tag: "t" }
        }
        Step::Ask { method, branch, flow } => {
            let tx = table.next_id();
            Input::Request { tx, request: request(method, *branch), hop: source(*flow).hop }
        }
        Step::Respond { tx, code } => {
            Input::Respond { tx: TxId(*tx), response: Message::response(&request("INVITE", 0), *code, "t") }
        }
        Step::Cancel { tx } => {
            let id = table.next_id();
            Input::Cancel { invite: TxId(*tx), tx: id }
        }
        Step::Closed { flow } => Input::Closed(Hop::Flow(FlowId(*flow))),
        Step::Wait { millis } => {
            let until = *now + Span(*millis);
            while let Some(at) = table.deadline().filter(|at| *at <= until) {
                table.handle(at, Input::Tick, out);
                assert!(table.deadline().is_none_or(|next| next > at));
            }
            *now = until;
            return;
        }
    };
    table.handle(*now, input, out);
}

proptest! {
    /// Whatever comes in whatever order: no panic, every transaction that the core knows of is told
    /// its end exactly once, and nothing is left.
    #[test]
    fn every_transaction_ends_once(steps in prop::collection::vec(step(), 0..60)) {
        let (mut table, mut now, mut out) = (Transactions::default(), Time(0), Vec::new());
        for step in &steps {
            perform(&mut table, &mut now, step, &mut out);
        }
        let longest = Span(LIMIT.0.max(C.0).max(UNANSWERED.0) * 2);
        perform(&mut table, &mut now, &Step::Wait { millis: longest.0 }, &mut out);
        prop_assert!(table.is_empty());
        prop_assert_eq!(table.deadline(), None);
        let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for effect in &out {
            match effect {
                Effect::Tell(News::Request { tx, .. }) => prop_assert!(begun.insert(*tx)),
                Effect::Tell(News::Ended { tx, .. }) => prop_assert!(ended.insert(*tx), "told twice"),
                Effect::Tell(News::Response { tx, .. } | News::Cancelled { tx }) => {
                    prop_assert!(!ended.contains(tx), "told after its end");
                }
                _ => {}
            }
        }
        prop_assert!(begun.is_subset(&ended));
    }
}

fn sent(out: &[Effect]) -> Vec<String> {
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    out.iter().filter_map(|e| if let Effect::Send { text, .. } = e { Some(line(text)) } else { None }).collect()
}

#[test]
fn a_full_table_says_when_to_come_back_and_lets_calls_end() {
    let (mut table, mut out) = (Transactions::with_limit(2), Vec::new());
    for branch in 0..3 {
        let message = request("INVITE", branch);
        table.handle(Time(0), Input::Received { message, source: source(None), tag: "t" }, &mut out);
    }
    assert_eq!(sent(&out), ["SIP/2.0 503 Service Unavailable"]);
    assert!(out.iter().any(|e| matches!(e, Effect::Send { text, .. } if text.contains("Retry-After: 5\r\n"))));
    assert_eq!(table.len(), 2);
    out.clear();
    table.handle(Time(0), Input::Received { message: request("BYE", 9), source: source(None), tag: "t" }, &mut out);
    assert!(matches!(out.as_slice(), [Effect::Tell(News::Request { .. })]), "the end of a call is let in");
    let tx = table.next_id();
    out.clear();
    table.handle(Time(0), Input::Request { tx, request: request("INVITE", 9), hop: source(None).hop }, &mut out);
    assert!(matches!(out.as_slice(), [Effect::Tell(News::Full { .. })]));
    // Even what ends calls has its bound.
    for n in 0..RESERVED {
        let message = request("BYE", 0).with_replaced("Via", &format!("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx{n}"));
        table.handle(Time(0), Input::Received { message, source: source(None), tag: "t" }, &mut out);
    }
    assert_eq!(table.len(), 2 + RESERVED);
}

#[test]
fn a_branch_used_twice_is_not_sent_twice() {
    let (mut table, mut out) = (Transactions::default(), Vec::new());
    for _ in 0..2 {
        let tx = table.next_id();
        table.handle(Time(0), Input::Request { tx, request: request("BYE", 1), hop: source(None).hop }, &mut out);
    }
    assert_eq!(sent(&out).len(), 1);
    assert!(matches!(out.last(), Some(Effect::Tell(News::Ended { end: End::Broken, .. }))));
}

#[test]
fn a_request_that_waited_for_its_connection_lives_on_it() {
    let (mut table, mut out) = (Transactions::default(), Vec::new());
    let (tx, to) = (table.next_id(), Hop::Tcp(UDP.parse().expect("good")));
    table.handle(Time(0), Input::Request { tx, request: request("INVITE", 1), hop: to }, &mut out);
    table.handle(Time(1), Input::Opened { to, now: Hop::Flow(FlowId(4)) }, &mut out);
    out.clear();
    table.handle(Time(2), Input::Closed(to), &mut out);
    assert!(out.is_empty());
    table.handle(Time(3), Input::Closed(Hop::Flow(FlowId(4))), &mut out);
    assert!(matches!(out.as_slice(), [Effect::Tell(News::Ended { end: End::Broken, .. })]));
}
