//! SIP legs: plain RTP phones.

use crate::rig::{HOST, Phone, Rig, counted, leg, port_of};
use crate::sound::{hears, tone};
use sip_gateway::live::plane::{MediaKind, Plane, PlaneCommand, PlaneConfig, PlaneEvent};
use sip_gateway::media::digits::{DigitReader, Event};
use sip_gateway::media::rtcp;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vocabulary::audio::{Clip, Law, Side};

fn pair(rig: &mut Rig, a: Law, b: Law) -> (Phone, Phone) {
    let one = Phone::call(rig, leg(1), a, 101);
    let other = Phone::call(rig, leg(2), b, 96);
    rig.bridge(leg(1), leg(2));
    (one, other)
}

/// Both talk for some frames, each hearing every frame of the other.
fn talk(one: &mut Phone, other: &mut Phone, frames: usize) {
    for _ in 0..frames {
        one.say_tone(440.0);
        other.say_tone(1_000.0);
        other.hear();
        one.hear();
    }
}

fn clip(frames: usize, extra: usize) -> Arc<Clip> {
    Arc::new(Clip { alaw: (0..frames * 160 + extra).map(|n| (n / 160 * 7 + n % 160) as u8).collect() })
}

#[test]
fn bridged_phones_hear_each_other_and_not_themselves() {
    for (a, b) in [(Law::A, Law::A), (Law::A, Law::Mu), (Law::Mu, Law::A), (Law::Mu, Law::Mu)] {
        let mut rig = Rig::new();
        let (mut one, mut other) = pair(&mut rig, a, b);
        talk(&mut one, &mut other, 40);
        assert!(hears(b, &other.heard, 440.0, 1_000.0), "{a:?} to {b:?}");
        assert!(hears(a, &one.heard, 1_000.0, 440.0), "{b:?} to {a:?}");
        let PlaneEvent::Stats { packets_in, packets_out, lost, .. } = rig.close(leg(1)) else { panic!() };
        assert_eq!((packets_in, packets_out, lost), (40, 40, 0));
    }
}

#[test]
fn one_law_passes_byte_for_byte_with_a_stream_of_its_own() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    let mut ssrcs = Vec::new();
    for n in 0..10usize {
        let frame = tone(Law::A, 300.0, n);
        one.say(&frame);
        let got = other.hear();
        assert_eq!((got.payload, got.header.marker), (frame, n == 0));
        ssrcs.push(got.header.ssrc);
    }
    ssrcs.dedup();
    assert!(ssrcs.len() == 1 && ssrcs[0] != one.ssrc);
}

#[test]
fn a_clip_is_heard_byte_for_byte_in_step() {
    for law in [Law::A, Law::Mu] {
        let mut rig = Rig::new();
        let mut phone = Phone::call(&mut rig, leg(1), law, 101);
        let (first, second) = (clip(6, 50), clip(5, 0));
        let began = Instant::now();
        rig.plane.play(leg(1), 7, vec![first.clone(), second.clone()], false).unwrap();
        let got: Vec<_> = (0..12).map(|_| phone.hear()).collect();
        // A thread that was late may make up for five ticks (MAX_CATCH_UP); never all at once.
        assert!(began.elapsed() >= Duration::from_millis((11 - 5) * 20), "{:?}", began.elapsed());
        rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 7 });
        for (n, pair) in got.windows(2).enumerate() {
            let (a, b) = (pair[0].header, pair[1].header);
            assert_eq!(b.sequence, a.sequence.wrapping_add(1), "{n}");
            assert_eq!(b.timestamp, a.timestamp.wrapping_add(160), "{n}");
        }
        assert!(got[0].header.marker && got[1..].iter().all(|g| !g.header.marker));
        let mut whole = [&first.alaw[..], &second.alaw[..]].concat();
        whole.resize(12 * 160, 0xd5);
        if law == Law::Mu {
            let alaw = whole.clone();
            sip_gateway::media::g711::transcode(Law::A, &alaw, Law::Mu, &mut whole);
        }
        assert_eq!(phone.heard, whole);
        let PlaneEvent::Stats { packets_out, .. } = rig.close(leg(1)) else { panic!() };
        assert_eq!(packets_out, 12, "and nothing after it");
    }
}

