//! Legs of the media plane behind a bad network, seeded: what the plane says of their quality, and that a
//! conference stays in order.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use load_tests::impair::{Proxy, Weather};
use load_tests::sip::{sdp, sdp_target};
use sip_gateway::live::plane::{MediaKind, Plane, PlaneCommand, PlaneConfig, PlaneEvent, Quality};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use vocabulary::{LegId, Ulid};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(20);

struct Centre {
    plane: Plane,
    events: Receiver<PlaneEvent>,
}

impl Centre {
    fn start() -> Centre {
        let any = SocketAddr::new(HOST, 0);
        let config = PlaneConfig { rtp_ports: 0..=0, rtp_ip: HOST, webrtc_listen: any, advertised_ip: None };
        let (plane, events, _) = Plane::start(config).unwrap();
        Centre { plane, events }
    }

    async fn wait<T>(&mut self, pick: impl Fn(PlaneEvent) -> Option<T>) -> T {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("in time").expect("it lives");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    }

    /// A leg of a phone whose packets go through this weather.
    async fn call(&mut self, number: u128, weather: Weather) -> (LegId, UdpSocket, Proxy) {
        let leg = LegId(Ulid(number));
        let phone = UdpSocket::bind((HOST, 0)).unwrap();
        phone.set_nonblocking(true).unwrap();
        self.plane.command(PlaneCommand::Open { leg, kind: MediaKind::Rtp }).unwrap();
        self.plane.command(PlaneCommand::Answer { leg, sdp: sdp(phone.local_addr().unwrap()) }).unwrap();
        let answer = self
            .wait(|event| match event {
                PlaneEvent::Local { leg: of, sdp } if of == leg => Some(sdp),
                _ => None,
            })
            .await;
        (leg, phone, Proxy::start(sdp_target(&answer).unwrap(), weather).unwrap())
    }

    async fn close(&mut self, leg: LegId) -> (u64, Quality) {
        self.plane.command(PlaneCommand::Close { leg }).unwrap();
        // The five-second round may come first; the last one counts.
        let mut last = None;
        while let Ok(Some(event)) = tokio::time::timeout(Duration::from_secs(2), self.events.recv()).await {
            if let PlaneEvent::Stats { leg: of, lost, quality, .. } = event
                && of == leg
            {
                last = Some((lost, quality));
            }
        }
        last.expect("the last counters")
    }
}

fn packet(sequence: u16, ssrc: u32) -> [u8; 172] {
    let mut packet = [0xd5u8; 172];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&(sequence as u32 * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
    packet[12..].fill(sequence as u8);
    packet
}

/// Paces `packets` packets from each phone through its proxy.
async fn talk(phones: &[(&UdpSocket, &Proxy)], packets: u16) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for n in 0..packets {
        pace.tick().await;
        for (ssrc, (phone, proxy)) in phones.iter().enumerate() {
            phone.send_to(&packet(n, ssrc as u32), proxy.address()).unwrap();
        }
    }
    // What is under way arrives.
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        pace.tick().await;
    }
}

/// ITU-T G.107 for G.711 with concealment: 4.4 without loss, 4.2 at 2 %.
#[tokio::test]
async fn two_percent_of_loss_cost_the_opinion_score_what_the_e_model_says() {
    let mut centre = Centre::start();
    let fair = centre.call(1, Weather::fair(1)).await;
    let bad = centre.call(2, Weather { loss: 0.02, ..Weather::fair(20) }).await;
    talk(&[(&fair.1, &fair.2), (&bad.1, &bad.2)], 600).await;
    let lost = bad.2.carried().lost.load(Ordering::Relaxed);
    assert!((6..=20).contains(&lost), "the seed decides: {lost} of 600");
    let (fair_lost, fair_quality) = centre.close(fair.0).await;
    let (bad_lost, bad_quality) = centre.close(bad.0).await;
    assert_eq!((fair_lost, bad_lost), (0, lost), "counted exactly");
    let (fair, bad) = (fair_quality.mos_in.unwrap(), bad_quality.mos_in.unwrap());
    println!("MOS without loss {:.2}, at {lost} of 600 lost {:.2}", fair as f64 / 100.0, bad as f64 / 100.0);
    assert!((435..=441).contains(&fair), "{fair}");
    assert!((405..=430).contains(&bad), "{bad}");
}

#[tokio::test]
async fn doubles_and_disorder_are_counted_and_not_relayed_twice() {
    let mut centre = Centre::start();
    let weather = Weather { duplicates: 0.1, reordered: 0.1, ..Weather::fair(3) };
    let from = centre.call(1, weather).await;
    let to = centre.call(2, Weather::fair(1)).await;
    centre.plane.command(PlaneCommand::Bridge { a: from.0, b: to.0 }).unwrap();
    // Few enough for one socket to hold until they are read.
    talk(&[(&from.1, &from.2)], 200).await;
    let mut seen = std::collections::BTreeMap::<u16, u32>::new();
    let mut buffer = [0; 500];
    while let Ok((length, _)) = to.1.recv_from(&mut buffer) {
        assert_eq!(length, 172);
        *seen.entry(u16::from_be_bytes([buffer[2], buffer[3]])).or_default() += 1;
    }
    assert!(seen.values().all(|times| *times == 1), "no number twice");
    assert_eq!(seen.len(), 200, "nothing lost on the way");
    let (lost, quality) = centre.close(from.0).await;
    assert_eq!(lost, 0);
    assert!(quality.duplicates >= 10 && quality.late >= 10, "{quality:?}");
}
