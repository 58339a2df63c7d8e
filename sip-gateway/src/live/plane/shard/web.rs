//! The shared WebRTC socket: whose each datagram is, and the engines' turns. A browser is known by its
//! ICE name until it has proved an address, then by that; there is no search through all legs, so
//! strangers cost one look-up.

use super::super::browser::Found;
use super::super::leg::Now;
use super::super::{PlaneEvent, browser::Browser};
use super::{Shard, WEB_BURST};
use crate::media::stun;
use std::io;
use std::net::SocketAddr;

impl Shard {
    /// Reads the WebRTC socket, up to its bound. Gives whether more may wait.
    pub(super) fn read_web(&mut self, buffer: &mut [u8]) -> bool {
        let now = self.now();
        for _ in 0..WEB_BURST {
            let (length, from) = match self.web.recv_from(buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => continue,
            };
            let datagram = &buffer[..length];
            match self.whose(now, from, datagram) {
                Some(slot) => {
                    if let Some(browser) = self.browser(slot) {
                        browser.receive(now.instant, from, datagram);
                        self.undrained.push_back(slot);
                        self.drain_engines();
                    }
                }
                None => self.bench.tally.strangers += 1,
            }
        }
        true
    }

    /// The slot a datagram is for. A connectivity check moves its address to the engine it names, if
    /// that engine finds the check's signature right; anything else must come from a proved address.
    fn whose(&mut self, now: Now, from: SocketAddr, datagram: &[u8]) -> Option<usize> {
        let known = self.addresses.get(&from).copied();
        if !stun::is_stun(datagram) {
            return known;
        }
        let Some(name) = stun::ice_name(datagram) else { return known };
        let slot = self.names.get(name).copied()?;
        let browser = self.browser(slot)?;
        if !browser.accepts(now.instant, from, datagram) {
            return None;
        }
        if known != Some(slot) && browser.remember(from) {
            self.addresses.insert(from, slot);
        }
        Some(slot)
    }

    /// Wakes the engines that are due.
    pub(super) fn wake_engines(&mut self) {
        let now = self.now();
        while let Some(&(at, slot)) = self.wakes.first() {
            if at > now.instant {
                break;
            }
            self.wakes.pop_first();
            if let Some(browser) = self.browser(slot) {
                browser.wake = None;
                self.undrained.push_back(slot);
            }
        }
        self.drain_engines();
    }

    /// Drains every engine that was changed. What one heard may change another.
    pub(super) fn drain_engines(&mut self) {
        while let Some(slot) = self.undrained.pop_front() {
            self.drain(slot);
        }
    }

    pub(super) fn drain(&mut self, slot: usize) {
        let now = self.now();
        let mut found = std::mem::take(&mut self.found);
        let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return };
        let Some(browser) = leg.browser() else { return };
        let before = browser.wake.take();
        browser.drain(now.instant, &self.web, &mut found);
        let wake = browser.wake;
        if before != wake {
            before.map(|at| self.wakes.remove(&(at, slot)));
            wake.map(|at| self.wakes.insert((at, slot)));
        }
        for found in found.drain(..) {
            self.take(now, slot, found);
        }
        self.found = found;
    }

    fn take(&mut self, now: Now, slot: usize, found: Found) {
        let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return };
        match found {
            Found::Packet(header, payload) => {
                if let Some(heard) = leg.hear(now, header, &payload, &mut self.bench) {
                    self.pass_on(now, slot, &heard, &payload);
                }
            }
            Found::Report(round_trip_ms, told) => leg.hear_report(round_trip_ms, told),
            Found::Changed => leg.settle(&mut self.bench.outbox),
            Found::Gone => {
                self.bench.outbox.tell(PlaneEvent::Gone { leg: leg.id });
            }
        }
    }

    pub(super) fn browser(&mut self, slot: usize) -> Option<&mut Browser> {
        self.legs.get_mut(slot)?.as_mut()?.browser()
    }
}
