//! The handle the rest of the centre holds.

use crate::live::config::{Bound, GatewayConfig, GatewayError};
use crate::live::event::{Devices, GatewayEvent, Ringing, WebIdentity};
use crate::live::plane::{Plane, PlaneCommand, PlaneConfig, PlaneError, Supervision};
use crate::live::signalling::{Media, Order, Signalling};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vocabulary::audio::{Clip, Frame};
use vocabulary::{AgentName, LegId};

/// The handle. Clones share one gateway. Orders never block; they are carried out in order, and what
/// comes of them is a [`GatewayEvent`]. An order for a leg that is over does nothing.
#[derive(Clone)]
pub struct Gateway {
    signalling: Signalling,
    media: Arc<dyn Media>,
}

impl Gateway {
    /// Binds every socket and starts. Cancelling `stop` says BYE on every leg, refuses new ones and
    /// ends; the events then end too, and [`Gateway::stopped`] returns.
    ///
    /// # Errors
    /// [`GatewayError::Listen`] and [`GatewayError::Media`].
    pub async fn start(
        config: GatewayConfig,
        devices: Arc<dyn Devices>,
        stop: CancellationToken,
    ) -> Result<(Gateway, mpsc::Receiver<GatewayEvent>, Bound), GatewayError> {
        let (plane, plane_events, webrtc) = Plane::start(PlaneConfig {
            rtp_ports: config.rtp_ports.clone(),
            rtp_ip: config.sip_listen.ip(),
            webrtc_listen: config.webrtc_listen,
            advertised_ip: config.advertised_ip,
        })?;
        let (gateway, events, sip) = Gateway::over(config, devices, stop, Arc::new(plane), plane_events).await?;
        Ok((gateway, events, Bound { sip, webrtc }))
    }

    /// The same over any media, for tests of signalling alone.
    pub(crate) async fn over(
        config: GatewayConfig,
        devices: Arc<dyn Devices>,
        stop: CancellationToken,
        media: Arc<dyn Media>,
        media_events: mpsc::Receiver<crate::live::plane::PlaneEvent>,
    ) -> Result<(Gateway, mpsc::Receiver<GatewayEvent>, SocketAddr), GatewayError> {
        let (signalling, events, sip) =
            Signalling::start(config, devices, stop, media.clone(), media_events).await?;
        Ok((Gateway { signalling, media }, events, sip))
    }

    /// Carries SIP over one WebSocket (RFC 7118), one message a text frame, until either side of it
    /// closes. `peer` is the socket's far address, not a forwarded one: it is what floods are counted
    /// by. When this returns, bindings and legs on the socket are gone.
    pub async fn web_socket(
        &self,
        peer: SocketAddr,
        who: WebIdentity,
        incoming: mpsc::Receiver<String>,
        outgoing: mpsc::Sender<String>,
    ) {
        self.signalling.web_socket(peer, who, incoming, outgoing).await;
    }

    /// Takes a call that came in.
    ///
    /// # Errors
    /// [`GatewayError::Busy`], [`GatewayError::Stopped`]; the same for every order below.
    pub fn answer(&self, leg: LegId) -> Result<(), GatewayError> {
        self.signalling.order(Order::Answer(leg))
    }

    /// Does not take it; 300 to 699, anything else is sent as 480.
    pub fn reject(&self, leg: LegId, code: u16) -> Result<(), GatewayError> {
        self.signalling.order(Order::Reject(leg, code))
    }

    /// Lets a caller hear what is played before the call is taken or refused (183).
    pub fn early_media(&self, leg: LegId) -> Result<(), GatewayError> {
        self.signalling.order(Order::EarlyMedia(leg))
    }

    /// Ends a leg in whatever state it is.
    pub fn hang_up(&self, leg: LegId) -> Result<(), GatewayError> {
        self.signalling.order(Order::HangUp(leg))
    }

    /// Rings every device of an agent as one leg, whose id the caller mints. The first to answer has
    /// it. With no device it ends at once with 480.
    pub fn ring(&self, leg: LegId, agent: &AgentName, about: Ringing) -> Result<(), GatewayError> {
        self.signalling.order(Order::Ring(leg, agent.clone(), about))
    }

    /// Calls a number by the outbound trunk, as one leg, whose id the caller mints.
    pub fn dial(&self, leg: LegId, number: &str) -> Result<(), GatewayError> {
        self.signalling.order(Order::Dial(leg, number.to_owned()))
    }

    /// Plays clips to a leg, in place of whatever it hears, until [`Gateway::stop_playing`], the
    /// next play, or the end ([`GatewayEvent::Played`]); with `repeat` there is no end.
    pub fn play(&self, leg: LegId, play: u64, clips: Vec<Arc<Clip>>, repeat: bool) -> Result<(), GatewayError> {
        Ok(self.media.play(self.signalling.media_leg(leg), play, clips, repeat)?)
    }

