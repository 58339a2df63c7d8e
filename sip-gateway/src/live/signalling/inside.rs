//! What runs inside a dialog without the leg: repetition of our 2xx until its ACK, reliable provisional
//! answers, session timers. The pure dialog says what is due; here it is carried out.

use crate::call::leg::{Ask, Input};
use crate::live::signalling::switch::{Ours, Switch};
use crate::sip::check::ALLOW;
use crate::sip::dialog::expiry::{self, Asked, Expiry, Terms};
use crate::sip::dialog::forks::{Answer, Ring};
use crate::sip::dialog::reliable::Pracked;
use crate::sip::dialog::{Dialog, Due, offers};
use crate::sip::message::Message;
use crate::sip::registrar::Hop;
use vocabulary::{LegId, Time};

impl Switch {
    /// Does what the clock asks of a leg's dialog.
    pub(super) fn due(&mut self, id: LegId) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (mut due, tx) = (Vec::new(), call.invite_tx);
        call.dialog.tick(now, &mut due);
        for due in due {
            match due {
                Due::Again(tx, text) => self.respond_text(tx, &text),
                Due::ProvisionalAgain(text) => self.respond_text(tx, &text),
                Due::NotAcked | Due::Dead => self.input(id, Input::NotAcked),
                Due::NotPracked => self.input(id, Input::Reject { code: 504 }),
                Due::Refresh | Due::Reoffer => self.refresh(id),
            }
        }
    }

    /// Answers with a text made before.
    pub(super) fn respond_text(&mut self, tx: u64, text: &str) {
        if let Ok(response) = Message::parse(text.as_bytes()) {
            self.respond(tx, response);
        }
    }

    /// Their PRACK (RFC 3262 §3).
    pub(super) fn prack(&mut self, tx: u64, prack: &Message, leg: LegId) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&leg) else { return };
        let seq = call.invite.cseq().map_or(0, |(seq, _)| seq);
        let (invite_tx, found) = (call.invite_tx, call.dialog.reliable.prack(now, seq, prack));
        match found {
            Pracked::Good(next) => {
                self.refuse(tx, 200);
                if let Some(text) = next {
                    self.respond_text(invite_tx, &text);
                }
            }
            Pracked::Unknown => self.refuse(tx, 481),
            Pracked::Malformed => self.refuse(tx, 400),
        }
        self.settle(leg);
    }

    /// A 1xx to an INVITE of ours; a reliable one is acknowledged.
    pub(super) fn provisional(&mut self, tx: u64, leg: LegId, code: u16, response: &Message) {
        let Some(Ours::Invite { forks, hop, .. }) = self.ours.get_mut(&tx) else { return };
        let hop = *hop;
        match forks.provisional(response) {
            Ring::Stale => return,
            Ring::Taken(None) => {}
            Ring::Taken(Some(prack)) => {
                let prack = self.with_via(*prack, hop);
                self.farewell(prack, hop);
                if let (Some(call), Some(sdp)) = (self.calls.get_mut(&leg), response.sdp()) {
                    call.early_answer = Some(sdp.to_owned());
                }
            }
        }
        self.input(leg, Input::Provisional { code });
    }

    /// A 2xx to an INVITE of ours: the first is the call's, every other is acknowledged and ended
    /// (RFC 3261 §13.2.2.4).
    pub(super) fn accepted(&mut self, tx: u64, leg: LegId, response: &Message) {
        let now = self.now();
        let Some(Ours::Invite { forks, hop, .. }) = self.ours.get_mut(&tx) else { return };
        let hop = *hop;
        match forks.success(response) {
            Answer::Kept(mut dialog) => {
                let Some(call) = self.calls.get_mut(&leg) else {
                    let (ack, bye) = (dialog.ack(), dialog.request("BYE"));
                    return self.acknowledge_and_end(ack, Some(bye), hop);
                };
                dialog.expiry = Expiry::answered(now, response).filter(|_| runs_over(hop));
                call.dialog = *dialog;
                call.allows_update = response.has_token("Allow", "UPDATE");
                let sdp = response.sdp().map(str::to_owned).or_else(|| call.early_answer.take());
                self.dialogs.insert(call.dialog.id.clone(), leg);
                self.route(leg);
                self.input(leg, Input::Accepted { sdp });
            }
            Answer::Again => {
                let call = self.calls.get(&leg);
                if let Some((ack, hop)) = call.and_then(|call| Some((call.ack.clone()?, call.hop))) {
                    self.stack.send_once(&ack, hop);
                }
            }
            Answer::Surplus { ack, bye } => self.acknowledge_and_end(*ack, bye.map(|bye| *bye), hop),
            Answer::Ignored => {}
        }
    }

    /// Ends a dialog nobody wants.
    pub(super) fn acknowledge_and_end(&mut self, ack: Message, bye: Option<Message>, hop: Hop) {
        let ack = self.with_via(ack, hop);
        self.stack.send_once(&ack, hop);
        if let Some(bye) = bye {
            let bye = self.with_via(bye, hop);
            self.farewell(bye, hop);
        }
    }

    /// 422: the far end wants longer intervals; asked again once (RFC 4028 §7.3). Gives whether it is.
    pub(super) fn asks_longer(&mut self, tx: u64, leg: LegId, refusal: &Message) -> bool {
        let Some(call) = self.calls.get_mut(&leg) else { return false };
        let (Some(min), None, Some(sdp)) = (expiry::min_se(refusal), call.min_se, call.local_sdp.clone()) else {
            return false;
        };
        call.min_se = Some(min);
        self.ours.remove(&tx);
        self.send_invite(leg, &sdp);
        true
    }

    /// Whether their re-INVITE or UPDATE has its turn; it was answered where not.
    pub(super) fn may_offer(&mut self, tx: u64, request: &Message, leg: LegId) -> bool {
        let Some(call) = self.calls.get_mut(&leg) else { return false };
        let invite = request.method() == Some("INVITE");
        match Asked::of(request) {
            Asked::TooSmall => return self.no_turn(tx, 422, None),
            Asked::Malformed => return self.no_turn(tx, 400, None),
            Asked::Nothing | Asked::Timer(_) => {}
        }
        // Our 2xx to the INVITE before is not acknowledged yet: one at a time (RFC 3261 §14.2).
        if invite && call.dialog.unacked.is_some() {
            return self.no_turn(tx, 491, None);
        }
        if !invite && request.sdp().is_none() {
            return true;
        }
        match call.dialog.offers.theirs(rand::random()) {
            offers::Verdict::Take => true,
            offers::Verdict::Pending => self.no_turn(tx, 491, None),
            offers::Verdict::Later(seconds) => self.no_turn(tx, 500, Some(seconds)),
        }
    }

    fn no_turn(&mut self, tx: u64, code: u16, retry: Option<u32>) -> bool {
        let Some(theirs) = self.theirs.get(&tx) else { return false };
        let mut response = Message::response(&theirs.request, code, &theirs.tag);
        if let Some(seconds) = retry {
            response = response.with("Retry-After", &seconds.to_string());
        }
        if code == 422 {
            response = response.with("Min-SE", &expiry::MIN_SE.to_string());
        }
        self.respond(tx, response);
        false
    }

    /// Says that the session lives: by UPDATE where the far end takes it, else by offering again what
    /// it has (RFC 4028 §7.4).
    fn refresh(&mut self, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(expiry), hop) = (call.dialog.expiry, call.hop) else { return };
        let request = if call.allows_update {
            expiry.refresh(call.dialog.request("UPDATE"))
        } else {
            // An offer of theirs under way refreshes as well.
            let Some(sdp) = call.local_sdp.clone().filter(|_| call.dialog.offers.ours()) else { return };
            expiry.refresh(call.dialog.request("INVITE")).with("Allow", ALLOW).with_body("application/sdp", &sdp)
        };
        let request = self.with_via(request, hop);
        let tx = self.stack.send(request, hop);
        self.ours.insert(tx, Ours::Refresh(id));
    }

    /// An answer to it.
    pub(super) fn refreshed(&mut self, tx: u64, id: LegId, response: &Message) {
        let (now, code) = (self.now(), response.code().unwrap_or_default());
        if code < 200 {
            return;
        }
        self.ours.remove(&tx);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let invite = response.cseq().is_some_and(|(_, method)| method == "INVITE");
        if !(200..300).contains(&code) {
            return self.refresh_failed(id, code);
        }
        call.dialog.expiry = Expiry::answered(now, response).filter(|_| runs_over(call.hop));
        call.dialog.retarget(response);
        if invite {
            call.dialog.offers.settled();
            self.send_ack(id);
            if let Some(sdp) = response.sdp() {
                self.ask(id, Ask::SetAnswer { sdp: sdp.to_owned() });
            }
        }
        self.settle(id);
    }

    /// A refresh did not succeed. 408 and 481 say that nobody is there any more (RFC 5057); anything
    /// else leaves the session its time.
    pub(super) fn refresh_failed(&mut self, id: LegId, code: u16) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        match code {
            408 | 481 => return self.input(id, Input::NotAcked),
            491 => call.dialog.offers.met(now, call.dialog.is_ours(), rand::random()),
            _ => call.dialog.offers.settled(),
        }
        self.settle(id);
    }
}

/// Puts the session timer they asked for on our 2xx and lets it run.
pub fn agree(now: Time, hop: Hop, dialog: &mut Dialog, asked: Asked, response: Message) -> Message {
    let terms: Option<Terms> = match asked {
        Asked::Timer(terms) => Some(terms),
        Asked::Nothing | Asked::TooSmall | Asked::Malformed => None,
    };
    dialog.expiry = terms.filter(|_| runs_over(hop)).map(|terms| Expiry::agreed(now, terms));
    match terms {
        Some(terms) => terms.header(response),
        None => response,
    }
}

/// Whether a session timer may end a call on this hop. On a WebSocket it may not: a closed socket says
/// at once that the browser is gone, and a page in the background, whose timers a browser slows down,
/// would lose its call for being late.
fn runs_over(hop: Hop) -> bool {
    !matches!(hop, Hop::Flow(_))
}
