//! What runs inside a dialog: repetition, reliable provisional answers, session timers.

use super::bench::Bench;
use super::phone::{Phone, Wire};
use crate::live::GatewayEvent;
use crate::sip::message::Message;
use vocabulary::{EndCause, LegId, Ulid};

const OURS: &str = "sip:0206900020@127.0.0.1";
const LEG: LegId = LegId(Ulid(78));

#[tokio::test]
async fn our_200_is_repeated_over_every_transport_until_its_ack() {
    let mut bench = Bench::start().await;
    for mut phone in [Phone::udp(bench.sip, "0711000001").await, Phone::tcp(bench.sip, "0711000001").await] {
        let mut dialog = phone.invite(OURS, "their offer").await;
        let leg = bench.invited().await;
        bench.gateway.answer(leg).expect("taken");
        assert_eq!(bench.event().await, GatewayEvent::Answered { leg });
        let first = phone.answer(200).await;
        let again = phone.next().await;
        assert!(first == again, "the same answer, half a second later");
        phone.ack(&mut dialog, &first, "").await;
        phone.inside(&mut dialog, "OPTIONS", "", "").await;
        let next = phone.next().await;
        assert_eq!(next.cseq().map(|(_, method)| method), Some("OPTIONS"), "no further repetition");
        phone.inside(&mut dialog, "BYE", "", "").await;
        phone.answer(200).await;
        assert_eq!(bench.ended(leg).await, (true, EndCause::Normal, 200));
    }
}

#[tokio::test]
async fn a_caller_who_requires_it_gets_reliable_ringing() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let invite = phone.request("INVITE", OURS).with("Require", "100rel").with_body("application/sdp", "their offer");
    let mut dialog = super::phone::Dialog::of(&invite);
    phone.send(invite).await;
    let leg = bench.invited().await;
    let ringing = phone.answer(180).await;
    assert!(ringing.has_token("Require", "100rel"));
    let rseq: u32 = ringing.header("RSeq").and_then(|v| v.parse().ok()).expect("a number");
    bench.gateway.early_media(leg).expect("taken");
    assert!(phone.answer(180).await == ringing, "repeated; the 183 waits its turn");
    dialog.to = ringing.header("To").expect("copied").to_owned();
    let prack = |seq: u32, rack: u32, phone: &Phone| {
        dialog.message(phone, "PRACK", seq).with("RAck", &format!("{rack} 1 INVITE"))
    };
    phone.send(prack(2, rseq + 7, &phone)).await;
    assert_eq!(phone.answered("PRACK").await.code(), Some(481));
    phone.send(prack(3, rseq, &phone)).await;
    assert_eq!(phone.answered("PRACK").await.code(), Some(200));
    let early = phone.answer(183).await;
    assert_eq!(
        (early.sdp(), early.header("RSeq")),
        (Some("answer to their offer"), Some((rseq + 1).to_string().as_str()))
    );
    phone.send(prack(4, rseq + 1, &phone)).await;
    assert_eq!(phone.answered("PRACK").await.code(), Some(200));
    bench.gateway.answer(leg).expect("taken");
    assert_eq!(phone.answer(200).await.header("RSeq"), None);
}

#[tokio::test]
async fn session_timers_are_agreed() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let invite = |value: &str, phone: &Phone| {
        let invite = phone.request("INVITE", OURS).with("Supported", "timer").with("Session-Expires", value);
        invite.with_body("application/sdp", "their offer")
    };
    phone.send(invite("30", &phone)).await;
    assert_eq!(phone.answer(422).await.header("Min-SE"), Some("90"));
    let mut phone = Phone::udp(bench.sip, "0711000002").await;
    phone.send(invite("600;refresher=uas", &phone)).await;
    let leg = bench.invited().await;
    bench.gateway.answer(leg).expect("taken");
    let ok = phone.answer(200).await;
    assert_eq!(ok.header("Session-Expires"), Some("600;refresher=uas"));
    assert!(ok.has_token("Require", "timer"));
}

#[tokio::test]
async fn a_carrier_may_ask_for_longer_intervals_and_answer_early() {
    let trunk = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    let address = trunk.local_addr().expect("bound");
    let mut bench = Bench::with(|config| config.trunk = Bench::trunk(address)).await;
    let mut line = Phone::udp(bench.sip, "1195").await;
    line.wire = Wire::Udp(trunk);
    bench.gateway.dial(LEG, "1195").expect("taken");
    let first = line.asked("INVITE").await;
    assert_eq!(first.header("Session-Expires"), Some("1800"));
    line.send(Message::response(&first, 422, "x").with("Min-SE", "3600")).await;
    line.asked("ACK").await;
    let invite = line.asked("INVITE").await;
    assert_eq!((invite.header("Session-Expires"), invite.header("Min-SE")), (Some("3600"), Some("3600")));
    assert_eq!(invite.cseq(), Some((2, "INVITE")));
    assert_eq!(invite.header("Call-ID"), first.header("Call-ID"));
    assert!(invite.has_token("Supported", "100rel"));

    let contact = format!("<sip:1195@{address}>");
    let early = Message::response(&invite, 183, "x").with("Contact", &contact).with("Require", "100rel");
    line.send(early.with("RSeq", "41").with_body("application/sdp", "their answer")).await;
    let prack = line.asked("PRACK").await;
    assert_eq!(
        (prack.header("RAck"), prack.cseq(), prack.tag("To")),
        (Some("41 2 INVITE"), Some((3, "PRACK")), Some("x"))
    );
    line.reply(&prack, 200, "").await;
    assert_eq!(bench.event().await, GatewayEvent::Ringing { leg: LEG });
    line.send(Message::response(&invite, 200, "x").with("Contact", &contact)).await;
    assert_eq!(line.asked("ACK").await.cseq(), Some((2, "ACK")));
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg: LEG });
    assert_eq!(bench.event().await, GatewayEvent::MediaUp { leg: LEG }, "by the description of the 183");
    bench.gateway.hang_up(LEG).expect("taken");
    assert_eq!(line.asked("BYE").await.cseq(), Some((4, "BYE")));
}
