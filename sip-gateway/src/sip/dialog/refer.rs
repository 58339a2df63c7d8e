//! REFER and what follows it (RFC 3515): a far end asks us to call somebody, or we ask it, and NOTIFYs
//! with a status line say how that goes.

use crate::sip::address::{self, Address};
use crate::sip::dialog::replaces::Replaces;
use crate::sip::message::{Message, reason};
use crate::sip::transaction::timers::LIMIT;
use serde::{Deserialize, Serialize};
use vocabulary::{Span, Time};

/// How long a call asked for by REFER may take until its outcome is told.
pub const LIFE: Span = Span::minutes(3);

/// What a REFER asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refer {
    /// Whom to call, without headers.
    pub target: String,
    /// The dialog the new call replaces: an attended transfer (RFC 3891).
    pub replaces: Option<Replaces>,
    /// Whether NOTIFYs are wanted (RFC 4488 lets the sender say no).
    pub notify: bool,
}

impl Refer {
    /// Reads a REFER; the code to refuse with otherwise.
    pub fn of(request: &Message) -> Result<Refer, u16> {
        let mut values = request.headers("Refer-To");
        let (Some(value), None) = (values.next(), values.next()) else { return Err(400) };
        let uri = Address::parse(value).ok_or(400u16)?.uri;
        let (target, headers) = uri.split_once('?').unwrap_or((uri, ""));
        let scheme = target.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !["sip", "sips", "tel"].contains(&scheme.as_str()) {
            return Err(416);
        }
        // Other methods may be asked for by the RFC; we only place calls.
        if address::uri_param(target, "method").is_some_and(|m| !m.eq_ignore_ascii_case("INVITE")) {
            return Err(403);
        }
        let mut replaces = None;
        for header in headers.split('&') {
            let (name, value) = header.split_once('=').unwrap_or((header, ""));
            if name.eq_ignore_ascii_case("Replaces") {
                let value = address::percent_decoded(value).ok_or(400u16)?;
                replaces = Some(Replaces::parse(&value).ok_or(400u16)?);
            }
        }
        let notify = !request.header("Refer-Sub").is_some_and(|v| v.trim().eq_ignore_ascii_case("false"));
        Ok(Refer { target: target.to_owned(), replaces, notify })
    }
}

/// What we owe the sender of a REFER: NOTIFYs until the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifier {
    /// CSeq number of the REFER: the id of the implicit subscription where a dialog has several (§2.4.6).
    pub id: u32,
    until: Time,
    over: bool,
}

impl Notifier {
    /// The REFER was accepted: the first NOTIFY goes out at once ([`Notifier::notify`] with 100).
    pub fn new(now: Time, id: u32) -> Notifier {
        Notifier { id, until: now + LIFE, over: false }
    }

    /// Fills a NOTIFY with a status; `None` once the final one was sent.
    pub fn notify(&mut self, now: Time, code: u16, request: Message) -> Option<Message> {
        if self.over {
            return None;
        }
        self.over = code >= 200;
        let state = match self.over {
            true => "terminated;reason=noresource".to_owned(),
            false => format!("active;expires={}", self.until.since(now).as_seconds()),
        };
        let body = format!("SIP/2.0 {code} {}\r\n", reason(code));
        Some(
            request
                .with("Event", &format!("refer;id={}", self.id))
                .with("Subscription-State", &state)
                .with_body("message/sipfrag;version=2.0", &body),
        )
    }

    /// When the subscription runs out: the outcome is then told as 408.
    pub fn deadline(&self) -> Option<Time> {
        (!self.over).then_some(self.until)
    }
}

/// A REFER of ours, until its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    /// CSeq number of our REFER.
    pub id: u32,
    until: Time,
    over: bool,
}

/// What a NOTIFY says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The call asked for stands at this code; at 200 or more it is decided.
    Status(u16),
    /// The subscription ended without an outcome.
    Ended,
    /// It is about something else: the code to refuse it with.
    Refused(u16),
}

impl Watcher {
    /// Our REFER went out.
    pub fn new(now: Time, id: u32) -> Watcher {
        Watcher { id, until: now + LIMIT, over: false }
    }

