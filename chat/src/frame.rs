//! The frames of the web chat: JSON both ways, one object a frame, told apart by `t` (facts 4.7).
//! Reading is strict and bounded: what is not in the protocol is refused, nothing is guessed.

use crate::line::{Line, Speaker, iso};
use serde::{Deserialize, Serialize};
use std::fmt;
use vocabulary::{ContactId, EntryName, Language, Ulid};

/// The longest frame in bytes, either way in.
pub const MAX_FRAME_BYTES: usize = 16 * 1024;
/// The longest message in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// The longest phone number as typed, in characters.
const MAX_PHONE_CHARS: usize = 40;

/// A frame from the citizen's page. Personal data: `Debug` shows its kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromCitizen {
    /// The first frame of a new conversation: what the citizen was asked before it.
    Open {
        /// The page it was opened on.
        #[serde(default)]
        entry: Option<EntryName>,
        /// The language chosen.
        #[serde(default)]
        language: Option<Language>,
        /// A number, if one was given.
        #[serde(default)]
        phone: Option<String>,
        /// A confidential topic: nothing was asked, and nothing is kept of what was given anyway.
        #[serde(default)]
        confidential: bool,
    },
    /// The first frame after a lost connection.
    Resume {
        /// The conversation.
        conv: ContactId,
        /// The secret `opened` gave.
        token: String,
        /// The last message the page has.
        after_seq: u64,
    },
    /// A message.
    Msg {
        /// Minted by the page; sent again with the same id until it is acknowledged.
        id: Ulid,
        /// The words.
        text: String,
    },
    /// The citizen types.
    Typing {},
    /// The citizen has seen everything up to here.
    Read {
        /// The last message seen.
        upto: u64,
    },
    /// The citizen leaves for good.
    End {},
}

/// A frame to the citizen's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum FromCentre {
    /// The conversation exists. The token is shown once and kept nowhere.
    Opened {
        /// The conversation.
        conv: ContactId,
        /// The secret to come back with.
        token: Secret,
    },
    /// Everything missed has been sent.
    Resumed {
        /// The last message of the conversation.
        seq: u64,
    },
    /// The message is stored.
    Ack {
        /// The page's id.
        id: Ulid,
        /// Its place.
        seq: u64,
        /// When the centre took it, ISO 8601, UTC.
        at: String,
    },
    /// A message, also the citizen's own when it is sent again after a reconnect.
    Msg(Shown),
    /// An agent types; forget it after six seconds.
    Typing {},
    /// The agent has seen everything up to here.
    Read {
        /// The last message seen.
        upto: u64,
    },
    /// Where the citizen stands in the queue.
    Queue {
        /// The place, from 1.
        position: u32,
        /// The expected wait in seconds, where one can be given.
        ewt_s: Option<u32>,
    },
    /// An agent is there.
    Agent {
        /// The one word shown.
        name: String,
    },
    /// Nothing was said for a while.
    Idle {
        /// Seconds until the conversation ends by itself.
        ends_in_s: u32,
    },
    /// The conversation is over.
    End {},
    /// Something was not taken. The connection stays.
    Error {
        /// What, in a word the page translates.
        code: Refused,
        /// The message concerned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Ulid>,
    },
}

/// A message on its way to the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its place.
    pub seq: u64,
    /// The page's own id, for the citizen's messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Ulid>,
    /// Who wrote it: `citizen`, `centre`, or `agent` with a `name`.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// When, ISO 8601, UTC.
    pub at: String,
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// The message is empty.
    #[error("the message is empty")]
    Empty,
    /// The message is longer than [`MAX_TEXT_CHARS`].
    #[error("the message is too long")]
    TooLong,
    /// Too many messages at once.
    #[error("too many messages at once")]
    SlowDown,
    /// It could not be stored; the page sends it again.
    #[error("the message could not be stored")]
    NotStored,
    /// The conversation has as many messages as one may have.
    #[error("the conversation is full")]
    Full,
    /// The frame has no place here, such as a second `open`.
    #[error("the frame has no place here")]
    Misplaced,
}

/// Why a connection is closed: the WebSocket close code, and what the page does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCode {
    /// The conversation is over. Do not come back.
    Over,
    /// The server goes away for a moment. Come back.
    Restart,
    /// A frame longer than [`MAX_FRAME_BYTES`].
    TooBig,
    /// Not a frame of this protocol.
    BadFrame,
    /// No such conversation, or the wrong token: the two look the same. Do not come back.
    Gone,
    /// Nothing was heard for too long.
    Silent,
    /// The conversation goes on in another window.
    Elsewhere,
    /// The page does not read what it is sent. Come back.
    Slow,
    /// Too many connections from one address.
    TooMany,
    /// The centre takes no more conversations now. Come back later.
    Busy,
}

