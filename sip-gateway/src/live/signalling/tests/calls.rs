//! Calls that come in: every form of our number, every way to end.

use super::bench::{Bench, agent};
use super::phone::{Dialog, Phone};
use super::register::proof;
use crate::live::{GatewayEvent, Origin, WebIdentity};
use crate::sip::address::Dialled;
use crate::sip::message::Message;
use vocabulary::{E164, EndCause, EntryName, LegId, Presentation};

const OURS: &str = "sip:0206900020@127.0.0.1";

/// A call up to its 200 and ACK.
async fn talking(bench: &mut Bench, phone: &mut Phone) -> (LegId, Dialog) {
    let mut dialog = phone.invite(OURS, "their offer").await;
    let leg = bench.invited().await;
    bench.gateway.answer(leg).expect("taken");
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg });
    let ok = phone.answer(200).await;
    assert_eq!(ok.sdp(), Some("answer to their offer"));
    phone.ack(&mut dialog, &ok, "").await;
    (leg, dialog)
}

#[tokio::test]
async fn every_form_of_our_number_arrives_and_others_can_be_told() {
    let mut bench = Bench::start().await;
    let ours = Dialled::Number(E164::parse("0206900020").expect("good"));
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    for (uri, expected) in [
        ("sip:0206900020@127.0.0.1", ours.clone()),
        ("sip:+254206900020@127.0.0.1:5060;user=phone", ours.clone()),
        ("sip:254206900020;phone-context=ke@127.0.0.1", ours.clone()),
        ("tel:+254-20-6900020", ours.clone()),
        ("sip:1195@127.0.0.1", Dialled::Other("1195".into())),
    ] {
        let dialog = phone.invite(uri, "their offer").await;
        let GatewayEvent::Invited { leg, caller, dialled, origin } = bench.event().await else { panic!("no call") };
        assert_eq!((dialled, origin), (expected, Origin::Phone), "{uri}");
        assert_eq!(caller.number.map(|n| n.to_string()).as_deref(), Some("+254711000001"));
        assert_eq!(caller.presentation, Presentation::Allowed);
        phone.answer(180).await;
        bench.gateway.early_media(leg).expect("taken");
        assert_eq!(phone.answer(183).await.sdp(), Some("answer to their offer"), "an apology can be heard");
        bench.gateway.reject(leg, 404).expect("taken");
        let refusal = phone.answer(404).await;
        phone.ack_refusal(&dialog, uri, &refusal).await;
        assert_eq!(bench.ended(leg).await, (false, EndCause::UnknownNumber, 404));
    }
    assert_eq!(bench.left_open(), 0);
}

#[tokio::test]
async fn either_side_hangs_up_over_udp_and_tcp() {
    let mut bench = Bench::start().await;
    for mut phone in [Phone::udp(bench.sip, "0711000001").await, Phone::tcp(bench.sip, "0711000001").await] {
        let (leg, mut dialog) = talking(&mut bench, &mut phone).await;
        phone.inside(&mut dialog, "BYE", "", "").await;
        phone.answer(200).await;
        assert_eq!(bench.ended(leg).await, (true, EndCause::Normal, 200));
        phone.inside(&mut dialog, "BYE", "", "").await;
        phone.answer(481).await;

        let (leg, _) = talking(&mut bench, &mut phone).await;
        bench.gateway.hang_up(leg).expect("taken");
        bench.gateway.hang_up(leg).expect("twice is once");
        assert_eq!(bench.ended(leg).await, (false, EndCause::Normal, 0));
        let bye = phone.asked("BYE").await;
        phone.reply(&bye, 200, "").await;
    }
    assert!(bench.events.try_recv().is_err());
    assert_eq!(bench.left_open(), 0);
}

