//! Bad input: each is refused clearly, moves a metric, and leaves the call in progress its sound.

mod support;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::{Server, run};
use support::sound::share_of;
use support::staff::{PASSWORD, Staff, client, code, post};
use support::wait_for;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

/// A socket on another loopback address: limits are per address.
fn stranger(last: u8) -> UdpSocket {
    UdpSocket::bind((std::net::Ipv4Addr::new(127, 0, 0, last), 0)).expect("loopback")
}

/// A socket that is not this machine's to itself: loopback has a trunk's limits. A machine without any
/// other address has only that.
fn outsider() -> UdpSocket {
    let probe = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    let own = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr()).map(|a| a.ip());
    own.and_then(|ip| UdpSocket::bind((ip, 0))).unwrap_or_else(|_| stranger(4))
}

fn moved(server: &Server, metric: &str, before: f64) {
    wait_for(&format!("{metric} to move"), || (server.metric(metric) > before).then_some(()));
}

/// A browser agent and a phone that hear each other while others misbehave.
struct Talk {
    agent: Person,
    citizen: Phone,
}

impl Talk {
    fn start(server: &Server) -> Talk {
        let mut agent = Person::agent(server, "amina", 1_000.0);
        let account = Account { user: "0712345678", secret: None, answers: false };
        let mut citizen = Phone::start(server.sip, &account, 440.0);
        citizen.dial(&format!("sip:0206900020@{}", server.sip));
        citizen.wait_event("CALL_ESTABLISHED");
        citizen.press('2');
        citizen.press('0');
        agent.answer();
        agent.hears(440.0);
        Talk { agent, citizen }
    }

    /// Both still hear the other, now: the phone in the next two whole seconds that reach it.
    fn goes_on(&mut self, after: &str) {
        self.agent.hears(440.0);
        let (before, rate) = self.citizen.heard();
        wait_for(&format!("two more seconds of sound after {after}"), || {
            let (samples, _) = self.citizen.heard();
            let fresh = samples.get(before.len()..)?;
            (fresh.len() >= 2 * rate as usize && share_of(fresh, rate, 1_000.0) > 0.7).then_some(())
        });
        assert!(self.citizen.event("CALL_CLOSED").is_none(), "the call survives {after}");
    }
}

fn invite(from: SocketAddr, to: SocketAddr, n: usize, more: &str) -> String {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";
    format!(
        "INVITE sip:0206900020@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKflood{n}\r\nFrom: <sip:x@{from}>;tag=f{n}\r\n\
         To: <sip:0206900020@{to}>\r\nCall-ID: flood-{n}@{from}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{from}>\r\nMax-Forwards: 70\r\n{more}\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// UDP ports a process has open.
fn udp_ports(pid: u32) -> BTreeSet<u16> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).expect("its files").filter_map(|f| fs::read_link(f.ok()?.path()).ok());
    let sockets: BTreeSet<String> = links
        .filter_map(|l| Some(l.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let table = fs::read_to_string("/proc/net/udp").expect("the table");
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.get(9).is_some_and(|inode| sockets.contains(*inode)))
        .filter_map(|row| u16::from_str_radix(row[1].split(':').nth(1)?, 16).ok())
        .collect()
}

/// Resident memory in MB.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status.lines().find(|l| l.starts_with("VmRSS")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number") / 1024
}

