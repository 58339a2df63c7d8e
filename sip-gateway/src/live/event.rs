//! What the gateway tells, and what it must be told about people and devices.

use crate::sip::address::Dialled;
use vocabulary::{AgentName, CallerNumber, ContactId, EndCause, LegId};

/// What happens to legs and agents' devices.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayEvent {
    /// A call came in that can have media. It rings until answered, rejected or hung up.
    Invited {
        /// Minted by the gateway.
        leg: LegId,
        /// Who calls, as far as the network says.
        caller: CallerNumber,
        /// What was dialled; also numbers that are not ours, so that an apology can be spoken.
        dialled: Dialled,
        /// The way it came.
        origin: Origin,
    },
    /// A leg of ours rings at the far end. Told once.
    Ringing {
        /// The leg.
        leg: LegId,
    },
    /// Both sides agreed on media.
    Answered {
        /// The leg.
        leg: LegId,
    },
    /// The leg can be spoken to.
    MediaUp {
        /// The leg.
        leg: LegId,
    },
    /// A key was pressed; once, however many ways it was sent.
    Digit {
        /// The leg.
        leg: LegId,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// A play was heard to its end.
    Played {
        /// The leg.
        leg: LegId,
        /// The number it was started with.
        play: u64,
    },
    /// The far end put us on hold, or took us back.
    HoldChanged {
        /// The leg.
        leg: LegId,
        /// Held.
        on: bool,
    },
    /// The leg is over. Told once; nothing follows for it.
    Ended {
        /// The leg.
        leg: LegId,
        /// Whether they ended it.
        by_far_end: bool,
        /// Why.
        cause: EndCause,
        /// The SIP code that ended it; 0 where none did.
        code: u16,
    },
    /// An agent who had no device has one.
    Registered {
        /// The agent.
        agent: AgentName,
    },
    /// An agent's last device is gone.
    Unregistered {
        /// The agent.
        agent: AgentName,
    },
    /// Nothing is heard of the far end's media. Never a reason to end a leg by itself.
    MediaSilent {
        /// The leg.
        leg: LegId,
    },
}

/// The way a call came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From the phone network.
    Phone,
    /// From a citizen's web page.
    WebCitizen,
    /// From an agent's device. Refused for now, so never reported.
    Agent(AgentName),
}

/// Who a WebSocket belongs to; whoever upgraded it has checked that.
#[derive(Clone, PartialEq, Eq)]
pub enum WebIdentity {
    /// A logged-in agent.
    Agent(AgentName),
    /// A citizen with a one-use token: one call, to this and nothing else.
    Citizen {
        /// What may be dialled.
        number: Dialled,
        /// The token; however many sockets come with it, it places one call.
        token: String,
    },
}

/// What an agent's device is told about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringing {
    /// Sent as X-Contact, so that the desk finds its card.
    pub contact: ContactId,
    /// Sent as display name; made safe here.
    pub shown_as: String,
}

/// One agent's device as credentials know it.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// Whose it is.
    pub agent: AgentName,
    /// `MD5(user:realm:secret)` in hex.
    pub ha1_md5: String,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({}, ***)", self.agent)
    }
}

/// Finds devices. Called for every registration on the signalling task: it must answer from memory.
pub trait Devices: Send + Sync + 'static {
    /// The device that logs in by this user name.
    fn find(&self, user: &str) -> Option<Device>;

    /// `SHA-256(user:realm:secret)` in hex of the same device, where it is kept that way too; it is then
    /// challenged by SHA-256 first (RFC 8760).
    fn ha1_sha256(&self, _user: &str) -> Option<String> {
        None
    }
}