#[tokio::test]
async fn a_cancelled_call_ends_once() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let dialog = phone.invite(OURS, "their offer").await;
    let leg = bench.invited().await;
    phone.answer(180).await;
    phone.cancel(&dialog, OURS).await;
    let mut codes = [phone.answer(200).await.code(), phone.answer(487).await.code()];
    codes.sort();
    assert_eq!(codes, [Some(200), Some(487)]);
    assert_eq!(bench.ended(leg).await, (true, EndCause::Normal, 487));
    bench.gateway.answer(leg).expect("too late is harmless");
    // CANCEL of nothing.
    let stray = Dialog { via: phone.via("z9hG4bKnothing"), ..dialog };
    phone.cancel(&stray, OURS).await;
    assert_eq!(phone.next().await.code(), Some(481));
    assert_eq!(bench.left_open(), 0);
}

#[tokio::test]
async fn digits_by_info_and_rtp_are_one_press() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let (leg, mut dialog) = talking(&mut bench, &mut phone).await;
    phone.inside(&mut dialog, "INFO", "application/dtmf-relay", "Signal=9\r\nDuration=160\r\n").await;
    phone.answer(200).await;
    assert_eq!(bench.event().await, GatewayEvent::Digit { leg, digit: '9' });
    let press = |digit| crate::live::plane::PlaneEvent::Digit { leg, digit };
    bench.told.send(press('9')).await.expect("read");
    bench.told.send(press('1')).await.expect("read");
    assert_eq!(bench.event().await, GatewayEvent::Digit { leg, digit: '1' }, "the 9 by RTP was the same press");
    phone.inside(&mut dialog, "INFO", "application/dtmf", "#").await;
    phone.answer(200).await;
    assert_eq!(bench.event().await, GatewayEvent::Digit { leg, digit: '#' });
    phone.inside(&mut dialog, "INFO", "text/plain", "hello").await;
    assert_eq!(phone.next().await.code(), Some(415));
}

#[tokio::test]
async fn offers_and_refreshes_inside_a_call() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let (leg, mut dialog) = talking(&mut bench, &mut phone).await;
    phone.inside(&mut dialog, "INVITE", "application/sdp", "hold").await;
    let ok = phone.answer(200).await;
    assert_eq!(ok.sdp(), Some("again to hold"));
    phone.ack(&mut dialog, &ok, "").await;
    bench.told.send(crate::live::plane::PlaneEvent::HoldChanged { leg, on: true }).await.expect("read");
    assert_eq!(bench.event().await, GatewayEvent::HoldChanged { leg, on: true });

    phone.inside(&mut dialog, "INVITE", "application/sdp", "bad").await;
    let refusal = phone.next().await;
    assert_eq!(refusal.code(), Some(488));
    let again = Dialog { via: phone.via("z9hG4bKx"), ..dialog.clone() };
    phone.ack_refusal(&again, &dialog.target, &refusal).await;

    phone.inside(&mut dialog, "UPDATE", "", "").await;
    let ok = phone.answer(200).await;
    assert_eq!(ok.sdp(), None, "a session refresh");
    phone.inside(&mut dialog, "UPDATE", "application/sdp", "moved").await;
    assert_eq!(phone.answer(200).await.sdp(), Some("again to moved"));
    phone.inside(&mut dialog, "OPTIONS", "", "").await;
    phone.answer(200).await;
    phone.inside(&mut dialog, "REFER", "", "").await;
    assert_eq!(phone.next().await.code(), Some(405));
    dialog.seq = 1;
    phone.inside(&mut dialog, "INFO", "", "").await;
    assert_eq!(phone.next().await.code(), Some(500), "an old number");
    dialog.seq = 90;
    phone.inside(&mut dialog, "BYE", "", "").await;
    phone.answer(200).await;
    assert_eq!(bench.ended(leg).await, (true, EndCause::Normal, 200));
}

#[tokio::test]
async fn an_invite_without_offer_is_offered_ours() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let mut dialog = phone.invite(OURS, "").await;
    let leg = bench.invited().await;
    bench.gateway.answer(leg).expect("taken");
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg });
    let ok = phone.answer(200).await;
    assert_eq!(ok.sdp(), Some("our offer"));
    phone.ack(&mut dialog, &ok, "their answer").await;
    assert_eq!(bench.event().await, GatewayEvent::MediaUp { leg });
}

