//! An agent's desk phone: registers by digest, keeps registered, answers what rings, one call at a time.

use super::wire::{Came, Wire};
use super::{Voice, media_socket};
use crate::Trouble;
use crate::sip::{Message, authorization, sdp, sdp_target, token};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Seconds a registration is asked for.
const EXPIRES: u32 = 300;
/// What happened is remembered by this much; a phone nobody listens to forgets the rest.
const EVENTS: usize = 256;
/// How long the first registration may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A device's log-in, as `POST /api/desk/devices` gave it.
#[derive(Clone)]
pub struct Account {
    /// The centre's SIP address.
    pub server: SocketAddr,
    /// User name.
    pub user: String,
    /// Digest secret.
    pub secret: String,
}

/// How the agent at this phone behaves.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// How long it rings before it is answered.
    pub rings: Duration,
    /// When the agent ends the call; `None` leaves that to the citizen.
    pub hangs_up_after: Option<Duration>,
}

/// What happened at the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneEvent {
    /// A call was answered.
    Answered {
        /// The contact, as its INVITE named it.
        contact: String,
    },
    /// A call that was answered is over.
    Over {
        /// The contact.
        contact: String,
    },
}

/// Makes the voice of one call, for the contact the INVITE named.
pub type MakeVoice = Box<dyn Fn(&str) -> Box<dyn Voice> + Send>;

/// A registered phone; it is taken off the hook when dropped.
pub struct DeskPhone {
    events: mpsc::Receiver<PhoneEvent>,
    task: tokio::task::JoinHandle<()>,
}

impl DeskPhone {
    /// Registers, and answers from then on.
    ///
    /// # Errors
    /// It could not be registered.
    pub async fn register(account: Account, habits: Habits, voice: MakeVoice) -> Result<DeskPhone, Trouble> {
        let mut wire = Wire::open(account.server).await?;
        let mut registration = Registration { call_id: token(20), tag: token(8), sequence: 0, account };
        let registered = tokio::time::timeout(PATIENCE, registration.complete(&mut wire)).await;
        registered.map_err(|_| Trouble::Late { what: "a desk phone's registration".into(), patience: PATIENCE })??;
        let (tell, events) = mpsc::channel(EVENTS);
        let phone = Phone { wire, registration, habits, voice, tell, call: None, renew: renewal() };
        Ok(DeskPhone { events, task: tokio::spawn(phone.run()) })
    }

    /// The next thing that happens; `None` once the phone is off.
    pub async fn next(&mut self) -> Option<PhoneEvent> {
        self.events.recv().await
    }
}

impl Drop for DeskPhone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Registration {
    account: Account,
    call_id: String,
    tag: String,
    sequence: u32,
}

impl Registration {
    /// REGISTER, the challenge, REGISTER.
    async fn complete(&mut self, wire: &mut Wire) -> Result<(), Trouble> {
        let first = self.register(wire, None);
        wire.ask(&first).await;
        loop {
            let Came::Message(answer) = wire.next().await else {
                return Err(Trouble::answer("the registrar", "nothing"));
            };
            match self.judge(wire, &answer) {
                None => {}
                Some(Next::Again(register)) => wire.ask(&register).await,
                Some(Next::Done) => return wire_done(wire),
                Some(Next::Refused(code)) => return Err(Trouble::answer("the registrar", code)),
            }
        }
    }

    /// What an answer means; `None` if it is not to our REGISTER.
    fn judge(&mut self, wire: &Wire, answer: &Message) -> Option<Next> {
        if answer.header("Call-ID") != Some(self.call_id.as_str()) {
            return None;
        }
        match answer.code()? {
            100..=199 => None,
            200..=299 => Some(Next::Done),
            401 if answer.cseq().is_some_and(|(sequence, _)| sequence == self.sequence) => {
                let uri = format!("sip:{}", self.account.server);
                let challenge = answer.header("WWW-Authenticate")?;
                let given = authorization(challenge, &self.account.user, &self.account.secret, "REGISTER", &uri)?;
                Some(Next::Again(self.register(wire, Some(&given))))
            }
            code => Some(Next::Refused(code)),
        }
    }

