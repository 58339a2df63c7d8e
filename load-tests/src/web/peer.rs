//! One WebRTC leg by the `webrtc` crate: it answers an offer with A-law, sends stamped packets at 20 ms and
//! hears what comes.

use crate::bench::fair::stamp;
use crate::bench::rtp_load::{Guest, clock};
use crate::sound::FRAME;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_PCMA, MIME_TYPE_TELEPHONE_EVENT};
use rtc::rtp::{Packet, header::Header};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};
use webrtc::error::{Error, Result};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder, register_default_interceptors,
};
use webrtc::runtime::TokioRuntime;

/// A-law's payload type.
const ALAW: u8 = 8;
/// The payload type of digits in our answers.
const EVENTS: u8 = 101;
/// How long candidates may be gathered: they are all of this machine.
const GATHERING: Duration = Duration::from_secs(5);

/// A connected leg; closed when dropped.
pub(super) struct Peer {
    connection: Arc<dyn PeerConnection>,
    sending: tokio::task::JoinHandle<()>,
}

impl Peer {
    /// Answers an offer; gives the leg and its answer.
    pub(super) async fn answer(offer: &str, guest: Arc<Guest>) -> Result<(Peer, String)> {
        let (gathered, mut gathering) = mpsc::channel(1);
        let (up, connected) = watch::channel(false);
        let handler = Arc::new(Handler { gathered, up, guest: Arc::clone(&guest) });
        let mut engine = MediaEngine::default();
        for codec in codecs() {
            engine.register_codec(codec, RtpCodecKind::Audio)?;
        }
        let registry = register_default_interceptors(Registry::new(), &mut engine)?;
        let connection: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_media_engine(engine)
                .with_setting_engine(SettingEngineBuilder::new().with_include_loopback_candidate(true).build())
                .with_interceptor_registry(registry)
                .with_handler(handler)
                .with_runtime(Arc::new(TokioRuntime))
                .with_udp_addrs(vec!["127.0.0.1:0"])
                .build()
                .await?,
        );
        let source = rand::random();
        let track = Arc::new(TrackLocalStaticRTP::new(track(source)));
        connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
        connection.set_remote_description(RTCSessionDescription::offer(offer.to_owned())?).await?;
        let answer = connection.create_answer(None).await?;
        connection.set_local_description(answer).await?;
        // An answer without candidates would connect to nothing; what was gathered by then is told.
        let _ = tokio::time::timeout(GATHERING, gathering.recv()).await;
        let local = connection.local_description().await.ok_or(Error::ErrConnectionClosed)?;
        let sending = tokio::spawn(send(track, source, connected, guest));
        Ok((Peer { connection, sending }, local.sdp))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.sending.abort();
        let connection = Arc::clone(&self.connection);
        tokio::spawn(async move {
            // The far end has heard BYE; that closing fails changes nothing for it.
            let _ = connection.close().await;
        });
    }
}

fn codecs() -> [RTCRtpCodecParameters; 2] {
    let codec = |mime: &str, fmtp: &str| RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate: 8_000,
        // One channel is written as none: `PCMA/8000/1` is not what others offer.
        channels: 0,
        sdp_fmtp_line: fmtp.to_owned(),
        rtcp_feedback: Vec::new(),
    };
    let parameters = |rtp_codec, payload_type| RTCRtpCodecParameters { rtp_codec, payload_type };
    [parameters(codec(MIME_TYPE_PCMA, ""), ALAW), parameters(codec(MIME_TYPE_TELEPHONE_EVENT, "0-15"), EVENTS)]
}

fn track(source: u32) -> MediaStreamTrack {
    let [alaw, _] = codecs();
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(source), ..Default::default() },
        codec: alaw.rtp_codec,
        ..Default::default()
    };
    MediaStreamTrack::new("bench".into(), "voice".into(), "voice".into(), RtpCodecKind::Audio, vec![coding])
}

struct Handler {
    gathered: mpsc::Sender<()>,
    up: watch::Sender<bool>,
    guest: Arc<Guest>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.up.send_replace(state == RTCPeerConnectionState::Connected);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let guest = Arc::clone(&self.guest);
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    guest.hear(&packet.payload);
                }
            }
        });
    }
}

/// Sends at 20 ms once connected, while the load says so.
async fn send(track: Arc<TrackLocalStaticRTP>, source: u32, mut connected: watch::Receiver<bool>, guest: Arc<Guest>) {
    if connected.wait_for(|up| *up).await.is_err() {
        return;
    }
    let phase = Duration::from_micros(u64::from(guest.number).wrapping_mul(7_919) % 20_000);
    let mut ticks = tokio::time::interval_at(Instant::now() + phase, Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sequence = 0u32;
    loop {
        let due = ticks.tick().await;
        if !guest.is_on() {
            continue;
        }
        let mut payload = [0xd5u8; FRAME];
        stamp(&mut payload, guest.number, sequence, clock().elapsed());
        let header = Header {
            version: 2,
            payload_type: ALAW,
            sequence_number: sequence as u16,
            timestamp: sequence.wrapping_mul(FRAME as u32),
            ssrc: source,
            ..Default::default()
        };
        sequence = sequence.wrapping_add(1);
        guest.sent(due.elapsed());
        if track.write_rtp(Packet { header, payload: bytes::Bytes::copy_from_slice(&payload) }).await.is_err() {
            return;
        }
    }
}
