//! REGISTER to a carrier (RFC 3261 §10.2): challenged, refreshed before it runs out, backed off when it
//! fails (RFC 5626 §4.5).

use crate::sip::address::{self, Address};
use crate::sip::digest::Challenge;
use crate::sip::message::Message;
use vocabulary::{Span, Time};

/// What we ask for, in seconds.
pub const EXPIRES: u32 = 3_600;
/// The first pause after a failure: the least RFC 5626 names for one flow.
pub const BASE: Span = Span::seconds(30);
/// The longest pause.
pub const MAX_PAUSE: Span = Span::minutes(30);
/// Challenges answered in a row; a carrier that asks again means that the secret is wrong.
const MAX_CHALLENGES: u8 = 2;

/// Who registers where.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Request-URI: the carrier's domain.
    pub registrar: String,
    /// The address of record.
    pub aor: String,
    /// User of the digest.
    pub user: String,
    /// Secret of the digest.
    pub secret: String,
    /// Our Contact, with brackets.
    pub contact: String,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing sent yet, or failed.
    Out,
    /// The carrier has our Contact.
    In,
}

/// What happens to it.
pub enum Input<'a> {
    /// An answer to our REGISTER.
    Answered(&'a Message),
    /// None came, or nothing could be sent.
    Unanswered,
    /// The deadline passed.
    Tick,
}

/// What is random, handed in: a client nonce, and a number for the pause.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Letters and digits.
    pub cnonce: &'a str,
    /// Any number.
    pub number: u32,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this REGISTER, with a Via.
    Send(Message),
    /// It came or went.
    Changed(Standing),
}

/// One registration of ours.
pub struct Registration {
    account: Account,
    call_id: String,
    tag: String,
    seq: u32,
    standing: Standing,
    expires: u32,
    failures: u32,
    challenges: u8,
    /// The last challenge, answered again at every refresh.
    challenge: Option<Challenge>,
    proxy: bool,
    next: Option<Time>,
    /// When what was granted runs out.
    until: Option<Time>,
}

