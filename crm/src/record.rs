//! The record of one contact, folded from its events alone: what the journal says twice, it says the
//! same. It holds ids, names of staff and verdicts; the citizen's name, number and words are sealed
//! elsewhere under the contact's key.

use serde::{Deserialize, Serialize};
use vocabulary::event::{DiscardCause, Kept};
use vocabulary::{
    AgentName, Channel, Consent, ConsentKind, ContactId, EndCause, Entry, EntryName, Event, Lane, Language, Party,
    QueueName, ReasonName, RecordingId, Risk, Span, TenantName, Time,
};

/// What is kept of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmRecord {
    /// The contact.
    pub contact: ContactId,
    /// Position in the journal of the last entry folded in: a record of a lower one is older.
    pub seq: u64,
    /// How it travelled.
    pub channel: Channel,
    /// Whose number or page it came to.
    pub tenant: TenantName,
    /// The number or page.
    pub entry: EntryName,
    /// The kind of help, as last decided.
    pub lane: Lane,
    /// How urgent, as last decided.
    pub risk: Risk,
    /// The queue it last entered; `None` when it never reached one.
    pub queue: Option<QueueName>,
    /// The language the citizen chose.
    pub language: Option<Language>,
    /// When it came in.
    pub arrived: Time,
    /// When it first entered a queue.
    pub queued: Option<Time>,
    /// From the first queue to the first connection, or to the end where there was none.
    pub waited: Option<Span>,
    /// The contact whose place in the queue it took over.
    pub place_of: Option<ContactId>,
    /// How many offers were made.
    pub offers: u32,
    /// The last rung of the last-resort chain that was taken, from 0.
    pub last_resort: Option<u32>,
    /// Who served it last.
    pub agent: Option<AgentName>,
    /// Everyone who served it, in order.
    pub agents: Vec<AgentName>,
    /// When agent and citizen first heard (or read) each other.
    pub connected: Option<Time>,
    /// How long they were connected, holds excluded.
    pub talked: Span,
    /// How long the citizen was on hold.
    pub held: Span,
    /// The end.
    pub ended: Option<RecordEnd>,
    /// What became of the recording.
    pub recording: RecordingState,
    /// Recordings that exist.
    pub recordings: Vec<RecordingOf>,
    /// What became of the transcript.
    pub transcript: TranscriptState,
    /// The agent's verdict.
    pub disposition: Option<ReasonName>,
    /// When wrap-up ended.
    pub wrapped_up: Option<Time>,
    /// Everything the citizen was told and chose, with its moment: evidence.
    pub consents: Vec<ConsentAt>,
    /// Where the fold stands; no part of what is shown.
    #[serde(default)]
    fold: Fold,
}

/// The end of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEnd {
    /// When.
    pub at: Time,
    /// Who ended it.
    pub by: Party,
    /// Why.
    pub cause: EndCause,
}

/// A consent and its moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAt {
    /// When.
    pub at: Time,
    /// What was said and chosen.
    #[serde(flatten)]
    pub consent: Consent,
}

/// One recording that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingOf {
    /// The recording.
    pub recording: RecordingId,
    /// Its length.
    pub length: Span,
    /// Whether its authenticated end is there.
    pub complete: bool,
    /// Who may open it.
    pub kept: Kept,
    /// Whether its transcript was written.
    pub transcribed: bool,
}

/// What became of the recording of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// There is none: a text channel, or nobody was connected.
    None,
    /// There is at least one.
    Recorded,
    /// The citizen refused (key 8).
    Refused,
    /// The citizen withdrew consent later; it was destroyed.
    Withdrawn,
    /// The safe line: none was made, or what there was is gone.
    SafeLine,
}

/// What became of the transcript of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptState {
    /// There is nothing to transcribe.
    None,
    /// There is a recording, and no transcript yet.
    Waiting,
    /// Every recording has its transcript.
    Written,
    /// A safeguarding contact: none is made without consent.
    Withheld,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Fold {
    talking_since: Option<Time>,
    held_since: Option<Time>,
    refused: bool,
    withdrawn: bool,
    safe_line: bool,
}

impl CrmRecord {
    /// Folds a contact's record from journal entries in their order; entries of other contacts are
    /// passed over. `None` where the contact's arrival is not among them.
    pub fn from_events(contact: ContactId, entries: &[Entry]) -> Option<CrmRecord> {
        let mut mine = entries.iter().filter(|e| e.event.contact() == Some(contact));
        let mut record = mine.by_ref().find_map(CrmRecord::begin)?;
        mine.for_each(|entry| record.apply(entry));
        Some(record)
    }

    /// The record an arrival begins; `None` for every other event.
    pub fn begin(entry: &Entry) -> Option<CrmRecord> {
        let Event::Arrived { contact, channel, tenant, entry: point } = &entry.event else {
            return None;
        };
        Some(CrmRecord {
            contact: *contact,
            seq: entry.seq,
            channel: *channel,
            tenant: tenant.clone(),
            entry: point.clone(),
            lane: Lane::Standard,
            risk: Risk::P3,
            queue: None,
            language: None,
            arrived: entry.at,
            queued: None,
            waited: None,
            place_of: None,
            offers: 0,
            last_resort: None,
            agent: None,
            agents: Vec::new(),
            connected: None,
            talked: Span::ZERO,
            held: Span::ZERO,
            ended: None,
            recording: RecordingState::None,
            recordings: Vec::new(),
            transcript: TranscriptState::None,
            disposition: None,
            wrapped_up: None,
            consents: Vec::new(),
            fold: Fold::default(),
        })
    }

