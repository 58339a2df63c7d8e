//! The record of a contact, event by event.

use super::*;
use vocabulary::event::VERSION;
use vocabulary::{Actor, CallBackPolicy, Needs, PromptName, Ulid};

fn contact(n: u128) -> ContactId {
    ContactId(Ulid::from_parts(1_000, n))
}

fn recording(n: u128) -> RecordingId {
    RecordingId(Ulid::from_parts(2_000, n))
}

fn agent(name: &str) -> AgentName {
    AgentName::new(name).expect("a name")
}

/// Numbers the events from 1, each at its second.
fn journal(events: Vec<(i64, Event)>) -> Vec<Entry> {
    let entry =
        |(index, (seconds, event))| Entry { seq: index as u64 + 1, at: Time(seconds * 1_000), v: VERSION, event };
    events.into_iter().enumerate().map(entry).collect()
}

fn arrived(id: ContactId) -> Event {
    Event::Arrived {
        contact: id,
        channel: Channel::Voice,
        tenant: TenantName::new("huduma").expect("a name"),
        entry: EntryName::new("main").expect("a name"),
    }
}

fn queued(id: ContactId, queue: &str, lane: Lane, risk: Risk) -> Event {
    Event::Queued {
        contact: id,
        queue: QueueName::new(queue).expect("a name"),
        needs: Needs::default(),
        lane,
        risk,
        base: 0,
        arrived: Time(0),
    }
}

fn consent(id: ContactId, kind: ConsentKind, key: Option<char>) -> Event {
    let text = PromptName::new("recording_notice").expect("a name");
    Event::ConsentGiven { contact: id, consent: Consent { kind, text, language: Language::SW, key } }
}

fn recorded(id: ContactId, of: RecordingId) -> Event {
    Event::Recorded { contact: id, recording: of, length: Span::seconds(60), complete: true, kept: Kept::Ordinary }
}

fn ended(id: ContactId) -> Event {
    Event::Ended { contact: id, by: Party::Citizen, cause: EndCause::Normal }
}

#[test]
fn an_answered_call_from_arrival_to_transcript() {
    let (me, other) = (contact(1), contact(2));
    let disposition = ReasonName::new("resolved").expect("a name");
    let entries = journal(vec![
        (0, arrived(me)),
        (0, arrived(other)),
        (5, Event::LanguageChosen { contact: me, language: Language::SW }),
        (8, consent(me, ConsentKind::RecordingNoticed, None)),
        (10, queued(me, "general", Lane::Standard, Risk::P3)),
        (11, queued(other, "general", Lane::Standard, Risk::P3)),
        (40, Event::Connected { contact: me, agent: agent("amina") }),
        (60, Event::Held { contact: me, agent: agent("amina") }),
        (75, Event::Resumed { contact: me, agent: agent("amina") }),
        (80, Event::Held { contact: me, agent: agent("amina") }),
        (100, ended(me)),
        (100, Event::WrapUpStarted { contact: me, agent: agent("amina"), until: Time(160_000) }),
        (101, recorded(me, recording(7))),
        (130, Event::WrappedUp { contact: me, agent: agent("amina"), disposition: Some(disposition.clone()) }),
    ]);
    let record = CrmRecord::from_events(me, &entries).expect("it arrived");
    assert_eq!((record.arrived, record.queued, record.waited), (Time(0), Some(Time(10_000)), Some(Span::seconds(30))));
    assert_eq!(
        (record.connected, record.talked, record.held),
        (Some(Time(40_000)), Span::seconds(25), Span::seconds(35))
    );
    assert_eq!(record.ended, Some(RecordEnd { at: Time(100_000), by: Party::Citizen, cause: EndCause::Normal }));
    assert_eq!((record.agent.clone(), record.language), (Some(agent("amina")), Some(Language::SW)));
    assert_eq!((record.recording, record.transcript), (RecordingState::Recorded, TranscriptState::Waiting));
    assert_eq!((record.disposition.as_ref(), record.wrapped_up), (Some(&disposition), Some(Time(130_000))));
    assert_eq!(record.consents.len(), 1);
    assert_eq!(record.seq, 14);

    let mut later = record.clone();
    let transcribed = Event::Transcribed { contact: me, recording: recording(7) };
    later.apply(&Entry { seq: 20, at: Time(300_000), v: VERSION, event: transcribed });
    assert_eq!(later.transcript, TranscriptState::Written);

    // What was folded in once changes nothing, and the record survives its own storage.
    for entry in &entries {
        later.apply(entry);
    }
    assert_eq!(later.talked, record.talked);
    let stored = serde_json::to_string(&record).expect("serialises");
    assert_eq!(serde_json::from_str::<CrmRecord>(&stored).expect("reads back"), record);
}

