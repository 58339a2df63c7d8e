//! The dialogs one INVITE of ours opens (RFC 3261 §12.1.2, §13.2.2.4): several early ones where it was
//! forked on its way; the first 2xx is kept, every other is acknowledged and ended.

use crate::sip::dialog::Dialog;
use crate::sip::dialog::reliable::{Heard, Provisional};
use crate::sip::message::Message;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most early dialogs of one INVITE; answers of further branches are taken without one.
pub const MAX_EARLY: usize = 16;
/// The most surplus 2xx ended; a far end that answers more often is not a phone.
pub const MAX_SURPLUS: usize = 16;

/// All dialogs of one INVITE.
#[derive(Clone, Serialize, Deserialize)]
pub struct Forks {
    /// The dialog as the INVITE began it.
    seed: Dialog,
    early: BTreeMap<String, Early>,
    /// The tag of the 2xx that was kept.
    kept: Option<String>,
    /// ACKs of surplus 2xx, for their repetitions.
    surplus: BTreeMap<String, Dialog>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Early {
    dialog: Dialog,
    heard: Heard,
}

/// What a provisional answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ring {
    /// Taken; where it is reliable, this PRACK (without Via) answers it.
    Taken(Option<Box<Message>>),
    /// A repetition.
    Stale,
}

/// What a 2xx is.
#[derive(Clone)]
pub enum Answer {
    /// The first: the call has this dialog.
    Kept(Box<Dialog>),
    /// The kept one again: its ACK is sent again.
    Again,
    /// Another phone's: this ACK (without Via), and where it is new this BYE.
    Surplus {
        /// Sent every time.
        ack: Box<Message>,
        /// Sent once.
        bye: Option<Box<Message>>,
    },
    /// More than anybody sends.
    Ignored,
}

impl Forks {
    /// An INVITE of this dialog goes out.
    pub fn new(seed: Dialog) -> Forks {
        Forks { seed, early: BTreeMap::new(), kept: None, surplus: BTreeMap::new() }
    }

    /// A 1xx.
    pub fn provisional(&mut self, response: &Message) -> Ring {
        let Some(tag) = response.tag("To").filter(|_| response.code().is_some_and(|c| c > 100)) else {
            return Ring::Taken(None);
        };
        if !self.early.contains_key(tag) {
            if self.early.len() >= MAX_EARLY {
                return Ring::Taken(None);
            }
            let mut dialog = self.seed.clone();
            dialog.confirm(response);
            self.early.insert(tag.to_owned(), Early { dialog, heard: Heard::default() });
        }
        let Some(early) = self.early.get_mut(tag) else { return Ring::Taken(None) };
        match early.heard.judge(response) {
            Provisional::Plain => Ring::Taken(None),
            Provisional::Stale => Ring::Stale,
            Provisional::New(rack) => Ring::Taken(Some(Box::new(early.dialog.request("PRACK").with("RAck", &rack)))),
        }
    }

    /// A 2xx.
    pub fn success(&mut self, response: &Message) -> Answer {
        let tag = response.tag("To").unwrap_or_default();
        match &self.kept {
            Some(kept) if kept == tag => Answer::Again,
            Some(_) => self.end_surplus(tag, response),
            None => {
                self.kept = Some(tag.to_owned());
                // The early dialog's numbers go on: its PRACKs were counted there.
                let mut dialog = self.early.remove(tag).map_or_else(|| self.seed.clone(), |early| early.dialog);
                dialog.confirm(response);
                self.early.clear();
                Answer::Kept(Box::new(dialog))
            }
        }
    }

