//! Our phones against independent ones: the citizen calls SIPp, and a desk phone registers at, and is
//! called by, a few lines of registrar. Whatever they get wrong here they would blame on the centre.

use load_tests::phone::{
    Account, Call, DeskPhone, Habits, LiveVoice, Order, PhoneEvent, Plan, SharedEar, Stage, Voice, Who, shared_ear,
};
use load_tests::sip::{Message, sdp, sdp_target};
use load_tests::sound::{Ear, FRAME, Player, tone};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(15);

/// A child that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sipp_uas() -> (Ended, SocketAddr, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let port = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let child = Command::new("sipp")
        .args(["-sn", "uas", "-rtp_echo", "-i", "127.0.0.1", "-p", &port.to_string(), "-nostdin", "-timeout", "60"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sipp is installed");
    (Ended(child), SocketAddr::from(([127, 0, 0, 1], port)), folder)
}

fn voice(hertz: f64, ear: &SharedEar) -> Box<dyn Voice> {
    Box::new(LiveVoice::new(tone(hertz, 1_000), Arc::clone(ear)))
}

#[tokio::test]
async fn a_citizen_calls_sipp_hears_the_echo_and_hangs_up() {
    let (_sipp, server, _folder) = sipp_uas();
    let ear = shared_ear(&[440.0, 1_000.0]);
    let plan = Plan { server, number: "0206900020".into(), from: "0712345678".into() };
    let mut call = Call::place(plan, voice(440.0, &ear)).await.expect("a call");
    let up = call.until("the answer", PATIENCE, |stage| stage != Stage::Calling).await.expect("answered");
    assert!(matches!(up, Stage::Up(_)), "{up:?}");
    let heard = async {
        while ear.lock().expect("lock").how_long(440.0, None) < Duration::from_millis(600) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("the echo");
    call.order(Order::HangUp).await;
    assert_eq!(call.until_over(PATIENCE).await.expect("over"), Stage::Ended { by: Who::Us, code: 200 });
}

/// A registrar of one phone that then calls it.
struct Caller {
    socket: tokio::net::UdpSocket,
    phone: SocketAddr,
}

impl Caller {
    async fn next(&mut self) -> Message {
        let mut buffer = vec![0; 65_535];
        loop {
            let read = tokio::time::timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await;
            let (length, from) = read.expect("in time").expect("received");
            self.phone = from;
            if let Some(message) = Message::parse(&buffer[..length]) {
                return message;
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Message) -> bool) -> Message {
        loop {
            let message = self.next().await;
            if wanted(&message) {
                return message;
            }
        }
    }

    async fn send(&self, message: &Message) {
        self.socket.send_to(message.to_string().as_bytes(), self.phone).await.expect("sent");
    }

    fn request(&self, method: &str, to: &str, number: u32) -> Message {
        let here = self.socket.local_addr().expect("bound");
        Message::request(method, "sip:desk@127.0.0.1")
            .with("Via", &format!("SIP/2.0/UDP {here};branch=z9hG4bK{method}{number}"))
            .with("From", &format!("<sip:hctc@{here}>;tag=ours"))
            .with("To", to)
            .with("Call-ID", "one@centre")
            .with("CSeq", &format!("{number} {method}"))
            .with("Contact", &format!("<sip:hctc@{here}>"))
            .with("X-Contact", "01J000000000000000000000AA")
    }
}

#[tokio::test]
async fn a_desk_phone_registers_answers_is_heard_and_hangs_up() {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let server = socket.local_addr().expect("bound");
    let account = Account { server, user: "desk".into(), secret: "s3cret".into() };
    let habits = Habits { rings: Duration::from_millis(30), hangs_up_after: Some(Duration::from_millis(900)) };
    let ear = shared_ear(&[440.0]);
    let for_calls = Arc::clone(&ear);
    let registering =
        tokio::spawn(DeskPhone::register(account, habits, Box::new(move |_: &str| voice(1_900.0, &for_calls))));

    let mut caller = Caller { socket, phone: server };
    let first = caller.until(|m| m.method() == Some("REGISTER")).await;
    let challenge = Message::answer(&first, 401, "Unauthorized", "r")
        .with("WWW-Authenticate", "Digest realm=\"hctc\", nonce=\"n1\", qop=\"auth\", algorithm=MD5");
    caller.send(&challenge).await;
    let second = caller.until(|m| m.header("Authorization").is_some()).await;
    let given = second.header("Authorization").expect("an answer");
    assert!(given.contains("username=\"desk\"") && given.contains("qop=auth") && !given.contains("s3cret"), "{given}");
    caller.send(&Message::answer(&second, 200, "OK", "r")).await;
    let mut phone = registering.await.expect("no panic").expect("registered");

    let media = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let invite = caller.request("INVITE", "<sip:desk@127.0.0.1>", 1).with_sdp(sdp(media.local_addr().expect("bound")));
    caller.send(&invite).await;
    caller.until(|m| m.code() == Some(180)).await;
    let ok = caller.until(|m| m.code() == Some(200)).await;
    let to = ok.header("To").expect("tagged").to_owned();
    caller.send(&caller.request("ACK", &to, 1)).await;
    let contact = "01J000000000000000000000AA".to_owned();
    assert_eq!(phone.next().await, Some(PhoneEvent::Answered { contact: contact.clone() }));

    // The phone is spoken to and heard while it talks, and hangs up by itself.
    let target = sdp_target(&ok.body).expect("an address");
    let heard = tokio::task::spawn_blocking(move || talk(&media, target));
    let bye = caller.until(|m| m.method() == Some("BYE")).await;
    assert_eq!((bye.header("From"), bye.header("To")), (Some(to.as_str()), invite.header("From")));
    caller.send(&Message::answer(&bye, 200, "OK", "")).await;
    assert_eq!(phone.next().await, Some(PhoneEvent::Over { contact }));
    assert!(heard.await.expect("no panic") >= Duration::from_millis(400));
    assert!(ear.lock().expect("lock").how_long(440.0, None) >= Duration::from_millis(200));
}

/// Answers each packet that comes with one of 440 Hz, until none comes; gives how long 1,900 Hz was heard.
fn talk(media: &UdpSocket, target: SocketAddr) -> Duration {
    media.set_read_timeout(Some(Duration::from_millis(500))).expect("set");
    let (mut ear, mut player, mut sequence) = (Ear::new(&[1_900.0]), Player::new(tone(440.0, 1_000)), 0u16);
    let mut buffer = [0; 1_500];
    while let Ok(length) = media.recv(&mut buffer) {
        ear.hear(&buffer[12..length]);
        sequence += 1;
        let mut packet = vec![0x80, 8];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&(u32::from(sequence) * FRAME as u32).to_be_bytes());
        packet.extend_from_slice(&[1, 2, 3, 4]);
        packet.extend_from_slice(&player.frame());
        media.send_to(&packet, target).expect("sent");
    }
    ear.how_long(1_900.0, None)
}
