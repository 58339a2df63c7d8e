//! One SIP message as text: start line, headers, body. It owns reading, writing and the limits of
//! both; it leaves out what the headers mean.

use std::fmt;

/// The largest message taken from a stream or a WebSocket frame, in bytes.
pub const MAX_MESSAGE: usize = 65_536;
/// The largest datagram taken, in bytes: far above any real request.
pub const MAX_DATAGRAM: usize = 8_192;
/// The longest method; longer ones are no method anybody has.
const MAX_METHOD: usize = 64;
/// The most header lines of one message.
pub const MAX_HEADERS: usize = 128;
/// The longest header value, after unfolding, in bytes.
pub const MAX_VALUE: usize = 4_096;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// `INVITE sip:... SIP/2.0`.
    Request {
        /// The method, as written.
        method: String,
        /// The Request-URI, as written.
        uri: String,
    },
    /// `SIP/2.0 200 OK`.
    Response {
        /// 100 to 699.
        code: u16,
    },
}

/// A SIP message. `Debug` shows its method or code only: headers carry phone numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: Start,
    headers: Vec<(String, String)>,
    /// The phrase beside the code, where it says more than the code's own.
    phrase: Option<String>,
    /// The body, cut to Content-Length; what is no text in it is replaced (U+FFFD).
    pub body: String,
}

/// Why bytes are not a SIP message we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Longer than the limit of its transport.
    #[error("longer than the limit")]
    TooLarge,
    /// Not UTF-8, or a control character where none may be.
    #[error("not text")]
    NotText,
    /// The first line is neither a request nor a response of SIP/2.0.
    #[error("not SIP/2.0")]
    NotSip,
    /// A header line without a name, or a value beyond the limit, or too many lines.
    #[error("bad header")]
    BadHeader,
    /// No empty line ends the headers, or the body is shorter than it says.
    #[error("cut short")]
    CutShort,
}

/// What is wrong with a message that can be read nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// White space or brackets where the Request-Line has none.
    RequestLine,
    /// Another version of SIP: 505.
    Version,
    /// Content-Length is no number, or there are two.
    ContentLength,
    /// The body is shorter than it says.
    CutShort,
}

impl Fault {
    fn error(self) -> MessageError {
        match self {
            Fault::RequestLine | Fault::Version => MessageError::NotSip,
            Fault::ContentLength => MessageError::BadHeader,
            Fault::CutShort => MessageError::CutShort,
        }
    }
}

/// How many bytes of a stream the next thing takes (RFC 3261 §18.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framed {
    /// Not all there yet.
    More,
    /// A keep-alive of this many bytes (RFC 5626 §3.5.1): `true` asks for an answer.
    KeepAlive(usize, bool),
    /// A message of this many bytes.
    Message(usize),
}

impl Message {
    /// Reads one whole message.
    ///
    /// # Errors
    /// [`MessageError`], saying what is wrong without echoing it.
    pub fn parse(bytes: &[u8]) -> Result<Message, MessageError> {
        match Message::read(bytes)? {
            (message, None) => Ok(message),
            (_, Some(fault)) => Err(fault.error()),
        }
    }

