//! The test bench: a gateway on a port of its own over media that only talks.

use super::phone::{PATIENCE, Phone};
use crate::live::plane::{MediaKind, PlaneCommand, PlaneError, PlaneEvent};
use crate::live::signalling::{Media, lock};
use crate::live::{Device, Devices, Gateway, GatewayConfig, GatewayEvent, Limits, Trunk, WebIdentity};
use crate::sip::digest::ha1;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vocabulary::audio::{Clip, Frame};
use vocabulary::{AgentName, LegId};

pub const REALM: &str = "hctc";
pub const SECRET: &str = "a long random secret";

/// Media that answers every description with one that names what was asked, and remembers.
#[derive(Clone)]
pub struct Talk {
    events: mpsc::Sender<PlaneEvent>,
    pub heard: Arc<Mutex<Vec<PlaneCommand>>>,
}

impl Media for Talk {
    fn command(&self, command: PlaneCommand) -> Result<(), PlaneError> {
        let event = match &command {
            PlaneCommand::Offer { leg } => Some(PlaneEvent::Local { leg: *leg, sdp: "our offer".into() }),
            PlaneCommand::Restart { leg } => Some(PlaneEvent::Local { leg: *leg, sdp: "our restart".into() }),
            PlaneCommand::Answer { leg, sdp } | PlaneCommand::Reoffer { leg, sdp } if sdp == "bad" => {
                Some(PlaneEvent::Refused { leg: *leg, why: "bad".into() })
            }
            PlaneCommand::Answer { leg, sdp } => Some(PlaneEvent::Local { leg: *leg, sdp: format!("answer to {sdp}") }),
            PlaneCommand::Reoffer { leg, sdp } => Some(PlaneEvent::Local { leg: *leg, sdp: format!("again to {sdp}") }),
            PlaneCommand::SetAnswer { leg, .. } => Some(PlaneEvent::MediaUp { leg: *leg }),
            _ => None,
        };
        lock(&self.heard).push(command);
        if let Some(event) = event {
            self.events.try_send(event).expect("the switch reads");
        }
        Ok(())
    }

    fn play(&self, _: LegId, _: u64, _: Vec<Arc<Clip>>, _: bool) -> Result<(), PlaneError> {
        Ok(())
    }

    fn tap(&self, _: LegId, _: LegId, _: rtrb::Producer<Frame>) -> Result<(), PlaneError> {
        Ok(())
    }

    fn shutdown(&self) {}
}

/// Two agents: `amina` has the devices `desk-1` and `desk-2`, `otieno` has `desk-3`.
struct Desks;

impl Devices for Desks {
    fn find(&self, user: &str) -> Option<Device> {
        let agent = match user {
            "desk-1" | "desk-2" => "amina",
            "desk-3" => "otieno",
            _ => return None,
        };
        Some(Device { agent: AgentName::new(agent).expect("good"), ha1_md5: ha1(user, REALM, SECRET) })
    }
}

pub struct Bench {
    pub gateway: Gateway,
    pub events: mpsc::Receiver<GatewayEvent>,
    pub sip: SocketAddr,
    pub media: Talk,
    pub stop: CancellationToken,
    pub told: mpsc::Sender<PlaneEvent>,
}

pub fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("good")
}

impl Bench {
    pub async fn start() -> Bench {
        Bench::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut GatewayConfig)) -> Bench {
        let any: SocketAddr = "127.0.0.1:0".parse().expect("good");
        let mut config = GatewayConfig {
            sip_listen: any,
            rtp_ports: 0..=0,
            webrtc_listen: any,
            advertised_ip: None,
            trunk: None,
            trunk_sources: Vec::new(),
            realm: REALM.into(),
            limits: Limits::default(),
        };
        change(&mut config);
        let (told, media_events) = mpsc::channel(256);
        let media = Talk { events: told.clone(), heard: Arc::default() };
        let stop = CancellationToken::new();
        let (gateway, events, sip) =
            Gateway::over(config, Arc::new(Desks), stop.clone(), Arc::new(media.clone()), media_events)
                .await
                .expect("loopback has ports");
        Bench { gateway, events, sip, media, stop, told }
    }

    pub fn trunk(address: SocketAddr) -> Option<Trunk> {
        Some(Trunk { address, transport: Default::default(), from: "0206900020".into() })
    }

    /// The next event.
    pub async fn event(&mut self) -> GatewayEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("an event comes").expect("the gateway runs")
    }

    /// The next event, which must be a new call.
    pub async fn invited(&mut self) -> LegId {
        match self.event().await {
            GatewayEvent::Invited { leg, .. } => leg,
            other => panic!("not a call: {other:?}"),
        }
    }

    /// The next event must be the end of this leg: who, why, code.
    pub async fn ended(&mut self, of: LegId) -> (bool, vocabulary::EndCause, u16) {
        match self.event().await {
            GatewayEvent::Ended { leg, by_far_end, cause, code } if leg == of => (by_far_end, cause, code),
            other => panic!("not the end of it: {other:?}"),
        }
    }

    /// Opens a WebSocket as somebody. Dropping the phone closes it.
    pub fn web(&self, who: WebIdentity, name: &str) -> (Phone, tokio::task::JoinHandle<()>) {
        let (to_gateway, incoming) = mpsc::channel(16);
        let (outgoing, from_gateway) = mpsc::channel(16);
        let gateway = self.gateway.clone();
        let peer: SocketAddr = "127.0.0.1:4".parse().expect("good");
        let task = tokio::spawn(async move { gateway.web_socket(peer, who, incoming, outgoing).await });
        (Phone::web(self.sip, name, to_gateway, from_gateway), task)
    }

    /// A registered desk phone.
    pub async fn desk(&mut self, mut phone: Phone, first: bool) -> Phone {
        assert_eq!(super::register::register(&mut phone, SECRET).await.code(), Some(200));
        if first {
            assert!(matches!(self.event().await, GatewayEvent::Registered { .. }));
        }
        phone
    }

    /// What kinds of media were opened.
    pub fn opened(&self) -> Vec<MediaKind> {
        let heard = lock(&self.media.heard);
        let kind = |c: &PlaneCommand| match c {
            PlaneCommand::Open { kind, .. } => Some(*kind),
            _ => None,
        };
        heard.iter().filter_map(kind).collect()
    }

    /// Media legs opened and not closed.
    pub fn left_open(&self) -> i64 {
        let heard = lock(&self.media.heard);
        heard.iter().fold(0, |n, c| match c {
            PlaneCommand::Open { .. } => n + 1,
            PlaneCommand::Close { .. } => n - 1,
            _ => n,
        })
    }
}
