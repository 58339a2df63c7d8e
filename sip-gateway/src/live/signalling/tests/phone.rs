//! A SIP phone as small as the tests need, over UDP, TCP or a WebSocket's text frames. It speaks
//! rightly or wrongly, as told, and waits for what it expects with a limit.

use crate::live::signalling::clock::token;
use crate::sip::address::Address;
use crate::sip::message::{Framed, Message, frame};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;

pub const PATIENCE: Duration = Duration::from_secs(6);

pub enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream, Vec<u8>),
    Web(mpsc::Sender<String>, mpsc::Receiver<String>),
}

pub struct Phone {
    pub wire: Wire,
    /// Where the gateway is.
    pub gateway: SocketAddr,
    /// What it calls itself.
    pub name: String,
    local: String,
}

/// A call as the phone keeps it.
#[derive(Clone)]
pub struct Dialog {
    pub from: String,
    pub to: String,
    pub call_id: String,
    pub target: String,
    pub seq: u32,
    pub via: String,
}

impl Phone {
    pub async fn udp(gateway: SocketAddr, name: &str) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
        let local = socket.local_addr().expect("bound").to_string();
        Phone { wire: Wire::Udp(socket), gateway, name: name.into(), local }
    }

    pub async fn tcp(gateway: SocketAddr, name: &str) -> Phone {
        let stream = TcpStream::connect(gateway).await.expect("the gateway listens");
        let local = stream.local_addr().expect("bound").to_string();
        Phone { wire: Wire::Tcp(stream, Vec::new()), gateway, name: name.into(), local }
    }

    pub fn web(gateway: SocketAddr, name: &str, out: mpsc::Sender<String>, inn: mpsc::Receiver<String>) -> Phone {
        let local = format!("{}.invalid", token(8));
        Phone { wire: Wire::Web(out, inn), gateway, name: name.into(), local }
    }

    fn transport(&self) -> &'static str {
        match self.wire {
            Wire::Udp(_) => "UDP",
            Wire::Tcp(..) => "TCP",
            Wire::Web(..) => "WS",
        }
    }

    pub fn contact(&self) -> String {
        format!("<sip:{}@{};transport={}>", self.name, self.local, self.transport().to_lowercase())
    }

    pub fn via(&self, branch: &str) -> String {
        format!("SIP/2.0/{} {};branch={branch};rport", self.transport(), self.local)
    }

    pub async fn send_text(&mut self, text: &str) {
        match &mut self.wire {
            Wire::Udp(socket) => drop(socket.send_to(text.as_bytes(), self.gateway).await.expect("sent")),
            Wire::Tcp(stream, _) => stream.write_all(text.as_bytes()).await.expect("written"),
            Wire::Web(out, _) => out.send(text.to_owned()).await.expect("the socket is open"),
        }
    }

    pub async fn send(&mut self, message: Message) {
        self.send_text(&message.to_string()).await;
    }

    /// The next message, whatever it is.
    pub async fn next(&mut self) -> Message {
        let text = tokio::time::timeout(PATIENCE, self.read()).await;
        let text = text.unwrap_or_else(|_| panic!("{}: nothing came", self.name)).expect("open");
        Message::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// Whether the connection is closed by the gateway within the patience.
    pub async fn is_closed(&mut self) -> bool {
        tokio::time::timeout(PATIENCE, self.read()).await.is_ok_and(|text| text.is_none())
    }

    /// The bytes of the next message, or of a keep-alive's answer.
    async fn read(&mut self) -> Option<String> {
        match &mut self.wire {
            Wire::Udp(socket) => {
                let mut buffer = vec![0; 65_536];
                let (length, _) = socket.recv_from(&mut buffer).await.ok()?;
                String::from_utf8(buffer[..length].to_vec()).ok()
            }
            Wire::Web(_, inn) => inn.recv().await,
            Wire::Tcp(stream, buffer) => loop {
                let taken = match frame(buffer).expect("the gateway frames well") {
                    Framed::Message(length) | Framed::KeepAlive(length, _) => Some(length),
                    // A lone CRLF is the answer to a ping.
                    Framed::More if buffer.as_slice() == b"\r\n" => Some(2),
                    Framed::More => None,
                };
                if let Some(length) = taken {
                    break String::from_utf8(buffer.drain(..length).collect()).ok();
                }
                if stream.read_buf(buffer).await.ok()? == 0 {
                    break None;
                }
            },
        }
    }

    pub async fn next_raw(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("something comes").expect("open")
    }

    /// The next answer with this code; others before it (100, repetitions) are passed over.
    pub async fn answer(&mut self, code: u16) -> Message {
        let mut seen = Vec::new();
        for _ in 0..20 {
            let message = self.next().await;
            if message.code() == Some(code) {
                return message;
            }
            let spelled = message.code().map(|c| c.to_string()).or(message.method().map(str::to_owned));
            assert!(message.code().is_none_or(|c| c < 200), "{}: wanted {code}, got {spelled:?}", self.name);
            seen.push(spelled);
        }
        panic!("{}: wanted {code}, saw {seen:?}", self.name);
    }

    /// The next answer to a request of this method; everything else is passed over.
    pub async fn answered(&mut self, method: &str) -> Message {
        for _ in 0..20 {
            let message = self.next().await;
            if message.code().is_some() && message.cseq().is_some_and(|(_, m)| m == method) {
                return message;
            }
        }
        panic!("{}: no answer to {method}", self.name);
    }

    /// The next request of this method; answers and repetitions of others are passed over.
    pub async fn asked(&mut self, method: &str) -> Message {
        for _ in 0..20 {
            let message = self.next().await;
            if message.method() == Some(method) {
                return message;
            }
        }
        panic!("{}: no {method}", self.name);
    }

    /// A request outside any dialog.
    pub fn request(&self, method: &str, uri: &str) -> Message {
        Message::request(method, uri)
            .with("Via", &self.via(&format!("z9hG4bK{}", token(12))))
            .with("Max-Forwards", "70")
            .with("From", &format!("<sip:{}@127.0.0.1>;tag={}", self.name, token(6)))
            .with("To", &format!("<{uri}>"))
            .with("Call-ID", &token(12))
            .with("CSeq", &format!("1 {method}"))
            .with("Contact", &self.contact())
    }

    /// Places a call and gives what must be remembered of it.
    pub async fn invite(&mut self, uri: &str, sdp: &str) -> Dialog {
        let invite = self.request("INVITE", uri);
        let invite = if sdp.is_empty() { invite } else { invite.with_body("application/sdp", sdp) };
        let dialog = Dialog::of(&invite);
        self.send(invite).await;
        dialog
    }

    /// ACKs a 2xx and learns the dialog from it.
    pub async fn ack(&mut self, dialog: &mut Dialog, ok: &Message, sdp: &str) {
        dialog.to = ok.header("To").expect("copied").to_owned();
        let contact = ok.header("Contact").and_then(Address::parse).expect("a 2xx has a Contact");
        dialog.target = contact.uri.to_owned();
        let ack = dialog.message(self, "ACK", dialog.seq);
        self.send(if sdp.is_empty() { ack } else { ack.with_body("application/sdp", sdp) }).await;
    }

    /// ACKs a refusal: in the INVITE's own transaction.
    pub async fn ack_refusal(&mut self, dialog: &Dialog, uri: &str, refusal: &Message) {
        let ack = Message::request("ACK", uri)
            .with("Via", &dialog.via)
            .with("From", &dialog.from)
            .with("To", refusal.header("To").expect("copied"))
            .with("Call-ID", &dialog.call_id)
            .with("CSeq", &format!("{} ACK", dialog.seq));
        self.send(ack).await;
    }

    /// The next request inside a dialog.
    pub async fn inside(&mut self, dialog: &mut Dialog, method: &str, kind: &str, body: &str) {
        dialog.seq += 1;
        let request = dialog.message(self, method, dialog.seq);
        self.send(if body.is_empty() { request } else { request.with_body(kind, body) }).await;
    }

    pub async fn cancel(&mut self, dialog: &Dialog, uri: &str) {
        let cancel = Message::request("CANCEL", uri)
            .with("Via", &dialog.via)
            .with("From", &dialog.from)
            .with("To", &dialog.to)
            .with("Call-ID", &dialog.call_id)
            .with("CSeq", &format!("{} CANCEL", dialog.seq));
        self.send(cancel).await;
    }

    /// Answers a request of the gateway.
    pub async fn reply(&mut self, request: &Message, code: u16, sdp: &str) {
        let response = Message::response(request, code, &format!("t{}", self.name));
        let response = if (101..300).contains(&code) { response.with("Contact", &self.contact()) } else { response };
        self.send(if sdp.is_empty() { response } else { response.with_body("application/sdp", sdp) }).await;
    }

    /// A request of the phone inside the dialog that the gateway's INVITE opened.
    pub fn in_their_dialog(&self, invite: &Message, method: &str, seq: u32) -> Message {
        let contact = invite.header("Contact").and_then(Address::parse).expect("our INVITE has one");
        Message::request(method, contact.uri)
            .with("Via", &self.via(&format!("z9hG4bK{}", token(12))))
            .with("From", &format!("{};tag=t{}", invite.header("To").expect("has one"), self.name))
            .with("To", invite.header("From").expect("has one"))
            .with("Call-ID", invite.header("Call-ID").expect("has one"))
            .with("CSeq", &format!("{seq} {method}"))
    }

    /// A REGISTER with these extra headers.
    pub fn register(&self, expires: u32) -> Message {
        let uri = "sip:hctc";
        let aor = format!("<sip:{}@hctc>", self.name);
        Message::request("REGISTER", uri)
            .with("Via", &self.via(&format!("z9hG4bK{}", token(12))))
            .with("From", &format!("{aor};tag={}", token(6)))
            .with("To", &aor)
            .with("Call-ID", &token(12))
            .with("CSeq", "1 REGISTER")
            .with("Contact", &self.contact())
            .with("Expires", &expires.to_string())
    }
}

impl Dialog {
    pub fn of(invite: &Message) -> Dialog {
        let header = |name| invite.header(name).expect("the test wrote it").to_owned();
        let via = header("Via");
        Dialog {
            from: header("From"),
            to: header("To"),
            call_id: header("Call-ID"),
            target: invite.uri().expect("a request").to_owned(),
            seq: invite.cseq().expect("written").0,
            via,
        }
    }

    pub fn message(&self, phone: &Phone, method: &str, seq: u32) -> Message {
        Message::request(method, &self.target)
            .with("Via", &phone.via(&format!("z9hG4bK{}", token(12))))
            .with("Max-Forwards", "70")
            .with("From", &self.from)
            .with("To", &self.to)
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{seq} {method}"))
            .with("Contact", &phone.contact())
    }
}