    /// Reads one whole message as far as it can be read: a faulty request whose headers are clear can
    /// still be answered (RFC 4475 §3.1.2).
    ///
    /// # Errors
    /// [`MessageError`] where there is nothing to answer to.
    pub fn read(bytes: &[u8]) -> Result<(Message, Option<Fault>), MessageError> {
        if bytes.len() > MAX_MESSAGE {
            return Err(MessageError::TooLarge);
        }
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(|| without_end(bytes))?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| MessageError::NotText)?;
        let rest = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let (start, mut fault) = start_line(lines.next().unwrap_or_default())?;
        let headers = header_lines(lines)?;
        let mut message = Message { start, headers, phrase: None, body: String::new() };
        let lengths: Vec<&str> = message.headers("Content-Length").collect();
        let body = match (lengths.first(), lengths.get(1)) {
            (None, _) => rest,
            (Some(one), None) => match one.parse::<usize>() {
                Ok(length) => rest.get(..length).unwrap_or_else(|| {
                    fault = fault.or(Some(Fault::CutShort));
                    rest
                }),
                Err(_) => {
                    fault = fault.or(Some(Fault::ContentLength));
                    &[]
                }
            },
            (Some(_), Some(_)) => {
                fault = fault.or(Some(Fault::ContentLength));
                &[]
            }
        };
        message.body = String::from_utf8_lossy(body).into_owned();
        Ok((message, fault))
    }

    /// An empty request.
    pub fn request(method: &str, uri: &str) -> Message {
        Message {
            start: Start::Request { method: clean(method), uri: clean(uri) },
            headers: Vec::new(),
            phrase: None,
            body: String::new(),
        }
    }

    /// The answer to `request` with everything RFC 3261 §8.2.6.2 copies; `tag` is put on To unless
    /// the request already carried one.
    pub fn response(request: &Message, code: u16, tag: &str) -> Message {
        let start = Start::Response { code };
        let mut response = Message { start, headers: Vec::new(), phrase: None, body: String::new() };
        for (name, value) in &request.headers {
            // §8.2.6.1: a 100 hands the Timestamp back, so that the sender can time the round trip.
            let copied = ["Via", "From", "To", "Call-ID", "CSeq"].contains(&name.as_str())
                || (code == 100 && name.eq_ignore_ascii_case("Timestamp"));
            if copied || (name == "Record-Route" && (101..300).contains(&code)) {
                let mut value = value.clone();
                if name == "To" && code > 100 && crate::sip::address::tag(&value).is_none() {
                    value = format!("{value};tag={tag}");
                }
                response.headers.push((name.clone(), value));
            }
        }
        response
    }

    /// Adds a header. Line ends inside the value become spaces, so that no text of ours or of
    /// anyone else can add a line.
    pub fn with(mut self, name: &str, value: &str) -> Message {
        self.headers.push((canonical(name), clean(value)));
        self
    }

    /// Puts a header first: where Via belongs.
    pub fn with_first(mut self, name: &str, value: &str) -> Message {
        self.headers.insert(0, (canonical(name), clean(value)));
        self
    }

    /// Puts this value in the place of the header's first line, which must be there.
    pub fn with_replaced(mut self, name: &str, value: &str) -> Message {
        if let Some((_, old)) = self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            *old = clean(value);
        }
        self
    }

    /// Says beside the code what is wrong (RFC 3261 §21.4.1).
    pub fn with_phrase(mut self, phrase: &str) -> Message {
        self.phrase = Some(clean(phrase));
        self
    }

    /// Puts in a body and its type.
    pub fn with_body(mut self, kind: &str, body: &str) -> Message {
        self.body = body.to_owned();
        self.with("Content-Type", kind)
    }

    /// The first value of a header, by full name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every value of a header, in order, one a line.
    pub fn headers<'m: 'n, 'n>(&'m self, name: &'n str) -> impl Iterator<Item = &'m str> + 'n {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The Request-URI.
    pub fn uri(&self) -> Option<&str> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    /// The code of a response.
    pub fn code(&self) -> Option<u16> {
        match self.start {
            Start::Response { code } => Some(code),
            Start::Request { .. } => None,
        }
    }

    /// Number and method of CSeq.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq")?.trim().split_once(char::is_whitespace)?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The tag of From or To.
    pub fn tag(&self, header: &str) -> Option<&str> {
        crate::sip::address::tag(self.header(header)?)
    }

    /// Whether a comma-separated header names a token, in any case.
    pub fn has_token(&self, header: &str, token: &str) -> bool {
        self.headers(header).flat_map(|v| v.split(',')).any(|t| t.trim().eq_ignore_ascii_case(token))
    }

    /// The body, where it is of this media type.
    pub fn body_of(&self, kind: &str) -> Option<&str> {
        let mine = self.header("Content-Type")?.split(';').next().unwrap_or_default().trim();
        (mine.eq_ignore_ascii_case(kind) && !self.body.trim().is_empty()).then_some(self.body.as_str())
    }

    /// The offer or answer in it.
    pub fn sdp(&self) -> Option<&str> {
        self.body_of("application/sdp")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Request { method, .. } => write!(f, "Message({method})"),
            Start::Response { code } => write!(f, "Message({code})"),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Request { method, uri } => write!(f, "{method} {uri} SIP/2.0\r\n")?,
            Start::Response { code } => {
                let phrase = self.phrase.as_deref().unwrap_or_else(|| reason(*code));
                write!(f, "SIP/2.0 {code} {phrase}\r\n")?;
            }
        }
        for (name, value) in self.headers.iter().filter(|(n, _)| n != "Content-Length") {
            write!(f, "{name}: {value}\r\n")?;
        }
        write!(f, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}

/// Looks at the front of a stream's buffer.
///
/// # Errors
/// [`MessageError`] when no honest peer would have sent it; the stream cannot be read any further.
pub fn frame(buffer: &[u8]) -> Result<Framed, MessageError> {
    if buffer.starts_with(b"\r\n\r\n") {
        return Ok(Framed::KeepAlive(4, true));
    }
    match buffer {
        [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Ok(Framed::More),
        [b'\r', b'\n', ..] => return Ok(Framed::KeepAlive(2, false)),
        _ => {}
    }
    let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
        return if buffer.len() > MAX_MESSAGE { Err(MessageError::TooLarge) } else { Ok(Framed::More) };
    };
    let text = std::str::from_utf8(&buffer[..head]).map_err(|_| MessageError::NotText)?;
    let mut length = None;
    for line in text.split("\r\n").skip(1) {
        let (name, value) = line.split_once(':').unwrap_or_default();
        if canonical(name.trim()) == "Content-Length" {
            length = Some(value.trim().parse::<usize>().map_err(|_| MessageError::BadHeader)?);
        }
    }
    // RFC 3261 §20.14: mandatory on streams; without it nobody knows where the next message starts.
    let total = length.and_then(|l| l.checked_add(head + 4)).ok_or(MessageError::BadHeader)?;
    if total > MAX_MESSAGE {
        return Err(MessageError::TooLarge);
    }
    Ok(if buffer.len() < total { Framed::More } else { Framed::Message(total) })
}