    fn register(&mut self, wire: &Wire, authorization: Option<&str>) -> Message {
        self.sequence += 1;
        let address = format!("<sip:{}@{}>", self.account.user, self.account.server);
        let request = Message::request("REGISTER", &format!("sip:{}", self.account.server))
            .with("Via", &wire.via())
            .with("From", &format!("{address};tag={}", self.tag))
            .with("To", &address)
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{} REGISTER", self.sequence))
            .with("Max-Forwards", "70")
            .with("Contact", &format!("<sip:{}@{}>;expires={EXPIRES}", self.account.user, wire.local()));
        match authorization {
            Some(given) => request.with("Authorization", given),
            None => request,
        }
    }
}

enum Next {
    Again(Message),
    Done,
    Refused(u16),
}

fn wire_done(wire: &mut Wire) -> Result<(), Trouble> {
    wire.answered();
    Ok(())
}

fn renewal() -> Instant {
    Instant::now() + Duration::from_secs(u64::from(EXPIRES) / 2)
}

struct Phone {
    wire: Wire,
    registration: Registration,
    habits: Habits,
    voice: MakeVoice,
    tell: mpsc::Sender<PhoneEvent>,
    call: Option<Incoming>,
    renew: Instant,
}

/// The call at hand.
struct Incoming {
    invite: Message,
    contact: String,
    tag: String,
    /// When the agent picks up; `None` once picked up.
    pick_up: Option<Instant>,
    put_down: Option<Instant>,
    voice: Option<Box<dyn Voice>>,
    description: String,
    leaving: bool,
}

impl Phone {
    async fn run(mut self) {
        loop {
            let due = self.due();
            tokio::select! {
                came = self.wire.next() => match came {
                    Came::Message(message) => self.take(message).await,
                    // Whatever was not answered, the call it belonged to is gone.
                    Came::Nothing => self.over(),
                },
                () = tokio::time::sleep_until(due) => self.act().await,
            }
        }
    }

    fn due(&self) -> Instant {
        let call = self.call.as_ref();
        let acts = [Some(self.renew), call.and_then(|c| c.pick_up), call.and_then(|c| c.put_down)];
        acts.into_iter().flatten().min().unwrap_or(self.renew)
    }

    async fn act(&mut self) {
        let now = Instant::now();
        if self.renew <= now {
            self.renew = renewal();
            let register = self.registration.register(&self.wire, None);
            self.wire.ask(&register).await;
        }
        let Some(call) = &mut self.call else { return };
        if call.pick_up.is_some_and(|at| at <= now) {
            call.pick_up = None;
            self.pick_up().await;
        } else if call.put_down.is_some_and(|at| at <= now) {
            call.put_down = None;
            call.leaving = true;
            let bye = bye(call, &self.wire);
            self.wire.ask(&bye).await;
        }
    }

    async fn take(&mut self, message: Message) {
        if message.code().is_some() {
            return self.response(&message).await;
        }
        let ours = self.call.as_ref().is_some_and(|c| c.invite.header("Call-ID") == message.header("Call-ID"));
        match message.method() {
            Some("INVITE") if ours => {
                let Some(call) = self.call.as_ref().filter(|c| c.pick_up.is_none()) else { return };
                let ok = ok(&message, call, &self.wire);
                self.wire.send(&ok).await;
            }
            Some("INVITE") if self.call.is_some() => {
                self.wire.send(&Message::answer(&message, 486, "Busy Here", &token(8))).await;
            }
            Some("INVITE") => self.ring(message).await,
            Some("ACK") if ours => self.connected(),
            Some("CANCEL") if ours => self.cancelled(&message).await,
            Some("BYE") if ours => {
                self.wire.send(&Message::answer(&message, 200, "OK", "")).await;
                self.wire.answered();
                self.over();
            }
            Some("ACK") => {}
            Some("BYE" | "CANCEL") => self.wire.send(&Message::answer(&message, 481, "No Such Call", "")).await,
            _ => self.wire.send(&Message::answer(&message, 200, "OK", "")).await,
        }
    }

