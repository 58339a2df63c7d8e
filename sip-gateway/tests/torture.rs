//! Hostile messages: those of RFC 4475, each with the result the RFC asks for, and 20,000 seeded
//! mutations of them. Both go through the door and the transaction table, as from a socket.

use sip_gateway::sip::dialog::expiry::Asked;
use sip_gateway::sip::dialog::refer::Refer;
use sip_gateway::sip::dialog::replaces::Replaces;
use sip_gateway::sip::dialog::{Dialog, DialogId};
use sip_gateway::sip::digest::{Challenge, Credentials};
use sip_gateway::sip::door::{Admission, Door, Sender};
use sip_gateway::sip::message::{MAX_DATAGRAM, Message, frame};
use sip_gateway::sip::registrar::{Asked as Registration, Hop};
use sip_gateway::sip::transaction::{Effect, Input, News, Source, Transactions};
use sip_gateway::sip::{address, message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use vocabulary::{Span, Time};

/// Mutated messages in one run.
const MUTATIONS: u64 = 20_000;
/// Any one message is judged within this.
const LONGEST: Duration = Duration::from_millis(250);

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

/// Name, result and bytes of every message.
fn messages() -> BTreeMap<String, (String, Vec<u8>)> {
    let table = std::fs::read_to_string(folder().join("expected.txt")).expect("the table");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let (name, _, result) = (words.next(), words.next(), words.next());
            let (name, result) = (name.expect("a name"), result.expect("a result"));
            let bytes = std::fs::read(folder().join(format!("{name}.dat"))).expect("its bytes");
            (name.to_owned(), (result.to_owned(), bytes))
        })
        .collect()
}

struct Gate {
    door: Door,
    table: Transactions,
    now: Time,
}

impl Gate {
    fn new() -> Gate {
        Gate { door: Door::default(), table: Transactions::default(), now: Time(0) }
    }

    /// What becomes of bytes from a trunk; also everything that reads a message that passed.
    fn judge(&mut self, bytes: &[u8]) -> String {
        self.now += Span::millis(10);
        let peer: SocketAddr = ([192, 0, 2, 1], 5060).into();
        let message = match self.door.admit(self.now, Sender::Trunk(peer.ip()), MAX_DATAGRAM, "t", bytes) {
            Admission::Drop { .. } => return "drop".into(),
            Admission::Answer { response, .. } => {
                let text = response.to_string();
                let again = Message::parse(text.as_bytes()).unwrap_or_else(|e| panic!("our answer: {e}: {text}"));
                return again.code().expect("an answer").to_string();
            }
            Admission::Take(message) => message,
        };
        read_everything(&message);
        let mut out = Vec::new();
        let source = Source { peer, hop: Hop::Udp(peer), flow: None };
        self.table.handle(self.now, Input::Received { message, source, tag: "t" }, &mut out);
        for effect in out {
            match effect {
                Effect::Send { text, .. } => {
                    return text.split(' ').nth(1).unwrap_or_default().to_owned();
                }
                Effect::Tell(News::Request { tx, request, .. }) => {
                    let response = Message::response(&request, 486, "t");
                    self.table.handle(self.now, Input::Respond { tx, response }, &mut Vec::new());
                }
                Effect::Tell(_) => {}
            }
        }
        "take".into()
    }
}

/// Reads a message with everything that ever reads one; nothing of it may panic.
fn read_everything(message: &Message) {
    let _ = (Dialog::from_invite(message, "t", "<sip:us>"), DialogId::of_request(message));
    let _ = (DialogId::of_response(message), Asked::of(message), Refer::of(message), Replaces::of(message));
    let _ = (address::caller(message), message.sdp(), Registration::parse(message).is_some());
    let _ = address::Dialled::from_uri(message.uri().unwrap_or_default());
    for value in message.headers("Authorization") {
        let _ = (Credentials::parse(value).is_some(), Challenge::parse(value).is_some());
    }
    let _ = message::Message::response(message, 200, "t").to_string();
}

#[test]
fn each_message_of_rfc_4475_has_its_result() {
    let messages = messages();
    assert_eq!(messages.len(), 49, "RFC 4475 has 49 messages");
    let mut wrong = Vec::new();
    for (name, (expected, bytes)) in &messages {
        let found = Gate::new().judge(bytes);
        if found != *expected {
            wrong.push(format!("{name}: wanted {expected}, found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// xorshift64*: the same seed, the same messages.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

fn mutated(draw: &mut Draw, seeds: &[Vec<u8>]) -> Vec<u8> {
    const SPICE: [&[u8]; 14] = [
        b"\r\n",
        b";;",
        b",",
        b"\"",
        b"<",
        b">",
        b"%00",
        b"\x00",
        b"\xff\xfe",
        b"z9hG4bK",
        b"4294967296",
        b"-1",
        b":",
        b" ",
    ];
    let mut bytes = seeds[draw.below(seeds.len())].clone();
    for _ in 0..1 + draw.below(6) {
        if bytes.is_empty() {
            break;
        }
        let (at, length) = (draw.below(bytes.len()), draw.below(40));
        let end = (at + length).min(bytes.len());
        match draw.below(7) {
            0 => bytes.insert(at, draw.below(256) as u8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at] ^= 1 << draw.below(8),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                bytes.splice(at..at, SPICE[draw.below(SPICE.len())].iter().copied());
            }
            5 => {
                let other = &seeds[draw.below(seeds.len())];
                let from = draw.below(other.len());
                let piece = other[from..(from + 200).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

fn timed(bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    let _ = frame(bytes);
    Gate::new().judge(bytes);
    begun.elapsed()
}

#[test]
fn twenty_thousand_mutations_cost_neither_panic_nor_time() {
    let seeds: Vec<Vec<u8>> = messages().into_values().map(|(_, bytes)| bytes).collect();
    let (mut draw, mut gate) = (Draw(0x5eed_4475), Gate::new());
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..MUTATIONS {
        let bytes = mutated(&mut draw, &seeds);
        let begun = Instant::now();
        let _ = frame(&bytes);
        *found.entry(gate.judge(&bytes)).or_default() += 1;
        if begun.elapsed() >= LONGEST {
            // The machine may have been elsewhere meanwhile; a message that is slow is slow each time.
            let quickest = (0..5).map(|_| timed(&bytes)).min().expect("five runs");
            assert!(quickest < LONGEST, "mutation {number} takes {quickest:?}");
        }
        while let Some(at) = gate.table.deadline().filter(|at| *at <= gate.now) {
            gate.table.handle(at, Input::Tick, &mut Vec::new());
        }
    }
    // The mutations reach every door: some pass, some are answered, some dropped.
    for result in ["take", "drop", "400", "405", "416"] {
        assert!(found.get(result).is_some_and(|n| *n > 20), "{result}: {found:?}");
    }
    while let Some(at) = gate.table.deadline() {
        gate.table.handle(at, Input::Tick, &mut Vec::new());
    }
    assert!(gate.table.is_empty(), "every transaction ends");
}