/// Bytes without the empty line: nothing of SIP, or a message cut short.
fn without_end(bytes: &[u8]) -> MessageError {
    if std::str::from_utf8(bytes).is_err() { MessageError::NotText } else { MessageError::CutShort }
}

fn start_line(line: &str) -> Result<(Start, Option<Fault>), MessageError> {
    if line.get(..8).is_some_and(|v| v.eq_ignore_ascii_case("SIP/2.0 ")) {
        let code = line.get(8..11).filter(|c| c.bytes().all(|b| b.is_ascii_digit()));
        let whole = line.as_bytes().get(11).is_none_or(|b| *b == b' ');
        let code = code.and_then(|c| c.parse::<u16>().ok()).filter(|c| whole && (100..700).contains(c));
        return code.map(|code| (Start::Response { code }, None)).ok_or(MessageError::NotSip);
    }
    let exact = line.trim_end_matches([' ', '\t']);
    let mut fault = (exact.len() != line.len()).then_some(Fault::RequestLine);
    let (front, version) = exact.rsplit_once(' ').ok_or(MessageError::NotSip)?;
    let (method, uri) = front.split_once(' ').ok_or(MessageError::NotSip)?;
    if uri != uri.trim() || uri.contains([' ', '\t', '<', '>', '"']) {
        fault = fault.or(Some(Fault::RequestLine));
    }
    let uri = uri.trim();
    let number = version.get(..4).filter(|v| v.eq_ignore_ascii_case("SIP/")).map(|_| &version[4..]);
    match number {
        Some("2.0") => {}
        Some(other) if other.bytes().all(|b| b.is_ascii_digit() || b == b'.') => fault = Some(Fault::Version),
        _ => return Err(MessageError::NotSip),
    }
    let token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
    let bad = method.is_empty() || method.len() > MAX_METHOD || !method.bytes().all(token);
    if bad || uri.is_empty() || uri.len() > MAX_VALUE || uri.chars().any(char::is_control) {
        return Err(MessageError::NotSip);
    }
    Ok((Start::Request { method: method.to_owned(), uri: uri.to_owned() }, fault))
}

fn header_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<(String, String)>, MessageError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().filter(|_| !has_bare_control(line)).ok_or(MessageError::BadHeader)?;
            value.push(' ');
            value.push_str(line.trim());
        } else {
            let (name, value) = line.split_once(':').ok_or(MessageError::BadHeader)?;
            let name = name.trim_end();
            if name.is_empty() || name.bytes().any(|b| !b.is_ascii_graphic()) || has_bare_control(value) {
                return Err(MessageError::BadHeader);
            }
            headers.push((canonical(name), value.trim().to_owned()));
        }
        if headers.len() > MAX_HEADERS || headers.last().is_some_and(|(_, v)| v.len() > MAX_VALUE) {
            return Err(MessageError::BadHeader);
        }
    }
    Ok(headers)
}

/// A control character that no backslash makes part of a quoted text (RFC 3261 §25.1).
fn has_bare_control(value: &str) -> bool {
    let mut escaped = false;
    value.chars().any(|c| {
        let bare = c.is_ascii_control() && c != '\t' && (!escaped || c == '\r' || c == '\n');
        escaped = c == '\\' && !escaped;
        bare
    })
}

