//! The gateway: phone calls and browser calls, as signalling and as sound. `sip`, `call` and `media`
//! are pure; `live` holds the sockets and the media threads. What a call is *for* is not known here:
//! legs are reported, and answered, bridged, played to and ended by whoever holds the
//! [`Gateway`](live::Gateway).

pub mod call;
pub mod live;
pub mod media;
pub mod sip;
