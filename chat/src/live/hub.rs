//! Every conversation of this process: who owns it, how the rest of the centre speaks to it, and how
//! many there may be. The conversations themselves are owned by a task each (`owner`).

use crate::frame::{CloseCode, FromCentre};
use crate::line::{Line, Speaker};
use crate::live::messages::Messages;
use crate::live::owner::{Inbox, Owner, Wire};
use crate::live::token::{self, TokenHash};
use crate::session::{Command, Refusal, Session};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vocabulary::{ContactId, EndCause, EntryName, Language, Time, Ulid};

/// Commands that may wait for one conversation.
const INBOX: usize = 64;
/// Events that may wait for the centre.
const EVENTS: usize = 4_096;
/// Frames that may wait for one page; a page that reads slower is closed and comes back.
pub(super) const OUTBOX: usize = 256;

/// The limits of the hub.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Connections from one address at once. Mobile networks put thousands behind one address, so this
    /// bounds an attack and must not bound a town.
    pub connections_per_address: usize,
    /// Conversations opened from one address and still going on.
    pub conversations_per_address: usize,
    /// Conversations at once.
    pub conversations: usize,
    /// How long a connection may take to send its first frame.
    pub first_frame: Duration,
    /// How often a page is asked for a sign of life; it is closed after two and a half times this.
    pub heartbeat: Duration,
}

impl Default for HubConfig {
    fn default() -> HubConfig {
        HubConfig {
            connections_per_address: 200,
            conversations_per_address: 500,
            conversations: 20_000,
            first_frame: Duration::from_secs(10),
            heartbeat: Duration::from_secs(25),
        }
    }
}

/// What the hub tells the centre. Personal data: `Debug` shows ids and kinds only.
#[derive(Clone, PartialEq, Eq)]
pub enum ChatEvent {
    /// A conversation began. What has to outlive a restart is in it.
    Opened {
        /// The contact: the conversation's own id.
        conversation: ContactId,
        /// The language chosen before it.
        language: Option<Language>,
        /// The page it was opened on.
        entry: Option<EntryName>,
        /// A number, if one was given.
        phone: Option<String>,
        /// A confidential topic: by key 9's rules from the first word.
        confidential: bool,
        /// To be kept and given to [`Hub::adopt`] after a restart.
        token_hash: TokenHash,
    },
    /// The citizen said something; it is stored.
    Said {
        /// The contact.
        contact: ContactId,
        /// Its place.
        seq: u64,
        /// The page's id for it.
        id: Ulid,
        /// The words.
        text: String,
    },
    /// The citizen types.
    Typing {
        /// The contact.
        contact: ContactId,
    },
    /// The citizen has seen everything up to here.
    Read {
        /// The contact.
        contact: ContactId,
        /// The last message seen.
        upto: u64,
    },
    /// A safeguarding conversation has been silent for ten minutes: a supervisor looks.
    Silent {
        /// The contact.
        contact: ContactId,
    },
    /// The citizen left; the conversation is over.
    Left {
        /// The contact.
        contact: ContactId,
        /// By choice or by silence.
        cause: EndCause,
    },
}

/// Why the hub did not do what the centre asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// There is no such conversation, or it is over.
    #[error("no such conversation")]
    NoSuchConversation,
    /// The message was not taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The handle to all conversations.
#[derive(Clone)]
pub struct Hub(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: HubConfig,
    pub(super) messages: Arc<dyn Messages>,
    pub(super) events: mpsc::Sender<ChatEvent>,
    pub(super) clock: Clock,
    pub(super) closing: CancellationToken,
    conversations: Mutex<BTreeMap<ContactId, Known>>,
    connections: Mutex<BTreeMap<IpAddr, usize>>,
    next_connection: AtomicU64,
    tasks: TaskTracker,
}

struct Known {
    inbox: mpsc::Sender<Inbox>,
    token_hash: TokenHash,
    from: Option<IpAddr>,
}

/// Wall-clock time that never goes back: the moment of start, and the monotonic clock since.
pub(super) struct Clock {
    start: Time,
    anchor: Instant,
}

impl Clock {
    pub(super) fn now(&self) -> Time {
        Time(self.start.0 + i64::try_from(self.anchor.elapsed().as_millis()).expect("the process is younger than that"))
    }
}

