//! SIP messages as text, and the one SDP our phones speak: A-law and digits over RTP.

use std::fmt::{self, Display};
use std::net::SocketAddr;

/// Letters of tags, branches and call ids.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A request or a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub first: String,
    /// Headers in order, names as written.
    pub headers: Vec<(String, String)>,
    /// What follows them.
    pub body: String,
}

impl Message {
    /// A request without headers.
    pub fn request(method: &str, uri: &str) -> Message {
        Message { first: format!("{method} {uri} SIP/2.0"), headers: Vec::new(), body: String::new() }
    }

    /// An answer to `request`: its Via, From, To (with our tag where it has none), Call-ID and CSeq
    /// (RFC 3261 §8.2.6.2).
    pub fn answer(request: &Message, code: u16, reason: &str, tag: &str) -> Message {
        let mut answer =
            Message { first: format!("SIP/2.0 {code} {reason}"), headers: Vec::new(), body: String::new() };
        for (name, value) in &request.headers {
            let name_kept =
                ["Via", "From", "Call-ID", "CSeq", "Record-Route"].iter().any(|n| name.eq_ignore_ascii_case(n));
            if name_kept {
                answer = answer.with(name, value);
            } else if name.eq_ignore_ascii_case("To") {
                let tagged = if value.contains(";tag=") { value.clone() } else { format!("{value};tag={tag}") };
                answer = answer.with("To", &tagged);
            }
        }
        answer
    }

    /// Reads a datagram; `None` for what is no SIP.
    pub fn parse(bytes: &[u8]) -> Option<Message> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?.to_owned();
        if !first.starts_with("SIP/2.0 ") && !first.ends_with(" SIP/2.0") {
            return None;
        }
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Some(Message { first, headers, body: body.to_owned() })
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Message {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with an SDP body.
    pub fn with_sdp(self, sdp: String) -> Message {
        let mut message = self.with("Content-Type", "application/sdp");
        message.body = sdp;
        message
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&str> {
        self.first.strip_suffix(" SIP/2.0")?.split(' ').next()
    }

    /// The code of a response.
    pub fn code(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// Number and method of CSeq.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq")?.split_once(' ')?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The URI in angle brackets of a header such as Contact.
    pub fn uri_of(&self, name: &str) -> Option<&str> {
        let value = self.header(name)?;
        match value.split_once('<') {
            Some((_, rest)) => rest.split('>').next(),
            None => value.split(';').next(),
        }
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\r\n", self.first)?;
        for (name, value) in &self.headers {
            write!(f, "{name}: {value}\r\n")?;
        }
        write!(f, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}

/// A random text for a tag, a branch or a call id.
pub fn token(letters: usize) -> String {
    (0..letters).map(|_| char::from(LETTERS[usize::from(rand::random::<u8>() % 32)])).collect()
}

/// Our description: A-law at 20 ms and digits as events, received at `media`.
pub fn sdp(media: SocketAddr) -> String {
    let ip = media.ip();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
        media.port()
    )
}

/// Where a description wants its audio.
pub fn sdp_target(sdp: &str) -> Option<SocketAddr> {
    let ip = sdp.lines().find_map(|line| line.strip_prefix("c=IN IP4 "))?.trim().parse().ok()?;
    let port = sdp.lines().find_map(|line| line.strip_prefix("m=audio "))?.split(' ').next()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let media: SocketAddr = "127.0.0.1:4000".parse().expect("an address");
        let invite = Message::request("INVITE", "sip:0206900020@127.0.0.1:5060")
            .with("Via", "SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKx")
            .with("To", "<sip:0206900020@127.0.0.1>")
            .with("CSeq", "7 INVITE")
            .with_sdp(sdp(media));
        let read = Message::parse(invite.to_string().as_bytes()).expect("SIP");
        assert_eq!(read.method(), Some("INVITE"));
        assert_eq!(read.cseq(), Some((7, "INVITE")));
        assert_eq!(sdp_target(&read.body), Some(media));
        let answer = Message::answer(&read, 200, "OK", "mine");
        assert_eq!((answer.code(), answer.header("To")), (Some(200), Some("<sip:0206900020@127.0.0.1>;tag=mine")));
        assert_eq!(answer.method(), None);
    }

    #[test]
    fn what_is_no_sip_is_none() {
        for bytes in [&b"\x80\x08\0\0"[..], b"GET / HTTP/1.1\r\n\r\n", b"INVITE x SIP/2.0\r\nno colon\r\n\r\n", b""] {
            assert_eq!(Message::parse(bytes), None);
        }
    }
}
