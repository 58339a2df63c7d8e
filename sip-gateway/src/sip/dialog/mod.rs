//! One dialog (RFC 3261 §12): ids, sequence numbers, remote target and route set, the requests made
//! inside it, and what waits in it. Via and transport are the sender's; what a session is about is the
//! leg's. A dialog is plain data: saved and read again it goes on where it was.
//!
//! | file | owns |
//! |---|---|
//! | `forks` | the early dialogs of one INVITE of ours, and its several 2xx |
//! | `unacked` | our 2xx until its ACK |
//! | `offers` | one offer at a time, glare (RFC 3261 §14, RFC 3311) |
//! | `expiry` | session timers (RFC 4028) |
//! | `reliable` | provisional answers with PRACK (RFC 3262) |
//! | `refer` | REFER and NOTIFY (RFC 3515) |
//! | `replaces` | one call in the place of another (RFC 3891) |

pub mod expiry;
pub mod forks;
pub mod offers;
pub mod refer;
pub mod reliable;
pub mod replaces;
pub mod unacked;

use crate::sip::address::{self, Address};
use crate::sip::message::Message;
use expiry::Expiry;
use offers::Offers;
use reliable::Reliable;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use unacked::{Unacked, Wait};
use vocabulary::Time;

/// What tells dialogs apart, from our side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// Theirs.
    pub remote_tag: String,
}

/// One dialog. `Debug` is deliberately absent: addresses carry phone numbers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// Its id; the remote tag is empty until the first answer carries one.
    pub id: DialogId,
    /// Our name-addr, tag included, as it stands in From of our requests.
    local: String,
    /// Theirs.
    remote: String,
    /// Our Contact, with brackets.
    pub contact: String,
    local_seq: u32,
    /// Number of the INVITE of ours that an ACK or CANCEL would be for.
    invite_seq: u32,
    remote_seq: Option<u32>,
    /// Where requests are meant for.
    pub target: String,
    routes: Vec<String>,
    /// Whether the Call-ID is ours.
    ours: bool,
    /// Whose turn it is to offer.
    #[serde(default)]
    pub offers: Offers,
    /// The session timer, where one runs.
    #[serde(default)]
    pub expiry: Option<Expiry>,
    /// Our provisional answers that wait for PRACK.
    #[serde(default)]
    pub reliable: Reliable,
    /// Our 2xx that waits for its ACK.
    #[serde(default)]
    pub unacked: Option<Unacked>,
}

/// What is due in a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Our answer to their INVITE goes out again, by its transaction.
    Again(u64, Arc<str>),
    /// Nobody acknowledged our 2xx: BYE.
    NotAcked,
    /// Our reliable provisional answer goes out again.
    ProvisionalAgain(Arc<str>),
    /// Nobody acknowledged it: the INVITE is refused.
    NotPracked,
    /// We are to show that the session lives.
    Refresh,
    /// It does not: BYE.
    Dead,
    /// The offer that met theirs can be made again.
    Reoffer,
}

impl DialogId {
    /// The id an in-dialog request names; `None` where it has no To tag and so is in no dialog.
    pub fn of_request(request: &Message) -> Option<DialogId> {
        Some(DialogId {
            call_id: request.header("Call-ID")?.to_owned(),
            local_tag: request.tag("To")?.to_owned(),
            remote_tag: request.tag("From")?.to_owned(),
        })
    }

    /// The id a response to our INVITE names.
    pub fn of_response(response: &Message) -> Option<DialogId> {
        Some(DialogId {
            call_id: response.header("Call-ID")?.to_owned(),
            local_tag: response.tag("From")?.to_owned(),
            remote_tag: response.tag("To").unwrap_or_default().to_owned(),
        })
    }
}

