//! A contact's record as staff read it, put together from what the CRM keeps apart: the fold of its
//! events, notes, cases, transcript, messages and the citizen.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::ports::Speaker;
use crm::{
    CaseKind, CaseState, CaseSummary, CitizenView, ContactView, CrmRecord, RecordingState, Search, TranscriptState,
    Viewer,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use vocabulary::event::Kept;
use vocabulary::{
    AgentName, Channel, CitizenId, ContactId, EndCause, Language, Lane, Party, QueueName, ReasonName, RecordingId, Risk,
    Span, Time,
};

/// Records looked through for a citizen's name.
const LOOKED_THROUGH: u32 = 200;
/// Citizens one search for a name gives.
const NAMED: usize = 20;

/// One contact's record.
#[derive(Serialize, ToSchema)]
pub(super) struct Record {
    #[schema(value_type = String)]
    contact: ContactId,
    #[schema(value_type = String)]
    channel: Channel,
    #[schema(value_type = String)]
    lane: Lane,
    #[schema(value_type = String)]
    risk: Risk,
    #[schema(value_type = Option<String>)]
    queue: Option<QueueName>,
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
    #[schema(value_type = i64)]
    arrived: Time,
    #[schema(value_type = Option<i64>)]
    waited_ms: Option<Span>,
    #[schema(value_type = i64)]
    talked_ms: Span,
    /// Who served it last.
    #[schema(value_type = Option<String>)]
    agent: Option<AgentName>,
    ended: Option<End>,
    #[schema(value_type = Option<String>)]
    disposition: Option<ReasonName>,
    recording: Recording,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<TranscriptShown>,
    notes: Vec<NoteShown>,
    cases: Vec<Case>,
    citizen: Option<CitizenShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<MessageShown>>,
}

/// Who ended it and why.
#[derive(Serialize, ToSchema)]
struct End {
    #[schema(value_type = String)]
    by: Party,
    #[schema(value_type = String)]
    cause: EndCause,
}

/// What became of the recording.
#[derive(Serialize, ToSchema)]
struct Recording {
    /// `none`, `refused`, `on`, `kept`, `discarded`, `sealed` or `incomplete`.
    state: &'static str,
    /// The newest one.
    #[schema(value_type = Option<String>)]
    id: Option<RecordingId>,
    #[schema(value_type = Option<i64>)]
    length_ms: Option<Span>,
}

/// What a recording said.
#[derive(Serialize, ToSchema)]
struct TranscriptShown {
    /// `none`, `waiting`, `no_model` or `done`.
    state: &'static str,
    segments: Vec<Segment>,
}

/// One stretch of speech.
#[derive(Serialize, ToSchema)]
struct Segment {
    /// `citizen` or `agent`.
    side: String,
    from_ms: u64,
    to_ms: u64,
    text: String,
}

/// A note.
#[derive(Serialize, ToSchema)]
struct NoteShown {
    #[schema(value_type = i64)]
    at: Time,
    #[schema(value_type = String)]
    by: AgentName,
    text: String,
}

/// A line of a conversation.
#[derive(Serialize, ToSchema)]
struct MessageShown {
    seq: u64,
    from: Speaker,
    text: String,
    #[schema(value_type = i64)]
    at: Time,
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(super) struct Case {
    reference: String,
    #[schema(value_type = String)]
    kind: CaseKind,
    title: String,
    #[schema(value_type = String)]
    state: CaseState,
    service: Option<String>,
    #[schema(value_type = i64)]
    opened: Time,
    #[schema(value_type = Option<i64>)]
    due: Option<Time>,
}

/// A citizen.
#[derive(Serialize, ToSchema)]
pub(super) struct CitizenShown {
    #[schema(value_type = String)]
    id: CitizenId,
    /// The name last given; empty when none was.
    name: String,
    /// As Kenyans write it.
    number: Option<String>,
    /// How many contacts there were, as far as the viewer may know.
    contacts: u64,
}

impl Case {
    pub(super) fn of(case: CaseSummary) -> Case {
        Case {
            reference: case.reference.to_string(),
            kind: case.kind,
            title: case.title.into_text(),
            state: case.state,
            service: case.service,
            opened: case.opened,
            due: case.due,
        }
    }
}

/// A record with everything.
pub(super) async fn whole(state: &ConsoleState, viewer: &Viewer, view: ContactView) -> Result<Record, Failure> {
    let crm = &state.records().crm;
    let (contact, erased) = (view.record.contact, view.erased.is_some());
    let written = !view.record.channel.is_voice();
    let transcript = transcript(state, viewer, &view.record, erased).await?;
    let mut record = short(state, viewer, view).await?;
    record.transcript = Some(transcript);
    record.cases = state.records().cases_in(contact, viewer).await?.into_iter().map(Case::of).collect();
    if !erased {
        let notes = crm.notes.of(contact, viewer).await?.into_iter();
        record.notes = notes.map(|n| NoteShown { at: n.at, by: n.author, text: n.text.into_text() }).collect();
    }
    if written && !erased {
        let lines = crm.messages.of(contact, 0, viewer).await?.into_iter();
        let shown = |m: crm::Message| {
            MessageShown { seq: m.seq, from: Speaker::of(&m.speaker), text: m.text.into_text(), at: m.at }
        };
        record.messages = Some(lines.map(shown).collect());
    }
    Ok(record)
}

/// A record without transcript, notes, cases and messages.
pub(super) async fn short(state: &ConsoleState, viewer: &Viewer, view: ContactView) -> Result<Record, Failure> {
    let citizen = citizen_of(state, viewer, view.citizen).await?;
    let record = view.record;
    Ok(Record {
        contact: record.contact,
        channel: record.channel,
        lane: record.lane,
        risk: record.risk,
        language: record.language,
        arrived: record.arrived,
        waited_ms: record.waited,
        talked_ms: record.talked,
        ended: record.ended.map(|end| End { by: end.by, cause: end.cause }),
        recording: recording(state, &record),
        queue: record.queue,
        agent: record.agent,
        disposition: record.disposition,
        transcript: None,
        notes: Vec::new(),
        cases: Vec::new(),
        citizen,
        messages: None,
    })
}

fn recording(state: &ConsoleState, record: &CrmRecord) -> Recording {
    let newest = record.recordings.last();
    let word = match record.recording {
        _ if state.centre().is_recording(record.contact) => "on",
        RecordingState::None | RecordingState::SafeLine => "none",
        RecordingState::Refused => "refused",
        RecordingState::Withdrawn => "discarded",
        RecordingState::Recorded if record.recordings.iter().any(|r| r.kept == Kept::SealedForDpo) => "sealed",
        RecordingState::Recorded if record.recordings.iter().any(|r| !r.complete) => "incomplete",
        RecordingState::Recorded => "kept",
    };
    Recording { state: word, id: newest.map(|r| r.recording), length_ms: newest.map(|r| r.length) }
}

async fn transcript(
    state: &ConsoleState,
    viewer: &Viewer,
    record: &CrmRecord,
    erased: bool,
) -> Result<TranscriptShown, Failure> {
    let word = match record.transcript {
        TranscriptState::None | TranscriptState::Withheld => "none",
        TranscriptState::Waiting if state.centre().transcribes() => "waiting",
        TranscriptState::Waiting => "no_model",
        TranscriptState::Written => "done",
    };
    let mut segments = Vec::new();
    // What was sealed for the data-protection officer is not read here, in sound or in text.
    let sealed = record.recordings.iter().any(|r| r.kept == Kept::SealedForDpo);
    if !erased && !sealed {
        for made in state.records().crm.transcripts.of(record.contact, viewer).await? {
            segments.extend(segments_of(made.text.reveal()));
        }
    }
    Ok(TranscriptShown { state: word, segments })
}

/// Reads what the keeper wrote: segments as JSON, by themselves or within the whole transcript. Anything
/// else is shown as it is.
fn segments_of(text: &str) -> Vec<Segment> {
    #[derive(Deserialize)]
    struct Kept {
        side: String,
        from_millis: u64,
        to_millis: u64,
        text: String,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Bare(Vec<Kept>),
        Whole { segments: Vec<Kept> },
    }
    match serde_json::from_str(text) {
        Ok(Form::Bare(segments) | Form::Whole { segments }) => segments
            .into_iter()
            .map(|s| Segment { side: s.side, from_ms: s.from_millis, to_ms: s.to_millis, text: s.text })
            .collect(),
        Err(_) => vec![Segment { side: "citizen".to_owned(), from_ms: 0, to_ms: 0, text: text.to_owned() }],
    }
}

/// A citizen whom the viewer may know of.
pub(super) async fn citizen_of(
    state: &ConsoleState,
    viewer: &Viewer,
    id: Option<CitizenId>,
) -> Result<Option<CitizenShown>, Failure> {
    let Some(id) = id else { return Ok(None) };
    match state.records().crm.citizens.get(id, viewer).await {
        Ok(known) => Ok(Some(citizen(state, viewer, known).await?)),
        Err(crm::CrmError::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// A citizen with the number of their contacts.
pub(super) async fn citizen(state: &ConsoleState, viewer: &Viewer, known: CitizenView) -> Result<CitizenShown, Failure> {
    let theirs = Search { citizen: Some(known.id), ..Search::default() };
    let contacts = state.records().crm.records.counts(&theirs, viewer).await?.contacts;
    Ok(CitizenShown {
        id: known.id,
        name: known.name.map(|n| n.into_text()).unwrap_or_default(),
        number: known.number.map(|n| n.into_text()),
        contacts,
    })
}

/// Citizens of recent contacts whose name holds `wanted` (lower case). Names are sealed one by one, so no
/// index can be asked.
pub(super) async fn named(state: &ConsoleState, viewer: &Viewer, wanted: &str) -> Result<Vec<CitizenShown>, Failure> {
    let newest = Search { limit: LOOKED_THROUGH, ..Search::default() };
    let recent = state.records().crm.records.search(&newest, viewer).await?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in recent.into_iter().filter_map(|view| view.citizen) {
        if found.len() >= NAMED {
            break;
        }
        if !seen.insert(id) {
            continue;
        }
        let Ok(known) = state.records().crm.citizens.get(id, viewer).await else { continue };
        if known.name.as_ref().is_some_and(|name| name.reveal().to_lowercase().contains(wanted)) {
            found.push(citizen(state, viewer, known).await?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_segments_alone_within_a_transcript_and_as_plain_text() {
        let one = r#"[{"side":"agent","from_millis":5,"to_millis":9,"text":"Karibu"}]"#;
        let read = segments_of(one);
        assert_eq!((read[0].side.as_str(), read[0].from_ms, read[0].text.as_str()), ("agent", 5, "Karibu"));
        let whole = format!(r#"{{"model":"x","segments":{one}}}"#);
        assert_eq!(segments_of(&whole).len(), 1);
        assert_eq!(segments_of("just words")[0].text, "just words");
    }
}
