//! One dialog (RFC 3261 §12): ids, sequence numbers, remote target and route set, and the requests
//! made inside it. Via and transport are the sender's.

use crate::sip::address::{self, Address};
use crate::sip::message::Message;

/// What tells dialogs apart, from our side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// Theirs.
    pub remote_tag: String,
}

/// One dialog.
#[derive(Clone)]
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
    remote_seq: Option<u32>,
    /// Where requests are meant for.
    pub target: String,
    routes: Vec<String>,
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
            remote_seq: Some(invite.cseq()?.0),
            target: target.to_owned(),
            routes: invite.headers("Record-Route").flat_map(address::list).map(str::to_owned).collect(),
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
            remote_seq: None,
            target: target.to_owned(),
            routes: Vec::new(),
        }
    }

    /// Takes the 2xx to our INVITE in: remote tag, target, and its Record-Route read backwards.
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
        self.local_seq += 1;
        self.numbered(method, self.local_seq)
    }

    /// The ACK of a 2xx to our INVITE (RFC 3261 §13.2.2.4): the INVITE's number, a Via of its own.
    pub fn ack(&self, invite_seq: u32) -> Message {
        self.numbered("ACK", invite_seq)
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

    fn numbered(&self, method: &str, seq: u32) -> Message {
        let mut request = Message::request(method, &self.target)
            .with("Max-Forwards", "70")
            .with("From", &self.local)
            .with("To", &self.remote)
            .with("Call-ID", &self.id.call_id)
            .with("CSeq", &format!("{seq} {method}"));
        for route in &self.routes {
            request = request.with("Route", route);
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
        let theirs = message("BYE sip:us SIP/2.0\r\nFrom: <sip:2@them>;tag=r\r\nTo: <sip:1@us>;tag=l\r\nCall-ID: c\r\n\r\n");
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
        let ack = dialog.ack(1);
        assert_eq!(ack.cseq(), Some((1, "ACK")));
        assert_eq!(ack.headers("Route").collect::<Vec<_>>(), ["<sip:far;lr>", "<sip:near;lr>"]);
        assert_eq!(ack.uri(), Some("sip:2@10.0.0.2"));
        assert_eq!(dialog.request("BYE").cseq(), Some((2, "BYE")));
    }

    #[test]
    fn no_usable_contact_no_dialog() {
        let text = "INVITE sip:1@us SIP/2.0\r\nFrom: <sip:2@them>;tag=r\r\nTo: <sip:1@us>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n";
        for contact in ["", "Contact: <tel:1>\r\n", "Contact: <sip:a\r\n"] {
            assert!(Dialog::from_invite(&message(&format!("{text}{contact}\r\n")), "l", "<sip:us>").is_none(), "{contact}");
        }
    }
}
