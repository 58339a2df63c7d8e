//! Symmetric RTP, strictly: which source address a SIP leg listens to. Signalling says an address; a
//! phone behind a translator sends from another. The first valid packet decides, once; afterwards
//! everybody else is a stranger, except the signalled address itself: a stranger who was quicker must
//! not keep a caller out. It leaves out counting them.

use std::net::{IpAddr, SocketAddr};

/// The far end of one leg.
#[derive(Debug, Default)]
pub struct Latch {
    signalled: Option<SocketAddr>,
    latched: Option<SocketAddr>,
}

impl Latch {
    /// Signalling gave an address (`None`: it withdrew it, as old hold does with 0.0.0.0). The same
    /// address as before keeps the latch; another opens it again.
    pub fn signal(&mut self, address: Option<SocketAddr>) {
        if address.is_some() && address != self.signalled {
            self.signalled = address;
            self.latched = None;
        }
    }

    /// Whether a packet from `source` is listened to. `valid` says that it is RTP of an agreed
    /// payload type: only such a packet latches. Nobody is heard before signalling named an address.
    pub fn admit(&mut self, source: SocketAddr, valid: bool) -> bool {
        match (self.latched, self.signalled) {
            (Some(latched), _) if source == latched => true,
            (Some(_), Some(signalled)) if source == signalled && valid => {
                self.latched = Some(source);
                true
            }
            (None, Some(_)) if valid => {
                self.latched = Some(source);
                true
            }
            _ => false,
        }
    }

    /// The source that was latched.
    pub fn latched(&self) -> Option<SocketAddr> {
        self.latched
    }

    /// Where to send: the latched source, else the signalled address.
    pub fn target(&self) -> Option<SocketAddr> {
        self.latched.or(self.signalled)
    }

    /// Whether RTCP from this host belongs to the leg. Its port is not compared: translators map
    /// RTP and RTCP ports apart.
    pub fn knows_host(&self, host: IpAddr) -> bool {
        self.target().is_some_and(|target| target.ip() == host)
    }

    /// The packets come from elsewhere than signalling said.
    pub fn moved(&self) -> bool {
        self.latched.is_some() && self.latched != self.signalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn nobody_is_heard_before_an_address_is_signalled() {
        let mut latch = Latch::default();
        assert!(!latch.admit(at(1), true));
        assert_eq!(latch.target(), None);
    }

    #[test]
    fn latches_once_to_the_first_valid_source() {
        let mut latch = Latch::default();
        latch.signal(Some(at(1)));
        assert!(!latch.admit(at(9), false), "noise does not latch");
        assert_eq!(latch.target(), Some(at(1)));
        assert!(latch.admit(at(2), true));
        assert!(latch.moved());
        assert!(latch.admit(at(2), false), "a known source may send what we do not know");
        assert!(!latch.admit(at(3), true));
        assert_eq!(latch.target(), Some(at(2)));
    }

    #[test]
    fn the_signalled_address_takes_the_leg_back() {
        let mut latch = Latch::default();
        latch.signal(Some(at(1)));
        assert!(latch.admit(at(2), true), "a stranger was quicker");
        assert!(latch.admit(at(1), true));
        assert!(!latch.admit(at(2), true), "and is out for good");
        assert!(!latch.moved());
    }

    #[test]
    fn a_re_offer_opens_it_only_for_another_address() {
        let mut latch = Latch::default();
        latch.signal(Some(at(1)));
        assert!(latch.admit(at(2), true));
        latch.signal(Some(at(1)));
        latch.signal(None);
        assert!(!latch.admit(at(3), true));
        latch.signal(Some(at(4)));
        assert_eq!(latch.target(), Some(at(4)));
        assert!(latch.admit(at(3), true));
    }
}
