//! The media plane: a thread of its own that holds every media socket, bridges legs, plays clips,
//! reads and sends digits and copies what it hears to the recorder. It takes plain commands and gives
//! events, so that it can become a process of its own; signalling, and what a held leg shall hear,
//! are its caller's business.
//!
//! | file | owns |
//! |---|---|
//! | `shard` | the thread: sockets, orders, the 20 ms tick |
//! | `shard/wires`, `shard/mix` | who hears whom, and the sums |
//! | `leg` | one leg: what it hears, what it says |
//! | `ear` | the decoded path of a leg, while it is needed |
//! | `phone`, `near`, `text_line` | the RTP sockets of a SIP leg |
//! | `browser` | the WebRTC engine of a browser leg |
//! | `ports`, `taps`, `outbox`, `tally` | port pairs, copies for the recorder, events, metrics |
//! | `health` | how a leg fares, as scores |

mod browser;
mod ear;
mod health;
mod kinds;
mod leg;
mod near;
mod outbox;
mod phone;
mod ports;
mod shard;
mod tally;
mod taps;
mod text_line;

pub use kinds::{Letters, MediaKind, Supervision, TapMark};

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use vocabulary::LegId;
use vocabulary::audio::{Clip, Frame};

/// Orders waiting for the thread; beyond this the caller is told that the plane is busy.
const MAX_ORDERS: usize = 4_096;
/// Events waiting for their reader, before the plane keeps a backlog of its own.
const MAX_EVENTS: usize = 4_096;

/// Where the plane listens.
#[derive(Debug, Clone)]
pub struct PlaneConfig {
    /// Ports of SIP legs, two a leg; `0..=0` lets the system choose.
    pub rtp_ports: RangeInclusive<u16>,
    /// Address the sockets of SIP legs are bound to.
    pub rtp_ip: IpAddr,
    /// The one UDP socket of all WebRTC legs; port 0 lets the system choose.
    pub webrtc_listen: SocketAddr,
    /// The address told to far ends, where it differs from the bound one (network translation).
    pub advertised_ip: Option<IpAddr>,
}

/// What a supervisor's leg attends to.
#[derive(Debug, Clone, Copy)]
struct Watching {
    citizen: usize,
    agent: Option<usize>,
    mode: Supervision,
}