    /// Stops the play.
    pub fn stop_playing(&self, leg: LegId) -> Result<(), GatewayError> {
        let leg = self.signalling.media_leg(leg);
        Ok(self.media.command(PlaneCommand::StopPlaying { leg })?)
    }

    /// Lets two legs hear each other.
    pub fn bridge(&self, a: LegId, b: LegId) -> Result<(), GatewayError> {
        let (a, b) = (self.signalling.media_leg(a), self.signalling.media_leg(b));
        Ok(self.media.command(PlaneCommand::Bridge { a, b })?)
    }

    /// Parts them.
    pub fn unbridge(&self, a: LegId, b: LegId) -> Result<(), GatewayError> {
        let (a, b) = (self.signalling.media_leg(a), self.signalling.media_leg(b));
        Ok(self.media.command(PlaneCommand::Unbridge { a, b })?)
    }

    /// Copies what both sides of a bridge say to the recorder's ring.
    pub fn tap(&self, citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame>) -> Result<(), GatewayError> {
        let (citizen, agent) = (self.signalling.media_leg(citizen), self.signalling.media_leg(agent));
        Ok(self.media.tap(citizen, agent, sink)?)
    }

    /// Ends the copying; the recorder's ring is closed.
    pub fn untap(&self, citizen: LegId) -> Result<(), GatewayError> {
        let citizen = self.signalling.media_leg(citizen);
        Ok(self.media.command(PlaneCommand::Untap { citizen })?)
    }

    /// Lets several legs hear each other: each hears the sum of the others.
    pub fn mix(&self, legs: &[LegId]) -> Result<(), GatewayError> {
        let legs = legs.iter().map(|leg| self.signalling.media_leg(*leg)).collect();
        Ok(self.media.command(PlaneCommand::Mix { legs })?)
    }

    /// Takes a leg out of its bridge or conference; the others stay together.
    pub fn leave(&self, leg: LegId) -> Result<(), GatewayError> {
        let leg = self.signalling.media_leg(leg);
        Ok(self.media.command(PlaneCommand::Leave { leg })?)
    }

    /// Lets a supervisor's leg hear a citizen's room, now and across transfers; `mode` says who hears the
    /// supervisor. Who may do so, and on which contacts, is the caller's to check and to write down.
    pub fn supervise(
        &self,
        supervisor: LegId,
        citizen: LegId,
        agent: LegId,
        mode: Supervision,
    ) -> Result<(), GatewayError> {
        let [supervisor, citizen, agent] = [supervisor, citizen, agent].map(|leg| self.signalling.media_leg(leg));
        Ok(self.media.command(PlaneCommand::Supervise { supervisor, citizen, agent, mode })?)
    }

    /// Ends what a leg supervises.
    pub fn unsupervise(&self, supervisor: LegId) -> Result<(), GatewayError> {
        let supervisor = self.signalling.media_leg(supervisor);
        Ok(self.media.command(PlaneCommand::Unsupervise { supervisor })?)
    }

    /// Records another leg as the agent's: one recording goes on across a transfer.
    pub fn follow_tap(&self, citizen: LegId, agent: LegId) -> Result<(), GatewayError> {
        let (citizen, agent) = (self.signalling.media_leg(citizen), self.signalling.media_leg(agent));
        Ok(self.media.command(PlaneCommand::FollowTap { citizen, agent })?)
    }

    /// Records nothing for a while, or goes on.
    pub fn pause_tap(&self, citizen: LegId, paused: bool) -> Result<(), GatewayError> {
        let citizen = self.signalling.media_leg(citizen);
        let command = if paused { PlaneCommand::PauseTap { citizen } } else { PlaneCommand::ResumeTap { citizen } };
        Ok(self.media.command(command)?)
    }

    /// Sends a key press to a leg (RFC 4733), such as for an outside line's menu.
    pub fn send_digit(&self, leg: LegId, digit: char) -> Result<(), GatewayError> {
        let leg = self.signalling.media_leg(leg);
        Ok(self.media.command(PlaneCommand::Digit { leg, digit })?)
    }

    /// Whether an agent has a device that can be rung.
    pub fn registered(&self, agent: &AgentName) -> bool {
        self.signalling.registered(agent)
    }

    /// Waits, after the stop token was cancelled, until every task and the media threads have ended.
    pub async fn stopped(&self) {
        self.signalling.stopped().await;
    }
}

impl Media for Plane {
    fn command(&self, command: PlaneCommand) -> Result<(), PlaneError> {
        Plane::command(self, command)
    }

    fn play(&self, leg: LegId, play: u64, clips: Vec<Arc<Clip>>, repeat: bool) -> Result<(), PlaneError> {
        Plane::play(self, leg, play, clips, repeat)
    }

    fn tap(&self, citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame>) -> Result<(), PlaneError> {
        Plane::tap(self, citizen, agent, sink)
    }

    fn shutdown(&self) {
        Plane::shutdown(self);
    }
}