#[test]
fn music_goes_round_until_stopped_and_hides_the_other_leg_meanwhile() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    let tune = clip(3, 0);
    rig.plane.play(leg(1), 1, vec![tune.clone()], true).unwrap();
    for n in 0..8usize {
        other.say(&[n as u8; 160]);
        assert_eq!(one.hear().payload, tune.alaw[n % 3 * 160..][..160]);
    }
    rig.tell(PlaneCommand::StopPlaying { leg: leg(1) });
    rig.sync();
    other.say(&[0x33; 160]);
    one.hear_until(&[0x33; 160]);
    one.say(&[0x44; 160]);
    other.hear_until(&[0x44; 160]);
    assert!(!rig.saw(&PlaneEvent::Played { leg: leg(1), play: 1 }), "stopped is not played");
}

#[test]
fn the_stream_goes_on_from_music_to_the_other_leg() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    rig.plane.play(leg(1), 1, vec![clip(4, 0)], false).unwrap();
    let mut last = (0..4).map(|_| one.hear().header).last().unwrap();
    rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 1 });
    for n in 0..4 {
        other.say_tone(500.0);
        let next = one.hear().header;
        assert_eq!(next.sequence, last.sequence.wrapping_add(1));
        assert_eq!(next.ssrc, last.ssrc);
        let moved = next.timestamp.wrapping_sub(last.timestamp);
        assert!((160..80_000).contains(&moved), "{moved}");
        assert_eq!(next.marker, n == 0);
        last = next;
    }
}

#[test]
fn nothing_to_play_is_played_at_once() {
    let mut rig = Rig::new();
    let _phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    rig.plane.play(leg(1), 3, vec![], false).unwrap();
    rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 3 });
}

#[test]
fn each_press_is_told_once_and_reaches_the_other_leg_under_its_own_number() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    let mut relayed = [String::new(), String::new()];
    let mut readers = [DigitReader::default(), DigitReader::default()];
    for digit in "9*55#".chars() {
        one.press(digit);
        other.press(digit);
        for (n, (phone, pt)) in [(&mut other, 96), (&mut one, 101)].into_iter().enumerate() {
            for _ in 0..8 {
                let got = phone.hear();
                assert_eq!(got.header.payload_type, pt);
                let event = Event::parse(&got.payload).unwrap();
                relayed[n].extend(readers[n].note(got.header.timestamp, got.header.marker, event));
            }
        }
    }
    assert_eq!(relayed, ["9*55#", "9*55#"]);
    rig.close(leg(1));
    rig.close(leg(2));
    assert_eq!((rig.digits(leg(1)), rig.digits(leg(2))), ("9*55#".to_owned(), "9*55#".to_owned()));
}

#[test]
fn digits_of_ours_are_sent_as_presses_and_sound_goes_on_behind_them() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    for digit in "27".chars() {
        rig.tell(PlaneCommand::Digit { leg: leg(2), digit });
    }
    let (mut reader, mut text, mut ends) = (DigitReader::default(), String::new(), 0);
    while ends < 6 {
        let got = other.hear();
        assert_eq!(got.header.payload_type, 96);
        let event = Event::parse(&got.payload).unwrap();
        ends += u32::from(event.end);
        text.extend(reader.note(got.header.timestamp, got.header.marker, event));
    }
    assert_eq!(text, "27");
    // The gap behind the last press passes before sound is let through again.
    let heard = (0..1_000).any(|_| {
        one.say_tone(440.0);
        other.socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut buffer = [0; 500];
        other.socket.recv_from(&mut buffer).is_ok_and(|(n, _)| n == 172 && buffer[1] & 0x7f == 8)
    });
    assert!(heard);
}

#[test]
fn strangers_are_dropped_and_counted() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    talk(&mut one, &mut other, 2);
    let before = counted("rtp_stranger_total");
    let stranger = UdpSocket::bind((HOST, 0)).unwrap();
    let garbage: [&[u8]; 3] = [b"", b"\x80", &[0xff; 1_500]];
    for _ in 0..4 {
        let packet = one.packet(8, false, &[0x11; 160]);
        one.sequence = one.sequence.wrapping_sub(1);
        stranger.send_to(&packet, one.far).unwrap();
        for bytes in garbage {
            stranger.send_to(bytes, one.far).unwrap();
        }
        one.say(&[0x22; 160]);
        assert_eq!(other.hear().payload, [0x22; 160], "never the stranger");
    }
    rig.close(leg(1));
    assert!(counted("rtp_stranger_total") >= before + 16, "{}", counted("rtp_stranger_total") - before);
    assert!(counted("rtp_packets_total.in") > 0 && counted("rtp_packets_total.out") > 0);
}

