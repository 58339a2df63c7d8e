//! An automatic desk: what an agent with a desk phone does on the page. It goes ready, accepts chats and
//! answers them, opens a case and wraps up. Calls are answered by the phone, not here.

use super::{Socket, Staff};
use crate::Trouble;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use vocabulary::Ulid;

/// How the agent works.
#[derive(Debug, Clone)]
pub struct DeskHabits {
    /// How long is written before a contact is wrapped up.
    pub writes_for: Duration,
    /// Whether a case is opened in each contact.
    pub opens_cases: bool,
    /// The verdict.
    pub disposition: String,
}

impl Default for DeskHabits {
    fn default() -> DeskHabits {
        DeskHabits { writes_for: Duration::from_millis(600), opens_cases: true, disposition: "resolved".to_owned() }
    }
}

/// An open desk; closed when dropped.
pub struct Desk {
    state: watch::Receiver<Value>,
    task: tokio::task::JoinHandle<()>,
}

impl Desk {
    /// Opens the desk and goes ready.
    ///
    /// # Errors
    /// The socket is refused, or the first state does not come.
    pub async fn open(staff: Staff, habits: DeskHabits) -> Result<Desk, Trouble> {
        let socket = staff.socket("/api/desk/ws").await?;
        let (tell, state) = watch::channel(Value::Null);
        let worker = Worker {
            staff,
            habits,
            socket,
            tell,
            cases: BTreeSet::new(),
            due: BTreeMap::new(),
            replied: BTreeMap::new(),
            accepted: BTreeSet::new(),
        };
        let mut desk = Desk { state, task: tokio::spawn(worker.run()) };
        desk.until("a desk to be ready", Duration::from_secs(20), |state| state["presence"]["is"] == "ready").await?;
        Ok(desk)
    }

    /// Waits until the desk shows something.
    ///
    /// # Errors
    /// It does not in time.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        shown: impl Fn(&Value) -> bool,
    ) -> Result<(), Trouble> {
        let late = || Trouble::Late { what: what.to_owned(), patience };
        let waited = tokio::time::timeout(patience, self.state.wait_for(|state| shown(state))).await;
        waited.map_err(|_| late())?.map(|_| ()).map_err(|_| late())
    }

    /// Contacts on the desk now.
    pub fn engagements(&self) -> usize {
        self.state.borrow()["engagements"].as_array().map_or(0, Vec::len)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Worker {
    staff: Staff,
    habits: DeskHabits,
    socket: Socket,
    tell: watch::Sender<Value>,
    cases: BTreeSet<String>,
    /// When each contact in wrap-up is wrapped up.
    due: BTreeMap<String, Instant>,
    /// The last line of the citizen that was answered, by contact.
    replied: BTreeMap<String, u64>,
    /// Offers accepted already, so that none is accepted twice while the answer is on its way.
    accepted: BTreeSet<(String, u64)>,
}

impl Worker {
    async fn run(mut self) {
        if self.say(json!({"t": "presence", "presence": {"is": "ready"}})).await.is_none() {
            return;
        }
        loop {
            let due = self.due.values().min().copied();
            let pause = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let going = tokio::select! {
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.take(&text).await,
                    Some(Ok(_)) => Some(()),
                    Some(Err(_)) | None => None,
                },
                () = pause => self.wrap_up().await,
            };
            if going.is_none() {
                return;
            }
        }
    }

    async fn say(&mut self, frame: Value) -> Option<()> {
        self.socket.send(Message::text(frame.to_string())).await.ok()
    }

    async fn take(&mut self, text: &str) -> Option<()> {
        let frame: Value = serde_json::from_str(text).ok()?;
        match frame["t"].as_str() {
            Some("state") => {
                self.work(&frame).await?;
                self.tell.send_replace(frame);
            }
            Some("message") if frame["from"] == "citizen" => self.reply(&frame).await?,
            _ => {}
        }
        Some(())
    }

    async fn work(&mut self, state: &Value) -> Option<()> {
        let engagements = state["engagements"].as_array().cloned().unwrap_or_default();
        let wrapping = |c: &String| engagements.iter().any(|e| e["contact"] == c.as_str() && e["state"] == "wrap_up");
        self.due.retain(|contact, _| wrapping(contact));
        for one in &engagements {
            let Some(contact) = one["contact"].as_str().map(str::to_owned) else { continue };
            match one["state"].as_str() {
                Some("offered") if one["channel"] != "voice" => {
                    let offer = one["offer"].as_u64().unwrap_or(0);
                    if self.accepted.insert((contact.clone(), offer)) {
                        self.say(json!({"t": "accept", "contact": contact, "offer": offer})).await?;
                    }
                }
                Some("connected" | "wrap_up") if self.habits.opens_cases && self.cases.insert(contact.clone()) => {
                    let path = format!("/api/crm/contacts/{contact}/cases");
                    // A case that is refused is missing from the table, which is how it is noticed.
                    let _ = self.staff.post(&path, json!({"kind": "inquiry", "title": "Ombi la mwananchi"})).await;
                }
                _ => {}
            }
            if one["state"] == "wrap_up" {
                self.due.entry(contact).or_insert(Instant::now() + self.habits.writes_for);
            }
        }
        Some(())
    }

    async fn reply(&mut self, line: &Value) -> Option<()> {
        let (Some(contact), Some(number)) = (line["contact"].as_str(), line["seq"].as_u64()) else { return Some(()) };
        let last = self.replied.entry(contact.to_owned()).or_insert(0);
        if number <= *last {
            return Some(());
        }
        *last = number;
        let id = mint().to_string();
        let text = format!("Habari, ni {}. Nimesoma ujumbe wako.", self.staff.name);
        self.say(json!({"t": "say", "contact": contact, "id": id, "text": text})).await
    }

    async fn wrap_up(&mut self) -> Option<()> {
        let now = Instant::now();
        let due: Vec<String> = self.due.iter().filter(|(_, at)| **at <= now).map(|(c, _)| c.clone()).collect();
        for contact in due {
            // Asked again later if the state still shows it then.
            self.due.insert(contact.clone(), now + Duration::from_secs(5));
            let verdict = self.habits.disposition.clone();
            let note = "Ameelezwa hatua zote.";
            self.say(json!({"t": "wrap_up", "contact": contact, "disposition": verdict, "note": note})).await?;
        }
        Some(())
    }
}

/// An id of this moment.
pub(crate) fn mint() -> Ulid {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    Ulid::from_parts(millis, u128::from(rand::random::<u64>()))
}
