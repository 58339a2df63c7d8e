//! Events on their way out. The reader may be slow; the thread never waits for it. What cannot be
//! handed over at once is kept, up to a bound; counters are not worth keeping.

use super::PlaneEvent;
use std::collections::VecDeque;
use tokio::sync::mpsc::{Sender, error::TrySendError};

/// Most events kept for a slow reader: some for each of thousands of legs.
const MAX_BACKLOG: usize = 65_536;

pub(super) struct Outbox {
    events: Sender<PlaneEvent>,
    backlog: VecDeque<PlaneEvent>,
    dropped: u64,
}

impl Outbox {
    pub fn new(events: Sender<PlaneEvent>) -> Outbox {
        Outbox { events, backlog: VecDeque::new(), dropped: 0 }
    }

    pub fn tell(&mut self, event: PlaneEvent) {
        if self.backlog.is_empty() {
            match self.events.try_send(event) {
                Ok(()) | Err(TrySendError::Closed(_)) => {}
                Err(TrySendError::Full(event)) => self.keep(event),
            }
        } else {
            self.keep(event);
        }
    }

    /// Hands over what was kept, as far as there is room.
    pub fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.backlog.push_front(event),
                Err(TrySendError::Closed(_)) => return self.backlog.clear(),
            }
        }
    }

    pub fn waits(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Events lost since the last call.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn keep(&mut self, event: PlaneEvent) {
        if matches!(event, PlaneEvent::Stats { .. }) || self.backlog.len() >= MAX_BACKLOG {
            self.dropped += 1;
        } else {
            self.backlog.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::LegId;

    #[test]
    fn a_slow_reader_loses_counters_but_no_digit_and_no_order() {
        let leg = LegId::default();
        let (send, mut receive) = tokio::sync::mpsc::channel(2);
        let mut outbox = Outbox::new(send);
        let digit = |n: u8| PlaneEvent::Digit { leg, digit: (b'0' + n) as char };
        for n in 0..6 {
            outbox.tell(digit(n));
            outbox.tell(PlaneEvent::Stats {
                leg,
                packets_in: 0,
                packets_out: 0,
                lost: 0,
                jitter_ms: 0,
                quality: super::super::Quality::default(),
            });
        }
        assert!(outbox.waits());
        let mut got = Vec::new();
        for _ in 0..10 {
            while let Ok(event) = receive.try_recv() {
                got.extend(Some(event).filter(|event| matches!(event, PlaneEvent::Digit { .. })));
            }
            outbox.flush();
        }
        assert_eq!(got, (0..6).map(digit).collect::<Vec<_>>());
        assert!(outbox.take_dropped() > 0 && !outbox.waits());
    }
}