impl Registration {
    /// Begins now. `call_id` and `tag` are random and kept (§10.2.4).
    pub fn new(now: Time, account: Account, call_id: &str, tag: &str) -> Registration {
        Registration {
            account,
            call_id: call_id.to_owned(),
            tag: tag.to_owned(),
            seq: 0,
            standing: Standing::Out,
            expires: EXPIRES,
            failures: 0,
            challenges: 0,
            challenge: None,
            proxy: false,
            next: Some(now),
            until: None,
        }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input<'_>, draw: Draw<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Answered(response) => self.answered(now, response, draw, out),
            Input::Unanswered => self.failed(now, draw, None, out),
            Input::Tick => {
                if self.until.is_some_and(|until| until <= now) {
                    self.until = None;
                    self.change(Standing::Out, out);
                }
                if self.next.is_some_and(|next| next <= now) {
                    self.challenges = 0;
                    self.send(self.expires, draw, out);
                }
            }
        }
    }

    /// Takes our Contact back, at shutdown.
    pub fn withdraw(&mut self, draw: Draw<'_>, out: &mut Vec<Output>) {
        if self.standing == Standing::In {
            self.send(0, draw, out);
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        self.next.into_iter().chain(self.until).min()
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    fn answered(&mut self, now: Time, response: &Message, draw: Draw<'_>, out: &mut Vec<Output>) {
        match response.code().unwrap_or_default() {
            0..=199 => {}
            200..=299 => {
                (self.failures, self.challenges) = (0, 0);
                let granted = self.granted(response);
                // Before it runs out, by a tenth and by half a minute at least where that leaves any.
                let early = (granted / 10).max(30).min(granted / 2);
                self.next = Some(now + Span::seconds(i64::from(granted - early)));
                self.until = Some(now + Span::seconds(i64::from(granted)));
                self.change(Standing::In, out);
            }
            code @ (401 | 407) => {
                self.proxy = code == 407;
                let name = if self.proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
                let challenge = Challenge::best(response.headers(name));
                self.challenges += 1;
                // A stale nonce says nothing against the secret, but not for ever.
                match challenge.filter(|_| self.challenges <= MAX_CHALLENGES) {
                    Some(challenge) if self.challenges == 1 || challenge.stale => {
                        self.challenge = Some(challenge);
                        self.send(self.expires, draw, out);
                    }
                    _ => self.failed(now, draw, None, out),
                }
            }
            423 => {
                let min = response.header("Min-Expires").and_then(|v| v.trim().parse::<u32>().ok());
                match min.filter(|min| *min > self.expires) {
                    Some(min) => {
                        self.expires = min;
                        self.send(min, draw, out);
                    }
                    None => self.failed(now, draw, None, out),
                }
            }
            _ => {
                let retry =
                    response.header("Retry-After").and_then(|v| v.split([';', ' ', '(']).next()?.parse::<u32>().ok());
                self.failed(now, draw, retry, out);
            }
        }
    }

    /// Seconds granted to our Contact, or to all.
    fn granted(&self, response: &Message) -> u32 {
        let ours = Address::parse(&self.account.contact).map(|a| a.uri).unwrap_or_default();
        let contacts = response.headers("Contact").flat_map(address::list).filter_map(Address::parse);
        let mine = contacts.filter(|c| c.uri.eq_ignore_ascii_case(ours)).find_map(|c| c.param("expires")?.parse().ok());
        let all = response.header("Expires").and_then(|v| v.trim().parse().ok());
        mine.or(all).unwrap_or(self.expires).max(2)
    }

    /// RFC 5626 §4.5: the pause doubles with each failure, and is drawn from its upper half, so that all
    /// who lost one carrier do not come back at once.
    fn failed(&mut self, now: Time, draw: Draw<'_>, retry: Option<u32>, out: &mut Vec<Output>) {
        self.failures = self.failures.saturating_add(1);
        self.challenge = None;
        let longest = (BASE.0 << self.failures.min(16)).min(MAX_PAUSE.0);
        let pause = longest / 2 + i64::from(draw.number) % (longest / 2 + 1);
        let asked = Span::seconds(i64::from(retry.unwrap_or(0))).0.min(MAX_PAUSE.0);
        self.next = Some(now + Span::millis(pause.max(asked)));
        if self.until.is_none_or(|until| until <= now) {
            self.change(Standing::Out, out);
        }
    }

    fn send(&mut self, expires: u32, draw: Draw<'_>, out: &mut Vec<Output>) {
        self.seq += 1;
        // The answer, or its absence, says when next.
        self.next = None;
        let Account { registrar, aor, user, secret, contact } = &self.account;
        let mut register = Message::request("REGISTER", registrar)
            .with("Max-Forwards", "70")
            .with("From", &format!("<{aor}>;tag={}", self.tag))
            .with("To", &format!("<{aor}>"))
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{} REGISTER", self.seq))
            .with("Contact", contact)
            .with("Expires", &expires.to_string());
        if let Some(challenge) = &mut self.challenge {
            let proof = challenge.answer(user, secret, "REGISTER", registrar, draw.cnonce);
            let name = if self.proxy { "Proxy-Authorization" } else { "Authorization" };
            register = register.with(name, &proof);
        }
        out.push(Output::Send(register));
    }

    fn change(&mut self, standing: Standing, out: &mut Vec<Output>) {
        if self.standing != standing {
            self.standing = standing;
            out.push(Output::Changed(standing));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAW: Draw<'_> = Draw { cnonce: "c", number: 0 };

    fn registration() -> Registration {
        let account = Account {
            registrar: "sip:carrier".into(),
            aor: "sip:1@carrier".into(),
            user: "1".into(),
            secret: "s".into(),
            contact: "<sip:hctc@192.0.2.9>".into(),
        };
        Registration::new(Time(0), account, "c1", "t1")
    }

    fn give(registration: &mut Registration, now: i64, input: Input<'_>) -> (Option<Message>, Option<Standing>) {
        let mut out = Vec::new();
        registration.handle(Time(now), input, DRAW, &mut out);
        let sent = out.iter().find_map(|o| if let Output::Send(m) = o { Some(m.clone()) } else { None });
        let changed = out.iter().find_map(|o| if let Output::Changed(s) = o { Some(*s) } else { None });
        (sent, changed)
    }

    fn answer(code: u16) -> Message {
        Message::response(&Message::request("REGISTER", "sip:x"), code, "r")
    }

    fn challenge(more: &str) -> Message {
        answer(401).with("WWW-Authenticate", &format!("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"{more}"))
    }

    #[test]
    fn proves_itself_and_refreshes_before_it_runs_out() {
        let mut registration = registration();
        let (first, _) = give(&mut registration, 0, Input::Tick);
        assert_eq!(first.and_then(|m| m.cseq().map(|(n, _)| n)), Some(1));
        assert_eq!(registration.deadline(), None, "the transaction answers or gives up");
        let (second, _) = give(&mut registration, 10, Input::Answered(&challenge("")));
        let second = second.expect("proved");
        assert!(second.header("Authorization").is_some_and(|a| a.contains("nc=00000001")));
        assert_eq!(second.header("Call-ID"), Some("c1"));
        let ok = answer(200).with("Contact", "<sip:other@x>;expires=9, <sip:hctc@192.0.2.9>;expires=600");
        assert_eq!(give(&mut registration, 20, Input::Answered(&ok)).1, Some(Standing::In));
        assert_eq!(registration.deadline(), Some(Time(20 + 540_000)));
        let (refresh, _) = give(&mut registration, 540_020, Input::Tick);
        assert!(refresh.expect("due").header("Authorization").is_some_and(|a| a.contains("nc=00000002")));
        let mut out = Vec::new();
        registration.withdraw(DRAW, &mut out);
        assert!(matches!(&out[..], [Output::Send(m)] if m.header("Expires") == Some("0")));
    }

    #[test]
    fn a_wrong_secret_is_not_tried_for_ever() {
        let mut registration = registration();
        give(&mut registration, 0, Input::Tick);
        assert!(give(&mut registration, 1, Input::Answered(&challenge(""))).0.is_some());
        assert!(give(&mut registration, 2, Input::Answered(&challenge(""))).0.is_none(), "the secret is wrong");
        assert_eq!(registration.deadline(), Some(Time(30_002)));
        give(&mut registration, 30_002, Input::Tick);
        assert!(give(&mut registration, 30_003, Input::Answered(&challenge(""))).0.is_some());
        assert!(give(&mut registration, 30_004, Input::Answered(&challenge(", stale=true"))).0.is_some());
        assert!(
            give(&mut registration, 30_005, Input::Answered(&challenge(", stale=true"))).0.is_none(),
            "not for ever"
        );
    }

    #[test]
    fn pauses_double_up_to_half_an_hour() {
        let mut registration = registration();
        let mut pauses = Vec::new();
        let mut now = 0;
        for _ in 0..9 {
            give(&mut registration, now, Input::Tick);
            give(&mut registration, now, Input::Unanswered);
            let next = registration.deadline().expect("tried again").0;
            pauses.push((next - now) / 1_000);
            now = next;
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 900, 900, 900, 900]);
        give(&mut registration, now, Input::Tick);
        let busy = answer(503).with("Retry-After", "1200 (maintenance)");
        give(&mut registration, now, Input::Answered(&busy));
        assert_eq!(registration.deadline(), Some(Time(now + 1_200_000)));
    }

    #[test]
    fn it_is_out_only_when_the_grant_has_run_out() {
        let mut registration = registration();
        give(&mut registration, 0, Input::Tick);
        give(&mut registration, 0, Input::Answered(&answer(423).with("Min-Expires", "7200")));
        let (_, changed) = give(&mut registration, 0, Input::Answered(&answer(200).with("Expires", "100")));
        assert_eq!(changed, Some(Standing::In));
        assert_eq!(registration.deadline(), Some(Time(70_000)));
        give(&mut registration, 70_000, Input::Tick);
        assert_eq!(give(&mut registration, 71_000, Input::Unanswered).1, None, "still granted");
        assert_eq!(give(&mut registration, 100_000, Input::Tick).1, Some(Standing::Out));
    }
}
