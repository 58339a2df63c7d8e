//! Contact tasks: one per live contact. A task drives its contact's journey, carries out what the
//! journey says on a leg or a conversation, and feeds the recording policy with the same facts.

pub mod legs;
mod line;
mod outside;
mod recording;
mod restore;
mod task;
mod text;
mod voice;

pub use recording::OnTape;
pub use restore::restore;
pub use task::ContactTask;
pub use text::TextLine;
pub use voice::VoiceLine;

use crate::assets::Prompts;
use crate::clock::Clock;
use crate::floor::FloorHandle;
use crate::hub::Hub;
use crm::Crm;
use ivr_flows::FlowSet;
use crate::keeping::Tapes;
use sip_gateway::live::Gateway;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every contact task works with.
pub struct Services {
    /// Time and ids.
    pub clock: Clock,
    /// The floor.
    pub floor: FloorHandle,
    /// The register of contacts and legs.
    pub hub: Hub,
    /// Phone and browser legs.
    pub gateway: Gateway,
    /// Web-chat conversations.
    pub chat: chat::Hub,
    /// The menu programs.
    pub flows: Arc<FlowSet>,
    /// Prompt audio in memory.
    pub prompts: Prompts,
    /// Sealed sound.
    pub tapes: Tapes,
    /// Who is being recorded now.
    pub on_tape: OnTape,
    /// Cancelled once no new contact is taken in.
    pub draining: CancellationToken,
    /// Citizens, records, sealed values.
    pub crm: Crm,
}
