//! Calls of ours: agents' devices and numbers outside.

use super::bench::{Bench, agent};
use super::phone::Phone;
use crate::live::plane::{MediaKind, PlaneCommand};
use crate::live::signalling::lock;
use crate::live::{GatewayEvent, Ringing, WebIdentity};
use vocabulary::{ContactId, EndCause, LegId, Ulid};

const LEG: LegId = LegId(Ulid(77));

fn about() -> Ringing {
    Ringing { contact: ContactId(Ulid(5)), shown_as: "Wanjiku \"GBV\"\r\nX: 1".into() }
}

#[tokio::test]
async fn the_first_device_to_answer_wins_and_the_others_are_called_off() {
    let mut bench = Bench::start().await;
    let phone = Phone::udp(bench.sip, "desk-1").await;
    let mut first = bench.desk(phone, true).await;
    let phone = Phone::tcp(bench.sip, "desk-2").await;
    let mut second = bench.desk(phone, false).await;
    let (mut page, _task) = bench.web(WebIdentity::Agent(agent("amina")), "amina");
    page.send(page.register(600)).await;
    page.answer(200).await;

    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    let (one, two, three) = (first.asked("INVITE").await, second.asked("INVITE").await, page.asked("INVITE").await);
    assert_eq!(three.header("X-Contact"), Some(ContactId(Ulid(5)).to_string().as_str()));
    assert!(three.header("From").is_some_and(|f| f.starts_with("\"Wanjiku GBVX: 1\" <sip:hctc@")));
    assert_eq!(three.header("X"), None);
    let mut opened = bench.opened();
    opened.sort_by_key(|k| *k == MediaKind::WebRtc);
    assert_eq!(opened, [MediaKind::Rtp, MediaKind::Rtp, MediaKind::WebRtc]);
    first.reply(&one, 180, "").await;
    second.reply(&two, 180, "").await;
    assert_eq!(bench.event().await, GatewayEvent::Ringing { leg: LEG });
    page.reply(&three, 200, "their answer").await;
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg: LEG });
    assert_eq!(bench.event().await, GatewayEvent::MediaUp { leg: LEG });
    page.asked("ACK").await;

    let cancel = first.asked("CANCEL").await;
    first.reply(&cancel, 200, "").await;
    first.reply(&one, 487, "").await;
    first.asked("ACK").await;
    // The other's 200 crosses the CANCEL: taken, and ended.
    second.asked("CANCEL").await;
    second.reply(&two, 200, "their answer").await;
    second.asked("ACK").await;
    let bye = second.asked("BYE").await;
    second.reply(&bye, 200, "").await;

    // Media orders for the leg reach the branch that won.
    bench.gateway.stop_playing(LEG).expect("taken");
    let winner = lock(&bench.media.heard).iter().find_map(|c| match c {
        PlaneCommand::SetAnswer { leg, .. } => Some(*leg),
        _ => None,
    });
    assert_eq!(lock(&bench.media.heard).last(), winner.map(|leg| PlaneCommand::StopPlaying { leg }).as_ref());
    page.send(page.in_their_dialog(&three, "BYE", 9)).await;
    page.answer(200).await;
    assert_eq!(bench.ended(LEG).await, (true, EndCause::Normal, 200));
    assert_eq!(bench.left_open(), 0);
}

