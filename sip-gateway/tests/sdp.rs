//! Offers of real phones and trunks, and what we answer: `tests/sdp/*.offer`, each beside the answer
//! expected of it (`*.answer`). `HCTC_REWRITE=1` writes the answers anew for reading in the diff.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sip_gateway::media::codec::Codec;
use sip_gateway::media::sdp::{Description, Local, Unacceptable, Wish, agree, answer, offer};
use sip_gateway::media::srtp::MasterKey;
use std::path::Path;

const LOCAL: Local = Local {
    ip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
    port: 20_000,
    text_port: Some(20_002),
    session: 42,
    version: 1,
    key: MasterKey([7; 30]),
};

fn crlf(text: &str) -> String {
    text.lines().map(|line| format!("{line}\r\n")).collect()
}

fn answered(theirs: &str) -> String {
    match Description::read(theirs).and_then(|theirs| answer(&theirs, LOCAL)) {
        Err(why) => format!("refused: {why}\n"),
        Ok((text, agreed)) => {
            let to = |at: Option<std::net::SocketAddr>| at.map_or("nowhere".to_owned(), |at| at.to_string());
            let mut head = format!(
                "{:?} as {}, digits {:?}, rtp {}, rtcp {}",
                agreed.codec,
                agreed.payload_type,
                agreed.digits,
                to(agreed.rtp),
                to(agreed.rtcp)
            );
            if agreed.comfort {
                head += ", comfort noise";
            }
            if let Some(secure) = agreed.secure {
                head += &format!(", encrypted by line {}", secure.tag);
            }
            if let Some(text) = agreed.text {
                head += &format!(", text to {} as {}, redundant {:?}", text.rtp, text.payload_type, text.redundant);
            }
            head += "\n\n";
            assert!(text.split_inclusive("\r\n").all(|line| line.ends_with("\r\n")));
            head + &text.replace("\r\n", "\n")
        }
    }
}

#[test]
fn answers_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdp");
    let (mut seen, mut wrong) = (0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|is| is == "offer")) {
        seen += 1;
        let found = answered(&crlf(&std::fs::read_to_string(path).unwrap()));
        let beside = path.with_extension("answer");
        if std::env::var_os("HCTC_REWRITE").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n{found}\nexpected:\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 10, "the offers are gone");
}

#[test]
fn our_offer_is_what_a_trunk_expects() {
    let expected = "v=0\r\no=- 42 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
        m=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
    let local = Local { text_port: None, ..LOCAL };
    assert_eq!(offer(local, &Wish::PLAIN), expected);
    // Another library reads it, and we agree with ourselves.
    let theirs = rtc_sdp::SessionDescription::unmarshal(&mut std::io::Cursor::new(expected)).unwrap();
    assert_eq!(theirs.media_descriptions[0].media_name.formats, ["8", "0", "101"]);
    let agreed = agree(&Description::read(expected).unwrap(), local, &Wish::PLAIN).unwrap();
    assert_eq!((agreed.rtp, agreed.digits), (Some(([192, 0, 2, 10], 20_000).into()), Some(101)));
}