#[test]
fn floods_and_strangers_do_not_touch_a_call() {
    let server = Server::start();
    let mut talk = Talk::start(&server);
    let memory_before = memory(server.pid());

    let before = server.metric("sip_malformed_total");
    let socket = stranger(2);
    for n in 0..200u32 {
        let garbage: Vec<u8> = (0..700u32).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(n * 97) >> 13) as u8).collect();
        socket.send_to(&garbage, server.sip).expect("sent");
    }
    moved(&server, "sip_malformed_total", before);
    talk.goes_on("garbage");

    let before = server.metric("sip_malformed_total");
    let socket = stranger(3);
    let huge = format!("X-Huge: {}\r\n", "y".repeat(20_000));
    socket.send_to(invite(socket.local_addr().expect("bound"), server.sip, 0, &huge).as_bytes(), server.sip).expect("sent");
    let mut tcp = TcpStream::connect(server.sip).expect("SIP over TCP");
    // The other side closes while we write: that is the refusal.
    let _ = tcp.write_all(format!("INVITE sip:x SIP/2.0\r\nX-Huge: {}", "y".repeat(200_000)).as_bytes());
    let mut rest = Vec::new();
    let _ = tcp.read_to_end(&mut rest);
    moved(&server, "sip_malformed_total", before + 1.0);
    talk.goes_on("oversized headers");

    // Half-open calls: answered, never acknowledged.
    let before = server.metric("contacts_arrived_total{channel=\"voice\"}");
    let socket = stranger(4);
    for n in 0..200 {
        socket.send_to(invite(socket.local_addr().expect("bound"), server.sip, n, "").as_bytes(), server.sip).expect("sent");
    }
    moved(&server, "contacts_arrived_total{channel=\"voice\"}", before + 50.0);
    talk.goes_on("half-open calls");
    let before = server.metric("sip_refused_total{reason=\"rate\"}");
    let socket = outsider();
    for n in 0..5_000 {
        // What the system's buffer drops was no burden either.
        let _ = socket.send_to(invite(socket.local_addr().expect("bound"), server.sip, n, "").as_bytes(), server.sip);
    }
    moved(&server, "sip_refused_total{reason=\"rate\"}", before);
    talk.goes_on("an INVITE flood");
    let account = Account { user: "0722000001", secret: None, answers: false };
    let mut other = Phone::start(server.sip, &account, 440.0);
    other.dial(&format!("sip:0206900020@{}", server.sip));
    other.wait_event("CALL_ESTABLISHED");
    other.hang_up();

    let before = server.metric("rtp_stranger_total");
    let socket = stranger(5);
    let mut packet = vec![0x80, 8, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9];
    packet.extend([0x2A; 160]);
    for port in udp_ports(server.pid()).into_iter().filter(|p| *p != server.sip.port()) {
        for sequence in 0..100u16 {
            packet[2..4].copy_from_slice(&sequence.to_be_bytes());
            socket.send_to(&packet, ("127.0.0.1", port)).expect("sent");
        }
    }
    moved(&server, "rtp_stranger_total", before);
    talk.goes_on("a stranger's RTP");

    let grown = memory(server.pid()).saturating_sub(memory_before);
    assert!(grown < 200, "memory grew by {grown} MB");
    assert!(ureq::get(server.url("/healthz")).call().is_ok_and(|r| r.status() == 200));
}

/// Opens a chat and sends one frame; what the server closed with, as far as it was heard.
fn chat_frame(server: &Server, text: String) -> Option<u16> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut request = format!("ws://{}/chat/ws", server.http).into_client_request().expect("a URL");
        request.headers_mut().insert("origin", format!("http://{}", server.http).parse().expect("a header"));
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("a chat");
        let open = json!({"t": "open", "entry": "web_chat", "language": "en", "phone": null, "confidential": false});
        socket.send(Message::text(open.to_string())).await.expect("sent");
        // Part of it may be refused before it is written whole.
        let _ = socket.send(Message::text(text)).await;
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|f| f.code.into()),
                Some(Ok(_)) => {}
                Some(Err(tungstenite::Error::ConnectionClosed)) | Some(Err(_)) | None => return None,
            }
        }
    })
}

#[test]
fn web_input_beyond_its_limits_is_refused() {
    let server = Server::start();
    let mut talk = Talk::start(&server);
    let memory_before = memory(server.pid());

    let before = server.metric("hctc_chat_refused_total{why=\"frame too big\"}");
    let closed = chat_frame(&server, format!("{{\"t\":\"msg\",\"text\":\"{}\"}}", "x".repeat(10 << 20)));
    assert!(closed.is_none_or(|code| code == 1009), "{closed:?}");
    moved(&server, "hctc_chat_refused_total{why=\"frame too big\"}", before);
    assert_eq!(chat_frame(&server, "x".repeat(17_000)), Some(1009), "a frame just over the limit hears why");
    assert_eq!(chat_frame(&server, "{\"t\":\"shout\"}".into()), Some(4400));
    talk.goes_on("a chat frame of 10 MB");

    let before = server.metric("http_malformed_total");
    let mut tcp = TcpStream::connect(server.http).expect("HTTP");
    let _ = tcp.write_all(format!("GET / HTTP/1.1\r\nhost: x\r\nx-huge: {}\r\n\r\n", "y".repeat(2 << 20)).as_bytes());
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    moved(&server, "http_malformed_total", before);

    let before = server.metric("log_ins_refused_total{why=\"too_many_tries\"}");
    let agent = client();
    let mut statuses = Vec::new();
    let mut waits = Vec::new();
    for n in 0..20 {
        let body = json!({"name": "baraka", "password": format!("guess {n}"), "code": "000000"});
        let answer = post(&agent, &server.url("/api/login"), "", &body);
        statuses.push(answer.status.as_u16());
        waits.extend(answer.body["retry_seconds"].as_u64());
    }
    assert_eq!(statuses[..10], [401; 10], "{statuses:?}");
    assert_eq!(statuses[10..], [429; 10], "{statuses:?}");
    assert!(waits.len() == 10 && waits.iter().all(|w| *w > 0), "{waits:?}");
    let right = json!({"name": "baraka", "password": PASSWORD, "code": code(&server, "baraka")});
    assert_eq!(post(&agent, &server.url("/api/login"), "", &right).status, 429, "the right one waits as well");
    let _others = Staff::log_in(&server, "kamau");
    moved(&server, "log_ins_refused_total{why=\"too_many_tries\"}", before);
    talk.goes_on("twenty wrong passwords");
    let grown = memory(server.pid()).saturating_sub(memory_before);
    assert!(grown < 200, "memory grew by {grown} MB");
}

