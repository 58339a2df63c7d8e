//! Real-time text of SIP legs on the thread: opening a line, reading it, writing to it.

use super::super::text_line::TextLine;
use super::super::{Letters, PlaneEvent};
use super::{BURST, FIRST_LEG, SOCKETS, Shard};
use mio::{Interest, Token};
use std::io;
use vocabulary::LegId;

impl Shard {
    /// Opens a line before an offer that asks for one is answered. Without a port the answer leaves
    /// text out.
    pub(super) fn open_text(&mut self, id: LegId, theirs: &str) {
        let Some(slot) = self.slot(id) else { return };
        let Some(phone) = self.legs[slot].as_mut().and_then(|leg| leg.phone()) else { return };
        if !phone.needs_text_line(theirs) {
            return;
        }
        let Ok((rtp, rtcp)) = self.ports.pair() else { return };
        let socket = phone.give_text_line(TextLine::new(rtp, rtcp));
        let token = Token(FIRST_LEG + SOCKETS * slot + 3);
        if let Err(error) = self.poll.registry().register(socket, token, Interest::READABLE) {
            tracing::warn!(%error, "a leg's text cannot be watched");
        }
    }

    pub(super) fn send_text(&mut self, id: LegId, letters: &str) {
        let Some(slot) = self.slot(id) else { return };
        let phone = self.legs[slot].as_mut().and_then(|leg| leg.phone());
        if let Some(text) = phone.and_then(|phone| phone.text.as_mut()) {
            text.write(letters);
        }
    }

    /// Reads a line, up to its bound. Gives whether more may wait.
    pub(super) fn read_text(&mut self, slot: usize, buffer: &mut [u8]) -> bool {
        let now = self.now();
        for _ in 0..BURST {
            let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return false };
            let id = leg.id;
            let Some(text) = leg.phone().and_then(|phone| phone.text.as_mut()) else { return false };
            let (length, from) = match text.receive(buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => continue,
            };
            match text.hear(now, from, &buffer[..length]) {
                Ok(letters) if letters.is_empty() => {}
                Ok(letters) => self.bench.outbox.tell(PlaneEvent::Text { leg: id, text: Letters(letters) }),
                Err(()) => self.bench.tally.strangers += 1,
            }
        }
        true
    }
}
