//! WebRTC legs: a browser that is another WebRTC engine.

use crate::client::Client;
use crate::rig::{Phone, Rig, leg};
use crate::sound::{hears, tone};
use sip_gateway::live::plane::{MediaKind, PlaneCommand, PlaneEvent};
use sip_gateway::media::digits::{DigitReader, Event};
use std::sync::Arc;
use str0m::config::DtlsVersion;
use str0m::media::Direction;
use vocabulary::LegId;
use vocabulary::audio::{Clip, Law};

/// The browser calls us.
fn call_in(rig: &mut Rig, id: LegId, law: Law, dtls: DtlsVersion) -> Client {
    let mut client = Client::new(law, dtls);
    rig.tell(PlaneCommand::Open { leg: id, kind: MediaKind::WebRtc });
    rig.tell(PlaneCommand::Answer { leg: id, sdp: client.offer() });
    let answer = rig.local(id);
    assert!(answer.contains("a=ice-lite") && answer.contains("a=setup:passive"));
    client.set_answer(&answer);
    client.connect();
    rig.wait_for(PlaneEvent::MediaUp { leg: id });
    client
}

/// We call the browser.
fn call_out(rig: &mut Rig, id: LegId, law: Law) -> Client {
    let mut client = Client::new(law, DtlsVersion::Auto);
    rig.tell(PlaneCommand::Open { leg: id, kind: MediaKind::WebRtc });
    rig.tell(PlaneCommand::Offer { leg: id });
    let offer = rig.local(id);
    let answer = client.answer(&offer);
    rig.tell(PlaneCommand::SetAnswer { leg: id, sdp: answer });
    client.connect();
    rig.wait_for(PlaneEvent::MediaUp { leg: id });
    client
}

fn talk(phone: &mut Phone, client: &mut Client, law: Law, frames: usize) {
    for n in 0..frames {
        phone.say_tone(440.0);
        client.say_sound(&tone(law, 1_000.0, n));
        phone.hear();
        let heard = client.heard.len();
        client.until(|client| client.heard.len() > heard);
    }
}

#[test]
fn a_phone_and_a_browser_hear_each_other() {
    let ways = [
        (Law::A, Law::A, DtlsVersion::Dtls12),
        (Law::Mu, Law::A, DtlsVersion::Dtls13),
        (Law::A, Law::Mu, DtlsVersion::Auto),
    ];
    for (phones, browsers, dtls) in ways {
        let mut rig = Rig::new();
        let mut phone = Phone::call(&mut rig, leg(1), phones, 101);
        let mut client = call_in(&mut rig, leg(2), browsers, dtls);
        rig.bridge(leg(1), leg(2));
        talk(&mut phone, &mut client, browsers, 30);
        assert!(hears(phones, &phone.heard, 1_000.0, 440.0), "{phones:?} hears {browsers:?}");
        assert!(hears(browsers, &client.heard, 440.0, 1_000.0), "{browsers:?} hears {phones:?}");
        assert!(client.sequences.windows(2).all(|w| w[1] == w[0].wrapping_add(1)));
    }
}

#[test]
fn a_browser_that_we_call_is_heard_too() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut client = call_out(&mut rig, leg(2), Law::A);
    rig.bridge(leg(1), leg(2));
    talk(&mut phone, &mut client, Law::A, 30);
    assert!(hears(Law::A, &phone.heard, 1_000.0, 440.0));
    assert!(hears(Law::A, &client.heard, 440.0, 1_000.0));
}

#[test]
fn two_browsers_on_one_socket_hear_each_other() {
    let mut rig = Rig::new();
    let mut one = call_in(&mut rig, leg(1), Law::A, DtlsVersion::Auto);
    let mut other = call_in(&mut rig, leg(2), Law::Mu, DtlsVersion::Dtls12);
    rig.bridge(leg(1), leg(2));
    for n in 0..30 {
        one.say_sound(&tone(Law::A, 440.0, n));
        other.say_sound(&tone(Law::Mu, 1_000.0, n));
        let heard = one.heard.len();
        one.until(|client| client.heard.len() > heard);
        let heard = other.heard.len();
        other.until(|client| client.heard.len() > heard);
    }
    assert!(hears(Law::A, &one.heard, 1_000.0, 440.0));
    assert!(hears(Law::Mu, &other.heard, 440.0, 1_000.0));
}

#[test]
fn a_clip_reaches_a_browser_byte_for_byte() {
    let mut rig = Rig::new();
    let mut client = call_in(&mut rig, leg(1), Law::A, DtlsVersion::Auto);
    let clip = Arc::new(Clip { alaw: (0..1_600).map(|n| (n % 251) as u8).collect() });
    rig.plane.play(leg(1), 5, vec![clip.clone()], false).unwrap();
    client.until(|client| client.heard.len() >= 1_600);
    assert_eq!(client.heard, &clip.alaw[..]);
    rig.wait_for(PlaneEvent::Played { leg: leg(1), play: 5 });
}

#[test]
fn a_play_given_early_is_heard_from_its_beginning() {
    let mut rig = Rig::new();
    let mut client = Client::new(Law::A, DtlsVersion::Auto);
    rig.tell(PlaneCommand::Open { leg: leg(1), kind: MediaKind::WebRtc });
    let clip = Arc::new(Clip { alaw: (0..800).map(|n| (n % 251) as u8).collect() });
    rig.plane.play(leg(1), 5, vec![clip.clone()], false).unwrap();
    rig.tell(PlaneCommand::Answer { leg: leg(1), sdp: client.offer() });
    let answer = rig.local(leg(1));
    client.set_answer(&answer);
    client.until(|client| client.heard.len() >= 800);
    assert_eq!(client.heard, &clip.alaw[..]);
}