/// A connection that was let in; dropping it makes room.
pub(super) struct Admitted {
    hub: Hub,
    address: IpAddr,
    pub(super) connection: u64,
}

/// What a citizen said before a conversation.
pub(super) struct Opening {
    pub(super) entry: Option<EntryName>,
    pub(super) language: Option<Language>,
    pub(super) phone: Option<String>,
    pub(super) confidential: bool,
}

impl Hub {
    /// A hub without conversations, and what it tells. The receiver must be read all the time: when
    /// its room is used up, conversations wait. Do not wait for [`Hub::say`] in the task that reads it.
    pub fn new(config: HubConfig, messages: Arc<dyn Messages>) -> (Hub, mpsc::Receiver<ChatEvent>) {
        let (events, outbox) = mpsc::channel(EVENTS);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = Time(i64::try_from(since.as_millis()).expect("the year is before 292,000,000"));
        let hub = Hub(Arc::new(Inner {
            config,
            messages,
            events,
            clock: Clock { start, anchor: Instant::now() },
            closing: CancellationToken::new(),
            conversations: Mutex::default(),
            connections: Mutex::default(),
            next_connection: AtomicU64::new(1),
            tasks: TaskTracker::new(),
        }));
        (hub, outbox)
    }

    /// Takes a conversation over from the caller's store after a restart; the page comes back to it by
    /// itself. `safeguarding` as the journal has it.
    pub fn adopt(&self, contact: ContactId, token_hash: TokenHash, safeguarding: bool, messages: &[Line]) {
        let session = Session::adopt(self.0.clock.now(), safeguarding, messages);
        self.own(contact, session, token_hash, None, None);
    }

