//! Why a call ended, in SIP's codes and in the phone network's causes (Q.850), by RFC 3398 §7.2.4.1 and
//! §8.2.6.1, and by the Reason header (RFC 3326) where it is given.

use crate::sip::message::Message;

/// The Q.850 cause of a message: its own Reason, else what its code stands for.
pub fn of_message(message: &Message) -> Option<u8> {
    reason(message).or_else(|| message.code().filter(|code| *code >= 300).map(of_code))
}

/// The cause a Reason header gives.
pub fn reason(message: &Message) -> Option<u8> {
    message.headers("Reason").flat_map(|v| v.split(',')).find_map(|value| {
        let mut parts = value.split(';').map(str::trim);
        parts.next().filter(|protocol| protocol.eq_ignore_ascii_case("Q.850"))?;
        let cause = parts.find_map(|p| p.split_once('=').filter(|(n, _)| n.trim().eq_ignore_ascii_case("cause")))?;
        cause.1.trim().parse::<u8>().ok().filter(|cause| (1..128).contains(cause))
    })
}

/// The Reason header of a BYE or CANCEL of ours.
pub fn header(cause: u8) -> String {
    format!("Q.850;cause={cause};text=\"{}\"", text(cause))
}

/// The cause behind a refusal (RFC 3398 §8.2.6.1).
pub fn of_code(code: u16) -> u8 {
    match code {
        404 | 485 | 604 => 1,
        486 | 600 => 17,
        408 => 102,
        480 => 18,
        401 | 402 | 403 | 407 | 603 => 21,
        410 => 22,
        484 => 28,
        502 => 38,
        503 => 41,
        405 | 415 | 488 | 501 | 606 => 79,
        406 => 79,
        413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => 127,
        482 | 483 => 25,
        504 => 102,
        487 => 16,
        _ => 41,
    }
}

/// The code behind a cause (RFC 3398 §7.2.4.1).
pub fn to_code(cause: u8) -> u16 {
    match cause {
        1..=3 => 404,
        17 => 486,
        18 => 408,
        19 | 20 => 480,
        21 => 403,
        22 => 410,
        26 => 404,
        27 => 502,
        28 => 484,
        29 => 501,
        31 => 480,
        34 | 38 | 41 | 42 | 47 => 503,
        55 | 57 => 403,
        58 => 503,
        65 | 70 | 79 => 488,
        69 => 501,
        87 => 403,
        88 => 503,
        102 => 504,
        111 | 127 => 500,
        _ => 500,
    }
}

fn text(cause: u8) -> &'static str {
    match cause {
        1 => "Unallocated number",
        16 => "Normal call clearing",
        17 => "User busy",
        18 => "No user responding",
        19 => "No answer from the user",
        20 => "Subscriber absent",
        21 => "Call rejected",
        22 => "Number changed",
        28 => "Invalid number format",
        31 => "Normal, unspecified",
        34 => "No circuit available",
        38 => "Network out of order",
        41 => "Temporary failure",
        102 => "Recovery on timer expiry",
        _ => "Interworking",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_follow_rfc_3398() {
        for (code, cause) in [
            (404, 1),
            (486, 17),
            (480, 18),
            (403, 21),
            (410, 22),
            (484, 28),
            (502, 38),
            (503, 41),
            (504, 102),
            (483, 25),
        ] {
            assert_eq!(of_code(code), cause, "{code}");
        }
        for (cause, code) in [
            (1, 404),
            (17, 486),
            (18, 408),
            (19, 480),
            (21, 403),
            (22, 410),
            (28, 484),
            (34, 503),
            (41, 503),
            (102, 504),
            (127, 500),
        ] {
            assert_eq!(to_code(cause), code, "{cause}");
        }
    }

    #[test]
    fn a_reason_header_says_it_better() {
        let busy = Message::response(&Message::request("INVITE", "sip:x"), 500, "t");
        assert_eq!(of_message(&busy), Some(41));
        let told = busy.with("Reason", "SIP;cause=500, Q.850 ; cause = 17 ;text=\"busy\"");
        assert_eq!(of_message(&told), Some(17));
        let ours = Message::request("BYE", "sip:x").with("Reason", &header(16));
        assert_eq!(of_message(&ours), Some(16));
        for bad in ["Q.850;cause=0", "Q.850;cause=200", "Q.850", "x"] {
            assert_eq!(reason(&Message::request("BYE", "sip:x").with("Reason", bad)), None, "{bad}");
        }
        assert_eq!(of_message(&Message::request("BYE", "sip:x")), None);
    }
}
