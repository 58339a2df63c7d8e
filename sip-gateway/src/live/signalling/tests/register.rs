//! Devices come, prove themselves, and go.

use super::bench::{Bench, REALM, SECRET, agent};
use super::phone::Phone;
use crate::live::{GatewayEvent, WebIdentity};
use crate::sip::digest::ha1;
use crate::sip::message::Message;
use md5::{Digest, Md5};

fn quoted<'a>(challenge: &'a str, name: &str) -> &'a str {
    let start = challenge.find(&format!("{name}=\"")).expect("there") + name.len() + 2;
    challenge[start..].split('"').next().expect("quoted")
}

fn hash(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// `Authorization` for a challenge.
pub fn proof(challenge: &Message, method: &str, user: &str, secret: &str, nc: u32) -> String {
    let challenge = challenge.header("WWW-Authenticate").expect("a challenge");
    let nonce = quoted(challenge, "nonce");
    assert_eq!(quoted(challenge, "realm"), REALM);
    let ha2 = hash(&format!("{method}:sip:hctc"));
    let response = hash(&format!("{}:{nonce}:{nc:08x}:abc:auth:{ha2}", ha1(user, REALM, secret)));
    format!(
        "Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"sip:hctc\", \
         response=\"{response}\", cnonce=\"abc\", nc={nc:08x}, qop=auth, algorithm=MD5"
    )
}

/// Registers with this secret; gives the last answer.
pub async fn register(phone: &mut Phone, secret: &str) -> Message {
    phone.send(phone.register(600)).await;
    let challenge = phone.answer(401).await;
    let proof = proof(&challenge, "REGISTER", &phone.name.clone(), secret, 1);
    phone.send(phone.register(600).with("Authorization", &proof)).await;
    phone.next().await
}

#[tokio::test]
async fn a_device_registers_refreshes_and_leaves() {
    let mut bench = Bench::start().await;
    for mut phone in [Phone::udp(bench.sip, "desk-1").await, Phone::tcp(bench.sip, "desk-1").await] {
        assert!(!bench.gateway.registered(&agent("amina")));
        let ok = register(&mut phone, SECRET).await;
        assert_eq!(ok.code(), Some(200));
        assert!(ok.header("Contact").is_some_and(|c| c.ends_with(";expires=600")));
        assert_eq!(bench.event().await, GatewayEvent::Registered { agent: agent("amina") });
        assert!(bench.gateway.registered(&agent("amina")));

        phone.send(phone.register(0)).await;
        let challenge = phone.answer(401).await;
        let proof = proof(&challenge, "REGISTER", "desk-1", SECRET, 1);
        phone.send(phone.register(0).with("Authorization", &proof)).await;
        assert_eq!(phone.answer(200).await.header("Contact"), None);
        assert_eq!(bench.event().await, GatewayEvent::Unregistered { agent: agent("amina") });
    }
}

#[tokio::test]
async fn wrong_secrets_and_names_are_refused() {
    let mut bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "desk-1").await;
    let refused = register(&mut phone, "wrong").await;
    assert_eq!(refused.code(), Some(401));
    assert!(!refused.header("WWW-Authenticate").expect("a new challenge").contains("stale"));
    let mut stranger = Phone::udp(bench.sip, "nobody").await;
    assert_eq!(register(&mut stranger, SECRET).await.code(), Some(401));

    // The right secret does not open another name.
    phone.send(phone.register(600)).await;
    let challenge = phone.answer(401).await;
    let proof = proof(&challenge, "REGISTER", "desk-1", SECRET, 1);
    phone.name = "desk-3".into();
    phone.send(phone.register(600).with("Authorization", &proof)).await;
    assert_eq!(phone.answer(403).await.code(), Some(403));
    assert!(bench.events.try_recv().is_err(), "nobody was registered");
    assert!(!bench.gateway.registered(&agent("otieno")));
}

#[tokio::test]
async fn one_nonce_serves_past_nine_and_repetition_is_stale() {
    let bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "desk-1").await;
    phone.send(phone.register(600)).await;
    let challenge = phone.answer(401).await;
    for nc in 1..=20 {
        let proof = proof(&challenge, "REGISTER", "desk-1", SECRET, nc);
        phone.send(phone.register(600).with("Authorization", &proof)).await;
        assert_eq!(phone.next().await.code(), Some(200), "nonce count {nc}");
    }
    let replayed = proof(&challenge, "REGISTER", "desk-1", SECRET, 20);
    phone.send(phone.register(600).with("Authorization", &replayed)).await;
    let stale = phone.answer(401).await;
    assert!(stale.header("WWW-Authenticate").expect("a new challenge").contains("stale=true"));

    // A nonce of another gateway, such as of this one before its restart.
    let other = Bench::start().await;
    let mut elsewhere = Phone::udp(other.sip, "desk-1").await;
    let foreign = proof(&challenge, "REGISTER", "desk-1", SECRET, 30);
    elsewhere.send(elsewhere.register(600).with("Authorization", &foreign)).await;
    let stale = elsewhere.answer(401).await;
    assert!(stale.header("WWW-Authenticate").expect("a new challenge").contains("stale=true"));
}

#[tokio::test]
async fn too_brief_is_told_the_least() {
    let bench = Bench::start().await;
    let mut phone = Phone::udp(bench.sip, "desk-1").await;
    phone.send(phone.register(30)).await;
    let challenge = phone.answer(401).await;
    let proof = proof(&challenge, "REGISTER", "desk-1", SECRET, 1);
    phone.send(phone.register(30).with("Authorization", &proof)).await;
    assert_eq!(phone.answer(423).await.header("Min-Expires"), Some("60"));
}

#[tokio::test]
async fn a_browser_registers_its_own_agent_only_and_goes_with_its_socket() {
    let mut bench = Bench::start().await;
    let (mut page, task) = bench.web(WebIdentity::Agent(agent("amina")), "otieno");
    page.send(page.register(600)).await;
    page.answer(403).await;
    page.name = "desk-3".into();
    page.send(page.register(600)).await;
    page.answer(403).await;
    page.name = "amina".into();
    page.send(page.register(600)).await;
    page.answer(200).await;
    assert_eq!(bench.event().await, GatewayEvent::Registered { agent: agent("amina") });
    drop(page);
    assert_eq!(bench.event().await, GatewayEvent::Unregistered { agent: agent("amina") });
    task.await.expect("the socket's task ends");
}