/// The full name of a header: compact forms written out (RFC 3261 §7.3.3), the few names we copy by
/// name in their usual case.
fn canonical(name: &str) -> String {
    let full = match name.to_ascii_lowercase().as_str() {
        "v" | "via" => "Via",
        "f" | "from" => "From",
        "t" | "to" => "To",
        "i" | "call-id" => "Call-ID",
        "cseq" => "CSeq",
        "m" | "contact" => "Contact",
        "l" | "content-length" => "Content-Length",
        "c" | "content-type" => "Content-Type",
        "k" | "supported" => "Supported",
        "s" | "subject" => "Subject",
        "e" | "content-encoding" => "Content-Encoding",
        "x" | "session-expires" => "Session-Expires",
        "o" | "event" => "Event",
        "r" | "refer-to" => "Refer-To",
        "b" | "referred-by" => "Referred-By",
        "u" | "allow-events" => "Allow-Events",
        "record-route" => "Record-Route",
        _ => return clean(name),
    };
    full.to_owned()
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The phrase beside a code; people read it, programs must not.
pub fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVITE: &str = "INVITE sip:0206900020@hctc SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n\
        f: \"A, B\" <sip:1@x>;tag=a\r\nt: <sip:2@y>\r\ni: c1\r\nCSeq: 7  INVITE\r\nSubject: one\r\n two\r\nl: 3\r\n\r\nabcdef";

    fn parsed(text: &str) -> Message {
        Message::parse(text.as_bytes()).map_err(|e| format!("{e}: {text}")).expect("good")
    }

    #[test]
    fn reads_compact_names_folds_and_cuts_the_body() {
        let message = parsed(INVITE);
        assert_eq!(message.method(), Some("INVITE"));
        assert_eq!(message.header("call-id"), Some("c1"));
        assert_eq!(message.header("Subject"), Some("one two"));
        assert_eq!(message.cseq(), Some((7, "INVITE")));
        assert_eq!(message.tag("From"), Some("a"));
        assert_eq!(message.body, "abc");
        assert!(parsed(&message.to_string()) == parsed(&parsed(&message.to_string()).to_string()));
    }

    #[test]
    fn a_response_copies_what_it_must_and_tags_to_once() {
        let response = Message::response(&parsed(INVITE), 180, "us");
        assert_eq!(response.tag("To"), Some("us"));
        assert_eq!(response.header("Subject"), None);
        assert_eq!(Message::response(&parsed(INVITE), 100, "us").tag("To"), None);
        let again = Message::response(&parsed(&INVITE.replace("<sip:2@y>", "<sip:2@y>;tag=b")), 200, "us");
        assert_eq!(again.tag("To"), Some("b"));
    }

    #[test]
    fn no_value_can_add_a_line() {
        let message = Message::request("INVITE", "sip:x@y").with("Subject", "a\r\nEvil: 1");
        assert!(!message.to_string().contains("\r\nEvil"));
    }

    #[test]
    fn refuses_what_is_not_sip() {
        for (text, error) in [
            ("GET / HTTP/1.1\r\n\r\n", MessageError::NotSip),
            ("INVITE sip:a@b SIP/2.0\r\n", MessageError::CutShort),
            ("INVITE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nabc", MessageError::CutShort),
            ("INVITE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n", MessageError::BadHeader),
            ("INVITE sip:a@b SIP/2.0\r\nno colon\r\n\r\n", MessageError::BadHeader),
            ("SIP/2.0 99 x\r\n\r\n", MessageError::NotSip),
            ("SIP/2.0 \u{e9}\u{e9} x\r\n\r\n", MessageError::NotSip),
        ] {
            assert_eq!(Message::parse(text.as_bytes()).err(), Some(error), "{text}");
        }
        assert_eq!(Message::parse(&[0xff, 0xfe]).err(), Some(MessageError::NotText));
        assert_eq!(Message::parse(&vec![b'a'; MAX_MESSAGE + 1]).err(), Some(MessageError::TooLarge));
        let many = format!("OPTIONS sip:a SIP/2.0\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(Message::parse(many.as_bytes()).err(), Some(MessageError::BadHeader));
    }

    #[test]
    fn frames_a_stream() {
        let whole = b"OPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nokREST";
        assert_eq!(frame(whole), Ok(Framed::Message(whole.len() - 4)));
        assert_eq!(frame(&whole[..20]), Ok(Framed::More));
        assert_eq!(frame(b"\r\n\r\nX"), Ok(Framed::KeepAlive(4, true)));
        assert_eq!(frame(b"\r\nX"), Ok(Framed::KeepAlive(2, false)));
        assert_eq!(frame(b"OPTIONS sip:a SIP/2.0\r\n\r\n"), Err(MessageError::BadHeader));
        assert_eq!(frame(b"A\r\nl: 18446744073709551615\r\n\r\n"), Err(MessageError::BadHeader));
        assert_eq!(frame(&vec![b'x'; MAX_MESSAGE + 1]), Err(MessageError::TooLarge));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = frame(&bytes);
            if let Ok(message) = Message::parse(&bytes) {
                let _ = message.to_string();
            }
        }

        #[test]
        fn never_panics_on_headers(value in "\\PC{0,200}", name in "[a-zA-Z-]{1,12}") {
            let text = format!("INVITE sip:a SIP/2.0\r\n{name}: {value}\r\nCSeq: {value}\r\nFrom: {value}\r\nTo: {value}\r\n\r\n{value}");
            if let Ok(message) = Message::parse(text.as_bytes()) {
                let _ = (message.cseq(), message.tag("From"), message.sdp(), message.has_token("Require", "x"));
                let _ = Message::response(&message, 200, "t").to_string();
            }
        }
    }
}
