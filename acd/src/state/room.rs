//! What an agent has room for.

use super::{AgentRow, Kind, State};

impl State {
    /// Whether an agent who may hold so many texts has room for one more contact of the kind now.
    /// Nobody can answer two things at once, so no text contact is offered beside another offer; a
    /// call may be.
    pub fn has_room(&self, row: &AgentRow, texts: u32, kind: Kind) -> bool {
        let room = match kind {
            Kind::Voice => row.voice.is_none(),
            Kind::Text => row.texts.len() < texts as usize && row.offered.is_empty(),
        };
        room && row.wrapping.is_empty()
    }
}