#[test]
fn a_stranger_who_was_quicker_is_out_when_the_caller_speaks() {
    let mut rig = Rig::new();
    let mut one = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut other = Phone::call(&mut rig, leg(2), Law::A, 101);
    rig.bridge(leg(1), leg(2));
    // It guessed a packet of the call, and its socket becomes the leg's far end.
    let stranger = UdpSocket::bind((HOST, 0)).unwrap();
    let forged = one.packet(8, false, &[0x11; 160]);
    stranger.send_to(&forged, one.far).unwrap();
    other.hear_until(&[0x11; 160]);
    one.say(&[0x22; 160]);
    other.hear_until(&[0x22; 160]);
    let before = counted("rtp_stranger_total");
    for n in 0..10u8 {
        let forged = one.packet(8, false, &[0x11; 160]);
        one.sequence = one.sequence.wrapping_sub(1);
        stranger.send_to(&forged, one.far).unwrap();
        one.say(&[n; 160]);
        assert_eq!(other.hear().payload, [n; 160]);
        other.say(&[n; 160]);
        assert_eq!(one.hear().payload, [n; 160], "sent to the caller again");
    }
    rig.close(leg(1));
    assert!(counted("rtp_stranger_total") >= before + 10, "and each of its packets is counted");
}

#[test]
fn a_phone_behind_a_translator_is_followed_once() {
    let mut rig = Rig::new();
    let (signalled, real) = (UdpSocket::bind((HOST, 0)).unwrap(), UdpSocket::bind((HOST, 0)).unwrap());
    let sdp = Phone::offer(&signalled, Law::A, 101, "sendrecv");
    let mut one = Phone::call_from(&mut rig, leg(1), Law::A, 101, real, sdp);
    let mut other = Phone::call(&mut rig, leg(2), Law::A, 101);
    rig.bridge(leg(1), leg(2));
    one.say_tone(440.0);
    other.hear();
    talk(&mut one, &mut other, 20);
    assert!(hears(Law::A, &one.heard, 1_000.0, 440.0), "sent to where it really is");
}

#[test]
fn a_tap_holds_both_sides_only_while_bridged() {
    let mut rig = Rig::new();
    let (mut citizen, mut agent) = pair(&mut rig, Law::A, Law::Mu);
    let mut third = Phone::call(&mut rig, leg(3), Law::A, 101);
    let (sink, mut tape) = rtrb::RingBuffer::new(200);
    rig.plane.tap(leg(1), leg(2), sink).unwrap();
    rig.sync();
    talk(&mut citizen, &mut agent, 40);
    rig.tell(PlaneCommand::Unbridge { a: leg(1), b: leg(2) });
    rig.sync();
    citizen.say(&[0x77; 160]);
    // Neither is a talk with somebody else part of the recording.
    rig.bridge(leg(1), leg(3));
    talk(&mut citizen, &mut third, 3);
    citizen.press('1');
    rig.wait_for(PlaneEvent::Digit { leg: leg(1), digit: '1' });
    rig.tell(PlaneCommand::Untap { citizen: leg(1) });
    rig.close(leg(1));
    assert!(tape.is_abandoned(), "the recorder sees the end");
    let frames: Vec<_> = std::iter::from_fn(|| tape.pop().ok()).collect();
    for (side, law, this, that) in [(Side::Citizen, Law::A, 440.0, 1_000.0), (Side::Agent, Law::Mu, 1_000.0, 440.0)] {
        let of: Vec<_> = frames.iter().filter(|frame| frame.side == side).collect();
        assert_eq!(of.len(), 40);
        assert!(of.iter().all(|frame| frame.law == law && frame.len == 160));
        assert!(of.windows(2).all(|w| w[1].at_millis - w[0].at_millis == 20), "as they were spoken");
        let sound: Vec<u8> = of.iter().flat_map(|frame| frame.samples).collect();
        assert!(hears(law, &sound, this, that), "{side:?}");
    }
}

