//! Which message belongs to which transaction: by branch (RFC 3261 §17.1.3, §17.2.3).

use crate::sip::message::Message;
use crate::sip::via::Via;

/// What tells transactions of ours apart. The method is that of CSeq: a CANCEL shares its INVITE's
/// branch.
pub type ClientKey = (String, String);

/// What tells transactions of theirs apart: branch, sent-by, method. The ACK of a refusal carries the
/// key of its INVITE.
pub type ServerKey = (String, String, String);

/// The key of a request of ours; `None` without a branch of RFC 3261.
pub fn client_key(message: &Message) -> Option<ClientKey> {
    let branch = Via::top(message)?.branch()?;
    let (_, method) = message.cseq()?;
    Some((branch.to_ascii_lowercase(), method.to_owned()))
}

/// The key of a request of theirs, as if its method were this one; `None` without a branch of RFC 3261,
/// as RFC 2543 had none.
pub fn server_key(request: &Message, method: &str) -> Option<ServerKey> {
    let via = Via::top(request)?;
    let method = if method == "ACK" { "INVITE" } else { method };
    Some((via.branch()?.to_ascii_lowercase(), via.sent_by.to_ascii_lowercase(), method.to_owned()))
}

/// The CANCEL of an INVITE of ours: everything of it but the method (§9.1).
pub fn cancel(invite: &Message) -> Message {
    let mut cancel = Message::request("CANCEL", invite.uri().unwrap_or_default());
    for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "Route"] {
        for value in invite.headers(name) {
            cancel = cancel.with(name, value);
        }
    }
    let seq = invite.cseq().map_or(0, |(seq, _)| seq);
    cancel.with("CSeq", &format!("{seq} CANCEL"))
}