    async fn response(&mut self, message: &Message) {
        match self.registration.judge(&self.wire, message) {
            Some(Next::Again(register)) => self.wire.ask(&register).await,
            Some(Next::Done | Next::Refused(_)) => self.wire.answered(),
            None if message.code().is_some_and(|c| c >= 200) && message.cseq().is_some_and(|(_, m)| m == "BYE") => {
                self.wire.answered();
                self.over();
            }
            None => {}
        }
    }

    async fn ring(&mut self, invite: Message) {
        let call = Incoming {
            contact: invite.header("X-Contact").unwrap_or_default().to_owned(),
            tag: token(10),
            pick_up: Some(Instant::now() + self.habits.rings),
            put_down: None,
            voice: None,
            description: String::new(),
            leaving: false,
            invite,
        };
        self.wire.send(&Message::answer(&call.invite, 180, "Ringing", &call.tag)).await;
        self.call = Some(call);
    }

    async fn pick_up(&mut self) {
        let Some(call) = &mut self.call else { return };
        let Some(target) = sdp_target(&call.invite.body) else { return };
        let Ok(socket) = media_socket() else { return };
        let Ok(address) = socket.local_addr() else { return };
        call.description = sdp(address);
        let mut voice = (self.voice)(&call.contact);
        voice.connect(socket, target);
        call.voice = Some(voice);
        let ok = ok(&call.invite, call, &self.wire);
        self.wire.ask(&ok).await;
    }

    fn connected(&mut self) {
        self.wire.answered();
        let habits = self.habits;
        let Some(call) = self.call.as_mut().filter(|c| c.voice.is_some() && c.put_down.is_none() && !c.leaving) else {
            return;
        };
        call.put_down = habits.hangs_up_after.map(|after| Instant::now() + after);
        tell(&self.tell, PhoneEvent::Answered { contact: call.contact.clone() });
    }

    async fn cancelled(&mut self, cancel: &Message) {
        let Some(call) = &self.call else { return };
        self.wire.send(&Message::answer(cancel, 200, "OK", &call.tag)).await;
        if call.pick_up.is_some() {
            let gone = Message::answer(&call.invite, 487, "Request Terminated", &call.tag);
            self.wire.send(&gone).await;
            self.call = None;
        }
    }

    fn over(&mut self) {
        let Some(mut call) = self.call.take() else { return };
        if let Some(voice) = &mut call.voice {
            voice.disconnect();
            tell(&self.tell, PhoneEvent::Over { contact: call.contact });
        }
    }
}

/// Tells whoever listens; the newest is lost if nobody does.
fn tell(to: &mpsc::Sender<PhoneEvent>, event: PhoneEvent) {
    let _ = to.try_send(event);
}

fn contact(wire: &Wire) -> String {
    format!("<sip:desk@{}>", wire.local())
}

fn ok(invite: &Message, call: &Incoming, wire: &Wire) -> Message {
    Message::answer(invite, 200, "OK", &call.tag).with("Contact", &contact(wire)).with_sdp(call.description.clone())
}

/// BYE from the side that was called: From and To change places (RFC 3261 §12.2.1.1).
fn bye(call: &Incoming, wire: &Wire) -> Message {
    let header = |name: &str| call.invite.header(name).unwrap_or_default().to_owned();
    let target = call.invite.uri_of("Contact").unwrap_or_default().to_owned();
    Message::request("BYE", &target)
        .with("Via", &wire.via())
        .with("From", &format!("{};tag={}", header("To"), call.tag))
        .with("To", &header("From"))
        .with("Call-ID", &header("Call-ID"))
        .with("CSeq", "1 BYE")
        .with("Max-Forwards", "70")
}