/// What the plane can be told. All of it is plain data; [`Plane::tap`] and [`Plane::play`] carry what
/// is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaneCommand {
    /// Make a leg. Fails with [`PlaneEvent::Refused`] when no port is free.
    Open {
        /// Its id.
        leg: LegId,
        /// How its media travels.
        kind: MediaKind,
    },
    /// Make our offer; it comes as [`PlaneEvent::Local`].
    Offer {
        /// The leg.
        leg: LegId,
    },
    /// Answer their first offer; the answer comes as [`PlaneEvent::Local`], or
    /// [`PlaneEvent::Refused`].
    Answer {
        /// The leg.
        leg: LegId,
        /// Their offer.
        sdp: String,
    },
    /// Take their answer to our offer. [`PlaneEvent::Refused`] when nothing of it can be taken.
    SetAnswer {
        /// The leg.
        leg: LegId,
        /// Their answer.
        sdp: String,
    },
    /// Answer a later offer of theirs (hold, resume, ICE restart, another address).
    Reoffer {
        /// The leg.
        leg: LegId,
        /// Their offer.
        sdp: String,
    },
    /// Make a new offer of ours on a live leg; on a WebRTC leg it restarts ICE.
    Restart {
        /// The leg.
        leg: LegId,
    },
    /// Let two legs hear each other. A leg bridged elsewhere leaves that bridge.
    Bridge {
        /// One leg.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Part two legs.
    Unbridge {
        /// One leg.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Let several legs hear each other: each hears the sum of the others. A leg that was bridged or in a
    /// conference leaves that. At most 16.
    Mix {
        /// The legs.
        legs: Vec<LegId>,
    },
    /// Take a leg out of its bridge or conference; the others stay together.
    Leave {
        /// The leg.
        leg: LegId,
    },
    /// Let a supervisor hear whatever a citizen hears and says, now and across transfers, until
    /// `Unsupervise`, or until the supervisor's leg is bridged. Given again it changes the mode.
    Supervise {
        /// The supervisor's leg.
        supervisor: LegId,
        /// The citizen's leg.
        citizen: LegId,
        /// The leg that hears a whisper.
        agent: LegId,
        /// How.
        mode: Supervision,
    },
    /// End it.
    Unsupervise {
        /// The supervisor's leg.
        supervisor: LegId,
    },
    /// Tell once, as [`PlaneEvent::Quiet`], when nobody has spoken on a leg for so long; told again after
    /// each utterance. 0 ends it.
    Watch {
        /// The leg.
        leg: LegId,
        /// Milliseconds without a voice.
        quiet_millis: u64,
    },
    /// Record another leg as the agent's: the recording goes on, with a mark.
    FollowTap {
        /// The citizen's leg.
        citizen: LegId,
        /// The leg that is now spoken with.
        agent: LegId,
    },
    /// Record nothing for a while (identity checks, card numbers), with a mark.
    PauseTap {
        /// The citizen's leg.
        citizen: LegId,
    },
    /// Record again.
    ResumeTap {
        /// The citizen's leg.
        citizen: LegId,
    },
    /// Stop what is played to a leg; there is no [`PlaneEvent::Played`] for it.
    StopPlaying {
        /// The leg.
        leg: LegId,
    },
    /// End the tap of a citizen's leg; the sink is dropped.
    Untap {
        /// The citizen's leg.
        citizen: LegId,
    },
    /// Send a digit to a leg (RFC 4733). Dropped when the far end takes none.
    Digit {
        /// The leg.
        leg: LegId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
    },
    /// Send real-time text (RFC 4103) to a leg that has agreed on it. Dropped when it has not, or when
    /// more than 4 kB wait.
    Text {
        /// The leg.
        leg: LegId,
        /// The letters; `\u{8}` takes one back.
        text: Letters,
    },
    /// End a leg: its sockets close, its bridge and tap end. Last [`PlaneEvent::Stats`] follow.
    Close {
        /// The leg.
        leg: LegId,
    },
}

/// What the plane tells. Plain data, as the commands are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaneEvent {
    /// Our offer or answer: the reply to `Offer`, `Answer`, `Reoffer` and `Restart`.
    Local {
        /// The leg.
        leg: LegId,
        /// The description.
        sdp: String,
    },
    /// Their description, or the leg itself, cannot be had; for signalling a 488.
    Refused {
        /// The leg.
        leg: LegId,
        /// Why, without foreign text.
        why: String,
    },
    /// The leg can be spoken to: the far address is known, on a WebRTC leg ICE and DTLS are up.
    MediaUp {
        /// The leg.
        leg: LegId,
    },
    /// The far end pressed a key.
    Digit {
        /// The leg.
        leg: LegId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
    },
    /// The last frame of a play went out.
    Played {
        /// The leg.
        leg: LegId,
        /// The caller's number of the play.
        play: u64,
    },
    /// The far end holds us, or took us back.
    HoldChanged {
        /// The leg.
        leg: LegId,
        /// It holds us.
        on: bool,
    },
    /// The browser closed its connection (page closed or reloaded). The leg stays until `Close`.
    Gone {
        /// The leg.
        leg: LegId,
    },
    /// No packet for 30 s although the far end should be sending. It ends nothing here: an ordinary call
    /// may be ended for it, one in a safeguarding lane never.
    Silent {
        /// The leg.
        leg: LegId,
    },
    /// Packets come again after [`PlaneEvent::Silent`].
    Heard {
        /// The leg.
        leg: LegId,
    },
    /// Letters as they were typed at the far end: new ones only, `\u{8}` takes one back, U+FFFD stands
    /// for lost ones.
    Text {
        /// The leg.
        leg: LegId,
        /// The letters.
        text: Letters,
    },
    /// Nobody has spoken on the leg for as long as [`PlaneCommand::Watch`] asked.
    Quiet {
        /// The leg.
        leg: LegId,
        /// Milliseconds without a voice.
        millis: u64,
    },
    /// Something happened in the middle of a recording.
    TapMarked {
        /// The citizen's leg.
        leg: LegId,
        /// Milliseconds since the tap was opened, on the clock of its frames.
        at_millis: u32,
        /// What.
        mark: TapMark,
    },
    /// Counters since the leg opened; every 5 s, and at `Close`.
    Stats {
        /// The leg.
        leg: LegId,
        /// RTP packets received.
        packets_in: u64,
        /// RTP packets sent.
        packets_out: u64,
        /// Packets that never arrived here.
        lost: u64,
        /// Interarrival jitter in milliseconds.
        jitter_ms: u32,
        /// How it sounds.
        quality: Quality,
    },
}

