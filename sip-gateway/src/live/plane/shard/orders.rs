//! What the thread is told, carried out.

use super::super::browser::Browser;
use super::super::leg::{Leg, Link};
use super::super::phone::Phone;
use super::super::{MediaKind, Order, PlaneCommand, PlaneEvent};
use super::{FIRST_LEG, MAX_LEGS, ORDER_BURST, SOCKETS, Shard};
use crate::media::player::Player;
use mio::{Interest, Token};
use vocabulary::LegId;

impl Shard {
    /// Carries out what waits, up to a bound.
    pub(super) fn orders(&mut self) {
        for done in 0.. {
            if done == ORDER_BURST {
                // The rest is looked at in the next round, which this makes begin at once.
                let _ = self.waker.wake();
                break;
            }
            match self.inbox.try_recv() {
                Ok(order) => self.order(order),
                Err(_) => break,
            }
            self.drain_engines();
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Command(command) => self.command(command),
            Order::Tap { citizen, agent, sink } => self.tap(citizen, agent, sink),
            Order::Play { leg, play, clips, repeat } => {
                if let Some(slot) = self.slot(leg)
                    && let Some(leg) = &mut self.legs[slot]
                {
                    leg.play(Player::new(play, clips, repeat), repeat, &mut self.bench.outbox);
                }
            }
        }
    }

    fn command(&mut self, command: PlaneCommand) {
        match command {
            PlaneCommand::Open { leg, kind } => {
                if let Err(why) = self.open(leg, kind) {
                    self.refuse(leg, why);
                }
            }
            PlaneCommand::Offer { leg } => self.negotiate(leg, |link| match link {
                Link::Phone(phone) => Ok(Some(phone.offer())),
                Link::Browser(browser) => browser.offer(false).map(Some).map_err(str::to_owned),
            }),
            PlaneCommand::Restart { leg } => self.negotiate(leg, |link| match link {
                Link::Phone(phone) => Ok(Some(phone.offer())),
                Link::Browser(browser) => browser.offer(true).map(Some).map_err(str::to_owned),
            }),
            PlaneCommand::Answer { leg, sdp } | PlaneCommand::Reoffer { leg, sdp } => {
                self.open_text(leg, &sdp);
                self.negotiate(leg, |link| match link {
                    Link::Phone(phone) => phone.answer(&sdp).map(Some).map_err(|why| why.to_string()),
                    Link::Browser(browser) => browser.answer(&sdp).map(Some).map_err(str::to_owned),
                })
            }
            PlaneCommand::SetAnswer { leg, sdp } => self.negotiate(leg, |link| match link {
                Link::Phone(phone) => phone.set_answer(&sdp).map(|()| None).map_err(|why| why.to_string()),
                Link::Browser(browser) => browser.set_answer(&sdp).map(|()| None).map_err(str::to_owned),
            }),
            PlaneCommand::Bridge { a, b } => self.join(&[a, b]),
            PlaneCommand::Unbridge { a, b } => self.unbridge(a, b),
            PlaneCommand::Mix { legs } => self.join(&legs),
            PlaneCommand::Leave { leg } => self.leave(leg),
            PlaneCommand::Supervise { supervisor, citizen, agent, mode } => {
                self.supervise(supervisor, citizen, agent, mode);
            }
            PlaneCommand::Unsupervise { supervisor } => {
                if let Some(slot) = self.slot(supervisor) {
                    self.unsupervise(slot);
                }
            }
            PlaneCommand::Watch { leg, quiet_millis } => self.watch_voice(leg, quiet_millis),
            PlaneCommand::FollowTap { citizen, agent } => self.follow(citizen, agent),
            PlaneCommand::PauseTap { citizen } => self.pause_tap(citizen, true),
            PlaneCommand::ResumeTap { citizen } => self.pause_tap(citizen, false),
            PlaneCommand::StopPlaying { leg } => {
                if let Some(leg) = self.leg(leg) {
                    leg.stop_playing();
                }
            }
            PlaneCommand::Untap { citizen } => {
                if let Some(slot) = self.slot(citizen) {
                    self.untap(slot);
                }
            }
            PlaneCommand::Digit { leg, digit } => {
                if let Some(leg) = self.leg(leg) {
                    leg.press(digit);
                }
            }
            PlaneCommand::Text { leg, text } => self.send_text(leg, &text.0),
            PlaneCommand::Close { leg } => self.close(leg),
        }
    }

