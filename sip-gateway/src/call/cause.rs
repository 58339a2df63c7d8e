//! Why a leg ended, classified once where it is seen: from a SIP code, or from what happened to us.

use vocabulary::EndCause;

/// The cause behind the final answer to an INVITE of ours (RFC 3261 §21).
pub fn of_code(code: u16) -> EndCause {
    match code {
        // Nobody there, or they did not want to.
        0 | 408 | 410 | 480 | 487 | 504 => EndCause::Lost,
        603 => EndCause::Normal,
        486 | 600 => EndCause::Busy,
        404 | 416 | 484 | 485 | 604 => EndCause::UnknownNumber,
        200..=299 => EndCause::Normal,
        _ => EndCause::Fault,
    }
}

/// The cause behind our own refusal of an INVITE.
pub fn of_refusal(code: u16) -> EndCause {
    match code {
        404 | 410 | 416 | 484 | 485 | 604 => EndCause::UnknownNumber,
        486 | 503 | 600 => EndCause::Busy,
        480 | 487 | 603 => EndCause::Normal,
        _ => EndCause::Fault,
    }
}

/// The better of two refusals of a forked INVITE (RFC 3261 §16.7): what a person did (busy,
/// declined) tells more than silence, and any answer more than none.
pub fn better(a: u16, b: u16) -> u16 {
    let rank = |code: u16| match code {
        600..=699 => 0,
        486 => 1,
        480 => 2,
        400..=407 | 409..=499 => 3,
        500..=599 => 4,
        300..=399 => 5,
        408 => 6,
        _ => 7,
    };
    if rank(b) < rank(a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_codes() {
        for (code, cause) in [
            (486, EndCause::Busy),
            (600, EndCause::Busy),
            (603, EndCause::Normal),
            (404, EndCause::UnknownNumber),
            (480, EndCause::Lost),
            (408, EndCause::Lost),
            (488, EndCause::Fault),
            (503, EndCause::Fault),
            (302, EndCause::Fault),
        ] {
            assert_eq!(of_code(code), cause, "{code}");
        }
        assert_eq!(of_refusal(404), EndCause::UnknownNumber);
        assert_eq!(of_refusal(503), EndCause::Busy);
    }

    #[test]
    fn the_better_refusal_tells_more() {
        assert_eq!(better(408, 486), 486);
        assert_eq!(better(486, 603), 603);
        assert_eq!(better(503, 408), 503);
        assert_eq!(better(486, 408), 486);
    }
}
