//! Replaces (RFC 3891): a new call that takes the place of one of ours.

use crate::sip::dialog::DialogId;
use crate::sip::message::Message;
use serde::{Deserialize, Serialize};

/// The dialog to be replaced, as we know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// Its id from our side.
    pub dialog: DialogId,
    /// Only while it is not answered.
    pub early_only: bool,
}

/// How the dialog named stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or it is over and forgotten.
    Unknown,
    /// It has ended.
    Ended,
    /// Not answered; whether we called.
    Early {
        /// An INVITE of ours opened it.
        ours: bool,
    },
    /// Answered.
    Confirmed,
}

impl Replaces {
    /// Reads an INVITE: `Ok(None)` where it replaces nothing, `Err(())` where it is malformed or says it
    /// twice, which is 400 (§3).
    pub fn of(invite: &Message) -> Result<Option<Replaces>, ()> {
        let mut values = invite.headers("Replaces");
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(());
        }
        Replaces::parse(value).map(Some).ok_or(())
    }

    /// Reads a value, whether from the header or from a Refer-To's.
    pub fn parse(value: &str) -> Option<Replaces> {
        let mut parts = value.split(';').map(str::trim);
        let call_id = parts.next().filter(|id| !id.is_empty())?;
        let (mut to, mut from, mut early_only) = (None, None, false);
        for part in parts {
            match part.split_once('=') {
                Some((name, tag)) if name.trim().eq_ignore_ascii_case("to-tag") => to = Some(tag.trim()),
                Some((name, tag)) if name.trim().eq_ignore_ascii_case("from-tag") => from = Some(tag.trim()),
                None if part.eq_ignore_ascii_case("early-only") => early_only = true,
                _ => {}
            }
        }
        // A tag of 0 stands for the missing tag of RFC 2543, which no dialog of ours has.
        let dialog = DialogId { call_id: call_id.into(), local_tag: to?.into(), remote_tag: from?.into() };
        Some(Replaces { dialog, early_only })
    }

    /// Whether the call may take its place; the code to refuse with otherwise (§3).
    pub fn judge(&self, standing: Standing) -> Result<(), u16> {
        match standing {
            Standing::Unknown | Standing::Early { ours: false } => Err(481),
            Standing::Ended => Err(603),
            Standing::Confirmed if self.early_only => Err(486),
            Standing::Early { ours: true } | Standing::Confirmed => Ok(()),
        }
    }
}

impl std::fmt::Display for Replaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let DialogId { call_id, local_tag, remote_tag } = &self.dialog;
        let early = if self.early_only { ";early-only" } else { "" };
        write!(f, "{call_id};to-tag={local_tag};from-tag={remote_tag}{early}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_rfc_shows() {
        let found = Replaces::parse("425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only").expect("good");
        assert_eq!(found.dialog.call_id, "425928@bobster.example.org");
        assert_eq!((found.dialog.local_tag.as_str(), found.dialog.remote_tag.as_str()), ("7743", "6472"));
        assert!(found.early_only);
        assert_eq!(Replaces::parse(&found.to_string()), Some(found));
        for bad in ["", "a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2"] {
            assert_eq!(Replaces::parse(bad), None, "{bad}");
        }
        let invite = Message::request("INVITE", "sip:a");
        assert_eq!(Replaces::of(&invite), Ok(None));
        let twice = invite.with("Replaces", "a;to-tag=1;from-tag=2").with("Replaces", "b;to-tag=1;from-tag=2");
        assert_eq!(Replaces::of(&twice), Err(()));
    }

    #[test]
    fn only_a_call_that_stands_can_be_replaced() {
        let plain = Replaces::parse("a;to-tag=1;from-tag=2").expect("good");
        let early = Replaces { early_only: true, ..plain.clone() };
        for (standing, any, only_early) in [
            (Standing::Unknown, Err(481), Err(481)),
            (Standing::Ended, Err(603), Err(603)),
            (Standing::Early { ours: false }, Err(481), Err(481)),
            (Standing::Early { ours: true }, Ok(()), Ok(())),
            (Standing::Confirmed, Ok(()), Err(486)),
        ] {
            assert_eq!((plain.judge(standing), early.judge(standing)), (any, only_early), "{standing:?}");
        }
    }
}
