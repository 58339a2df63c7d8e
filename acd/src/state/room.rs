//! What an agent has room for: their capacity ledger, or the simple rule where they have none.

use super::{AgentRow, State};
use std::collections::BTreeMap;
use vocabulary::centre::{Agent, Beside, Load, Rules};
use vocabulary::{Channel, ContactId, LedgerName};

/// The most kinds of contacts: one for each channel.
pub(crate) const KINDS: usize = Channel::ALL.len();

/// Channels for which every agent has room or has none: voice, each text channel that a ledger
/// names, and all the others together. Without ledgers these are two, so that an agent is listed
/// twice and not once for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind(u8);

/// The kinds of a set-up and what its ledgers say of them.
#[derive(Debug, Clone)]
pub(crate) struct Kinds {
    of: [Kind; KINDS],
    len: usize,
    names: BTreeMap<LedgerName, u16>,
    ledgers: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    capacity: u64,
    loads: [Option<Load>; KINDS],
}

/// What an agent carries at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Room {
    /// Text contacts, where no ledger says otherwise.
    texts: u32,
    /// Number of the ledger.
    ledger: Option<u16>,
}

impl Kind {
    const VOICE: Kind = Kind(0);
    const TEXT: Kind = Kind(1);

    pub fn ix(self) -> usize {
        usize::from(self.0)
    }

    /// The first kinds, voice before all.
    pub fn first(kinds: usize) -> impl Iterator<Item = Kind> {
        (0..kinds as u8).map(Kind)
    }
}

impl Default for Kinds {
    fn default() -> Kinds {
        Kinds::of(&Rules::default())
    }
}

impl Kinds {
    pub fn of(rules: &Rules) -> Kinds {
        let named = |channel: Channel| rules.ledgers.values().any(|ledger| ledger.channels.contains_key(&channel));
        let mut kinds = Kinds { of: [Kind::TEXT; KINDS], len: 2, names: BTreeMap::new(), ledgers: Vec::new() };
        for channel in Channel::ALL {
            if channel.is_voice() {
                kinds.of[channel as usize] = Kind::VOICE;
            } else if named(channel) && kinds.len < KINDS {
                kinds.of[channel as usize] = Kind(kinds.len as u8);
                kinds.len += 1;
            }
        }
        for (name, ledger) in &rules.ledgers {
            kinds.names.insert(name.clone(), kinds.ledgers.len() as u16);
            let mut loads = [None; KINDS];
            ledger.channels.iter().for_each(|(channel, load)| loads[kinds.of[*channel as usize].ix()] = Some(*load));
            kinds.ledgers.push(Row { capacity: u64::from(ledger.capacity), loads });
        }
        kinds
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn kind(&self, channel: Channel) -> Kind {
        self.of[channel as usize]
    }

    /// A ledger that is no longer set up leaves the agent with the simple rule.
    pub fn room_of(&self, agent: &Agent) -> Room {
        let ledger = agent.ledger.as_ref().and_then(|name| self.names.get(name)).copied();
        Room { texts: agent.text_contacts, ledger }
    }
}

impl State {
    /// Whether an agent has room for one more contact of the kind now.
    pub fn has_room(&self, row: &AgentRow, room: Room, kind: Kind) -> bool {
        row.wrapping.is_empty() && self.fits(row, room, kind, &[])
    }

    /// Whether one more contact of the kind goes together with what the agent has in hand, except
    /// for some of it. Nobody can answer two things at once, so no text contact is offered beside
    /// another offer; a call may be.
    pub fn fits(&self, row: &AgentRow, room: Room, kind: Kind, except: &[ContactId]) -> bool {
        let counts = |id: &ContactId| !except.contains(id) && !row.life.parked.contains_key(id);
        if kind == Kind::VOICE {
            if row.voice.is_some_and(|id| counts(&id)) {
                return false;
            }
        } else if row.offered.iter().any(counts) {
            return false;
        }
        match room.ledger {
            Some(ledger) => {
                let in_hand = row.engagements().filter(counts).map(|id| self.kinds.kind(self.contacts[&id].channel));
                self.kinds.ledgers[usize::from(ledger)].admits(kind, in_hand)
            }
            None if kind == Kind::VOICE => true,
            None if except.is_empty() && row.life.parked.is_empty() => row.texts.len() < room.texts as usize,
            None => row.texts.iter().filter(|id| counts(id)).count() < room.texts as usize,
        }
    }
}

impl Row {
    /// Whether the capacity left, the number of the same kind and what goes together allow one more.
    fn admits(&self, kind: Kind, in_hand: impl Iterator<Item = Kind>) -> bool {
        let Some(load) = self.loads[kind.ix()] else {
            return false;
        };
        let (mut taken, mut same) = (u64::from(load.weight), 0);
        for other in in_hand {
            let alike = other == kind;
            // What the ledger no longer names weighs nothing and forbids nothing.
            let beside = self.loads[other.ix()];
            taken += beside.map_or(0, |held| u64::from(held.weight));
            same += u32::from(alike);
            if !load.beside.allows(alike) || beside.is_some_and(|held| !held.admits.allows(alike)) {
                return false;
            }
        }
        taken <= self.capacity && same < load.most
    }
}

/// Whether a rule allows one contact beside another.
trait Allows {
    fn allows(self, same_channel: bool) -> bool;
}

impl Allows for Beside {
    fn allows(self, same_channel: bool) -> bool {
        match self {
            Beside::Nothing => false,
            Beside::SameChannel => same_channel,
            Beside::Anything => true,
        }
    }
}