#[test]
fn a_full_ring_loses_frames_and_never_the_call() {
    let mut rig = Rig::new();
    let (mut citizen, mut agent) = pair(&mut rig, Law::A, Law::A);
    let before = counted("tap_dropped_total");
    let (sink, mut tape) = rtrb::RingBuffer::new(4);
    rig.plane.tap(leg(1), leg(2), sink).unwrap();
    rig.sync();
    talk(&mut citizen, &mut agent, 20);
    rig.close(leg(1));
    assert_eq!(std::iter::from_fn(|| tape.pop().ok()).count(), 4);
    assert!(counted("tap_dropped_total") >= before + 36);
}

#[test]
fn a_held_leg_hears_nothing_until_it_takes_us_back() {
    let mut rig = Rig::new();
    let (mut one, mut other) = pair(&mut rig, Law::A, Law::A);
    talk(&mut one, &mut other, 2);
    let hold = Phone::offer(&one.socket, Law::A, 101, "sendonly");
    rig.tell(PlaneCommand::Reoffer { leg: leg(1), sdp: hold });
    assert!(rig.local(leg(1)).contains("a=recvonly"));
    rig.wait_for(PlaneEvent::HoldChanged { leg: leg(1), on: true });
    other.say(&[0x55; 160]);
    // What is said by the holder still travels, so this also proves that the packet before was read.
    one.say(&[0x66; 160]);
    other.hear_until(&[0x66; 160]);
    let back = Phone::offer(&one.socket, Law::A, 101, "sendrecv");
    rig.tell(PlaneCommand::Reoffer { leg: leg(1), sdp: back });
    assert!(rig.local(leg(1)).contains("a=sendrecv"));
    rig.wait_for(PlaneEvent::HoldChanged { leg: leg(1), on: false });
    other.say(&[0x77; 160]);
    assert_eq!(one.hear().payload, [0x77; 160], "not what was said meanwhile");
}

#[test]
fn a_play_waits_for_a_held_leg() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let hold = Phone::offer(&phone.socket, Law::A, 101, "inactive");
    rig.tell(PlaneCommand::Reoffer { leg: leg(1), sdp: hold });
    rig.local(leg(1));
    let tune = clip(5, 0);
    rig.plane.play(leg(1), 1, vec![tune.clone()], false).unwrap();
    let back = Phone::offer(&phone.socket, Law::A, 101, "sendrecv");
    rig.tell(PlaneCommand::Reoffer { leg: leg(1), sdp: back });
    for n in 0..5 {
        assert_eq!(phone.hear().payload, tune.alaw[n * 160..][..160]);
    }
    rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 1 });
}

