//! What a leg is given and what it gives: inputs, effects, news. Meaning only; what follows from
//! what is the leg's.

use crate::call::digits::Way;
use vocabulary::EndCause;

/// A transaction of theirs inside the dialog, by the number the transport gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TxId(pub u64);

/// What happens to a leg.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// The plane made our description: the answer or offer asked for last.
    Local {
        /// SDP.
        sdp: String,
    },
    /// The plane cannot use their description.
    MediaRefused,
    /// Take the call.
    Answer,
    /// Do not take it.
    Reject {
        /// 300 to 699.
        code: u16,
    },
    /// Let the caller hear something before the call is taken or refused.
    EarlyMedia,
    /// End it, in whatever state.
    HangUp,
    /// They cancelled their INVITE.
    Cancelled,
    /// Their ACK of our 200.
    Acked {
        /// Their answer, where our 200 carried the offer.
        sdp: Option<String>,
    },
    /// No ACK came in 64 x T1, or the session timer ran out: nobody is there any more.
    NotAcked,
    /// 1xx to our INVITE.
    Provisional {
        /// 100 to 199.
        code: u16,
    },
    /// 2xx to our INVITE.
    Accepted {
        /// Their answer.
        sdp: Option<String>,
    },
    /// Any other final answer to our INVITE, or none in time (408).
    Failed {
        /// 300 to 699.
        code: u16,
    },
    /// Their re-INVITE or UPDATE.
    Offered {
        /// To be replied to.
        tx: TxId,
        /// Whether it is an INVITE, which an ACK follows.
        invite: bool,
        /// Their offer; none in a mere refresh (RFC 4028) or a request for ours.
        sdp: Option<String>,
    },
    /// The ACK of their re-INVITE.
    OfferAcked {
        /// Their answer, where ours was the offer.
        sdp: Option<String>,
    },
    /// Their BYE.
    Bye {
        /// To be replied to.
        tx: TxId,
    },
    /// A digit, either way.
    Digit {
        /// How it came.
        way: Way,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// The connection under the leg is gone, and nothing can be sent.
    FlowClosed,
    /// The deadline passed.
    Tick,
}

/// What the plane is asked to do with the leg's media.
#[derive(Clone, PartialEq, Eq)]
pub enum Ask {
    /// Make room.
    Open,
    /// Describe an offer of ours.
    Offer,
    /// Answer theirs.
    Answer {
        /// SDP.
        sdp: String,
    },
    /// Take their answer in.
    SetAnswer {
        /// SDP.
        sdp: String,
    },
    /// Answer their new offer.
    Reoffer {
        /// SDP.
        sdp: String,
    },
    /// Describe a new offer of ours for media that runs.
    Restart,
    /// Give everything back.
    Close,
}

/// What the rest of the centre is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A call that can have media waits to be answered.
    Invited,
    /// The far end rings.
    Ringing,
    /// Both sides agreed: media flows.
    Answered,
    /// A key was pressed.
    Digit(char),
    /// Over. Told once.
    Ended {
        /// Whether they, not we, ended it.
        by_far_end: bool,
        /// Why.
        cause: EndCause,
        /// The SIP code that ended it; 0 where none did.
        code: u16,
    },
}

/// What the leg wants done, in this order.
#[derive(Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the plane.
    Media(Ask),
    /// Answer the INVITE that opened the leg.
    Respond {
        /// Code.
        code: u16,
        /// Body.
        sdp: Option<String>,
    },
    /// Answer a request inside the dialog.
    Reply {
        /// Which.
        tx: TxId,
        /// Code.
        code: u16,
        /// Body.
        sdp: Option<String>,
    },
    /// Send our INVITE.
    Invite {
        /// Our offer.
        sdp: String,
    },
    /// Cancel it.
    Cancel,
    /// Acknowledge the 2xx to it.
    Ack,
    /// Send BYE.
    Bye,
    /// Tell the centre.
    Tell(News),
}
