//! Conferences, supervision, codecs that differ, and recordings across all of it.

use crate::rig::{HOST, Phone, Rig, leg, port_of};
use crate::sound::amplitude;
use sip_gateway::live::plane::{Letters, MediaKind, PlaneCommand, PlaneEvent, Supervision, TapMark};
use sip_gateway::media::codec::{Codec, Decoder, Encoder, MAX_ENCODED, MAX_SOUND};
use sip_gateway::media::digits::{DigitReader, Event};
use sip_gateway::media::rtp::{self, Header};
use sip_gateway::media::sdp::{self, Description, Local, Wish};
use sip_gateway::media::srtp::{MasterKey, Srtp};
use sip_gateway::media::text::{TextReader, TextWriter};
use sip_gateway::media::tones::{ToneReader, ToneWriter};
use sip_gateway::media::{FRAME, g711};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use vocabulary::LegId;
use vocabulary::audio::{Frame, Law, Side};

/// A voice of each.
const HERTZ: [f64; 4] = [400.0, 700.0, 1_100.0, 1_700.0];

fn phones(rig: &mut Rig, many: usize) -> Vec<Phone> {
    (1..=many).map(|n| Phone::call(rig, leg(n as u128), if n == 2 { Law::Mu } else { Law::A }, 101)).collect()
}