    fn end_surplus(&mut self, tag: &str, response: &Message) -> Answer {
        if let Some(dialog) = self.surplus.get(tag) {
            return Answer::Surplus { ack: Box::new(dialog.ack()), bye: None };
        }
        if self.surplus.len() >= MAX_SURPLUS {
            return Answer::Ignored;
        }
        let mut dialog = self.seed.clone();
        dialog.confirm(response);
        let (ack, bye) = (dialog.ack(), dialog.request("BYE"));
        self.surplus.insert(tag.to_owned(), dialog);
        Answer::Surplus { ack: Box::new(ack), bye: Some(Box::new(bye)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forks() -> Forks {
        let mut dialog = Dialog::to_invite("c", "<sip:us>", "l", "<sip:2@them>", "sip:2@them", "<sip:us>");
        dialog.request("INVITE");
        Forks::new(dialog)
    }

    fn answer(code: u16, tag: &str, more: &str) -> Message {
        let text = format!(
            "SIP/2.0 {code} x\r\nFrom: <sip:us>;tag=l\r\nTo: <sip:2@them>;tag={tag}\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
             Record-Route: <sip:{tag}-proxy;lr>\r\nContact: <sip:2@10.0.0.2;x={tag}>\r\n{more}\r\n"
        );
        Message::parse(text.as_bytes()).expect("good")
    }

    #[test]
    fn the_first_is_kept_and_every_other_is_ended_once() {
        let mut forks = forks();
        assert_eq!(forks.provisional(&answer(180, "a", "")), Ring::Taken(None));
        assert_eq!(forks.provisional(&answer(180, "b", "")), Ring::Taken(None));
        let Answer::Kept(kept) = forks.success(&answer(200, "b", "")) else { panic!("not kept") };
        assert_eq!(kept.id.remote_tag, "b");
        assert_eq!(kept.ack().header("Route"), Some("<sip:b-proxy;lr>"));
        assert!(matches!(forks.success(&answer(200, "b", "")), Answer::Again));
        let Answer::Surplus { ack, bye: Some(bye) } = forks.success(&answer(200, "a", "")) else { panic!("not ended") };
        assert_eq!((ack.tag("To"), ack.cseq()), (Some("a"), Some((1, "ACK"))));
        assert_eq!(
            (bye.tag("To"), bye.cseq(), bye.header("Route")),
            (Some("a"), Some((2, "BYE")), Some("<sip:a-proxy;lr>"))
        );
        let Answer::Surplus { ack: again, bye: None } = forks.success(&answer(200, "a", "")) else {
            panic!("ended twice")
        };
        assert!(again == ack);
        for n in 0..MAX_SURPLUS + 5 {
            forks.success(&answer(200, &format!("x{n}"), ""));
        }
        assert!(matches!(forks.success(&answer(200, "more", "")), Answer::Ignored));
    }

    #[test]
    fn reliable_answers_are_acknowledged_in_each_early_dialog() {
        let mut forks = forks();
        let reliable = |tag: &str, rseq: u32| answer(183, tag, &format!("Require: 100rel\r\nRSeq: {rseq}\r\n"));
        let rack = |ring: Ring| match ring {
            Ring::Taken(Some(prack)) => (prack.header("RAck").map(str::to_owned), prack.cseq().map(|(n, _)| n)),
            other => panic!("{other:?}"),
        };
        assert_eq!(rack(forks.provisional(&reliable("a", 5))), (Some("5 1 INVITE".into()), Some(2)));
        assert_eq!(rack(forks.provisional(&reliable("b", 9))), (Some("9 1 INVITE".into()), Some(2)));
        assert_eq!(forks.provisional(&reliable("a", 5)), Ring::Stale);
        assert_eq!(rack(forks.provisional(&reliable("a", 6))), (Some("6 1 INVITE".into()), Some(3)));
        let Answer::Kept(mut kept) = forks.success(&answer(200, "a", "")) else { panic!("not kept") };
        assert_eq!(kept.ack().cseq(), Some((1, "ACK")));
        assert_eq!(kept.request("BYE").cseq(), Some((4, "BYE")), "numbers go on");
    }

    #[test]
    fn a_crowd_of_branches_is_bounded() {
        let mut forks = forks();
        for n in 0..100 {
            assert_eq!(forks.provisional(&answer(180, &n.to_string(), "")), Ring::Taken(None));
        }
        assert_eq!(forks.early.len(), MAX_EARLY);
    }
}