    /// Says something to the citizen. Returns its place once it is stored.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn say(&self, contact: ContactId, speaker: Speaker, text: &str) -> Result<u64, HubError> {
        let (reply, answer) = oneshot::channel();
        self.send(contact, Inbox::Say { speaker, text: text.to_owned(), reply }).await?;
        answer.await.map_err(|_| HubError::NoSuchConversation)?.map_err(HubError::Refused)
    }

    /// Tells the citizen the place in the queue and, where one can be given, the wait in seconds.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`], here and below.
    pub async fn queue(&self, contact: ContactId, position: u32, seconds: Option<u32>) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::Queue { position, seconds })).await
    }

    /// Tells the citizen who is there; the first word of the name is shown.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`].
    pub async fn agent(&self, contact: ContactId, shown_as: &str) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::Agent { shown_as: shown_as.to_owned() })).await
    }

    /// The agent types.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`].
    pub async fn typing(&self, contact: ContactId) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::AgentTyping)).await
    }

    /// The agent has seen everything up to here.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`].
    pub async fn read(&self, contact: ContactId, upto: u64) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::AgentRead { upto })).await
    }

    /// The contact is in a safeguarding lane from now on: it never ends by itself.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`].
    pub async fn safeguard(&self, contact: ContactId) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::Safeguard)).await
    }

    /// Ends the conversation. No [`ChatEvent::Left`] comes back for it.
    ///
    /// # Errors
    /// [`HubError::NoSuchConversation`].
    pub async fn end(&self, contact: ContactId) -> Result<(), HubError> {
        self.send(contact, Inbox::Command(Command::End)).await
    }

    /// How many conversations there are.
    pub fn len(&self) -> usize {
        self.0.conversations().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes every connection with "come back" and waits for the tasks. Conversations are not ended:
    /// they are the caller's to adopt at the next start.
    pub async fn shut_down(&self) {
        self.0.closing.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Lets a connection in, if its address has room.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Admitted> {
        let address = one_household(address);
        let mut connections = lock(&self.0.connections);
        let count = connections.entry(address).or_default();
        if *count >= self.0.config.connections_per_address {
            return None;
        }
        *count += 1;
        let connection = self.0.next_connection.fetch_add(1, Ordering::Relaxed);
        Some(Admitted { hub: self.clone(), address, connection })
    }

    /// Begins a conversation on a connection.
    pub(super) async fn open(
        &self,
        admitted: &Admitted,
        opening: Opening,
        wire: mpsc::Sender<Wire>,
    ) -> Result<mpsc::Sender<Inbox>, CloseCode> {
        {
            let conversations = self.0.conversations();
            let from_here = conversations.values().filter(|known| known.from == Some(admitted.address)).count();
            if conversations.len() >= self.0.config.conversations {
                return Err(CloseCode::Busy);
            }
            if from_here >= self.0.config.conversations_per_address {
                return Err(CloseCode::TooMany);
            }
        }
        let now = self.0.clock.now();
        let conversation = ContactId(Ulid::from_parts(now.0.unsigned_abs(), rand::random()));
        let token = token::mint();
        let token_hash = TokenHash::of(&token.0);
        let event = ChatEvent::Opened {
            conversation,
            language: opening.language,
            entry: opening.entry,
            phone: opening.phone,
            confidential: opening.confidential,
            token_hash: token_hash.clone(),
        };
        let session = Session::open(now, opening.confidential);
        let inbox = self.own(conversation, session, token_hash, Some(admitted.address), Some(event));
        let greeting = Some(FromCentre::Opened { conv: conversation, token });
        let attach = Inbox::Attach { connection: admitted.connection, after: None, wire, greeting };
        inbox.send(attach).await.map_err(|_| CloseCode::Restart)?;
        Ok(inbox)
    }

    /// Brings a citizen back to a conversation.
    pub(super) async fn resume(
        &self,
        admitted: &Admitted,
        contact: ContactId,
        token: &str,
        after: u64,
        wire: mpsc::Sender<Wire>,
    ) -> Result<mpsc::Sender<Inbox>, CloseCode> {
        let inbox = {
            let conversations = self.0.conversations();
            let known = conversations.get(&contact).filter(|known| known.token_hash.fits(token));
            known.map(|known| known.inbox.clone()).ok_or(CloseCode::Gone)?
        };
        let attach = Inbox::Attach { connection: admitted.connection, after: Some(after), wire, greeting: None };
        inbox.send(attach).await.map_err(|_| CloseCode::Gone)?;
        Ok(inbox)
    }

    fn own(
        &self,
        contact: ContactId,
        session: Session,
        token_hash: TokenHash,
        from: Option<IpAddr>,
        first: Option<ChatEvent>,
    ) -> mpsc::Sender<Inbox> {
        let (inbox, commands) = mpsc::channel(INBOX);
        let mut conversations = self.0.conversations();
        conversations.insert(contact, Known { inbox: inbox.clone(), token_hash, from });
        metrics::gauge!("hctc_chat_conversations").set(conversations.len() as f64);
        drop(conversations);
        self.0.tasks.spawn(Owner::new(self.0.clone(), contact, session, commands).run(first));
        inbox
    }

    async fn send(&self, contact: ContactId, command: Inbox) -> Result<(), HubError> {
        let inbox = self.0.conversations().get(&contact).map(|known| known.inbox.clone());
        let inbox = inbox.ok_or(HubError::NoSuchConversation)?;
        inbox.send(command).await.map_err(|_| HubError::NoSuchConversation)
    }
}

impl Inner {
    fn conversations(&self) -> MutexGuard<'_, BTreeMap<ContactId, Known>> {
        lock(&self.conversations)
    }

    /// A conversation is over: nobody finds it any more.
    pub(super) fn forget(&self, contact: ContactId) {
        let mut conversations = self.conversations();
        conversations.remove(&contact);
        metrics::gauge!("hctc_chat_conversations").set(conversations.len() as f64);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut connections = lock(&self.hub.0.connections);
        if let Some(count) = connections.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                connections.remove(&self.address);
            }
        }
    }
}

impl fmt::Debug for ChatEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChatEvent::Opened { conversation, language, .. } => write!(f, "Opened {conversation} {language:?}"),
            ChatEvent::Said { contact, seq, .. } => write!(f, "Said {contact} {seq}"),
            ChatEvent::Typing { contact } => write!(f, "Typing {contact}"),
            ChatEvent::Read { contact, upto } => write!(f, "Read {contact} {upto}"),
            ChatEvent::Silent { contact } => write!(f, "Silent {contact}"),
            ChatEvent::Left { contact, cause } => write!(f, "Left {contact} {cause:?}"),
        }
    }
}

/// An IPv6 household has a /64 to itself: its addresses count as one.
fn one_household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// A panic elsewhere leaves these plain maps as they were.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