    /// Folds one more entry in. Entries of other contacts and entries already folded in change nothing.
    pub fn apply(&mut self, entry: &Entry) {
        if entry.event.contact() != Some(self.contact) || entry.seq <= self.seq {
            return;
        }
        self.seq = entry.seq;
        let at = entry.at;
        match &entry.event {
            Event::LanguageChosen { language, .. } => self.language = Some(*language),
            Event::ConsentGiven { consent, .. } => self.consent(at, consent),
            Event::Queued { queue, lane, risk, .. } => {
                self.stop_talking(at);
                self.queue = Some(queue.clone());
                self.classify(*lane, *risk);
                self.queued.get_or_insert(at);
            }
            Event::Reclassified { lane, risk, .. } => self.classify(*lane, *risk),
            Event::LastResortTaken { step, .. } => self.last_resort = Some(*step),
            Event::Offered { .. } => self.offers += 1,
            Event::PlaceClaimed { from, .. } => self.place_of = Some(*from),
            Event::Connected { agent, .. } => self.connect(at, agent),
            Event::ConnectFailed { .. } => self.stop_talking(at),
            Event::Held { .. } => self.hold(at),
            Event::Resumed { .. } => self.resume(at),
            Event::Ended { by, cause, .. } if self.ended.is_none() => {
                self.stop_talking(at);
                self.stop_waiting(at);
                self.ended = Some(RecordEnd { at, by: *by, cause: *cause });
            }
            Event::WrappedUp { disposition, .. } => {
                self.wrapped_up = Some(at);
                if disposition.is_some() {
                    self.disposition.clone_from(disposition);
                }
            }
            Event::Recorded { .. } | Event::RecordingDiscarded { .. } | Event::Transcribed { .. } => {
                self.recording_event(&entry.event);
            }
            _ => {}
        }
        self.settle();
    }

    /// Whether the rules of the safe line hold for it.
    pub fn is_safeguarding(&self) -> bool {
        self.lane.is_safeguarding()
    }

    fn consent(&mut self, at: Time, consent: &Consent) {
        match consent.kind {
            ConsentKind::RecordingRefused => self.fold.refused = true,
            ConsentKind::RecordingWithdrawn => self.fold.withdrawn = true,
            ConsentKind::RecordingRequested => {
                self.fold.refused = false;
                self.fold.withdrawn = false;
            }
            // Only the safe line has a rule for calling back. Whoever hangs up before a queue gave the
            // contact a lane is confidential all the same.
            ConsentKind::CallBack { .. } if !self.is_safeguarding() => self.classify(Lane::Gbv, Risk::P1),
            ConsentKind::RecordingNoticed | ConsentKind::CallBack { .. } => {}
        }
        self.consents.push(ConsentAt { at, consent: consent.clone() });
    }

    fn classify(&mut self, lane: Lane, risk: Risk) {
        self.lane = lane;
        self.risk = risk;
    }

    fn connect(&mut self, at: Time, agent: &AgentName) {
        self.stop_talking(at);
        self.stop_waiting(at);
        self.connected.get_or_insert(at);
        self.fold.talking_since = Some(at);
        self.agent = Some(agent.clone());
        if self.agents.last() != Some(agent) {
            self.agents.push(agent.clone());
        }
    }

    fn stop_waiting(&mut self, at: Time) {
        if let (Some(queued), None) = (self.queued, self.waited) {
            self.waited = Some(at.since(queued));
        }
    }

    fn hold(&mut self, at: Time) {
        if let Some(since) = self.fold.talking_since.take() {
            self.talked = self.talked + at.since(since);
            self.fold.held_since = Some(at);
        }
    }

    fn resume(&mut self, at: Time) {
        if let Some(since) = self.fold.held_since.take() {
            self.held = self.held + at.since(since);
            self.fold.talking_since = Some(at);
        }
    }

    fn stop_talking(&mut self, at: Time) {
        // Whichever of the two runs, it ends here.
        self.hold(at);
        if let Some(since) = self.fold.held_since.take() {
            self.held = self.held + at.since(since);
        }
    }

    fn recording_event(&mut self, event: &Event) {
        match event {
            Event::Recorded { recording, length, complete, kept, .. } => {
                let transcribed = self.recordings.iter().any(|r| r.recording == *recording && r.transcribed);
                self.recordings.retain(|r| r.recording != *recording);
                let (recording, length, complete, kept) = (*recording, *length, *complete, *kept);
                self.recordings.push(RecordingOf { recording, length, complete, kept, transcribed });
            }
            Event::RecordingDiscarded { recording, why, .. } => {
                self.recordings.retain(|r| r.recording != *recording);
                match why {
                    DiscardCause::Refused => self.fold.refused = true,
                    DiscardCause::Withdrawn => self.fold.withdrawn = true,
                    DiscardCause::SafeLine => self.fold.safe_line = true,
                }
            }
            Event::Transcribed { recording, .. } => {
                for made in self.recordings.iter_mut().filter(|r| r.recording == *recording) {
                    made.transcribed = true;
                }
            }
            _ => {}
        }
    }

    fn settle(&mut self) {
        self.recording = if !self.recordings.is_empty() {
            RecordingState::Recorded
        } else if self.fold.safe_line || self.is_safeguarding() {
            RecordingState::SafeLine
        } else if self.fold.withdrawn {
            RecordingState::Withdrawn
        } else if self.fold.refused {
            RecordingState::Refused
        } else {
            RecordingState::None
        };
        self.transcript = if self.recordings.is_empty() {
            TranscriptState::None
        } else if self.recordings.iter().all(|r| r.transcribed) {
            TranscriptState::Written
        } else if self.is_safeguarding() {
            TranscriptState::Withheld
        } else {
            TranscriptState::Waiting
        };
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