#[test]
fn digits_travel_both_ways_once_each() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut client = call_in(&mut rig, leg(2), Law::A, DtlsVersion::Auto);
    rig.bridge(leg(1), leg(2));
    let mut reader = DigitReader::default();
    let mut relayed = String::new();
    for (n, code) in [5u8, 5, 11].into_iter().enumerate() {
        for step in 1..=6u16 {
            let event = Event { code, end: step > 3, volume: 10, duration: 160 * step.min(4) };
            client.say(126, step == 1, &event.write());
            let got = phone.hear();
            assert_eq!(got.header.payload_type, 101);
            let event = Event::parse(&got.payload).unwrap();
            relayed.extend(reader.note(got.header.timestamp, got.header.marker, event));
        }
        client.pass(1_600);
        phone.press(['1', '2', '#'][n]);
        client.until(|client| client.events.len() >= 8 * (n + 1));
    }
    assert_eq!(relayed, "55#");
    let mut reader = DigitReader::default();
    let heard: String = client
        .events
        .iter()
        .filter_map(|(at, marker, bytes)| reader.note(*at, *marker, Event::parse(bytes).unwrap()))
        .collect();
    assert_eq!(heard, "12#");
    rig.close(leg(1));
    rig.close(leg(2));
    assert_eq!((rig.digits(leg(1)), rig.digits(leg(2))), ("12#".to_owned(), "55#".to_owned()));
}

#[test]
fn a_closed_page_is_gone_at_once_and_the_other_leg_lives() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut client = call_in(&mut rig, leg(2), Law::A, DtlsVersion::Auto);
    rig.bridge(leg(1), leg(2));
    talk(&mut phone, &mut client, Law::A, 2);
    client.close();
    rig.wait_for(PlaneEvent::Gone { leg: leg(2) });
    rig.tell(PlaneCommand::Close { leg: leg(2) });
    // The agent is back on a new leg; the caller's stream goes on.
    let mut again = call_in(&mut rig, leg(3), Law::A, DtlsVersion::Auto);
    rig.bridge(leg(1), leg(3));
    phone.heard.clear();
    talk(&mut phone, &mut again, Law::A, 20);
    assert!(hears(Law::A, &phone.heard, 1_000.0, 440.0));
}

#[test]
fn hold_by_the_browser_stops_what_it_hears() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut client = call_in(&mut rig, leg(2), Law::A, DtlsVersion::Auto);
    rig.bridge(leg(1), leg(2));
    talk(&mut phone, &mut client, Law::A, 2);
    for (direction, on) in [(Direction::SendOnly, true), (Direction::SendRecv, false)] {
        rig.tell(PlaneCommand::Reoffer { leg: leg(2), sdp: client.reoffer(direction) });
        let answer = rig.local(leg(2));
        assert!(answer.contains(if on { "a=recvonly" } else { "a=sendrecv" }), "{answer}");
        client.set_answer(&answer);
        rig.wait_for(PlaneEvent::HoldChanged { leg: leg(2), on });
        client.heard.clear();
        if on {
            phone.say(&[0x55; 160]);
            // Heard by the phone only after the plane has read what the phone said before.
            client.say_sound(&[0x66; 160]);
            phone.hear_until(&[0x66; 160]);
        }
    }
    phone.say(&[0x77; 160]);
    client.until(|client| !client.heard.is_empty());
    assert_eq!(client.heard, [0x77; 160], "nothing of what was said during hold");
}

#[test]
fn an_ice_restart_of_ours_keeps_the_call() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut client = call_in(&mut rig, leg(2), Law::A, DtlsVersion::Auto);
    rig.bridge(leg(1), leg(2));
    talk(&mut phone, &mut client, Law::A, 2);
    rig.tell(PlaneCommand::Restart { leg: leg(2) });
    let offer = rig.local(leg(2));
    let answer = client.answer(&offer);
    rig.tell(PlaneCommand::SetAnswer { leg: leg(2), sdp: answer });
    phone.heard.clear();
    client.heard.clear();
    talk(&mut phone, &mut client, Law::A, 30);
    assert!(hears(Law::A, &phone.heard, 1_000.0, 440.0));
    assert!(hears(Law::A, &client.heard, 440.0, 1_000.0));
}

#[test]
fn a_browser_without_g711_is_refused() {
    let mut rig = Rig::new();
    let offer = Client::new(Law::A, DtlsVersion::Auto).offer();
    let offer: String = offer
        .lines()
        .filter(|line| !line.contains("PCM"))
        .map(|line| {
            if line.starts_with("m=audio") {
                "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".to_owned()
            } else {
                format!("{line}\r\n")
            }
        })
        .collect();
    for (sdp, why) in [
        (offer.as_str(), "neither PCMA nor PCMU is offered"),
        ("v=0\r\nnonsense", "the session description is malformed"),
        (&"a".repeat(50_000), "the session description is too large"),
    ] {
        rig.tell(PlaneCommand::Open { leg: leg(1), kind: MediaKind::WebRtc });
        rig.tell(PlaneCommand::Answer { leg: leg(1), sdp: sdp.to_owned() });
        assert_eq!(rig.refused(leg(1)), why);
        rig.close(leg(1));
    }
}