/// Every kind of offer of ours, as a golden file.
#[test]
fn our_offers_are_as_expected() {
    let plain = Wish::PLAIN;
    let all = Wish { codecs: &Codec::ALL, comfort: true, ..plain };
    let offers = [
        ("with-text", offer(LOCAL, &plain)),
        ("every-codec", offer(Local { text_port: None, ..LOCAL }, &all)),
        (
            "opus-first",
            offer(Local { text_port: None, ..LOCAL }, &Wish { codecs: &[Codec::Opus, Codec::Pcma], ..plain }),
        ),
        ("encrypted", offer(LOCAL, &Wish { secured: true, ..plain })),
        ("six", offer(Local { ip: "2001:db8::10".parse().unwrap(), ..LOCAL }, &plain)),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdp/ours");
    for (name, found) in offers {
        let path = folder.join(name).with_extension("offer");
        let found = found.replace("\r\n", "\n");
        if std::env::var_os("HCTC_REWRITE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
    }
}

#[test]
fn an_answer_is_held_against_what_was_offered() {
    let read = |line: &str| Description::read(&format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{line}\r\n")).unwrap();
    let secured = Wish { secured: true, ..Wish::PLAIN };
    assert_eq!(agree(&read("m=audio 4000 RTP/AVP 8"), LOCAL, &secured), Err(Unacceptable::Transport), "not left out");
    assert_eq!(agree(&read("m=audio 4000 RTP/SAVP 8"), LOCAL, &secured), Err(Unacceptable::Keys));
    assert_eq!(
        agree(&read("m=audio 4000 RTP/AVP 9"), LOCAL, &Wish::PLAIN),
        Err(Unacceptable::NoCodec),
        "never offered"
    );
    let wide = Wish { codecs: &Codec::ALL, ..Wish::PLAIN };
    assert_eq!(agree(&read("m=audio 4000 RTP/AVP 9"), LOCAL, &wide).map(|agreed| agreed.codec), Ok(Codec::G722));
    let mapped = "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\n";
    let agreed = agree(&read(mapped), LOCAL, &wide).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Opus, 96));
    // We agree with ourselves about keys: each side decrypts with what the other encrypts with.
    let there = Local { key: MasterKey([9; 30]), ..LOCAL };
    let (text, theirs) = answer(&Description::read(&offer(LOCAL, &secured)).unwrap(), there).unwrap();
    let ours = agree(&Description::read(&text).unwrap(), LOCAL, &secured).unwrap();
    let (ours, theirs) = (ours.secure.unwrap(), theirs.secure.unwrap());
    assert_eq!((ours.ours, ours.theirs, ours.suite), (theirs.theirs, theirs.ours, theirs.suite));
}

#[test]
fn an_answer_that_takes_nothing_is_refused() {
    let nothing = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 8\r\n";
    assert_eq!(agree(&Description::read(nothing).unwrap(), LOCAL, &Wish::PLAIN), Err(Unacceptable::NoAudio));
}

#[test]
fn size_is_bounded() {
    assert_eq!(Description::read(&"v=0\r\n".repeat(5_000)), Err(Unacceptable::TooLarge));
    let lines = "m=audio 1 RTP/AVP 8\r\n".repeat(17);
    assert_eq!(Description::read(&format!("v=0\r\n{lines}")), Err(Unacceptable::TooLarge));
    let many = format!("v=0\r\nm=audio 1 RTP/AVP {}\r\n", "8 ".repeat(5_000));
    assert_eq!(Description::read(&many).unwrap().media[0].formats.len(), 64);
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]=[ -~]{0,40}",
        "m=(audio|video|text) [0-9]{1,6}(/[0-9])? (RTP/AVP|RTP/SAVP|UDP/TLS/RTP/SAVPF)( [0-9a-z]{1,4}){0,5}",
        "c=IN (IP4|IP6) ([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]+)?",
        "c=IN IP6 [0-9a-f:]{1,20}",
        "a=(rtpmap|fmtp|rtcp|ptime):[ -~]{0,30}",
        "a=rtpmap:[0-9]{1,3} (PCMA|PCMU|telephone-event)/(8000|16000)",
        "a=rtpmap:[0-9]{1,3} (G722/8000|opus/48000/2|CN/8000|t140/1000|red/1000)",
        "a=crypto:[0-9]{1,3} AES_CM_128_HMAC_SHA1_(80|32) inline:[a-zA-Z0-9+/]{38,42}(\\|2\\^20)?",
        "m=(audio|text) [0-9]{1,5} RTP/(AVP|SAVP|SAVPF)( (8|0|9|13|96|98|111)){1,5}",
        "a=(sendrecv|sendonly|recvonly|inactive)",
        "\\PC{0,30}",
    ]
}

proptest! {
    #[test]
    fn never_panics_and_answers_every_line(lines in proptest::collection::vec(line(), 0..30), bare: bool) {
        let end = if bare { "\n" } else { "\r\n" };
        let text = format!("v=0{end}{}{end}", lines.join(end));
        if let Ok(theirs) = Description::read(&text)
            && let Ok((ours, _)) = answer(&theirs, LOCAL)
        {
            let ours = Description::read(&ours).expect("we read what we write");
            prop_assert_eq!(ours.media.len(), theirs.media.len());
            prop_assert_eq!(ours.media.iter().filter(|m| !m.is_off() && m.kind == "audio").count(), 1);
            for (o, t) in ours.media.iter().zip(&theirs.media) {
                prop_assert_eq!((&o.kind, &o.transport), (&t.kind, &t.transport));
            }
        }
    }

    #[test]
    fn never_panics_on_noise(text in "\\PC*") {
        let _ = Description::read(&text);
        let _ = Description::read(&format!("v=0\n{text}"));
    }
}