    fn open(&mut self, id: LegId, kind: MediaKind) -> Result<(), &'static str> {
        if self.slots.contains_key(&id) {
            return Err("the leg is open already");
        }
        if self.slots.len() >= MAX_LEGS {
            return Err("there are too many legs");
        }
        let link = match kind {
            MediaKind::Rtp | MediaKind::Srtp => {
                let (rtp, rtcp) = self.ports.pair().map_err(|_| "no media port is free")?;
                let phone = Phone::new(rtp, rtcp, self.rtp_host, self.began, kind == MediaKind::Srtp);
                Link::Phone(phone.map_err(|_| "no media port is free")?)
            }
            MediaKind::WebRtc => {
                let now = self.now().instant;
                Link::Browser(self.forge.make(now).ok_or("the WebRTC address cannot be used")?)
            }
        };
        let slot = self.legs.iter().position(Option::is_none).unwrap_or_else(|| {
            self.legs.push(None);
            self.legs.len() - 1
        });
        self.legs_made += 1;
        let mut leg = Leg::new(id, self.legs_made, link);
        for (token, socket) in (FIRST_LEG + SOCKETS * slot..).zip(leg.sockets().into_iter().flatten()) {
            let registered = self.poll.registry().register(socket, Token(token), Interest::READABLE);
            registered.map_err(|_| "the media socket cannot be watched")?;
        }
        self.bench.tally.leg(kind, true);
        self.legs[slot] = Some(leg);
        self.slots.insert(id, slot);
        Ok(())
    }

    /// One step of offer and answer: changes the link, tells the text it gives, or why it gives none.
    fn negotiate(&mut self, id: LegId, step: impl FnOnce(&mut Link) -> Result<Option<String>, String>) {
        let Some(slot) = self.slot(id) else {
            return self.refuse(id, "there is no such leg");
        };
        let Some(leg) = &mut self.legs[slot] else { return };
        let text = step(&mut leg.link);
        let text = text.and_then(|text| self.adopt(slot).map(|()| text).map_err(str::to_owned));
        match text {
            Ok(Some(sdp)) => self.bench.outbox.tell(PlaneEvent::Local { leg: id, sdp }),
            Ok(None) => {}
            Err(why) => return self.bench.outbox.tell(PlaneEvent::Refused { leg: id, why }),
        }
        if let Some(leg) = &mut self.legs[slot] {
            leg.settle(&mut self.bench.outbox);
        }
        // Another codec may need another way.
        self.rewire_around(slot);
    }

    /// After a step of a WebRTC leg: drains its engine, reads off what was agreed, keeps its name.
    fn adopt(&mut self, slot: usize) -> Result<(), &'static str> {
        if self.browser(slot).is_none() {
            return Ok(());
        }
        self.drain(slot);
        let Some(browser) = self.browser(slot) else { return Ok(()) };
        let before = browser.name.clone();
        let settled = browser.settle();
        let name = browser.name.clone();
        if name != before {
            self.names.remove(&before);
            self.names.insert(name, slot);
        }
        settled
    }

    pub(super) fn close(&mut self, id: LegId) {
        let Some(slot) = self.slots.remove(&id) else { return };
        let now = self.now();
        self.unwire(slot);
        self.untap(slot);
        if let Some(browser) = self.browser(slot) {
            browser.close();
            self.drain(slot);
        }
        let Some(mut leg) = self.legs[slot].take() else { return };
        self.bench.tally.leg(leg.kind(), false);
        leg.report(now, true, &mut self.bench);
        if let Some(browser) = leg.browser() {
            self.forget(slot, browser);
        }
        for socket in leg.sockets().into_iter().flatten() {
            // Dropping the socket takes it out of the poll as well.
            let _ = self.poll.registry().deregister(socket);
        }
    }

    fn forget(&mut self, slot: usize, browser: &Browser) {
        self.names.remove(&browser.name);
        for address in &browser.addresses {
            if self.addresses.get(address) == Some(&slot) {
                self.addresses.remove(address);
            }
        }
        if let Some(at) = browser.wake {
            self.wakes.remove(&(at, slot));
        }
    }

    fn watch_voice(&mut self, leg: LegId, quiet_millis: u64) {
        let now = self.now();
        if let Some(leg) = self.leg(leg) {
            leg.watch_voice(now, quiet_millis);
        }
    }

    fn refuse(&mut self, leg: LegId, why: &str) {
        self.bench.outbox.tell(PlaneEvent::Refused { leg, why: why.to_owned() });
    }

    pub(super) fn slot(&self, id: LegId) -> Option<usize> {
        self.slots.get(&id).copied()
    }

    fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        let slot = self.slot(id)?;
        self.legs[slot].as_mut()
    }
}