    /// A NOTIFY in the dialog.
    pub fn heard(&mut self, now: Time, notify: &Message) -> Heard {
        let event = notify.header("Event").unwrap_or_default();
        let mut parts = event.split(';').map(str::trim);
        if !parts.next().is_some_and(|name| name.eq_ignore_ascii_case("refer")) {
            return Heard::Refused(489);
        }
        let id = parts.find_map(|p| p.strip_prefix("id=")).map(|id| id.trim().parse::<u32>());
        let state = notify.header("Subscription-State").unwrap_or_default().to_ascii_lowercase();
        if self.over || id.is_some_and(|id| id != Ok(self.id)) {
            return Heard::Refused(481);
        }
        if state.is_empty() {
            return Heard::Refused(400);
        }
        let status = notify.body_of("message/sipfrag").and_then(status);
        let ended = state.starts_with("terminated");
        self.over = ended || status.is_some_and(|code| code >= 200);
        self.until = now + LIFE;
        match status {
            Some(code) if !ended || code >= 200 => Heard::Status(code),
            _ if ended => Heard::Ended,
            _ => Heard::Refused(400),
        }
    }

    /// When to stop waiting.
    pub fn deadline(&self) -> Option<Time> {
        (!self.over).then_some(self.until)
    }
}

/// The code of a status line.
fn status(fragment: &str) -> Option<u16> {
    let code = fragment.trim_start().strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
    (100..700).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refer(to: &[&str]) -> Result<Refer, u16> {
        Refer::of(&to.iter().fold(Message::request("REFER", "sip:us"), |m, v| m.with("r", v)))
    }

    #[test]
    fn reads_blind_and_attended() {
        let blind = refer(&["<sip:1195@x;method=INVITE>"]).expect("good");
        assert_eq!((blind.target.as_str(), blind.replaces, blind.notify), ("sip:1195@x;method=INVITE", None, true));
        let attended = refer(&["Bob <sip:b@x?Replaces=12%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&X=y>"]).expect("good");
        let replaces = attended.replaces.expect("it has one");
        assert_eq!(replaces.to_string(), "12@h;to-tag=1;from-tag=2");
        for (to, code) in [
            (&[][..], 400),
            (&["<sip:a>", "<sip:b>"], 400),
            (&["<http:a>"], 416),
            (&["<sip:a;method=BYE>"], 403),
            (&["<sip:a@b?Replaces=x>"], 400),
        ] {
            assert_eq!(refer(to), Err(code), "{to:?}");
        }
    }

    #[test]
    fn both_sides_agree_on_the_outcome() {
        let mut notifier = Notifier::new(Time(0), 7);
        let mut watcher = Watcher::new(Time(0), 7);
        assert_eq!(watcher.deadline(), Some(Time(32_000)), "a REFER that brings no NOTIFY");
        let mut tell = |notifier: &mut Notifier, now, code| {
            let notify = notifier.notify(Time(now), code, Message::request("NOTIFY", "sip:x"))?;
            Some(watcher.heard(Time(now), &notify))
        };
        assert_eq!(tell(&mut notifier, 0, 100), Some(Heard::Status(100)));
        assert_eq!(tell(&mut notifier, 1_000, 180), Some(Heard::Status(180)));
        assert_eq!(tell(&mut notifier, 2_000, 486), Some(Heard::Status(486)));
        assert_eq!(tell(&mut notifier, 3_000, 200), None, "the outcome is told once");
        assert_eq!((notifier.deadline(), watcher.deadline()), (None, None));
    }

    #[test]
    fn strange_notifies_are_refused() {
        let notify = |event: &str, state: &str| {
            let notify = Message::request("NOTIFY", "sip:x").with("Event", event).with("Subscription-State", state);
            notify.with_body("message/sipfrag", "SIP/2.0 200 OK")
        };
        let mut watcher = Watcher::new(Time(0), 7);
        assert_eq!(watcher.heard(Time(0), &notify("presence", "active")), Heard::Refused(489));
        assert_eq!(watcher.heard(Time(0), &notify("refer;id=8", "active")), Heard::Refused(481));
        assert_eq!(
            watcher.heard(Time(0), &Message::request("NOTIFY", "sip:x").with("Event", "refer")),
            Heard::Refused(400)
        );
        let silent = Message::request("NOTIFY", "sip:x").with("o", "refer").with("Subscription-State", "terminated");
        assert_eq!(watcher.heard(Time(0), &silent), Heard::Ended);
        assert_eq!(watcher.heard(Time(0), &notify("refer", "active")), Heard::Refused(481), "it is over");
    }
}