impl CloseCode {
    /// The number on the wire (RFC 6455 section 7.4; 4000 to 4999 are ours).
    pub const fn code(self) -> u16 {
        match self {
            CloseCode::Over => 1000,
            CloseCode::Restart => 1012,
            CloseCode::TooBig => 1009,
            CloseCode::BadFrame => 4400,
            CloseCode::Gone => 4404,
            CloseCode::Silent => 4408,
            CloseCode::Elsewhere => 4409,
            CloseCode::Slow => 4413,
            CloseCode::TooMany => 4429,
            CloseCode::Busy => 4503,
        }
    }

    /// The words sent with it.
    pub const fn reason(self) -> &'static str {
        match self {
            CloseCode::Over => "over",
            CloseCode::Restart => "restarting",
            CloseCode::TooBig => "frame too big",
            CloseCode::BadFrame => "not a frame of this protocol",
            CloseCode::Gone => "no such conversation",
            CloseCode::Silent => "nothing heard",
            CloseCode::Elsewhere => "open in another window",
            CloseCode::Slow => "too slow",
            CloseCode::TooMany => "too many connections",
            CloseCode::Busy => "busy",
        }
    }
}

impl FromCitizen {
    /// Reads a frame.
    ///
    /// # Errors
    /// The close code the connection ends with.
    pub fn read(text: &str) -> Result<FromCitizen, CloseCode> {
        if text.len() > MAX_FRAME_BYTES {
            return Err(CloseCode::TooBig);
        }
        let mut frame: FromCitizen = serde_json::from_str(text).map_err(|_| CloseCode::BadFrame)?;
        match &mut frame {
            FromCitizen::Open { phone, confidential, .. } => {
                if phone.as_ref().is_some_and(|p| p.chars().count() > MAX_PHONE_CHARS) {
                    return Err(CloseCode::BadFrame);
                }
                if *confidential {
                    *phone = None;
                }
            }
            FromCitizen::Resume { token, .. } if token.len() > 64 => return Err(CloseCode::BadFrame),
            FromCitizen::Msg { text, .. } => *text = clean(text),
            _ => {}
        }
        Ok(frame)
    }
}

impl FromCentre {
    /// The frame as text.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("every part is a plain value with text keys")
    }

    /// A stored message on its way to the page.
    pub fn of(line: &Line) -> FromCentre {
        FromCentre::Msg(Shown {
            seq: line.seq,
            id: line.id,
            speaker: line.speaker.clone(),
            text: line.text.clone(),
            at: iso(line.at),
        })
    }
}

/// Text without what is not text: control characters other than the line break, and the marks that
/// turn the direction of what follows.
pub fn clean(text: &str) -> String {
    let unwanted = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    text.chars().filter(|c| !unwanted(*c)).collect::<String>().trim().to_owned()
}

/// Whether a cleaned text may be a message.
///
/// # Errors
/// [`Refused::Empty`], [`Refused::TooLong`].
pub fn check_text(text: &str) -> Result<(), Refused> {
    match text.chars().count() {
        0 => Err(Refused::Empty),
        n if n > MAX_TEXT_CHARS => Err(Refused::TooLong),
        _ => Ok(()),
    }
}