#[test]
fn a_file_with_three_faults_shows_all_three_with_lines() {
    let folder = tempfile::tempdir().expect("temp");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let check = |config: &str| run(&folder.path().join("data"), &["--config", config, "check"]);

    let config = file("hctc.toml", "http_listen = 7\nrtp_port = \"1-2\"\nsip_listen = \"nowhere\"\n");
    let (good, text) = check(&config);
    assert!(!good);
    for line in ["hctc.toml:1:", "hctc.toml:2:", "hctc.toml:3:"] {
        assert!(text.contains(line), "{line} in {text}");
    }

    let source = fs::read_to_string(support::root().join("centre.toml")).expect("the demo centre");
    let broken = source
        .replacen("place_seconds = 600", "place_seconds = \"soon\"", 1)
        .replacen("lane = \"standard\"", "lane = \"fast\"", 1)
        .replacen("offer_seconds = 20", "offer_secs = 20", 1);
    let lines: Vec<usize> = ["\"soon\"", "\"fast\"", "offer_secs"]
        .iter()
        .map(|mark| broken.lines().position(|l| l.contains(mark)).expect("there") + 1)
        .collect();
    let centre = file("centre.toml", &broken);
    let (good, text) = check(&file("with-centre.toml", &format!("centre = \"{centre}\"\n")));
    assert!(!good);
    for line in lines {
        assert!(text.contains(&format!("centre.toml:{line}:")), "line {line} in {text}");
    }

    let source = fs::read_to_string(support::root().join("ivr-flows/flows/main.toml")).expect("the flow");
    let broken = source
        .replacen("do = \"branch\"", "do = \"dance\"", 1)
        .replacen("quiet = \"recording\"", "quiet = \"nowhere_at_all\"", 1)
        .replacen("say = [\"redial\"]", "say = [\"no_such_prompt\"]", 1);
    // A step that leads nowhere is told at its heading.
    let lines: Vec<usize> = ["\"dance\"", "[steps.redial]", "no_such_prompt"]
        .iter()
        .map(|mark| broken.lines().position(|l| l.contains(mark)).expect("there") + 1)
        .collect();
    file("flows/main.toml", &broken);
    let flows = folder.path().join("flows").display().to_string();
    let (good, text) = check(&file("with-flows.toml", &format!("flows = \"{flows}\"\n")));
    assert!(!good);
    for line in lines {
        assert!(text.contains(&format!("main.toml:{line}:")), "line {line} in {text}");
    }
    let (good, text) = check(&file("right.toml", ""));
    assert!(good, "{text}");
}

#[test]
fn plain_http_beyond_this_machine_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("temp");
    let output = Command::new(env!("CARGO_BIN_EXE_hctc"))
        .args(["serve", "--demo"])
        .current_dir(support::root())
        .env("HCTC_DATA_DIR", folder.path().join("data"))
        .env("HCTC_HTTP_LISTEN", "0.0.0.0:0")
        .output()
        .expect("it ran");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("microphone"), "{text}");
}

#[test]
fn a_second_start_keeps_the_data_and_machines_are_told() {
    let server = Server::start();
    let amina = Staff::log_in(&server, "amina");
    let made = amina.post("/api/desk/devices", &json!({"label": "my phone"}));
    assert!(made.status.is_success(), "{}", made.body);
    let server = server.kill_and_restart();
    let devices = amina.get("/api/desk/devices").body;
    assert_eq!(devices[0]["label"], "my phone", "the session and the device are there: {devices}");

    let health = amina.get("/healthz");
    assert_eq!(health.status, 200, "{}", health.body);
    let openapi = amina.get("/api/openapi.json").body;
    assert!(openapi["openapi"].is_string() && openapi["paths"]["/api/login"].is_object());
    let ready: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(server.data().join("ready.json")).expect("there")).expect("json");
    assert_eq!(ready["pid"], server.pid());
    assert_eq!(ready["http"], server.http.to_string());
    for key in ["sip_udp", "sip_tcp", "webrtc"] {
        let port = ready[key].as_str().and_then(|a| a.parse::<SocketAddr>().ok()).map(|a| a.port());
        assert!(port.is_some_and(|p| p > 0), "{key}: {ready}");
    }
    assert!(server.metric("agents{presence=\"offline\"}") > 0.0);
}
