//! A whole gateway: a citizen's phone and an agent's desk phone over UDP, joined by the real media
//! plane. Each hears the other and not itself.

use sip_gateway::live::{
    Device, Devices, Gateway, GatewayConfig, GatewayEvent, Limits, Ringing,
};
use sip_gateway::sip::digest::ha1;
use sip_gateway::sip::message::Message;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use vocabulary::{AgentName, ContactId, LegId, Ulid};

const PATIENCE: Duration = Duration::from_secs(6);

struct OneDesk;

impl Devices for OneDesk {
    fn find(&self, user: &str) -> Option<Device> {
        let agent = AgentName::new("amina").expect("good");
        (user == "desk-1").then(|| Device { agent, ha1_md5: ha1(user, "hctc", "secret") })
    }
}

struct Phone {
    sip: UdpSocket,
    rtp: UdpSocket,
    gateway: SocketAddr,
    name: &'static str,
    requests: u32,
}

impl Phone {
    async fn new(gateway: SocketAddr, name: &'static str) -> Phone {
        let bind = || UdpSocket::bind("127.0.0.1:0");
        Phone { sip: bind().await.expect("port"), rtp: bind().await.expect("port"), gateway, name, requests: 0 }
    }

    fn sdp(&self) -> String {
        let port = self.rtp.local_addr().expect("bound").port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n"
        )
    }

    fn request(&mut self, method: &str, uri: &str, to: &str) -> Message {
        self.requests += 1;
        let (local, n) = (self.sip.local_addr().expect("bound"), self.requests);
        Message::request(method, uri)
            .with("Via", &format!("SIP/2.0/UDP {local};branch=z9hG4bK{}{n};rport", self.name))
            .with("From", &format!("<sip:{}@hctc>;tag={}", self.name, self.name))
            .with("To", to)
            .with("Call-ID", self.name)
            .with("CSeq", &format!("{n} {method}"))
            .with("Contact", &format!("<sip:{}@{local}>", self.name))
    }

    async fn send(&self, message: &Message) {
        self.sip.send_to(message.to_string().as_bytes(), self.gateway).await.expect("sent");
    }

    /// The next message that `wanted` wants.
    async fn until(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        let mut buffer = vec![0; 9_000];
        loop {
            let read = tokio::time::timeout(PATIENCE, self.sip.recv_from(&mut buffer)).await;
            let (length, _) = read.unwrap_or_else(|_| panic!("{}: nothing came", self.name)).expect("read");
            let message = Message::parse(&buffer[..length]).unwrap_or_else(|e| panic!("{e}"));
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Sends 20 ms packets of one byte value until `there` and this phone heard the other's value.
    async fn talk(&self, to: SocketAddr, value: u8, other: u8) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut buffer = [0; 1_500];
        for seq in 0u16..150 {
            tokio::select! {
                biased;
                Ok((length, _)) = self.rtp.recv_from(&mut buffer) => heard.extend_from_slice(&buffer[12.min(length)..length]),
                _ = ticks.tick() => {}
            }
            let mut packet = vec![0x80, 8];
            packet.extend(seq.to_be_bytes());
            packet.extend((u32::from(seq) * 160).to_be_bytes());
            packet.extend([0, 0, 0, value]);
            packet.extend([value; 160]);
            self.rtp.send_to(&packet, to).await.expect("sent");
            if heard.iter().filter(|b| **b == other).count() > 1_600 {
                break;
            }
        }
        heard
    }
}

fn rtp_of(message: &Message) -> SocketAddr {
    let sdp = message.sdp().expect("a description");
    let port = sdp.lines().find_map(|l| l.strip_prefix("m=audio ")).expect("audio").split(' ').next().expect("port");
    format!("127.0.0.1:{port}").parse().expect("an address")
}