#[tokio::test]
async fn a_closed_socket_ends_leg_and_binding_at_once() {
    let mut bench = Bench::start().await;
    let (mut page, task) = bench.web(WebIdentity::Agent(agent("amina")), "amina");
    page.send(page.register(600)).await;
    page.answer(200).await;
    bench.event().await;
    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    let invite = page.asked("INVITE").await;
    page.reply(&invite, 200, "their answer").await;
    page.asked("ACK").await;
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg: LEG });
    assert_eq!(bench.event().await, GatewayEvent::MediaUp { leg: LEG });
    let closed = tokio::time::Instant::now();
    drop(page);
    task.await.expect("the socket's task ends");
    assert_eq!(bench.event().await, GatewayEvent::Unregistered { agent: agent("amina") });
    assert_eq!(bench.ended(LEG).await, (true, EndCause::Lost, 0));
    assert!(closed.elapsed() < std::time::Duration::from_secs(2), "not the 32 s of Timer F");
    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    assert_eq!(bench.ended(LEG).await, (false, EndCause::Lost, 480));

    // The page comes back: a new socket, a new binding, a new leg.
    let (mut page, _task) = bench.web(WebIdentity::Agent(agent("amina")), "amina");
    page.send(page.register(600)).await;
    page.answer(200).await;
    assert_eq!(bench.event().await, GatewayEvent::Registered { agent: agent("amina") });
    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    let invite = page.asked("INVITE").await;
    page.reply(&invite, 486, "").await;
    assert_eq!(bench.ended(LEG).await, (true, EndCause::Busy, 486));
}

#[tokio::test]
async fn hanging_up_a_ring_calls_every_device_off() {
    let mut bench = Bench::start().await;
    let phone = Phone::udp(bench.sip, "desk-1").await;
    let mut first = bench.desk(phone, true).await;
    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    let invite = first.asked("INVITE").await;
    first.reply(&invite, 180, "").await;
    bench.event().await;
    bench.gateway.hang_up(LEG).expect("taken");
    assert_eq!(bench.ended(LEG).await, (false, EndCause::Normal, 0));
    first.asked("CANCEL").await;
    assert_eq!(bench.left_open(), 0);
}

#[tokio::test]
async fn a_device_that_says_nothing_is_given_up() {
    let mut bench = Bench::start().await;
    let phone = Phone::udp(bench.sip, "desk-1").await;
    let mut first = bench.desk(phone, true).await;
    bench.gateway.ring(LEG, &agent("amina"), about()).expect("taken");
    first.asked("INVITE").await;
    assert_eq!(bench.ended(LEG).await, (true, EndCause::Lost, 408));
}

#[tokio::test]
async fn an_outside_number_is_called_and_a_lost_ack_is_sent_again() {
    let trunk = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    let address = trunk.local_addr().expect("bound");
    let mut bench = Bench::with(|config| config.trunk = Bench::trunk(address)).await;
    drop(trunk);
    let mut line = Phone::udp(bench.sip, "1195").await;
    line.wire = super::phone::Wire::Udp(tokio::net::UdpSocket::bind(address).await.expect("free again"));
    bench.gateway.dial(LEG, "1195").expect("taken");
    let invite = line.asked("INVITE").await;
    assert_eq!(invite.uri(), Some(format!("sip:1195@{address}").as_str()));
    line.reply(&invite, 180, "").await;
    assert_eq!(bench.event().await, GatewayEvent::Ringing { leg: LEG });
    let ok = crate::sip::message::Message::response(&invite, 200, "x")
        .with("Contact", &format!("<sip:1195@{address}>"))
        .with_body("application/sdp", "their answer");
    line.send(ok.clone()).await;
    line.asked("ACK").await;
    line.send(ok.clone()).await;
    line.asked("ACK").await;
    assert_eq!(bench.event().await, GatewayEvent::Answered { leg: LEG });
    assert_eq!(bench.event().await, GatewayEvent::MediaUp { leg: LEG });
    // Another phone behind the same number answered too.
    let text = ok.to_string().replace("tag=x", "tag=y");
    line.send_text(&text).await;
    assert_eq!(line.asked("ACK").await.tag("To"), Some("y"));
    let bye = line.asked("BYE").await;
    assert_eq!(bye.tag("To"), Some("y"));
    line.reply(&bye, 200, "").await;
    bench.gateway.hang_up(LEG).expect("taken");
    assert_eq!(bench.ended(LEG).await, (false, EndCause::Normal, 0));
    assert_eq!(line.asked("BYE").await.tag("To"), Some("x"));

    for number in ["", "12;x", "sip:1", &"1".repeat(33)] {
        bench.gateway.dial(LEG, number).expect("taken");
        assert_eq!(bench.ended(LEG).await, (false, EndCause::UnknownNumber, 404), "{number}");
    }
}
