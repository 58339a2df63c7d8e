//! What changes the place of one contact while it waits.

use super::{At, Case, Done, Naive, Person};
use acd::LONGEST_PREFERENCE;
use vocabulary::centre::Role;
use vocabulary::event::{Actor, AgentRule, Why};
use vocabulary::{AgentName, ContactId, Event, Presence, Risk, Time};

impl Naive {
    /// Smaller goes first: stratum, minus the score in 1/60,000 points, arrival, id.
    pub fn rank(&self, case: &Case) -> (u8, i64, Time, ContactId) {
        let w = case.order.as_ref().unwrap();
        let queue = self.queue(&w.queue);
        let grown = w.base * 60_000 + queue.map_or(0, |q| q.slope) * (self.now.0 - w.arrived.0);
        // Age leads to the cap and no further; who starts above it stays there.
        let score = match queue.and_then(|q| q.most_points) {
            Some(most) => grown.min(most.max(w.base) * 60_000),
            None => grown,
        };
        match w.risk {
            Risk::P0 => (0, 0, w.arrived, case.id),
            risk if w.lane.is_safeguarding() => (1, risk as i64, w.arrived, case.id),
            _ => (2, -score, w.arrived, case.id),
        }
    }

    pub fn prefer(&mut self, id: ContactId, agent: AgentName, until: Time) -> Done {
        let now = self.now;
        self.person(&agent)?;
        self.centre.agents[&agent].roles.contains(&Role::Agent).then_some(())?;
        let case = self.case(id)?;
        let open = matches!(case.at, At::Flow | At::Waiting | At::Offered(..));
        (case.around.asked.is_none() && open).then_some(())?;
        let until = until.min(now + LONGEST_PREFERENCE);
        let before = case.preferred.clone().filter(|(_, until)| *until > now);
        let after = Some((agent.clone(), until)).filter(|_| until > now);
        if before != after {
            case.preferred = after;
            self.said.push(Event::Preferred { contact: id, agent, until });
        }
        Some(())
    }

    /// Who alone is asked, because the contact prefers them and they are on shift and may serve it.
    fn kept_for(&self, case: &Case) -> Option<&Person> {
        let (name, until) = case.preferred.as_ref()?;
        let w = case.order.as_ref()?;
        if *until <= self.now || w.risk <= Risk::P1 || w.any {
            return None;
        }
        let person = self.people.iter().find(|p| p.name == *name)?;
        let here = person.presence != Presence::Offline && person.own.leaving.is_none();
        (here && self.able(case, person)).then_some(person)
    }

    /// To whom a contact is offered that prefers somebody who can be asked; `None` where it does not.
    pub fn choose_preferred(&self, case: &Case, ordinary: bool) -> Option<Option<(Vec<AgentName>, Why)>> {
        let person = self.kept_for(case)?;
        let rests = case.rests.iter().any(|(name, until)| *name == person.name && *until > self.now);
        let held = ordinary && self.reserved(person, case.channel);
        let free = self.open(person) && self.has_room(person, case.channel) && !rests && !held;
        let why = Why { agent: AgentRule::Preferred, candidates: 1, ..self.order_of(case) };
        Some(free.then(|| (vec![person.name.clone()], why)))
    }

    pub fn rescore(&mut self, id: ContactId, base: i64, by: Actor) -> Done {
        let case = self.case(id)?;
        (case.around.asked.is_none() && matches!(case.at, At::Waiting | At::Offered(..))).then_some(())?;
        let w = case.order.as_mut()?;
        if w.base != base {
            w.base = base;
            self.said.push(Event::Rescored { contact: id, base, by });
        }
        Some(())
    }
}
