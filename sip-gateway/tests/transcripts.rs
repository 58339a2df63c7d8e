//! Transcripts: what a far end sends and what the core orders, by the clock, and what the transaction
//! table does about it. `HCTC_REWRITE=1` writes the outcome into the files, to be read before it is
//! committed.
//!
//! ```text
//! # a comment
//! 1.000 <- udp                     a message arrives (udp, or flow N); its lines follow, each with |
//! 1.000 ask 1 udp                  the core sends a request of ours, which it calls 1; lines follow
//! 1.000 answer 1 180 tag           the core answers their request 1
//! 1.000 cancel 1                   the core cancels its request 1
//! 1.000 closed flow 7              a connection breaks
//! 1.000 wait                       nothing until then
//!     -> 1.500 udp ...             written: in full the first time, then by its first line
//!     * 1.500 ...                  told to the core
//! ```

use sip_gateway::sip::message::Message;
use sip_gateway::sip::registrar::{FlowId, Hop};
use sip_gateway::sip::transaction::{Effect, Input, News, Source, Transactions, TxId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use vocabulary::Time;

#[test]
fn every_transcript_runs_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of transcripts")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sip"))
        .collect();
    files.sort();
    assert!(files.len() >= 12, "transcripts are missing");
    let rewrite = std::env::var_os("HCTC_REWRITE").is_some();
    for path in files {
        let written = std::fs::read_to_string(&path).expect("readable");
        let run = Run::default().script(&written);
        if rewrite {
            std::fs::write(&path, &run).expect("writable");
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for (number, (written, run)) in written.lines().zip(run.lines()).enumerate() {
            assert_eq!(written, run, "{name}, line {}", number + 1);
        }
        assert!(written == run, "{name}: one is longer");
    }
}

#[derive(Default)]
struct Run {
    table: Transactions,
    /// Requests of theirs by the number the transcript gives them.
    theirs: BTreeMap<TxId, Message>,
    numbers: BTreeMap<TxId, String>,
    shown: BTreeSet<String>,
    text: String,
}

impl Run {
    fn script(mut self, script: &str) -> String {
        let mut lines = script.lines().peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("    -> ") || line.starts_with("    * ") || line.starts_with("       ") {
                continue;
            }
            let step = !line.starts_with('#') && !line.trim().is_empty();
            if step {
                self.until(time(line.split_whitespace().next().unwrap_or_default()));
            }
            writeln!(self.text, "{line}").expect("a text grows");
            let mut message = Vec::new();
            while let Some(part) = lines.next_if(|next| next.starts_with("    |")) {
                writeln!(self.text, "{part}").expect("a text grows");
                message.push(part.trim_start().trim_start_matches('|').strip_prefix(' ').unwrap_or_default());
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            if step {
                self.step(time(words[0]), &words[1..], &message);
            }
        }
        self.text
    }

    fn step(&mut self, at: Time, words: &[&str], lines: &[&str]) {
        let read = || {
            let mut text = lines.join("\r\n");
            let gap = if lines.contains(&"") { "" } else { "\r\n\r\n" };
            text.push_str(gap);
            Message::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"))
        };
        let input = match words {
            ["<-", way @ ..] => {
                let hop = hop(way);
                let flow = if let Hop::Flow(flow) = hop { Some(flow) } else { None };
                Input::Received { message: read(), source: Source { peer: peer(), hop, flow }, tag: "table" }
            }
            ["ask", name, way @ ..] => {
                let tx = self.table.next_id();
                self.numbers.insert(tx, (*name).to_owned());
                Input::Request { tx, request: read(), hop: hop(way) }
            }
            ["answer", name, code, tag] => {
                let tx = self.named(name);
                let response = Message::response(&self.theirs[&tx], code.parse().expect("a code"), tag);
                Input::Respond { tx, response }
            }
            ["cancel", name] => {
                let (invite, tx) = (self.named(name), self.table.next_id());
                self.numbers.insert(tx, format!("cancel of {name}"));
                Input::Cancel { invite, tx }
            }
            ["closed", way @ ..] => Input::Closed(hop(way)),
            ["wait"] => return,
            other => panic!("no such step: {other:?}"),
        };
        let mut out = Vec::new();
        self.table.handle(at, input, &mut out);
        self.show(at, out);
    }