impl fmt::Debug for FromCitizen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromCitizen::Open { .. } => f.write_str("Open"),
            FromCitizen::Resume { conv, after_seq, .. } => write!(f, "Resume {conv} after {after_seq}"),
            FromCitizen::Msg { id, .. } => write!(f, "Msg {id}"),
            FromCitizen::Typing {} => f.write_str("Typing"),
            FromCitizen::Read { upto } => write!(f, "Read {upto}"),
            FromCitizen::End {} => f.write_str("End"),
        }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} ***", self.seq, self.speaker)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vocabulary::Time;

    const ID: &str = "01J00000000000000000000000";

    #[test]
    fn reads_the_protocol() {
        let read = |text: &str| FromCitizen::read(text).unwrap();
        let id: Ulid = ID.parse().unwrap();
        assert_eq!(read(&format!(r#"{{"t":"msg","id":"{ID}","text":" Habari\u0007\n "}}"#)), FromCitizen::Msg { id, text: "Habari".into() });
        assert_eq!(read(r#"{"t":"typing"}"#), FromCitizen::Typing {});
        assert_eq!(read(r#"{"t":"read","upto":42}"#), FromCitizen::Read { upto: 42 });
        assert_eq!(read(r#"{"t":"end"}"#), FromCitizen::End {});
        let resume = read(&format!(r#"{{"t":"resume","conv":"{ID}","token":"ab","after_seq":41}}"#));
        assert_eq!(resume, FromCitizen::Resume { conv: ContactId(id), token: "ab".into(), after_seq: 41 });
        let open = read(r#"{"t":"open","entry":"web","language":"sw","phone":"0712 345678","confidential":false}"#);
        let FromCitizen::Open { entry, language, phone, confidential } = open else { panic!() };
        assert_eq!((entry.unwrap().as_str(), language, phone.as_deref(), confidential), ("web", Some(Language::SW), Some("0712 345678"), false));
        let FromCitizen::Open { phone, .. } = read(r#"{"t":"open","phone":"0712","confidential":true}"#) else { panic!() };
        assert_eq!(phone, None, "a confidential topic keeps nothing");
    }

    #[test]
    fn refuses_the_rest() {
        for (text, code) in [
            ("", CloseCode::BadFrame),
            ("{}", CloseCode::BadFrame),
            ("[]", CloseCode::BadFrame),
            (r#"{"t":"typing","x":1}"#, CloseCode::BadFrame),
            (r#"{"t":"shout"}"#, CloseCode::BadFrame),
            (r#"{"t":"read","upto":-1}"#, CloseCode::BadFrame),
            (r#"{"t":"msg","id":"1","text":"x"}"#, CloseCode::BadFrame),
            (r#"{"t":"open","language":"Kiswahili sanifu"}"#, CloseCode::BadFrame),
            (&format!(r#"{{"t":"open","phone":"{}"}}"#, "1".repeat(41)), CloseCode::BadFrame),
            (&" ".repeat(MAX_FRAME_BYTES + 1), CloseCode::TooBig),
            (&"[".repeat(MAX_FRAME_BYTES), CloseCode::BadFrame),
        ] {
            assert_eq!(FromCitizen::read(text), Err(code), "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn texts_have_a_length() {
        assert_eq!(check_text(&clean(" \u{202E}\u{7} ")), Err(Refused::Empty));
        assert_eq!(check_text(&"é".repeat(MAX_TEXT_CHARS)), Ok(()));
        assert_eq!(check_text(&"é".repeat(MAX_TEXT_CHARS + 1)), Err(Refused::TooLong));
    }

    #[test]
    fn writes_as_the_page_reads() {
        let id: Ulid = ID.parse().unwrap();
        let at = Time(1_795_241_553_000);
        let line = Line { seq: 7, id: None, speaker: Speaker::agent("Achieng O"), text: "Habari".into(), at };
        for (frame, text) in [
            (FromCentre::Ack { id, seq: 42, at: iso(at) }, format!(r#"{{"t":"ack","id":"{ID}","seq":42,"at":"2026-11-21T06:12:33Z"}}"#)),
            (FromCentre::Queue { position: 3, ewt_s: Some(180) }, r#"{"t":"queue","position":3,"ewt_s":180}"#.into()),
            (FromCentre::Agent { name: "Achieng".into() }, r#"{"t":"agent","name":"Achieng"}"#.into()),
            (FromCentre::of(&line), r#"{"t":"msg","seq":7,"from":"agent","name":"Achieng","text":"Habari","at":"2026-11-21T06:12:33Z"}"#.into()),
            (FromCentre::Error { code: Refused::TooLong, id: None }, r#"{"t":"error","code":"too_long"}"#.into()),
            (FromCentre::End {}, r#"{"t":"end"}"#.into()),
        ] {
            assert_eq!(frame.write(), text);
            assert_eq!(serde_json::from_str::<FromCentre>(&text).unwrap(), frame);
        }
    }

    #[test]
    fn debug_hides_words_and_secrets() {
        let id: Ulid = ID.parse().unwrap();
        let resume = FromCitizen::Resume { conv: ContactId(id), token: "siri".into(), after_seq: 1 };
        let msg = FromCitizen::Msg { id, text: "siri".into() };
        let opened = FromCentre::Opened { conv: ContactId(id), token: Secret("siri".into()) };
        assert!(!format!("{resume:?} {msg:?} {opened:?}").contains("siri"));
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in ".{0,400}") {
            let _ = FromCitizen::read(&text);
        }

        #[test]
        fn broken_frames_never_panic(at in 0usize..80, byte in any::<char>()) {
            let mut chars: Vec<char> = format!(r#"{{"t":"msg","id":"{ID}","text":"Habari yako"}}"#).chars().collect();
            let at = at % chars.len();
            chars[at] = byte;
            if let Ok(FromCitizen::Msg { text, .. }) = FromCitizen::read(&chars.iter().collect::<String>()) {
                prop_assert!(text.chars().all(|c| !c.is_control() || c == '\n'));
            }
        }
    }
}