/// Everybody says a tone of their own for so many frames, in step with the clock; each hears what comes.
fn talk(phones: &mut [Phone], frames: u32) {
    let began = Instant::now();
    for phone in phones.iter_mut() {
        phone.heard.clear();
        phone.socket.set_nonblocking(true).unwrap();
    }
    for n in 0..frames {
        for (phone, hertz) in phones.iter_mut().zip(HERTZ) {
            phone.say_tone(hertz);
        }
        loop {
            for phone in phones.iter_mut() {
                while phone.try_hear() {}
            }
            if began.elapsed() >= Duration::from_millis(20) * (n + 1) {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
    for phone in phones.iter_mut() {
        phone.socket.set_nonblocking(false).unwrap();
    }
}

/// Which voices are in what a phone heard last.
fn voices(phone: &Phone) -> Vec<usize> {
    let heard = &phone.heard[phone.heard.len().saturating_sub(4_000)..];
    (0..4).filter(|n| heard.len() >= 1_600 && amplitude(phone.law, heard, HERTZ[*n]) > 0.4).collect()
}

/// The loudest trace of a voice in all of it, as a share.
fn trace(phone: &Phone, voice: usize) -> f64 {
    let parts = phone.heard.chunks(800).filter(|part| part.len() == 800);
    parts.map(|part| amplitude(phone.law, part, HERTZ[voice])).fold(0.0, f64::max)
}

#[test]
fn each_of_a_conference_hears_the_others_and_not_itself() {
    let mut rig = Rig::new();
    let mut phones = phones(&mut rig, 4);
    rig.tell(PlaneCommand::Mix { legs: (1..=4).map(leg).collect() });
    rig.sync();
    talk(&mut phones, 60);
    for (n, phone) in phones.iter().enumerate() {
        let others: Vec<usize> = (0..4).filter(|other| *other != n).collect();
        assert_eq!(voices(phone), others, "phone {n}");
    }
    // One leaves; three stay together.
    rig.tell(PlaneCommand::Leave { leg: leg(4) });
    rig.sync();
    talk(&mut phones, 60);
    assert_eq!(voices(&phones[0]), [1, 2]);
    assert!(phones[3].heard.len() <= 160, "the one who left hears nothing");
    // And two of them alone are relayed as they are.
    rig.tell(PlaneCommand::Leave { leg: leg(3) });
    rig.sync();
    phones[0].heard.clear();
    phones[1].heard.clear();
    for n in 0..5u8 {
        phones[0].say(&[n; 160]);
        phones[1].hear_until(&{
            let mut mu = [0; 160];
            g711::transcode(Law::A, &[n; 160], Law::Mu, &mut mu);
            mu
        });
    }
}

#[test]
fn a_listening_supervisor_is_heard_by_nobody_ever() {
    let mut rig = Rig::new();
    let mut phones = phones(&mut rig, 3);
    rig.bridge(leg(1), leg(2));
    let supervise = |mode| PlaneCommand::Supervise { supervisor: leg(3), citizen: leg(1), agent: leg(2), mode };
    rig.tell(supervise(Supervision::Listen));
    rig.sync();
    talk(&mut phones, 80);
    assert_eq!(voices(&phones[2]), [0, 1], "the supervisor hears both");
    for party in 0..2 {
        assert!(trace(&phones[party], 2) < 0.02, "party {party}: {}", trace(&phones[party], 2));
        assert_eq!(voices(&phones[party]), [1 - party]);
    }
    // What the parties hear is still relayed byte for byte: nothing was mixed for them.
    rig.sync();
    phones[0].say(&[0x21; 160]);
    let mut mu = [0; 160];
    g711::transcode(Law::A, &[0x21; 160], Law::Mu, &mut mu);
    phones[1].hear_until(&mu);

    rig.tell(supervise(Supervision::Whisper));
    rig.sync();
    talk(&mut phones, 80);
    assert_eq!(voices(&phones[1]), [0, 2], "the agent hears the whisper");
    assert_eq!(voices(&phones[0]), [1]);
    assert!(trace(&phones[0], 2) < 0.02, "the citizen does not: {}", trace(&phones[0], 2));

    rig.tell(supervise(Supervision::Barge));
    rig.sync();
    talk(&mut phones, 80);
    assert_eq!((voices(&phones[0]), voices(&phones[1]), voices(&phones[2])), (vec![1, 2], vec![0, 2], vec![0, 1]));

    rig.tell(PlaneCommand::Unsupervise { supervisor: leg(3) });
    rig.sync();
    talk(&mut phones, 60);
    assert_eq!((voices(&phones[0]), voices(&phones[1])), (vec![1], vec![0]));
    assert!(phones[2].heard.len() <= 160);
}

#[test]
fn a_supervisor_follows_the_citizen_to_the_next_agent_and_may_take_over() {
    let mut rig = Rig::new();
    let mut phones = phones(&mut rig, 4);
    rig.bridge(leg(1), leg(2));
    rig.tell(PlaneCommand::Supervise {
        supervisor: leg(4),
        citizen: leg(1),
        agent: leg(2),
        mode: Supervision::Whisper,
    });
    rig.bridge(leg(1), leg(3));
    talk(&mut phones, 60);
    assert_eq!(voices(&phones[3]), [0, 2], "the new agent, not the old one");
    assert_eq!(voices(&phones[2]), [0], "the whisper was for the other");
    rig.bridge(leg(1), leg(4));
    talk(&mut phones, 60);
    assert_eq!((voices(&phones[0]), voices(&phones[3])), (vec![3], vec![0]));
    rig.close(leg(1));
    talk(&mut phones[1..], 10);
    assert!(phones[1..].iter().all(|phone| phone.heard.len() <= 160));
}

fn frames(tape: &mut rtrb::Consumer<Frame>) -> Vec<Frame> {
    std::iter::from_fn(|| tape.pop().ok()).collect()
}

fn recorded(frames: &[Frame], side: Side) -> Vec<usize> {
    let of = frames.iter().filter(|frame| frame.side == side);
    let sound: Vec<u8> = of.flat_map(|f| f.samples.map(|b| g711::encode(Law::A, g711::decode(f.law, b)))).collect();
    let sound = &sound[sound.len().saturating_sub(4_000)..];
    (0..4).filter(|n| sound.len() >= 1_600 && amplitude(Law::A, sound, HERTZ[*n]) > 0.4).collect()
}

#[test]
fn one_recording_goes_on_across_transfer_conference_and_pauses() {
    let mut rig = Rig::new();
    let mut phones = phones(&mut rig, 4);
    rig.bridge(leg(1), leg(2));
    let (sink, mut tape) = rtrb::RingBuffer::new(4_000);
    rig.plane.tap(leg(1), leg(2), sink).unwrap();
    rig.sync();
    talk(&mut phones, 40);
    let first = frames(&mut tape);
    assert_eq!((recorded(&first, Side::Citizen), recorded(&first, Side::Agent)), (vec![0], vec![1]));

    // To another agent: nothing is recorded before it is said that the recording follows.
    rig.bridge(leg(1), leg(3));
    talk(&mut phones, 10);
    rig.sync();
    let between = frames(&mut tape);
    assert!(between.len() <= 2, "{}", between.len());
    rig.tell(PlaneCommand::FollowTap { citizen: leg(1), agent: leg(3) });
    rig.sync();
    talk(&mut phones, 40);
    let second = frames(&mut tape);
    assert_eq!((recorded(&second, Side::Citizen), recorded(&second, Side::Agent)), (vec![0], vec![2]));
    assert!(second[0].at_millis >= first.last().unwrap().at_millis + 150, "on one clock, the gap kept");

    // A third party on the line is part of it; a whisper is not.
    rig.tell(PlaneCommand::Mix { legs: vec![leg(1), leg(3), leg(4)] });
    rig.sync();
    talk(&mut phones, 40);
    let third = frames(&mut tape);
    assert_eq!((recorded(&third, Side::Citizen), recorded(&third, Side::Agent)), (vec![0], vec![2, 3]));

    rig.tell(PlaneCommand::PauseTap { citizen: leg(1) });
    rig.sync();
    frames(&mut tape);
    talk(&mut phones, 20);
    assert!(frames(&mut tape).is_empty(), "a card number is not on it");
    rig.tell(PlaneCommand::ResumeTap { citizen: leg(1) });
    rig.sync();
    talk(&mut phones, 20);
    assert!(frames(&mut tape).len() > 20);
    rig.close(leg(3));
    assert!(!tape.is_abandoned(), "the agent's end is not the recording's");
    rig.close(leg(1));
    assert!(tape.is_abandoned());
    let mark = |rig: &mut Rig| {
        rig.wait(|event| match event {
            PlaneEvent::TapMarked { leg: of, mark, .. } if *of == leg(1) => Some(*mark),
            _ => None,
        })
    };
    assert_eq!(
        [mark(&mut rig), mark(&mut rig), mark(&mut rig)],
        [TapMark::Followed(leg(3)), TapMark::Paused, TapMark::Resumed]
    );
}

/// A phone that speaks another codec, encrypted if asked.
struct Wide {
    socket: UdpSocket,
    far: SocketAddr,
    codec: Codec,
    payload_type: u8,
    encoder: Encoder,
    decoder: Decoder,
    sequence: u16,
    sent: usize,
    heard: Vec<u8>,
    secure: Option<(Srtp, Srtp)>,
    seen: Vec<Vec<u8>>,
    reader: DigitReader,
    digits: String,
}

impl Wide {
    fn call(rig: &mut Rig, id: LegId, codec: Codec, secured: bool) -> Wide {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let port = socket.local_addr().unwrap().port();
        let local = Local { ip: HOST, port, text_port: None, session: 1, version: 1, key: MasterKey([3; 30]) };
        let wish = Wish { codecs: &[codec], secured, ..Wish::PLAIN };
        rig.tell(PlaneCommand::Open { leg: id, kind: MediaKind::Rtp });
        rig.tell(PlaneCommand::Answer { leg: id, sdp: sdp::offer(local, &wish) });
        let answer = rig.local(id);
        let agreed = sdp::agree(&Description::read(&answer).unwrap(), local, &wish).unwrap();
        assert_eq!(agreed.codec, codec);
        let secure = agreed.secure.map(|s| (Srtp::new(s.suite, &s.ours), Srtp::new(s.suite, &s.theirs)));
        assert_eq!(secure.is_some(), secured);
        Wide {
            socket,
            far: SocketAddr::new(HOST, port_of(&answer)),
            codec,
            payload_type: agreed.payload_type,
            encoder: Encoder::new(codec).unwrap(),
            decoder: Decoder::new(codec).unwrap(),
            sequence: 65_000,
            sent: 0,
            heard: Vec::new(),
            secure,
            seen: Vec::new(),
            reader: DigitReader::default(),
            digits: String::new(),
        }
    }

    fn say_tone(&mut self, hertz: f64) {
        let sound: [i16; FRAME] = std::array::from_fn(|i| {
            let at = (self.sent * FRAME + i) as f64 / 8_000.0;
            (12_000.0 * (std::f64::consts::TAU * hertz * at).sin()) as i16
        });
        let mut bytes = [0; 600];
        let length = self.encoder.encode(&sound, &mut bytes[12..12 + MAX_ENCODED]);
        let timestamp = self.sent as u32 * self.codec.frame_units();
        let Wide { payload_type, sequence, .. } = *self;
        bytes[..12].copy_from_slice(&rtp::write(Header { payload_type, marker: false, sequence, timestamp, ssrc: 5 }));
        self.sequence = self.sequence.wrapping_add(1);
        self.sent += 1;
        let length = match &mut self.secure {
            Some((ours, _)) => ours.protect(&mut bytes, 12 + length).unwrap(),
            None => 12 + length,
        };
        self.socket.send_to(&bytes[..length], self.far).unwrap();
    }

    fn hear(&mut self) {
        let mut buffer = [0; 1_500];
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            self.seen.push(buffer[..length].to_vec());
            let length = match &mut self.secure {
                Some((_, theirs)) => theirs.unprotect(&mut buffer[..length]).expect("signed by the plane"),
                None => length,
            };
            let (header, payload) = rtp::parse(&buffer[..length]).expect("RTP");
            if header.payload_type == 101 {
                let event = Event::parse(payload).expect("an event");
                self.digits.extend(self.reader.note(header.timestamp, header.marker, event));
                continue;
            }
            assert_eq!(header.payload_type, self.payload_type);
            let mut sound = [0; MAX_SOUND];
            let samples = self.decoder.decode(payload, &mut sound);
            self.heard.extend(sound[..samples].iter().map(|sample| g711::encode(Law::A, *sample)));
        }
    }
}

fn speak(phone: &mut Phone, wide: &mut Wide, frames: u32) {
    let began = Instant::now();
    phone.socket.set_nonblocking(true).unwrap();
    for n in 0..frames {
        phone.say_tone(440.0);
        wide.say_tone(1_000.0);
        while began.elapsed() < Duration::from_millis(20) * (n + 1) {
            wide.hear();
            while phone.try_hear() {}
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

fn strong(law: Law, heard: &[u8], hertz: f64) -> f64 {
    amplitude(law, &heard[heard.len().saturating_sub(4_000)..], hertz)
}

#[test]
fn legs_of_different_codecs_hear_each_other() {
    for codec in [Codec::G722, Codec::Opus] {
        let mut rig = Rig::new();
        let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
        let mut wide = Wide::call(&mut rig, leg(2), codec, false);
        rig.bridge(leg(1), leg(2));
        let (sink, mut tape) = rtrb::RingBuffer::new(4_000);
        rig.plane.tap(leg(1), leg(2), sink).unwrap();
        rig.sync();
        speak(&mut phone, &mut wide, 70);
        assert!(strong(Law::A, &wide.heard, 440.0) > 0.4, "{codec:?}: {}", strong(Law::A, &wide.heard, 440.0));
        assert!(strong(Law::A, &phone.heard, 1_000.0) > 0.4, "{codec:?}: {}", strong(Law::A, &phone.heard, 1_000.0));
        assert!(strong(Law::A, &phone.heard, 440.0) < 0.05, "{codec:?}: not itself");
        let frames = frames(&mut tape);
        for (side, hertz) in [(Side::Citizen, 440.0), (Side::Agent, 1_000.0)] {
            let sound: Vec<u8> = frames.iter().filter(|f| f.side == side).flat_map(|f| f.samples).collect();
            assert!(strong(Law::A, &sound, hertz) > 0.4, "{codec:?} {side:?}");
        }
        // Presses are passed on, on their clock.
        phone.press('4');
        speak(&mut phone, &mut wide, 15);
        phone.press('#');
        speak(&mut phone, &mut wide, 15);
        assert_eq!(wide.digits, "4#", "{codec:?}");
        // A clip is heard in their codec.
        wide.heard.clear();
        let alaw: Box<[u8]> = (0..60).flat_map(|n| crate::sound::tone(Law::A, 600.0, n)).collect();
        rig.plane.play(leg(2), 1, vec![std::sync::Arc::new(vocabulary::audio::Clip { alaw })], false).unwrap();
        speak(&mut phone, &mut wide, 50);
        assert!(strong(Law::A, &wide.heard, 600.0) > 0.4, "{codec:?}");
    }
}

#[test]
fn an_encrypted_phone_is_heard_and_a_forger_is_not() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    let mut wide = Wide::call(&mut rig, leg(2), Codec::Pcma, true);
    rig.bridge(leg(1), leg(2));
    speak(&mut phone, &mut wide, 50);
    assert!(strong(Law::A, &wide.heard, 440.0) > 0.5 && strong(Law::A, &phone.heard, 1_000.0) > 0.5);
    assert!(wide.seen.iter().all(|packet| packet.len() == 12 + 160 + 10), "with a tag");
    // Somebody who knows the port and the numbers, but not the key, and one who repeats what was said.
    phone.heard.clear();
    let (sequence, timestamp) = (wide.sequence, wide.sent as u32 * 160);
    let mut forged = rtp::write(Header { payload_type: 8, marker: false, sequence, timestamp, ssrc: 5 }).to_vec();
    forged.extend([0x11; 170]);
    wide.socket.send_to(&forged, wide.far).unwrap();
    wide.say_tone(1_000.0);
    phone.socket.set_nonblocking(false).unwrap();
    assert_ne!(phone.hear().payload[..8], [0x11; 8]);
}

#[test]
fn an_offer_of_ours_asks_for_keys_and_a_plain_answer_is_refused() {
    let mut rig = Rig::new();
    rig.tell(PlaneCommand::Open { leg: leg(1), kind: MediaKind::Srtp });
    rig.tell(PlaneCommand::Offer { leg: leg(1) });
    let offer = rig.local(leg(1));
    assert!(offer.contains("RTP/SAVP 8 0 101") && offer.contains("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"));
    rig.tell(PlaneCommand::SetAnswer {
        leg: leg(1),
        sdp: "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9000 RTP/AVP 8\r\n".into(),
    });
    assert_eq!(rig.refused(leg(1)), "audio is offered over a transport that is not supported");
}

/// A phone that takes no telephone events.
fn old_phone(rig: &mut Rig, id: LegId) -> Phone {
    let socket = UdpSocket::bind((HOST, 0)).unwrap();
    let sdp = Phone::offer(&socket, Law::A, 101, "sendrecv").replace("telephone-event", "unheard-of");
    Phone::call_from(rig, id, Law::A, 101, socket, sdp)
}

#[test]
fn a_digit_in_the_sound_is_heard_once_and_only_where_no_events_are_agreed() {
    let mut rig = Rig::new();
    let mut old = old_phone(&mut rig, leg(1));
    let mut new = Phone::call(&mut rig, leg(2), Law::A, 101);
    for key in "19#".chars() {
        let (mut tone, mut sound) = (ToneWriter::press(key).unwrap(), [0; FRAME]);
        while tone.write(&mut sound) {
            let frame = sound.map(|sample| g711::encode(Law::A, sample));
            old.say(&frame);
            new.say(&frame);
        }
        // The new phone says the same as events besides.
        new.press(key);
    }
    rig.wait_for(PlaneEvent::Digit { leg: leg(1), digit: '#' });
    rig.wait_for(PlaneEvent::Digit { leg: leg(2), digit: '#' });
    rig.close(leg(1));
    rig.close(leg(2));
    assert_eq!((rig.digits(leg(1)), rig.digits(leg(2))), ("19".to_owned(), "19".to_owned()));
}

#[test]
fn a_digit_of_ours_is_sound_for_a_phone_without_events() {
    let mut rig = Rig::new();
    let mut old = old_phone(&mut rig, leg(1));
    for digit in "20".chars() {
        rig.tell(PlaneCommand::Digit { leg: leg(1), digit });
    }
    let mut reader = ToneReader::default();
    let mut heard = String::new();
    while heard.len() < 2 {
        let sound: Vec<i16> = old.hear().payload.iter().map(|byte| g711::decode(Law::A, *byte)).collect();
        heard.extend(reader.hear(&sound));
    }
    assert_eq!(heard, "20");
}

#[test]
fn a_caller_who_says_nothing_is_told_once() {
    let mut rig = Rig::new();
    let mut phone = Phone::call(&mut rig, leg(1), Law::A, 101);
    rig.tell(PlaneCommand::Watch { leg: leg(1), quiet_millis: 400 });
    for _ in 0..3 {
        phone.say(&[0xd5; 160]);
    }
    let millis = rig.wait(|event| match event {
        PlaneEvent::Quiet { leg: of, millis } if *of == leg(1) => Some(*millis),
        _ => None,
    });
    assert!((400..5_000).contains(&millis), "{millis}");
}

#[test]
fn letters_travel_both_ways_and_a_strangers_do_not() {
    let mut rig = Rig::new();
    let (sound, letters) = (UdpSocket::bind((HOST, 0)).unwrap(), UdpSocket::bind((HOST, 0)).unwrap());
    letters.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let port = letters.local_addr().unwrap().port();
    let sdp = Phone::offer(&sound, Law::A, 101, "sendrecv")
        + &format!("m=text {port} RTP/AVP 100 98\r\na=rtpmap:98 t140/1000\r\na=rtpmap:100 red/1000\r\n");
    rig.tell(PlaneCommand::Open { leg: leg(1), kind: MediaKind::Rtp });
    rig.tell(PlaneCommand::Answer { leg: leg(1), sdp });
    let answer = rig.local(leg(1));
    let line = answer.lines().find_map(|line| line.strip_prefix("m=text ")).expect("text is taken");
    let far = SocketAddr::new(HOST, line.split(' ').next().unwrap().parse().unwrap());
    let text_of = |rig: &mut Rig| {
        rig.wait(|event| match event {
            PlaneEvent::Text { leg: of, text } if *of == leg(1) => Some(text.0.clone()),
            _ => None,
        })
    };
    let (mut writer, mut sequence) = (TextWriter::default(), 10u16);
    let mut say = |from: &UdpSocket, text: &str, now: u64| {
        writer.write(text);
        let packet = writer.tick(now, Some(98)).unwrap();
        let header =
            Header { payload_type: 100, marker: packet.marker, sequence, timestamp: packet.timestamp, ssrc: 1 };
        sequence += 1;
        let bytes = [&rtp::write(header)[..], &packet.payload].concat();
        from.send_to(&bytes, far).unwrap();
    };
    say(&letters, "Nisa", 0);
    assert_eq!(text_of(&mut rig), "Nisa");
    // One packet never comes from where it should; the next says it again.
    let stranger = UdpSocket::bind((HOST, 0)).unwrap();
    say(&stranger, "id", 300);
    say(&letters, "ie", 600);
    assert_eq!(text_of(&mut rig), "idie");
    rig.tell(PlaneCommand::Text { leg: leg(1), text: Letters("Uko salama?".to_owned()) });
    let (mut reader, mut read, mut buffer) = (TextReader::default(), String::new(), [0; 600]);
    while read.len() < 11 {
        let (length, from) = letters.recv_from(&mut buffer).expect("in time");
        assert_eq!(from, far);
        let (header, payload) = rtp::parse(&buffer[..length]).unwrap();
        assert_eq!(header.payload_type, 100);
        read += &reader.read(header.sequence as u64 + 70_000, payload, true);
    }
    assert_eq!(read, "Uko salama?");
}