/// How a leg has sounded since it opened: counts of what came, and opinion scores by the E-model
/// (ITU-T G.107) in hundredths, 100 (bad) to 450. A score is absent until two seconds were heard, and
/// the outgoing one until the far end has reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// The last round trip measured by RTCP, in milliseconds.
    pub round_trip_ms: Option<u32>,
    /// Runs of packets that never came.
    pub bursts: u64,
    /// Packets that came more than once.
    pub duplicates: u64,
    /// Packets that came behind a later one.
    pub late: u64,
    /// What we hear of them.
    pub mos_in: Option<u16>,
    /// What they hear of us, by their reports.
    pub mos_out: Option<u16>,
}

/// Why the plane did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum PlaneError {
    /// A socket could not be had at start.
    #[error("the media plane cannot listen on {listen}: {source}")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The thread or its poll could not be started.
    #[error("the media plane cannot start: {0}")]
    Start(#[source] std::io::Error),
    /// More orders wait than the thread can take; try again.
    #[error("the media plane is busy")]
    Busy,
    /// The plane has ended.
    #[error("the media plane has stopped")]
    Stopped,
}

/// What travels to the thread.
enum Order {
    Command(PlaneCommand),
    Tap { citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame> },
    Play { leg: LegId, play: u64, clips: Vec<Arc<Clip>>, repeat: bool },
}

/// The handle. Clones share one plane; when the last is dropped, its thread ends and is joined.
#[derive(Clone)]
pub struct Plane {
    inner: Arc<Inner>,
}

struct Inner {
    orders: SyncSender<Order>,
    waker: Arc<mio::Waker>,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Plane {
    /// Binds the WebRTC socket and starts the thread. Gives the handle, the events and the bound
    /// WebRTC address.
    ///
    /// # Errors
    /// [`PlaneError::Listen`] and [`PlaneError::Start`].
    pub fn start(config: PlaneConfig) -> Result<(Plane, mpsc::Receiver<PlaneEvent>, SocketAddr), PlaneError> {
        let (orders, inbox) = sync_channel(MAX_ORDERS);
        let (events, outbox) = mpsc::channel(MAX_EVENTS);
        let stop = Arc::new(AtomicBool::new(false));
        let shard = shard::Shard::new(config, inbox, events, stop.clone())?;
        let (waker, bound) = (shard.waker(), shard.web_address());
        let thread = std::thread::Builder::new()
            .name("media-0".to_owned())
            .spawn(move || shard.run())
            .map_err(PlaneError::Start)?;
        let inner = Inner { orders, waker, stop, thread: Mutex::new(Some(thread)) };
        Ok((Plane { inner: Arc::new(inner) }, outbox, bound))
    }

    /// Gives one command. Commands, taps and plays are carried out in the order given.
    ///
    /// # Errors
    /// [`PlaneError::Busy`] and [`PlaneError::Stopped`]; never blocks.
    pub fn command(&self, command: PlaneCommand) -> Result<(), PlaneError> {
        self.order(Order::Command(command))
    }

    /// Copies both sides of the bridge of these two legs, as received from each, to `sink`. Frames
    /// are taken only while the two are together, in a bridge or a conference; in a conference the
    /// agent's side is what the citizen hears. [`PlaneCommand::FollowTap`] goes on with another agent.
    /// A full ring loses frames and counts them. A second tap on the citizen's leg, `Untap` and the end
    /// of that leg drop the sink.
    ///
    /// # Errors
    /// [`PlaneError::Busy`] and [`PlaneError::Stopped`]; never blocks.
    pub fn tap(&self, citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame>) -> Result<(), PlaneError> {
        self.order(Order::Tap { citizen, agent, sink })
    }

    /// Plays clips end to end to one leg, in place of what was played before and of what its bridge
    /// would let it hear. The play waits while the leg cannot be spoken to. With `repeat` it goes
    /// round until stopped, else [`PlaneEvent::Played`] follows the last frame.
    ///
    /// # Errors
    /// [`PlaneError::Busy`] and [`PlaneError::Stopped`]; never blocks.
    pub fn play(&self, leg: LegId, play: u64, clips: Vec<Arc<Clip>>, repeat: bool) -> Result<(), PlaneError> {
        self.order(Order::Play { leg, play, clips, repeat })
    }

    /// Ends the plane now, whoever else holds a handle: every leg is closed, the thread joined.
    pub fn shutdown(&self) {
        self.inner.end();
    }

    fn order(&self, order: Order) -> Result<(), PlaneError> {
        self.inner.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => PlaneError::Busy,
            TrySendError::Disconnected(_) => PlaneError::Stopped,
        })?;
        // The thread looks at its orders whenever it wakes, so a failed wake only delays.
        let _ = self.inner.waker.wake();
        Ok(())
    }
}

impl Inner {
    fn end(&self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.waker.wake();
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the thread was printed by it; there is nothing left to undo here.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}