fn digest(challenge: &Message) -> String {
    use md5::{Digest, Md5};
    let value = challenge.header("WWW-Authenticate").expect("challenged");
    let nonce = value.split("nonce=\"").nth(1).expect("nonce").split('"').next().expect("quoted");
    let hash = |text: String| hex::encode(Md5::digest(text.as_bytes()));
    let response = hash(format!(
        "{}:{nonce}:00000001:c:auth:{}",
        ha1("desk-1", "hctc", "secret"),
        hash("REGISTER:sip:hctc".into())
    ));
    format!(
        "Digest username=\"desk-1\", realm=\"hctc\", nonce=\"{nonce}\", uri=\"sip:hctc\", response=\"{response}\", \
         qop=auth, nc=00000001, cnonce=\"c\""
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn citizen_and_agent_hear_each_other() {
    let any: SocketAddr = "127.0.0.1:0".parse().expect("good");
    let config = GatewayConfig {
        sip_listen: any,
        rtp_ports: 0..=0,
        webrtc_listen: any,
        advertised_ip: None,
        trunk: None,
        trunk_sources: Vec::new(),
        realm: "hctc".into(),
        limits: Limits::default(),
    };
    let stop = CancellationToken::new();
    let (gateway, mut events, bound) = Gateway::start(config, Arc::new(OneDesk), stop.clone()).await.expect("starts");
    let mut event = async || tokio::time::timeout(PATIENCE, events.recv()).await.expect("an event").expect("running");

    let mut desk = Phone::new(bound.sip, "desk-1").await;
    let register = desk.request("REGISTER", "sip:hctc", "<sip:desk-1@hctc>");
    desk.send(&register).await;
    let challenge = desk.until(|m| m.code() == Some(401)).await;
    let register = desk.request("REGISTER", "sip:hctc", "<sip:desk-1@hctc>").with("Authorization", &digest(&challenge));
    desk.send(&register).await;
    desk.until(|m| m.code() == Some(200)).await;
    let amina = AgentName::new("amina").expect("good");
    assert_eq!(event().await, GatewayEvent::Registered { agent: amina.clone() });

    let mut phone = Phone::new(bound.sip, "0711000001").await;
    let to = "<sip:0206900020@hctc>";
    let sdp = phone.sdp();
    let invite = phone.request("INVITE", "sip:0206900020@hctc", to).with_body("application/sdp", &sdp);
    phone.send(&invite).await;
    let GatewayEvent::Invited { leg: citizen, .. } = event().await else { panic!("no call") };
    gateway.answer(citizen).expect("taken");
    let ok = phone.until(|m| m.code() == Some(200)).await;
    phone.requests -= 1;
    let ack = phone.request("ACK", "sip:hctc", ok.header("To").expect("copied"));
    phone.send(&ack).await;

    let agent = LegId(Ulid(42));
    gateway.ring(agent, &amina, Ringing { contact: ContactId(Ulid(1)), shown_as: "Citizen".into() }).expect("taken");
    let theirs = desk.until(|m| m.method() == Some("INVITE")).await;
    let answer = Message::response(&theirs, 200, "d").with("Contact", &format!("<sip:desk-1@{}>", desk.sip.local_addr().expect("bound")));
    desk.send(&answer.with_body("application/sdp", &desk.sdp())).await;
    desk.until(|m| m.method() == Some("ACK")).await;
    let mut answered = Vec::new();
    while !answered.contains(&agent) {
        if let GatewayEvent::Answered { leg } = event().await {
            answered.push(leg);
        }
    }
    assert_eq!(answered, [citizen, agent]);
    gateway.bridge(citizen, agent).expect("taken");

    let (at_phone, at_desk) =
        tokio::join!(phone.talk(rtp_of(&ok), 0x11, 0x22), desk.talk(rtp_of(&theirs), 0x22, 0x11));
    let count = |heard: &[u8], value| heard.iter().filter(|b| **b == value).count();
    assert!(count(&at_phone, 0x22) > 1_600 && count(&at_phone, 0x11) == 0, "the citizen hears the agent only");
    assert!(count(&at_desk, 0x11) > 1_600 && count(&at_desk, 0x22) == 0, "the agent hears the citizen only");

    let bye = phone.request("BYE", "sip:hctc", ok.header("To").expect("copied"));
    phone.send(&bye).await;
    phone.until(|m| m.code() == Some(200)).await;
    loop {
        if let GatewayEvent::Ended { leg, by_far_end, .. } = event().await {
            assert_eq!((leg, by_far_end), (citizen, true));
            break;
        }
    }
    gateway.hang_up(agent).expect("taken");
    let bye = desk.until(|m| m.method() == Some("BYE")).await;
    desk.send(&Message::response(&bye, 200, "d")).await;
    stop.cancel();
    tokio::time::timeout(PATIENCE, gateway.stopped()).await.expect("every task and thread ended");
}