impl Dialog {
    /// The dialog their INVITE opens, once answered with `tag`. `None` without a Contact we can use.
    pub fn from_invite(invite: &Message, tag: &str, contact: &str) -> Option<Dialog> {
        let target = Address::parse(invite.header("Contact")?)?.uri;
        address::host_port(target)?;
        Some(Dialog {
            id: DialogId {
                call_id: invite.header("Call-ID")?.to_owned(),
                local_tag: tag.to_owned(),
                remote_tag: invite.tag("From")?.to_owned(),
            },
            local: format!("{};tag={tag}", invite.header("To")?),
            remote: invite.header("From")?.to_owned(),
            contact: contact.to_owned(),
            local_seq: 0,
            invite_seq: 0,
            remote_seq: Some(invite.cseq()?.0),
            target: target.to_owned(),
            routes: invite.headers("Record-Route").flat_map(address::list).map(str::to_owned).collect(),
            ours: false,
            offers: Offers::default(),
            expiry: None,
            reliable: Reliable::default(),
            unacked: None,
        })
    }

    /// A dialog of ours before its INVITE: `local` and `remote` are name-addrs without tags.
    pub fn to_invite(call_id: &str, local: &str, tag: &str, remote: &str, target: &str, contact: &str) -> Dialog {
        Dialog {
            id: DialogId { call_id: call_id.to_owned(), local_tag: tag.to_owned(), remote_tag: String::new() },
            local: format!("{local};tag={tag}"),
            remote: remote.to_owned(),
            contact: contact.to_owned(),
            local_seq: 0,
            invite_seq: 0,
            remote_seq: None,
            target: target.to_owned(),
            routes: Vec::new(),
            ours: true,
            offers: Offers::default(),
            expiry: None,
            reliable: Reliable::default(),
            unacked: None,
        }
    }

    /// Takes an answer to our INVITE in, an early one or the 2xx: remote tag, target, and its
    /// Record-Route read backwards.
    pub fn confirm(&mut self, response: &Message) {
        if let Some(to) = response.header("To") {
            self.remote = to.to_owned();
            self.id.remote_tag = address::tag(to).unwrap_or_default().to_owned();
        }
        self.retarget(response);
        self.routes = response.headers("Record-Route").flat_map(address::list).map(str::to_owned).collect();
        self.routes.reverse();
    }

    /// Takes a new Contact of a target refresh (RFC 3261 §12.2): re-INVITE, UPDATE and their 2xx.
    pub fn retarget(&mut self, message: &Message) {
        let contact = message.header("Contact").and_then(Address::parse).map(|a| a.uri);
        if let Some(uri) = contact.filter(|uri| address::host_port(uri).is_some()) {
            self.target = uri.to_owned();
        }
    }

    /// The next request of ours, without Via.
    pub fn request(&mut self, method: &str) -> Message {
        // §12.2.1.1 keeps numbers below 2^31; nobody gets there.
        self.local_seq = self.local_seq.saturating_add(1);
        if method == "INVITE" {
            self.invite_seq = self.local_seq;
        }
        self.numbered(method, self.local_seq)
    }

    /// The ACK of a 2xx to our last INVITE (§13.2.2.4): the INVITE's number, a Via of its own.
    pub fn ack(&self) -> Message {
        self.numbered("ACK", self.invite_seq)
    }

    /// Number of our last request.
    pub fn last_seq(&self) -> u32 {
        self.local_seq
    }

    /// Whether the Call-ID is ours: who waits longer after glare.
    pub fn is_ours(&self) -> bool {
        self.ours
    }

    /// When to call [`Dialog::tick`].
    pub fn deadline(&self) -> Option<Time> {
        let unacked = self.unacked.as_ref().map(Unacked::deadline);
        let expiry = self.expiry.map(|e| e.deadline());
        [unacked, expiry, self.reliable.deadline(), self.offers.deadline()].into_iter().flatten().min()
    }

    /// Everything that is due now.
    pub fn tick(&mut self, now: Time, out: &mut Vec<Due>) {
        if let Some(unacked) = &mut self.unacked {
            match unacked.tick(now) {
                Wait::Again(text) => out.push(Due::Again(unacked.tx, text)),
                Wait::GivenUp => {
                    self.unacked = None;
                    out.push(Due::NotAcked);
                }
                Wait::Wait => {}
            }
        }
        match self.reliable.tick(now) {
            Wait::Again(text) => out.push(Due::ProvisionalAgain(text)),
            Wait::GivenUp => out.push(Due::NotPracked),
            Wait::Wait => {}
        }
        match self.expiry.as_mut().map(|expiry| expiry.tick(now)) {
            Some(expiry::Due::Refresh) => out.push(Due::Refresh),
            Some(expiry::Due::Dead) => {
                self.expiry = None;
                out.push(Due::Dead);
            }
            Some(expiry::Due::Nothing) | None => {}
        }
        if self.offers.tick(now) {
            out.push(Due::Reoffer);
        }
    }