#[tokio::test]
async fn a_citizens_token_calls_its_number_and_only_once() {
    let mut bench = Bench::start().await;
    let web = Dialled::Entry(EntryName::new("web").expect("good"));
    let who = WebIdentity::Citizen { number: web.clone(), token: "t1".into() };
    let (mut page, _task) = bench.web(who.clone(), "anonymous");
    page.invite(OURS, "their offer").await;
    page.answer(403).await;
    let mut dialog = page.invite("sip:web@127.0.0.1", "their offer").await;
    let GatewayEvent::Invited { leg, caller, dialled, origin } = bench.event().await else { panic!("no call") };
    assert_eq!((dialled, origin), (web, Origin::WebCitizen));
    assert_eq!((caller.number, caller.presentation), (None, Presentation::Unavailable));
    page.answer(180).await;
    let (mut other, _other_task) = bench.web(who, "anonymous");
    other.invite("sip:web@127.0.0.1", "their offer").await;
    other.answer(403).await;
    bench.gateway.answer(leg).expect("taken");
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg });
    let ok = page.answer(200).await;
    page.ack(&mut dialog, &ok, "").await;
    // The other socket cannot end the call, though it knows the tags.
    other.inside(&mut dialog.clone(), "BYE", "", "").await;
    assert_eq!(other.next().await.code(), Some(481));
    drop(page);
    assert_eq!(bench.ended(leg).await, (true, EndCause::Lost, 0), "a closed page ends its call at once");
    other.invite("sip:web@127.0.0.1", "their offer").await;
    assert!(answered(&mut other, 403).await.code().is_some(), "spent is spent");
    assert_eq!(bench.opened(), [crate::live::plane::MediaKind::WebRtc]);
}

#[tokio::test]
async fn agents_devices_may_not_call_out() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "desk-1").await;
    let invite = |proof: Option<String>, phone: &Phone| {
        let invite = phone.request("INVITE", OURS).with_body("application/sdp", "their offer");
        proof.into_iter().fold(invite, |invite, proof| invite.with("Authorization", &proof))
    };
    phone.send(invite(None, &phone)).await;
    let challenge = phone.answer(401).await;
    let wrong = proof(&challenge, "INVITE", "desk-1", "wrong", 1);
    phone.send(invite(Some(wrong), &phone)).await;
    let challenge = phone.answer(401).await;
    let right = proof(&challenge, "INVITE", "desk-1", super::bench::SECRET, 1);
    phone.send(invite(Some(right), &phone)).await;
    answered(&mut phone, 403).await;
    let (mut page, _task) = bench.web(WebIdentity::Agent(agent("amina")), "amina");
    page.invite(OURS, "their offer").await;
    page.answer(403).await;
    assert!(bench.events.try_recv().is_err());
}

/// The next answer with this code; unacknowledged refusals before it repeat.
async fn answered(phone: &mut Phone, code: u16) -> Message {
    loop {
        let message = phone.next().await;
        if message.code() == Some(code) {
            return message;
        }
    }
}

#[tokio::test]
async fn stopping_says_bye_and_ends_every_task() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let mut waiting = Phone::udp(bench.sip, "0711000002").await;
    let (leg, _) = talking(&mut bench, &mut phone).await;
    let dialog = waiting.invite(OURS, "their offer").await;
    let other = bench.invited().await;
    bench.stop.cancel();
    let bye = phone.asked("BYE").await;
    phone.reply(&bye, 200, "").await;
    let refusal = waiting.answer(480).await;
    waiting.ack_refusal(&dialog, OURS, &refusal).await;
    let mut ended = Vec::new();
    while let Some(event) = tokio::time::timeout(super::phone::PATIENCE, bench.events.recv()).await.expect("it ends") {
        if let GatewayEvent::Ended { leg, .. } = event {
            ended.push(leg);
        }
    }
    // Ids of one millisecond are in no order.
    ended.sort();
    assert_eq!(ended, [leg.min(other), leg.max(other)]);
    tokio::time::timeout(super::phone::PATIENCE, bench.gateway.stopped()).await.expect("every task ended");
    assert!(bench.gateway.dial(leg, "1").is_err());
    assert_eq!(bench.left_open(), 0);
}
