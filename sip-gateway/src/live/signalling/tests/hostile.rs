//! What nobody should send.

use super::bench::Bench;
use super::phone::Phone;
use crate::sip::message::MAX_MESSAGE;

const OURS: &str = "sip:0206900020@127.0.0.1";

#[tokio::test]
async fn garbage_is_ignored_and_the_rest_goes_on() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let invite = phone.request("INVITE", OURS).to_string();
    for text in [
        "\u{0}\u{1}\u{2}".to_owned(),
        "\r\n\r\n".to_owned(),
        "INVITE".to_owned(),
        "SIP/2.0 200 OK\r\n\r\n".to_owned(),
        "x".repeat(20_000),
        invite.replace("Call-ID", "Nothing"),
        invite.replace("CSeq: 1 INVITE", "CSeq: 99999999999 INVITE"),
        invite.replace("SIP/2.0/UDP", "SIP/3.0/XXX"),
        invite.replace("Content-Length: 0", "Content-Length: 50"),
    ] {
        phone.send_text(&text).await;
    }
    phone.send(phone.request("OPTIONS", "sip:hctc@127.0.0.1")).await;
    // No Call-ID, a CSeq beyond all numbers, a body cut short: such are told (RFC 4475 §3.1.2).
    for _ in 0..3 {
        assert_eq!(phone.next().await.code(), Some(400));
    }
    let ok = phone.next().await;
    assert_eq!(ok.code(), Some(200), "the next answer is that to OPTIONS");
    assert!(ok.header("Allow").is_some_and(|a| a.contains("INVITE")));
    assert!(bench.events.try_recv().is_err());
}

#[tokio::test]
async fn what_we_cannot_do_is_told() {
    let bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let tagged = |method: &str, phone: &Phone| {
        phone
            .request(method, OURS)
            .to_string()
            .replace("To: <sip:0206900020@127.0.0.1>", "To: <sip:0206900020@127.0.0.1>;tag=gone")
    };
    for (text, code) in [
        (phone.request("FOO", OURS).to_string(), 405),
        (phone.request("MESSAGE", OURS).to_string(), 405),
        (phone.request("SUBSCRIBE", OURS).to_string(), 405),
        (phone.request("BYE", OURS).to_string(), 481),
        (tagged("BYE", &phone), 481),
        (tagged("INVITE", &phone), 481),
        (tagged("INFO", &phone), 481),
        (phone.request("INVITE", "http://x").to_string(), 416),
        (phone.request("INVITE", OURS).with("Require", "foobar").to_string(), 420),
        (phone.request("INVITE", OURS).with_body("text/plain", "hello").to_string(), 415),
        (phone.request("INVITE", OURS).to_string().replace("Contact:", "X-Contact:"), 400),
        (phone.request("INVITE", OURS).with_body("application/sdp", "bad").to_string(), 488),
    ] {
        // A phone of its own each time: refusals nobody acknowledges repeat.
        let mut phone = Phone::udp(bench.sip, "0711000001").await;
        phone.send_text(&text).await;
        let refusal = loop {
            let message = phone.next().await;
            if message.code() != Some(100) {
                break message;
            }
        };
        assert_eq!(refusal.code(), Some(code), "{text}");
        if code == 405 {
            assert!(refusal.header("Allow").is_some());
        }
        if code == 420 {
            assert_eq!(refusal.header("Unsupported"), Some("foobar"));
        }
    }
    phone.send(phone.request("OPTIONS", OURS)).await;
    phone.answer(200).await;
}

#[tokio::test]
async fn half_open_calls_are_bounded() {
    let mut bench = Bench::with(|config| config.limits.half_open = 1).await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    let first = phone.invite(OURS, "their offer").await;
    let leg = bench.invited().await;
    let mut other = Phone::udp(bench.sip, "0711000002").await;
    other.invite(OURS, "their offer").await;
    assert!(other.answer(503).await.header("Retry-After").is_some());
    phone.cancel(&first, OURS).await;
    bench.ended(leg).await;
    let mut third = Phone::udp(bench.sip, "0711000003").await;
    third.invite(OURS, "their offer").await;
    bench.invited().await;
}

#[tokio::test]
async fn a_flood_does_not_keep_others_out() {
    let bench = Bench::with(|config| config.limits.half_open = 0).await;
    let mut phone = Phone::udp(bench.sip, "0711000001").await;
    // Far beyond the burst even of a trusted source; the socket's own buffer drops some.
    for _ in 0..6_000 {
        phone.send_text("INVITE garbage\r\n\r\n").await;
    }
    let mut other = Phone::tcp(bench.sip, "0711000002").await;
    other.send(other.request("OPTIONS", OURS)).await;
    other.answer(200).await;
}

#[tokio::test]
async fn streams_and_frames_have_limits() {
    let bench = Bench::start().await;
    let mut phone = Phone::tcp(bench.sip, "0711000001").await;
    phone.send_text("\r\n\r\n").await;
    assert_eq!(phone.next_raw().await, "\r\n", "a ping is answered (RFC 5626)");
    let options = phone.request("OPTIONS", OURS).to_string();
    let (a, b) = options.split_at(40);
    phone.send_text(a).await;
    phone.send_text(b).await;
    phone.answer(200).await;
    phone.send_text(&"x".repeat(MAX_MESSAGE + 10)).await;
    assert!(phone.is_closed().await);
    let mut phone = Phone::tcp(bench.sip, "0711000001").await;
    phone.send_text("OPTIONS sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n").await;
    assert!(phone.is_closed().await);

    let who = crate::live::WebIdentity::Agent(super::bench::agent("amina"));
    let (mut page, task) = bench.web(who, "amina");
    page.send(page.request("FOO", OURS)).await;
    page.answer(405).await;
    page.send_text("not SIP at all").await;
    page.send(page.request("OPTIONS", OURS)).await;
    page.answer(200).await;
    page.send_text(&"x".repeat(MAX_MESSAGE + 1)).await;
    task.await.expect("the socket is given up");
}

#[tokio::test]
async fn connections_from_one_address_are_bounded() {
    let bench = Bench::with(|config| config.limits.tcp_connections = 2).await;
    let mut first = Phone::tcp(bench.sip, "a").await;
    let mut second = Phone::tcp(bench.sip, "b").await;
    for phone in [&mut first, &mut second] {
        phone.send(phone.request("OPTIONS", OURS)).await;
        phone.answer(200).await;
    }
    let mut third = Phone::tcp(bench.sip, "c").await;
    assert!(third.is_closed().await);
}