    fn named(&self, name: &str) -> TxId {
        *self.numbers.iter().find(|(_, n)| *n == name).unwrap_or_else(|| panic!("no {name}")).0
    }

    /// Lets every deadline up to `at` pass, and shows that nothing happens a millisecond early.
    fn until(&mut self, at: Time) {
        while let Some(due) = self.table.deadline().filter(|due| *due <= at) {
            let mut out = Vec::new();
            self.table.handle(Time(due.0 - 1), Input::Tick, &mut out);
            assert!(out.is_empty(), "something happened before {}", shown(due));
            self.table.handle(due, Input::Tick, &mut out);
            self.show(due, out);
            assert!(self.table.deadline().is_none_or(|next| next > due), "a deadline that does not pass");
        }
    }

    fn show(&mut self, at: Time, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { hop, text } => self.sent(at, hop, &text),
                Effect::Tell(news) => {
                    let told = self.told(news);
                    writeln!(self.text, "    * {} {told}", shown(at)).expect("a text grows");
                }
            }
        }
    }

    fn sent(&mut self, at: Time, hop: Hop, text: &str) {
        let way = match hop {
            Hop::Udp(to) if to == peer() => "udp".to_owned(),
            Hop::Udp(to) => format!("udp {to}"),
            Hop::Tcp(to) => format!("tcp {to}"),
            Hop::Flow(flow) => format!("flow {}", flow.0),
        };
        let mut lines = text.trim_end().lines();
        let first = lines.next().unwrap_or_default();
        let again = if self.shown.insert(text.to_owned()) { "" } else { " (again)" };
        writeln!(self.text, "    -> {} {way} {first}{again}", shown(at)).expect("a text grows");
        for line in lines.filter(|line| again.is_empty() && !line.is_empty()) {
            writeln!(self.text, "       {line}").expect("a text grows");
        }
    }

    fn told(&mut self, news: News) -> String {
        match news {
            News::Request { tx, request, .. } => {
                let number = (self.theirs.len() + 1).to_string();
                let told = format!("request {number}: {}", request.method().unwrap_or_default());
                self.numbers.insert(tx, number);
                self.theirs.insert(tx, request);
                told
            }
            News::Ack { ack, .. } => format!("ACK of a 2xx, {}", ack.header("CSeq").unwrap_or_default()),
            News::Cancelled { tx } => format!("{} cancelled", self.numbers[&tx]),
            News::Response { tx, response } => {
                format!("{} to {}", response.code().unwrap_or_default(), self.numbers[&tx])
            }
            News::StrayOk { response, .. } => {
                format!(
                    "stray {} with tag {}",
                    response.code().unwrap_or_default(),
                    response.tag("To").unwrap_or_default()
                )
            }
            News::Ended { tx, end } => format!("{} ended: {end:?}", self.numbers[&tx]),
            News::Full { tx } => format!("no room for {}", self.numbers[&tx]),
        }
    }
}

fn peer() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 5060))
}

fn hop(words: &[&str]) -> Hop {
    match words {
        ["udp"] => Hop::Udp(peer()),
        ["flow", number] => Hop::Flow(FlowId(number.parse().expect("a number"))),
        other => panic!("no such way: {other:?}"),
    }
}

fn time(word: &str) -> Time {
    let (seconds, millis) = word.split_once('.').expect("seconds with three places");
    assert_eq!(millis.len(), 3, "{word}");
    Time(seconds.parse::<i64>().expect("a number") * 1_000 + millis.parse::<i64>().expect("a number"))
}

fn shown(at: Time) -> String {
    format!("{}.{:03}", at.0 / 1_000, at.0 % 1_000)
}
