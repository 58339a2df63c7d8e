//! Words that are kept sealed: chat lines as they are written, transcripts as they are made, and what
//! lets a page come back to its conversation after a restart.

use chat::{Line, Messages, NotStored, Speaker, TokenHash};
use crm::{Crm, CrmError, NewMessage, Personal};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use vocabulary::{AgentName, ContactId, Time};

/// Chat lines, under their contact's key.
pub struct Conversations(Crm);

/// What outlives a restart beside the lines.
#[derive(Serialize, Deserialize)]
struct State {
    token_hash: TokenHash,
    confidential: bool,
}

/// A conversation of an earlier run.
pub struct Kept {
    /// The contact.
    pub contact: ContactId,
    /// What its page must show.
    pub token_hash: TokenHash,
    /// Whether it was opened on the confidential page.
    pub confidential: bool,
    /// Everything said.
    pub lines: Vec<Line>,
}

impl Conversations {
    /// Over the CRM.
    pub fn new(crm: Crm) -> Conversations {
        Conversations(crm)
    }
}

fn failed(error: CrmError) -> NotStored {
    tracing::warn!(%error, "a chat line could not be kept or read");
    NotStored
}

impl Messages for Conversations {
    fn append<'a>(&'a self, contact: ContactId, line: &'a Line) -> BoxFuture<'a, Result<(), NotStored>> {
        let speaker = match &line.speaker {
            Speaker::Citizen => crm::Speaker::Citizen,
            Speaker::Centre => crm::Speaker::Centre,
            Speaker::Agent(shown) => crm::Speaker::Agent { name: speaker_name(shown) },
        };
        // Lines of the centre have no page's id; their number serves.
        let client = line.id.map_or_else(|| format!("seq-{}", line.seq), |id| id.to_string());
        let new = NewMessage { seq: Some(line.seq), client, speaker, text: Personal::new(&line.text), at: line.at };
        async move { self.0.messages.append(contact, &new).await.map(|_| ()).map_err(failed) }.boxed()
    }

    fn read_after(&self, contact: ContactId, after: u64) -> BoxFuture<'_, Result<Vec<Line>, NotStored>> {
        async move {
            let lines = self.0.messages.after(contact, after).await.map_err(failed)?;
            Ok(lines.into_iter().map(line).collect())
        }
        .boxed()
    }
}

/// The chat knows an agent by the one word citizens are shown; who it was is in the journal.
fn speaker_name(shown: &str) -> AgentName {
    let word: String = shown.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    AgentName::new(&word).unwrap_or_else(|_| AgentName::new("agent").expect("a literal name"))
}

fn line(kept: crm::Message) -> Line {
    let speaker = match kept.speaker {
        crm::Speaker::Citizen => Speaker::Citizen,
        crm::Speaker::Centre => Speaker::Centre,
        // Who of the agents it was is in the journal; a citizen is told a first name while they talk.
        crm::Speaker::Agent { .. } => Speaker::Agent(String::new()),
    };
    Line { seq: kept.seq, id: kept.client.parse().ok(), speaker, text: kept.text.into_text(), at: kept.at }
}

/// Keeps what lets a page come back after a restart.
///
/// # Errors
/// The CRM's.
pub async fn begin_conversation(
    crm: &Crm,
    contact: ContactId,
    token_hash: &TokenHash,
    confidential: bool,
) -> Result<(), CrmError> {
    // The store looks conversations up by a token of its own; the page's is compared by the hub.
    let handle = contact.to_string();
    crm.messages.open(contact, &handle, Time(contact.0.millis() as i64)).await?;
    let state = State { token_hash: token_hash.clone(), confidential };
    crm.messages.save(contact, &serde_json::to_vec(&state).expect("plain keys")).await
}

/// Conversations that were open when the process ended, with everything said in them.
///
/// # Errors
/// The CRM's.
pub async fn open_conversations(crm: &Crm) -> Result<Vec<Kept>, CrmError> {
    let mut open = Vec::new();
    for kept in crm.messages.open_conversations().await? {
        let state = kept.state.as_deref().and_then(|bytes| serde_json::from_slice::<State>(bytes).ok());
        let Some(State { token_hash, confidential }) = state else { continue };
        let lines = crm.messages.after(kept.contact, 0).await?.into_iter().map(line).collect();
        open.push(Kept { contact: kept.contact, token_hash, confidential, lines });
    }
    Ok(open)
}

/// Keeps a transcript under its contact's key.
///
/// # Errors
/// The CRM's.
pub(super) async fn keep_transcript(
    crm: &Crm,
    contact: ContactId,
    made: &recordings::Transcript,
    at: Time,
) -> Result<(), CrmError> {
    let text = serde_json::to_string(&made.segments).expect("segments have plain keys");
    let transcript =
        crm::Transcript { recording: made.recording, language: Some(made.language), at, text: Personal::new(text) };
    crm.transcripts.write(contact, &transcript).await
}