#[test]
fn an_abandoned_call_waited_until_its_end() {
    let me = contact(1);
    let entries =
        journal(vec![(0, arrived(me)), (10, queued(me, "general", Lane::Standard, Risk::P3)), (25, ended(me))]);
    let record = CrmRecord::from_events(me, &entries).expect("it arrived");
    assert_eq!((record.waited, record.connected, record.talked), (Some(Span::seconds(15)), None, Span::ZERO));
    assert_eq!((record.recording, record.transcript), (RecordingState::None, TranscriptState::None));
    assert_eq!(CrmRecord::from_events(contact(9), &entries), None, "it never arrived");
}

#[test]
fn a_moved_contact_keeps_its_first_wait_and_adds_up_its_talk() {
    let me = contact(1);
    let entries = journal(vec![
        (0, arrived(me)),
        (0, queued(me, "general", Lane::Standard, Risk::P3)),
        (5, Event::Connected { contact: me, agent: agent("amina") }),
        (15, queued(me, "passport", Lane::Standard, Risk::P2)),
        (65, Event::Connected { contact: me, agent: agent("brian") }),
        (70, ended(me)),
    ]);
    let record = CrmRecord::from_events(me, &entries).expect("it arrived");
    assert_eq!((record.waited, record.talked, record.held), (Some(Span::seconds(5)), Span::seconds(15), Span::ZERO));
    assert_eq!(record.agents, [agent("amina"), agent("brian")]);
    assert_eq!((record.queue.as_ref().map(QueueName::as_str), record.risk), (Some("passport"), Risk::P2));
}

#[test]
fn the_recording_follows_what_was_agreed() {
    let me = contact(1);
    let state = |events: Vec<Event>| {
        let mut all = vec![(0, arrived(me))];
        all.extend(events.into_iter().map(|e| (1, e)));
        let record = CrmRecord::from_events(me, &journal(all)).expect("it arrived");
        (record.recording, record.transcript)
    };
    let discarded = |why| Event::RecordingDiscarded { contact: me, recording: recording(7), why };
    let confidential = || Event::Reclassified { contact: me, lane: Lane::Gbv, risk: Risk::P1, by: Actor::Citizen };

    assert_eq!(
        state(vec![consent(me, ConsentKind::RecordingRefused, Some('8')), discarded(DiscardCause::Refused)]),
        (RecordingState::Refused, TranscriptState::None)
    );
    assert_eq!(
        state(vec![recorded(me, recording(7)), discarded(DiscardCause::Withdrawn)]),
        (RecordingState::Withdrawn, TranscriptState::None)
    );
    assert_eq!(
        state(vec![queued(me, "safe", Lane::Gbv, Risk::P1), discarded(DiscardCause::SafeLine)]),
        (RecordingState::SafeLine, TranscriptState::None)
    );
    assert_eq!(
        state(vec![queued(me, "safe", Lane::Child, Risk::P1)]),
        (RecordingState::SafeLine, TranscriptState::None)
    );
    assert_eq!(
        state(vec![recorded(me, recording(7)), confidential()]),
        (RecordingState::Recorded, TranscriptState::Withheld)
    );
}

#[test]
fn the_safe_line_is_confidential_before_any_queue_and_until_another_service_is_chosen() {
    let me = contact(1);
    let safe = consent(me, ConsentKind::CallBack { policy: CallBackPolicy::Never }, None);
    let record = |events: Vec<Event>| {
        let entries = journal(std::iter::once(arrived(me)).chain(events).map(|event| (1, event)).collect());
        CrmRecord::from_events(me, &entries).expect("it arrived")
    };
    assert!(!record(vec![ended(me)]).is_safeguarding());
    assert!(record(vec![safe.clone(), ended(me)]).is_safeguarding(), "who hangs up at once");
    assert_eq!(record(vec![safe.clone(), queued(me, "child", Lane::Child, Risk::P1)]).lane, Lane::Child);
    assert!(!record(vec![safe, queued(me, "general", Lane::Standard, Risk::P3)]).is_safeguarding(), "key 4");
}