    /// Their ACK: gives whether it is that of the 2xx that waits.
    pub fn acked(&mut self, ack: &Message) -> bool {
        let waiting = self.unacked.as_ref().map(|unacked| unacked.seq);
        let found = waiting.is_some() && waiting == ack.cseq().map(|(seq, _)| seq);
        if found {
            self.unacked = None;
        }
        found
    }

    /// Whether a request's number is new; an old one is answered 500 (RFC 3261 §12.2.2).
    pub fn follows(&mut self, seq: u32) -> bool {
        let new = self.remote_seq.is_none_or(|last| seq > last);
        if new {
            self.remote_seq = Some(seq);
        }
        new
    }

    /// The URI the next request is sent towards: the first route, else the target.
    pub fn next_uri(&self) -> &str {
        self.routes.first().and_then(|r| Address::parse(r)).map_or(self.target.as_str(), |a| a.uri)
    }

    /// §12.2.1.1. Where the first route is a strict router's, without `lr`, it becomes the Request-URI and
    /// the target travels as the last route.
    fn numbered(&self, method: &str, seq: u32) -> Message {
        let first = self.routes.first().and_then(|r| Address::parse(r)).map(|a| a.uri);
        let strict = first.filter(|uri| address::uri_param(uri, "lr").is_none());
        let mut request = Message::request(method, strict.unwrap_or(&self.target))
            .with("Max-Forwards", "70")
            .with("From", &self.local)
            .with("To", &self.remote)
            .with("Call-ID", &self.id.call_id)
            .with("CSeq", &format!("{seq} {method}"));
        for route in &self.routes[usize::from(strict.is_some())..] {
            request = request.with("Route", route);
        }
        if strict.is_some() {
            request = request.with("Route", &format!("<{}>", self.target));
        }
        request.with("Contact", &self.contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).map_err(|e| e.to_string()).expect("good")
    }

    #[test]
    fn their_invite_opens_one_with_routes_in_order() {
        let invite = message(
            "INVITE sip:1@us SIP/2.0\r\nFrom: <sip:2@them>;tag=r\r\nTo: <sip:1@us>\r\nCall-ID: c\r\nCSeq: 41 INVITE\r\n\
             Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContact: <sip:2@10.0.0.2:5070>\r\n\r\n",
        );
        let mut dialog = Dialog::from_invite(&invite, "l", "<sip:us>").expect("good");
        let bye = dialog.request("BYE");
        assert_eq!(bye.uri(), Some("sip:2@10.0.0.2:5070"));
        assert_eq!(bye.headers("Route").collect::<Vec<_>>(), ["<sip:p1;lr>", "<sip:p2;lr>"]);
        assert_eq!(bye.header("From"), Some("<sip:1@us>;tag=l"));
        assert_eq!(bye.header("To"), Some("<sip:2@them>;tag=r"));
        assert_eq!(bye.cseq(), Some((1, "BYE")));
        assert_eq!(dialog.next_uri(), "sip:p1;lr");
        assert!(!dialog.follows(41));
        assert!(dialog.follows(42));
        let theirs =
            message("BYE sip:us SIP/2.0\r\nFrom: <sip:2@them>;tag=r\r\nTo: <sip:1@us>;tag=l\r\nCall-ID: c\r\n\r\n");
        assert_eq!(DialogId::of_request(&theirs), Some(dialog.id));
    }

