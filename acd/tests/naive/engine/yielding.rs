//! What a person has room for, and what yields to somebody in danger: in the words of the rules.

use super::{At, Case, Naive, Person};
use vocabulary::centre::{Beside, Load};
use vocabulary::event::WithdrawCause;
use vocabulary::{AgentName, Channel, ContactId, Event, Presence, Risk, Span};

fn allows(rule: Beside, same_channel: bool) -> bool {
    rule == Beside::Anything || (rule == Beside::SameChannel && same_channel)
}

/// 0 for P0, 1 for P1 in a safeguarding lane, 2 for everything else.
fn danger(case: &Case) -> u8 {
    match case.order.as_ref() {
        Some(w) if w.risk == Risk::P0 => 0,
        Some(w) if w.risk == Risk::P1 && w.lane.is_safeguarding() => 1,
        _ => 2,
    }
}

impl Naive {
    fn get(&self, id: ContactId) -> &Case {
        self.cases.iter().find(|c| c.id == id).unwrap()
    }

    pub fn takes(case: &Case) -> bool {
        danger(case) < 2
    }

    /// Whether anything of this person's was laid aside for somebody.
    pub fn yielded(&self, p: &Person) -> bool {
        let parked = |c: &Case| matches!(&c.at, At::Talking(a, _) if *a == p.name) && c.beside.parked.is_some();
        self.cases.iter().any(parked) || !self.paused(&p.name).is_empty()
    }

    /// Whether somebody in danger may be offered to a person whose other work yielded.
    pub fn freed(&self, p: &Person) -> bool {
        p.presence == Presence::Ready && p.own.leaving.is_none() && self.yielded(p)
    }

    pub fn has_space(&self, p: &Person, channel: Channel) -> bool {
        self.busy_writing(&p.name).is_empty() && self.fits(p, channel, &[])
    }

    /// Whether one more contact goes together with what they have, except for some of it.
    fn fits(&self, p: &Person, channel: Channel, except: &[ContactId]) -> bool {
        let agent = &self.centre.agents[&p.name];
        let mine = |case: &Case| matches!(&case.at, At::Talking(a, _) if *a == p.name);
        let aside = |case: &Case| mine(case) && case.beside.parked.is_some();
        let counts = |id: &ContactId| !except.contains(id) && !aside(self.get(*id));
        let busy: Vec<_> = self.busy(&p.name).into_iter().filter(|(id, _, _)| counts(id)).collect();
        let blocked = |(_, shown, voice): &(ContactId, bool, bool)| if channel.is_voice() { *voice } else { *shown };
        if busy.iter().any(blocked) {
            return false;
        }
        let in_hand: Vec<Channel> = busy.iter().map(|(id, _, _)| self.get(*id).channel).collect();
        let ledger = agent.ledger.as_ref().and_then(|name| self.centre.rules.ledgers.get(name));
        let Some(ledger) = ledger else {
            let texts = in_hand.iter().filter(|c| !c.is_voice()).count();
            return channel.is_voice() || texts < agent.text_contacts as usize;
        };
        let Some(load) = ledger.channels.get(&channel) else {
            return false;
        };
        let held: Vec<(Channel, &Load)> = in_hand.iter().filter_map(|c| Some((*c, ledger.channels.get(c)?))).collect();
        let weight: u32 = held.iter().map(|(_, load)| load.weight).sum();
        weight + load.weight <= ledger.capacity
            && in_hand.iter().filter(|c| **c == channel).count() < load.most as usize
            && in_hand.iter().all(|c| allows(load.beside, *c == channel))
            && held.iter().all(|(c, load)| allows(load.admits, *c == channel))
    }

    /// For the best-ranked contact in danger that finds nobody: whose work does the least harm by
    /// yielding, and among equals who has been idle longest.
    pub fn take_best(&mut self) -> bool {
        let due = |c: &Case| c.call.as_ref().is_none_or(|call| call.from <= self.now);
        let mut waiting: Vec<&Case> = self
            .cases
            .iter()
            .filter(|c| c.at == At::Waiting && due(c) && Self::takes(c) && c.around.asked.is_none())
            .collect();
        waiting.sort_by_key(|c| self.rank(c));
        let found = waiting.into_iter().find_map(|case| {
            let takings = self.people.iter().filter_map(|p| Some((self.taking(case, p)?, p.idle, p.name.clone())));
            let least = takings.min_by_key(|((harm, ..), idle, _)| (*harm, *idle));
            least.map(|((_, offers, pause, park), _, name)| (case.id, name, offers, pause, park))
        });
        let Some((beneath, agent, offers, pause, park)) = found else {
            return false;
        };
        for id in offers {
            self.withdraw(id, WithdrawCause::Yielded);
        }
        for contact in pause {
            let now = self.now;
            let (from, until) = self.person(&agent).unwrap().wrap.unwrap();
            let paused = Some((beneath, until.since(now), now.since(from)));
            self.case(contact).unwrap().writer_mut(&agent).unwrap().paused = paused;
            self.said.push(Event::WrapUpPaused { contact, agent: agent.clone(), beneath });
        }
        for contact in park {
            self.case(contact).unwrap().beside.parked = Some(beneath);
            self.said.push(Event::Parked { contact, agent: agent.clone(), beneath });
        }
        true
    }