#[test]
fn our_offer_is_answered_and_the_answer_twice_changes_nothing() {
    let mut rig = Rig::new();
    let mut caller = Phone::call(&mut rig, leg(1), Law::A, 101);
    rig.tell(PlaneCommand::Open { leg: leg(2), kind: MediaKind::Rtp });
    rig.tell(PlaneCommand::Offer { leg: leg(2) });
    let offer = rig.local(leg(2));
    let socket = UdpSocket::bind((HOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let sdp = Phone::offer(&socket, Law::Mu, 101, "sendrecv");
    rig.tell(PlaneCommand::SetAnswer { leg: leg(2), sdp: sdp.clone() });
    rig.tell(PlaneCommand::SetAnswer { leg: leg(2), sdp });
    rig.wait_for(PlaneEvent::MediaUp { leg: leg(2) });
    rig.bridge(leg(1), leg(2));
    for _ in 0..20 {
        caller.say_tone(440.0);
    }
    let mut heard = Vec::new();
    for _ in 0..20 {
        let mut buffer = [0; 500];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!(from.port(), port_of(&offer));
        heard.extend(&buffer[12..length]);
    }
    assert!(hears(Law::Mu, &heard, 440.0, 1_000.0));
}

#[test]
fn what_cannot_be_spoken_is_refused_and_spoils_nothing() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let g729 = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 18\r\n";
    for (sdp, why) in [
        (g729, "none of PCMA, PCMU, G722 and opus is offered"),
        ("", "the session description is malformed"),
        (&"x".repeat(100_000), "the session description is too large"),
    ] {
        rig.tell(PlaneCommand::Reoffer { leg: leg(1), sdp: sdp.to_owned() });
        assert_eq!(rig.refused(leg(1)), why);
    }
    rig.tell(PlaneCommand::Offer { leg: leg(9) });
    assert_eq!(rig.refused(leg(9)), "there is no such leg");
    rig.tell(PlaneCommand::Open { leg: leg(1), kind: MediaKind::Rtp });
    assert_eq!(rig.refused(leg(1)), "the leg is open already");
    rig.plane.play(leg(1), 1, vec![clip(1, 0)], false).unwrap();
    phone.hear();
}

#[test]
fn a_range_of_ports_runs_out_and_is_given_back() {
    let probe = UdpSocket::bind((HOST, 0)).unwrap().local_addr().unwrap().port() & !1;
    let config = PlaneConfig {
        rtp_ports: probe..=probe + 1,
        rtp_ip: HOST,
        webrtc_listen: SocketAddr::new(HOST, 0),
        advertised_ip: Some([203, 0, 113, 7].into()),
    };
    let (plane, events, _) = Plane::start(config).unwrap();
    let mut rig = Rig::new();
    (rig.plane, rig.events) = (plane, events);
    for n in [1, 2] {
        rig.tell(PlaneCommand::Open { leg: leg(n), kind: MediaKind::Rtp });
        rig.tell(PlaneCommand::Offer { leg: leg(n) });
    }
    let offer = rig.local(leg(1));
    assert!(offer.contains("c=IN IP4 203.0.113.7") && port_of(&offer) == probe);
    assert_eq!(rig.refused(leg(2)), "no media port is free");
    rig.close(leg(1));
    rig.tell(PlaneCommand::Open { leg: leg(3), kind: MediaKind::Rtp });
    rig.tell(PlaneCommand::Offer { leg: leg(3) });
    assert_eq!(port_of(&rig.local(leg(3))), probe);
}

#[test]
fn reports_are_exchanged_and_a_leg_says_goodbye() {
    let mut rig = Rig::new();
    let (rtp, rtcp_socket) = (UdpSocket::bind((HOST, 0)).unwrap(), UdpSocket::bind((HOST, 0)).unwrap());
    rtcp_socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let port = rtcp_socket.local_addr().unwrap().port();
    let sdp = Phone::offer(&rtp, Law::A, 101, "sendrecv") + &format!("a=rtcp:{port}\r\n");
    let mut phone = Phone::call_from(&mut rig, leg(1), Law::A, 101, rtp, sdp);
    rig.plane.play(leg(1), 1, vec![clip(3, 0)], false).unwrap();
    let ours = (0..3).map(|_| phone.hear().header).last().unwrap();
    for n in [0, 1, 3] {
        phone.sequence = 100 + n;
        phone.say(&[0xd5; 160]);
    }
    let sent = rtcp::Sent { ntp: 0x1234_5678_9abc_def0, timestamp: 0, packets: 3, octets: 480 };
    let report = rtcp::write(phone.ssrc, Some(sent), None, "phone", false);
    rtcp_socket.send_to(&report, (HOST, phone.far.port() + 1)).unwrap();
    phone.press('1');
    rig.wait_for(PlaneEvent::Digit { leg: leg(1), digit: '1' });
    // The tick comes behind all reading of a round, so by the next frame their report was read too.
    rig.plane.play(leg(1), 2, vec![clip(1, 0)], false).unwrap();
    rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 2 });
    let PlaneEvent::Stats { lost, .. } = rig.close(leg(1)) else { panic!() };
    assert!(lost >= 1);
    let mut buffer = [0; 500];
    let told = loop {
        let (length, from) = rtcp_socket.recv_from(&mut buffer).unwrap();
        assert_eq!(from.port(), phone.far.port() + 1);
        let told = rtcp::parse(&buffer[..length], phone.ssrc).unwrap();
        assert_eq!(buffer[4..8], ours.ssrc.to_be_bytes());
        if told.goodbye {
            break told;
        }
    };
    let heard = told.heard.expect("a block on the phone");
    assert!(told.report.is_some(), "it sent, so it reports what it sent");
    assert!(heard.lost >= 1, "{heard:?}");
    assert_eq!(heard.last_report, 0x5678_9abc);
}