    #[test]
    fn our_invite_learns_from_the_answer() {
        let mut dialog = Dialog::to_invite("c", "<sip:us>", "l", "<sip:2@them>", "sip:2@them", "<sip:us>");
        assert_eq!(dialog.request("INVITE").header("To"), Some("<sip:2@them>"));
        dialog.confirm(&message(
            "SIP/2.0 200 OK\r\nFrom: <sip:us>;tag=l\r\nTo: <sip:2@them>;tag=r\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
             Record-Route: <sip:near;lr>\r\nRecord-Route: <sip:far;lr>\r\nContact: <sip:2@10.0.0.2>\r\n\r\n",
        ));
        let ack = dialog.ack();
        assert_eq!(ack.cseq(), Some((1, "ACK")));
        assert_eq!(ack.headers("Route").collect::<Vec<_>>(), ["<sip:far;lr>", "<sip:near;lr>"]);
        assert_eq!(ack.uri(), Some("sip:2@10.0.0.2"));
        assert_eq!(dialog.request("BYE").cseq(), Some((2, "BYE")));
    }

    #[test]
    fn no_usable_contact_no_dialog() {
        let text =
            "INVITE sip:1@us SIP/2.0\r\nFrom: <sip:2@them>;tag=r\r\nTo: <sip:1@us>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n";
        for contact in ["", "Contact: <tel:1>\r\n", "Contact: <sip:a\r\n"] {
            assert!(
                Dialog::from_invite(&message(&format!("{text}{contact}\r\n")), "l", "<sip:us>").is_none(),
                "{contact}"
            );
        }
    }

    #[test]
    fn a_strict_router_gets_its_own_address_first() {
        let mut dialog = Dialog::to_invite("c", "<sip:us>", "l", "<sip:2@them>", "sip:2@them", "<sip:us>");
        dialog.request("INVITE");
        dialog.confirm(&message(
            "SIP/2.0 200 OK\r\nTo: <sip:2@them>;tag=r\r\nRecord-Route: <sip:far;lr>, <sip:near>\r\nContact: <sip:2@10.0.0.2>\r\n\r\n",
        ));
        let bye = dialog.request("BYE");
        assert_eq!(bye.uri(), Some("sip:near"));
        assert_eq!(bye.headers("Route").collect::<Vec<_>>(), ["<sip:far;lr>", "<sip:2@10.0.0.2>"]);
        assert_eq!(dialog.next_uri(), "sip:near");
    }

    #[test]
    fn saved_and_read_again_it_goes_on() {
        let mut dialog = Dialog::to_invite("c", "<sip:us>", "l", "<sip:2@them>", "sip:2@them", "<sip:us>");
        dialog.request("INVITE");
        let ok = message(
            "SIP/2.0 200 OK\r\nTo: <sip:2@them>;tag=r\r\nSession-Expires: 90;refresher=uac\r\nContact: <sip:2@10.0.0.2>\r\n\r\n",
        );
        dialog.confirm(&ok);
        dialog.expiry = Expiry::answered(Time(0), &ok);
        dialog.offers.met(Time(0), dialog.is_ours(), 0);
        dialog.unacked = Some(Unacked::new(Time(0), 5, 3, "200".into()));
        let saved = serde_json::to_string(&dialog).expect("plain data");
        let mut read: Dialog = serde_json::from_str(&saved).expect("what was written");
        assert!(read == dialog);
        let mut course = Vec::new();
        while let Some(at) = read.deadline().filter(|at| *at < Time(40_000)) {
            let mut due = Vec::new();
            read.tick(at, &mut due);
            course.extend(due.into_iter().map(|due| (at.0, due)));
        }
        assert_eq!(course.first(), Some(&(500, Due::Again(5, "200".into()))));
        assert!(course.contains(&(2_100, Due::Reoffer)));
        assert_eq!(course.last(), Some(&(32_000, Due::NotAcked)));
        assert_eq!(read.deadline(), Some(Time(45_000)), "the refresh");
        assert_eq!(read.request("BYE").cseq(), Some((2, "BYE")));
    }

    #[test]
    fn only_the_ack_of_this_2xx_ends_its_repetition() {
        let mut dialog = Dialog::to_invite("c", "<sip:us>", "l", "<sip:2@them>", "sip:2@them", "<sip:us>");
        dialog.unacked = Some(Unacked::new(Time(0), 5, 3, "200".into()));
        assert!(!dialog.acked(&message("ACK sip:a SIP/2.0\r\nCSeq: 2 ACK\r\n\r\n")));
        assert!(dialog.acked(&message("ACK sip:a SIP/2.0\r\nCSeq: 3 ACK\r\n\r\n")));
        assert_eq!(dialog.deadline(), None);
    }
}