    #[allow(clippy::type_complexity)]
    fn taking(&self, case: &Case, p: &Person) -> Option<(u8, Vec<ContactId>, Vec<ContactId>, Vec<ContactId>)> {
        let (w, agent) = (case.order.as_ref()?, &self.centre.agents[&p.name]);
        let ready = p.presence == Presence::Ready && p.own.leaving.is_none();
        let several = w.lane.is_safeguarding();
        let asked = case.rests.iter().any(|(name, until)| *name == p.name && *until > self.now);
        let may =
            self.able(case, p) && agent.clearance_counts(w.lane, self.now) && !asked && case.writer(&p.name).is_none();
        if !ready || !may || (self.owed(p) && !several) {
            return None;
        }
        let less = |id: &ContactId| danger(self.get(*id)) > danger(case);
        let busy = self.busy(&p.name);
        let offers: Vec<ContactId> = busy.iter().filter(|b| b.1).map(|b| b.0).filter(less).collect();
        let mut offers = offers;
        offers.sort();
        let pause = self.busy_writing(&p.name);
        let harm = u8::from(!pause.is_empty());
        if !pause.is_empty() && self.fits(p, case.channel, &[]) {
            return Some((harm, vec![], pause, vec![]));
        }
        if !offers.is_empty() && self.fits(p, case.channel, &offers) {
            return Some((harm, offers, pause, vec![]));
        }
        let in_hand = |id: &ContactId| {
            let other = self.get(*id);
            matches!(&other.at, At::Talking(a, _) if *a == p.name)
                && other.around.asked.is_none()
                && !other.channel.is_voice()
                && other.beside.parked.is_none()
        };
        let mut texts: Vec<ContactId> = busy.iter().map(|b| b.0).filter(in_hand).filter(less).collect();
        texts.sort_by_key(|id| std::cmp::Reverse((danger(self.get(*id)), *id)));
        for offers in [vec![], offers] {
            for count in 1..=texts.len() {
                let except: Vec<ContactId> = offers.iter().chain(&texts[..count]).copied().collect();
                if self.fits(p, case.channel, &except) {
                    return Some((2, offers, pause, texts[..count].to_vec()));
                }
            }
        }
        None
    }

    /// Whether the person still has a part in a contact.
    fn has_part(&self, p: &Person, id: ContactId) -> bool {
        let busy = self.busy(&p.name).iter().any(|b| b.0 == id);
        let free = self.free_writing(&p.name).iter().any(|(other, _)| *other == id);
        let writes = self.writes(&p.name).contains(&id) && !free;
        busy || writes
    }

    /// Wrap-ups of a person that were interrupted.
    pub fn paused(&self, name: &AgentName) -> Vec<(ContactId, (ContactId, Span, Span))> {
        let mut paused: Vec<_> = self.cases.iter().filter_map(|c| Some((c.id, c.writer(name)?.paused?))).collect();
        paused.sort();
        paused
    }

    fn paused_over(&self, p: &Person) -> Vec<(ContactId, Span, Span)> {
        let over = self.paused(&p.name).into_iter().filter(|(_, (beneath, ..))| !self.has_part(p, *beneath));
        over.map(|(id, (_, left, spent))| (id, left, spent)).collect()
    }

    fn parked_over(&self, p: &Person) -> Vec<ContactId> {
        let mine = |c: &&Case| matches!(&c.at, At::Talking(a, _) if *a == p.name);
        let parked = self.cases.iter().filter(mine).filter_map(|c| c.beside.parked.map(|beneath| (c, beneath)));
        let mut over: Vec<ContactId> = parked
            .filter(|(c, beneath)| !self.has_part(p, *beneath) || danger(c) <= danger(self.get(*beneath)))
            .map(|(c, _)| c.id)
            .collect();
        over.sort();
        over
    }

    pub fn yields_no_more(&self, p: &Person) -> bool {
        !self.paused_over(p).is_empty() || !self.parked_over(p).is_empty()
    }

    pub fn take_up_again(&mut self, i: usize) {
        let (now, p) = (self.now, self.people[i].clone());
        for (contact, left, spent) in self.paused_over(&p) {
            let alone = self.busy_writing(&p.name).is_empty();
            let (from, until) = if alone {
                (now - spent, now + left)
            } else {
                let (from, old) = self.people[i].wrap.unwrap();
                (from, old.max(now + left))
            };
            self.case(contact).unwrap().writer_mut(&p.name).unwrap().paused = None;
            self.people[i].wrap = Some((from, until));
            self.said.push(Event::WrapUpStarted { contact, agent: p.name.clone(), until });
        }
        for contact in self.parked_over(&p) {
            self.case(contact).unwrap().beside.parked = None;
            self.said.push(Event::Unparked { contact, agent: p.name.clone() });
        }
    }
}