#[test]
fn the_last_counters_say_how_it_sounded() {
    let mut rig = Rig::new();
    let (rtp, rtcp_socket) = (UdpSocket::bind((HOST, 0)).unwrap(), UdpSocket::bind((HOST, 0)).unwrap());
    rtcp_socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let port = rtcp_socket.local_addr().unwrap().port();
    let sdp = Phone::offer(&rtp, Law::A, 101, "sendrecv") + &format!("a=rtcp:{port}\r\n");
    let mut phone = Phone::call_from(&mut rig, leg(1), Law::A, 101, rtp, sdp);
    let mut other = Phone::call(&mut rig, leg(2), Law::A, 101);
    rig.bridge(leg(1), leg(2));
    // Every tenth is lost, one comes twice; the other side is heard whole.
    for n in 0..300u16 {
        if n % 10 != 9 {
            phone.say_tone(440.0);
            other.hear();
        } else {
            phone.sequence = phone.sequence.wrapping_add(1);
            phone.timestamp = phone.timestamp.wrapping_add(160);
        }
        other.say_tone(1_000.0);
        phone.hear();
    }
    // Their report says that they lost a fifth of ours, 40 ms after our last one came to them.
    rig.plane.play(leg(1), 1, vec![clip(1, 0)], false).unwrap();
    let ours = phone.hear().header.ssrc;
    let mut buffer = [0; 500];
    let report = loop {
        let (length, _) = rtcp_socket.recv_from(&mut buffer).expect("a report every five seconds");
        if let Some(report) = rtcp::parse(&buffer[..length], phone.ssrc).unwrap().report {
            break report;
        }
    };
    let block = rtcp::Block { ssrc: ours, lost: 60, last_report: report, since_report: 1, ..Default::default() };
    let told = rtcp::write(phone.ssrc, None, Some(block), "phone", false);
    rtcp_socket.send_to(&told, (HOST, phone.far.port() + 1)).unwrap();
    let heard = rig.wait(|event| match event {
        PlaneEvent::Stats { leg: of, quality, .. } if *of == leg(1) && quality.mos_out.is_some() => Some(*quality),
        _ => None,
    });
    assert!(heard.round_trip_ms.is_some_and(|trip| trip < 5_000), "{heard:?}");
    let (theirs, ours) = (heard.mos_in.unwrap(), heard.mos_out.unwrap());
    assert!((270..=350).contains(&theirs), "a tenth lost: {theirs}");
    assert!((180..=260).contains(&ours), "a fifth lost: {ours}");
    assert!((23..=30).contains(&heard.bursts), "{heard:?}");
    let PlaneEvent::Stats { quality, .. } = rig.close(leg(2)) else { panic!() };
    assert!(quality.mos_in.unwrap() >= 430, "{quality:?}");
}

#[test]
fn dropping_the_last_handle_ends_the_thread() {
    let mut rig = Rig::new();
    let _phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let (sink, tape) = rtrb::RingBuffer::new(4);
    let _other = Phone::call(&mut rig, leg(2), Law::A, 101);
    rig.plane.tap(leg(1), leg(2), sink).unwrap();
    let Rig { plane, mut events, runtime, .. } = rig;
    let clone = plane.clone();
    drop(plane);
    clone.command(PlaneCommand::StopPlaying { leg: leg(1) }).unwrap();
    drop(clone);
    assert!(tape.is_abandoned(), "joined, so nothing is left of it");
    let left = runtime.block_on(async { std::iter::from_fn(|| events.try_recv().ok()).count() });
    assert!(left >= 2, "each leg said its last counters");
    assert_eq!(events.try_recv(), Err(tokio::sync::mpsc::error::TryRecvError::Disconnected));
}

#[test]
fn shutdown_ends_it_for_every_handle() {
    let rig = Rig::new();
    let clone = rig.plane.clone();
    rig.plane.shutdown();
    assert!(clone.command(PlaneCommand::Offer { leg: leg(1) }).is_err());
}
